//! What the test harnesses of other projects do, done with llmock: a test for each part that a project can delete.
//!
//! | project | its harness | lines | its client | file |
//! |---|---|---|---|---|
//! | codex | `core/tests/common/responses.rs`, `streaming_sse.rs` | 1,718 + 709 | its own | `codex`: 47 tests, and what each part of the harness becomes |
//! | rig | `tests/common/cassettes.rs` | 4,264 | rig | `rig`; with rig itself `tests/clients`, `scenarios.rs` |
//! | goose | `acp_fixtures/mod.rs` | 663 | requests by reqwest | `goose`, by reqwest |
//! | Meilisearch | the closure and the map of embeddings in `openai.rs` | 1 closure, 238 kB of data | requests by ureq | `meilisearch`; with async-openai `tests/clients`, `scenarios.rs` |
//! | zeroclaw | 430 mounts of wiremock in 39 files | – | requests by reqwest | `zeroclaw`, by reqwest |
//!
//! codex, goose, Meilisearch, and zeroclaw write their requests and read the responses in code of their programs, which is no
//! crate that a test could depend on. codex itself runs against `llmock serve` in `tests/conformance`.

mod codex;
mod goose;
mod meilisearch;
mod rig;
mod zeroclaw;

use std::sync::LazyLock;

use llmock::{LlmMock, Provider};
use llmock_testkit::client::{JSON, ResponseStream, send};
use serde_json::{Value, json};

/// The client that goose and zeroclaw write their requests with.
fn client() -> &'static reqwest::blocking::Client {
    static CLIENT: LazyLock<reqwest::blocking::Client> =
        LazyLock::new(|| reqwest::blocking::Client::builder().no_proxy().build().unwrap());
    &CLIENT
}

/// Sends a request to an endpoint of a provider.
fn post(mock: &LlmMock, provider: Provider, path: &str, body: &Value) -> ResponseStream {
    let url = format!("{}{path}", mock.base_url(provider));
    send("POST", &url, &JSON, body.to_string().as_bytes())
}

/// Responses of OpenAI with this input, streamed as codex does.
fn respond(mock: &LlmMock, input: &Value) -> ResponseStream {
    let body = json!({"model": "gpt-5", "stream": true, "input": input, "instructions": "You are codex.",
        "tools": [{"type": "function", "name": "shell", "parameters": {"type": "object"}}]});
    post(mock, Provider::OpenAI, "/responses", &body)
}

/// The data of the events of a stream.
fn events(response: ResponseStream) -> Vec<Value> {
    let text = response.text();
    let data = text.lines().filter_map(|line| line.strip_prefix("data: "));
    data.filter_map(|data| serde_json::from_str(data).ok()).collect()
}

/// The first item of this type that a stream has finished.
fn item(events: &[Value], kind: &str) -> Value {
    let done = events.iter().filter(|event| event["type"] == "response.output_item.done");
    let mut items = done.map(|event| event["item"].clone()).filter(|item| item["type"] == kind);
    items.next().unwrap_or_else(|| panic!("no {kind} in {events:?}"))
}
