//! The command `llmock`: serves mock responses to any program, and manages fixtures.

mod audit;
mod cached;
mod cli;
mod command;
mod dashboard;
mod export;
mod finding;
mod import;
mod init;
mod layers;
mod likeness;
mod merge;
mod nearest;
mod output;
mod owners;
mod pairs;
mod plan;
mod problem;
mod replace;
mod review;
mod selection;
mod serve;
mod source;
mod suite;
mod target;
mod testing;
mod tests_in;
mod workspace;

fn main() -> std::process::ExitCode {
    cli::run()
}
