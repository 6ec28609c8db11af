//! Embeddings in every format, and the ranking that follows from them.

use std::borrow::Cow;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use super::asked::Asked;
use super::object::{self, Object, ToJson, nested, object};
use super::rendered::Rendered;
use super::{limits, vectors};
use crate::json::Json;
use crate::json::layout::{self, Layout};
use crate::provider::Family;

/// OpenAI's.
pub(super) fn openai(asked: &Asked<'_>) -> Rendered {
    let texts = asked.member("input").map(inputs).unwrap_or_default();
    let encoded =
        asked.member("encoding_format").and_then(Json::as_str).as_deref() == Some("base64");
    let vectors = embedded(asked, &texts, asked.member("dimensions"));
    let data = Each(&vectors, |index, vector: &Vector<'_>, out: &mut String| {
        let item = nested! { "object": "embedding", "index": index };
        item.write_with(out, |out| {
            out.push(',');
            if encoded {
                let numbers = vector.numbers();
                let bytes: Vec<u8> = numbers.iter().flat_map(|value| value.to_le_bytes()).collect();
                object::member(out, "embedding", &STANDARD.encode(bytes));
            } else {
                object::member(out, "embedding", vector);
            }
        });
    });
    let tokens = asked.input_tokens();
    object! {
        "object": "list",
        "data": data,
        "model": asked.model,
        "usage": nested! { "prompt_tokens": tokens, "total_tokens": tokens },
    }
    .into()
}

/// Gemini's `embedContent` and `batchEmbedContents`, and Vertex's `predict`.
pub(super) fn google(asked: &Asked<'_>, verb: &str) -> Rendered {
    let body = asked.body;
    let requests: Vec<&Json<'_>> = match verb {
        "embedContent" => body.into_iter().collect(),
        "predict" => {
            body.and_then(|body| body.get("instances")?.as_array()).into_iter().flatten().collect()
        }
        _ => body.and_then(|body| body.get("requests")?.as_array()).into_iter().flatten().collect(),
    };
    let said = match verb {
        "predict" => body.and_then(|body| body.get("parameters")),
        _ => requests.first().copied(),
    };
    let texts: Vec<String> = requests.iter().map(|request| text_of(request)).collect();
    let wanted = said.and_then(|said| said.get("outputDimensionality"));
    let vectors = embedded(asked, &texts, wanted);
    match verb {
        "embedContent" => object! { "embedding": nested! { "values": first(&vectors) } },
        "predict" => object! {
            "predictions": Each(&vectors, |_, vector: &Vector<'_>, out: &mut String| {
                nested! { "embeddings": nested! { "values": vector } }.write(out);
            }),
        },
        _ => object! {
            "embeddings": Each(&vectors, |_, vector: &Vector<'_>, out: &mut String| {
                nested! { "values": vector }.write(out);
            }),
        },
    }
    .into()
}

/// Ollama's `embed`, and `embeddings` for one prompt.
pub(super) fn ollama(asked: &Asked<'_>) -> Rendered {
    let wanted = asked.member("dimensions");
    if asked.endpoint() == "embeddings" {
        let texts = asked.member("prompt").map(inputs).unwrap_or_default();
        return object! { "embedding": first(&embedded(asked, &texts, wanted)) }.into();
    }
    let texts = asked.member("input").map(inputs).unwrap_or_default();
    object! {
        "model": asked.model,
        "embeddings": embedded(asked, &texts, wanted),
        "total_duration": 1_000_000_u64,
        "load_duration": 1_000_000_u64,
        "prompt_eval_count": asked.input_tokens(),
    }
    .into()
}

/// Cohere's, of both versions; kinds of vectors other than `float` are not made.
pub(super) fn cohere(asked: &Asked<'_>) -> Rendered {
    let texts = asked.member("texts").map(inputs).unwrap_or_default();
    let vectors = embedded(asked, &texts, asked.member("output_dimension"));
    let by_type = asked.path_alone() == "/v2/embed" || asked.member("embedding_types").is_some();
    let answer = object! { "id": asked.uuid(), "texts": texts };
    let (answer, kind) = if by_type {
        (answer.with("embeddings", &nested! { "float": vectors }), "embeddings_by_type")
    } else {
        (answer.with("embeddings", &vectors), "embeddings_floats")
    };
    answer.with("response_type", kind).with("meta", &cohere_meta(asked)).into()
}

/// Cohere's ranking of documents: by the words that they have in common with the query.
pub(super) fn rerank(asked: &Asked<'_>) -> Rendered {
    let query = vectors::embed(&asked.member("query").map(text_of).unwrap_or_default(), 256);
    let documents = asked.member("documents").and_then(Json::as_array).unwrap_or_default();
    let score = |document| vectors::closeness(&query, &vectors::embed(&text_of(document), 256));
    let mut ranked: Vec<(usize, f32)> =
        documents.iter().map(|document| score(document).clamp(0.0, 1.0)).enumerate().collect();
    ranked.sort_by(|one, other| other.1.total_cmp(&one.1));
    let most = asked.member("top_n").and_then(Json::as_u64).unwrap_or(u64::MAX);
    ranked.truncate(usize::try_from(most).unwrap_or(usize::MAX));
    let results: Vec<Object> = ranked
        .iter()
        .map(|(index, score)| object! { "index": index, "relevance_score": score })
        .collect();
    object! { "id": asked.uuid(), "results": results, "meta": cohere_meta(asked) }.into()
}

/// Amazon's Titan, inside Bedrock's `invoke`.
pub(super) fn titan(asked: &Asked<'_>) -> Rendered {
    let texts = asked.member("inputText").map(inputs).unwrap_or_default();
    object! {
        "embedding": first(&embedded(asked, &texts, asked.member("dimensions"))),
        "inputTextTokenCount": asked.input_tokens(),
    }
    .into()
}

fn cohere_meta(asked: &Asked<'_>) -> Object {
    object! {
        "api_version": nested! { "version": asked.path[1..].split('/').next().and_then(|v| v.strip_prefix('v')) },
        "billed_units": nested! { "input_tokens": asked.input_tokens() },
    }
}

/// A vector that is made when it is written, since all vectors of a request together are large.
enum Vector<'a> {
    Given(&'a [f32]),
    Of { text: &'a str, dimensions: usize },
}

impl Vector<'_> {
    fn numbers(&self) -> Cow<'_, [f32]> {
        match *self {
            Self::Given(numbers) => Cow::Borrowed(numbers),
            Self::Of { text, dimensions } => Cow::Owned(vectors::embed(text, dimensions)),
        }
    }
}

impl ToJson for Vector<'_> {
    fn write(&self, out: &mut String) {
        self.numbers().write(out);
    }
}

/// An array, each element of which is written by its place and vector.
struct Each<'a, F>(&'a [Vector<'a>], F);

impl<F: Fn(usize, &Vector<'_>, &mut String)> ToJson for Each<'_, F> {
    fn write(&self, out: &mut String) {
        let Self(vectors, write) = self;
        object::array(out, vectors.iter().enumerate(), |(at, vector), out| write(at, vector, out));
    }
}

/// The only vector of an answer; without an input there is none.
fn first<'a>(vectors: &'a [Vector<'a>]) -> &'a Vector<'a> {
    vectors.first().unwrap_or(&Vector::Given(&[]))
}

/// A vector for each text: the author's, or one made of its words.
fn embedded<'a>(
    asked: &'a Asked<'_>,
    texts: &'a [String],
    wanted: Option<&Json<'_>>,
) -> Vec<Vector<'a>> {
    let given = &asked.reply.embeddings;
    let dimensions = dimensions(wanted, usual(asked.family, &asked.model));
    let vector = |(at, text)| match given.get(at).or(given.last()) {
        Some(numbers) => Vector::Given(numbers),
        None => Vector::Of { text, dimensions },
    };
    texts.iter().map(String::as_str).enumerate().map(vector).collect()
}

/// How many dimensions a model's vectors have if the request does not say.
pub(super) fn usual(family: Family, model: &str) -> usize {
    match family {
        Family::OpenAiEmbeddings if model.contains("large") => 3072,
        Family::Gemini if model.contains("gemini") => 3072,
        Family::Gemini | Family::Ollama => 768,
        Family::Bedrock => 1024,
        _ => 1536,
    }
}

/// Those that the request wants, or the usual ones.
pub(super) fn dimensions(wanted: Option<&Json<'_>>, usual: usize) -> usize {
    let wanted = wanted.and_then(Json::as_u64).and_then(|wanted| usize::try_from(wanted).ok());
    wanted.unwrap_or(usual).min(limits::DIMENSIONS)
}

/// The texts of an input: a text, texts, the tokens of one, or those of several.
fn inputs(input: &Json<'_>) -> Vec<String> {
    match input {
        Json::Array(items) if !limits::is_tokens(items) => items.iter().map(text_of).collect(),
        one => vec![text_of(one)],
    }
}

/// What of a value its vector depends on: its text, else all of it.
fn text_of(value: &Json<'_>) -> String {
    match value {
        Json::String(text) => text.decode().into_owned(),
        Json::Object(_) => {
            match ["content", "text", "parts"].iter().find_map(|name| value.get(name)) {
                Some(inner) => text_of(inner),
                None => layout::print(value, Layout::Compact),
            }
        }
        Json::Array(items) if items.iter().all(|item| item.get("text").is_some()) => {
            items.iter().map(text_of).collect::<Vec<_>>().join("\n")
        }
        other => layout::print(other, Layout::Compact),
    }
}
