//! Interactions as people read them, for the command: conversations, summaries, differences, and secrets.
//!
//! [`conversation`] reads a request and its response into turns of [`part`]s, the same for every wire format;
//! [`summary`] is the line that a list shows, [`moments`] a stream over time, [`changes`] what differs between two recordings, and [`secrets`] what a
//! recording would have redacted.

mod accepted;
mod changes;
mod conversation;
mod flaws;
mod moments;
mod part;
mod response;
mod secrets;
mod summary;

pub use accepted::with_request_body;
pub use changes::{Change, Half, changes};
pub use conversation::{Conversation, Speaker, Turn, conversation};
pub use flaws::{Flaw, flaws};
pub use moments::{Moment, moments};
pub use part::Part;
pub use secrets::{Secret, secrets};
pub use summary::{Summary, summary};
