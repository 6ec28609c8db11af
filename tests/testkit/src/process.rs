//! Tests that decide about recording run in processes of their own.
//!
//! `LLMOCK_MODE` and `CI` of whoever runs the tests would win over what a builder says, keys of theirs would
//! be redacted, and a process reads them once. So such a test runs itself again, alone, in an environment
//! that holds nothing but what it asks for.

use std::env;
use std::ffi::OsString;
use std::io::Write as _;
use std::process::{Command, Output};

/// Says which part of a test a process plays.
const PART: &str = "TEST_PROCESS_PART";

/// What a process needs to run at all.
pub const KEPT: [&str; 12] = [
    "CARGO_MANIFEST_DIR",
    "DYLD_FALLBACK_LIBRARY_PATH",
    "HOME",
    "LD_LIBRARY_PATH",
    "LLVM_PROFILE_FILE",
    "PATH",
    "RUST_BACKTRACE",
    "SystemRoot",
    "TEMP",
    "TMP",
    "TMPDIR",
    "USERPROFILE",
];

/// A test that has a process to itself.
#[derive(Debug)]
pub struct Process {
    test: String,
    part: String,
}

/// Runs the body of the test that calls it in a fresh process with these variables.
pub fn alone<F: FnOnce(&Process)>(variables: &[(&str, &str)], body: F) {
    let test = test_of::<F>();
    if let Ok(part) = env::var(PART) {
        return body(&Process { test, part });
    }
    let process = Process { test, part: String::new() };
    let kept = KEPT.iter().filter_map(|name| Some((*name, env::var_os(name)?)));
    let kept: Vec<(&str, OsString)> = kept.collect();
    let mut command = process.command();
    command.env_clear().envs(kept).env(PART, "main").envs(variables.iter().copied());
    let Output { status, stdout, stderr } = command.output().expect("this very binary runs");
    let (stdout, stderr) = (String::from_utf8_lossy(&stdout), String::from_utf8_lossy(&stderr));
    assert!(status.success(), "in its own process:\n{stdout}\n{stderr}");
    assert!(stdout.contains("1 passed"), "`{}` is not the name of the test", process.test);
    for line in stderr.lines().filter(|line| line.starts_with("SKIPPED: ")) {
        skipped(line.trim_start_matches("SKIPPED: "));
    }
}

/// Says past the capture of a passing test what was not tested.
pub fn skipped(why: &str) {
    let _ = std::io::stderr().write_all(format!("SKIPPED: {why}\n").as_bytes());
}

impl Process {
    /// Which part this process plays: `main`, or what [`Process::again`] was told.
    pub fn part(&self) -> &str {
        &self.part
    }

    /// Runs the test once more, in another process that plays this part.
    pub fn again(&self, part: &str) -> Command {
        let mut command = self.command();
        command.env(PART, part);
        command
    }

    fn command(&self) -> Command {
        let mut command = Command::new(env::current_exe().expect("this binary has a path"));
        command.args([self.test.as_str(), "--exact", "--nocapture"]);
        command
    }
}

/// `binary::module::test::{{closure}}` without the binary and the closure: threads of tests have names, but
/// not under every runner.
fn test_of<F>() -> String {
    let name = std::any::type_name::<F>();
    let name = name.split_once("::").map_or(name, |(_, name)| name);
    name.trim_end_matches("::{{closure}}").to_owned()
}
