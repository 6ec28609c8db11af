//! Renders replies and reads them again.

use super::super::{Rendered, RenderedBody, Reply, RequestShape};
use crate::json::{self, Json};
use crate::provider::{self, Provider};
use crate::stream::{self, Chunk, End, Item, Stream};
use crate::wire;

/// An endpoint that answers in text, and where the text stands.
pub(super) struct Endpoint {
    pub(super) provider: &'static str,
    pub(super) path: &'static str,
    /// A request in one piece, and one for a stream.
    pub(super) bodies: [&'static str; 2],
    /// The path of the streamed request, if it is another one.
    pub(super) stream_path: &'static str,
    /// Where the text of an answer stands, and the text of one event.
    pub(super) whole: &'static [&'static str],
    pub(super) delta: &'static [&'static str],
}

const CHAT: [&str; 2] = [
    r#"{"model":"m-1","messages":[{"role":"user","content":"Hi"}]}"#,
    r#"{"model":"m-1","stream":true,"messages":[{"role":"user","content":"Hi"}]}"#,
];
const OLLAMA: [&str; 2] = [
    r#"{"model":"m-1","stream":false,"messages":[{"role":"user","content":"Hi"}]}"#,
    r#"{"model":"m-1","messages":[{"role":"user","content":"Hi"}]}"#,
];
const GEMINI: [&str; 2] = [r#"{"contents":[{"role":"user","parts":[{"text":"Hi"}]}]}"#; 2];
const CONVERSE: [&str; 2] = [r#"{"messages":[{"role":"user","content":[{"text":"Hi"}]}]}"#; 2];

const fn endpoint(
    provider: &'static str,
    path: &'static str,
    bodies: [&'static str; 2],
    whole: &'static [&'static str],
    delta: &'static [&'static str],
) -> Endpoint {
    Endpoint { provider, path, bodies, stream_path: path, whole, delta }
}

const CHAT_WHOLE: &[&str] = &["choices", "0", "message", "content"];
const CHAT_DELTA: &[&str] = &["choices", "0", "delta", "content"];
const GEMINI_TEXT: &[&str] = &["candidates", "0", "content", "parts", "0", "text"];
const CONVERSE_TEXT: &[&str] = &["output", "message", "content", "0", "text"];

/// Every endpoint at which a model replies to messages.
pub(super) const CONVERSATIONS: &[Endpoint] = &[
    endpoint("openai", "/v1/chat/completions", CHAT, CHAT_WHOLE, CHAT_DELTA),
    endpoint("groq", "/openai/v1/chat/completions", CHAT, CHAT_WHOLE, CHAT_DELTA),
    endpoint("deepseek", "/chat/completions", CHAT, CHAT_WHOLE, CHAT_DELTA),
    endpoint("mistral", "/v1/fim/completions", CHAT, CHAT_WHOLE, CHAT_DELTA),
    endpoint("ollama", "/v1/chat/completions", CHAT, CHAT_WHOLE, CHAT_DELTA),
    endpoint("openai", "/responses", CHAT, &["output", "0", "content", "0", "text"], &["delta"]),
    endpoint(
        "openai",
        "/v1/completions",
        CHAT,
        &["choices", "0", "text"],
        &["choices", "0", "text"],
    ),
    endpoint("anthropic", "/v1/messages", CHAT, &["content", "0", "text"], &["delta", "text"]),
    endpoint(
        "minimax",
        "/anthropic/v1/messages",
        CHAT,
        &["content", "0", "text"],
        &["delta", "text"],
    ),
    Endpoint {
        stream_path: "/v1beta/models/m-1:streamGenerateContent?alt=sse",
        ..endpoint("gemini", "/v1beta/models/m-1:generateContent", GEMINI, GEMINI_TEXT, GEMINI_TEXT)
    },
    Endpoint {
        stream_path: "/v1/projects/p/locations/l/publishers/google/models/m-1:streamGenerateContent",
        ..endpoint(
            "vertex",
            "/v1/projects/p/locations/l/publishers/google/models/m-1:generateContent",
            GEMINI,
            GEMINI_TEXT,
            GEMINI_TEXT,
        )
    },
    endpoint("ollama", "/api/chat", OLLAMA, &["message", "content"], &["message", "content"]),
    endpoint("ollama", "/api/generate", OLLAMA, &["response"], &["response"]),
    endpoint(
        "cohere",
        "/v2/chat",
        CHAT,
        &["message", "content", "0", "text"],
        &["delta", "message", "content", "text"],
    ),
    endpoint("cohere", "/v1/chat", CHAT, &["text"], &["text"]),
    Endpoint {
        stream_path: "/model/m-1/converse-stream",
        ..endpoint("bedrock", "/model/m-1/converse", CONVERSE, CONVERSE_TEXT, &["delta", "text"])
    },
];

impl Endpoint {
    pub(super) fn provider(&self) -> Provider {
        Provider::from_id(self.provider)
    }

    pub(super) fn whole(&self, reply: &Reply) -> Rendered {
        reply.render(self.provider(), &RequestShape::post(self.path, self.bodies[0]))
    }

    pub(super) fn streamed(&self, reply: &Reply) -> Rendered {
        reply.render(self.provider(), &RequestShape::post(self.stream_path, self.bodies[1]))
    }

    /// What the reader of recordings shows of a stream.
    pub(super) fn preview(&self, rendered: &Rendered) -> String {
        let path = provider::canonical_path(self.provider(), self.stream_path);
        let format = wire::format(self.provider(), "POST", &path);
        format.preview(&read(rendered)).unwrap_or_default()
    }
}

/// An answer in text to a request of `POST`.
pub(super) fn post(reply: &Reply, provider: Provider, path: &str, body: &str) -> String {
    let rendered = reply.render(provider, &RequestShape::post(path, body));
    assert_eq!(rendered.status, 200, "{}", rendered.text());
    rendered.text()
}

/// An answer in text to a request of `GET`.
pub(super) fn get(reply: &Reply, provider: Provider, path: &str) -> String {
    reply.render(provider, &RequestShape::get(path)).text()
}

/// Reads a streamed answer as it would be recorded: nothing of it may be left unexplained, and every
/// chunk has to be one event.
pub(super) fn read(rendered: &Rendered) -> Stream {
    let RenderedBody::Stream(events) = &rendered.body else {
        panic!("not a stream: {}", rendered.text());
    };
    let framing = stream::framing_of(rendered.header("content-type"), true).unwrap();
    let chunks: Vec<Chunk> =
        events.iter().map(|bytes| Chunk { ms: 0, bytes: bytes.to_vec() }).collect();
    let stream = Stream::from_chunks(framing, &chunks, End::Complete);
    assert_eq!(stream.chunks, None, "a chunk is not an event: {}", rendered.text());
    for event in &stream.events {
        assert!(!matches!(event.item, Item::Raw(_) | Item::RawBytes(_)), "{:?}", event.item);
    }
    stream
}

/// The data of every event, `[DONE]` left out.
pub(super) fn data(rendered: &Rendered) -> Vec<String> {
    let items = read(rendered).events.into_iter().map(|event| event.item);
    let data = items.map(|item| match item {
        Item::Sse { data, .. } | Item::Json(data) => data,
        Item::Frame { payload, .. } => payload,
        Item::Raw(_) | Item::RawBytes(_) => unreachable!("`read` saw to it"),
    });
    data.filter(|data| data != "[DONE]").collect()
}

/// Every text at `path` in the events, joined.
pub(super) fn joined(rendered: &Rendered, path: &[&str]) -> String {
    data(rendered).iter().filter_map(|text| at(text, path)).collect()
}

/// The text at `path` in a JSON text; numbers in a path are places in arrays.
pub(super) fn at(text: &str, path: &[&str]) -> Option<String> {
    let root = json::parse(text).unwrap_or_else(|error| panic!("{error:?} in {text}"));
    let mut value = &root;
    for step in path {
        value = match value {
            Json::Array(_) => value.at(step.parse().ok()?)?,
            _ => value.get(step)?,
        };
    }
    value.as_str().map(std::borrow::Cow::into_owned)
}
