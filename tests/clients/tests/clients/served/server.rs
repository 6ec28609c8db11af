//! The servers that the clients ask; `tests/conformance/run rust` starts them.

use std::sync::{LazyLock, Once};

use llmock_testkit::process;
use tokio::runtime::{Builder, Runtime};

/// The key that the server behind [`keyed`] wants.
pub(crate) const KEY: &str = "your-secret-api-key";

/// The models of the server behind [`listed`].
pub(crate) const MODELS: [&str; 2] = ["gpt-4o", "org/model-1"];

/// A server as it starts without any setting.
pub(crate) fn open() -> Option<String> {
    at("LLMOCK_TEST_SERVE_URL")
}

/// One that wants [`KEY`].
pub(crate) fn keyed() -> Option<String> {
    at("LLMOCK_TEST_SERVE_KEYED_URL")
}

/// One that has [`MODELS`] and no others.
pub(crate) fn listed() -> Option<String> {
    at("LLMOCK_TEST_SERVE_LISTED_URL")
}

/// Runs on the runtime that all tests share: rig keeps its connections in one pool for the process, where one
/// that has lost its runtime breaks the next request on it.
pub(crate) fn block_on<T>(future: impl Future<Output = T>) -> T {
    static RUNTIME: LazyLock<Runtime> = LazyLock::new(|| {
        Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap()
    });
    RUNTIME.block_on(future)
}

/// The root that a variable names; without one, says loudly that nothing was asked.
fn at(variable: &str) -> Option<String> {
    static SAID: Once = Once::new();
    let url = std::env::var(variable).ok().filter(|url| !url.is_empty());
    if url.is_none() {
        SAID.call_once(|| {
            process::skipped(&format!(
                "Rust clients against `llmock serve`: {variable} is not set (tests/conformance/run rust sets it)"
            ));
        });
    }
    url.map(|url| url.trim_end_matches('/').to_owned())
}
