//! What clients ask besides conversations, vectors, and models.

use cohere_rust::api::rerank::ReRankRequest;
use futures::StreamExt as _;
use ollama_rs::generation::completion::request::GenerationRequest;
use openai_api_rs::v1::completion::CompletionRequest;
use openai_api_rs::v1::moderation::CreateModerationRequest;

use super::answers::{HELLO, WORDS};
use super::server::{self, block_on};
use super::{cohere_rust as cohere, ollama_rs as ollama, openai_api_rs as openai};
use crate::apps::MODEL;

#[test]
fn openai_api_rs_completes_and_moderates() {
    let Some(url) = server::open() else { return };
    let client = openai::at(&super::v1(&url));
    let request = CompletionRequest::new(MODEL.to_owned(), HELLO.to_owned());
    let completion = block_on(client.completion(request)).unwrap().inner;
    assert_eq!(completion.choices[0].text, HELLO);
    assert!(completion.usage.completion_tokens > 0);

    let request = CreateModerationRequest::new(HELLO.to_owned());
    let moderation = block_on(client.create_moderation(request)).unwrap().inner;
    assert!(!moderation.results[0].flagged);
}

#[test]
fn ollama_rs_generates() {
    let Some(url) = server::open() else { return };
    let client = ollama::at(&url);
    let request = |text| GenerationRequest::new(crate::apps::OLLAMA_MODEL.to_owned(), text);
    let whole = block_on(client.generate(request(HELLO))).unwrap();
    assert_eq!((whole.response.as_str(), whole.done), (HELLO, true));
    assert!(whole.eval_count.is_some_and(|count| count > 0));

    let lines = block_on(async {
        let stream = client.generate_stream(request(WORDS)).await.unwrap();
        stream.map(Result::unwrap).concat().await
    });
    let pieces: Vec<_> = lines.iter().map(|line| line.response.as_str()).collect();
    assert_eq!(pieces.concat(), WORDS);
    assert!(pieces.len() > 1, "{pieces:?}");
    assert!(lines.last().unwrap().done);
}

/// The document that says what the query says comes first.
#[test]
fn cohere_rust_ranks() {
    let Some(url) = server::open() else { return };
    let documents = ["an invoice", "the capital of France", "a cat"].map(str::to_owned);
    let request = ReRankRequest {
        query: "the capital of France",
        documents: &documents,
        ..ReRankRequest::default()
    };
    let ranked = block_on(cohere::at(&url).rerank(&request)).unwrap();
    assert_eq!((ranked.len(), ranked[0].index), (documents.len(), 1), "{ranked:?}");
    assert!(ranked.is_sorted_by(|a, b| a.relevance_score >= b.relevance_score), "{ranked:?}");
}
