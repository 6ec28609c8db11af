//! Google's `generateContent` and its sisters, of Gemini and of Vertex.

use super::errors::error_text;
use super::said::Said;
use super::{ToolIdPath, text};
use crate::json::Json;

pub(super) const TOOL_IDS: &[ToolIdPath] = &[
    &["contents", "[]", "parts", "[]", "functionCall", "id"],
    &["contents", "[]", "parts", "[]", "functionResponse", "id"],
    &["contents", "[]", "parts", "[]", "function_call", "id"],
    &["contents", "[]", "parts", "[]", "function_response", "id"],
];

/// Whether the last segment of a path is a method of a model: `M:generateContent`.
pub(super) fn owns(last: &str) -> bool {
    let Some((_, verb)) = last.rsplit_once(':') else { return false };
    ["Content", "Contents", "Tokens", "Answer"].iter().any(|end| verb.ends_with(end))
        || verb == "predict"
}

/// The methods of a model in the references of Gemini and Vertex. What else follows a colon belongs to the model's
/// name: `ft:gpt-4o-mini:acme::x`, `llama3:8b`.
const VERBS: [&str; 12] = [
    "asyncBatchEmbedContent",
    "batchEmbedContents",
    "batchGenerateContent",
    "computeTokens",
    "countTokens",
    "embedContent",
    "fetchPredictOperation",
    "generateAnswer",
    "generateContent",
    "predict",
    "predictLongRunning",
    "streamGenerateContent",
];

/// Whether the last segment of a path ends in a method that no other provider's models have.
pub(super) fn names_verb(last: &str) -> bool {
    last.rsplit_once(':').is_some_and(|(_, verb)| VERBS.contains(&verb))
}

/// `models/M:verb` and `models/M`.
pub(super) fn model(path: &str) -> Option<String> {
    let path = path.split(['?', '#']).next()?;
    let (_, rest) = path.rsplit_once("/models/")?;
    let model = rest.split(':').next()?;
    (!model.is_empty()).then(|| model.to_owned())
}

/// The text of the last content that the model did not write.
pub(super) fn prompt(body: &Json<'_>) -> Option<String> {
    if let Some(inner) = body.get("generateContentRequest") {
        return prompt(inner);
    }
    if let Some(instances) = body.get("instances") {
        return text::content(instances);
    }
    if let Some(requests) = body.get("requests").and_then(Json::as_array) {
        return text::joined(requests.iter().filter_map(prompt));
    }
    let contents = match body.get("contents").or_else(|| body.get("content"))? {
        Json::Array(contents) => contents.as_slice(),
        one => std::slice::from_ref(one),
    };
    text::last_prompt(contents, |content| content.get("parts").and_then(text::content))
}

/// Takes one chunk: the parts of the first candidate, thoughts left out.
pub(super) fn hear(said: &mut Said, chunk: &Json<'_>) {
    if let Some(message) = error_text(chunk) {
        said.error(&message);
    }
    let parts = chunk
        .get("candidates")
        .and_then(|candidates| candidates.at(0)?.get("content")?.get("parts")?.as_array())
        .unwrap_or_default();
    for part in
        parts.iter().filter(|part| part.get("thought").and_then(Json::as_bool) != Some(true))
    {
        if let Some(piece) = part.get("text").and_then(Json::as_str) {
            said.text(&piece);
        }
        if let Some(call) = part.get("functionCall").or_else(|| part.get("function_call")) {
            let name = call.get("name").and_then(Json::as_str).unwrap_or_default();
            said.whole_call(&name, call.get("args"));
        }
    }
}
