//! Arguments, their help, and the exit codes.

use std::env;
use std::io;
use std::path::Path;
use std::process::ExitCode;

use clap::{CommandFactory as _, FromArgMatches as _, Parser, Subcommand};

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
    Init(command::init::Init),
    List(command::list::List),
    Show(command::show::Show),
    Grep(command::grep::Grep),
    Stats(command::stats::Stats),
    Diff(command::diff::Diff),
    Check(command::check::Check),
    Fmt(command::fmt::Fmt),
    Prune(command::prune::Prune),
    Rename(command::rename::Rename),
    Record(command::record::Record),
    Refresh(command::record::Refresh),
    Replay(command::record::Replay),
    Plan(command::plan::PlanArguments),
    Compare(Box<command::compare::Compare>),
    Review(command::review::Review),
    Accept(command::review::Accept),
    Reject(command::review::Reject),
    Adopt(command::adopt::Adopt),
    Clear(command::clear::Clear),
    Keep(command::keep::Keep),
    Import(Box<command::import::Import>),
    Export(command::export::Export),
    Encrypt(command::encrypt::Encrypt),
    Decrypt(command::encrypt::Decrypt),
    Layers(command::layers::Layers),
    Pull(command::pull::Pull),
    Push(command::push::Push),
    Notes(command::notes::Notes),
    Run(Box<command::run::Run>),
    Dashboard(command::dashboard::Dashboard),
    Report(command::report::Report),
    Merge(command::merge::Merge),
    Schema(command::schema::Schema),
    Completions(command::completions::Completions),
    Man(command::man::Page),
    Verify(command::verify::Verify),
    /// Serve the APIs of all providers: by strategy, from fixtures, or as a recording proxy
    ///
    /// Every key can also be set in a file (`--config`). The server prints one line of JSON on standard output
    /// when it accepts connections. On SIGHUP it reads file and fixtures again; on SIGTERM and Ctrl-C it finishes
    /// open responses and stops.
    #[command(after_help = command::help(&[
        ("llmock serve", "replies by rule, to every provider's API"),
        ("llmock serve --fixtures tests/fixtures", "replays recordings"),
        ("llmock serve --fixtures tests/fixtures --record", "adds what is missing"),
        ("llmock serve --config llmock-serve.yaml --port 8080", "from a file"),
    ]))]
    Serve(Box<serve::Flags>),
}

/// Reads the arguments, and gives the description of all commands beside them. Under the name `cargo-llmock` it is a command
/// of Cargo, which passes that command's name first.
fn parse() -> (Cli, clap::Command) {
    let mut arguments: Vec<_> = env::args_os().collect();
    let own = arguments.first().map(Path::new).and_then(Path::file_stem);
    let mut command = Cli::command();
    let described = command.clone();
    if own.is_some_and(|own| own == "cargo-llmock") {
        command = command.bin_name("cargo llmock");
        if arguments.get(1).is_some_and(|first| first == "llmock") {
            arguments.remove(1);
        }
    }
    let matches = command.try_get_matches_from_mut(arguments).unwrap_or_else(|error| error.exit());
    let cli =
        Cli::from_arg_matches(&matches).unwrap_or_else(|error| error.format(&mut command).exit());
    (cli, described)
}

pub(crate) fn run() -> ExitCode {
    let (cli, program) = parse();
    let mut screen = Screen::new(cli.color);
    let screen = &mut screen;
    let done = match cli.command {
        Command::Init(arguments) => command::init::init(screen, &arguments),
        Command::List(arguments) => command::list::list(screen, &arguments),
        Command::Show(arguments) => command::show::show(screen, &arguments),
        Command::Grep(arguments) => command::grep::grep(screen, &arguments),
        Command::Stats(arguments) => command::stats::stats(screen, &arguments),
        Command::Diff(arguments) => command::diff::diff(screen, &arguments),
        Command::Check(arguments) => command::check::check(screen, &arguments),
        Command::Prune(arguments) => command::prune::prune(screen, &arguments),
        Command::Rename(arguments) => command::rename::rename(screen, &arguments),
        Command::Adopt(arguments) => command::adopt::adopt(screen, &arguments),
        Command::Plan(arguments) => command::plan::plan(screen, &arguments),
        Command::Review(arguments) => command::review::review(screen, &arguments),
        Command::Accept(arguments) => command::review::accept(screen, &arguments),
        Command::Reject(arguments) => command::review::reject(screen, &arguments),
        Command::Fmt(arguments) => command::fmt::fmt(screen, &arguments),
        Command::Clear(arguments) => command::clear::clear(screen, &arguments),
        Command::Keep(arguments) => command::keep::keep(screen, &arguments),
        Command::Import(arguments) => command::import::import(screen, *arguments),
        Command::Export(arguments) => command::export::export(screen, &arguments),
        Command::Encrypt(arguments) => command::encrypt::encrypt(screen, &arguments),
        Command::Decrypt(arguments) => command::encrypt::decrypt(screen, &arguments),
        Command::Layers(arguments) => command::layers::layers(screen, &arguments),
        Command::Pull(arguments) => command::pull::pull(screen, &arguments),
        Command::Push(arguments) => command::push::push(screen, &arguments),
        Command::Notes(arguments) => command::notes::notes(screen, &arguments),
        Command::Dashboard(arguments) => command::dashboard::dashboard(screen, arguments),
        Command::Report(arguments) => command::report::report(screen, &arguments),
        Command::Schema(arguments) => command::schema::schema(screen, &arguments),
        Command::Completions(arguments) => {
            command::completions::completions(screen, &arguments, program)
        }
        Command::Man(arguments) => command::man::man(screen, &arguments, program),
        Command::Merge(arguments) => return command::merge::merge(screen, &arguments),
        Command::Verify(arguments) => return command::verify::verify(screen, &arguments),
        Command::Record(arguments) => {
            let done = command::record::record(screen, &arguments);
            return of_tests(screen, done);
        }
        Command::Refresh(arguments) => {
            let done = command::record::refresh(screen, &arguments);
            return of_tests(screen, done);
        }
        Command::Compare(arguments) => {
            let done = command::compare::compare(screen, &arguments);
            return of_tests(screen, done);
        }
        Command::Replay(arguments) => {
            let done = command::record::replay(screen, &arguments);
            return of_tests(screen, done);
        }
        Command::Run(arguments) => return command::run::run(*arguments),
        Command::Serve(flags) => return serve::run(&flags),
    };
    exit_code(screen, done)
}

/// The exit code of a program that ran tests, unless the command itself failed.
fn of_tests(screen: &mut Screen, done: io::Result<i32>) -> ExitCode {
    match done {
        Ok(code) if code != 0 => {
            let _ = screen.flush();
            ExitCode::from(u8::try_from(code).unwrap_or(FAILED))
        }
        Ok(_) => exit_code(screen, Ok(())),
        Err(error) => exit_code(screen, Err(error)),
    }
}

fn exit_code(screen: &mut Screen, done: io::Result<()>) -> ExitCode {
    match done.and_then(|()| screen.finish()) {
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
    use super::*;

    #[test]
    fn arguments_are_consistent() {
        Cli::command().debug_assert();
    }
}
