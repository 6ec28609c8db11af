//! Why there is no configuration.

use std::path::PathBuf;

use super::value::Place;

/// What is wrong, and where it was said.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum ConfigError {
    #[error("cannot read `{}`: {reason}", path.display())]
    Unreadable { path: PathBuf, reason: String },
    #[error("{}:{line}:{column}: not YAML: {reason}", path.display())]
    Syntax { path: PathBuf, line: usize, column: usize, reason: String },
    #[error("{place}: {reason}")]
    Wrong { place: Place, reason: String },
}

impl ConfigError {
    pub(super) fn wrong(place: &Place, reason: impl Into<String>) -> Self {
        Self::Wrong { place: place.clone(), reason: reason.into() }
    }
}
