//! WebSockets: messages that are recorded and replayed one by one.
//!
//! [`api`] is the table of the APIs that speak it. [`compare`] brings a message of the client into the form in which
//! messages are compared, and [`player`] says what a stored socket sends and accepts next: both are pure. [`connection`] is one
//! side of a socket, [`frames`] sees how its messages are fragmented, [`play`] replays a stored socket to a client, and
//! `relay` connects it with the provider while recording.

pub(crate) mod api;
pub(crate) mod compare;
pub(crate) mod connection;
mod frames;
pub(crate) mod play;
pub(crate) mod player;
#[cfg(feature = "record")]
pub(crate) mod relay;
pub(crate) mod responses;
#[cfg(feature = "record")]
pub(crate) mod upstream;
