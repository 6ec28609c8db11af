//! Amazon Bedrock: `converse`, and `invoke` with the body of the model's maker.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use super::errors::error_message;
use super::said::Said;
use super::{Family, ToolIdPath, anthropic, cohere, openai_chat, text};
use crate::json::{self, Json};

pub(super) const TOOL_IDS: &[ToolIdPath] = &[
    &["messages", "[]", "content", "[]", "toolUse", "toolUseId"],
    &["messages", "[]", "content", "[]", "toolResult", "toolUseId"],
    &["messages", "[]", "content", "[]", "id"],
    &["messages", "[]", "content", "[]", "tool_use_id"],
];

/// `/model/ID/converse`; an ARN's slashes are still encoded.
pub(super) fn model(path: &str) -> Option<String> {
    let rest = path.strip_prefix("/model/")?;
    let id = rest.split(['/', '?']).next()?;
    (!id.is_empty()).then(|| id.replace("%2F", "/"))
}

/// The text of the last message of the user, or what the model's maker calls it.
pub(super) fn prompt(body: &Json<'_>) -> Option<String> {
    if let Some(counted) = body.get("input").and_then(|input| input.get("converse")) {
        return prompt(counted);
    }
    anthropic::prompt(body).or_else(|| openai_chat::input(body)).or_else(|| {
        ["inputText", "message", "texts"]
            .iter()
            .find_map(|name| body.get(name).and_then(text::content))
    })
}

/// Takes one frame of `converse-stream` or `invoke-with-response-stream`.
pub(super) fn hear(said: &mut Said, headers: &[(String, String)], payload: &str) {
    let header = |wanted: &str| {
        headers.iter().find(|(name, _)| name == wanted).map(|(_, value)| value.as_str())
    };
    let Ok(payload) = json::parse(payload) else { return };
    if let Some(kind) = header(":exception-type") {
        let message = error_message(Family::Bedrock, &payload);
        said.error(&message.unwrap_or_else(|| kind.to_owned()));
    }
    match header(":event-type") {
        Some("chunk") => hear_invoked(said, &payload),
        Some(kind) => hear_converse(said, kind, &payload),
        None => {}
    }
}

fn hear_converse(said: &mut Said, kind: &str, payload: &Json<'_>) {
    let index = || payload.get("contentBlockIndex").and_then(Json::as_u64).unwrap_or(0).to_string();
    match kind {
        "contentBlockStart" => {
            let name =
                payload.get("start").and_then(|start| start.get("toolUse")?.get("name")?.as_str());
            if let Some(name) = name {
                said.call(&index(), Some(&name), "");
            }
        }
        "contentBlockDelta" => {
            let Some(delta) = payload.get("delta") else { return };
            said.text(&delta.get("text").and_then(Json::as_str).unwrap_or_default());
            if let Some(piece) = delta.get("toolUse").and_then(|tool| tool.get("input")?.as_str()) {
                said.call(&index(), None, &piece);
            }
        }
        _ => {}
    }
}

/// A chunk of `invoke` wraps what the model's maker would have streamed.
fn hear_invoked(said: &mut Said, payload: &Json<'_>) {
    let Some(bytes) = payload.get("bytes").and_then(Json::as_str) else { return };
    let Some(inner) = STANDARD.decode(&*bytes).ok().and_then(|bytes| String::from_utf8(bytes).ok())
    else {
        return;
    };
    let Ok(event) = json::parse(&inner) else { return };
    let output = event.get("outputs").and_then(|outputs| outputs.at(0)?.get("text"));
    let generation = ["outputText", "generation"].iter().find_map(|name| event.get(name));
    if let Some(piece) = generation.or(output).and_then(Json::as_str) {
        said.text(&piece);
    } else if event.get("event_type").is_some() {
        cohere::hear(said, &event);
    } else if event.get("choices").is_some() {
        openai_chat::hear(said, &event);
    } else if event.get("type").is_some() {
        anthropic::hear(said, &event);
    } else {
        // Amazon's own models stream what `converse` streams, the kind being the member's name
        for (kind, inner) in event.as_object().unwrap_or_default() {
            hear_converse(said, &kind.decode(), inner);
        }
    }
}
