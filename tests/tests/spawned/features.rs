//! llmock without its features `record` and `wiremock`, for trees that want no second HTTP client: recordings still replay.

use llmock_testkit::scratch::{CLIENT, Scratch, fixture, target};
use llmock_testkit::upstream::Upstream;

/// The features of the last three are those that they have in the other scratch workspaces, so that nothing but
/// llmock itself is built once more.
const MANIFEST: &str = r#"[package]
name = "replays-only"
version = "0.0.0"
edition = "2024"

[workspace]

[dev-dependencies]
llmock = { path = "$LLMOCK", default-features = false, features = ["macros"] }
hyper-util = { version = "0.1", features = ["client-proxy-system"] }
percent-encoding = "2"
tokio = { version = "1", features = ["fs", "rt-multi-thread"] }
"#;

const TESTS: &str = r#"
use llmock::{LlmMock, Provider, llm_replay};
use replays_only::{ask, ask_at, try_ask};

#[llm_replay(fixture = "hello")]
#[test]
fn by_a_variable() {
    assert_eq!(ask("hello"), "hi there");
}

#[llm_replay(fixture = "hello")]
#[test]
fn by_a_handle(mock: &LlmMock) {
    assert_eq!(ask_at(&mock.base_url(Provider::OpenAI), "hello"), "hi there");
}

#[llm_replay(fixture = "hello")]
#[test]
fn a_miss() {
    let _ = try_ask("how are you");
}
"#;

const FIXTURE: &str = "tests/fixtures/hello.json";

#[test]
fn replays_without_record_and_wiremock() {
    let hello = fixture(&[("hello", "hi there")]);
    let files = [
        ("Cargo.toml", MANIFEST),
        ("src/lib.rs", CLIENT),
        ("tests/api.rs", TESTS),
        (FIXTURE, hello.as_str()),
    ];
    let scratch = Scratch::open("replays-only", &files);
    let tree = scratch.cargo(".", ["tree", "--offline", "--prefix", "none"]).output();
    assert!(tree.stdout.contains("llmock v"), "{}", tree.everything());
    for left_out in ["reqwest v", "wiremock v"] {
        assert!(!tree.stdout.contains(left_out), "{}", tree.everything());
    }

    let binaries = scratch.build(".", &[]);
    let ran = scratch.test(target(&binaries, "api"), [""; 0]).output();
    assert_eq!(ran.passed(), ["by_a_handle", "by_a_variable"], "{}", ran.everything());
    let miss = ran.failure("a_miss");
    assert!(miss.contains("llmock: 1 request is not in tests/fixtures/hello.json"), "{miss}");

    let upstream = Upstream::chat("not to be asked");
    let run = scratch.test(target(&binaries, "api"), ["by_a_variable", "--exact"]);
    let run = run.env("LLMOCK_MODE", "record").env("OPENAI_BASE_URL", upstream.openai_url());
    let refused = run.output().only_failure("by_a_variable");
    let sentence = "it cannot be recorded: llmock was built without its feature `record`";
    assert!(refused.contains(sentence), "{refused}");
    assert_eq!(upstream.requests().len(), 0);
    assert_eq!(scratch.read(FIXTURE), hello);
}
