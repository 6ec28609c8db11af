//! OpenAI's completions, which have text and nothing else.
//!
//! A request may have several prompts. Its choices are those of the first one, then those of the second: with `n`
//! of each, the choice `i` of the prompt `p` has the index `p * n + i`, which clients go by.

use std::borrow::Cow;

use super::asked::Asked;
use super::object::{self, Null, Object, ToJson, object};
use super::openai_chat::{self, TokenUsage};
use super::rendered::Rendered;
use super::sse::Sse;
use super::{errors, limits};
use crate::json::Json;

pub(super) fn render(asked: &Asked<'_>) -> Rendered {
    let finish = openai_chat::finish_reason(asked.reply.finished());
    if asked.streams {
        return stream(asked, finish).into();
    }
    let answers = answers(asked);
    let choices = Choices { answers: &answers, times: times(asked), finish };
    let usage = TokenUsage(asked.usage());
    head(asked).with("choices", &choices).with("usage", &usage).into()
}

/// The choices of an answer in one piece: those of the first prompt, then those of the second, and so on.
struct Choices<'a> {
    answers: &'a [Answer<'a>],
    times: usize,
    finish: &'a str,
}

impl ToJson for Choices<'_> {
    fn write(&self, out: &mut String) {
        object::array(out, 0..self.answers.len() * self.times, |index, out| {
            let text = self.answers[index / self.times].whole();
            choice(index, &text, Some(self.finish)).write(out);
        });
    }
}

fn stream(asked: &Asked<'_>, finish: &str) -> Sse {
    let (answers, times) = (answers(asked), times(asked));
    let usage = openai_chat::wants_usage(asked);
    let head = head(asked);
    let mut sse = Sse::new();
    let mut send = |index: usize, text: &str, finish: Option<&str>| {
        let chunk = head.clone().with("choices", &[choice(index, text, finish)]);
        sse.data(&chunk.with_some("usage", usage.then_some(&Null)));
    };
    let pieces: Vec<Vec<&str>> = answers.iter().map(|answer| answer.pieces(asked)).collect();
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
    if let Some(failure) = &asked.reply.failure {
        sse.data(&errors::openai(asked, failure));
        return sse;
    }
    for index in 0..answers.len() * times {
        send(index, "", Some(finish));
    }
    if usage {
        let last = head.clone().with("choices", &[Null; 0]);
        sse.data(&last.with("usage", &TokenUsage(asked.usage())));
    }
    sse.done();
    sse
}

/// What is answered to one prompt.
struct Answer<'a> {
    /// The prompt, if it is to be repeated.
    echo: Cow<'a, str>,
    text: &'a str,
    /// Whether the author chose the pieces of the text.
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

    fn pieces<'b>(&'b self, asked: &'b Asked<'_>) -> Vec<&'b str> {
        let text =
            if self.cut { asked.reply.word_pieces() } else { asked.reply.chunks.of(self.text) };
        Some(&*self.echo).filter(|echo| !echo.is_empty()).into_iter().chain(text).collect()
    }
}

/// An answer for each prompt, in their order.
fn answers<'a>(asked: &'a Asked<'_>) -> Vec<Answer<'a>> {
    let prompt = asked.member("prompt");
    let prompts = match prompt.and_then(Json::as_array) {
        // the tokens of one prompt
        Some(items) if items.is_empty() || limits::is_tokens(items) => {
            prompt.map(std::slice::from_ref)
        }
        Some(items) => Some(items),
        None => prompt.map(std::slice::from_ref),
    };
    let echo = asked.member("echo").and_then(Json::as_bool).unwrap_or(false);
    let reply = asked.reply;
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

/// How many choices each prompt has.
fn times(asked: &Asked<'_>) -> usize {
    usize::try_from(asked.count("n")).unwrap_or(usize::MAX)
}

/// How many choices say what, for all prompts.
pub(super) fn said<'a>(asked: &'a Asked<'_>) -> impl Iterator<Item = (usize, String)> + 'a {
    let times = times(asked);
    answers(asked).into_iter().map(move |answer| (times, answer.whole().into_owned()))
}

fn head(asked: &Asked<'_>) -> Object {
    object! {
        "id": asked.id("cmpl-"),
        "object": "text_completion",
        "created": asked.created,
        "model": asked.model,
    }
}

fn choice(index: usize, text: &str, finish: Option<&str>) -> Object {
    object! { "index": index, "text": text, "logprobs": Null, "finish_reason": finish }
}
