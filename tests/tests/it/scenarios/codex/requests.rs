//! What the agent sends: headers, keys, a stable prefix, and rules that look at it.

use llmock::reply::{Reply, Role, request};
use llmock::{FinishError, LlmMock, Provider, llm_replay};
use llmock_testkit::process::alone;
use serde_json::Value;

use super::agent::{Agent, Failure};

#[llm_replay(scripted = true)]
#[tokio::test]
async fn every_request_has_the_headers_of_its_session(mock: &LlmMock) {
    mock.reply([Reply::new().tool_call("shell", "{}"), Reply::text("ok")]);
    Agent::new(mock).turn("go").await.unwrap();
    for request in mock.requests() {
        assert_eq!(request.header("originator"), Some("codex_cli_rs"));
        assert!(request.header_was("session_id", "s1"));
    }
}

#[llm_replay(scripted = true)]
#[tokio::test]
async fn keys_are_compared_and_not_shown(mock: &LlmMock) {
    mock.reply(Reply::text("ok"));
    Agent::new(mock).turn("go").await.unwrap();
    let key = mock.api_key(Provider::OpenAI);
    let request = &mock.requests()[0];
    assert!(request.has_credentials() && request.api_key_was(&key));
    assert_eq!(request.header("authorization"), None);
}

#[llm_replay(scripted = true, cache = "stable")]
#[tokio::test]
async fn requests_extend_each_other(mock: &LlmMock) {
    mock.reply([Reply::new().tool_call("shell", "{}"), Reply::text("one"), Reply::text("two")]);
    let mut agent = Agent::new(mock);
    agent.turn("first").await.unwrap();
    agent.turn("second").await.unwrap();
    let inputs: Vec<Value> =
        mock.requests().iter().map(|request| request.json().unwrap()).collect();
    for pair in inputs.windows(2) {
        let [before, after] =
            [&pair[0]["input"], &pair[1]["input"]].map(|one| one.as_array().unwrap());
        assert_eq!(after[..before.len()], before[..]);
        assert_eq!(pair[0]["tools"], pair[1]["tools"]);
    }
}

#[llm_replay(scripted = true)]
#[tokio::test]
async fn the_rest_of_the_quota_is_read(mock: &LlmMock) {
    mock.reply(Reply::text("ok").header("x-codex-primary-used-percent", "12.5"));
    let mut agent = Agent::new(mock);
    agent.turn("go").await.unwrap();
    assert_eq!(agent.used_percent.as_deref(), Some("12.5"));
}

#[llm_replay(scripted = true)]
#[tokio::test]
async fn compaction_replaces_the_conversation(mock: &LlmMock) {
    let summary = mock.when(request().last_user("Summarize")).reply(Reply::text("they said hi"));
    mock.reply([Reply::text("hello"), Reply::text("again")]);
    let mut agent = Agent::new(mock);
    agent.turn("hi").await.unwrap();
    agent.compact().await.unwrap();
    agent.turn("go on").await.unwrap();
    assert_eq!(summary.exchanges().len(), 1);
    let last = mock.requests().pop().unwrap();
    let messages = last.messages().into_iter().filter(|message| message.role == Role::User);
    let texts: Vec<_> = messages.map(|message| message.text).collect();
    assert_eq!(texts, ["they said hi", "go on"]);
}

#[llm_replay(scripted = true)]
#[tokio::test]
async fn prompts_choose_their_replies(mock: &LlmMock) {
    for (prompt, reply) in [("weather", "sunny"), ("time", "noon")] {
        mock.when(request().last_user(prompt).offers_tool("shell")).reply(Reply::text(reply));
    }
    assert_eq!(Agent::new(mock).turn("the time?").await.as_deref(), Ok("noon"));
    assert_eq!(Agent::new(mock).turn("the weather?").await.as_deref(), Ok("sunny"));
}

#[llm_replay(scripted = true)]
#[tokio::test]
async fn agents_in_parallel_have_rules_of_their_own(mock: &LlmMock) {
    let rules = ["one", "two", "three"].map(|name| {
        let replies = [Reply::new().tool_call("shell", "{}"), Reply::text(name)];
        mock.when(request().body_contains(format!("agent {name}"))).reply(replies)
    });
    let mut agents = ["one", "two", "three"].map(|_| Agent::new(mock));
    let [one, two, three] = &mut agents;
    let said =
        tokio::join!(one.turn("agent one"), two.turn("agent two"), three.turn("agent three"));
    let said = [said.0, said.1, said.2].map(Result::unwrap);
    assert_eq!(said, ["one", "two", "three"]);
    assert!(rules.iter().all(|rule| rule.exchanges().len() == 2));
}

#[llm_replay(scripted = true, side("GET /v1/models"))]
#[tokio::test]
async fn the_list_of_models_is_background(mock: &LlmMock) {
    mock.reply(Reply::text("ok"));
    let url = format!("{}/models", mock.base_url(Provider::OpenAI));
    assert_eq!(reqwest::get(url).await.unwrap().status(), 200);
    Agent::new(mock).turn("go").await.unwrap();
}

/// `mount_sse_sequence` panics where a request is too many, and fails where one is missing.
#[test]
fn a_request_too_many_and_one_too_few_fail_the_test() {
    alone(&[], |_| {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        let mock = LlmMock::builder().scripted(true).start().unwrap();
        mock.reply(Reply::new().tool_call("shell", "{}"));
        let failure = runtime.block_on(Agent::new(&mock).turn("go")).unwrap_err();
        let Failure::Status(418, message) = failure else { panic!("{failure:?}") };
        assert!(message.contains("requests.rs:"), "{message}");
        let error = mock.finish().unwrap_err();
        assert!(matches!(error, FinishError::Missed { requests: 1, .. }), "{error:?}");

        let mock = LlmMock::builder().scripted(true).start().unwrap();
        mock.reply([Reply::text("one"), Reply::text("two")]);
        runtime.block_on(Agent::new(&mock).turn("go")).unwrap();
        let report = mock.finish().unwrap_err().to_string();
        assert!(report.contains("1 reply of this test was not requested"), "{report}");
    });
}
