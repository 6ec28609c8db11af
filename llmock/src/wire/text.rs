//! Reading the texts of messages, whose content is a string in one API and a list of parts in another.

use crate::json::Json;

/// The text of a message's content: a string, the text of a part, or the texts of parts, a line each.
pub(super) fn content(value: &Json<'_>) -> Option<String> {
    match value {
        Json::String(text) => Some(text.decode().into_owned()),
        Json::Array(parts) => joined(parts.iter().filter_map(content)),
        Json::Object(_) => ["text", "content", "guardContent", "toolResult"]
            .iter()
            .find_map(|name| value.get(name).and_then(content)),
        _ => None,
    }
}

/// Texts one below the other; `None` if there are none.
pub(super) fn joined(texts: impl Iterator<Item = String>) -> Option<String> {
    texts.filter(|text| !text.is_empty()).reduce(|all, next| all + "\n" + &next)
}

/// The text of the last message that has any and that the model did not write.
pub(super) fn last_prompt(
    messages: &[Json<'_>],
    text: impl Fn(&Json<'_>) -> Option<String>,
) -> Option<String> {
    let by_model = |message: &Json<'_>| {
        matches!(message.get("role").and_then(Json::as_str).as_deref(), Some("assistant" | "model"))
    };
    messages
        .iter()
        .rev()
        .filter(|message| !by_model(message))
        .filter_map(text)
        .find(|text| !text.is_empty())
}
