//! Cohere's own API: chat of the second version, embeddings and ranking; its `compatibility/v1/...` is OpenAI's.
//!
//! [`v1`] is the chat of the first version, [`vectors`] has the types of embeddings.

pub(super) mod v1;
mod vectors;

use super::content::Reply;
use super::embeddings::{closeness, embed as vector_of, embedded, inputs, text_of};
use super::format::{
    Api, At, Finish, Format, Limit, Operation, Prompt, RenderContext, Rendered, Requested,
    Requirements, Sse, Transcript, Usage, error_text,
};
use super::requested::{self, Reasoning};
use super::{failure, openai, openai_chat, terminator, text};
use crate::json::Json;
use crate::json::write::{Null, Object, nested, object};
use crate::provider::Provider;

/// The documents of one request: the most that Cohere's reference of `rerank` allows.
const DOCUMENTS: usize = 10_000;

pub(super) static FORMAT: Format = Format {
    name: "Cohere",
    owns: |line| line.provider == Provider::Cohere && owns(line.path),
    operations: &[
        Operation::conversation(At::Path("/v2/chat"), chat)
            .requires(Requirements::MESSAGES.model()),
        Operation::conversation(At::Path("/v1/chat"), v1::chat)
            .requires(Requirements::member("message")),
        Operation::other(At::Last("embed"), embed).limits(VECTORS),
        Operation::other(At::Last("rerank"), rerank)
            .limits(Limit::Elements { member: "documents", most: DOCUMENTS }),
        Operation::unlisted(At::Any, failure::unknown_endpoint),
    ],
    api: Some(&API),
    volatile: &["client_name", "timestamp"],
    tool_ids: openai_chat::TOOL_IDS,
    // v2 has `messages`, v1 `message`, the others `prompt`, `query` or `texts`
    prompts: &[
        Prompt::Texts(&["message", "query", "texts", "text"]),
        Prompt::Messages("messages"),
        Prompt::Texts(&["prompt", "input"]),
    ],
    requested: Requested {
        most_tokens: &["max_tokens"],
        stops: &["stop_sequences"],
        logprobs: |body| requested::is_true(body, "logprobs").then_some(0),
        reasoning: |body| match requested::thinking(body) {
            Reasoning::None if body.find("thinking/token_budget").is_some() => Reasoning::Shown,
            other => other,
        },
    },
    read_event,
    error_message: text::message_first,
    terminator: terminator::COHERE,
    ..Format::DEFAULT
};

const VECTORS: Limit = Limit::vectors("texts", "output_dimension", |_| 1536);

pub(super) static API: Api = Api {
    model: |model, _| {
        object! {
            "name": model.id,
            "endpoints": ["chat", "embed", "rerank"],
            "finetuned": false,
            "context_length": 128_000_u64,
            "tokenizer_url": Null,
        }
    },
    ..openai::DEFAULT
};

pub(super) fn owns(path: &str) -> bool {
    const ENDPOINTS: [&str; 8] =
        ["chat", "generate", "embed", "rerank", "summarize", "classify", "tokenize", "detokenize"];
    let segments: Vec<&str> = path.split('/').filter(|segment| !segment.is_empty()).collect();
    matches!(segments[..], ["v1" | "v2", endpoint] if ENDPOINTS.contains(&endpoint))
}

/// Reads one event of v2, or one line of v1.
pub(super) fn read_event(transcript: &mut Transcript, event: &Json<'_>) {
    let Some(kind) = event.text("type").or_else(|| event.text("event_type")) else {
        transcript.error(error_text(event));
        return;
    };
    match &*kind {
        "content-delta" => {
            let piece = event.find("delta/message/content").and_then(text::content);
            transcript.text(&piece.unwrap_or_default());
            transcript.reasoning_at(event, &["delta/message/content/thinking"]);
        }
        "tool-plan-delta" => transcript.text_at(event, "delta/message/tool_plan"),
        "tool-call-start" | "tool-call-delta" => {
            let index = event.find("index").and_then(Json::as_u64).unwrap_or(0);
            if let Some(function) = event.find("delta/message/tool_calls/function") {
                transcript.call(index, function.text("name"), function.get("arguments"));
            }
        }
        "text-generation" => transcript.text_at(event, "text"),
        "tool-calls-generation" => {
            let calls = event.items("tool_calls").iter();
            calls.for_each(|call| transcript.whole_call(call, "parameters"));
        }
        _ => {}
    }
}

fn chat(context: &RenderContext<'_>) -> Rendered {
    if context.streams { stream(context).into() } else { whole(context) }
}

/// Embeddings, in every type that the request names.
fn embed(context: &RenderContext<'_>) -> Rendered {
    let is_first = context.path_alone == "/v1/embed";
    let by_type = !is_first || context.member("embedding_types").is_some();
    let texts = inputs(context, "texts");
    let vectors = embedded(context, &texts);
    let answer = object! { "id": context.uuid(), "texts": texts };
    let (answer, kind) = if by_type {
        (answer.with("embeddings", &vectors::by_type(context, &vectors)), "embeddings_by_type")
    } else {
        (answer.with("embeddings", &vectors), "embeddings_floats")
    };
    answer.with("response_type", kind).with("meta", &meta(context)).into()
}

/// Ranks documents by the words that they have in common with the query.
fn rerank(context: &RenderContext<'_>) -> Rendered {
    let query = vector_of(&context.member("query").map(text_of).unwrap_or_default(), 256);
    let documents = context.member("documents").and_then(Json::as_array).unwrap_or_default();
    let score = |document| closeness(&query, &vector_of(&text_of(document), 256));
    let mut ranked: Vec<(usize, f32)> =
        documents.iter().map(|document| score(document).clamp(0.0, 1.0)).enumerate().collect();
    ranked.sort_by(|one, other| other.1.total_cmp(&one.1));
    let most = context.member("top_n").and_then(Json::as_u64).unwrap_or(u64::MAX);
    ranked.truncate(usize::try_from(most).unwrap_or(usize::MAX));
    let results: Vec<Object> = ranked
        .iter()
        .map(|(index, score)| object! { "index": index, "relevance_score": score })
        .collect();
    object! { "id": context.uuid(), "results": results, "meta": meta(context) }.into()
}

fn meta(context: &RenderContext<'_>) -> Object {
    let version = context.path[1..].split('/').next().and_then(|first| first.strip_prefix('v'));
    object! {
        "api_version": nested! { "version": version },
        "billed_units": nested! { "input_tokens": context.input_tokens() },
    }
}

fn whole(context: &RenderContext<'_>) -> Rendered {
    let reply = context.reply;
    let calls = openai_chat::tool_calls(context);
    let mut blocks = Vec::new();
    if let Some(thinking) = &reply.reasoning {
        blocks.push(object! { "type": "thinking", "thinking": thinking });
    }
    let mut plan = None;
    match reply.words() {
        Some(words) if calls.is_empty() => {
            blocks.push(object! { "type": "text", "text": words });
        }
        // text before a call is the plan to make it
        words => plan = words,
    }
    let message = object! { "role": "assistant" }
        .with_some("content", (!blocks.is_empty()).then_some(&blocks))
        .with_some("tool_plan", plan)
        .with_some("tool_calls", (!calls.is_empty()).then_some(&calls));
    object! {
        "id": context.uuid(),
        "finish_reason": finish_reason(reply),
        "message": message,
        "usage": usage(context.usage()),
    }
    .with_some("logprobs", logprobs(&reply.extras.logprobs).as_ref())
    .into()
}

fn stream(context: &RenderContext<'_>) -> Sse {
    let reply = context.reply;
    let start = object! {
        "role": "assistant",
        "content": [Null; 0],
        "tool_plan": "",
        "tool_calls": [Null; 0],
        "citations": [Null; 0],
    };
    let start = object! {
        "id": context.uuid(),
        "type": "message-start",
        "delta": nested! { "message": start },
    };
    let mut sse = Sse::new();
    sse.named("message-start", &start);
    let mut index = 0;
    if reply.reasoning.is_some() {
        text_block(&mut sse, index, "thinking", &reply.reasoning_pieces(), &[]);
        index += 1;
    }
    if reply.calls.is_empty() {
        text_block(&mut sse, index, "text", &reply.word_pieces(), &reply.extras.logprobs);
    } else {
        for piece in reply.word_pieces() {
            event(&mut sse, "tool-plan-delta", None, Some(object! { "tool_plan": piece }));
        }
    }
    for at in 0..reply.calls.len() {
        tool_call(&mut sse, context, at);
    }
    let end = match &reply.failure {
        Some(failure) => object! { "finish_reason": "ERROR", "error": failure.message },
        None => object! { "finish_reason": finish_reason(reply) },
    };
    let end = end.with("usage", &usage(context.usage()));
    let end = object! { "type": "message-end", "delta": end };
    sse.named("message-end", &end);
    sse.done();
    sse
}

fn text_block(sse: &mut Sse, at: usize, kind: &str, pieces: &[&str], tokens: &[(String, f32)]) {
    let start = object! { "type": kind }.with(kind, "");
    event(sse, "content-start", Some(at), Some(object! { "content": start }));
    for (number, piece) in pieces.iter().enumerate() {
        let content = object! { "content": Object::new().with(kind, piece) };
        let delta = object! { "message": content };
        let token = logprobs(tokens.get(number..=number).unwrap_or_default());
        let token = token.as_ref().and_then(|all| all.first());
        let data = object! { "type": "content-delta", "index": at, "delta": delta };
        sse.named("content-delta", &data.with_some("logprobs", token));
    }
    event(sse, "content-end", Some(at), None);
}

fn tool_call(sse: &mut Sse, context: &RenderContext<'_>, at: usize) {
    let start = object! { "tool_calls": openai_chat::tool_call(context, at, "") };
    event(sse, "tool-call-start", Some(at), Some(start));
    for piece in context.reply.chunks.of_arguments(&context.reply.calls[at].arguments) {
        let function = object! { "function": nested! { "arguments": piece } };
        event(sse, "tool-call-delta", Some(at), Some(object! { "tool_calls": function }));
    }
    event(sse, "tool-call-end", Some(at), None);
}

fn event(sse: &mut Sse, kind: &str, index: Option<usize>, message: Option<Object>) {
    let delta = message.map(|message| object! { "message": message });
    let data = object! { "type": kind };
    let data = data.with_some("index", index.as_ref()).with_some("delta", delta.as_ref());
    sse.named(kind, &data);
}

fn usage(usage: Usage) -> Object {
    object! { "billed_units": units(usage), "tokens": units(usage), "cached_tokens": usage.cached }
}

pub(super) fn units(usage: Usage) -> Object {
    object! { "input_tokens": usage.input, "output_tokens": usage.output }
}

/// The log probabilities of each token; its number in the vocabulary stands for one.
fn logprobs(tokens: &[(String, f32)]) -> Option<Vec<Object>> {
    let one = |(at, (token, value)): (u64, &(String, f32))| {
        object! { "text": token, "token_ids": [at], "logprobs": [value] }
    };
    (!tokens.is_empty()).then(|| (0..).zip(tokens).map(one).collect())
}

pub(super) fn finish_reason(reply: &Reply) -> &'static str {
    match reply.finished() {
        Finish::Stop if reply.stop_sequence.is_some() => "STOP_SEQUENCE",
        Finish::Stop | Finish::Refusal => "COMPLETE",
        Finish::Length => "MAX_TOKENS",
        Finish::ToolCalls => "TOOL_CALL",
        Finish::ContentFilter => "ERROR",
    }
}
