//! OpenAI's completions, which have text and nothing else.
//!
//! A request may have several prompts. Its choices are those of the first one, then those of the second: with `n`
//! of each, the choice `i` of the prompt `p` has the index `p * n + i`, which clients rely on.

use std::borrow::Cow;

use super::failure;
use super::format::{
    At, Format, Limit, Messages, Operation, RenderContext, Rendered, Requirements, Sse,
};
use super::requirements::is_tokens;
use super::size::OutputSize;
use super::{openai, openai_chat};
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
    prompt: openai_chat::input,
    messages: Messages::Prompts,
    read_event: openai_chat::read_event,
    ..Format::DEFAULT
};

fn render(context: &RenderContext<'_>) -> Rendered {
    let finish = openai_chat::finish_reason(context.reply.finished());
    if context.streams {
        return stream(context, finish).into();
    }
    let answers = answers(context);
    let times = context.choices();
    let choices = list(|add| {
        for index in 0..answers.len() * times {
            add(&choice(index, &answers[index / times].whole(), Some(finish)));
        }
    });
    let usage = openai_chat::token_usage(context.usage());
    head(context).with("choices", &choices).with("usage", &usage).into()
}

fn stream(context: &RenderContext<'_>, finish: &str) -> Sse {
    let (answers, times) = (answers(context), context.choices());
    let usage = openai_chat::wants_usage(context);
    let head = head(context);
    let mut sse = Sse::new();
    let mut send = |index: usize, text: &str, finish: Option<&str>| {
        let chunk = head.clone().with("choices", &[choice(index, text, finish)]);
        sse.data(&chunk.with_some("usage", usage.then_some(&Null)));
    };
    let pieces: Vec<Vec<&str>> = answers.iter().map(|answer| answer.pieces(context)).collect();
    // all choices grow at the same time
    for round in 0..pieces.iter().map(Vec::len).max().unwrap_or_default() {
        for (index, pieces) in
            pieces.iter().flat_map(|own| std::iter::repeat_n(own, times)).enumerate()
        {
            if let Some(piece) = pieces.get(round) {
                send(index, piece, None);
            }
        }
    }
    if let Some(failure) = &context.reply.failure {
        sse.data(&Raw(failure::body(context, failure)));
        return sse;
    }
    for index in 0..answers.len() * times {
        send(index, "", Some(finish));
    }
    if usage {
        let last = head.clone().with("choices", &[Null; 0]);
        sse.data(&last.with("usage", &openai_chat::token_usage(context.usage())));
    }
    sse.done();
    sse
}

struct Answer<'a> {
    /// The prompt, if the request asks to repeat it.
    echo: Cow<'a, str>,
    text: &'a str,
    /// Whether the reply sets the pieces of the text.
    cut: bool,
}

impl Answer<'_> {
    fn whole(&self) -> Cow<'_, str> {
        if self.echo.is_empty() {
            Cow::Borrowed(self.text)
        } else {
            Cow::Owned(format!("{}{}", self.echo, self.text))
        }
    }

    fn pieces<'b>(&'b self, context: &'b RenderContext<'_>) -> Vec<&'b str> {
        let text =
            if self.cut { context.reply.word_pieces() } else { context.reply.chunks.of(self.text) };
        Some(&*self.echo).filter(|echo| !echo.is_empty()).into_iter().chain(text).collect()
    }
}

fn answers<'a>(context: &'a RenderContext<'_>) -> Vec<Answer<'a>> {
    let prompt = context.member("prompt");
    let prompts = match prompt.and_then(Json::as_array) {
        // the tokens of one prompt
        Some(items) if items.is_empty() || is_tokens(items) => prompt.map(std::slice::from_ref),
        Some(items) => Some(items),
        None => prompt.map(std::slice::from_ref),
    };
    let echo = context.member("echo").and_then(Json::as_bool).unwrap_or(false);
    let reply = context.reply;
    let answer = |(at, prompt): (usize, Option<&'a Json<'a>>)| {
        let own = reply.completions.get(at).or(reply.completions.last());
        Answer {
            echo: prompt.filter(|_| echo).and_then(Json::as_str).unwrap_or_default(),
            text: own.map_or_else(|| reply.words().unwrap_or_default(), String::as_str),
            cut: own.is_none() && reply.pieces.is_some(),
        }
    };
    match prompts {
        Some(prompts) => prompts.iter().map(Some).enumerate().map(answer).collect(),
        None => vec![answer((0, None))],
    }
}

/// Adds what is written for all prompts to the size of the response.
fn measure(context: &RenderContext<'_>, size: &mut OutputSize<'_>) {
    let pieces = context.reply.pieces.as_ref().map_or(0, Vec::len) + 1;
    for answer in answers(context) {
        size.add_text(&answer.whole(), context.choices(), pieces);
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

fn choice(index: usize, text: &str, finish: Option<&str>) -> Object {
    object! { "index": index, "text": text, "logprobs": Null, "finish_reason": finish }
}
