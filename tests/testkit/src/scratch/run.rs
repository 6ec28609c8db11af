//! One spawned command and what it printed.

use std::ffi::OsStr;
use std::io::Read;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::LazyLock;
use std::thread;
use std::time::{Duration, Instant};

use regex::Regex;

/// Variables of this process that reach a spawned one. Everything else would make results depend on who runs them.
const KEPT: &[&str] = &[
    "PATH",
    "HOME",
    "CARGO_HOME",
    "RUSTUP_HOME",
    "RUSTUP_TOOLCHAIN",
    "TMPDIR",
    "TEMP",
    "TMP",
    "LD_LIBRARY_PATH",
    "DYLD_FALLBACK_LIBRARY_PATH",
    "SYSTEMROOT",
    "SYSTEMDRIVE",
    "USERPROFILE",
    "APPDATA",
    "LOCALAPPDATA",
    "PROGRAMDATA",
    "PROGRAMFILES",
    "PROGRAMFILES(X86)",
    "COMSPEC",
    "PATHEXT",
];

/// Longer than any build of a scratch workspace; a command that takes longer hangs.
const BUILDING: Duration = Duration::from_secs(600);

/// A command before it runs.
#[derive(Debug)]
pub struct Run {
    command: Command,
    root: PathBuf,
    patience: Duration,
}

impl Run {
    pub(super) fn new(mut command: Command, root: &Path, build: &Path) -> Self {
        command.env_clear();
        for name in KEPT {
            if let Some(value) = std::env::var_os(name) {
                command.env(name, value);
            }
        }
        command
            .env("CARGO_TARGET_DIR", build)
            .env("CARGO_INCREMENTAL", "0")
            .env("CARGO_TERM_COLOR", "never")
            .env("RUST_BACKTRACE", "0");
        Self { command, root: root.to_owned(), patience: BUILDING }
    }

    /// Sets a variable.
    #[must_use]
    pub fn env(mut self, name: &str, value: impl AsRef<OsStr>) -> Self {
        self.command.env(name, value);
        self
    }

    /// Removes a variable.
    #[must_use]
    pub fn without(mut self, name: &str) -> Self {
        self.command.env_remove(name);
        self
    }

    /// A command that takes longer than this hangs.
    #[must_use]
    pub fn patience(mut self, seconds: u64) -> Self {
        self.patience = Duration::from_secs(seconds);
        self
    }

    /// Runs it somewhere else.
    #[must_use]
    pub fn within(mut self, folder: impl AsRef<Path>) -> Self {
        self.command.current_dir(folder);
        self
    }

    /// Adds a word.
    #[must_use]
    pub fn arg(mut self, word: impl AsRef<OsStr>) -> Self {
        self.command.arg(word);
        self
    }

    /// Runs it to its end.
    ///
    /// # Panics
    ///
    /// If it does not come to an end.
    #[track_caller]
    pub fn output(self) -> Ran {
        self.start().wait()
    }

    /// Starts it, for those who have something to do meanwhile.
    #[track_caller]
    pub fn start(mut self) -> Running {
        self.command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut child = self
            .command
            .spawn()
            .unwrap_or_else(|error| panic!("{:?} does not start: {error}", self.command));
        let stdout = drain(child.stdout.take());
        let stderr = drain(child.stderr.take());
        let what = format!("{:?}", self.command);
        let (root, patience) = (self.root, self.patience);
        Running { child, stdout, stderr, root, patience, what }
    }
}

/// A command while it runs.
#[derive(Debug)]
pub struct Running {
    child: Child,
    stdout: thread::JoinHandle<String>,
    stderr: thread::JoinHandle<String>,
    root: PathBuf,
    patience: Duration,
    what: String,
}

impl Running {
    /// Waits for its end.
    ///
    /// # Panics
    ///
    /// If it does not come to an end.
    #[track_caller]
    pub fn wait(mut self) -> Ran {
        let started = Instant::now();
        let status = loop {
            if let Some(status) = self.child.try_wait().expect("a child can be waited for") {
                break status;
            }
            if started.elapsed() > self.patience {
                let _ = self.child.kill();
                panic!("{} hangs", self.what);
            }
            thread::sleep(Duration::from_millis(2));
        };
        let text = |thread: thread::JoinHandle<String>| thread.join().expect("reading a pipe");
        Ran {
            success: status.success(),
            stdout: text(self.stdout),
            stderr: text(self.stderr),
            root: self.root,
        }
    }
}

fn drain(pipe: Option<impl Read + Send + 'static>) -> thread::JoinHandle<String> {
    let mut pipe = pipe.expect("the pipe was asked for");
    thread::spawn(move || {
        let mut bytes = Vec::new();
        let _ = pipe.read_to_end(&mut bytes);
        String::from_utf8_lossy(&bytes).into_owned()
    })
}

/// A command that has run.
#[derive(Clone, Debug)]
pub struct Ran {
    /// Whether it ended with status 0.
    pub success: bool,
    /// What it printed to standard output, as it was.
    pub stdout: String,
    /// What it printed to standard error, as it was.
    pub stderr: String,
    root: PathBuf,
}

impl Ran {
    /// Standard error and standard output, the same on every machine.
    pub fn everything(&self) -> String {
        let (stderr, stdout) = (self.stderr(), self.stdout());
        format!("--- stderr\n{stderr}\n--- stdout\n{stdout}")
    }

    /// Standard output, the same on every machine.
    pub fn stdout(&self) -> String {
        self.even(&self.stdout)
    }

    /// Standard error, the same on every machine.
    pub fn stderr(&self) -> String {
        self.even(&self.stderr)
    }

    /// What a failed test printed, as libtest shows it.
    #[track_caller]
    pub fn failure(&self, test: &str) -> String {
        let head = format!("---- {test} stdout ----\n");
        let stdout = self.stdout();
        let Some((_, rest)) = stdout.split_once(&head) else {
            panic!("`{test}` has not failed:\n{}", self.everything());
        };
        let ends = ["\n\n---- ", "\n\nfailures:\n"].iter().filter_map(|end| rest.find(end)).min();
        rest[..ends.unwrap_or(rest.len())].trim().to_owned()
    }

    /// What libtest shows for the one test that ran and failed; nothing may go past it.
    #[track_caller]
    pub fn only_failure(&self, test: &str) -> String {
        assert!(!self.success, "`{test}` has not failed:\n{}", self.everything());
        assert_eq!(self.stderr(), "", "{}", self.everything());
        self.failure(test)
    }

    /// What the one test that ran and passed said past libtest.
    #[track_caller]
    pub fn only_note(&self, test: &str) -> String {
        assert!(self.success, "{}", self.everything());
        assert_eq!(self.passed(), [test], "{}", self.everything());
        self.stderr()
    }

    /// The tests that passed, sorted.
    pub fn passed(&self) -> Vec<String> {
        self.tests("ok")
    }

    /// The tests that failed, sorted.
    pub fn failed(&self) -> Vec<String> {
        self.tests("FAILED")
    }

    fn tests(&self, verdict: &str) -> Vec<String> {
        let test = |line: &str| {
            let (name, end) = line.strip_prefix("test ")?.rsplit_once(" ... ")?;
            let name = name.strip_suffix(" - should panic").unwrap_or(name);
            (end.trim() == verdict).then(|| name.to_owned())
        };
        let mut names: Vec<String> = self.stdout.lines().filter_map(test).collect();
        names.sort();
        names
    }

    fn even(&self, text: &str) -> String {
        static PLACES: LazyLock<[(Regex, &str); 5]> = LazyLock::new(|| {
            let regex = |pattern| Regex::new(pattern).expect("a valid expression");
            [
                (regex(r"(thread '[^']*') \(\d+\) panicked"), "$1 panicked"),
                (regex(r"finished in \d+\.\d+s"), "finished in 0s"),
                // Each system has words and numbers of its own.
                (regex(r": [^:\n]* \(os error \d+\)"), ": $$OS_ERROR"),
                (regex(r"127\.0\.0\.1:\d{4,5}"), "127.0.0.1:PORT"),
                (regex(r"note: run with `RUST_BACKTRACE=1`[^\n]*\n"), ""),
            ]
        });
        let root = self.root.display().to_string();
        let mut text = text.replace(&root, "$ROOT");
        if cfg!(windows) {
            text = text.replace('\\', "/").replace("/\"", "\\\"");
        }
        for (pattern, place) in PLACES.iter() {
            text = pattern.replace_all(&text, *place).into_owned();
        }
        text.trim().to_owned()
    }
}
