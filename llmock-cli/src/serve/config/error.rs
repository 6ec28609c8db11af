//! Why there is no configuration.

use std::io;
use std::path::PathBuf;

use llmock_rules::Problem;

#[derive(Debug, thiserror::Error)]
pub(crate) enum ConfigError {
    #[error("cannot read `{}`: {why}", path.display())]
    Unreadable { path: PathBuf, why: io::Error },
    /// Line and column count from 1.
    #[error("{}:{line}:{column}: {reason}", path.display())]
    File { path: PathBuf, line: u64, column: u64, reason: Problem },
    #[error("variable `{name}`: {reason}")]
    Variable { name: String, reason: Problem },
    #[error("flag `{name}`: {reason}")]
    Flag { name: String, reason: Problem },
    /// Several settings contradict each other.
    #[error("configuration: {0}")]
    Settings(Problem),
}
