//! Why there is no configuration.

use std::fmt;
use std::path::PathBuf;

#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum ConfigError {
    #[error("cannot read `{}`: {reason}", path.display())]
    Unreadable { path: PathBuf, reason: String },
    #[error("{place}: {reason}")]
    Invalid { place: Place, reason: String },
}

impl ConfigError {
    pub(super) fn invalid(place: Place, reason: impl Into<String>) -> Self {
        Self::Invalid { place, reason: reason.into() }
    }

    /// Whether an argument of the command is to blame.
    pub(crate) fn is_usage(&self) -> bool {
        matches!(self, Self::Invalid { place: Place::Flag(_), .. })
    }
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Place {
    /// Line and column count from 1.
    File { path: PathBuf, line: u64, column: u64 },
    /// By its name.
    Variable(String),
    /// With its dashes.
    Flag(String),
    /// In several settings together.
    Settings,
}

impl fmt::Display for Place {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::File { path, line, column } => {
                write!(formatter, "{}:{line}:{column}", path.display())
            }
            Self::Variable(name) => write!(formatter, "variable `{name}`"),
            Self::Flag(name) => write!(formatter, "flag `{name}`"),
            Self::Settings => formatter.write_str("configuration"),
        }
    }
}
