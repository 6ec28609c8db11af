//! WebSockets: messages that are recorded and replayed one by one.
//!
//! [`api`] is the table of the APIs that speak it. [`compare`] brings a message of the client into the form in which
//! messages are compared, [`player`] says what a stored socket sends and accepts next, with the ids of this run where [`quoted`]
//! finds recorded ones, and [`dialogue`] what a provider would: all are pure. [`connection`] is one side of a socket, [`frames`] sees how its messages are fragmented, [`play`] replays a
//! stored socket to a client, or the [`script`] of a test, whose messages [`expect`] checks, [`talk`] carries out a dialogue, [`accepting`] is what both have in common, and `relay` connects a
//! client with the provider while recording.

pub(crate) mod accepting;
pub(crate) mod api;
mod audio;
pub(crate) mod compare;
pub(crate) mod connection;
pub(crate) mod dialogue;
pub(crate) mod expect;
mod frames;
pub(crate) mod play;
pub(crate) mod player;
mod quoted;
#[cfg(feature = "record")]
pub(crate) mod relay;
pub(crate) mod script;
pub(crate) mod talk;
#[cfg(feature = "record")]
pub(crate) mod upstream;
