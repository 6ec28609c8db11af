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
    /// The names of the package's test targets, for files from whose paths the target does not follow.
    pub(crate) tests: &'a [String],
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
    Test(Invocation),
    /// Not a test: a program that llmock cannot start again.
    #[default]
    Program,
}

/// What runs one test again.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Invocation {
    /// Everything before the name of the test: `cargo test --test api`.
    pub(crate) run: String,
    /// `None` for a doctest, which runs with all others.
    pub(crate) filter: Option<Filter>,
}

#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Filter {
    pub(crate) name: String,
    /// The name is the whole name of the test.
    pub(crate) exact: bool,
}

impl Invocation {
    /// The shell line that runs tests of one target.
    fn line(run: &str, filters: &[&Filter]) -> String {
        if filters.is_empty() {
            return run.to_owned();
        }
        if run.starts_with(NEXTEST) {
            let test = |filter: &&Filter| {
                format!("test({}{})", if filter.exact { "=" } else { "" }, filter.name)
            };
            let tests: Vec<_> = filters.iter().map(test).collect();
            return format!("{run} -E '{}'", tests.join(" | "));
        }
        let names: Vec<_> = filters.iter().map(|filter| quoted(&filter.name)).collect();
        let exact = if filters.iter().all(|filter| filter.exact) { " --exact" } else { "" };
        format!("{run} -- {}{exact}", names.join(" "))
    }
}

impl Command {
    /// Appended to an error about a fixture that does not exist yet; `similar` is one that may have been meant.
    pub(crate) fn record_hint(&self, similar: Option<&str>) -> String {
        let record = self.phrase("record");
        match similar {
            Some(path) => format!(
                "\nhint: did you mean `{path}`? If the fixture is new, record it by running {record}"
            ),
            None => format!("\nhint: record it by running {record}"),
        }
    }

    /// Appended to an error about a fixture that cannot be read, and that llmock does not overwrite.
    pub(crate) fn record_again_hint(&self) -> String {
        format!("\nhint: to record it again, delete it and run {}", self.phrase("record"))
    }

    /// The test that runs on a thread of that name, in a target whose flags are known: libtest names the thread after
    /// the test.
    pub(crate) fn of_thread(name: Option<&str>, target: &Target<'_>, nextest: bool) -> Self {
        let is_path = |name: &&str| {
            let segment = |part: &str| {
                part.starts_with(|c: char| c == '_' || c.is_alphabetic())
                    && part.chars().all(|c| c == '_' || c.is_alphanumeric())
            };
            *name != "main" && name.split("::").all(segment)
        };
        let Some(name) = name.filter(is_path) else { return Self::Program };
        let run = [Some(program(nextest).to_owned()), target.package(), target.flag()];
        let run = run.into_iter().flatten().collect::<Vec<_>>().join(" ");
        let filter = Some(Filter { name: name.to_owned(), exact: true });
        Self::Test(Invocation { run, filter })
    }

    /// The shell line that runs it in that mode; `None` for a program.
    pub(crate) fn in_mode(&self, mode: &str) -> Option<String> {
        match self {
            Self::Test(Invocation { run, filter }) => {
                let filter: Vec<&Filter> = filter.iter().collect();
                Some(format!("LLMOCK_MODE={mode} {}", Invocation::line(run, &filter)))
            }
            Self::Program => None,
        }
    }

    pub(crate) fn phrase(&self, mode: &str) -> String {
        self.in_mode(mode).unwrap_or_else(|| format!("the same program with LLMOCK_MODE={mode}"))
    }
}

/// One shell line that records several tests: an invocation for each target.
pub(crate) fn of_all(tests: &[Invocation]) -> String {
    let mut targets: Vec<(&str, Vec<&Filter>)> = Vec::new();
    for Invocation { run, filter } in tests {
        let exact = filter.as_ref().map(|filter| filter.exact);
        let same = |(known, filters): &&mut (&str, Vec<&Filter>)| {
            *known == run && filters.first().map(|filter| filter.exact) == exact
        };
        match targets.iter_mut().find(same) {
            Some((_, filters)) => filters.extend(filter),
            None => targets.push((run, filter.iter().collect())),
        }
    }
    let line = |(run, filters): &mut (&str, Vec<&Filter>)| {
        filters.sort_unstable();
        filters.dedup();
        // A shell takes longer lines, but no one reads them. Without names all tests of the target run, and this mode
        // pays only for the requests that no recording has.
        let (mode, shown) =
            if are_too_many(tests) { ("refresh", &[][..]) } else { ("record", &filters[..]) };
        format!("LLMOCK_MODE={mode} {}", Invocation::line(run, shown))
    };
    targets.iter_mut().map(line).collect::<Vec<_>>().join(" && ")
}

/// Whether [`of_all`] leaves the names out, because no one reads so many.
pub(crate) fn are_too_many(tests: &[Invocation]) -> bool {
    tests.len() > NAMES
}

/// Names in a command for several tests.
const NAMES: usize = 8;

const NEXTEST: &str = "cargo nextest run";

fn program(nextest: bool) -> &'static str {
    if nextest { NEXTEST } else { "cargo test" }
}

/// The program that runs a test, as far as it can tell from itself: without the attribute nothing else is known.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Target<'a> {
    /// `CARGO_PKG_NAME` of the test process.
    pub(crate) package: Option<&'a str>,
    /// The package is a member below its workspace's root.
    pub(crate) member: bool,
    /// The name of the program's crate.
    pub(crate) name: Option<&'a str>,
    /// The names of the package's test targets.
    pub(crate) tests: &'a [String],
}

impl Target<'_> {
    fn package(&self) -> Option<String> {
        self.package.filter(|_| self.member).map(|package| format!("-p {}", quoted(package)))
    }

    fn flag(&self) -> Option<String> {
        test_target(self.name?, self.tests)
    }
}

/// The flag for the test target that is this crate, if exactly one is.
fn test_target(crate_name: &str, tests: &[String]) -> Option<String> {
    let mut fitting = tests.iter().filter(|test| is_crate_of(crate_name, test));
    let (test, None) = (fitting.next()?, fitting.next()) else { return None };
    Some(format!("--test {}", quoted(test)))
}

/// What the path of a file says about its target.
#[derive(Debug, PartialEq)]
enum PathTarget {
    Flag(String),
    /// The library or a program in `src`, with its flag if that is certain.
    Main(Option<String>),
    Unknown,
}

impl Place<'_> {
    /// The command that runs exactly this test.
    ///
    /// If the target is not certain, its flag is left out: the command then builds more than it must, but still runs
    /// the right test.
    pub(crate) fn command(&self) -> Command {
        let mut words: Vec<String> = Vec::new();
        let doctest = self.is_doctest();
        words.push(program(self.nextest && !doctest).to_owned());
        if let Some(package) = self.package.filter(|_| self.member || is_absolute(self.file)) {
            words.push(format!("-p {}", quoted(package)));
        }
        if doctest {
            words.push("--doc".to_owned());
            return Command::Test(Invocation { run: words.join(" "), filter: None });
        }
        words.extend(self.target());
        Command::Test(Invocation { run: words.join(" "), filter: Some(self.filter()) })
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
    fn filter(&self) -> Filter {
        let named = |name: &&str| name.split("::").any(|segment| segment == self.function);
        if let Some(name) = self.thread.filter(named) {
            return Filter { name: name.to_owned(), exact: true };
        }
        let name = match self.module.split_once("::") {
            Some((_, inner)) => format!("{inner}::{}", self.function),
            None => self.function.to_owned(),
        };
        Filter { name, exact: false }
    }

    /// Whether the target follows from the path of the file, so that no one has to list the package's tests.
    pub(crate) fn has_clear_target(&self) -> bool {
        self.target_of_path() != PathTarget::Unknown
    }

    fn target(&self) -> Option<String> {
        match self.target_of_path() {
            PathTarget::Flag(flag) => return Some(flag),
            PathTarget::Main(flag) => return flag,
            PathTarget::Unknown => {}
        }
        let name = self.crate_name();
        if self.is_package(name) {
            return None;
        }
        // A target with a name or path of its own; `_` may stand for `-` in it.
        let own_name = || (!name.contains('_')).then(|| format!("--test {}", quoted(name)));
        test_target(name, self.tests).or_else(own_name)
    }

    fn target_of_path(&self) -> PathTarget {
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
                "src" => return PathTarget::Main(self.main_target(&parts[at + 1..])),
                _ => continue,
            };
            if is_crate_of(name, inside) {
                return PathTarget::Flag(format!("{flag} {}", quoted(inside)));
            }
        }
        PathTarget::Unknown
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
pub(crate) fn quoted(word: &str) -> String {
    let plain = |c: char| c.is_ascii_alphanumeric() || "_-:./=+@%,".contains(c);
    if !word.is_empty() && word.chars().all(plain) {
        word.to_owned()
    } else {
        format!("'{}'", word.replace('\'', r"'\''"))
    }
}

#[cfg(test)]
mod tests;
