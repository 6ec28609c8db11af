//! The museum, built and recorded.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use llmock_testkit::scratch::{Binary, Ran, Run, Scratch, target};
use llmock_testkit::upstream::Upstream;

use super::compiled;
use super::provider::{answer, refuse};
use super::table::{Change, GROUPS, Mistake};

const MANIFEST: &str = r#"[workspace]
members = ["annex", "posters"]

[package]
name = "$NAME"
version = "0.0.0"
edition = "2024"

[lib]
name = "museum"
test = false
doctest = false

[dependencies]
async-openai = { version = "0.43", default-features = false, features = ["byot", "chat-completion", "embedding"] }
futures = "0.3"
reqwest = { version = "0.13", default-features = false }
serde_json = "1"

[dev-dependencies]
llmock = { path = "$LLMOCK" }
tokio = { version = "1", features = ["macros", "rt-multi-thread", "test-util", "time"] }
"#;

const ANNEX: &str = r#"[package]
name = "annex"
version = "0.0.0"
edition = "2024"

[lib]
test = false
doctest = false

[dev-dependencies]
llmock = { path = "$LLMOCK" }
museum = { path = "..", package = "$NAME" }
tokio = { version = "1", features = ["macros", "rt", "test-util"] }
"#;

macro_rules! sources {
    ($($path:literal = $file:literal),* $(,)?) => {
        &[$(($path, include_str!(concat!("../programs/museum/", $file)))),*]
    };
}

/// Everything but the manifests.
pub(super) const SOURCES: &[(&str, &str)] = sources![
    "src/lib.rs" = "lib.rs",
    "src/curator.rs" = "curator.rs",
    "src/guide.rs" = "guide.rs",
    "src/tour.rs" = "tour.rs",
    "tests/visits/main.rs" = "tests/main.rs",
    "tests/visits/counts.rs" = "tests/counts.rs",
    "tests/visits/fields.rs" = "tests/fields.rs",
    "tests/visits/fixtures.rs" = "tests/fixtures.rs",
    "tests/visits/kiosk.rs" = "tests/kiosk.rs",
    "tests/visits/lines.rs" = "tests/lines.rs",
    "tests/visits/order.rs" = "tests/order.rs",
    "tests/visits/prompts.rs" = "tests/prompts.rs",
    "tests/visits/providers.rs" = "tests/providers.rs",
    "tests/visits/stress.rs" = "tests/stress.rs",
    "tests/visits/studio.rs" = "tests/studio.rs",
    "tests/visits/tours.rs" = "tests/tours.rs",
    "annex/tests/annex.rs" = "annex.rs",
];

/// The museum, with a provider that answers, one that refuses, and a server that is neither.
pub(super) struct Museum {
    scratch: Scratch,
    binaries: Vec<Binary>,
    /// The fixtures as they are when a mistake is made.
    fixtures: BTreeMap<PathBuf, Vec<u8>>,
    pub(super) provider: Upstream,
    refusing: Upstream,
    elsewhere: Upstream,
}

/// How a test runs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Look {
    Plain,
    Coloured,
    /// As nextest runs it: alone in its process, without capture.
    Nextest,
}

impl Museum {
    /// Builds it and records every test that has a recording.
    #[track_caller]
    pub(super) fn open(name: &str, sources: &[(&str, &str)]) -> Self {
        let manifests = [
            ("Cargo.toml".to_owned(), MANIFEST.replace("$NAME", name)),
            ("annex/Cargo.toml".to_owned(), ANNEX.replace("$NAME", name)),
            ("annex/src/lib.rs".to_owned(), String::new()),
        ];
        let posters = compiled::files();
        let generated = manifests.iter().chain(&posters);
        let generated = generated.map(|(path, text)| (path.as_str(), text.as_str()));
        let files: Vec<_> = generated.chain(sources.iter().copied()).collect();
        let scratch = Scratch::open(name, &files);
        for folder in ["tests/fixtures", "annex/tests/fixtures"] {
            fs::create_dir_all(scratch.path(folder)).unwrap();
        }
        let binaries = scratch.build(".", &["-p", name, "-p", "annex"]);
        let mut museum = Self {
            scratch,
            binaries,
            fixtures: BTreeMap::new(),
            provider: Upstream::scripted(|_, request| answer(request)),
            refusing: Upstream::scripted(|_, request| refuse(request)),
            elsewhere: Upstream::scripted(|_, request| answer(request)),
        };
        museum.record();
        museum
    }

    pub(super) fn scratch(&self) -> &Scratch {
        &self.scratch
    }

    fn record(&mut self) {
        let never = GROUPS.iter().flat_map(|(_, group)| *group).filter(|mistake| !mistake.recorded);
        let never: Vec<&str> = never.flat_map(|mistake| ["--skip", mistake.test]).collect();
        let words = ["--skip", "stress::"].iter().chain(&never);
        let words: Vec<&&str> = words.collect();
        for program in ["visits", "annex"] {
            for mode in ["record", "replay"] {
                let run = self.scratch.test(target(&self.binaries, program), &words);
                let ran = self.with_keys(run).env("LLMOCK_MODE", mode).output();
                assert!(ran.success, "{mode}: {}", ran.everything());
            }
        }
        for folder in ["tests", "annex/tests"] {
            collect(&self.scratch.path(folder), &mut self.fixtures);
        }
        for mistake in mistakes() {
            let Some((path, change)) = mistake.fixture else { continue };
            let path = self.scratch.path(path);
            let recorded = self.fixtures.remove(&path).unwrap_or_default();
            let text = String::from_utf8(recorded).unwrap();
            let changed = match change {
                Change::Removed => continue,
                Change::Text(text) => text.to_owned(),
                Change::Replaced(from, to) => {
                    assert!(text.contains(from), "{}: {text}", path.display());
                    text.replacen(from, to, 1)
                }
            };
            self.fixtures.insert(path, changed.into_bytes());
        }
        self.restore();
    }

    /// Makes the fixtures what they are when a mistake is made.
    pub(super) fn restore(&self) {
        let mut present = BTreeMap::new();
        for folder in ["tests", "annex/tests"] {
            collect(&self.scratch.path(folder), &mut present);
        }
        for path in present.keys().filter(|path| !self.fixtures.contains_key(*path)) {
            fs::remove_file(path).unwrap();
        }
        for (path, bytes) in &self.fixtures {
            if present.get(path) != Some(bytes) {
                // What stood in the way of a recording has become a folder.
                let _ = fs::remove_dir(path);
                fs::create_dir_all(path.parent().unwrap()).unwrap();
                fs::write(path, bytes).unwrap();
            }
        }
    }

    /// The provider that answers, as a developer has it.
    pub(super) fn with_keys(&self, run: Run) -> Run {
        run.env("OPENAI_API_KEY", "sk-studio-0001")
            .env("OPENAI_BASE_URL", self.provider.openai_url())
            .env("ANTHROPIC_API_KEY", "sk-ant-studio-0001")
            .env("ANTHROPIC_BASE_URL", self.provider.url())
    }

    /// A test program in a build folder of its own, whose list of the last run is empty.
    fn alone(&self, program: &str, worker: usize) -> Binary {
        let binary = target(&self.binaries, program);
        let built = binary.path.ancestors().nth(3).unwrap();
        let folder = built.join(format!("scratch/alone/{worker}"));
        let deps = folder.join("debug/deps");
        fs::create_dir_all(&deps).unwrap();
        let path = deps.join(binary.path.file_name().unwrap());
        let _ = fs::remove_file(&path);
        fs::hard_link(&binary.path, &path).unwrap();
        let _ = fs::remove_file(folder.join("llmock/last-run.jsonl"));
        Binary { path, ..binary.clone() }
    }

    /// Runs the test that makes a mistake.
    pub(super) fn run(&self, mistake: &Mistake, look: Look, worker: usize) -> Ran {
        let mut words = vec!["--exact"];
        if mistake.together && look != Look::Nextest {
            words = vec!["--test-threads=1"];
            words.push(mistake.test.split_once("::").unwrap().0);
        } else {
            words.push(mistake.test);
        }
        if look == Look::Nextest {
            words.push("--nocapture");
        }
        let binary = self.alone(mistake.program, worker);
        let mut run = self.scratch.test(&binary, words).env("SEEDED", "1").env("VISIT", "1");
        run = run.env("ELSEWHERE", self.elsewhere.openai_url());
        if mistake.records {
            run = run
                .env("LLMOCK_MODE", "record")
                .env("OPENAI_BASE_URL", self.refusing.openai_url())
                .env("ANTHROPIC_BASE_URL", self.refusing.url());
        }
        for (name, value) in mistake.env {
            let value = value.replace("$ELSEWHERE", &self.elsewhere.openai_url());
            let value = value.replace("$ROOT", &self.scratch.root().display().to_string());
            run = run.env(name, value);
        }
        match look {
            Look::Plain => run,
            Look::Coloured => run.env("CLICOLOR_FORCE", "1"),
            Look::Nextest => run.env("NEXTEST", "1"),
        }
        .output()
    }

    /// Records one test as it was before its mistake.
    pub(super) fn record_one(&self, test: &str) {
        let run = self.scratch.test(target(&self.binaries, "visits"), [test, "--exact"]);
        let ran = self.with_keys(run).env("LLMOCK_MODE", "record").output();
        assert!(ran.success, "{}", ran.everything());
    }

    /// Runs a test of the program `visits` with its mistake and these variables.
    pub(super) fn run_in(&self, test: &str, variables: &[(&str, &str)]) -> Ran {
        let binary = self.alone("visits", 0);
        let run = self.scratch.test(&binary, [test, "--exact"]).env("SEEDED", "1");
        variables.iter().fold(run, |run, (name, value)| run.env(name, value)).output()
    }

    /// Runs a test by the words of a command that llmock printed.
    pub(super) fn paste(&self, program: &str, words: &[&str], mode: &str, worker: usize) -> Ran {
        let binary = self.alone(program, worker);
        let run = self.scratch.test(&binary, words).env("SEEDED", "1").env("VISIT", "2");
        self.with_keys(run).env("LLMOCK_MODE", mode).output()
    }

    /// Removes a file.
    pub(super) fn remove(&self, path: &str) {
        fs::remove_file(self.scratch.path(path)).unwrap();
    }

    /// What `mv` does.
    pub(super) fn rename(&self, paths: &str) {
        let (from, to) = paths.split_once(' ').expect("two paths");
        fs::rename(self.scratch.path(from), self.scratch.path(to)).unwrap();
    }

    /// Runs a test again, where no key is set and no provider is.
    pub(super) fn replay(&self, program: &str, words: &[&str], worker: usize) -> Ran {
        let binary = self.alone(program, worker);
        self.scratch.test(&binary, words).env("SEEDED", "1").env("VISIT", "3").output()
    }
}

/// Every mistake that a test makes when it runs.
pub(super) fn mistakes() -> impl Iterator<Item = &'static Mistake> {
    GROUPS.iter().flat_map(|(_, group)| *group)
}

/// The files that are not source code.
fn collect(folder: &Path, into: &mut BTreeMap<PathBuf, Vec<u8>>) {
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            collect(&path, into);
        } else if path.extension().is_none_or(|extension| extension != "rs") {
            into.insert(path.clone(), fs::read(&path).unwrap());
        }
    }
}
