//! The command `llmock`: serves mock responses to any program, and manages fixtures.

mod clear;
mod cli;
mod import;
mod keep;
mod list;
mod notes;
mod output;
mod problem;
mod serve;
mod target;

fn main() -> std::process::ExitCode {
    cli::run()
}
