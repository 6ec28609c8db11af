//! The turns of a request and of its response, whatever the wire format.

use std::borrow::Cow;

use super::part::{Part, call, listed_call, part, parts_of, result_text, text_part};
use super::response;
use crate::fixture::interaction::{Body, Interaction, PartValue};
use crate::json::{self, Json};
use crate::wire;
use crate::wire::tools;

/// A request and its response as a conversation.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Conversation {
    /// The names of the tools that the request offers.
    pub tools: Vec<String>,
    /// The oldest first; the last ones are the response.
    pub turns: Vec<Turn>,
    /// How many of the turns are the request's.
    pub sent: usize,
    /// Why the model stopped, in the provider's word.
    pub finish: Option<String>,
}

/// A message.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Turn {
    /// The author.
    pub speaker: Speaker,
    /// In order.
    pub parts: Vec<Part>,
}

/// The author of a turn.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Speaker {
    /// Instructions.
    System,
    /// The program.
    User,
    /// The model.
    Assistant,
    /// A tool.
    Tool,
}

impl Speaker {
    /// `system`, `user`, `assistant`, `tool`.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::System => "system",
            Self::User => "user",
            Self::Assistant => "assistant",
            Self::Tool => "tool",
        }
    }

    fn of(role: &str) -> Self {
        match role.to_ascii_lowercase().as_str() {
            "system" | "developer" => Self::System,
            "assistant" | "model" | "chatbot" => Self::Assistant,
            "tool" | "function" => Self::Tool,
            _ => Self::User,
        }
    }
}

impl Turn {
    pub(super) fn new(speaker: Speaker, parts: Vec<Part>) -> Self {
        Self { speaker, parts }
    }
}

/// Reads both halves of an interaction.
#[must_use]
pub fn conversation(interaction: &Interaction) -> Conversation {
    let request = &interaction.request;
    let mut found = Conversation::default();
    match &request.body {
        Body::Json(text) => {
            if let Ok(body) = json::parse(text) {
                found.tools = tools::tools(&body).into_iter().map(|tool| tool.name).collect();
                found.turns = turns(&body);
            }
        }
        Body::Form(parts) => {
            let parts = parts.iter().map(|part| match &part.value {
                PartValue::Text(text) => Part::Text(format!("{}: {text}", part.name)),
                PartValue::File { bytes, .. } => Part::Media {
                    kind: part.content_type.clone().unwrap_or_else(|| "file".to_owned()),
                    bytes: usize::try_from(*bytes).ok(),
                    name: part.filename.clone(),
                },
            });
            found.turns.push(Turn::new(Speaker::User, parts.collect()));
        }
        Body::Text(text) => found.turns.push(Turn::new(Speaker::User, parts_of_text(text))),
        Body::Bytes(bytes) => found.turns.push(Turn::new(Speaker::User, vec![blob(bytes.len())])),
        Body::Empty => {}
    }
    found.turns.retain(|turn| !turn.parts.is_empty());
    found.sent = found.turns.len();
    let format = wire::format(interaction.provider, &request.method, &request.path);
    let (turns, finish) = response::turns(format, &interaction.response);
    found.turns.extend(turns);
    found.finish = finish;
    found
}

fn parts_of_text(text: &str) -> Vec<Part> {
    text_part(text).into_iter().collect()
}

pub(super) fn blob(bytes: usize) -> Part {
    Part::Media { kind: "bytes".to_owned(), bytes: Some(bytes), name: None }
}

/// The turns of a request's body.
fn turns(body: &Json<'_>) -> Vec<Turn> {
    let body = body.get("generateContentRequest").unwrap_or(body);
    let own = ["system", "instructions", "systemInstruction", "system_instruction", "preamble"];
    let own = own.iter().filter_map(|name| body.get(name));
    let system = own.map(|content| parts_of(content.get("parts").unwrap_or(content)));
    let mut turns: Vec<Turn> = system.map(|parts| Turn::new(Speaker::System, parts)).collect();
    let lists = ["messages", "contents", "chat_history", "input"];
    let messages = lists.iter().find_map(|name| body.get(name).and_then(Json::as_array));
    let is_text = |item: &Json<'_>| item.as_object().is_none();
    match messages {
        // Texts to embed.
        Some(texts) if texts.iter().all(is_text) => {
            turns.push(Turn::new(Speaker::User, texts.iter().filter_map(part).collect()));
        }
        messages => turns.extend(messages.unwrap_or_default().iter().map(message)),
    }
    // Some APIs have the prompt in a member of its own: Responses, completions, embeddings, images, Cohere, Titan.
    let texts = ["input", "message", "prompt", "inputText", "texts", "query", "content"];
    for content in texts.iter().filter_map(|name| body.get(name)) {
        if content.as_array().is_none_or(|_| messages.is_none()) {
            let content = content.get("parts").unwrap_or(content);
            turns.push(Turn::new(Speaker::User, parts_of(content)));
        }
    }
    if let Some(results) = body.get("tool_results").and_then(Json::as_array) {
        let result = |result: &Json<'_>| Part::Result {
            name: result.text("call/name").map(Cow::into_owned),
            id: None,
            text: result.get("outputs").map(result_text).unwrap_or_default(),
        };
        turns.push(Turn::new(Speaker::Tool, results.iter().map(result).collect()));
    }
    turns
}

/// A message, or an item of OpenAI's Responses.
pub(super) fn message(message: &Json<'_>) -> Turn {
    if message.as_object().is_none() {
        return Turn::new(Speaker::User, part(message).into_iter().collect());
    }
    let kind = message.text("type").unwrap_or_default();
    if kind.ends_with("_call_output") {
        let result = Part::Result {
            name: None,
            id: message.text("call_id").map(Cow::into_owned),
            text: message.get("output").map(result_text).unwrap_or_default(),
        };
        return Turn::new(Speaker::Tool, vec![result]);
    }
    if kind == "reasoning" {
        return Turn::new(Speaker::Assistant, vec![Part::Reasoning(reasoning_of_item(message))]);
    }
    if message.get("role").is_none()
        && let Some(call) = call(message, &kind)
    {
        return Turn::new(Speaker::Assistant, vec![call]);
    }
    let speaker = Speaker::of(&message.text("role").unwrap_or_default());
    let content = ["content", "parts", "message"].iter().find_map(|name| message.get(name));
    if speaker == Speaker::Tool && content.is_some_and(|content| !has_results(content)) {
        let result = Part::Result {
            name: message.text("name").or_else(|| message.text("tool_name")).map(Cow::into_owned),
            id: message.text("tool_call_id").map(Cow::into_owned),
            text: content.map(result_text).unwrap_or_default(),
        };
        return Turn::new(Speaker::Tool, vec![result]);
    }
    let mut parts: Vec<Part> = ["reasoning_content", "reasoning", "thinking", "tool_plan"]
        .iter()
        .filter_map(|name| message.text(name))
        .filter(|text| !text.is_empty())
        .map(|text| Part::Reasoning(text.into_owned()))
        .collect();
    parts.extend(content.map(parts_of).unwrap_or_default());
    parts.extend(message.text("refusal").map(|text| Part::Refusal(text.into_owned())));
    // Ollama has the bytes of images beside the text.
    parts.extend(message.items("images").iter().filter_map(Json::as_str).map(|data| Part::Media {
        kind: "image".to_owned(),
        bytes: Some(super::part::decoded_length(&data)),
        name: None,
    }));
    parts.extend(message.get("function_call").map(listed_call));
    parts.extend(message.items("tool_calls").iter().map(listed_call));
    // APIs that have no role for tools put results into a message of the user.
    let is_result = |part: &Part| matches!(part, Part::Result { .. });
    let is_tools = !parts.is_empty() && parts.iter().all(is_result);
    Turn::new(if is_tools { Speaker::Tool } else { speaker }, parts)
}

fn has_results(content: &Json<'_>) -> bool {
    parts_of(content).iter().any(|part| matches!(part, Part::Result { .. }))
}

/// The summary of a reasoning item, or its text; most are encrypted.
fn reasoning_of_item(item: &Json<'_>) -> String {
    let texts = item.items("summary").iter().chain(item.items("content"));
    let texts: Vec<_> = texts.filter_map(|part| part.text("text")).collect();
    if texts.is_empty() { "(encrypted)".to_owned() } else { texts.join("\n") }
}
