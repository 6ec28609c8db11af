//! Who said what.

use std::fmt;
use std::path::PathBuf;

/// Where a rule in force was said.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Origin {
    /// A variable, by name.
    Environment(&'static str),
    /// `#[llm_replay(..)]` on the function or on the module around it.
    Attribute,
    /// `LlmMock::builder()`.
    Builder,
    /// The `llmock.toml` beside the package's `Cargo.toml`.
    Package(PathBuf),
    /// The `llmock.toml` at the workspace root.
    Workspace(PathBuf),
    /// Nobody said anything.
    Default,
}

impl fmt::Display for Origin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Environment(name) => write!(f, "`{name}`"),
            Self::Attribute => f.write_str("`#[llm_replay]`"),
            Self::Builder => f.write_str("`LlmMock::builder()`"),
            Self::Package(path) | Self::Workspace(path) => write!(f, "`{}`", path.display()),
            Self::Default => f.write_str("the default"),
        }
    }
}

/// A value and who said it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Sourced<T> {
    pub(crate) value: T,
    pub(crate) origin: Origin,
}

impl<T: Default> Default for Sourced<T> {
    fn default() -> Self {
        Self { value: T::default(), origin: Origin::Default }
    }
}
