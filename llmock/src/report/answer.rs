//! The message that a client receives for a miss, inside the provider's own error shape.

use super::command::Command;
use super::miss::{Miss, Remedy};
use super::sentences::{PATH, reason, reordered};
use super::values::excerpt;

/// The `type` or `code` of every error that llmock makes up.
pub(crate) const KIND: &str = "llmock_unmatched";

/// A message of one line that is understandable without context in any client's error text.
pub(crate) fn message(miss: &Miss, fixture: &str, test: &str, command: &Command) -> String {
    let explanation = explanation(miss, fixture, test);
    let run = match miss.reason.remedy() {
        Remedy::Record => "to record it",
        Remedy::RecordAgain => "to record again",
        Remedy::RunAgain | Remedy::None => return explanation,
    };
    format!("{explanation}; {run}: {}", command.phrase("record"))
}

/// The same without the remedy, for requests that no test sent.
pub(crate) fn explanation(miss: &Miss, fixture: &str, test: &str) -> String {
    // A request outside every session has no fixture.
    let place = Some(fixture).filter(|fixture| !fixture.is_empty());
    let place = place.map(|fixture| format!(" in {}", excerpt(fixture, 3 * PATH)));
    let place = place.unwrap_or_default();
    let (path, why) = (excerpt(&miss.path, PATH), reason(&miss.reason, test));
    let message = format!("llmock: no response for {} {path}{place}: {why}", miss.method);
    match miss.reason.differences().first() {
        Some(at) => {
            let what = reordered(at).map(|what| format!(": {what}")).unwrap_or_default();
            format!("{message}; first difference at {}{what}", excerpt(&at.path, PATH))
        }
        None => message,
    }
}
