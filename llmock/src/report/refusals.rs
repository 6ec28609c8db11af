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

/// What led a request here.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum By {
    /// This variable of the process.
    Variable(&'static str),
    /// The address of one test.
    Handle,
}

/// No test is running, or the one that this address belonged to has ended.
pub(crate) fn no_session(by: By) -> String {
    match by {
        By::Variable(name) => format!("llmock: no test is open; {}", belongs_to_llmock(name)),
        By::Handle => "llmock: the test that this address belonged to has ended".to_owned(),
    }
}

/// What a client was told, for those who know who speaks.
pub(crate) fn sentence(message: &str) -> &str {
    message.strip_prefix("llmock: ").unwrap_or(message)
}

/// A tunnel was asked for, and this process cannot look into one.
pub(crate) fn no_tunnel(authority: &str) -> String {
    format!(
        "llmock: a tunnel to `{}` would hide what is asked; `intercept = true` reads it",
        excerpt(authority, PATH)
    )
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

/// A request that is signed for AWS, and llmock is built without what signs it anew.
#[cfg(feature = "record")]
pub(crate) fn no_bedrock_feature(host: &str) -> String {
    format!(
        "it is signed for llmock's address, which {host} does not accept; record with a bearer token in \
         AWS_BEARER_TOKEN_BEDROCK, or build llmock with its feature `bedrock`"
    )
}

/// There is nothing to sign a request with.
#[cfg(feature = "record")]
pub(crate) fn no_aws_credentials(host: &str) -> String {
    format!(
        "signing it for {host} takes AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY; for those of a profile: \
         eval \"$(aws configure export-credentials --format env)\""
    )
}

/// The library that signs has refused.
#[cfg(feature = "record")]
pub(crate) fn not_signed(host: &str, why: &str) -> String {
    format!("it could not be signed for {host}: {why}")
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
