//! Embeddings in every format, and the ranking that follows from them.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use super::asked::Asked;
use super::object::{Object, nested, object};
use super::rendered::Rendered;
use super::vectors;
use crate::json::Json;
use crate::json::layout::{self, Layout};

/// More coordinates than any model has.
const MOST: usize = 16_384;

/// OpenAI's.
pub(super) fn openai(asked: &Asked<'_>) -> Rendered {
    let texts = asked.member("input").map(inputs).unwrap_or_default();
    let encoded =
        asked.member("encoding_format").and_then(Json::as_str).as_deref() == Some("base64");
    let usual = if asked.model.contains("large") { 3072 } else { 1536 };
    let vectors = embedded(asked, &texts, dimensions(asked.member("dimensions"), usual));
    let data: Vec<Object> = vectors
        .iter()
        .enumerate()
        .map(|(index, vector)| {
            let item = object! { "object": "embedding", "index": index };
            if encoded {
                let bytes: Vec<u8> = vector.iter().flat_map(|value| value.to_le_bytes()).collect();
                return item.with("embedding", &STANDARD.encode(bytes));
            }
            item.with("embedding", vector)
        })
        .collect();
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
    let usual = if asked.model.contains("gemini") { 3072 } else { 768 };
    let given = |request: &Json<'_>| dimensions(request.get("outputDimensionality"), usual);
    let body = asked.body;
    let requests: Vec<&Json<'_>> = match verb {
        "embedContent" => body.into_iter().collect(),
        "predict" => {
            body.and_then(|body| body.get("instances")?.as_array()).into_iter().flatten().collect()
        }
        _ => body.and_then(|body| body.get("requests")?.as_array()).into_iter().flatten().collect(),
    };
    let wanted = match verb {
        "predict" => body.and_then(|body| body.get("parameters")).map_or(usual, given),
        _ => requests.first().map_or(usual, |request| given(request)),
    };
    let texts: Vec<String> = requests.iter().map(|request| text_of(request)).collect();
    let vectors = embedded(asked, &texts, wanted);
    let values: Vec<Object> = vectors.iter().map(|vector| object! { "values": vector }).collect();
    match verb {
        "embedContent" => object! { "embedding": values.first() },
        "predict" => {
            let predictions: Vec<Object> =
                values.iter().map(|values| object! { "embeddings": values }).collect();
            object! { "predictions": predictions }
        }
        _ => object! { "embeddings": values },
    }
    .into()
}

/// Ollama's `embed`, and `embeddings` for one prompt.
pub(super) fn ollama(asked: &Asked<'_>) -> Rendered {
    let wanted = dimensions(asked.member("dimensions"), 768);
    if asked.endpoint() == "embeddings" {
        let texts = asked.member("prompt").map(inputs).unwrap_or_default();
        let vectors = embedded(asked, &texts, wanted);
        return object! { "embedding": vectors.first().cloned().unwrap_or_default() }.into();
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
    let vectors = embedded(asked, &texts, dimensions(asked.member("output_dimension"), 1536));
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
    let vectors = embedded(asked, &texts, dimensions(asked.member("dimensions"), 1024));
    object! {
        "embedding": vectors.first().cloned().unwrap_or_default(),
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

/// A vector for each text: the author's, or one made of its words.
fn embedded(asked: &Asked<'_>, texts: &[String], dimensions: usize) -> Vec<Vec<f32>> {
    let given = &asked.reply.embeddings;
    let vector = |(at, text): (usize, &String)| match given.get(at).or(given.last()) {
        Some(vector) => vector.clone(),
        None => vectors::embed(text, dimensions),
    };
    texts.iter().enumerate().map(vector).collect()
}

fn dimensions(wanted: Option<&Json<'_>>, usual: usize) -> usize {
    let wanted = wanted.and_then(Json::as_u64).and_then(|wanted| usize::try_from(wanted).ok());
    wanted.unwrap_or(usual).min(MOST)
}

/// The texts of an input: a text, texts, the tokens of one, or those of several.
fn inputs(input: &Json<'_>) -> Vec<String> {
    match input {
        Json::Array(items) if !items.iter().any(|item| matches!(item, Json::Number(_))) => {
            items.iter().map(text_of).collect()
        }
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
