//! zeroclaw: retries and keys, by `up_to_n_times`, `expect(n)`, and matches of headers.

use std::time::{Duration, Instant};

use llmock::reply::{Reply, request};
use llmock::{LlmMock, Provider, llm_replay};
use llmock_testkit::client::prompt;

use super::client;

/// Sends until there is a response, as a client with retries does: with the wait that the provider asks for. The requests are
/// those of zeroclaw's own code, with reqwest:
/// <https://github.com/zeroclaw-labs/zeroclaw/blob/04b323c9cedaf9df4f5f86fb6ba390d0fe484101/src/providers/openai.rs>.
fn retrying(mock: &LlmMock, key: &'static str) -> (usize, String) {
    let url = format!("{}/chat/completions", mock.base_url(Provider::OpenAI));
    for attempt in 1.. {
        let request = client().post(&url).header("authorization", key);
        let request = request.header("content-type", "application/json").body(prompt("a"));
        let response = request.send().unwrap();
        let wait = response.headers().get("retry-after").and_then(|wait| wait.to_str().ok());
        let wait = wait.and_then(|wait| wait.parse().ok());
        let status = response.status();
        let text = response.text().unwrap();
        if status != 429 {
            return (attempt, text);
        }
        std::thread::sleep(Duration::from_secs(wait.unwrap_or(0)));
    }
    unreachable!()
}

#[llm_replay(scripted = true)]
#[test]
fn two_refusals_and_a_response(mock: &LlmMock) {
    let refused = || Reply::error(429, "slow down").header("retry-after", "0");
    mock.reply([refused(), refused(), Reply::text("fine")]);
    let began = Instant::now();
    let (attempts, text) = retrying(mock, "Bearer sk-1");
    assert!(attempts == 3 && text.contains("fine"), "{attempts} {text}");
    assert!(began.elapsed() < Duration::from_secs(30));
    let exchanges = mock.exchanges();
    let statuses: Vec<_> =
        exchanges.iter().map(|exchange| exchange.response().unwrap().status()).collect();
    assert_eq!(statuses, [429, 429, 200]);
    assert!(exchanges.iter().all(|exchange| exchange.request().api_key_was("sk-1")));
}

/// The same around a recording, as a fault: `fault(status = 429, times = 2)`.
#[llm_replay(scripted = true, fault(status = 429, times = 2))]
#[test]
fn two_faults_and_a_response(mock: &LlmMock) {
    mock.reply(Reply::text("fine"));
    let (attempts, text) = retrying(mock, "Bearer sk-1");
    assert!(attempts == 3 && text.contains("fine"), "{attempts} {text}");
}

/// A fallback: one provider is out of service, and the other responds.
#[llm_replay(scripted = true)]
#[test]
fn the_other_provider_responds(mock: &LlmMock) {
    mock.when(request().provider(Provider::OpenAI)).reply(Reply::error(503, "overloaded"));
    let other = mock.when(request().provider(Provider::Anthropic)).reply(Reply::text("fine"));
    let body = r#"{"model":"m","max_tokens":5,"messages":[{"role":"user","content":"a"}]}"#;
    let mut text = String::new();
    for (provider, path) in
        [(Provider::OpenAI, "/chat/completions"), (Provider::Anthropic, "/v1/messages")]
    {
        let url = format!("{}{path}", mock.base_url(provider));
        let request = client().post(url).header("content-type", "application/json");
        let response = request.body(body).send().unwrap();
        let status = response.status();
        text = response.text().unwrap();
        if status == 200 {
            break;
        }
    }
    assert!(text.contains("fine"), "{text}");
    assert_eq!(other.exchanges().len(), 1);
}
