//! OpenAI's chat completions, as most vendors answer them.

use super::asked::{Asked, Usage};
use super::content::Finish;
use super::errors;
use super::object::{self, Null, Object, Raw, ToJson, Word, nested};
use super::rendered::Rendered;
use super::sse::Sse;
use crate::json::Json;
use crate::provider::{self, StreamUsage};

pub(super) fn render(asked: &Asked<'_>) -> Rendered {
    if asked.streams { stream(asked).into() } else { whole(asked).into() }
}

fn whole(asked: &Asked<'_>) -> Object {
    let text = asked.reply.text.as_deref().unwrap_or_default();
    let head = head(asked, "chat.completion", 768 + text.len());
    head.with("choices", &Choices(asked)).with("usage", &TokenUsage(asked.usage()))
}

/// All answers that the request wants, which are the same.
struct Choices<'a>(&'a Asked<'a>);

impl ToJson for Choices<'_> {
    fn write(&self, out: &mut String) {
        let Self(asked) = self;
        object::array(out, 0..asked.count("n"), |index, out| {
            let choice = nested! {
                "index": index,
                "message": Message(asked),
                "logprobs": Null,
                "finish_reason": Word(finish_reason(asked.reply.finished())),
            };
            choice.write(out);
        });
    }
}

struct Message<'a>(&'a Asked<'a>);

impl ToJson for Message<'_> {
    fn write(&self, out: &mut String) {
        let Self(asked) = self;
        let reply = asked.reply;
        let message = nested! {
            "role": Word("assistant"),
            "content": content(asked),
            "refusal": reply.refusal,
            "annotations": [Null; 0],
        };
        message.write_with(out, |out| {
            if let (Some(name), Some(text)) =
                (provider::reasoning_member(asked.provider), &reply.reasoning)
            {
                out.push(',');
                object::member(out, name, text);
            }
            if !reply.calls.is_empty() {
                out.push(',');
                object::member(out, "tool_calls", &ToolCalls(asked));
            }
        });
    }
}

struct ToolCalls<'a>(&'a Asked<'a>);

impl ToJson for ToolCalls<'_> {
    fn write(&self, out: &mut String) {
        let Self(asked) = self;
        object::array(out, asked.reply.calls.iter().enumerate(), |(at, call), out| {
            let call = nested! {
                "id": asked.call_id("call_", at, call),
                "type": "function",
                "function": nested! { "name": call.name, "arguments": call.arguments },
            };
            call.write(out);
        });
    }
}

/// The text; `null` beside a refusal or tool calls.
fn content<'a>(asked: &'a Asked<'_>) -> Option<&'a str> {
    match (&asked.reply.text, &asked.reply.refusal) {
        (None, Some(_)) => None,
        _ => asked.reply.words(),
    }
}

fn stream(asked: &Asked<'_>) -> Sse {
    let (choices, at_the_end) = (asked.count("n"), usage_at_the_end(asked));
    let has_it = at_the_end.as_ref().is_some_and(|(name, _)| *name == "usage");
    let wants_usage = wants_usage(asked) && !has_it;
    let head = head(asked, "chat.completion.chunk", 256);
    let mut sse = Sse::new();
    let mut send = |delta: &dyn ToJson, finish: Option<&'static str>| {
        for index in 0..choices {
            let choice = nested! {
                "index": index,
                "delta": delta,
                "logprobs": Null,
                "finish_reason": finish.map(Word),
            };
            let is_last = finish.is_some() && index + 1 == choices;
            if let Some((name, usage)) = at_the_end.as_ref().filter(|_| is_last) {
                sse.data(&head.clone().with("choices", &[&choice]).with(name, usage));
            } else if wants_usage {
                sse.data(&head.and(nested! { "choices": [&choice], "usage": Null }));
            } else {
                sse.data(&head.and(nested! { "choices": [&choice] }));
            }
        }
    };
    deltas(asked, |delta| send(delta, None));
    if let Some(failure) = &asked.reply.failure {
        sse.data(&errors::openai(asked, failure));
        return sse;
    }
    send(&Object::new(), Some(finish_reason(asked.reply.finished())));
    if wants_usage {
        sse.data(&head.and(nested! { "choices": [Null; 0], "usage": TokenUsage(asked.usage()) }));
    }
    sse.done();
    sse
}

/// Sends what each chunk adds to the message, from the role on.
fn deltas(asked: &Asked<'_>, mut send: impl FnMut(&dyn ToJson)) {
    let reply = asked.reply;
    let first = content(asked).map(|_| "");
    send(&nested! { "role": "assistant", "content": first, "refusal": Null });
    if let Some(name) = provider::reasoning_member(asked.provider) {
        for piece in reply.reasoning_pieces() {
            send(&Object::new().with(name, piece));
        }
    }
    if content(asked).is_some() {
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
            "id": asked.call_id("call_", at, call),
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

/// What a completion and each of its chunks begin with, and room for the rest.
fn head(asked: &Asked<'_>, kind: &'static str, bytes: usize) -> Object {
    let members = nested! {
        "id": asked.id("chatcmpl-"),
        "object": Word(kind),
        "created": asked.created,
        "model": asked.model,
        "system_fingerprint": Word("fp_llmock"),
    };
    Object::with_room(bytes, &members)
}

/// Whether the stream is to end with the usage, in a chunk of its own.
pub(super) fn wants_usage(asked: &Asked<'_>) -> bool {
    let wanted = asked.member("stream_options").and_then(|all| all.get("include_usage"));
    provider::stream_usage(asked.provider) == StreamUsage::Always
        || wanted.and_then(Json::as_bool).unwrap_or(false)
}

/// The member with the usage beside the reason for the end.
fn usage_at_the_end(asked: &Asked<'_>) -> Option<(&'static str, Raw<String>)> {
    let mut text = String::new();
    let name = match provider::stream_usage(asked.provider) {
        StreamUsage::IfAsked | StreamUsage::Always => return None,
        StreamUsage::AtTheEnd => {
            TokenUsage(asked.usage()).write(&mut text);
            "usage"
        }
        StreamUsage::InGroqsOwn => {
            let usage = TokenUsage(asked.usage());
            nested! { "id": asked.id_of("req_", 0), "usage": usage }.write(&mut text);
            "x_groq"
        }
    };
    Some((name, Raw(text)))
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
            "prompt_tokens_details": nested! { "cached_tokens": usage.cached, "audio_tokens": 0_u64 },
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
