//! Google's `generateContent` and its sisters, of Gemini and of Vertex.

use super::asked::{Asked, Usage};
use super::content::Finish;
use super::object::{Object, arguments, nested, object};
use super::rendered::{self, Rendered};
use super::{embeddings, errors};
use crate::stream::Item;

pub(super) fn render(asked: &Asked<'_>) -> Rendered {
    let verb = asked.endpoint().rsplit(':').next().unwrap_or_default();
    match verb {
        "generateContent" => whole(asked),
        "streamGenerateContent" if asked.path.contains("alt=sse") => {
            rendered::google_sse(stream(asked).into_iter().map(rendered::data).collect())
        }
        "streamGenerateContent" => {
            let chunks = stream(asked).into_iter().map(|chunk| Item::Json(chunk.into_text()));
            rendered::json_array(chunks.collect())
        }
        "countTokens" => {
            let tokens = asked.input_tokens();
            let details = [object! { "modality": "TEXT", "tokenCount": tokens }];
            object! { "totalTokens": tokens, "promptTokensDetails": details }.into()
        }
        "embedContent" | "batchEmbedContents" | "predict" => embeddings::google(asked, verb),
        _ => errors::unknown_endpoint(asked),
    }
}

fn whole(asked: &Asked<'_>) -> Rendered {
    let reply = asked.reply;
    let mut parts: Vec<Object> = reply.reasoning.iter().map(thought).collect();
    parts.extend(reply.words().map(|text| object! { "text": text }));
    parts.extend(calls(asked));
    let candidates: Vec<Object> = (0..candidates(asked))
        .map(|index| candidate(&parts, Some(finish_reason(reply.finished())), index))
        .collect();
    response(asked, &candidates, asked.usage()).into()
}

/// How many answers are asked for; a stream has one.
pub(super) fn candidates(asked: &Asked<'_>) -> usize {
    let config = asked.member("generationConfig").filter(|_| !asked.streams);
    let count = config.and_then(|config| config.get("candidateCount")?.as_u64()).unwrap_or(1);
    usize::try_from(count).unwrap_or(usize::MAX).clamp(1, 8)
}

/// The chunks of a stream; the last one says why it ends.
fn stream(asked: &Asked<'_>) -> Vec<Object> {
    let reply = asked.reply;
    let thoughts = reply.reasoning_pieces().into_iter().map(thought);
    let words = reply.word_pieces().into_iter().map(|piece| object! { "text": piece });
    let mut parts: Vec<Object> = thoughts.chain(words).chain(calls(asked)).collect();
    if parts.is_empty() {
        parts.push(object! { "text": "" });
    }
    let (usage, last) = (asked.usage(), parts.len());
    let mut chunks = Vec::with_capacity(last);
    for (part, at) in parts.into_iter().zip(1..) {
        let ends = at == last && reply.failure.is_none();
        let finish = ends.then(|| finish_reason(reply.finished()));
        let sent = if ends { usage } else { Usage { output: 0, reasoning: 0, ..usage } };
        chunks.push(response(asked, &[candidate(&[part], finish, 0)], sent));
    }
    if let Some(failure) = &reply.failure {
        let error = object! {
            "code": failure.status,
            "message": failure.message,
            "status": errors::kind(asked, failure),
        };
        chunks.push(object! { "error": error });
    }
    chunks
}

fn thought(text: impl AsRef<str>) -> Object {
    object! { "text": text.as_ref(), "thought": true }
}

fn calls<'a>(asked: &'a Asked<'_>) -> impl Iterator<Item = Object> + 'a {
    asked.reply.calls.iter().enumerate().map(|(at, call)| {
        let function = object! {
            "id": asked.call_id("call_", at, call),
            "name": call.name,
            "args": arguments(&call.arguments),
        };
        let part = object! { "functionCall": function };
        part.with_some("thoughtSignature", asked.reply.signature.as_ref())
    })
}

fn candidate(parts: &[Object], finish: Option<&str>, index: usize) -> Object {
    object! { "content": nested! { "parts": *parts, "role": "model" } }
        .with_some("finishReason", finish)
        .with("index", &index)
}

fn response(asked: &Asked<'_>, candidates: &[Object], usage: Usage) -> Object {
    object! {
        "candidates": *candidates,
        "usageMetadata": usage_metadata(usage),
        "modelVersion": asked.model,
        "responseId": asked.id(""),
    }
}

fn usage_metadata(usage: Usage) -> Object {
    let (thoughts, cached) = (usage.reasoning, usage.cached);
    object! {
        "promptTokenCount": usage.input,
        "candidatesTokenCount": usage.output - thoughts,
        "totalTokenCount": usage.total(),
    }
    .with_some("thoughtsTokenCount", (thoughts > 0).then_some(&thoughts))
    .with_some("cachedContentTokenCount", (cached > 0).then_some(&cached))
}

fn finish_reason(finish: Finish) -> &'static str {
    match finish {
        // a call of a function is an answer like any other
        Finish::Stop | Finish::ToolCalls => "STOP",
        Finish::Length => "MAX_TOKENS",
        Finish::ContentFilter | Finish::Refusal => "SAFETY",
    }
}
