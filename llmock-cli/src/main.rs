//! The command `llmock`: serves mock responses to any program, and manages fixtures.

mod cli;
mod command;
mod export;
mod import;
mod output;
mod problem;
mod selection;
mod serve;
mod source;
mod target;
mod workspace;

fn main() -> std::process::ExitCode {
    cli::run()
}
