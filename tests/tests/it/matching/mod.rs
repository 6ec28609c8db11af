//! Which requests are the same, where clients make up a part of them, and what a miss costs.

mod addresses;
mod embeddings;
mod headers;
mod hosts;
mod lanes;
mod misses;
mod multipart;
mod orders;
mod ranges;
mod redirects;
mod reports;

use std::path::Path;

use llmock::{LlmMockBuilder, MockSession, Provider};
use llmock_testkit::client::{ResponseStream, send};
use llmock_testkit::upstream::{Upstream, replay};

const TEST: &str = "matching::test";

/// Sends a request below the host of a provider.
fn request(
    mock: &MockSession,
    (provider, method, path): (Provider, &str, &str),
    headers: &[(&str, &str)],
    body: &[u8],
) -> ResponseStream {
    send(method, &format!("{}{path}", mock.host_url(provider)), headers, body)
}

/// Records what `run` sends, and lets it send the other requests to the recording, under the same rules.
fn records_and_replays(
    upstream: &Upstream,
    fixture: &Path,
    rules: impl Fn(LlmMockBuilder) -> LlmMockBuilder,
    run: impl Fn(&MockSession, bool),
) -> Result<(), llmock::FinishError> {
    let mock = rules(upstream.record(fixture, TEST)).start().unwrap();
    run(&mock, false);
    mock.finish().unwrap();
    let received = upstream.requests().len();
    let mock = rules(replay(fixture, TEST)).start().unwrap();
    run(&mock, true);
    let result = mock.finish();
    assert_eq!(upstream.requests().len(), received, "replay calls no provider");
    result
}
