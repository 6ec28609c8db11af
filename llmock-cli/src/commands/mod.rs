//! The subcommands. [`crate::output`] formats their output.

mod clear;
mod list;

pub(crate) use clear::{Selection, clear};
pub(crate) use list::list;
