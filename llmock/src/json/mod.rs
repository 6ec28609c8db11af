//! Token-exact JSON: a tree that borrows its text and never loses what was written.
//!
//! `serde_json::Value` forgets key order, number spelling, escapes, and duplicate keys, and behaves
//! differently when another crate of the program switches its features on. Fixtures promise the bytes
//! a provider sent, so this tree keeps slices of them. [`layout`] prints it, [`path`] queries it,
//! [`number`] compares its numbers.

pub(crate) mod layout;
pub(crate) mod number;
mod parse;
pub(crate) mod path;
mod text;
mod value;
pub(crate) mod write;

pub(crate) use parse::{JsonError, parse, parse_file, source_after, value_end};
pub(crate) use text::{
    is_blank, offset_in, plain_length, position, push_quoted, quote, splice, unescape,
};
pub(crate) use value::{Json, JsonStr};
