//! What clients do with faults of a streamed response: the matrix of `docs/sweep.md`.

use std::time::Duration;

use async_openai::types::chat::CreateChatCompletionRequest;
use async_openai::types::responses::{CreateResponse, ResponseStreamEvent};
use futures::StreamExt as _;
use llmock::control::Fault;
use llmock::reply::Reply;
use llmock::{LlmMock, llm_replay};
use rig_core::completion::CompletionRequest;
use serde_json::json;

use super::kinds::models;
#[cfg(feature = "sweep-clients")]
use super::matrix;
use super::{openai, question};

const TEXT: &str = "Paris is it.";

/// The columns: each fault is for the first request, and a repeated one gets the response.
fn faults() -> Vec<(&'static str, Fault)> {
    vec![
        ("429", Fault::status(429).retry_after(0)),
        ("500", Fault::status(500)),
        ("refused", Fault::refused()),
        ("cut", Fault::cut_after_event(3)),
        ("malformed event", Fault::malformed_event(2)),
        ("empty body", Fault::empty_body()),
    ]
}

async fn chat(mock: &LlmMock) -> Result<String, String> {
    let request = CreateChatCompletionRequest { stream: Some(true), ..question(true) };
    let mut stream = openai(mock).chat().create_stream(request).await.map_err(|e| e.to_string())?;
    let mut text = String::new();
    while let Some(chunk) = stream.next().await {
        let chunk: async_openai::types::chat::CreateChatCompletionStreamResponse =
            chunk.map_err(|error| error.to_string())?;
        let deltas = chunk.choices.iter().filter_map(|choice| choice.delta.content.as_deref());
        text.extend(deltas);
    }
    Ok(text)
}

async fn responses(mock: &LlmMock) -> Result<String, String> {
    let request = json!({ "model": "gpt-5", "stream": true, "input": "What?" });
    let request: CreateResponse = serde_json::from_value(request).unwrap();
    let stream = openai(mock).responses().create_stream(request).await;
    let mut stream = stream.map_err(|error| error.to_string())?;
    let mut text = String::new();
    while let Some(event) = stream.next().await {
        let event: ResponseStreamEvent = event.map_err(|error| error.to_string())?;
        let event = serde_json::to_value(event).unwrap();
        if event["type"] == "response.output_text.delta" {
            text.push_str(event["delta"].as_str().unwrap_or_default());
        }
    }
    Ok(text)
}

/// What became of a request, with the number of requests that the client sent.
fn outcome(result: Option<Result<String, String>>, requests: usize) -> &'static str {
    match (result, requests) {
        (None, _) => "hung",
        (Some(Ok(text)), 1) if text == TEXT => "did not notice",
        (Some(Ok(text)), _) if text == TEXT => "retried",
        (Some(Ok(_)), _) => "took a part",
        (Some(Err(_)), 1) => "error",
        (Some(Err(_)), _) => "error after a retry",
    }
}

async fn row(mock: &LlmMock, client: &str) -> String {
    let mut cells = vec![client.to_owned()];
    for (_, fault) in faults() {
        let before = mock.requests().len();
        mock.fault(fault);
        let call = async {
            match client {
                "async-openai, chat" => chat(mock).await,
                "async-openai, Responses" => responses(mock).await,
                #[cfg(feature = "sweep-clients")]
                client if matrix::CLIENTS.contains(&client) => matrix::ask(mock, client).await,
                _ => {
                    let api = client.strip_prefix("rig, ").expect("a model of rig");
                    let (_, _, model) =
                        models(mock).into_iter().find(|(name, ..)| *name == api).expect(api);
                    let stream = model.stream(CompletionRequest::new("What?").max_tokens(64));
                    let finished = stream.map_err(|error| error.to_string())?.finish().await;
                    finished.map(|answer| answer.text()).map_err(|error| error.to_string())
                }
            }
        };
        let result = tokio::time::timeout(Duration::from_secs(20), call).await.ok();
        cells.push(outcome(result, mock.requests().len() - before).to_owned());
    }
    format!("| {} |", cells.join(" | "))
}

const CLIENTS: [&str; 7] = [
    "async-openai, chat",
    "async-openai, Responses",
    "rig, chat",
    "rig, responses",
    "rig, anthropic",
    "rig, gemini",
    "rig, ollama",
];

/// The default build has two of the seven clients, and compares their rows.
#[llm_replay(scripted = true)]
#[tokio::test]
async fn the_matrix_of_clients_and_faults_is_current(mock: &LlmMock) {
    mock.reply(Reply::pieces(["Paris ", "is ", "it."]).repeat());
    let names: Vec<_> = faults().into_iter().map(|(name, _)| name).collect();
    let mut table = vec![
        format!("| client | {} |", names.join(" | ")),
        format!("|---{}|", "|---".repeat(names.len())),
    ];
    for client in CLIENTS {
        table.push(row(mock, client).await);
    }
    #[cfg(feature = "sweep-clients")]
    for client in matrix::CLIENTS {
        table.push(row(mock, client).await);
    }
    let table = table.join("\n");
    let page = include_str!("../../../../../docs/sweep.md");
    assert!(page.contains(&table), "docs/sweep.md has another matrix than this one:\n{table}");
}
