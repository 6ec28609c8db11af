//! The command `llmock`: care for fixtures from a shell.

mod cli;
mod commands;
mod output;
mod target;

fn main() -> std::process::ExitCode {
    cli::run()
}
