//! Errors of providers that were not recorded.

use super::sentences::{MESSAGE, code};
use super::values::quote;

/// `responded with 500`, or what it reported in a response with another status.
pub(super) fn responded(status: u16, inside: bool) -> String {
    if inside {
        format!("reported error {status} inside a successful response")
    } else {
        format!("responded with {status}")
    }
}

/// The lines below the headline.
pub(super) fn upstream_error(status: u16, message: Option<&str>, key: Option<&str>) -> Vec<String> {
    let cause = match (status, key) {
        (401 | 403, Some(key)) => format!("the key comes from {}", code(key)),
        (401 | 403, None) => "no API key variable of this provider is set".to_owned(),
        (429, _) => "the rate limit was exceeded, or the account has no credit left".to_owned(),
        _ => "the provider failed".to_owned(),
    };
    let message = message.map(|message| format!("its message: {}", quote(message, MESSAGE)));
    let way = format!("to record this response: allow_errors({status})");
    message.into_iter().chain([cause, way]).collect()
}
