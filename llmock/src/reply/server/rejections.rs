//! Requests that are well-formed JSON and that the provider rejects all the same, in its own words: results without
//! their calls, calls without their results, missing limits, empty conversations.

mod anthropic;
mod bedrock;
mod gemini;
mod openai;
mod strict;

use crate::json::Json;
use crate::provider::Provider;
use crate::wire::content::Reply;
use crate::wire::format::{Kind, POST};
use crate::wire::reading::Reading;

/// The error with which the provider rejects a conversation; with `strict` also what it tells of schemas, tools and
/// roles.
pub fn rejection(reading: &Reading<'_>, strict: bool) -> Option<Reply> {
    let target = reading.target();
    if target.method != POST || target.operation.kind != Kind::Conversation {
        return None;
    }
    let body = reading.body.as_ref()?;
    let rejection = match target.format.name {
        "OpenAI chat" if target.provider == Provider::Mistral => openai::mistral(body),
        "OpenAI chat" => openai::chat(body),
        "OpenAI responses" => openai::responses(body),
        "Anthropic" => anthropic::messages(body),
        "Gemini" => gemini::contents(body),
        "Bedrock" if target.path_alone().contains("/converse") => bedrock::converse(body),
        // a body of Anthropic's for `invoke`
        "Bedrock" if body.get("anthropic_version").is_some() => anthropic::messages(body),
        _ => None,
    };
    rejection.or_else(|| strict.then(|| strict::rejection(target.format.name, body)).flatten())
}

/// 400 with that message, which every API has for an invalid request.
fn invalid(message: impl Into<String>) -> Reply {
    Reply::error(400, message)
}

/// The texts at a path of each element.
fn texts(items: &[Json<'_>], path: &str) -> Vec<String> {
    items.iter().filter_map(|item| item.text(path)).map(Into::into).collect()
}

/// Whether a list is there and empty.
fn is_empty(body: &Json<'_>, name: &str) -> bool {
    body.get(name).and_then(Json::as_array).is_some_and(<[_]>::is_empty)
}

#[cfg(test)]
mod tests;
