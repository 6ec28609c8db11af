//! OpenAI's completions, which have text and nothing else.

use super::asked::Asked;
use super::errors;
use super::object::{Null, Object, object};
use super::openai_chat::{self, TokenUsage};
use super::rendered::Rendered;
use super::sse::Sse;
use crate::json::Json;

pub(super) fn render(asked: &Asked<'_>) -> Rendered {
    let finish = openai_chat::finish_reason(asked.reply.finished());
    if asked.streams {
        return stream(asked, finish).into();
    }
    let text = echoed(asked) + asked.reply.words().unwrap_or_default();
    let choices: Vec<Object> =
        (0..answers(asked)).map(|index| choice(index, &text, Some(finish))).collect();
    let usage = TokenUsage(asked.usage());
    head(asked).with("choices", &choices).with("usage", &usage).into()
}

fn stream(asked: &Asked<'_>, finish: &str) -> Sse {
    let (answers, usage) = (answers(asked), openai_chat::wants_usage(asked));
    let head = head(asked);
    let mut sse = Sse::new();
    let mut send = |text: &str, finish: Option<&str>| {
        for index in 0..answers {
            let chunk = head.clone().with("choices", &[choice(index, text, finish)]);
            sse.data(&chunk.with_some("usage", usage.then_some(&Null)));
        }
    };
    let echoed = echoed(asked);
    if !echoed.is_empty() {
        send(&echoed, None);
    }
    for piece in asked.reply.word_pieces() {
        send(piece, None);
    }
    if let Some(failure) = &asked.reply.failure {
        sse.data(&errors::openai(asked, failure));
        return sse;
    }
    send("", Some(finish));
    if usage {
        let last = head.clone().with("choices", &[Null; 0]);
        sse.data(&last.with("usage", &TokenUsage(asked.usage())));
    }
    sse.done();
    sse
}

/// One answer for each prompt and each of the `n` wanted.
fn answers(asked: &Asked<'_>) -> u64 {
    let texts = |items: &&[Json<'_>]| items.iter().all(|item| item.as_str().is_some());
    let prompts = asked.member("prompt").and_then(Json::as_array).filter(texts);
    let prompts = prompts.map_or(1, |prompts| prompts.len() as u64);
    (prompts.max(1) * asked.count("n")).min(1024)
}

/// The prompt, if it is to be repeated before the answer.
fn echoed(asked: &Asked<'_>) -> String {
    let wanted = asked.member("echo").and_then(Json::as_bool).unwrap_or(false);
    let prompt = asked.member("prompt").filter(|_| wanted).and_then(Json::as_str);
    prompt.unwrap_or_default().into_owned()
}

fn head(asked: &Asked<'_>) -> Object {
    object! {
        "id": asked.id("cmpl-"),
        "object": "text_completion",
        "created": asked.created,
        "model": asked.model,
    }
}

fn choice(index: u64, text: &str, finish: Option<&str>) -> Object {
    object! { "index": index, "text": text, "logprobs": Null, "finish_reason": finish }
}
