//! What a test controls and reads of its session: replies, exchanges, keys, modes.

mod exchanges;
mod invalid;
mod scripted;
