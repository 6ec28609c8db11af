//! The variables are written before `main`; `spawned_isolation.rs` runs this.
#![forbid(unsafe_code)]
#![deny(warnings)]

use llmock::llm_replay;

llmock::preload!();

#[test]
fn variables_are_there_without_a_session() {
    let base_url = std::env::var("OPENAI_BASE_URL").unwrap();
    let path = base_url.rsplit_once(':').unwrap().1.split_once('/').unwrap().1;
    assert!(base_url.starts_with("http://127.0.0.1:"), "{base_url}");
    assert_eq!(path, "env/openai/v1");
}

#[llm_replay(fixture = "hello")]
#[test]
fn replays() {
    assert_eq!(client::ask("hello"), "hi there");
}
