//! How much a model takes and writes at most.

use super::Rejection;
use super::check::{Api, Request};

/// A model, by the beginning of its id.
struct Limits {
    api: Api,
    model: &'static str,
    /// Tokens of the prompt.
    input: Option<u64>,
    /// Tokens of the response.
    output: Option<u64>,
    source: &'static str,
}

const CLAUDE: &str = "https://platform.claude.com/docs/en/about-claude/models/overview";
const OPENAI: &str = "https://developers.openai.com/api/docs/models";

#[rustfmt::skip]
const LIMITS: &[Limits] = &[
    Limits { api: Api::Anthropic, model: "claude-haiku-4-5", input: Some(200_000), output: Some(64_000), source: CLAUDE },
    Limits { api: Api::Anthropic, model: "claude-sonnet-4-5", input: None, output: Some(64_000), source: CLAUDE },
    Limits { api: Api::Anthropic, model: "claude-sonnet-4-20250514", input: None, output: Some(64_000), source: CLAUDE },
    Limits { api: Api::Anthropic, model: "claude-opus-4-5", input: Some(200_000), output: Some(64_000), source: CLAUDE },
    Limits { api: Api::Anthropic, model: "claude-opus-4-1", input: Some(200_000), output: Some(32_000), source: CLAUDE },
    Limits { api: Api::Anthropic, model: "claude-opus-4-20250514", input: Some(200_000), output: Some(32_000), source: CLAUDE },
    Limits { api: Api::Anthropic, model: "claude-3-5-", input: Some(200_000), output: Some(8_192), source: CLAUDE },
    Limits { api: Api::Anthropic, model: "claude-3-haiku", input: Some(200_000), output: Some(4_096), source: CLAUDE },
    Limits { api: Api::Anthropic, model: "claude-3-opus", input: Some(200_000), output: Some(4_096), source: CLAUDE },
    Limits { api: Api::Chat, model: "gpt-4o", input: Some(128_000), output: Some(16_384), source: OPENAI },
    Limits { api: Api::Chat, model: "gpt-4.1", input: Some(1_047_576), output: Some(32_768), source: OPENAI },
    Limits { api: Api::Chat, model: "gpt-5", input: Some(400_000), output: None, source: OPENAI },
    Limits { api: Api::Responses, model: "gpt-4o", input: Some(128_000), output: None, source: OPENAI },
    Limits { api: Api::Responses, model: "gpt-4.1", input: Some(1_047_576), output: None, source: OPENAI },
    Limits { api: Api::Gemini, model: "gemini-2.5-", input: Some(1_048_576), output: None,
        source: "https://ai.google.dev/gemini-api/docs/models" },
];

/// A token has fewer characters than this on average in every text: what exceeds a limit so is rejected for certain.
const CHARACTERS: u64 = 8;

pub(super) fn exceeded(request: &Request<'_>) -> Option<Rejection> {
    let api = request.api?;
    let limits =
        LIMITS.iter().find(|one| one.api == api && request.model.starts_with(one.model))?;
    let found = output(request, limits).or_else(|| input(request, limits))?;
    let (place, message) = found;
    Some(Rejection {
        code: "context_size",
        rule: "limits",
        place,
        message,
        status: 400,
        kind: api.error_kind(),
        since: None,
        source: limits.source,
    })
}

fn output(request: &Request<'_>, limits: &Limits) -> Option<(String, String)> {
    let most = limits.output?;
    let name =
        ["max_tokens", "max_completion_tokens"].into_iter().find(|name| request.has(name))?;
    let given = request.body.get(name)?.as_u64().filter(|given| *given > most)?;
    // A beta raises the limit of some models.
    if request.names_beta("output-128k") {
        return None;
    }
    let message = if limits.api == Api::Anthropic {
        format!(
            "max_tokens: {given} > {most}, which is the maximum allowed number of output tokens for {}",
            request.model
        )
    } else {
        format!(
            "{name} is too large: {given}. This model supports at most {most} completion tokens, whereas you provided {given}."
        )
    };
    Some((format!("$.{name}"), message))
}

fn input(request: &Request<'_>, limits: &Limits) -> Option<(String, String)> {
    let most = limits.input?;
    if request.names_beta("context-1m") {
        return None;
    }
    let characters = text_length(request.body);
    let tokens = characters / CHARACTERS;
    if tokens <= most {
        return None;
    }
    Some(match limits.api {
        Api::Anthropic => {
            ("$.messages".to_owned(), format!("prompt is too long: {tokens} tokens > {most} maximum"))
        }
        Api::Gemini => (
            "$.contents".to_owned(),
            format!("The input token count ({tokens}) exceeds the maximum number of tokens allowed ({most})."),
        ),
        Api::Responses => (
            "$.input".to_owned(),
            "Your input exceeds the context window of this model. Please adjust your input and try again.".to_owned(),
        ),
        Api::Chat | Api::Converse => (
            "$.messages".to_owned(),
            format!(
                "This model's maximum context length is {most} tokens. However, your messages resulted in {tokens} tokens. \
                 Please reduce the length of the messages."
            ),
        ),
    })
}

/// The characters of the texts of messages: not those of pictures and files, which stand in other members.
fn text_length(value: &crate::json::Json<'_>) -> u64 {
    use crate::json::Json;
    match value {
        Json::Array(items) => items.iter().map(text_length).sum(),
        Json::Object(members) => members
            .iter()
            .map(|(name, value)| {
                let is_text = ["text", "content", "input", "instructions", "system", "output"]
                    .iter()
                    .any(|known| name.is(known));
                match value {
                    Json::String(text) if is_text => text.raw().len() as u64,
                    Json::String(_) => 0,
                    other => text_length(other),
                }
            })
            .sum(),
        _ => 0,
    }
}
