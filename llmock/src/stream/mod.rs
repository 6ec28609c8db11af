//! Streamed responses: bytes ⇄ events, for people to read and for clients to receive byte for byte.
//!
//! [`Stream::from_chunks`] splits a response as it arrived into events, [`Stream::to_chunks`] puts the same bytes
//! together again. Each [framing](Framing) has a module that proposes events. An event that would not be written
//! exactly as it was read is kept raw, so no response can be changed by this.

mod aws;
mod chunk;
mod dialect;
mod events;
mod framing;
mod item;
mod json_array;
mod ndjson;
mod sse;
#[cfg(test)]
mod tests;

pub(crate) use chunk::Chunk;
pub(crate) use dialect::{ArrayMarks, Dialect, Eol, Field};
pub(crate) use events::{End, Event, Stream};
pub(crate) use framing::{Framing, framing_of};
pub(crate) use item::Item;
