//! Arguments, their help, and the exit codes.

use std::process::ExitCode;

use clap::{Parser, Subcommand};

use crate::command::{self, EXIT_CODES};
use crate::output::{Colour, Screen};
use crate::serve;

/// The exit code of a failed operation. Usage errors are clap's, with 2.
const FAILED: u8 = 1;

/// Serve mock responses to any program, and manage llmock fixtures
#[derive(Debug, Parser)]
#[command(name = "llmock", version, after_help = EXIT_CODES, disable_help_subcommand = true)]
pub(crate) struct Cli {
    /// When to print colours
    #[arg(
        long,
        global = true,
        value_name = "WHEN",
        default_value = "auto",
        hide_possible_values = true
    )]
    color: Colour,

    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    List(command::list::List),
    Show(command::show::Show),
    Grep(command::grep::Grep),
    Stats(command::stats::Stats),
    Diff(command::diff::Diff),
    Check(command::check::Check),
    Fmt(command::fmt::Fmt),
    Prune(command::prune::Prune),
    Rename(command::rename::Rename),
    Adopt(command::adopt::Adopt),
    Clear(command::clear::Clear),
    Keep(command::keep::Keep),
    Import(Box<command::import::Import>),
    Export(command::export::Export),
    Layers(command::layers::Layers),
    Pull(command::pull::Pull),
    Push(command::push::Push),
    Notes(command::notes::Notes),
    Run(Box<command::run::Run>),
    Dashboard(command::dashboard::Dashboard),
    Report(command::report::Report),
    /// Serve the APIs of all providers: by strategy, from fixtures, or as a recording proxy
    ///
    /// Every key can also be set in a file (`--config`). The server prints one line of JSON on standard output
    /// when it accepts connections. On SIGHUP it reads file and fixtures again; on SIGTERM and Ctrl-C it finishes
    /// open responses and stops.
    #[command(after_help = EXIT_CODES)]
    Serve(Box<serve::Flags>),
}

pub(crate) fn run() -> ExitCode {
    let cli = Cli::parse();
    let mut screen = Screen::new(cli.color);
    let screen = &mut screen;
    let done = match cli.command {
        Command::List(arguments) => command::list::list(screen, &arguments),
        Command::Show(arguments) => command::show::show(screen, &arguments),
        Command::Grep(arguments) => command::grep::grep(screen, &arguments),
        Command::Stats(arguments) => command::stats::stats(screen, &arguments),
        Command::Diff(arguments) => command::diff::diff(screen, &arguments),
        Command::Check(arguments) => command::check::check(screen, &arguments),
        Command::Prune(arguments) => command::prune::prune(screen, &arguments),
        Command::Rename(arguments) => command::rename::rename(screen, &arguments),
        Command::Adopt(arguments) => command::adopt::adopt(screen, &arguments),
        Command::Fmt(arguments) => command::fmt::fmt(screen, &arguments),
        Command::Clear(arguments) => command::clear::clear(screen, &arguments),
        Command::Keep(arguments) => command::keep::keep(screen, &arguments),
        Command::Import(arguments) => command::import::import(screen, *arguments),
        Command::Export(arguments) => command::export::export(screen, &arguments),
        Command::Layers(arguments) => command::layers::layers(screen, &arguments),
        Command::Pull(arguments) => command::pull::pull(screen, &arguments),
        Command::Push(arguments) => command::push::push(screen, &arguments),
        Command::Notes(arguments) => command::notes::notes(screen, &arguments),
        Command::Dashboard(arguments) => command::dashboard::dashboard(screen, arguments),
        Command::Report(arguments) => command::report::report(screen, &arguments),
        Command::Run(arguments) => return command::run::run(*arguments),
        Command::Serve(flags) => return serve::run(&flags),
    };
    match done.and_then(|()| screen.flush()) {
        Ok(()) if screen.has_failed() => ExitCode::from(FAILED),
        // The reader has closed the pipe, as `head` does.
        Err(error) if error.kind() == std::io::ErrorKind::BrokenPipe => ExitCode::SUCCESS,
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            screen.unwritable(&error);
            ExitCode::from(FAILED)
        }
    }
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory as _;

    use super::*;

    #[test]
    fn arguments_are_consistent() {
        Cli::command().debug_assert();
    }
}
