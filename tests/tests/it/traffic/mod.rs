//! Pace, chunks, gates and faults, around responses of every source.

mod bytes;
mod faults;
mod gates;
mod sources;
mod streams;

use std::path::Path;

use llmock::{LlmMock, LlmMockBuilder, Provider};
use llmock_testkit::client::{JSON, ResponseStream, chat, prompt, start};
use llmock_testkit::recorded::place;
use llmock_testkit::upstream::{Response, Upstream, replay};
use tempfile::TempDir;

const TEST: &str = "traffic::test";

/// A stream with characters of several bytes, CRLF pairs, and an escape.
const EVENTS: [&str; 5] = [
    "data: {\"n\":1,\"text\":\"Größe\"}\r\n\r\n",
    "data: {\"n\":2,\"text\":\"😀\\n\"}\r\n\r\n",
    "data: {\"n\":3}\r\n\r\n",
    "data: {\"n\":4}\r\n\r\n",
    "data: [DONE]\r\n\r\n",
];

/// A fixture in a folder of its own that holds these responses, to the prompt `x` and in this order.
fn recorded(responses: impl IntoIterator<Item = Response>) -> (TempDir, LlmMockBuilder) {
    let (folder, fixture) = place();
    record(&fixture, responses);
    (folder, replay(&fixture, TEST))
}

fn record(fixture: &Path, responses: impl IntoIterator<Item = Response>) {
    let responses: Vec<Response> = responses.into_iter().collect();
    let count = responses.len();
    let mock = Upstream::start(responses).record(fixture, TEST).start().unwrap();
    for _ in 0..count {
        ask(&mock).rest();
    }
    mock.finish().unwrap();
}

fn ask(mock: &LlmMock) -> ResponseStream {
    chat(mock, &prompt("x"))
}

/// As [`ask`], but `None` if the connection closes without a response.
fn try_ask(mock: &LlmMock) -> Option<ResponseStream> {
    let url = format!("{}/chat/completions", mock.base_url(Provider::OpenAI));
    start("POST", &url, &JSON, prompt("x").as_bytes())
}
