//! The exact command that runs one test again.

/// Where a test is defined, as far as the test process knows.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Place<'a> {
    /// `file!()`.
    pub(crate) file: &'a str,
    /// `module_path!()`.
    pub(crate) module: &'a str,
    pub(crate) function: &'a str,
    /// The name of the test's thread, if it has one.
    pub(crate) thread: Option<&'a str>,
    /// `CARGO_PKG_NAME` of the test process.
    pub(crate) package: Option<&'a str>,
    /// The package is a member below its workspace's root (`Site::hop` is not empty).
    pub(crate) member: bool,
    pub(crate) roots: Roots,
    /// `NEXTEST` is `1`.
    pub(crate) nextest: bool,
}

/// Which of `src/lib.rs` and `src/main.rs` a package is known to have: both may be crates of the same name.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Roots {
    pub(crate) lib: bool,
    pub(crate) main: bool,
}

#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) enum Command {
    /// A shell line without variables: `cargo test --test api -- summarize --exact`.
    Line(String),
    /// Not a test: a program that llmock cannot start again.
    #[default]
    Program,
}

impl Command {
    /// Appended to an error about a fixture that does not exist yet.
    pub(crate) fn record_hint(&self) -> String {
        format!("\nhint: record it by running {}", self.phrase("record"))
    }

    /// Appended to an error about a fixture that cannot be read, and that llmock does not overwrite.
    pub(crate) fn record_again_hint(&self) -> String {
        format!("\nhint: to record it again, delete it and run {}", self.phrase("record"))
    }

    /// The test that runs on a thread of that name, where nothing else is known: libtest names the thread
    /// after the test.
    pub(crate) fn of_thread(name: Option<&str>, nextest: bool) -> Self {
        let is_path = |name: &&str| {
            let segment = |part: &str| {
                part.starts_with(|c: char| c == '_' || c.is_alphabetic())
                    && part.chars().all(|c| c == '_' || c.is_alphanumeric())
            };
            *name != "main" && name.split("::").all(segment)
        };
        match name.filter(is_path) {
            Some(name) if nextest => Self::Line(format!("cargo nextest run -E 'test(={name})'")),
            Some(name) => Self::Line(format!("cargo test -- {name} --exact")),
            None => Self::Program,
        }
    }

    /// The shell line that runs it in that mode; `None` for a program.
    pub(crate) fn in_mode(&self, mode: &str) -> Option<String> {
        match self {
            Self::Line(line) => Some(format!("LLMOCK_MODE={mode} {line}")),
            Self::Program => None,
        }
    }

    pub(crate) fn phrase(&self, mode: &str) -> String {
        self.in_mode(mode).unwrap_or_else(|| format!("the same program with LLMOCK_MODE={mode}"))
    }
}

impl Place<'_> {
    /// The command that runs exactly this test.
    ///
    /// If the target is not certain, its flag is left out: the command then builds more than it must, but still runs
    /// the right test.
    pub(crate) fn command(&self) -> Command {
        let mut words: Vec<String> = Vec::new();
        let doctest = self.is_doctest();
        let nextest = self.nextest && !doctest;
        words.push(if nextest { "cargo nextest run" } else { "cargo test" }.to_owned());
        if let Some(package) = self.package.filter(|_| self.member || is_absolute(self.file)) {
            words.push(format!("-p {}", quoted(package)));
        }
        if doctest {
            words.push("--doc".to_owned());
            return Command::Line(words.join(" "));
        }
        words.extend(self.target());
        let (filter, exact) = self.filter();
        words.push(match (nextest, exact) {
            (true, true) => format!("-E 'test(={filter})'"),
            (true, false) => format!("-E 'test({filter})'"),
            (false, true) => format!("-- {} --exact", quoted(&filter)),
            (false, false) => format!("-- {}", quoted(&filter)),
        });
        Command::Line(words.join(" "))
    }

    /// rustdoc compiles a doctest as `rust_out`, or into a bundle.
    fn is_doctest(&self) -> bool {
        let name = self.crate_name();
        name == "rust_out" || name.starts_with("doctest_")
    }

    fn crate_name(&self) -> &str {
        self.module.split("::").next().unwrap_or(self.module)
    }

    /// libtest names the thread after the test, cases included. Without that name, part of it must do.
    fn filter(&self) -> (String, bool) {
        let named = |name: &&str| name.split("::").any(|segment| segment == self.function);
        if let Some(name) = self.thread.filter(named) {
            return (name.to_owned(), true);
        }
        let filter = match self.module.split_once("::") {
            Some((_, inner)) => format!("{inner}::{}", self.function),
            None => self.function.to_owned(),
        };
        (filter, false)
    }

    fn target(&self) -> Option<String> {
        let parts: Vec<&str> = self.file.split(['/', '\\']).collect();
        let name = self.crate_name();
        // The nearest folder decides: a package may itself be called `tests`.
        for (at, part) in parts.iter().enumerate().rev() {
            let inside = parts.get(at + 1).map(|part| part.strip_suffix(".rs").unwrap_or(part));
            let Some(inside) = inside else { continue };
            let flag = match *part {
                "tests" => "--test",
                "examples" => "--example",
                "benches" => "--bench",
                "bin" if at > 0 && parts[at - 1] == "src" => "--bin",
                "src" => return self.main_target(&parts[at + 1..]),
                _ => continue,
            };
            if is_crate_of(name, inside) {
                return Some(format!("{flag} {}", quoted(inside)));
            }
        }
        // A target with a name or path of its own; `_` may stand for `-` in it.
        let own_name = !name.contains('_') && !self.is_package(name);
        own_name.then(|| format!("--test {}", quoted(name)))
    }

    fn main_target(&self, inside: &[&str]) -> Option<String> {
        let program = || self.package.map(|package| format!("--bin {}", quoted(package)));
        let ours = self.is_package(self.crate_name());
        match (self.roots.lib, self.roots.main) {
            (true, false) => Some("--lib".to_owned()),
            (true, true) if inside == ["lib.rs"] => Some("--lib".to_owned()),
            (true, true) if inside == ["main.rs"] && ours => program(),
            (false, true) if ours => program(),
            _ => None,
        }
    }

    fn is_package(&self, crate_name: &str) -> bool {
        self.package.is_some_and(|package| is_crate_of(crate_name, package))
    }
}

fn is_crate_of(crate_name: &str, target: &str) -> bool {
    target.replace('-', "_") == crate_name
}

fn is_absolute(file: &str) -> bool {
    file.starts_with(['/', '\\']) || file.as_bytes().get(1) == Some(&b':')
}

/// Quotes a word for a POSIX shell where it needs it.
fn quoted(word: &str) -> String {
    let plain = |c: char| c.is_ascii_alphanumeric() || "_-:./=+@%,".contains(c);
    if !word.is_empty() && word.chars().all(plain) {
        word.to_owned()
    } else {
        format!("'{}'", word.replace('\'', r"'\''"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const API: Place<'static> = Place {
        file: "tests/api.rs",
        module: "api",
        function: "summarize",
        thread: Some("summarize"),
        package: Some("my-app"),
        member: false,
        roots: Roots { lib: true, main: false },
        nextest: false,
    };

    fn line(place: &Place<'_>) -> String {
        match place.command() {
            Command::Line(line) => line,
            Command::Program => panic!("a place always has a command"),
        }
    }

    #[test]
    fn names_the_target_and_the_test() {
        let unit = Place {
            file: "src/agent.rs",
            module: "my_app::agent::tests",
            thread: Some("agent::tests::summarize"),
            ..API
        };
        let both = Place { roots: Roots { lib: true, main: true }, ..unit.clone() };
        let bin = Place {
            file: "src/bin/my-tool.rs",
            module: "my_tool::tests",
            thread: Some("tests::summarize"),
            ..API
        };
        let cases = [
            (API, "cargo test --test api -- summarize --exact"),
            (
                Place { file: "app/tests/api/main.rs", member: true, ..API },
                "cargo test -p my-app --test api -- summarize --exact",
            ),
            (
                Place { file: r"app\tests\api.rs", member: true, ..API },
                "cargo test -p my-app --test api -- summarize --exact",
            ),
            (
                Place { file: "/elsewhere/app/tests/api.rs", ..API },
                "cargo test -p my-app --test api -- summarize --exact",
            ),
            (
                Place {
                    file: "tests/my-api.rs",
                    module: "my_api::agent",
                    thread: Some("agent::summarize::case_1"),
                    ..API
                },
                "cargo test --test my-api -- agent::summarize::case_1 --exact",
            ),
            (unit.clone(), "cargo test --lib -- agent::tests::summarize --exact"),
            (both.clone(), "cargo test -- agent::tests::summarize --exact"),
            (
                Place { file: "src/main.rs", module: "my_app::agent::tests", ..both.clone() },
                "cargo test --bin my-app -- agent::tests::summarize --exact",
            ),
            (
                Place { file: "src/lib.rs", ..both },
                "cargo test --lib -- agent::tests::summarize --exact",
            ),
            (
                Place { roots: Roots { lib: false, main: true }, ..unit.clone() },
                "cargo test --bin my-app -- agent::tests::summarize --exact",
            ),
            (bin, "cargo test --bin my-tool -- tests::summarize --exact"),
            (
                Place { file: "tests/src/lib.rs", module: "my_app", ..API },
                "cargo test --lib -- summarize --exact",
            ),
            (
                Place { file: "src/agent/tests/summaries.rs", ..unit },
                "cargo test --lib -- agent::tests::summarize --exact",
            ),
            (
                Place { file: "app/../shared/x.rs", module: "shared", ..API },
                "cargo test --test shared -- summarize --exact",
            ),
            (
                Place { file: "app/../shared/x.rs", module: "the_shared", ..API },
                "cargo test -- summarize --exact",
            ),
        ];
        for (place, expected) in cases {
            assert_eq!(line(&place), expected, "{place:?}");
        }
    }

    #[test]
    fn speaks_nextest_where_nextest_runs() {
        let place = Place { nextest: true, ..API };
        assert_eq!(line(&place), "cargo nextest run --test api -E 'test(=summarize)'");
        let unnamed = Place { thread: None, ..place };
        assert_eq!(line(&unnamed), "cargo nextest run --test api -E 'test(summarize)'");
    }

    #[test]
    fn a_thread_that_is_not_the_tests_gives_no_exact_name() {
        for thread in [None, Some("main"), Some("tokio-rt-worker"), Some("summarize_more")] {
            let place = Place { thread, module: "api::agent", ..API };
            assert_eq!(line(&place), "cargo test --test api -- agent::summarize");
        }
    }

    #[test]
    fn a_doctest_is_run_with_all_doctests() {
        for module in ["rust_out", "doctest_bundle_2024::__doctest_0"] {
            let place = Place { module, thread: Some("main"), nextest: true, ..API };
            assert_eq!(line(&place), "cargo test --doc");
        }
    }

    #[test]
    fn the_mode_stands_in_front() {
        assert_eq!(
            API.command().phrase("record"),
            "LLMOCK_MODE=record cargo test --test api -- summarize --exact"
        );
        assert_eq!(Command::Program.phrase("record"), "the same program with LLMOCK_MODE=record");
    }

    #[test]
    fn a_thread_named_like_a_test_is_a_test() {
        let cases = [
            (Some("agent::summarize"), "cargo test -- agent::summarize --exact"),
            (Some("main"), ""),
            (Some("tokio-rt-worker"), ""),
            (Some(""), ""),
            (None, ""),
        ];
        for (name, expected) in cases {
            let expected = match expected {
                "" => Command::Program,
                line => Command::Line(line.to_owned()),
            };
            assert_eq!(Command::of_thread(name, false), expected, "{name:?}");
        }
        assert_eq!(
            Command::of_thread(Some("a::b"), true),
            Command::Line("cargo nextest run -E 'test(=a::b)'".into())
        );
    }

    #[test]
    fn odd_names_are_quoted_for_the_shell() {
        assert_eq!(quoted("r#try"), "'r#try'");
        assert_eq!(quoted("it's"), r"'it'\''s'");
        assert_eq!(quoted("a::b-c"), "a::b-c");
    }
}
