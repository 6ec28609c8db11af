//! How much a model takes and writes at most.
//!
//! The errors about long prompts are quoted in
//! <https://github.com/badlogic/pi-mono/blob/a2dbd625f144d58860073375eea5ea15cdc95610/packages/ai/src/utils/overflow.ts>

use super::Rejection;
use super::check::{Api, Request};
use super::model::is_version;

/// Models of one size, also in a dated version.
struct Limits {
    api: Api,
    models: &'static [&'static str],
    /// Tokens of the prompt.
    input: Option<u64>,
    /// Tokens of the response.
    output: Option<u64>,
}

const SOURCE: &str = "https://github.com/BerriAI/litellm/blob/00035b69f416be24e2e323c13198d9b7d2d1bdf9/\
    model_prices_and_context_window.json";

#[rustfmt::skip]
const LIMITS: &[Limits] = &[
    Limits { api: Api::Anthropic, models: &["claude-haiku-4-5", "claude-opus-4-5"], input: Some(200_000), output: Some(64_000) },
    Limits { api: Api::Anthropic, models: &["claude-sonnet-4-5", "claude-sonnet-4"], input: None, output: Some(64_000) },
    Limits { api: Api::Anthropic, models: &["claude-opus-4-1", "claude-opus-4"], input: Some(200_000), output: Some(32_000) },
    Limits { api: Api::Anthropic, models: &["claude-3-haiku", "claude-3-opus"], input: Some(200_000), output: Some(4_096) },
    Limits { api: Api::Chat, models: &["gpt-4o", "gpt-4o-mini"], input: Some(128_000), output: Some(16_384) },
    Limits { api: Api::Chat, models: &["gpt-4.1", "gpt-4.1-mini", "gpt-4.1-nano"], input: Some(1_047_576), output: Some(32_768) },
    // The prompt and the response together.
    Limits { api: Api::Chat, models: &["gpt-5", "gpt-5-mini", "gpt-5-nano", "gpt-5.1", "gpt-5.2"], input: Some(400_000), output: None },
    Limits { api: Api::Responses, models: &["gpt-4o", "gpt-4o-mini"], input: Some(128_000), output: None },
    Limits { api: Api::Responses, models: &["gpt-4.1", "gpt-4.1-mini", "gpt-4.1-nano"], input: Some(1_047_576), output: None },
    Limits { api: Api::Gemini, models: &["gemini-2.5-pro", "gemini-2.5-flash", "gemini-2.5-flash-lite"], input: Some(1_048_576), output: None },
];

/// A token has fewer characters than this on average in every text: what exceeds a limit so is rejected for certain.
const CHARACTERS: u64 = 8;

pub(super) fn exceeded(request: &Request<'_>) -> Option<Rejection> {
    let api = request.api?;
    let is_model = |known: &&str| is_version(request.model, known);
    let limits = LIMITS.iter().find(|one| one.api == api && one.models.iter().any(is_model))?;
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
        source: SOURCE,
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
    let message = format!("`{name}` exceeds model's limit: {given} > {most}");
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
        Api::Anthropic => (
            "$.messages".to_owned(),
            format!("prompt is too long: {tokens} tokens > {most} maximum"),
        ),
        Api::Gemini => (
            "$.contents".to_owned(),
            format!(
                "The input token count ({tokens}) exceeds the maximum number of tokens allowed ({most})."
            ),
        ),
        Api::Chat | Api::Responses | Api::Converse => (
            if limits.api == Api::Responses { "$.input" } else { "$.messages" }.to_owned(),
            "Your input exceeds the context window of this model.".to_owned(),
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
