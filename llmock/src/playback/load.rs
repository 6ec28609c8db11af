//! Why fixtures could not be loaded, all of them at once.

use std::fmt;

use crate::fixture::LoadError;
use crate::report::values::chain;

/// Files that are missing or are no fixtures; never none.
#[derive(Debug)]
pub struct LoadErrors {
    errors: Vec<LoadError>,
}

impl LoadErrors {
    /// An error if there is any.
    pub(super) fn unless_empty(errors: Vec<LoadError>) -> Result<(), Self> {
        if errors.is_empty() { Ok(()) } else { Err(Self { errors }) }
    }

    /// One for each file, in the order in which they were named.
    pub fn errors(&self) -> &[LoadError] {
        &self.errors
    }
}

impl fmt::Display for LoadErrors {
    /// A line for each file, and one for each hint.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (at, error) in self.errors.iter().enumerate() {
            let line = if at == 0 { "" } else { "\n" };
            write!(f, "{line}{}", chain(error))?;
        }
        Ok(())
    }
}

impl std::error::Error for LoadErrors {}
