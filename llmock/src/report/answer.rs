//! The message that a client receives for a miss, inside the provider's own error shape.

use super::command::Command;
use super::miss::{Miss, Remedy};
use super::sentences::{PATH, reason};
use super::values::excerpt;

/// The `type` or `code` of every error that llmock makes up.
pub(crate) const KIND: &str = "llmock_unmatched";

/// A message of one line that is understandable without context in any client's error text.
pub(crate) fn message(miss: &Miss, fixture: &str, test: &str, command: &Command) -> String {
    let mut message = explanation(miss, fixture, test);
    let run = match miss.reason.remedy() {
        Remedy::Record => Some("to record it"),
        Remedy::RecordAgain => Some("to record again"),
        Remedy::RunAgain | Remedy::None => None,
    };
    if let Some(run) = run {
        message.push_str("; ");
        message.push_str(run);
        message.push_str(": ");
        message.push_str(&command.phrase("record"));
    }
    message
}

/// The same without the remedy, for requests that no test sent.
pub(crate) fn explanation(miss: &Miss, fixture: &str, test: &str) -> String {
    // A request outside every session has no fixture.
    let place = if fixture.is_empty() {
        String::new()
    } else {
        format!(" in {}", excerpt(fixture, 3 * PATH))
    };
    let (path, why) = (excerpt(&miss.path, PATH), reason(&miss.reason, test));
    let mut message = format!("llmock: no response for {} {path}{place}: {why}", miss.method);
    if let Some(difference) = miss.reason.differences().first() {
        message.push_str("; first difference at ");
        message.push_str(&excerpt(&difference.path, PATH));
    }
    message
}
