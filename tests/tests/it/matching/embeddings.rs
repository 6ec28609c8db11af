//! Embeddings whose inputs come in other batches than they were recorded in.

use llmock::{Fixture, MockSession, Provider};
use llmock_testkit::process::alone;
use llmock_testkit::recorded::place;
use llmock_testkit::upstream::{Response, Upstream, replay};
use serde_json::{Value, json};

use super::{TEST, request};

/// A vector that tells which text it is of.
fn vector(text: &str) -> Value {
    json!([text.len(), text.bytes().map(u32::from).sum::<u32>()])
}

/// A provider of each API.
fn embed(path: &str, body: &Value) -> Value {
    let of = |texts: &Value| -> Vec<Value> {
        let texts = texts.as_array().cloned().unwrap_or_else(|| vec![texts.clone()]);
        texts.iter().map(|text| vector(text.as_str().unwrap())).collect()
    };
    if path.ends_with(":batchEmbedContents") {
        let texts = body["requests"].as_array().unwrap().iter();
        let vectors = texts.map(
            |one| json!({"values": vector(one["content"]["parts"][0]["text"].as_str().unwrap())}),
        );
        return json!({"embeddings": vectors.collect::<Vec<_>>()});
    }
    if path.ends_with("/api/embed") {
        return json!({"model": "e", "embeddings": of(&body["input"]), "prompt_eval_count": 2});
    }
    if path.ends_with("/embed") {
        return json!({"id": "x", "texts": body["texts"], "embeddings": {"float": of(&body["texts"])}});
    }
    let data = of(&body["input"]).into_iter().enumerate();
    let data = data.map(
        |(index, embedding)| json!({"object": "embedding", "index": index, "embedding": embedding}),
    );
    let data: Vec<_> = data.collect();
    let tokens = 3 * data.len();
    json!({"object": "list", "data": data, "model": "e", "usage": {"prompt_tokens": tokens, "total_tokens": tokens}})
}

type Api = (Provider, &'static str, fn(&[&str]) -> Value);

const APIS: [Api; 5] = [
    (Provider::OpenAI, "/v1/embeddings", |texts| json!({"model": "e", "input": texts})),
    (Provider::Mistral, "/v1/embeddings", |texts| json!({"model": "e", "input": texts})),
    (Provider::Ollama, "/api/embed", |texts| json!({"model": "e", "input": texts})),
    (
        Provider::Cohere,
        "/v2/embed",
        |texts| json!({"model": "e", "texts": texts, "input_type": "search_query", "embedding_types": ["float"]}),
    ),
    (Provider::Gemini, "/v1beta/models/e:batchEmbedContents", |texts| {
        let one =
            |text: &&str| json!({"model": "models/e", "content": {"parts": [{"text": text}]}});
        json!({"requests": texts.iter().map(one).collect::<Vec<_>>()})
    }),
];

fn send(mock: &MockSession, (provider, path, body): Api, texts: &[&str]) -> (u16, Value) {
    let json = [("content-type", "application/json")];
    let response =
        request(mock, (provider, "POST", path), &json, body(texts).to_string().as_bytes());
    let status = response.status;
    (status, serde_json::from_slice(&response.bytes()).unwrap_or_default())
}

#[test]
fn inputs_are_found_in_other_batches() {
    alone(&[], |_| {
        for api in APIS {
            let (_folder, fixture) = place();
            let upstream = Upstream::scripted(|_, request| {
                let body: Value = serde_json::from_str(&request.text()).unwrap();
                Response::json(embed(&request.target, &body).to_string())
            });
            let mock = upstream.session(llmock::Mode::Record, &fixture, TEST);
            let mock = mock.upstream(api.0, upstream.url()).start().unwrap();
            assert_eq!(send(&mock, api, &["one", "two", "three"]).0, 200, "{}", api.1);
            assert_eq!(send(&mock, api, &["four"]).0, 200);
            mock.finish().unwrap();

            let mock = replay(&fixture, TEST).fail_on_unused().strict_order().start().unwrap();
            for batch in [&["four", "one"][..], &["three"], &["two", "three", "four", "one"]] {
                let (status, found) = send(&mock, api, batch);
                assert_eq!(status, 200, "{} {batch:?} {found}", api.1);
                let expected = embed(api.1, &(api.2)(batch));
                // Each input has its part of the tokens of its batch; Ollama's provider counts two for any.
                let without_counts = |mut value: Value| {
                    value.as_object_mut().unwrap().remove("prompt_eval_count");
                    value
                };
                assert_eq!(without_counts(found), without_counts(expected), "{} {batch:?}", api.1);
            }
            assert_eq!(send(&mock, api, &["one", "five"]).0, 418, "one of them is not recorded");
            mock.finish().unwrap_err();

            let whole = replay(&fixture, TEST).whole_batches(true).ignore_unused().start().unwrap();
            assert_eq!(send(&whole, api, &["four", "one"]).0, 418);
            assert_eq!(send(&whole, api, &["four"]).0, 200);
            whole.finish().unwrap_err();
            assert_eq!(Fixture::load(&fixture).unwrap().interactions().len(), 2);
        }
    });
}
