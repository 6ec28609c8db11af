//! OpenAI's chat completions, which most vendors have too.

use super::failure;
use super::format::{
    At, Finish, Format, Limit, Operation, RenderContext, Rendered, Requirements, Sse, ToolIdPath,
    Transcript, Usage, argument_text, error_text,
};
use super::size::OutputSize;
use super::{openai, text};
use crate::json::Json;
use crate::json::write::{Null, Object, Raw, ToJson, list, nested, object};
use crate::provider::Provider;

pub(super) static FORMAT: Format = Format {
    name: "OpenAI chat",
    owns: |line| (line.before_last, line.last) == ("chat", "completions"),
    operations: &[Operation::conversation(At::Any, render)
        .requires(Requirements {
            has_strict_roles: true,
            ..Requirements::MESSAGES.model().temperature(2.0)
        })
        .limits(Limit::Choices)
        .measured(measure)],
    api: Some(&openai::API),
    volatile: openai::VOLATILE,
    tool_ids: TOOL_IDS,
    prompt,
    read_event,
    ..Format::DEFAULT
};

pub(super) const TOOL_IDS: &[ToolIdPath] =
    &[&["messages", "[]", "tool_calls", "[]", "id"], &["messages", "[]", "tool_call_id"]];

/// The member with the text of the reasoning; OpenAI does not show it.
fn reasoning_member(provider: Provider) -> Option<&'static str> {
    match provider {
        Provider::OpenAI | Provider::Azure => None,
        Provider::OpenRouter | Provider::Groq | Provider::Ollama | Provider::Cerebras => {
            Some("reasoning")
        }
        _ => Some("reasoning_content"),
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum StreamUsage {
    /// In an extra last chunk, with `stream_options.include_usage`.
    OnRequest,
    /// Always in an extra last chunk.
    Always,
    /// Always in the chunk with the finish reason.
    AtTheEnd,
    /// Always in the member `x_groq` of that chunk, and on request in an extra chunk too.
    InGroqsOwn,
}

/// According to OpenRouter's "Usage Accounting", Mistral's reference of `CompletionChunk`, and Groq's clients.
fn stream_usage(provider: Provider) -> StreamUsage {
    match provider {
        Provider::OpenRouter => StreamUsage::Always,
        Provider::Mistral => StreamUsage::AtTheEnd,
        Provider::Groq => StreamUsage::InGroqsOwn,
        _ => StreamUsage::OnRequest,
    }
}

pub(super) fn prompt(body: &Json<'_>) -> Option<String> {
    match body.get("messages").and_then(Json::as_array) {
        Some(messages) => {
            text::last_prompt(messages, |message| message.get("content").and_then(text::content))
        }
        None => input(body),
    }
}

pub(super) fn input(body: &Json<'_>) -> Option<String> {
    ["prompt", "input"].iter().find_map(|name| body.get(name).and_then(text::content))
}

/// Reads one chunk: `choices[0].delta`, or `choices[0].text` of a completion.
pub(super) fn read_event(transcript: &mut Transcript, chunk: &Json<'_>) {
    transcript.error(error_text(chunk));
    let Some(choice) = chunk.get("choices").and_then(Json::as_array).and_then(first_choice) else {
        return;
    };
    transcript.text_in(choice, "text");
    let Some(delta) = choice.get("delta").or_else(|| choice.get("message")) else { return };
    if let Some(piece) = delta.get("content").and_then(text::content) {
        transcript.text(&piece);
    }
    transcript.text_in(delta, "refusal");
    if let Some(call) = delta.get("function_call") {
        read_function(transcript, "function_call", call);
    }
    for (position, call) in
        delta.get("tool_calls").and_then(Json::as_array).into_iter().flatten().enumerate()
    {
        let index = call.get("index").and_then(Json::as_u64).unwrap_or(position as u64);
        if let Some(function) = call.get("function") {
            read_function(transcript, &index.to_string(), function);
        }
    }
}

/// The first choice; a request may ask for several (`n`).
fn first_choice<'a, 'b>(choices: &'b [Json<'a>]) -> Option<&'b Json<'a>> {
    choices.iter().find(|choice| choice.get("index").and_then(Json::as_u64).unwrap_or(0) == 0)
}

fn read_function(transcript: &mut Transcript, key: &str, function: &Json<'_>) {
    let name = function.get("name").and_then(Json::as_str);
    let arguments = function.get("arguments").map(argument_text).unwrap_or_default();
    transcript.call(key, name.as_deref(), &arguments);
}

/// Every choice contains the whole reply.
pub(super) fn measure(context: &RenderContext<'_>, size: &mut OutputSize<'_>) {
    size.add_reply(context.reply, context.choices());
}

pub(super) fn render(context: &RenderContext<'_>) -> Rendered {
    if context.streams { stream(context).into() } else { whole(context).into() }
}

fn whole(context: &RenderContext<'_>) -> Object {
    let text = context.reply.text.as_deref().unwrap_or_default();
    let message = message(context);
    // all choices that the request asks for are equal
    let choices = list(|add| {
        for index in 0..context.choices() {
            add(&nested! {
                "index": index,
                "message": message,
                "logprobs": Null,
                "finish_reason": finish_reason(context.reply.finished()),
            });
        }
    });
    let head = head(context, "chat.completion", 768 + text.len());
    head.with("choices", &choices).with("usage", &token_usage(context.usage()))
}

fn message(context: &RenderContext<'_>) -> Object {
    let reply = context.reply;
    let message = object! {
        "role": "assistant",
        "content": content(context),
        "refusal": reply.refusal,
        "annotations": [Null; 0],
    };
    let message = match (reasoning_member(context.provider), &reply.reasoning) {
        (Some(name), Some(text)) => message.with(name, text),
        _ => message,
    };
    let calls = list(|add| {
        for (at, call) in reply.calls.iter().enumerate() {
            add(&nested! {
                "id": context.call_id("call_", at, call),
                "type": "function",
                "function": nested! { "name": call.name, "arguments": call.arguments },
            });
        }
    });
    message.with_some("tool_calls", (!reply.calls.is_empty()).then_some(&calls))
}

/// The text; `null` with a refusal or tool calls.
fn content<'a>(context: &'a RenderContext<'_>) -> Option<&'a str> {
    match (&context.reply.text, &context.reply.refusal) {
        (None, Some(_)) => None,
        _ => context.reply.words(),
    }
}

fn stream(context: &RenderContext<'_>) -> Sse {
    let (choices, at_the_end) = (context.choices(), usage_at_the_end(context));
    let has_it = at_the_end.as_ref().is_some_and(|(name, _)| *name == "usage");
    let wants_usage = wants_usage(context) && !has_it;
    let head = head(context, "chat.completion.chunk", 256);
    let mut sse = Sse::new();
    let mut send = |delta: &dyn ToJson, finish: Option<&'static str>| {
        for index in 0..choices {
            let choice = nested! {
                "index": index,
                "delta": delta,
                "logprobs": Null,
                "finish_reason": finish,
            };
            let is_last = finish.is_some() && index + 1 == choices;
            if let Some((name, usage)) = at_the_end.as_ref().filter(|_| is_last) {
                sse.data(&head.clone().with("choices", &[&choice]).with(name, usage));
            } else if wants_usage {
                sse.data(&nested! { ..&head, "choices": [&choice], "usage": Null });
            } else {
                sse.data(&nested! { ..&head, "choices": [&choice] });
            }
        }
    };
    deltas(context, |delta| send(delta, None));
    if let Some(failure) = &context.reply.failure {
        sse.data(&Raw(failure::body(context, failure)));
        return sse;
    }
    send(&Object::new(), Some(finish_reason(context.reply.finished())));
    if wants_usage {
        sse.data(&nested! { ..&head, "choices": [Null; 0], "usage": token_usage(context.usage()) });
    }
    sse.done();
    sse
}

/// Sends the delta of each chunk, beginning with the role.
fn deltas(context: &RenderContext<'_>, mut send: impl FnMut(&dyn ToJson)) {
    let reply = context.reply;
    let first = content(context).map(|_| "");
    send(&nested! { "role": "assistant", "content": first, "refusal": Null });
    if let Some(name) = reasoning_member(context.provider) {
        for piece in reply.reasoning_pieces() {
            send(&Object::new().with(name, piece));
        }
    }
    if content(context).is_some() {
        for piece in reply.word_pieces() {
            send(&nested! { "content": piece });
        }
    }
    for piece in reply.chunks.of(reply.refusal.as_deref().unwrap_or_default()) {
        send(&nested! { "refusal": piece });
    }
    for (at, call) in reply.calls.iter().enumerate() {
        let start = nested! {
            "index": at,
            "id": context.call_id("call_", at, call),
            "type": "function",
            "function": nested! { "name": call.name, "arguments": "" },
        };
        send(&nested! { "tool_calls": [&start] });
        for piece in reply.chunks.of_arguments(&call.arguments) {
            let more = nested! { "index": at, "function": nested! { "arguments": piece } };
            send(&nested! { "tool_calls": [&more] });
        }
    }
}

/// The first members of a completion and of each chunk, with a capacity for the rest.
fn head(context: &RenderContext<'_>, kind: &'static str, bytes: usize) -> Object {
    let members = nested! {
        "id": context.id("chatcmpl-"),
        "object": kind,
        "created": context.created,
        "model": context.model,
        "system_fingerprint": "fp_llmock",
    };
    Object::with_room(bytes, &members.0)
}

/// Whether the stream ends with an extra chunk for the usage.
pub(super) fn wants_usage(context: &RenderContext<'_>) -> bool {
    let wanted = context.member("stream_options").and_then(|all| all.get("include_usage"));
    stream_usage(context.provider) == StreamUsage::Always
        || wanted.and_then(Json::as_bool).unwrap_or(false)
}

/// The member with the usage in the chunk with the finish reason.
fn usage_at_the_end(context: &RenderContext<'_>) -> Option<(&'static str, Object)> {
    let usage = || token_usage(context.usage());
    match stream_usage(context.provider) {
        StreamUsage::OnRequest | StreamUsage::Always => None,
        StreamUsage::AtTheEnd => Some(("usage", usage())),
        StreamUsage::InGroqsOwn => {
            Some(("x_groq", object! { "id": context.id_of("req_", 0), "usage": usage() }))
        }
    }
}

/// The member `usage` of chat completions and completions.
pub(super) fn token_usage(usage: Usage) -> Object {
    object! {
        "prompt_tokens": usage.input,
        "completion_tokens": usage.output,
        "total_tokens": usage.total(),
        "prompt_tokens_details": nested! { "cached_tokens": usage.cached, "audio_tokens": 0_u64 },
        "completion_tokens_details": nested! {
            "reasoning_tokens": usage.reasoning,
            "audio_tokens": 0_u64,
            "accepted_prediction_tokens": 0_u64,
            "rejected_prediction_tokens": 0_u64,
        },
    }
}

pub(super) fn finish_reason(finish: Finish) -> &'static str {
    match finish {
        // a refusal is a complete answer; it shows in the message
        Finish::Stop | Finish::Refusal => "stop",
        Finish::Length => "length",
        Finish::ToolCalls => "tool_calls",
        Finish::ContentFilter => "content_filter",
    }
}
