//! Where a setting comes from.

use std::fmt;
use std::path::PathBuf;

/// Where a setting is made.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) enum Origin {
    /// A variable, by name.
    Environment(&'static str),
    /// `#[llm_replay(..)]` on the function or on the module around it.
    Attribute,
    /// `LlmMock::builder()`.
    Builder,
    /// An `llmock.toml`, next to the package's `Cargo.toml` or at the workspace root.
    File(PathBuf),
    /// Nowhere.
    #[default]
    Default,
}

impl Origin {
    /// A value from here.
    pub(super) fn of<T>(&self, value: T) -> Sourced<T> {
        Sourced { value, origin: self.clone() }
    }

    /// Values from here.
    pub(super) fn of_each<T>(&self, values: Vec<T>) -> impl Iterator<Item = Sourced<T>> {
        values.into_iter().map(|value| self.of(value))
    }
}

impl fmt::Display for Origin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Environment(name) => write!(f, "`{name}`"),
            Self::Attribute => f.write_str("`#[llm_replay]`"),
            Self::Builder => f.write_str("`LlmMock::builder()`"),
            Self::File(path) => write!(f, "`{}`", path.display()),
            Self::Default => f.write_str("the default"),
        }
    }
}

/// A value and its origin.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Sourced<T> {
    pub(crate) value: T,
    pub(crate) origin: Origin,
}

impl<T> Sourced<T> {
    /// The value, or the outer layer's if this one has only the default.
    pub(super) fn or(self, outer: Self) -> Self {
        if self.origin == Origin::Default { outer } else { self }
    }
}
