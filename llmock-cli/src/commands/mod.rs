//! What the command does; its output is in [`crate::output`].

mod clear;
mod list;

pub(crate) use clear::{Selection, clear};
pub(crate) use list::list;
