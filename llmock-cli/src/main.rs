//! The command `llmock`: mock answers for any program, and care for fixtures, from a shell.

mod cli;
mod commands;
mod output;
mod serve;
mod target;

fn main() -> std::process::ExitCode {
    cli::run()
}
