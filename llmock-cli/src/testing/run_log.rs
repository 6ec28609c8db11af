//! The log of one run: what its tests write, wherever they are built and whatever else runs at the same time.

use std::path::{Path, PathBuf};
use std::{env, fs};

use crate::problem::Problem;
use crate::testing::TestCommand;

/// The variable that names the log to tests.
pub(crate) const RUN_LOG: &str = "LLMOCK_RUN_LOG";

/// A file that the tests of a run add their lines to; removed with this.
#[derive(Debug)]
pub(crate) struct RunLog {
    path: PathBuf,
}

impl RunLog {
    /// An empty log. `purpose` tells the logs of one process apart.
    pub(crate) fn new(purpose: &str) -> Result<Self, Problem> {
        let path = env::temp_dir().join(format!("llmock-{purpose}-{}.jsonl", std::process::id()));
        match fs::write(&path, "") {
            Ok(()) => Ok(Self { path }),
            Err(why) => Err(Problem::Io { action: "write", path, why }),
        }
    }

    pub(crate) fn path(&self) -> &Path {
        &self.path
    }

    /// The command, with the variable that names this log.
    pub(crate) fn of(&self, command: TestCommand) -> TestCommand {
        command.variable(RUN_LOG, &self.path)
    }

    /// Its lines so far.
    pub(crate) fn text(&self) -> Result<String, Problem> {
        let unreadable = |why| Problem::Io { action: "read", path: self.path.clone(), why };
        fs::read_to_string(&self.path).map_err(unreadable)
    }
}

impl Drop for RunLog {
    fn drop(&mut self) {
        let _ = fs::remove_file(&self.path);
    }
}
