//! OpenAI's completions, which have text and nothing else.
//!
//! A request may have several prompts. Its choices are those of the first one, then those of the second: with `n`
//! of each, the choice `i` of the prompt `p` has the index `p * n + i`, which clients rely on.

use std::borrow::Cow;

use super::extras::most_likely;
use super::failure;
use super::format::{
    At, Format, Limit, Messages, Operation, RenderContext, Rendered, Requested, Requirements, Sse,
};
use super::requested::alternatives;
use super::requirements::is_tokens;
use super::size::OutputSize;
use super::{openai, openai_chat, terminator};
use crate::json::Json;
use crate::json::write::{Null, Object, Raw, list, object};

const REQUIREMENTS: Requirements = Requirements::NONE.model().temperature(2.0);

pub(super) static FORMAT: Format = Format {
    name: "OpenAI completions",
    owns: |line| line.last == "completions",
    operations: &[
        // code that is filled in has the responses of chat completions
        Operation::conversation(At::Containing("/fim/"), openai_chat::render)
            .requires(REQUIREMENTS)
            .limits(Limit::ChoicesOfPrompts)
            .measured(openai_chat::measure),
        Operation::conversation(At::Any, render)
            .requires(REQUIREMENTS)
            .limits(Limit::ChoicesOfPrompts)
            .measured(measure),
    ],
    api: Some(&openai::API),
    volatile: openai::VOLATILE,
    prompts: &[openai_chat::INPUT],
    messages: Messages::Prompts,
    requested: Requested {
        most_tokens: &["max_tokens"],
        stops: &["stop"],
        // a number, which may be 0
        logprobs: |body| body.get("logprobs")?.as_u64().map(|_| alternatives(body, "logprobs")),
        ..Requested::NOTHING
    },
    answers: |context| context.choices(),
    read_event: openai_chat::read_event,
    terminator: terminator::CHOICES,
    ..Format::DEFAULT
};

fn render(context: &RenderContext<'_>) -> Rendered {
    let finish = openai_chat::finish_reason(context.reply.finished());
    let (answers, times) = (answers(context, context.streams), context.choices());
    if context.streams {
        return stream(context, &answers, finish).into();
    }
    let choices = list(|add| {
        for index in 0..answers.len() * times {
            let text = answers[index / times].concat();
            add(&choice(index, &text, Some(finish), logprobs(context).as_ref()));
        }
    });
    let usage = openai_chat::TokenUsage(context.usage());
    head(context).with("choices", &choices).with("usage", &usage).into()
}

fn stream(context: &RenderContext<'_>, answers: &[Vec<Cow<'_, str>>], finish: &str) -> Sse {
    let times = context.choices();
    let usage = openai_chat::wants_usage(context);
    let head = head(context);
    let mut sse = Sse::new();
    let mut send = |index: usize, text: &str, finish: Option<&str>, probable: Option<&Object>| {
        let chunk = head.clone().with("choices", &[choice(index, text, finish, probable)]);
        sse.data(&chunk.with_some("usage", usage.then_some(&Null)));
    };
    // all choices grow at the same time
    for round in 0..answers.iter().map(Vec::len).max().unwrap_or_default() {
        for index in 0..answers.len() * times {
            if let Some(piece) = answers[index / times].get(round) {
                let probable = logprobs_of(context, answers, round);
                send(index, piece, None, probable.as_ref());
            }
        }
    }
    if let Some(failure) = &context.reply.failure {
        sse.data(&Raw(failure::body(context, failure)));
        return sse;
    }
    for index in 0..answers.len() * times {
        send(index, "", Some(finish), None);
    }
    if usage {
        let last = head.clone().with("choices", &[Null; 0]);
        sse.data(&last.with("usage", &openai_chat::TokenUsage(context.usage())));
    }
    sse.done();
    sse
}

/// The answer to each prompt: the prompt if the request asks to repeat it, then the text, for a stream in pieces.
fn answers<'a>(context: &'a RenderContext<'_>, in_pieces: bool) -> Vec<Vec<Cow<'a, str>>> {
    let prompts = match context.member("prompt") {
        Some(Json::Array(items)) if !items.is_empty() && !is_tokens(items) => items,
        Some(alone) => std::slice::from_ref(alone),
        None => &[Json::Null],
    };
    let (reply, echo) = (context.reply, context.is_set("echo"));
    let answer = |(at, prompt): (usize, &'a Json<'a>)| {
        let own = reply.completions.get(at).or(reply.completions.last());
        let text = own.map_or_else(|| reply.words().unwrap_or_default(), String::as_str);
        let pieces = match own {
            _ if !in_pieces => vec![text],
            Some(own) => reply.chunks.of(own),
            None => reply.word_pieces(),
        };
        let prompt = prompt.as_str().filter(|prompt| echo && !prompt.is_empty());
        prompt.into_iter().chain(pieces.into_iter().map(Cow::Borrowed)).collect()
    };
    prompts.iter().enumerate().map(answer).collect()
}

/// Adds what is written for all prompts to the size of the response.
fn measure(context: &RenderContext<'_>, size: &mut OutputSize) {
    let pieces = context.reply.pieces.as_ref().map_or(0, Vec::len) + 1;
    for answer in answers(context, false) {
        size.add_text(&answer.concat(), context.choices(), pieces);
    }
}

fn head(context: &RenderContext<'_>) -> Object {
    object! {
        "id": context.id("cmpl-"),
        "object": "text_completion",
        "created": context.created,
        "model": context.model,
    }
}

fn choice(index: usize, text: &str, finish: Option<&str>, logprobs: Option<&Object>) -> Object {
    object! { "index": index, "text": text, "logprobs": logprobs, "finish_reason": finish }
}

/// The log probabilities of a text that follows a single prompt.
fn logprobs(context: &RenderContext<'_>) -> Option<Object> {
    let tokens = &context.reply.extras.logprobs;
    let is_single = !tokens.is_empty() && context.reply.completions.is_empty();
    is_single.then(|| side_by_side(context, tokens, 0))
}

/// The same for one piece of the only answer.
fn logprobs_of(
    context: &RenderContext<'_>,
    answers: &[Vec<Cow<'_, str>>],
    piece: usize,
) -> Option<Object> {
    let tokens = &context.reply.extras.logprobs;
    let is_single = answers.len() == 1 && answers[0].len() == tokens.len();
    let before = tokens.iter().take(piece).map(|(token, _)| token.chars().count()).sum();
    is_single.then(|| side_by_side(context, tokens.get(piece..=piece).unwrap_or_default(), before))
}

/// Tokens, their log probabilities, alternatives and offsets, as arrays.
fn side_by_side(context: &RenderContext<'_>, all: &[(String, f32)], start: usize) -> Object {
    let extras = &context.reply.extras;
    let mut at = start;
    let (mut tokens, mut values, mut others, mut offsets) = (vec![], vec![], vec![], vec![]);
    for (token, value) in all {
        tokens.push(token);
        values.push(*value);
        let likely = most_likely(token, *value, extras.alternatives);
        others.push(likely.fold(Object::new(), |all, (token, value)| all.with(token, &value)));
        offsets.push(at);
        at += token.chars().count();
    }
    object! {
        "tokens": tokens,
        "token_logprobs": values,
        "top_logprobs": others,
        "text_offset": offsets,
    }
}
