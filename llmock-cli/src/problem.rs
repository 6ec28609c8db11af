//! Errors of the command, and their text.

use std::error::Error;
use std::path::{Path, PathBuf};
use std::{fmt, io};

use llmock::{LoadError, RemoveError};

/// Why the command could not do something.
#[derive(Debug)]
pub(crate) enum Problem {
    /// The fixture does not exist; perhaps one with a similar name does.
    Missing { path: PathBuf, similar: Option<PathBuf> },
    /// The file exists, but its name is not that of a fixture.
    NotJson(PathBuf),
    /// It cannot be read, or it is not a fixture.
    Unreadable(LoadError),
    /// The same, of a file that should have been removed.
    NotCleared(LoadError),
    /// A folder where a fixture is needed.
    Folder(PathBuf),
    /// A folder cannot be read.
    FolderUnreadable { path: PathBuf, why: io::Error },
    /// The file could not be deleted.
    NotDeleted { path: PathBuf, why: io::Error },
    /// An interaction could not be removed.
    NotRemoved(RemoveError),
    /// Several interactions match; their lines, as `list` prints them.
    Ambiguous { path: PathBuf, prefix: String, candidates: Vec<String>, equal: Option<usize> },
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Missing { path, similar } => {
                write!(f, "fixture `{}` does not exist", path.display())?;
                match similar {
                    Some(similar) => write!(f, "; did you mean `{}`?", similar.display()),
                    None => Ok(()),
                }
            }
            Self::NotJson(path) => {
                write!(
                    f,
                    "`{}` is not a fixture: the name of a fixture ends in `.json`",
                    path.display()
                )
            }
            Self::Unreadable(error) => f.write_str(&chain(error)),
            Self::NotCleared(error) => {
                let why = match error {
                    LoadError::Format { .. } => "it is not a valid fixture",
                    _ => "it could not be read",
                };
                write!(f, "{}\n`{}` was not changed: {why}", chain(error), error.path().display())
            }
            Self::Folder(path) => {
                let path = path.display();
                write!(
                    f,
                    "`{path}` is a folder: name one fixture (`llmock list {path}` shows them)"
                )
            }
            Self::FolderUnreadable { path, why } => {
                write!(f, "failed to read folder `{}`: {why}", path.display())
            }
            Self::NotDeleted { path, why } => {
                write!(f, "failed to remove `{}`: {why}", path.display())
            }
            Self::NotRemoved(RemoveError::Unknown { hash, path }) => {
                let path = path.display();
                write!(f, "no interaction in `{path}` has a hash that starts with `{hash}`")?;
                write!(f, "\nhint: `llmock list {path}` shows them")
            }
            Self::NotRemoved(error) => f.write_str(&chain(error)),
            Self::Ambiguous { path, prefix, candidates, equal } => {
                ambiguous(f, path, prefix, candidates, *equal)
            }
        }
    }
}

/// An error and what caused it.
fn chain(error: &dyn Error) -> String {
    let causes = std::iter::successors(error.source(), |&cause| cause.source());
    causes.fold(error.to_string(), |text, cause| format!("{text}: {cause}"))
}

fn ambiguous(
    f: &mut fmt::Formatter<'_>,
    path: &Path,
    prefix: &str,
    candidates: &[String],
    equal: Option<usize>,
) -> fmt::Result {
    let (path, number) = (path.display(), candidates.len());
    writeln!(f, "`{prefix}` is ambiguous, {number} hashes in `{path}` begin with it:")?;
    f.write_str(&candidates.join("\n"))?;
    match equal {
        Some(first) => write!(
            f,
            "\nhint: their requests are equal; select one by its number: \
             `llmock clear {path} --number {first}`"
        ),
        None => f.write_str("\nhint: add digits until only one matches"),
    }
}
