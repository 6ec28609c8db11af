//! Streamed responses: bytes ⇄ events, for people to read and for clients to receive byte for byte.
//!
//! [`Stream::from_chunks`] splits a response as it arrived into events, [`Stream::to_chunks`] puts the same bytes
//! together again. Each [framing](Framing) has a module that proposes events. An event that would not be written
//! exactly as it was read is kept raw, so no response can be changed by this.

mod aws;
mod boundaries;
mod events;
mod framing;
mod json_array;
mod ndjson;
#[cfg(feature = "record")]
pub(crate) mod scanner;
mod sse;
#[cfg(test)]
mod tests;

pub(crate) use boundaries::Boundaries;
#[cfg(feature = "record")]
pub(crate) use events::concat;
pub(crate) use events::{Chunk, End, Event, Stream};
#[cfg(feature = "record")]
pub(crate) use framing::framing_in;
pub(crate) use framing::{ArrayMarks, Dialect, Eol, Field, Framing, Item, framing_of};
