//! The message that a client receives for a miss, inside the provider's own error shape.

use super::miss::{Miss, MissReason};
#[cfg(any(feature = "wiremock", feature = "server"))]
use super::sentences::reordered;
use super::sentences::{PATH, reason};
use super::values::excerpt;
#[cfg(any(feature = "wiremock", feature = "server"))]
use crate::matching::Difference;

/// Places of differences that a message names.
#[cfg(any(feature = "wiremock", feature = "server"))]
const MOST_PLACES: usize = 20;

/// The `type` or `code` of every error that llmock makes up.
pub(crate) const KIND: &str = "llmock_unmatched";

/// The message for the client of a test: one line, which points to the report that the test prints at its end.
pub(crate) fn message(miss: &Miss, fixture: &str) -> String {
    let (path, fixture) = (excerpt(&miss.path, PATH), excerpt(fixture, 3 * PATH));
    let request = format!("{} {path}", miss.method);
    let what = match &miss.reason {
        MissReason::NoFixtureFile => format!("there is no {fixture} yet"),
        MissReason::Empty | MissReason::EndpointUnknown { .. } | MissReason::BodyDiffers { .. } => {
            format!("this request is not in {fixture}")
        }
        MissReason::AlreadyUsed { .. } => format!("{fixture} has this request less often"),
        MissReason::WrongOrder { .. } => format!("another request comes next in {fixture}"),
        // Short, and the client may be the only one that sees it.
        other => return format!("llmock: no response for {request}: {}", reason(other, "")),
    };
    format!(
        "llmock: no response for {request}: {what}; the report at the end of this test has the details"
    )
}

/// What the client of a server or a mounted fixture reads, for which no test prints a report.
#[cfg(any(feature = "wiremock", feature = "server"))]
pub(crate) fn explanation(miss: &Miss, fixture: &str, test: &str) -> String {
    // A request outside every session has no fixture.
    let place = Some(fixture).filter(|fixture| !fixture.is_empty());
    let place = place.map(|fixture| format!(" in {}", excerpt(fixture, 3 * PATH)));
    let place = place.unwrap_or_default();
    let (path, why) = (excerpt(&miss.path, PATH), reason(&miss.reason, test));
    let message = format!("llmock: no response for {} {path}{place}: {why}", miss.method);
    let message = match miss.reason.divergence() {
        Some(divergence) => format!("{message}; {}", super::divergence::sentence(divergence)),
        None => message,
    };
    let differences = miss.reason.differences();
    let place = |at: &Difference| {
        let what = reordered(at).map(|what| format!(" ({what})")).unwrap_or_default();
        format!("{}{what}", excerpt(&at.path, PATH))
    };
    let places: Vec<String> = differences.iter().take(MOST_PLACES).map(place).collect();
    let more = match differences.len().saturating_sub(MOST_PLACES) {
        0 => String::new(),
        more => format!(", and at {more} more"),
    };
    match places.len() {
        0 => message,
        1 => format!("{message}; it differs at {}", places[0]),
        _ => format!("{message}; it differs at {}{more}", places.join(", ")),
    }
}
