//! Errors of providers that were not recorded.

use super::sentences::MESSAGE;
use super::values::quote;

/// `responded with 500`, or what it reported in a response with another status.
pub(super) fn responded(status: u16, inside: bool) -> String {
    if inside {
        format!("reported error {status} inside a successful response")
    } else {
        format!("responded with {status}")
    }
}

/// The lines below the headline. The provider's own words come first, and a guess at the cause only without them; a key
/// that is not set has a line of its own.
pub(super) fn upstream_error(status: u16, message: Option<&str>, has_key: bool) -> Vec<String> {
    let cause = match status {
        401 if has_key => Some("the provider does not accept the key that the client sent"),
        401 => None,
        _ if message.is_some() => None,
        403 => Some("the key that the client sent may not use this model or endpoint"),
        429 => Some("the rate limit was exceeded, or the account has no credit left"),
        500.. => Some("the provider failed"),
        _ => None,
    };
    let message = message.map(|message| format!("its message: {}", quote(message, MESSAGE)));
    message.into_iter().chain(cause.map(str::to_owned)).collect()
}

/// How to record an error that a test is about.
pub(super) fn allow(status: u16) -> String {
    format!("if the test is about this error, record it: allow_errors({status})")
}
