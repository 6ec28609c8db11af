//! Ollama's own API, which streams unless told not to.

use super::asked::Asked;
use super::content::Finish;
use super::object::{Null, Object, Raw, arguments, object};
use super::rendered::{self, Rendered};
use super::{embeddings, harmless};
use crate::stream::Item;

pub(super) fn render(asked: &Asked<'_>) -> Rendered {
    match asked.path_alone() {
        "/api/chat" => answer(asked, Endpoint::Chat),
        "/api/generate" => answer(asked, Endpoint::Generate),
        "/api/embed" | "/api/embeddings" => embeddings::ollama(asked),
        "/api/show" => show(asked),
        _ => harmless(asked),
    }
}

/// Where an answer stands in a line.
#[derive(Clone, Copy)]
enum Endpoint {
    /// `message.content`.
    Chat,
    /// `response`.
    Generate,
}

fn answer(asked: &Asked<'_>, endpoint: Endpoint) -> Rendered {
    let reply = asked.reply;
    if !asked.streams {
        let said = Line {
            text: reply.words().unwrap_or_default(),
            thinking: reply.reasoning.as_deref(),
            calls: calls(asked),
        };
        return last(asked, said.object(asked, endpoint)).into();
    }
    let line = |said: Line<'_>| said.object(asked, endpoint);
    let thoughts = reply.reasoning_pieces().into_iter();
    let thoughts = thoughts.map(|piece| Line { thinking: Some(piece), ..Line::default() });
    let words = reply.word_pieces().into_iter().map(|text| Line { text, ..Line::default() });
    let calls = calls(asked).into_iter().map(|call| Line { calls: vec![call], ..Line::default() });
    let said = thoughts.chain(words).chain(calls);
    let mut lines: Vec<Object> = said.map(|said| line(said).with("done", &false)).collect();
    lines.push(match &reply.failure {
        Some(failure) => object! { "error": failure.message },
        None => last(asked, line(Line::default())),
    });
    let items = lines.into_iter().map(|line| Item::Json(line.into_text())).collect();
    rendered::lines("application/x-ndjson", items)
}

/// What one line says.
#[derive(Default)]
struct Line<'a> {
    text: &'a str,
    thinking: Option<&'a str>,
    calls: Vec<Object>,
}

impl Line<'_> {
    fn object(&self, asked: &Asked<'_>, endpoint: Endpoint) -> Object {
        let head = object! { "model": asked.model, "created_at": asked.created_at() };
        let calls = (!self.calls.is_empty()).then_some(&self.calls);
        match endpoint {
            Endpoint::Chat => {
                let message = object! { "role": "assistant", "content": self.text }
                    .with_some("thinking", self.thinking)
                    .with_some("tool_calls", calls);
                head.with("message", &message)
            }
            Endpoint::Generate => head
                .with("response", self.text)
                .with_some("thinking", self.thinking)
                .with_some("tool_calls", calls),
        }
    }
}

fn calls(asked: &Asked<'_>) -> Vec<Object> {
    let calls = asked.reply.calls.iter().enumerate();
    calls
        .map(|(at, call)| {
            let function = object! {
                "index": at,
                "name": call.name,
                "arguments": arguments(&call.arguments),
            };
            object! { "id": asked.call_id("call_", at, call), "function": function }
        })
        .collect()
}

/// The line that ends an answer: why, and what it took. Times in nanoseconds follow from the tokens.
fn last(asked: &Asked<'_>, line: Object) -> Object {
    const LOAD: u64 = 1_000_000;
    const TOKEN: u64 = 1_000_000;
    let usage = asked.usage();
    let (read, written) = (usage.input.saturating_mul(TOKEN), usage.output.saturating_mul(TOKEN));
    let reason = if asked.reply.finished() == Finish::Length { "length" } else { "stop" };
    line.joined(&object! {
        "done_reason": reason,
        "done": true,
        "total_duration": read.saturating_add(written).saturating_add(LOAD),
        "load_duration": LOAD,
        "prompt_eval_count": usage.input,
        "prompt_eval_duration": read,
        "eval_count": usage.output,
        "eval_duration": written,
    })
}

fn show(asked: &Asked<'_>) -> Rendered {
    object! {
        "modelfile": "",
        "parameters": "",
        "template": "",
        "details": details(),
        "model_info": Raw(r#"{"general.architecture":"llmock"}"#),
        "capabilities": ["completion", "tools", "thinking", "embedding"],
        "modified_at": asked.created_at(),
    }
    .into()
}

/// What kind of model it is, as far as clients read it.
pub(super) fn details() -> Object {
    object! {
        "parent_model": "",
        "format": "gguf",
        "family": "llmock",
        "families": Null,
        "parameter_size": "0B",
        "quantization_level": "F32",
    }
}
