//! `cargo llmock`: the program `llmock`, which is installed beside this one.

use std::path::PathBuf;
use std::process::{Command, ExitCode};
use std::{env, io};

/// As shells have it.
const NOT_FOUND: u8 = 127;

fn main() -> ExitCode {
    // Cargo runs `cargo-llmock llmock ARGUMENTS`.
    let mut arguments = env::args_os().skip(1).peekable();
    arguments.next_if(|first| first == "llmock");
    let program = program();
    let mut command = Command::new(&program);
    command.args(arguments);
    let why = match run(&mut command) {
        Ok(code) => return code,
        Err(why) => why,
    };
    complain(&format!(
        "error: failed to run `{}`: {why}\nhint: `cargo install llmock-cli` installs it",
        program.display()
    ));
    ExitCode::from(NOT_FOUND)
}

/// The program of the same installation, or else the one on the path.
fn program() -> PathBuf {
    let name = format!("llmock{}", env::consts::EXE_SUFFIX);
    let beside = env::current_exe().ok().map(|own| own.with_file_name(&name));
    beside.filter(|beside| beside.is_file()).unwrap_or_else(|| name.into())
}

/// Becomes the program, so that signals and the terminal are its own.
#[cfg(unix)]
fn run(command: &mut Command) -> io::Result<ExitCode> {
    use std::os::unix::process::CommandExt as _;
    Err(command.arg0("cargo-llmock").exec())
}

#[cfg(not(unix))]
fn run(command: &mut Command) -> io::Result<ExitCode> {
    let code = command.status()?.code().and_then(|code| u8::try_from(code).ok());
    Ok(code.map_or(ExitCode::FAILURE, ExitCode::from))
}

#[expect(clippy::print_stderr, reason = "the only line that this program prints")]
fn complain(text: &str) {
    eprintln!("{text}");
}
