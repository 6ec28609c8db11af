//! Why there is no configuration.

use std::fmt;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use serde_saphyr::Location;

/// What is wrong, and where it was set.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum ConfigError {
    #[error("cannot read `{}`: {reason}", path.display())]
    Unreadable { path: PathBuf, reason: String },
    #[error("{place}: {reason}")]
    Invalid { place: Place, reason: String },
}

impl ConfigError {
    pub(super) fn invalid(place: &Place, reason: impl Into<String>) -> Self {
        Self::Invalid { place: place.clone(), reason: reason.into() }
    }

    /// Whether an argument of the command is to blame.
    pub(crate) fn is_usage(&self) -> bool {
        matches!(self, Self::Invalid { place: Place::Flag(_), .. })
    }
}

/// Where a value was set.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Place {
    /// Line and column count from 1.
    File {
        path: Arc<PathBuf>,
        line: u64,
        column: u64,
    },
    Variable(String),
    /// With its dashes.
    Flag(String),
    Default,
}

impl Place {
    /// The same with the line and column of a node, where it has one.
    pub(super) fn at(&self, location: Location) -> Self {
        match self {
            Self::File { path, .. } if location != Location::UNKNOWN => Self::File {
                path: Arc::clone(path),
                line: location.line(),
                column: location.column(),
            },
            other => other.clone(),
        }
    }

    /// The folder that relative paths start from: that of the file, or the current one.
    pub(super) fn folder(&self) -> &Path {
        match self {
            Self::File { path, .. } => path.parent().unwrap_or(Path::new("")),
            _ => Path::new(""),
        }
    }
}

impl fmt::Display for Place {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::File { path, line, column } => {
                write!(formatter, "{}:{line}:{column}", path.display())
            }
            Self::Variable(name) => write!(formatter, "variable `{name}`"),
            Self::Flag(name) => write!(formatter, "flag `{name}`"),
            Self::Default => formatter.write_str("configuration"),
        }
    }
}
