//! An application with tests: one package, its client, and whatever stands below `tests/`.

use super::{Binary, Ran, Run, Scratch, fixture, target};

const MANIFEST: &str = r#"[package]
name = "$NAME"
version = "0.0.0"
edition = "2024"

[workspace]

[dependencies]
client.path = "client"

[dev-dependencies]
job.path = "job"
llmock = { path = "$LLMOCK" }
reqwest = { version = "0.13", default-features = false }
tokio = { version = "1", features = ["rt-multi-thread", "macros", "test-util", "time"] }
"#;

const CLIENT_MANIFEST: &str =
    "[package]\nname = \"client\"\nversion = \"0.0.0\"\nedition = \"2024\"\n";

/// An application's way to a model, over plain sockets.
pub const CLIENT: &str = include_str!("../../scratch/client.rs");

const JOB_MANIFEST: &str = "[package]\nname = \"job\"\nversion = \"0.0.0\"\nedition = \"2024\"\n\
     [lib]\nproc-macro = true\n";

/// A test attribute of somebody's own, for all that `#[llm_replay]` can tell: the function stays as it is.
const JOB: &str = "use proc_macro::TokenStream;\n\
     #[proc_macro_attribute]\n\
     pub fn job(_: TokenStream, item: TokenStream) -> TokenStream { item }\n";

/// The application, built.
#[derive(Debug)]
pub struct App {
    scratch: Scratch,
    binaries: Vec<Binary>,
}

impl App {
    /// Builds the application of that name with these files.
    #[track_caller]
    pub fn open(name: &str, files: &[(&str, &str)]) -> Self {
        // Cargo tells programs in one build directory apart by the names of their packages.
        let manifest = MANIFEST.replace("$NAME", name);
        let every = [
            ("Cargo.toml", manifest.as_str()),
            ("src/lib.rs", "pub use client::*;\n"),
            ("client/Cargo.toml", CLIENT_MANIFEST),
            ("client/src/lib.rs", CLIENT),
            ("job/Cargo.toml", JOB_MANIFEST),
            ("job/src/lib.rs", JOB),
        ];
        let scratch = Scratch::open(name, &[&every, files].concat());
        let binaries = scratch.build(".", &[]);
        Self { scratch, binaries }
    }

    /// Its files.
    pub fn scratch(&self) -> &Scratch {
        &self.scratch
    }

    /// One of its test programs.
    #[track_caller]
    pub fn program(&self, name: &str) -> &Binary {
        target(&self.binaries, name)
    }

    /// A test program in a build directory of its own, whose `llmock/last-run.jsonl` no other run changes.
    pub fn alone(&self, name: &str, folder: &str) -> Binary {
        let program = self.program(name);
        let path = self.scratch.path(&format!("{folder}/debug/deps/{name}"));
        std::fs::create_dir_all(path.parent().expect("a file has a folder")).expect("a folder");
        std::fs::hard_link(&program.path, &path).expect("both lie in the build folder");
        Binary { path, ..program.clone() }
    }

    /// The test program `tests/api.rs`, before it runs one test.
    pub fn one(&self, test: &str) -> Run {
        self.scratch.test(self.program("api"), [test, "--exact"])
    }

    /// Runs one test of `tests/api.rs`.
    pub fn run(&self, test: &str) -> Ran {
        self.one(test).output()
    }

    /// What libtest shows for a test of `tests/api.rs`, which has to fail.
    #[track_caller]
    pub fn failure(&self, test: &str) -> String {
        self.run(test).only_failure(test)
    }

    /// What a test of `tests/api.rs`, which has to pass, says past libtest.
    #[track_caller]
    pub fn note(&self, test: &str) -> String {
        self.run(test).only_note(test)
    }

    /// Writes a fixture that answers each prompt with a text.
    pub fn fixture(&self, name: &str, answers: &[(&str, &str)]) {
        self.scratch.write(&format!("tests/fixtures/{name}.json"), &fixture(answers));
    }
}
