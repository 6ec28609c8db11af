//! Interactions as people read them, for the command: conversations, summaries, differences, and secrets.
//!
//! [`conversation`] reads a request and its response into turns of [`part`]s, the same for every wire format;
//! [`summary`] is the line that a list shows, [`moments`] a stream over time, [`changes`] what differs between two recordings, [`sockets`] both
//! for WebSockets, and [`secrets`] what a recording would have redacted.

mod accepted;
mod changes;
mod conversation;
mod flaws;
mod moments;
mod part;
mod response;
mod secrets;
mod sockets;
mod summary;

pub use accepted::with_request_body;
pub use changes::{Change, Half, changes};
pub use conversation::{Conversation, Speaker, Turn, conversation};
pub use flaws::{Flaw, flaws};
pub use moments::{Moment, moments};
pub use part::Part;
pub use secrets::{Secret, secrets};
pub use summary::{Summary, summary};

/// The hash of the recording whose response a pending interaction has; see `NAME.json.pending`.
#[must_use]
pub fn stands_in_for(pending: &crate::fixture::Interaction) -> &str {
    &pending.hash
}

/// The tokens of what a model reads in a request, estimated.
#[must_use]
pub fn estimated_tokens(interaction: &crate::fixture::Interaction) -> u64 {
    let body = match &interaction.request.body {
        crate::fixture::interaction::Body::Json(text) => crate::json::parse(text).ok(),
        _ => None,
    };
    crate::wire::tokens::of_request(body.as_ref())
}

/// The provider of an id; `Err` has the ids of all that llmock knows.
///
/// # Errors
///
/// If llmock does not know it.
pub fn known_provider(id: &str) -> Result<crate::Provider, Vec<&'static str>> {
    match crate::Provider::from_id(id) {
        crate::Provider::Other(_) => Err(crate::Provider::all().map(crate::Provider::id).collect()),
        provider => Ok(provider),
    }
}
