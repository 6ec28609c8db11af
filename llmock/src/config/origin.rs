//! Where a setting comes from.

use std::fmt;
use std::path::PathBuf;

#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) enum Origin {
    Environment(&'static str),
    /// `#[llm_replay(..)]` on the function or on the module around it.
    Attribute,
    /// `LlmMock::builder()`.
    Builder,
    /// An `llmock.toml`, next to the package's `Cargo.toml` or at the workspace root.
    File(PathBuf),
    #[default]
    Default,
}

impl Origin {
    pub(super) fn of<T>(&self, value: T) -> Sourced<T> {
        Sourced { value, origin: self.clone() }
    }

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
