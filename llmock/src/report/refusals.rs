//! What the front itself says to a client, before any session is asked.

use super::sentences::{PATH, belongs_to_llmock};
use super::values::excerpt;

/// The address is none that llmock has handed out.
pub(crate) fn unknown_address(target: &str) -> String {
    let path = target.split('?').next().unwrap_or(target);
    format!(
        "llmock: `{}` is no address of this mock server; clients get theirs from a base-URL variable \
         or from `mock.base_url(..)`",
        excerpt(path, PATH)
    )
}

/// No test is running, or the one that this address belonged to has ended.
pub(crate) fn no_session(by_env: bool, variable: &str) -> String {
    if by_env {
        format!("llmock: no test is open; {}", belongs_to_llmock(variable))
    } else {
        "llmock: the test that this address belonged to has ended".to_owned()
    }
}

/// `WebSocket` is another protocol.
pub(crate) fn no_websocket() -> String {
    "llmock: WebSocket connections are neither recorded nor replayed".to_owned()
}

/// Built without the feature `record`.
#[cfg(not(feature = "record"))]
pub(crate) fn no_record_feature() -> String {
    "llmock is built without its feature `record`".to_owned()
}

/// A session was dropped before it was concluded.
pub(crate) fn cancelled(test: &str, kept: Option<&str>) -> String {
    let kept = kept.map_or_else(String::new, |path| {
        format!("; what it recorded is kept in `{}`", excerpt(path, 300))
    });
    format!(
        "llmock: test `{}` was cancelled before it ended, so nothing was checked{kept}",
        excerpt(test, PATH)
    )
}
