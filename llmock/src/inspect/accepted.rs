//! A request that takes the place of a recorded one: replay then gives the recorded response to it.

use crate::fixture::interaction::{Body, Interaction};
use crate::json;

/// The interaction with another body of its request; `None` if that or the recorded one is not JSON.
#[must_use]
pub fn with_request_body(recorded: &Interaction, body: &str) -> Option<Interaction> {
    json::parse(body).ok()?;
    let mut accepted = recorded.clone();
    match &mut accepted.request.body {
        Body::Json(text) => body.clone_into(text),
        _ => return None,
    }
    accepted.hash = accepted.hash();
    Some(accepted)
}
