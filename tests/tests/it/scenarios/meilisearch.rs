//! Meilisearch: real embeddings by text, whatever the batches, a key that is checked, and failures on the way.

use llmock::reply::{Reply, request};
use llmock::{LlmMock, MockSession, Provider, llm_replay};
use llmock_testkit::client::{JSON, send};
use llmock_testkit::process::alone;
use llmock_testkit::recorded::place;
use llmock_testkit::upstream::{Response, Upstream, replay};
use serde_json::{Value, json};

const TEST: &str = "meilisearch::test";

fn embed(mock: &MockSession, texts: &[&str]) -> (u16, Vec<Value>) {
    let url = format!("{}/embeddings", mock.base_url(Provider::OpenAI));
    let body = json!({"model": "text-embedding-3-small", "input": texts});
    let response = send("POST", &url, &JSON, body.to_string().as_bytes());
    let status = response.status;
    let body: Value = serde_json::from_slice(&response.bytes()).unwrap();
    let data = body["data"].as_array().cloned().unwrap_or_default();
    (status, data.into_iter().map(|one| one["embedding"].clone()).collect())
}

/// The map from texts to embeddings is a recording; the index divides texts into batches by thread.
#[test]
fn embeddings_are_found_by_text() {
    alone(&[], |_| {
        let upstream = Upstream::scripted(|_, request| {
            let body: Value = serde_json::from_str(&request.text()).unwrap();
            let texts = body["input"].as_array().unwrap().iter().enumerate();
            let data = texts.map(|(index, text)| {
                let length = text.as_str().unwrap().len();
                json!({"object": "embedding", "index": index, "embedding": [length, 0.5]})
            });
            let data: Vec<_> = data.collect();
            Response::json(
                json!({"object": "list", "data": data, "usage": {"prompt_tokens": 9}}).to_string(),
            )
        });
        let (_folder, fixture) = place();
        let mock = upstream.record(&fixture, TEST).start().unwrap();
        embed(&mock, &["kefir", "intel", "a", "bb"]);
        mock.finish().unwrap();
        let mock = replay(&fixture, TEST).start().unwrap();
        for batches in
            [vec![vec!["a", "kefir"], vec!["bb"]], vec![vec!["intel"], vec!["bb", "a", "kefir"]]]
        {
            for batch in batches {
                let expected: Vec<_> = batch.iter().map(|text| json!([text.len(), 0.5])).collect();
                assert_eq!(embed(&mock, &batch), (200, expected), "{batch:?}");
            }
        }
        assert_eq!(embed(&mock, &["unknown"]).0, 418);
        mock.finish().unwrap_err();
    });
}

/// A wrong key is refused, and three of four attempts fail.
#[llm_replay(scripted = true)]
#[test]
fn keys_are_checked_and_attempts_fail(mock: &LlmMock) {
    let is_right = |request: &llmock::SentRequest| request.api_key_was("right");
    let rule = mock.when(request().matching(is_right)).reply(
        llmock::reply::Replies::from(Reply::error(503, "busy"))
            .then(Reply::error(503, "busy"))
            .then(Reply::error(503, "busy"))
            .then(Reply::new().embedding([0.5, 1.0])),
    );
    mock.after_wrong_key();
    let url = format!("{}/embeddings", mock.base_url(Provider::OpenAI));
    let ask = |key: &'static str| {
        let headers = [("content-type", "application/json"), ("authorization", key)];
        let response = send("POST", &url, &headers, br#"{"model":"m","input":"a"}"#);
        let status = response.status;
        response.text();
        status
    };
    assert_eq!(ask("Bearer wrong"), 401);
    assert_eq!([(); 4].map(|()| ask("Bearer right")), [503, 503, 503, 200]);
    assert_eq!(rule.exchanges().len(), 4);
}

/// The response to a wrong key.
trait WrongKey {
    fn after_wrong_key(&self);
}

impl WrongKey for LlmMock {
    fn after_wrong_key(&self) {
        let is_wrong = |request: &llmock::SentRequest| !request.api_key_was("right");
        self.when(request().matching(is_wrong)).reply(Reply::error(401, "invalid key").repeat());
    }
}
