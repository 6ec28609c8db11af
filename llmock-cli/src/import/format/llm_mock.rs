//! Fixtures of the Python tool `llm-mock`, which the library reads as they are.

use super::super::request::Asked;
use super::super::source::Source;
use super::super::tree::Node;
use super::{ReadError, Recording};

pub(super) fn detect(source: &Source<'_>) -> bool {
    let Some(root) = source.root() else { return false };
    let first = root.get("interactions").and_then(|all| all.items().first());
    let is_legacy = matches!(root.get("version"), Some(Node::Text(version)) if matches!(&**version, "1.0" | "2.0"))
        && first.is_none_or(|first| {
            first.has("hash") || first.has("stream_events") || first.has("recorded_at")
        });
    is_legacy && root.has("interactions")
}

pub(super) fn read(source: &Source<'_>, _: &Asked) -> Result<Recording, ReadError> {
    let text = source.text.ok_or_else(|| ReadError::Malformed("it is not UTF-8".to_owned()))?;
    Ok(Recording { fixture: Some(text.to_owned()), ..Recording::default() })
}
