//! The error for fixtures that cannot be loaded.

use std::fmt;

use crate::fixture::LoadError;
use crate::report::values::chain;

/// Reports every fixture file that is missing or invalid. It holds at least one error.
#[derive(Debug)]
pub struct LoadErrors {
    errors: Vec<LoadError>,
}

impl LoadErrors {
    /// Returns an error if `errors` is not empty.
    pub(super) fn unless_empty(errors: Vec<LoadError>) -> Result<(), Self> {
        if errors.is_empty() { Ok(()) } else { Err(Self { errors }) }
    }

    /// Returns one error for each file that failed to load, in the order in which the paths were given.
    pub fn errors(&self) -> &[LoadError] {
        &self.errors
    }
}

impl fmt::Display for LoadErrors {
    /// Writes one line for each file, and one for each hint.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, error) in self.errors.iter().enumerate() {
            let separator = if index == 0 { "" } else { "\n" };
            write!(f, "{separator}{}", chain(error))?;
        }
        Ok(())
    }
}

impl std::error::Error for LoadErrors {}
