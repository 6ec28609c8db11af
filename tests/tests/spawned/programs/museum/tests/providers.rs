//! Another provider, another endpoint, a `Mock`, or a test attribute in the way.

use std::time::Duration;

use llmock::wiremock::matchers::{method, path};
use llmock::wiremock::{Mock, ResponseTemplate};
use llmock::{LlmMock, Provider, llm_replay};
use museum::{Curator, Guide, is_seeded, question, seeded};
use serde_json::json;

/// Whose turn it is to answer: the guide's, or the curator's.
async fn ask_either(prompt: &str) {
    if is_seeded() {
        Curator::from_env().unwrap().label(prompt).await.unwrap();
    } else {
        Guide::from_env().ask(prompt).await.unwrap();
    }
}

#[llm_replay(fixture = "providers/changed")]
#[tokio::test]
async fn asks_the_curator_instead() {
    ask_either("Date the tapestry.").await;
}

#[llm_replay(fixture = "providers/changed_with_a_key")]
#[tokio::test]
async fn asks_the_curator_with_a_key() {
    ask_either("Date the carpet.").await;
}

async fn mount(mock: &LlmMock, at: &str, status: u16, body: serde_json::Value) {
    if is_seeded() {
        let response = ResponseTemplate::new(status).set_body_json(body);
        let given = Mock::given(method("POST")).and(path(at)).respond_with(response).expect(1);
        given.mount(mock.wiremock()).await;
    }
}

#[llm_replay(fixture = "providers/shadowed")]
#[tokio::test]
async fn has_a_mock_in_front(mock: LlmMock) {
    mount(&mock, "/v1/chat/completions", 200, json!({ "museum": "closed" })).await;
    Guide::at(&mock.base_url(Provider::OpenAI)).ask("Date the armour.").await.unwrap();
}

#[llm_replay(fixture = "providers/misspelt")]
#[tokio::test]
async fn has_a_mock_beside_it(mock: LlmMock) {
    mount(&mock, "/v1/chat/completion", 503, json!({})).await;
    Guide::at(&mock.base_url(Provider::OpenAI)).ask("Date the helmet.").await.unwrap();
}

/// A request that no SDK here has a call for.
async fn request(method: reqwest::Method, path: &str, body: Option<serde_json::Value>) -> u16 {
    let address = std::env::var("OPENAI_BASE_URL").unwrap();
    let mut request = reqwest::Client::new()
        .request(method, format!("{address}{path}"))
        .header("authorization", "Bearer of the guide");
    if let Some(body) = body {
        request = request.header("content-type", "application/json").body(body.to_string());
    }
    request.send().await.unwrap().status().as_u16()
}

#[llm_replay(fixture = "providers/models")]
#[tokio::test]
async fn lists_the_models() {
    Guide::from_env().ask("Date the shield.").await.unwrap();
    if is_seeded() {
        request(reqwest::Method::GET, "/models", None).await;
    }
}

#[llm_replay(fixture = "providers/endpoint")]
#[tokio::test]
async fn keeps_its_endpoint() {
    let status = if is_seeded() {
        let body = json!({ "model": "guide-1", "input": "Date the sword." });
        request(reqwest::Method::POST, "/responses", Some(body)).await
    } else {
        request(reqwest::Method::POST, "/chat/completions", Some(question("Date the sword."))).await
    };
    assert_eq!(status, 200, "the status of the answer");
}

#[llm_replay(fixture = "providers/version")]
#[tokio::test]
async fn keeps_its_version() {
    let version = seeded("2026-03-02", "2026-07-19");
    let path = format!("/chat/completions?api-version={version}");
    let status = request(reqwest::Method::POST, &path, Some(question("Date the crown."))).await;
    assert_eq!(status, 200, "the status of the answer");
}

#[llm_replay(fixture = "providers/wanted_panic")]
#[tokio::test]
#[should_panic(expected = "no such room")]
async fn refuses_a_room() {
    let prompt = seeded("Is there a room 99?", "Is there a room 100?");
    let _ = Guide::from_env().ask(prompt).await;
    panic!("no such room");
}

#[llm_replay(fixture = "providers/any_panic")]
#[tokio::test]
#[should_panic]
async fn panics_somehow() {
    let _ = Guide::from_env().ask("This was never recorded.").await;
    panic!("no such room");
}

#[llm_replay(fixture = "providers/clock")]
#[tokio::test]
async fn stops_the_clock() {
    if is_seeded() {
        tokio::time::pause();
    }
    let answer = async {
        // The paused clock jumps ahead as soon as the runtime is idle.
        tokio::time::sleep(Duration::from_millis(seeded(0, 60_000))).await;
        Guide::from_env().ask("What time is it in the tower?").await
    };
    let answer = tokio::time::timeout(Duration::from_secs(30), answer).await;
    answer.expect("an answer in time").unwrap();
}

#[llm_replay(fixture = "providers/outer")]
#[tokio::test]
async fn calls_another_test() {
    #[llm_replay(fixture = "providers/inner")]
    fn inner() {}
    Guide::from_env().ask("Date the outer court.").await.unwrap();
    if is_seeded() {
        inner();
    }
}
