//! Plays recorded traffic through llmock and says how much of it came back as it was.
//!
//! ```sh
//! cargo run --release -p llmock-tests --bin corpus -- DIR            # a line a provider; fails if any is wrong
//! cargo run --release -p llmock-tests --bin corpus -- DIR --serve    # a line of JSON a cassette, until killed
//! ```

#![allow(clippy::print_stdout, clippy::print_stderr)]

use std::io::{BufRead as _, BufReader};
use std::path::PathBuf;
use std::process::{Command, ExitCode, Stdio};

use llmock_testkit::process::KEPT;
use llmock_tests::corpus::{play, serve};

/// Says that this process has an environment in which recording is allowed and nothing is redirected.
const ALONE: &str = "CORPUS_ALONE";

fn main() -> ExitCode {
    let mut folder = None;
    let mut serves = false;
    for argument in std::env::args_os().skip(1) {
        match argument.to_str() {
            Some("--serve") => serves = true,
            Some(option) if option.starts_with('-') => return usage(),
            _ if folder.is_some() => return usage(),
            _ => folder = Some(PathBuf::from(argument)),
        }
    }
    let Some(folder) = folder else { return usage() };
    let result = if serves {
        serve::open(&folder, &mut std::io::stdout().lock()).map(|_sessions| {
            loop {
                std::thread::park();
            }
        })
    } else if std::env::var_os(ALONE).is_none() {
        return alone();
    } else {
        play(&folder, 1).map(|table| {
            table.remarks().iter().for_each(|remark| eprintln!("{remark}"));
            print!("{table}");
            table.total().wrong == 0
        })
    };
    match result {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::FAILURE,
        Err(why) => {
            eprintln!("error: {why}");
            ExitCode::from(2)
        }
    }
}

fn usage() -> ExitCode {
    eprintln!("usage: corpus DIR [--serve]");
    ExitCode::from(2)
}

/// Runs this program again where no variable of the caller's redirects, refuses, or is redacted, and passes
/// on what it says but for the notes of its thousands of sessions.
fn alone() -> ExitCode {
    let Ok(program) = std::env::current_exe() else { return ExitCode::from(2) };
    let mut command = Command::new(program);
    command.args(std::env::args_os().skip(1)).env_clear().stderr(Stdio::piped());
    for name in KEPT {
        command.envs(std::env::var_os(name).map(|value| (name, value)));
    }
    let child = command.env(ALONE, "1").env("LLMOCK_ALLOW_CI_RECORD", "1").spawn();
    let Ok(mut child) = child else { return ExitCode::from(2) };
    if let Some(stderr) = child.stderr.take() {
        let lines = BufReader::new(stderr).lines().map_while(Result::ok);
        lines.filter(|line| !line.starts_with("llmock: ")).for_each(|line| eprintln!("{line}"));
    }
    let code = child.wait().ok().and_then(|status| status.code());
    ExitCode::from(code.and_then(|code| u8::try_from(code).ok()).unwrap_or(2))
}
