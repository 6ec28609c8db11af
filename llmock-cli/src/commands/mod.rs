//! What the command does; every sentence of it is in [`crate::output`].

mod clear;
mod list;

pub(crate) use clear::{Selection, clear};
pub(crate) use list::list;

use std::io;
use std::path::PathBuf;

use llmock::{LoadError, RemoveError};

/// Why something was not done.
#[derive(Debug)]
pub(crate) enum Problem {
    /// There is no such fixture, and perhaps one of a similar name.
    Missing { path: PathBuf, similar: Option<PathBuf> },
    /// There is a file of that very name, which no fixture has.
    NotJson(PathBuf),
    /// It is not readable, or no fixture.
    Unreadable(LoadError),
    /// The same, of a file that should have been removed.
    NotCleared(LoadError),
    /// A folder where only a fixture will do.
    Folder(PathBuf),
    /// A folder could not be looked through.
    FolderUnreadable { path: PathBuf, why: io::Error },
    /// The file could not be deleted.
    NotDeleted { path: PathBuf, why: io::Error },
    /// An interaction could not be removed.
    NotRemoved(RemoveError),
    /// Several interactions are meant; their lines, as `list` prints them.
    Ambiguous { path: PathBuf, prefix: String, candidates: Vec<String>, equal: Option<usize> },
}
