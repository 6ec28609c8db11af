//! A folder with a build directory in which this test program lies, so that its last run is a file of its own.

use std::fs;
use std::ops::Deref;
use std::path::{Path, PathBuf};
use std::process::Command;

use super::program::{GROUPS, Upstreams};
use crate::command::{Desk, Ran};
use llmock_testkit::process::KEPT;
use serde_json::Value;

/// A workspace whose tests are the suite of `program`.
#[derive(Debug)]
pub(super) struct Place {
    desk: Desk,
    pub(super) suite: PathBuf,
    /// Tests of each group.
    pub(super) each: usize,
}

impl Deref for Place {
    type Target = Desk;

    fn deref(&self) -> &Desk {
        &self.desk
    }
}

impl Place {
    /// Without recordings.
    pub(super) fn new(each: usize) -> Self {
        // Beside the program, so that a link of it is possible.
        let folder = tempfile::tempdir_in(env!("CARGO_TARGET_TMPDIR")).unwrap();
        let deps = folder.path().join("target/debug/deps");
        fs::create_dir_all(&deps).unwrap();
        let (program, suite) = (std::env::current_exe().unwrap(), deps.join("suite"));
        if fs::hard_link(&program, &suite).is_err() {
            fs::copy(&program, &suite).unwrap();
        }
        let place = Self { desk: Desk::new(folder), suite, each };
        place.write("Cargo.toml", "[workspace]\n");
        place
    }

    /// With recordings of all tests.
    pub(super) fn recorded(each: usize, upstreams: &Upstreams) -> Self {
        let place = Self::new(each);
        let ran = place.run_suite("record", "", Some(upstreams));
        assert_eq!(ran.code, 0, "{ran:?}");
        place
    }

    /// A program with the variables that a program needs, and those of the suite.
    pub(super) fn command(&self, program: &Path, edit: &str) -> Command {
        let mut command = Command::new(program);
        let kept = KEPT.iter().filter_map(|name| Some((*name, std::env::var_os(name)?)));
        let kept: Vec<_> = kept.filter(|(name, _)| *name != "CARGO_MANIFEST_DIR").collect();
        command.env_clear().envs(kept).current_dir(self.path(""));
        command.env("SUITE_EACH", self.each.to_string()).env("SUITE_EDIT", edit);
        command
    }

    /// `llmock` with these arguments and behind them the suite as the command that runs tests.
    pub(super) fn llmock(&self, arguments: &[&str], edit: &str) -> Command {
        let mut command = self.command(Path::new(env!("CARGO_BIN_EXE_llmock")), edit);
        command.args(arguments).arg("--").arg(&self.suite).args(super::program::ARGUMENTS);
        command
    }

    /// The suite in a mode.
    pub(super) fn run_suite(&self, mode: &str, edit: &str, upstreams: Option<&Upstreams>) -> Ran {
        let mut command = self.command(&self.suite, edit);
        command.args(super::program::ARGUMENTS).env("LLMOCK_MODE", mode);
        if let Some(upstreams) = upstreams {
            command.envs(upstreams.variables());
        }
        Ran::of(command)
    }

    /// The fixtures as they are.
    pub(super) fn fixtures(&self) -> Vec<(String, String)> {
        let names = GROUPS.iter().map(|group| format!("f/{group}.json"));
        names.map(|name| (name.clone(), self.read(&name))).collect()
    }

    pub(super) fn restore(&self, fixtures: &[(String, String)]) {
        for (name, text) in fixtures {
            self.write(name, text);
        }
    }

    /// The number of each interaction in its file, by the test that owns it, in order.
    pub(super) fn numbers(&self, test: &str) -> Vec<u64> {
        let file = self.read(&format!("f/{}.json", &test[..1]));
        let file: Value = serde_json::from_str(&file).unwrap();
        let owner = format!("suite::{test}");
        let all = (1..).zip(file["interactions"].as_array().unwrap());
        all.filter(|(_, one)| one["test"] == owner.as_str()).map(|(number, _)| number).collect()
    }
}
