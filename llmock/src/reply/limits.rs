//! How much one request may ask for, so that a small one costs no server its memory.
//!
//! Providers bound the lists of a request too. How long an answer may become is no provider's limit: they stop
//! at a number of tokens, and an echo stops nowhere.

use super::asked::Asked;
use super::reading::Reading;
use super::{completions, embeddings, gemini};
use crate::json::Json;
use crate::provider::Family;

/// Answers to one request: the most that `n` may be in OpenAI's reference of chat completions and completions.
pub(super) const CHOICES: u64 = 128;

/// Inputs, and prompts, of one request: what OpenAI's reference of embeddings allows ("any array must be 2048
/// dimensions or less", of the member `input`).
pub(super) const INPUTS: usize = 2048;

/// Documents to be ranked: the most that Cohere's reference of `rerank` allows.
const DOCUMENTS: usize = 10_000;

/// Coordinates of one vector. OpenAI's and Gemini's models have up to 3,072; the largest of others 4,096.
pub(super) const DIMENSIONS: usize = 4096;

/// Coordinates of all vectors: as many inputs as there may be, in the dimensions of OpenAI's small model.
pub(super) const COORDINATES: usize = INPUTS * 1536;

/// The most bytes that an answer may have: a stream of some 100,000 words.
pub(super) const ANSWER: usize = 32 << 20;

/// What an event holds beside its text and the name of the model, at most.
const EVENT: usize = 400;

/// What an answer holds beside what is said, at most, without the request that some quote.
const HEAD: usize = 4096;

/// How often a stream says the same text: Responses closes part, item, and response with it.
const TIMES: usize = 6;

/// What a request asks for too much of, in a sentence for the provider's `message`.
pub(super) fn of_request(reading: &Reading<'_>) -> Option<String> {
    let body = reading.body.as_ref()?;
    let target = reading.target();
    let last = target.path_alone().rsplit('/').next().unwrap_or_default();
    let vectors = |inputs, dimensions| {
        let usual = embeddings::usual(target.family, &reading.model().unwrap_or_default());
        vectors(body, inputs, body, dimensions, usual)
    };
    match target.family {
        Family::OpenAiChat => choices(body),
        Family::OpenAiCompletions => choices(body).or_else(|| listed(body, "prompt", INPUTS)),
        Family::OpenAiEmbeddings => vectors("input", "dimensions"),
        Family::Plain if last == "moderations" => listed(body, "input", INPUTS),
        Family::Gemini => {
            let name = if last.ends_with(":predict") { "instances" } else { "requests" };
            let items = body.get(name).and_then(Json::as_array);
            // the first of several decides for all of them
            let said = body.get("parameters").or_else(|| items?.first()).unwrap_or(body);
            let usual = embeddings::usual(target.family, &reading.model().unwrap_or_default());
            self::vectors(body, name, said, "outputDimensionality", usual)
        }
        Family::Ollama if last.starts_with("embed") => vectors("input", "dimensions"),
        Family::Cohere if last == "rerank" => listed(body, "documents", DOCUMENTS),
        Family::Cohere if last == "embed" => vectors("texts", "output_dimension"),
        Family::Bedrock if last == "invoke" => vectors("inputText", "dimensions"),
        _ => None,
    }
}

/// A wrong `n`.
fn choices(body: &Json<'_>) -> Option<String> {
    let wanted = body.get("n").filter(|wanted| !wanted.is_null())?;
    let fits = wanted.as_u64().is_some_and(|wanted| (1..=CHOICES).contains(&wanted));
    (!fits).then(|| format!("invalid value of `n`: expected an integer from 1 to {CHOICES}"))
}

/// A list that is too long.
fn listed(body: &Json<'_>, name: &str, most: usize) -> Option<String> {
    let count = body.get(name).and_then(Json::as_array).filter(|items| !is_tokens(items))?.len();
    (count > most).then(|| format!("`{name}` has {count} elements: at most {most} are taken"))
}

/// Whether it is one text that a client has cut into tokens.
pub(super) fn is_tokens(items: &[Json<'_>]) -> bool {
    items.iter().any(|item| matches!(item, Json::Number(_)))
}

/// Vectors that are too many, too long, or both; `said` has their dimensions.
fn vectors(
    body: &Json<'_>,
    inputs: &str,
    said: &Json<'_>,
    dimensions: &str,
    usual: usize,
) -> Option<String> {
    if let Some(many) = listed(body, inputs, INPUTS) {
        return Some(many);
    }
    let wanted = said.get(dimensions).filter(|wanted| !wanted.is_null());
    let fits = |wanted: &Json<'_>| {
        wanted.as_u64().is_some_and(|wanted| (1..=DIMENSIONS as u64).contains(&wanted))
    };
    if !wanted.is_none_or(fits) {
        return Some(format!(
            "invalid value of `{dimensions}`: expected an integer from 1 to {DIMENSIONS}"
        ));
    }
    let items = body.get(inputs).and_then(Json::as_array).filter(|items| !is_tokens(items));
    let (count, each) = (items.map_or(1, <[_]>::len), embeddings::dimensions(wanted, usual));
    (count * each > COORDINATES).then(|| {
        format!(
            "{count} vectors of {each} dimensions are {} numbers: at most {COORDINATES} are made at once",
            count * each
        )
    })
}

/// Why an answer would be too long, in a sentence for the provider's `message`.
pub(super) fn of_answer(asked: &Asked<'_>) -> Option<String> {
    if !asked.is_conversation {
        return None;
    }
    // most answers are so short that it does not matter what they consist of
    let worst = Said::of(asked, &|text| ESCAPE * text.len(), &str::len);
    if size(asked, &worst) <= ANSWER || bound(asked) <= ANSWER {
        return None;
    }
    Some(format!("the answer to this request would be longer than {ANSWER} bytes"))
}

/// How many bytes the answer has at most, without what it quotes of the request.
pub(super) fn bound(asked: &Asked<'_>) -> usize {
    let chunks = asked.reply.chunks;
    let pieces = |text: &str| chunks.of(text).len().max(chunks.of_arguments(text).len());
    size(asked, &Said::of(asked, &written, &pieces))
}

/// How much all answers to a request say.
struct Said {
    answers: usize,
    /// As JSON has it, with escapes.
    bytes: usize,
    pieces: usize,
}

impl Said {
    /// `bytes` and `pieces` count those of a text.
    fn of(
        asked: &Asked<'_>,
        bytes: &dyn Fn(&str) -> usize,
        pieces: &dyn Fn(&str) -> usize,
    ) -> Self {
        let reply = asked.reply;
        let mut said = Self { answers: 0, bytes: 0, pieces: 0 };
        // code that is filled in is answered as a chat is
        let fills_in = asked.path.contains("/fim/");
        if asked.family == Family::OpenAiCompletions && !fills_in {
            for (answers, text) in completions::said(asked) {
                said.answers += answers;
                said.bytes = said.bytes.saturating_add(answers.saturating_mul(bytes(&text)));
                let pieces = pieces(&text).max(reply.pieces.as_ref().map_or(0, Vec::len) + 1);
                said.pieces = said.pieces.saturating_add(answers.saturating_mul(pieces));
            }
            return said;
        }
        let texts = [&reply.text, &reply.refusal, &reply.reasoning].into_iter().flatten();
        let calls = reply.calls.iter().flat_map(|call| [&call.name, &call.arguments]);
        for text in texts.chain(calls) {
            said.bytes += bytes(text);
            said.pieces += pieces(text);
        }
        if let Some(chosen) = &reply.pieces {
            said.pieces = said.pieces.max(chosen.len());
        }
        said.answers = match asked.family {
            Family::OpenAiChat | Family::OpenAiCompletions => {
                usize::try_from(asked.count("n")).unwrap_or(usize::MAX)
            }
            Family::Gemini => gemini::candidates(asked),
            _ => 1,
        };
        said.bytes = said.bytes.saturating_mul(said.answers);
        said.pieces = said.pieces.saturating_mul(said.answers);
        said
    }
}

fn size(asked: &Asked<'_>, said: &Said) -> usize {
    // a call begins and ends with events of its own, and an answer does
    let calls = asked.reply.calls.len().saturating_mul(said.answers).saturating_mul(8);
    let frames = calls.saturating_add(said.answers.saturating_mul(8));
    let all = if asked.streams {
        let event = EVENT.saturating_add(written(&asked.model));
        let events = said.pieces.saturating_add(frames);
        said.bytes.saturating_mul(TIMES).saturating_add(events.saturating_mul(event))
    } else {
        said.bytes.saturating_add(frames.saturating_mul(EVENT / 8))
    };
    all.saturating_add(HEAD)
}

/// The most bytes that JSON makes of one: `\u001f`.
const ESCAPE: usize = 6;

/// The bytes of a text in JSON, without its quotes.
fn written(text: &str) -> usize {
    let bytes = text.bytes().map(|byte| match byte {
        b'"' | b'\\' | b'\n' | b'\r' | b'\t' => 2,
        ..b' ' => ESCAPE,
        _ => 1,
    });
    bytes.sum()
}
