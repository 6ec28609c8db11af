//! Which wire format a request speaks, and what follows from it for matching and for people.

use std::borrow::Cow;

use super::said::Said;
use super::{Provider, anthropic, bedrock, cohere, gemini, ollama, openai_chat, openai_responses};
use crate::json::{self, Json};
use crate::stream::{Item, Stream};

/// A wire format: the shape of a request's and an answer's body.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Family {
    /// `chat/completions`, of whatever vendor.
    OpenAiChat,
    /// `responses`.
    OpenAiResponses,
    /// `completions` and `fim/completions`.
    OpenAiCompletions,
    /// `embeddings`.
    OpenAiEmbeddings,
    /// `messages`, on Vertex `:rawPredict` too.
    Anthropic,
    /// `messages/count_tokens`.
    AnthropicCount,
    /// `models/M:generateContent` and its sisters.
    Gemini,
    /// Ollama's own `api/...`.
    Ollama,
    /// Cohere's own `v1/...` and `v2/...`.
    Cohere,
    /// `model/ID/converse`, `model/ID/invoke` and their streams.
    Bedrock,
    /// Lists of models.
    Models,
    /// Everything else: files, audio, batches.
    Plain,
}

/// Where the id of a tool call stands in a request body: member names, `[]` for each element of an array.
pub(crate) type ToolIdPath = &'static [&'static str];

/// The format of a request by its canonical path.
pub(crate) fn family(provider: Provider, method: &str, path: &str) -> Family {
    let path = path.split(['?', '#']).next().unwrap_or("");
    let mut segments = path.rsplit('/').filter(|segment| !segment.is_empty());
    let last = segments.next().unwrap_or("");
    let before = segments.next().unwrap_or("");
    match provider {
        Provider::Ollama if ollama::owns(path) => return Family::Ollama,
        Provider::Cohere if cohere::owns(path) => return Family::Cohere,
        Provider::Bedrock if path.starts_with("/model/") => return Family::Bedrock,
        _ => {}
    }
    match (last, before) {
        ("completions", "chat") => Family::OpenAiChat,
        ("completions", _) => Family::OpenAiCompletions,
        ("responses", _) | (_, "responses") => Family::OpenAiResponses,
        ("embeddings", _) => Family::OpenAiEmbeddings,
        ("count_tokens", "messages") => Family::AnthropicCount,
        // messages of OpenAI's threads are no conversation with a model
        ("messages", _) if !path.contains("/threads/") => Family::Anthropic,
        ("models" | "tags", _) | (_, "models") if method == "GET" => Family::Models,
        (verb, _) if verb.ends_with(":rawPredict") || verb.ends_with(":streamRawPredict") => {
            Family::Anthropic
        }
        (verb, _) if gemini::owns(verb) => Family::Gemini,
        _ => Family::Plain,
    }
}

/// Top-level members of a request body that cannot change what the model answers.
///
/// * `user`, `safety_identifier`, `client_name`: who asks, for the detection of abuse.
/// * `metadata`, `labels`, `requestMetadata`: notes for the provider's lists and bills.
/// * `store`: whether the provider keeps the answer; `service_tier`: how fast and how dear it is.
/// * `prompt_cache_key`, `prompt_cache_retention`, `keep_alive`: what stays warm for the next request.
/// * `timestamp`: added by applications, read by no provider.
///
/// `stream_options` is not among them: it adds an event to the stream. Neither are `include`,
/// `truncation` and `previous_response_id`, which change what is answered or what is asked.
pub(crate) fn volatile_fields(family: Family) -> &'static [&'static str] {
    match family {
        Family::OpenAiChat
        | Family::OpenAiResponses
        | Family::OpenAiCompletions
        | Family::OpenAiEmbeddings => &[
            "user",
            "safety_identifier",
            "metadata",
            "store",
            "service_tier",
            "prompt_cache_key",
            "prompt_cache_retention",
            "timestamp",
        ],
        Family::Anthropic | Family::AnthropicCount => &["metadata", "service_tier", "timestamp"],
        Family::Gemini => &["labels", "timestamp"],
        Family::Ollama => &["keep_alive", "timestamp"],
        Family::Cohere => &["client_name", "timestamp"],
        Family::Bedrock => &["requestMetadata", "timestamp"],
        Family::Models | Family::Plain => &["timestamp"],
    }
}

/// How a client asks for a streamed answer at some path.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum StreamBy {
    /// By the path itself.
    Path,
    /// By the member `stream`; without it, there is one if `absent` says so.
    Member { absent: bool },
}

/// How a streamed answer is asked for at that path, which has its query.
pub(crate) fn stream_by(family: Family, path: &str) -> StreamBy {
    let (path, query) = path.split_once('?').unwrap_or((path, ""));
    let verb = path.rsplit(['/', ':']).next().unwrap_or("");
    let by_verb = matches!(
        verb,
        "streamGenerateContent"
            | "streamRawPredict"
            | "converse-stream"
            | "invoke-with-response-stream"
            | "text_stream"
    );
    if by_verb || query.split('&').any(|pair| pair == "stream=true") {
        StreamBy::Path
    } else {
        // Ollama streams unless told not to; everyone else the other way round.
        StreamBy::Member { absent: family == Family::Ollama && ollama::streams(path) }
    }
}

impl StreamBy {
    /// Whether a request with that body asks for a streamed answer.
    pub(crate) fn wanted(self, body: Option<&Json<'_>>) -> bool {
        match (self, body.and_then(|body| body.get("stream"))) {
            (Self::Path, _) => true,
            (Self::Member { .. }, Some(Json::Bool(wanted))) => *wanted,
            (Self::Member { absent }, Some(Json::Null) | None) => absent,
            (Self::Member { .. }, Some(_)) => false,
        }
    }
}

/// Whether the request asks for a streamed answer.
pub(crate) fn wants_stream(family: Family, path: &str, body: Option<&Json<'_>>) -> bool {
    stream_by(family, path).wanted(body)
}

/// Where ids of tool calls stand in a request body, and nowhere else.
pub(crate) fn tool_ids(family: Family) -> &'static [ToolIdPath] {
    match family {
        Family::OpenAiChat | Family::Ollama | Family::Cohere => openai_chat::TOOL_IDS,
        Family::OpenAiResponses => openai_responses::TOOL_IDS,
        Family::Anthropic | Family::AnthropicCount => anthropic::TOOL_IDS,
        Family::Gemini => gemini::TOOL_IDS,
        Family::Bedrock => bedrock::TOOL_IDS,
        Family::OpenAiCompletions | Family::OpenAiEmbeddings | Family::Models | Family::Plain => {
            &[]
        }
    }
}

/// The model that a request names, in its body or in its path.
pub(crate) fn model<'a>(
    provider: Provider,
    family: Family,
    path: &'a str,
    body: Option<&Json<'a>>,
) -> Option<Cow<'a, str>> {
    // Bedrock's is in the path alone, whatever a model of its makes of a member of that name
    if family != Family::Bedrock
        && let Some(Json::String(name)) = body.and_then(|body| body.get("model"))
    {
        return Some(name.decode());
    }
    match (family, provider) {
        (Family::Bedrock, _) => bedrock::model(path).map(Cow::Owned),
        // what `/api/show` called it at first, and still takes
        (Family::Ollama, _) => body?.get("name")?.as_str(),
        // a deployment is what Azure has in place of a model
        (_, Provider::Azure) => {
            path.split_once("/deployments/")?.1.split('/').next().map(Cow::Borrowed)
        }
        _ => gemini::model(path).map(Cow::Owned),
    }
}

/// The text of the last message a person (or a tool) sent.
pub(crate) fn prompt(family: Family, body: &Json<'_>) -> Option<String> {
    match family {
        Family::OpenAiChat | Family::Ollama => openai_chat::prompt(body),
        Family::OpenAiCompletions | Family::OpenAiEmbeddings => openai_chat::input(body),
        Family::OpenAiResponses => openai_responses::prompt(body),
        Family::Anthropic | Family::AnthropicCount => anthropic::prompt(body),
        Family::Gemini => gemini::prompt(body),
        Family::Cohere => cohere::prompt(body),
        Family::Bedrock => bedrock::prompt(body),
        Family::Models | Family::Plain => None,
    }
}

/// What a stream says, put together for people: text, then tool calls as `call name(arguments)`.
pub(crate) fn preview(family: Family, stream: &Stream) -> Option<String> {
    let mut said = Said::default();
    for event in &stream.events {
        match &event.item {
            Item::Sse { data: text, .. } | Item::Json(text) => {
                if let Ok(data) = json::parse(text) {
                    hear(family, &mut said, &data);
                }
            }
            Item::Frame { headers, payload } => bedrock::hear(&mut said, headers, payload),
            Item::Raw(_) | Item::RawBytes(_) => {}
        }
        if said.is_full() {
            break;
        }
    }
    said.preview()
}

fn hear(family: Family, said: &mut Said, data: &Json<'_>) {
    match family {
        Family::OpenAiResponses => openai_responses::hear(said, data),
        Family::Anthropic | Family::AnthropicCount => anthropic::hear(said, data),
        Family::Gemini => gemini::hear(said, data),
        Family::Ollama => ollama::hear(said, data),
        Family::Cohere => cohere::hear(said, data),
        Family::OpenAiChat
        | Family::OpenAiCompletions
        | Family::OpenAiEmbeddings
        | Family::Bedrock
        | Family::Models
        | Family::Plain => openai_chat::hear(said, data),
    }
}

#[cfg(test)]
mod tests;
