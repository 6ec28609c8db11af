//! OpenAI's chat completions, which most vendors have too. [`members`] are those that not every response has.

mod members;

use super::content::Reply;
use super::extras::{self, Citation};
use super::format::{
    At, Feature, Finish, Format, Limit, Operation, Prompt, RenderContext, Rendered, Requirements,
    Sse, ToolIdPath, Transcript, Usage, error_text,
};
use super::size::OutputSize;
use super::{annotations, failure, openai, terminator, text};
use crate::json::Json;
use crate::json::write::{Null, Object, Raw, ToJson, list, nested, object};
use crate::provider::StreamUsage;

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
    volatile: VOLATILE,
    annotations: annotations::OPENAI_CHAT,
    tool_ids: TOOL_IDS,
    prompts: PROMPTS,
    expresses: &[
        Feature::Events,
        Feature::Citations,
        Feature::Choices,
        Feature::LogProbs,
        Feature::CustomCalls,
    ],
    requested: members::REQUESTED,
    answers: |context| context.choices(),
    read_event,
    terminator: terminator::CHOICES,
    ..Format::DEFAULT
};

/// OpenAI's, and the marker of gateways in front of other models.
/// <https://openrouter.ai/docs/client-sdks/typescript/models/anthropiccachecontroldirective>
const VOLATILE: &[&str] = openai::volatile!("cache_control");

pub(super) const TOOL_IDS: &[ToolIdPath] =
    &[&["messages", "[]", "tool_calls", "[]", "id"], &["messages", "[]", "tool_call_id"]];

pub(super) const INPUT: Prompt = Prompt::Texts(&["prompt", "input"]);
pub(super) const PROMPTS: &[Prompt] = &[Prompt::Messages("messages"), INPUT];

/// Reads one chunk: `choices[0].delta`, or `choices[0].text` of a completion.
pub(super) fn read_event(transcript: &mut Transcript, chunk: &Json<'_>) {
    let index = |value: &Json<'_>| value.get("index").and_then(Json::as_u64);
    transcript.error(error_text(chunk));
    // a request may ask for several choices (`n`)
    let mut choices = chunk.items("choices").iter();
    let Some(choice) = choices.find(|choice| index(choice).unwrap_or(0) == 0) else { return };
    transcript.text_at(choice, "text");
    let Some(delta) = choice.get("delta").or_else(|| choice.get("message")) else { return };
    transcript.text(&delta.get("content").and_then(text::content).unwrap_or_default());
    transcript.text_at(delta, "refusal");
    transcript.reasoning_at(delta, &["reasoning_content", "reasoning"]);
    // the older form of a single call has no index
    let alone = delta.get("function_call").map(|function| (u64::MAX, function));
    let calls = delta.items("tool_calls").iter().zip(0..).filter_map(|(call, position)| {
        Some((index(call).unwrap_or(position), call.get("function")?))
    });
    for (index, function) in alone.into_iter().chain(calls) {
        transcript.call(index, function.text("name"), function.get("arguments"));
    }
}

/// Every choice contains the whole reply.
pub(super) fn measure(context: &RenderContext<'_>, size: &mut OutputSize) {
    size.add_reply(context.reply, context.choices());
}

pub(super) fn render(context: &RenderContext<'_>) -> Rendered {
    if context.streams { stream(context).into() } else { whole(context).into() }
}

pub(super) fn whole(context: &RenderContext<'_>) -> Object {
    let text = context.reply.text.as_deref().unwrap_or_default();
    let messages: Vec<Object> = match context.reply.extras.choices.as_slice() {
        // all choices that the request asks for are equal
        [] => vec![message(context, context.reply.text_beside_refusal()); context.choices()],
        texts => texts.iter().map(|text| message(context, Some(text))).collect(),
    };
    let logprobs = logprobs(context.reply, &context.reply.extras.logprobs);
    let choices = list(|add| {
        for (index, message) in messages.iter().enumerate() {
            add(&nested! {
                "index": index,
                "message": message,
                "logprobs": logprobs,
                "finish_reason": members::finish(context),
            });
        }
    });
    let head = head(context, "chat.completion", 768 + text.len());
    let tier = members::service_tier(context);
    head.with("choices", &choices)
        .with("usage", &TokenUsage(context.usage()))
        .with_some("service_tier", tier.as_deref())
}

fn message(context: &RenderContext<'_>, text: Option<&str>) -> Object {
    let reply = context.reply;
    let message = object! {
        "role": "assistant",
        "content": text,
        "refusal": reply.refusal,
        "annotations": annotations(reply),
    };
    let shown = reply.reasoning.as_ref().filter(|_| !reply.is_reasoning_hidden);
    let message = match (context.provider.entry().reasoning, shown) {
        (Some(name), Some(text)) => message.with(name, text),
        _ => message,
    };
    if let Some(call) = reply.calls.first().filter(|_| members::has_functions(context)) {
        let call = nested! { "name": call.name, "arguments": call.arguments };
        return message.with("function_call", &call);
    }
    let calls = tool_calls(context);
    message.with_some("tool_calls", (!calls.is_empty()).then_some(&calls))
}

/// The sources of the whole text.
fn annotations(reply: &Reply) -> Vec<Object> {
    let end = reply.text.as_deref().unwrap_or_default().chars().count();
    let one = |citation: &Citation| {
        let citation = nested! {
            "start_index": 0_u64,
            "end_index": end,
            "url": citation.url,
            "title": citation.title,
        };
        object! { "type": "url_citation", "url_citation": citation }
    };
    reply.extras.citations.iter().map(one).collect()
}

/// `null` without any.
fn logprobs(reply: &Reply, tokens: &[(String, f32)]) -> Option<Object> {
    let tokens = extras::logprobs(tokens, reply.extras.alternatives);
    let tokens = Some(tokens).filter(|tokens| !tokens.is_empty())?;
    Some(object! { "content": tokens, "refusal": Null })
}

pub(super) fn tool_calls(context: &RenderContext<'_>) -> Vec<Object> {
    let calls = context.reply.calls.iter().enumerate();
    calls.map(|(at, call)| tool_call(context, at, &call.arguments)).collect()
}

/// A tool call with these arguments, as Cohere has it too.
pub(super) fn tool_call(context: &RenderContext<'_>, at: usize, arguments: &str) -> Object {
    let call = &context.reply.calls[at];
    if call.is_custom {
        return object! {
            "id": context.call_id("call_", at, call),
            "type": "custom",
            "custom": nested! { "name": call.name, "input": arguments },
        };
    }
    object! {
        "id": context.call_id("call_", at, call),
        "type": "function",
        "function": nested! { "name": call.name, "arguments": arguments },
    }
}

pub(super) fn stream(context: &RenderContext<'_>) -> Sse {
    let (choices, at_the_end) = (choices(context), usage_at_the_end(context));
    let has_it = at_the_end.as_ref().is_some_and(|(name, _)| *name == "usage");
    let wants_usage = wants_usage(context) && !has_it;
    let tier = members::service_tier(context);
    let head = head(context, "chat.completion.chunk", 256);
    let head = head.with_some("service_tier", tier.as_deref());
    let mut sse = Sse::new();
    let mut send = |delta: Delta<'_>, finish: Option<&'static str>| {
        if let Some(event) = delta.raw {
            return sse.data(&Raw(event));
        }
        for index in (0..choices).filter(|index| delta.choice.is_none_or(|only| only == *index)) {
            let choice = nested! {
                "index": index,
                "delta": delta.members,
                "logprobs": delta.logprobs,
                "finish_reason": finish,
            };
            let is_last = finish.is_some() && index + 1 == choices;
            if let Some((name, usage)) = at_the_end.as_ref().filter(|_| is_last) {
                sse.data(&head.clone().with("choices", &[&choice]).with(name, &**usage));
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
    send(Delta::of(&Object::new()), Some(members::finish(context)));
    if wants_usage {
        sse.data(&nested! { ..&head, "choices": [Null; 0], "usage": TokenUsage(context.usage()) });
    }
    sse.done();
    sse
}

/// How many choices the response has.
fn choices(context: &RenderContext<'_>) -> usize {
    match context.reply.extras.choices.len() {
        0 => context.choices(),
        written => written,
    }
}

/// What a chunk adds to a choice.
struct Delta<'a> {
    members: &'a dyn ToJson,
    logprobs: Option<Object>,
    /// The only choice that gets it.
    choice: Option<usize>,
    /// An event that the reply has in this very format, in place of a chunk.
    raw: Option<&'a str>,
}

impl<'a> Delta<'a> {
    fn of(members: &'a dyn ToJson) -> Self {
        Self { members, logprobs: None, choice: None, raw: None }
    }
}

/// Sends the delta of each chunk, beginning with the role.
fn deltas(context: &RenderContext<'_>, mut send: impl FnMut(Delta<'_>)) {
    let reply = context.reply;
    let first = reply.text_beside_refusal().map(|_| "");
    send(Delta::of(&nested! { "role": "assistant", "content": first, "refusal": Null }));
    let shown = context.provider.entry().reasoning.filter(|_| !reply.is_reasoning_hidden);
    if let Some(name) = shown {
        for piece in reply.reasoning_pieces() {
            send(Delta::of(&Object::new().with(name, piece)));
        }
    }
    for (choice, text) in reply.extras.choices.iter().enumerate() {
        for piece in reply.chunks.of(text) {
            send(Delta { choice: Some(choice), ..Delta::of(&nested! { "content": piece }) });
        }
    }
    if first.is_some() && reply.extras.choices.is_empty() {
        for (at, piece) in reply.word_pieces().into_iter().enumerate() {
            let logprobs = reply.extras.logprobs.get(at..=at);
            let logprobs = logprobs.and_then(|tokens| self::logprobs(reply, tokens));
            send(Delta { logprobs, ..Delta::of(&nested! { "content": piece }) });
        }
    }
    if !reply.extras.citations.is_empty() {
        send(Delta::of(&nested! { "annotations": annotations(reply) }));
    }
    for piece in reply.chunks.of(reply.refusal.as_deref().unwrap_or_default()) {
        send(Delta::of(&nested! { "refusal": piece }));
    }
    if let Some(call) = reply.calls.first().filter(|_| members::has_functions(context)) {
        members::function_call(reply, call, |members| send(Delta::of(members)));
    }
    let calls = reply.calls.iter().enumerate().filter(|_| !members::has_functions(context));
    for (at, call) in calls {
        let start = object! { "index": at }.joined(&tool_call(context, at, ""));
        send(Delta::of(&nested! { "tool_calls": [&start] }));
        for piece in reply.chunks.of_arguments(&call.arguments) {
            let more = object! { "index": at };
            let more = if call.is_custom {
                more.with("custom", &nested! { "input": piece })
            } else {
                more.with("function", &nested! { "arguments": piece })
            };
            send(Delta::of(&nested! { "tool_calls": [&more] }));
        }
    }
    for event in &reply.extras.events {
        send(Delta { raw: Some(event), ..Delta::of(&Object::new()) });
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
    context.provider.entry().stream_usage == StreamUsage::Always
        || context.is_set("stream_options/include_usage")
}

/// The member with the usage in the chunk with the finish reason.
fn usage_at_the_end(context: &RenderContext<'_>) -> Option<(&'static str, Box<dyn ToJson>)> {
    let usage = TokenUsage(context.usage());
    match context.provider.entry().stream_usage {
        StreamUsage::OnRequest | StreamUsage::Always => None,
        StreamUsage::AtTheEnd => Some(("usage", Box::new(usage))),
        StreamUsage::InGroqsOwn => {
            let own = object! { "id": context.id_of("req_", 0), "usage": usage };
            Some(("x_groq", Box::new(own)))
        }
    }
}

/// The member `usage` of chat completions and completions.
pub(super) struct TokenUsage(pub(super) Usage);

impl ToJson for TokenUsage {
    fn write(&self, out: &mut String) {
        let Self(usage) = self;
        let members = nested! {
            "prompt_tokens": usage.input,
            "completion_tokens": usage.output,
            "total_tokens": usage.total(),
            "prompt_tokens_details": nested! {
                "cached_tokens": usage.cached,
                "audio_tokens": 0_u64,
            },
            "completion_tokens_details": nested! {
                "reasoning_tokens": usage.reasoning,
                "audio_tokens": 0_u64,
                "accepted_prediction_tokens": 0_u64,
                "rejected_prediction_tokens": 0_u64,
            },
        };
        members.write(out);
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
