//! Runs the built command in a folder of its own that holds copies of `tests/fixtures`.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use tempfile::TempDir;

/// What a caller may have set, and what must not decide what a command prints.
const CALLERS_OWN: [&str; 7] = [
    "NO_COLOR",
    "CLICOLOR_FORCE",
    "CLICOLOR",
    "CARGO_TERM_COLOR",
    "CARGO_TARGET_DIR",
    "CARGO_BUILD_TARGET_DIR",
    "CI",
];

/// A folder with a command in it.
#[derive(Debug)]
pub(crate) struct Desk {
    folder: TempDir,
}

/// What the command has printed.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Ran {
    pub(crate) code: i32,
    pub(crate) out: String,
    pub(crate) err: String,
}

impl Ran {
    /// Runs a command to its end.
    pub(crate) fn of(mut command: Command) -> Self {
        let Output { status, stdout, stderr } = command.output().unwrap();
        let text = |bytes| String::from_utf8(bytes).unwrap();
        Self { code: status.code().unwrap(), out: text(stdout), err: text(stderr) }
    }
}

impl Desk {
    /// In this folder.
    pub(crate) fn new(folder: TempDir) -> Self {
        Self { folder }
    }

    /// With these files of `tests/fixtures`.
    pub(crate) fn with(fixtures: &[&str]) -> Self {
        let desk = Self::new(tempfile::tempdir().unwrap());
        for name in fixtures {
            let from = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures").join(name);
            desk.write(name, &fs::read_to_string(from).unwrap());
        }
        desk
    }

    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    pub(crate) fn write(&self, name: &str, text: &str) {
        let path = self.path(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    }

    pub(crate) fn read(&self, name: &str) -> String {
        fs::read_to_string(self.path(name)).unwrap()
    }

    pub(crate) fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_llmock"));
        command.args(arguments).current_dir(self.folder.path());
        // Ages count from the first of December 2026, and the caller's wishes for colours do not count.
        command.env("SOURCE_DATE_EPOCH", "1796083200");
        let settings = std::env::vars_os().map(|(name, _)| name);
        for variable in settings.filter(|name| name.to_string_lossy().starts_with("LLMOCK_")) {
            command.env_remove(variable);
        }
        for variable in CALLERS_OWN {
            command.env_remove(variable);
        }
        command
    }

    pub(crate) fn run(&self, arguments: &[&str]) -> Ran {
        let ran = Ran::of(self.command(arguments));
        // The name of a path is printed as the system spells it.
        let text = |text: String| text.replace('\\', "/");
        Ran { out: text(ran.out), err: text(ran.err), ..ran }
    }

    /// Runs it successfully and gives what it printed.
    pub(crate) fn prints(&self, arguments: &[&str]) -> String {
        let ran = self.run(arguments);
        assert_eq!((ran.code, ran.err.as_str()), (0, ""), "{ran:?}");
        ran.out
    }

    /// Runs it successfully and parses what it printed.
    pub(crate) fn json(&self, arguments: &[&str]) -> serde_json::Value {
        let Output { status, stdout, stderr } = self.command(arguments).output().unwrap();
        assert!(status.success() && stderr.is_empty(), "{}", String::from_utf8_lossy(&stderr));
        serde_json::from_slice(&stdout).unwrap()
    }

    /// Runs it in vain and gives what it complained about.
    pub(crate) fn fails(&self, arguments: &[&str]) -> String {
        let ran = self.run(arguments);
        assert_eq!((ran.code, ran.out.as_str()), (1, ""), "{ran:?}");
        ran.err
    }

    /// Runs it and gives what it complained about; other files may have gone well.
    pub(crate) fn fails_partly(&self, arguments: &[&str]) -> String {
        let ran = self.run(arguments);
        assert_eq!(ran.code, 1, "{ran:?}");
        ran.err
    }
}
