//! Models and endpoints that were turned off, with the day.
//!
//! <https://platform.claude.com/docs/en/about-claude/model-deprecations>
//! <https://developers.openai.com/api/docs/deprecations>
//! <https://ai.google.dev/gemini-api/docs/deprecations>
//! <https://docs.cohere.com/docs/deprecations>

use super::Rejection;
use super::check::Request;
use crate::exchange::sent::SentRequest;
use crate::provider::Provider;

const ANTHROPIC: &str = "https://platform.claude.com/docs/en/about-claude/model-deprecations";
const OPENAI: &str = "https://developers.openai.com/api/docs/deprecations";
const GEMINI: &str = "https://ai.google.dev/gemini-api/docs/deprecations";
const COHERE: &str = "https://docs.cohere.com/docs/deprecations";

/// The provider, the day, and the ids. Partner platforms (Bedrock, Vertex, Azure) have days of their own.
#[rustfmt::skip]
const MODELS: &[(Provider, &str, &[&str])] = &[
    (Provider::Anthropic, "2024-11-06", &["claude-1.0", "claude-1.1", "claude-1.2", "claude-1.3",
        "claude-instant-1.0", "claude-instant-1.1", "claude-instant-1.2"]),
    (Provider::Anthropic, "2025-07-21", &["claude-2.0", "claude-2.1", "claude-3-sonnet-20240229"]),
    (Provider::Anthropic, "2025-10-28", &["claude-3-5-sonnet-20240620", "claude-3-5-sonnet-20241022"]),
    (Provider::Anthropic, "2026-01-05", &["claude-3-opus-20240229"]),
    (Provider::Anthropic, "2026-02-19", &["claude-3-7-sonnet-20250219", "claude-3-5-haiku-20241022"]),
    (Provider::Anthropic, "2026-04-20", &["claude-3-haiku-20240307"]),
    (Provider::Anthropic, "2026-06-15", &["claude-opus-4-20250514", "claude-sonnet-4-20250514",
        "claude-opus-4-0", "claude-sonnet-4-0"]),
    (Provider::Anthropic, "2026-08-05", &["claude-opus-4-1-20250805", "claude-opus-4-1"]),
    (Provider::Anthropic, "2026-11-30", &["claude-sonnet-4-5-20250929", "claude-sonnet-4-5"]),
    (Provider::OpenAI, "2025-07-14", &["gpt-4.5-preview", "gpt-4.5-preview-2025-02-27"]),
    (Provider::OpenAI, "2025-07-28", &["o1-preview", "o1-preview-2024-09-12"]),
    (Provider::OpenAI, "2025-10-27", &["o1-mini", "o1-mini-2024-09-12"]),
    (Provider::OpenAI, "2026-02-17", &["chatgpt-4o-latest"]),
    (Provider::OpenAI, "2026-07-23", &["computer-use-preview-2025-03-11", "computer-use-preview",
        "gpt-4o-audio-preview-2024-12-17", "gpt-4o-mini-audio-preview-2024-12-17",
        "gpt-4o-mini-realtime-preview-2024-12-17", "gpt-4o-mini-search-preview-2025-03-11",
        "gpt-4o-mini-tts-2025-03-20", "gpt-4o-search-preview-2025-03-11", "gpt-5-chat-latest", "gpt-5-codex",
        "gpt-5.1-chat-latest", "gpt-5.1-codex", "gpt-5.1-codex-max", "gpt-5.1-codex-mini", "gpt-5.2-codex",
        "o3-deep-research-2025-06-26", "o3-deep-research", "o4-mini-deep-research-2025-06-26",
        "o4-mini-deep-research"]),
    (Provider::OpenAI, "2026-08-10", &["gpt-5.2-chat-latest", "gpt-5.3-chat-latest"]),
    (Provider::OpenAI, "2026-10-23", &["gpt-3.5-turbo", "gpt-3.5-turbo-0125", "gpt-4", "gpt-4-0613",
        "gpt-4-1106-preview", "gpt-4-turbo", "gpt-4-turbo-2024-04-09", "gpt-4o-2024-05-13", "o1", "o1-2024-12-17",
        "o1-pro", "o1-pro-2025-03-19", "o3-mini", "o3-mini-2025-01-31", "o4-mini", "o4-mini-2025-04-16",
        "gpt-4.1-nano", "gpt-4.1-nano-2025-04-14", "gpt-image-1"]),
    (Provider::OpenAI, "2026-12-01", &["gpt-image-1-mini", "gpt-image-1.5", "gpt-image-1.5-2025-12-16",
        "chatgpt-image-latest"]),
    (Provider::OpenAI, "2026-12-11", &["gpt-5", "gpt-5-2025-08-07", "gpt-5-mini", "gpt-5-mini-2025-08-07",
        "gpt-5-nano", "gpt-5-nano-2025-08-07", "o3", "o3-2025-04-16"]),
    (Provider::OpenAI, "2027-01-14", &["gpt-4o-2024-08-06", "gpt-4o-2024-11-20", "gpt-4o-mini-2024-07-18",
        "gpt-4.1-2025-04-14", "gpt-4.1-mini-2025-04-14", "gpt-4o", "gpt-4o-mini", "gpt-4.1", "gpt-4.1-mini"]),
    (Provider::Gemini, "2025-12-02", &["gemini-2.5-pro-preview-03-25", "gemini-2.5-pro-preview-05-06",
        "gemini-2.5-pro-preview-06-05"]),
    (Provider::Gemini, "2025-12-09", &["gemini-2.0-flash-live-001", "gemini-live-2.5-flash-preview"]),
    (Provider::Gemini, "2026-03-09", &["gemini-3-pro-preview"]),
    (Provider::Gemini, "2026-05-25", &["gemini-3.1-flash-lite-preview"]),
    (Provider::Gemini, "2026-06-25", &["gemini-3.1-flash-image-preview", "gemini-3-pro-image-preview"]),
    (Provider::Gemini, "2026-12-01", &["gemini-2.5-pro", "gemini-2.5-flash"]),
    (Provider::Cohere, "2025-09-15", &["command-r", "command-r-plus"]),
];

/// The day on which a model was or will be turned off, and the page that says so.
pub(crate) fn retirement(provider: Provider, model: &str) -> Option<(&'static str, &'static str)> {
    let model = model.strip_prefix("models/").unwrap_or(model);
    let (_, day, _) =
        MODELS.iter().find(|(known, _, ids)| *known == provider && ids.contains(&model))?;
    let source = match provider {
        Provider::Anthropic => ANTHROPIC,
        Provider::OpenAI => OPENAI,
        Provider::Gemini => GEMINI,
        _ => COHERE,
    };
    Some((day, source))
}

pub(super) fn model(request: &Request<'_>, today: &str) -> Option<Rejection> {
    let (provider, model) = (request.sent.provider(), request.model);
    let (day, source) = retirement(provider, model).filter(|(day, _)| *day <= today)?;
    let (kind, message) = match provider {
        Provider::Anthropic => ("not_found_error", format!("model: {model}")),
        Provider::OpenAI => (
            "invalid_request_error",
            format!(
                "The model `{model}` has been deprecated, learn more here: https://platform.openai.com/docs/deprecations"
            ),
        ),
        Provider::Gemini => (
            "NOT_FOUND",
            format!(
                "models/{model} is not found for API version v1beta, or is not supported for generateContent. Call \
                 ListModels to see the list of available models and their supported methods."
            ),
        ),
        _ => ("not_found", format!("model '{model}' was removed on {day}")),
    };
    Some(Rejection {
        code: "retired_model",
        rule: "retired/model",
        place: if request.has("model") { "$.model".to_owned() } else { "path".to_owned() },
        message,
        status: 404,
        kind,
        since: Some(day),
        source,
    })
}

/// The beginning of a path of OpenAI's, its day, and what it was.
const ENDPOINTS: &[(&str, &str, &str)] = &[
    ("/v1/assistants", "2026-08-26", "the Assistants API"),
    ("/v1/threads", "2026-08-26", "the Assistants API"),
    ("/v1/videos", "2026-09-24", "the Videos API"),
    ("/v1/evals", "2026-11-30", "the Evals API"),
    ("/v1/prompts", "2026-11-30", "the Prompts API"),
];

pub(super) fn endpoint(request: &SentRequest, today: &str) -> Option<Rejection> {
    if request.provider() != Provider::OpenAI {
        return None;
    }
    let path = request.path().split('?').next().unwrap_or_default();
    let is_at = |start: &str| {
        path.strip_prefix(start).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
    };
    let (_, day, what) = ENDPOINTS.iter().find(|(start, day, _)| *day <= today && is_at(start))?;
    Some(Rejection {
        code: "retired_endpoint",
        rule: "retired/endpoint",
        place: "path".to_owned(),
        message: format!("{what} was turned off on {day}"),
        status: 404,
        kind: "invalid_request_error",
        since: Some(day),
        source: OPENAI,
    })
}
