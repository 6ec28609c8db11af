//! The program that runs the tests, with a filter and variables.

use std::ffi::{OsStr, OsString};
use std::process::{Command, ExitStatus, Stdio};
use std::{env, io};

use crate::problem::Problem;

/// `cargo test`, `cargo nextest run`, or another program that runs tests.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct TestCommand {
    kind: Kind,
    program: OsString,
    /// For the program, up to its `--`.
    arguments: Vec<OsString>,
    /// Behind its `--`.
    rest: Vec<OsString>,
    variables: Vec<(OsString, OsString)>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    Cargo,
    Nextest,
    Other,
}

impl TestCommand {
    /// A whole command, such as `cargo test -p api`, or arguments for `cargo test`.
    pub(crate) fn parse(words: &[OsString], nextest: bool) -> Self {
        let is_option = words.first().is_none_or(|word| word.to_string_lossy().starts_with('-'));
        let (kind, program, arguments) = match words {
            words if is_option => {
                let kind = if nextest { Kind::Nextest } else { Kind::Cargo };
                (kind, cargo(), [&kind.words()[..], words].concat())
            }
            [program, rest @ ..] => (kind_of(program, rest), program.clone(), rest.to_vec()),
            [] => unreachable!("no words are options"),
        };
        let end = arguments.iter().position(|word| word == "--").filter(|_| kind != Kind::Other);
        let (arguments, rest) = match end {
            Some(end) => (arguments[..end].to_vec(), arguments[end + 1..].to_vec()),
            None => (arguments, Vec::new()),
        };
        Self { kind, program, arguments, rest, variables: Vec::new() }
    }

    /// Whether cargo builds the tests.
    pub(crate) fn is_cargo(&self) -> bool {
        self.kind != Kind::Other
    }

    pub(crate) fn variable(mut self, name: &str, value: impl AsRef<OsStr>) -> Self {
        self.variables.push((name.into(), value.as_ref().to_owned()));
        self
    }

    /// Runs all test programs, also after one has failed.
    pub(crate) fn until_the_end(mut self) -> Self {
        if self.is_cargo() && !self.arguments.iter().any(|word| word == "--no-fail-fast") {
            self.arguments.push("--no-fail-fast".into());
        }
        self
    }

    /// Only tests whose names contain one of these texts.
    pub(crate) fn matching(mut self, names: &[String]) -> Result<Self, Problem> {
        match self.kind {
            _ if names.is_empty() => {}
            Kind::Other => return Err(self.unfiltered()),
            Kind::Cargo => self.rest.extend(names.iter().map(OsString::from)),
            Kind::Nextest => self.arguments.extend(names.iter().map(OsString::from)),
        }
        Ok(self)
    }

    /// Only these tests, by the names of their owners: `crate::module::function`.
    pub(crate) fn only(mut self, owners: &[String]) -> Result<Self, Problem> {
        let name = |owner: &String| match owner.split_once("::") {
            Some((_, name)) => name.to_owned(),
            None => owner.clone(),
        };
        let mut names: Vec<String> = owners.iter().map(name).collect();
        names.sort();
        names.dedup();
        match self.kind {
            Kind::Other => return Err(self.unfiltered()),
            Kind::Cargo => {
                self.rest.push("--exact".into());
                self.rest.extend(names.into_iter().map(OsString::from));
            }
            Kind::Nextest => {
                let each: Vec<String> = names.iter().map(|name| format!("test(={name})")).collect();
                self.arguments.extend(["-E".into(), each.join(" | ").into()]);
            }
        }
        Ok(self)
    }

    fn unfiltered(&self) -> Problem {
        Problem::Unfiltered(self.shown())
    }

    /// As a person would type it.
    pub(crate) fn shown(&self) -> String {
        let separator: &[OsString] = if self.rest.is_empty() { &[] } else { &["--".into()] };
        let program = if self.is_cargo() { OsStr::new("cargo") } else { &self.program };
        let words = [program].into_iter().chain(self.arguments.iter().map(OsString::as_os_str));
        let words = words.chain(separator.iter().chain(&self.rest).map(OsString::as_os_str));
        words.map(|word| quoted(&word.to_string_lossy())).collect::<Vec<_>>().join(" ")
    }

    /// Builds the tests without running them, so that a suite that does not build is told from one that fails.
    pub(crate) fn build(&self) -> Result<(), Problem> {
        if !self.is_cargo() {
            return Ok(());
        }
        let mut command = Command::new(&self.program);
        let fail_fast = |word: &&OsString| *word != "--no-fail-fast";
        command.args(self.arguments.iter().filter(fail_fast)).arg("--no-run");
        command.stdin(Stdio::null()).stdout(io::stderr());
        let status = command.status().map_err(|why| self.not_started(&why))?;
        if status.success() { Ok(()) } else { Err(Problem::NotBuilt(self.shown())) }
    }

    /// Runs the tests. `is_quiet` keeps their output from standard output.
    pub(crate) fn run(&self, is_quiet: bool) -> Result<ExitStatus, Problem> {
        let mut command = Command::new(&self.program);
        command.args(&self.arguments);
        if !self.rest.is_empty() {
            command.arg("--").args(&self.rest);
        }
        command.envs(self.variables.iter().map(|(name, value)| (name, value)));
        command.stdin(Stdio::null());
        if is_quiet {
            command.stdout(io::stderr());
        }
        command.status().map_err(|why| self.not_started(&why))
    }

    fn not_started(&self, why: &io::Error) -> Problem {
        Problem::NotStarted {
            program: self.program.to_string_lossy().into_owned(),
            why: why.to_string(),
        }
    }
}

impl Kind {
    fn words(self) -> Vec<OsString> {
        let words: &[&str] = match self {
            Self::Cargo => &["test"],
            Self::Nextest => &["nextest", "run"],
            Self::Other => &[],
        };
        words.iter().map(OsString::from).collect()
    }
}

fn kind_of(program: &OsStr, arguments: &[OsString]) -> Kind {
    let stem = std::path::Path::new(program).file_stem().unwrap_or_default();
    let first = |count: usize| arguments.iter().take(count).collect::<Vec<_>>();
    match first(2).as_slice() {
        _ if stem != "cargo" => Kind::Other,
        [test, ..] if *test == "test" || *test == "t" => Kind::Cargo,
        [nextest, run] if *nextest == "nextest" && (*run == "run" || *run == "r") => Kind::Nextest,
        _ => Kind::Other,
    }
}

/// The cargo that runs this command as `cargo llmock`, or the one in the path.
fn cargo() -> OsString {
    env::var_os("CARGO").unwrap_or_else(|| "cargo".into())
}

fn quoted(word: &str) -> String {
    let is_plain = |char: char| char.is_ascii_alphanumeric() || "-_=/.,:+@%".contains(char);
    if !word.is_empty() && word.chars().all(is_plain) {
        word.to_owned()
    } else {
        format!("'{}'", word.replace('\'', "'\\''"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parsed(line: &str, nextest: bool) -> TestCommand {
        let words: Vec<OsString> = line.split_whitespace().map(OsString::from).collect();
        let mut command = TestCommand::parse(&words, nextest);
        if command.is_cargo() {
            command.program = "cargo".into();
        }
        command
    }

    #[test]
    fn commands_and_arguments_take_a_filter() {
        let owners = ["api::chat::greets".to_owned(), "web::greets".to_owned()];
        for (line, nextest, expected) in [
            ("", false, "cargo test -- --exact chat::greets greets"),
            ("-p api", false, "cargo test -p api -- --exact chat::greets greets"),
            (
                "cargo test -- --nocapture",
                false,
                "cargo test -- --nocapture --exact chat::greets greets",
            ),
            ("", true, "cargo nextest run -E 'test(=chat::greets) | test(=greets)'"),
            (
                "cargo nextest run -p api",
                false,
                "cargo nextest run -p api -E 'test(=chat::greets) | test(=greets)'",
            ),
        ] {
            assert_eq!(parsed(line, nextest).only(&owners).unwrap().shown(), expected, "{line}");
        }
        assert_eq!(parsed("just test -- x", false).shown(), "just test -- x");
        assert!(parsed("just test", false).only(&owners).is_err());
        let named = parsed("-q", false).matching(&["chat".to_owned()]).unwrap().until_the_end();
        assert_eq!(named.shown(), "cargo test -q --no-fail-fast -- chat");
    }
}
