//! Anthropic's messages, at Anthropic, on Vertex and inside Bedrock's `invoke`. [`items`] streams blocks of the provider's own.

mod items;

use super::content::Reply;
use super::context::rfc3339;
use super::extras::Citation;
use super::failure;
use super::format::{
    Api, At, Feature, Finish, Format, Operation, Prompt, RenderContext, Rendered, Requested,
    Requirements, Sse, Streaming, Transcript, Usage, error_text,
};
use super::requested::thinking;
use super::{annotations, openai, terminator};
use crate::json::write::{Null, Object, Raw, ToJson, nested, object};
use crate::json::{self, Json};

/// On Vertex, the model is in the path.
const ON_VERTEX: Requirements = Requirements::MESSAGES.temperature(1.0);

pub(super) static FORMAT: Format = Format {
    name: "Anthropic",
    owns: |line| match line.last {
        // messages of OpenAI's threads are no conversation with a model
        "messages" => !line.path.contains("/threads/"),
        "count_tokens" => line.before_last == "messages",
        verb => verb.ends_with(":rawPredict") || verb.ends_with(":streamRawPredict"),
    },
    operations: &[
        Operation::other(At::Last("count_tokens"), |context| {
            object! { "input_tokens": context.input_tokens() }.into()
        })
        .requires(Requirements::MESSAGES.model()),
        Operation::conversation(At::Verb("rawPredict"), render).requires(ON_VERTEX),
        Operation::conversation(At::Verb("streamRawPredict"), render)
            .requires(ON_VERTEX)
            .streams(Streaming::Always),
        Operation::conversation(At::Any, render).requires(ON_VERTEX.model()),
    ],
    api: Some(&API),
    volatile: &[
        "metadata",
        "service_tier",
        "cache_control",
        "inference_geo",
        "speed",
        // What Vertex and Bedrock take in place of headers.
        "anthropic_version",
        "anthropic_beta",
        "timestamp",
    ],
    annotations: annotations::ANTHROPIC,
    tool_ids: &[
        &["messages", "[]", "content", "[]", "id"],
        &["messages", "[]", "content", "[]", "tool_use_id"],
    ],
    prompts: &[Prompt::Messages("messages")],
    expresses: &[
        Feature::Items,
        Feature::Events,
        Feature::Searches,
        Feature::Citations,
        Feature::RedactedReasoning,
    ],
    requested: REQUESTED,
    read_event,
    terminator: terminator::ANTHROPIC,
    ..Format::DEFAULT
};

const REQUESTED: Requested = Requested {
    most_tokens: &["max_tokens"],
    stops: &["stop_sequences"],
    reasoning: thinking,
    ..Requested::NOTHING
};

pub(super) static API: Api = Api {
    request_id: Some("request-id"),
    error: |parts| {
        let error = nested! { "type": parts.kind, "message": parts.message };
        object! { "type": "error", "error": error }.into_text()
    },
    kind_of_status: kind_of_error,
    empty: &[("models", r#"{"data":[],"has_more":false,"first_id":null,"last_id":null}"#)],
    model_list: |objects, models| {
        object! {
            "data": *objects,
            "has_more": false,
            "first_id": models.first().map(|first| &first.id),
            "last_id": models.last().map(|last| &last.id),
        }
    },
    model: |model, created| {
        object! {
            "type": "model",
            "id": model.id,
            "display_name": model.id,
            "created_at": rfc3339(model.created.unwrap_or(created)),
            "lifecycle": "active",
        }
    },
    ..openai::DEFAULT
};

/// Reads one event, which names its type in its data too.
pub(super) fn read_event(transcript: &mut Transcript, event: &Json<'_>) {
    let index = event.find("index").and_then(Json::as_u64).unwrap_or(0);
    match event.text("type").as_deref() {
        Some("content_block_start") => {
            transcript.text_at(event, "content_block/text");
            if let Some(name) = event.text("content_block/name") {
                let input = event.find("content_block/input");
                let input =
                    input.filter(|input| input.as_object().is_some_and(|all| !all.is_empty()));
                transcript.call(index, Some(name), input);
            }
        }
        Some("content_block_delta") => {
            transcript.text_at(event, "delta/text");
            transcript.reasoning_at(event, &["delta/thinking"]);
            if let Some(piece) = event.find("delta/partial_json") {
                transcript.call(index, None, Some(piece));
            }
        }
        Some("error") => transcript.error(Some(error_text(event).unwrap_or_default())),
        _ => {}
    }
}

fn kind_of_error(status: u16) -> &'static str {
    match status {
        401 => "authentication_error",
        402 => "billing_error",
        403 => "permission_error",
        404 => "not_found_error",
        413 => "request_too_large",
        429 => "rate_limit_error",
        504 => "timeout_error",
        529 => "overloaded_error",
        500.. => "api_error",
        _ => "invalid_request_error",
    }
}

fn render(context: &RenderContext<'_>) -> Rendered {
    if !context.streams {
        return whole(context).into();
    }
    let mut sse = Sse::new();
    let is_end = |name: &str| matches!(name, "message_delta" | "error");
    for (name, data) in events(context) {
        if is_end(name) {
            raw_events(context, &mut sse);
        }
        sse.named(name, &data);
    }
    sse.into()
}

/// Events that the reply has in this very format, named by their types.
fn raw_events(context: &RenderContext<'_>, sse: &mut Sse) {
    for event in &context.reply.extras.events {
        let parsed = json::parse(event).ok();
        match parsed.and_then(|event| event.text("type").map(String::from)) {
            Some(kind) => sse.named(&kind, &Raw(event)),
            None => sse.data(&Raw(event)),
        }
    }
}

fn redacted(reply: &Reply) -> Vec<Object> {
    let all = reply.extras.redacted.iter();
    all.map(|data| object! { "type": "redacted_thinking", "data": data }).collect()
}

fn citations(context: &RenderContext<'_>) -> Vec<Object> {
    let reply = context.reply;
    let text = reply.text.as_deref().unwrap_or_default();
    let one = |(at, citation): (usize, &Citation)| {
        object! {
            "type": "web_search_result_location",
            "cited_text": text,
            "url": citation.url,
            "title": citation.title,
            "encrypted_index": context.id_of("idx_", at),
        }
    };
    reply.extras.citations.iter().enumerate().map(one).collect()
}

/// Each search as the call of the provider's own tool, and its result, which has every source.
fn searches(context: &RenderContext<'_>) -> Vec<[Object; 2]> {
    let extras = &context.reply.extras;
    let one = |(at, query): (usize, &String)| {
        let id = context.id_of("srvtoolu_", at);
        let result = |(number, source): (usize, &Citation)| {
            object! {
                "type": "web_search_result",
                "url": source.url,
                "title": source.title,
                "encrypted_content": context.id_of("enc_", number),
                "page_age": Null,
            }
        };
        let results: Vec<Object> = extras.citations.iter().enumerate().map(result).collect();
        let call = object! { "type": "server_tool_use", "id": id, "name": "web_search" };
        [
            call.with("input", &object! { "query": query }),
            object! { "type": "web_search_tool_result", "tool_use_id": id, "content": results },
        ]
    };
    extras.searches.iter().enumerate().map(one).collect()
}

pub(super) fn whole(context: &RenderContext<'_>) -> Object {
    let reply = context.reply;
    let mut blocks = redacted(reply);
    if let Some(thinking) = &reply.reasoning {
        blocks.push(object! {
            "type": "thinking",
            "thinking": if reply.is_reasoning_hidden { "" } else { thinking },
            "signature": context.signature(),
        });
    }
    blocks.extend(searches(context).into_iter().flatten());
    // an empty text is no block
    if let Some(text) = reply.words().filter(|text| !text.is_empty()) {
        let block = object! { "type": "text", "text": text };
        let sources = citations(context);
        blocks.push(block.with_some("citations", (!sources.is_empty()).then_some(&sources)));
    }
    for (at, call) in reply.calls.iter().enumerate() {
        blocks.push(tool_use(context, at).with("input", &call.arguments_as_json()));
    }
    let stop_reason = Some(stop_reason(reply));
    let mut blocks: Vec<String> = blocks.into_iter().map(Object::into_text).collect();
    blocks.extend(reply.extras.items.iter().cloned());
    let blocks: Vec<Raw<String>> = blocks.into_iter().map(Raw).collect();
    message(context, &blocks, stop_reason, &usage(context.usage()))
}

pub(super) fn events(context: &RenderContext<'_>) -> Vec<(&'static str, Object)> {
    let reply = context.reply;
    let counted = context.usage();
    let begun = usage(Usage { output: counted.output.min(1), ..counted });
    let message = message(context, &[], None, &begun);
    let mut events =
        vec![("message_start", object! { "type": "message_start", "message": message })];
    blocks(context, &mut events);
    events.insert(events.len().min(2), ("ping", object! { "type": "ping" }));
    if let Some(failure) = &reply.failure {
        let error = object! { "type": failure::kind(context, failure), "message": failure.message };
        events.push(("error", object! { "type": "error", "error": error }));
        return events;
    }
    let delta = object! { "stop_reason": stop_reason(reply), "stop_sequence": reply.stop_sequence };
    let end = object! { "type": "message_delta", "delta": delta, "usage": usage(counted) };
    events.push(("message_delta", end));
    events.push(("message_stop", object! { "type": "message_stop" }));
    events
}

fn blocks(context: &RenderContext<'_>, events: &mut Vec<(&'static str, Object)>) {
    let reply = context.reply;
    let mut index = 0_u64;
    let mut block = |start: &dyn ToJson, deltas: Vec<Object>| {
        let begun = object! { "type": "content_block_start", "index": index };
        events.push(("content_block_start", begun.with("content_block", start)));
        events.extend(deltas.into_iter().map(|delta| {
            let delta = object! { "type": "content_block_delta", "index": index, "delta": delta };
            ("content_block_delta", delta)
        }));
        let stop = object! { "type": "content_block_stop", "index": index };
        events.push(("content_block_stop", stop));
        index += 1;
    };
    for one in &redacted(reply) {
        block(one, Vec::new());
    }
    if reply.reasoning.is_some() {
        // without its text, a block of thoughts has only its signature
        let thoughts = reply.reasoning_pieces().into_iter().filter(|_| !reply.is_reasoning_hidden);
        let mut deltas: Vec<Object> =
            thoughts.map(|piece| object! { "type": "thinking_delta", "thinking": piece }).collect();
        deltas.push(object! { "type": "signature_delta", "signature": context.signature() });
        block(&object! { "type": "thinking", "thinking": "", "signature": "" }, deltas);
    }
    for (at, [_, result]) in searches(context).iter().enumerate() {
        let input = object! { "query": reply.extras.searches[at] }.into_text();
        let delta = object! { "type": "input_json_delta", "partial_json": input };
        let call = object! { "type": "server_tool_use", "id": context.id_of("srvtoolu_", at) };
        block(&call.with("name", "web_search").with("input", &Object::new()), vec![delta]);
        block(result, Vec::new());
    }
    let pieces = reply.word_pieces();
    if !pieces.is_empty() {
        let text = |piece: &&str| object! { "type": "text_delta", "text": piece };
        let source = |one| object! { "type": "citations_delta", "citation": one };
        let sources = citations(context).into_iter().map(source);
        let deltas = pieces.iter().map(text).chain(sources).collect();
        block(&object! { "type": "text", "text": "" }, deltas);
    }
    for (at, call) in reply.calls.iter().enumerate() {
        let delta = |piece: &str| object! { "type": "input_json_delta", "partial_json": piece };
        let pieces = reply.chunks.of_arguments(&call.arguments);
        let deltas = std::iter::once("").chain(pieces).map(delta).collect();
        block(&tool_use(context, at).with("input", &Object::new()), deltas);
    }
    for item in &reply.extras.items {
        items::stream(item, reply, &mut block);
    }
}

fn tool_use(context: &RenderContext<'_>, at: usize) -> Object {
    let call = &context.reply.calls[at];
    object! {
        "type": "tool_use",
        "id": context.call_id("toolu_", at, call),
        "name": call.name,
    }
}

fn message(
    context: &RenderContext<'_>,
    blocks: &[Raw<String>],
    stop: Option<&str>,
    usage: &Object,
) -> Object {
    object! {
        "id": context.id("msg_"),
        "type": "message",
        "role": "assistant",
        "model": context.model,
        "content": *blocks,
        "stop_reason": stop,
        "stop_sequence": stop.and(context.reply.stop_sequence.as_ref()),
        "usage": usage,
    }
}

fn usage(usage: Usage) -> Object {
    object! {
        "input_tokens": usage.fresh(),
        "cache_creation_input_tokens": 0_u64,
        "cache_read_input_tokens": usage.cached,
        "output_tokens": usage.output,
        "service_tier": "standard",
    }
}

fn stop_reason(reply: &Reply) -> &'static str {
    match reply.finished() {
        Finish::Stop if reply.stop_sequence.is_some() => "stop_sequence",
        Finish::Stop => "end_turn",
        Finish::Length => "max_tokens",
        Finish::ToolCalls => "tool_use",
        Finish::ContentFilter | Finish::Refusal => "refusal",
    }
}
