//! Models and endpoints that were turned off, with the day and the page that was read.

use super::Rejection;
use super::check::Request;
use crate::exchange::sent::SentRequest;
use crate::provider::Provider;

/// A table of Anthropic's page of deprecations.
const ANTHROPIC: &str = "https://github.com/endoflife-date/endoflife.date/blob/0d3ee9b76f9abb11a82e8606b4056c65ec027d31/\
    products/anthropic-claude.md";
const OPENAI: &str =
    "https://developers.openai.com/api/docs/deprecations?translationFallback=zh-Hans";
/// The history at the end of that page.
const HISTORY: &str = "https://developers.openai.com/api/docs/deprecations";
const MISTRAL: &str = "https://docs.mistral.ai/getting-started/models/models_overview/";
/// What the release says of Groq's page of deprecations, <https://console.groq.com/docs/deprecations.md>.
const GROQ: &str = "https://github.com/papi-ai/groq/releases/tag/v0.15.2";
const GPT_4O: &str = "https://github.com/Laisky/one-api/blob/0198cfe31176d2ae3e51056a47e21d9bee84581d/\
    relay/adaptor/openai/constants_gpt4o.go";
const GPT_5: &str =
    "https://github.com/Laisky/one-api/blob/main/relay/adaptor/openai/constants_gpt5.go";
const CHAT_LATEST: &str = "https://github.com/NeoGenesisAI/neosignal-community/discussions/2";
const OCTOBER: &str = "https://dev.to/importstatic/every-openai-model-shutdown-date-until-january-2027-and-what-replaces-it-1dfk";
const DECEMBER: &str = "https://dev.to/aideprecations/what-to-do-before-openai-gpt-5-and-o3-shut-down-on-december-11-2026-fap";
const JANUARY: &str = "https://www.w3cschool.cn/openai_api/openai_api-docs-deprecations.html";
const GEMINI: &str = "https://ai.google.dev/gemini-api/docs/deprecations.md";
const GEMINI_LIVE: &str = "https://ai.google.dev/gemini-api/docs/deprecations?authuser=6";
const GEMINI_IMAGE: &str = "https://ai.google.dev/gemini-api/docs/deprecations?authuser=0&hl=en";
const GEMINI_LITE: &str = "https://github.com/gibbonsr4/ai-keywords-lightroom/releases/tag/v1.2.2";
const GEMINI_2_5: &str = "https://dev.to/aideprecations/what-to-do-before-gemini-25-pro-and-25-flash-are-retired-on-december-1-2026-5gg9";
const GPT_3: &str = "https://www.cnblogs.com/jerryqm/p/17606462.html";
/// Copies of OpenAI's page of deprecations.
const CODEX_MINI: &str = "https://archive.li/3RThE";
const JULY: &str =
    "https://spybara.com/openai/api/history/docs/en/2026-04-22-0555..2026-04-23-0556/";
const DALL_E: &str = "https://dev.to/flarecanary/dalle-shuts-down-may-12-the-gpt-image-1-migration-isnt-the-drop-in-swap-it-looks-like-3p02";
const GEMINI_1_5: &str = "https://github.com/YMP-CO/ReOldAi/issues/4";
const GEMINI_2_0: &str =
    "https://modeldex.dev/news/google-shuts-down-the-gemini-2-0-flash-family-on-the-gemini-api";
const GEMINI_CHANGELOG: &str = "https://ai.google.dev/gemini-api/docs/changelog?hl=es";
const IMAGEN: &str = "https://ai.google.dev/gemini-api/docs/changelog?hl=zh-CN";
const ASSISTANTS: &str = "https://langroid.github.io/langroid/notes/openai-assistant-removal/";
const FINE_TUNES: &str =
    "https://megalodon.jp/ref/2023-0922-1051-20/https://platform.openai.com:443/docs/deprecations";
const ENDPOINT: &str = "https://github.com/api-evangelist/openai/blob/18acc6d3dc5924d1778ed502ca8db20c3440a13b/\
    lifecycle/openai-lifecycle.yml";

/// The provider, the day, the page, and the ids. Partner platforms (Bedrock, Vertex, Azure) have days of their own.
#[rustfmt::skip]
const MODELS: &[(Provider, &str, &str, &[&str])] = &[
    (Provider::Anthropic, "2024-11-06", ANTHROPIC, &["claude-1.0", "claude-1.1", "claude-1.2", "claude-1.3",
        "claude-instant-1.0", "claude-instant-1.1", "claude-instant-1.2"]),
    (Provider::Anthropic, "2025-07-21", ANTHROPIC, &["claude-2.0", "claude-2.1", "claude-3-sonnet-20240229"]),
    (Provider::Anthropic, "2025-10-28", ANTHROPIC, &["claude-3-5-sonnet-20240620", "claude-3-5-sonnet-20241022"]),
    (Provider::Anthropic, "2026-01-05", ANTHROPIC, &["claude-3-opus-20240229"]),
    (Provider::Anthropic, "2026-02-19", ANTHROPIC, &["claude-3-7-sonnet-20250219", "claude-3-5-haiku-20241022"]),
    (Provider::Anthropic, "2026-04-20", ANTHROPIC, &["claude-3-haiku-20240307"]),
    (Provider::Anthropic, "2026-06-15", ANTHROPIC, &["claude-opus-4-20250514", "claude-sonnet-4-20250514",
        "claude-opus-4-0", "claude-sonnet-4-0"]),
    (Provider::Anthropic, "2026-08-05", ANTHROPIC, &["claude-opus-4-1-20250805", "claude-opus-4-1"]),
    (Provider::OpenAI, "2024-01-04", GPT_3, &["text-ada-001", "text-babbage-001", "text-curie-001", "text-davinci-001",
        "text-davinci-002", "text-davinci-003", "ada", "babbage", "curie", "davinci"]),
    (Provider::OpenAI, "2024-01-04", HISTORY, &["code-davinci-002", "text-davinci-edit-001", "code-davinci-edit-001",
        "text-similarity-ada-001", "text-search-ada-doc-001", "text-search-ada-query-001", "code-search-ada-code-001",
        "code-search-ada-text-001", "text-similarity-babbage-001", "text-search-babbage-doc-001",
        "text-search-babbage-query-001", "code-search-babbage-code-001", "code-search-babbage-text-001",
        "text-similarity-curie-001", "text-search-curie-doc-001", "text-search-curie-query-001",
        "text-similarity-davinci-001", "text-search-davinci-doc-001", "text-search-davinci-query-001"]),
    (Provider::OpenAI, "2024-09-13", HISTORY, &["gpt-3.5-turbo-0613", "gpt-3.5-turbo-16k-0613"]),
    (Provider::OpenAI, "2024-12-06", HISTORY, &["gpt-4-vision-preview", "gpt-4-1106-vision-preview"]),
    (Provider::OpenAI, "2025-06-06", HISTORY, &["gpt-4-32k", "gpt-4-32k-0613", "gpt-4-32k-0314"]),
    // With the snapshots that these names stood for.
    (Provider::OpenAI, "2025-07-14", HISTORY, &["gpt-4.5-preview", "gpt-4.5-preview-2025-02-27"]),
    (Provider::OpenAI, "2025-07-28", HISTORY, &["o1-preview", "o1-preview-2024-09-12"]),
    (Provider::OpenAI, "2025-10-10", HISTORY, &["gpt-4o-realtime-preview-2024-10-01", "gpt-4o-audio-preview-2024-10-01"]),
    (Provider::OpenAI, "2025-10-27", HISTORY, &["o1-mini", "o1-mini-2024-09-12", "text-moderation-007",
        "text-moderation-stable", "text-moderation-latest"]),
    (Provider::OpenAI, "2026-03-26", HISTORY, &["gpt-4-0314", "gpt-4-0125-preview", "gpt-4-turbo-preview"]),
    (Provider::OpenAI, "2026-05-07", HISTORY, &["gpt-4o-realtime-preview", "gpt-4o-realtime-preview-2025-06-03",
        "gpt-4o-realtime-preview-2024-12-17", "gpt-4o-mini-realtime-preview", "gpt-4o-audio-preview",
        "gpt-4o-mini-audio-preview"]),
    (Provider::OpenAI, "2026-09-24", HISTORY, &["sora-2", "sora-2-pro", "sora-2-2025-10-06", "sora-2-2025-12-08",
        "sora-2-pro-2025-10-06"]),
    (Provider::OpenAI, "2026-09-28", HISTORY, &["gpt-3.5-turbo-instruct", "babbage-002", "davinci-002",
        "gpt-3.5-turbo-1106"]),
    (Provider::OpenAI, "2026-10-01", HISTORY, &["gpt-5.4-cyber"]),
    (Provider::OpenAI, "2026-12-11", HISTORY, &["gpt-5-pro", "gpt-5-pro-2025-10-06", "o3-pro", "o3-pro-2025-06-10"]),
    (Provider::OpenAI, "2027-01-20", HISTORY, &["gpt-realtime", "gpt-audio", "gpt-realtime-mini", "gpt-audio-mini",
        "gpt-4o-mini-transcribe-2025-03-20"]),
    (Provider::OpenAI, "2027-02-26", HISTORY, &["whisper-1", "gpt-4o-transcribe", "gpt-4o-mini-transcribe",
        "gpt-4o-transcribe-diarize"]),
    (Provider::OpenAI, "2026-01-16", CODEX_MINI, &["codex-mini-latest"]),
    (Provider::OpenAI, "2026-02-17", GPT_4O, &["chatgpt-4o-latest"]),
    (Provider::OpenAI, "2026-05-12", DALL_E, &["dall-e-2", "dall-e-3"]),
    (Provider::OpenAI, "2026-07-23", JULY, &["computer-use-preview", "computer-use-preview-2025-03-11",
        "gpt-4o-audio-preview-2024-12-17", "gpt-4o-mini-audio-preview-2024-12-17",
        "gpt-4o-mini-realtime-preview-2024-12-17", "gpt-4o-mini-search-preview-2025-03-11",
        "gpt-4o-search-preview-2025-03-11", "gpt-4o-mini-tts-2025-03-20", "gpt-audio-mini-2025-10-06",
        "gpt-realtime-mini-2025-10-06", "o3-deep-research", "o3-deep-research-2025-06-26", "o4-mini-deep-research",
        "o4-mini-deep-research-2025-06-26"]),
    (Provider::OpenAI, "2026-07-23", GPT_5, &["gpt-5-chat-latest", "gpt-5-codex", "gpt-5.1-chat-latest",
        "gpt-5.1-codex", "gpt-5.1-codex-max", "gpt-5.1-codex-mini", "gpt-5.2-codex"]),
    (Provider::OpenAI, "2026-08-10", GPT_5, &["gpt-5.3-chat-latest"]),
    (Provider::OpenAI, "2026-08-10", CHAT_LATEST, &["gpt-5.2-chat-latest"]),
    (Provider::OpenAI, "2026-10-23", OCTOBER, &["gpt-3.5-turbo", "gpt-3.5-turbo-0125", "gpt-4", "gpt-4-0613",
        "gpt-4-1106-preview", "gpt-4-turbo", "gpt-4-turbo-2024-04-09", "gpt-4o-2024-05-13", "o1", "o1-2024-12-17",
        "o1-pro", "o1-pro-2025-03-19", "o3-mini", "o3-mini-2025-01-31", "o4-mini", "o4-mini-2025-04-16",
        "gpt-4.1-nano", "gpt-4.1-nano-2025-04-14", "gpt-image-1"]),
    (Provider::OpenAI, "2026-12-01", OPENAI, &["gpt-image-1-mini", "gpt-image-1.5", "gpt-image-1.5-2025-12-16",
        "chatgpt-image-latest"]),
    (Provider::OpenAI, "2026-12-11", DECEMBER, &["gpt-5", "gpt-5-2025-08-07", "gpt-5-mini", "gpt-5-mini-2025-08-07",
        "gpt-5-nano", "gpt-5-nano-2025-08-07", "o3", "o3-2025-04-16"]),
    (Provider::OpenAI, "2027-01-14", JANUARY, &["gpt-4o-2024-08-06", "gpt-4o-2024-11-20", "gpt-4o-mini-2024-07-18",
        "gpt-4.1-2025-04-14", "gpt-4.1-mini-2025-04-14"]),
    (Provider::Mistral, "2025-03-30", MISTRAL, &["open-mistral-7b", "open-mixtral-8x7b", "open-mixtral-8x22b",
        "mistral-large-2407"]),
    (Provider::Mistral, "2025-06-06", MISTRAL, &["open-codestral-mamba"]),
    (Provider::Mistral, "2025-06-16", MISTRAL, &["codestral-2405", "mistral-small-2402", "mistral-large-2402",
        "mistral-medium-2312"]),
    (Provider::Mistral, "2025-09-30", MISTRAL, &["mistral-saba-2502"]),
    (Provider::Mistral, "2025-11-30", MISTRAL, &["magistral-small-2507", "magistral-medium-2506", "magistral-small-2506",
        "devstral-small-2505", "mistral-small-2503", "mistral-small-2501", "codestral-2501", "mistral-small-2409"]),
    (Provider::Mistral, "2025-12-31", MISTRAL, &["mistral-ocr-2503", "ministral-3b-2410", "ministral-8b-2410",
        "pixtral-12b-2409"]),
    (Provider::Mistral, "2026-03-31", MISTRAL, &["labs-devstral-small-2512"]),
    (Provider::Mistral, "2026-05-31", MISTRAL, &["voxtral-mini-2507", "devstral-medium-2507", "devstral-small-2507",
        "mistral-ocr-2505", "mistral-large-2411", "pixtral-large-2411"]),
    (Provider::Mistral, "2026-06-30", MISTRAL, &["mistral-moderation-2411"]),
    (Provider::Mistral, "2026-07-31", MISTRAL, &["magistral-small-2509"]),
    (Provider::Groq, "2025-03-20", GROQ, &["mixtral-8x7b-32768"]),
    (Provider::Groq, "2026-08-16", GROQ, &["llama-3.3-70b-versatile", "llama-3.1-8b-instant"]),
    (Provider::Gemini, "2025-09-29", GEMINI_1_5, &["gemini-1.5-pro", "gemini-1.5-flash", "gemini-1.5-flash-8b"]),
    (Provider::Gemini, "2025-11-10", IMAGEN, &["imagen-3.0-generate-002"]),
    (Provider::Gemini, "2025-12-02", GEMINI, &["gemini-2.5-pro-preview-03-25", "gemini-2.5-pro-preview-05-06",
        "gemini-2.5-pro-preview-06-05"]),
    (Provider::Gemini, "2025-12-09", GEMINI_LIVE, &["gemini-2.0-flash-live-001", "gemini-live-2.5-flash-preview"]),
    (Provider::Gemini, "2026-01-14", GEMINI_CHANGELOG, &["text-embedding-004"]),
    (Provider::Gemini, "2026-01-15", GEMINI_CHANGELOG, &["gemini-2.5-flash-image-preview"]),
    (Provider::Gemini, "2026-03-09", GEMINI, ALIASES),
    (Provider::Gemini, "2026-05-25", GEMINI_LITE, &["gemini-3.1-flash-lite-preview"]),
    (Provider::Gemini, "2026-06-01", GEMINI_2_0, &["gemini-2.0-flash", "gemini-2.0-flash-001", "gemini-2.0-flash-lite",
        "gemini-2.0-flash-lite-001"]),
    (Provider::Gemini, "2026-06-25", GEMINI_IMAGE, &["gemini-3.1-flash-image-preview", "gemini-3-pro-image-preview"]),
    (Provider::Gemini, "2026-12-01", GEMINI_2_5, ROUTED),
];

/// Another model responds to requests for these.
const ROUTED: &[&str] = &["gemini-2.5-pro", "gemini-2.5-flash"];

/// The same: <https://github.com/crewAIInc/crewAI/pull/7003>.
const ALIASES: &[&str] = &["gemini-3-pro-preview"];

/// The day on which a model was or will be turned off, and the page that says so.
pub(crate) fn retirement(provider: Provider, model: &str) -> Option<(&'static str, &'static str)> {
    let model = model.strip_prefix("models/").unwrap_or(model);
    let (_, day, source, _) =
        MODELS.iter().find(|(known, _, _, ids)| *known == provider && ids.contains(&model))?;
    Some((day, source))
}

pub(super) fn model(request: &Request<'_>, today: &str) -> Option<Rejection> {
    let (provider, model) = (request.sent.provider(), request.model);
    let (day, source) = retirement(provider, model).filter(|(day, _)| *day <= today)?;
    if provider == Provider::Gemini && [ROUTED, ALIASES].concat().contains(&model) {
        return None;
    }
    let Words { status, kind, message } = words(request, model);
    Some(Rejection {
        code: "retired_model",
        rule: "retired/model",
        place: if request.has("model") { "$.model".to_owned() } else { "path".to_owned() },
        message,
        status,
        kind,
        since: Some(day),
        source,
    })
}

struct Words {
    status: u16,
    kind: &'static str,
    message: String,
}

/// How the provider rejects a model that it has no more.
fn words(request: &Request<'_>, model: &str) -> Words {
    let (status, kind, message) = match request.sent.provider() {
        Provider::Anthropic => (
            404,
            "not_found_error",
            format!("model: {model}. Requests to retired models will fail."),
        ),
        Provider::Gemini => (
            404,
            "NOT_FOUND",
            format!(
                "models/{model} is not found for API version v1beta, or is not supported for {}. Call ListModels to see \
                 the list of available models and their supported methods.",
                method(request.sent)
            ),
        ),
        // <https://github.com/mistralai/mistral-vibe/issues/617>
        Provider::Mistral => (400, "invalid_model", format!("Invalid model: {model}")),
        // <https://github.com/rashadphz/farfalle/issues/107>
        Provider::Groq => (
            400,
            "invalid_request_error",
            format!(
                "The model `{model}` has been decommissioned and is no longer supported. Please refer to \
                 https://console.groq.com/docs/deprecations for a recommendation on which model to use instead."
            ),
        ),
        _ => (
            404,
            "invalid_request_error",
            format!(
                "At the time of the shut down, the model will no longer be accessible: {model}"
            ),
        ),
    };
    Words { status, kind, message }
}

/// What Gemini's path calls: `generateContent` of `models/x:generateContent`.
fn method(request: &SentRequest) -> &str {
    let path = request.path().split('?').next().unwrap_or_default();
    path.rsplit_once(':').map_or("generateContent", |(_, method)| method)
}

/// The beginning of a path of OpenAI's, its day, what it was, and the page.
const ENDPOINTS: &[(&str, &str, &str, &str)] = &[
    ("/v1/fine-tunes", "2024-01-04", "the endpoint for fine-tunes", FINE_TUNES),
    ("/v1/edits", "2024-01-04", "the endpoint for edits", HISTORY),
    ("/v1/assistants", "2026-08-26", "the Assistants API", ASSISTANTS),
    ("/v1/threads", "2026-08-26", "the Assistants API", ASSISTANTS),
    ("/v1/videos", "2026-09-24", "the Videos API", ENDPOINT),
    ("/v1/evals", "2026-11-30", "the Evals API", ENDPOINT),
    ("/v1/prompts", "2026-11-30", "the Prompts API", ENDPOINT),
];

pub(super) fn endpoint(request: &SentRequest, today: &str) -> Option<Rejection> {
    if request.provider() != Provider::OpenAI {
        return None;
    }
    let path = request.path().split('?').next().unwrap_or_default();
    let is_at = |start: &str| {
        path.strip_prefix(start).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
    };
    let (_, day, what, source) =
        ENDPOINTS.iter().find(|(start, day, ..)| *day <= today && is_at(start))?;
    Some(Rejection {
        code: "retired_endpoint",
        rule: "retired/endpoint",
        place: "path".to_owned(),
        message: format!("{what} was turned off on {day}"),
        status: 404,
        kind: "invalid_request_error",
        since: Some(day),
        source,
    })
}
