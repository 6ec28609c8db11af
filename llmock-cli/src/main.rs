//! The command `llmock`: mock answers for any program, and care for fixtures, from a shell.

mod cli;
mod commands;
mod output;
mod serve;
mod target;

/// Thousands of small texts make an answer.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> std::process::ExitCode {
    cli::run()
}
