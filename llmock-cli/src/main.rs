//! The command `llmock`: serves mock responses to any program, and manages fixtures.

mod cli;
mod command;
mod dashboard;
mod export;
mod finding;
mod import;
mod layers;
mod output;
mod owners;
mod pairs;
mod problem;
mod selection;
mod serve;
mod source;
mod suite;
mod target;
mod tests_in;
mod workspace;

fn main() -> std::process::ExitCode {
    cli::run()
}
