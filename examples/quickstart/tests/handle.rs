//! Tests that take the mock as an argument: they touch no environment variable and run in parallel.

use async_openai::config::OpenAIConfig;
use llmock::{LlmMock, Provider, llm_replay};
use quickstart::{Anthropic, Assistant, Editor};
use serde_json::Value;

const REPORT: &str =
    "Invoices can be downloaded as one archive. Reminders are sent in the evening.";

fn assistant(mock: &LlmMock) -> Assistant {
    Assistant::new(OpenAIConfig::new().with_api_base(mock.base_url(Provider::OpenAI)))
}

#[llm_replay(fixture = "handle/summary")]
#[tokio::test]
async fn sends_the_whole_report_once(mock: &LlmMock) {
    let summary = assistant(mock).summarize(REPORT).await.unwrap();
    assert!(!summary.is_empty());

    let requests = mock.requests();
    assert_eq!(requests.len(), 1);
    assert_eq!(requests[0].method(), "POST");
    assert_eq!(requests[0].path(), "/v1/chat/completions");
    let body: Value = requests[0].json().unwrap();
    let question = body["messages"][1]["content"].as_str().unwrap();
    assert!(question.ends_with(REPORT), "{question}");
}

#[llm_replay(fixture = "handle/stream")]
#[tokio::test]
async fn streams_through_a_handle(mock: &LlmMock) {
    let mut pieces = 0;
    let summary = assistant(mock).stream_summary(REPORT, |_| pieces += 1).await.unwrap();
    assert!(pieces > 1, "one piece is no stream: {summary}");
}

#[llm_replay(fixture = "handle/rewrite")]
#[tokio::test]
async fn asks_another_provider_through_a_handle(mock: &LlmMock) {
    let url = mock.base_url(Provider::Anthropic);
    let editor = Editor::new(Anthropic::new(&url, "no key is needed to replay"));
    let note = editor.rewrite("you can get all invoices at once now").await.unwrap();
    assert!(!note.is_empty());
    assert_eq!(mock.requests()[0].path(), "/v1/messages");
}
