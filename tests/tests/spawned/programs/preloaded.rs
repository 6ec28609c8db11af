//! The variables are written before `main`; `spawned_isolation.rs` runs this.
#![forbid(unsafe_code)]
#![deny(warnings)]

use std::io::{Read, Write};
use std::net::TcpStream;

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

/// As a client whose address is fixed, in a test that knows nothing of llmock.
#[test]
#[ignore = "needs `network = \"block\"`; `isolation.rs` sets it and runs it"]
fn guarded() {
    let proxy = std::env::var("HTTPS_PROXY").expect("a proxy");
    let mut stream = TcpStream::connect(proxy.trim_start_matches("http://")).unwrap();
    let head = "CONNECT api.openai.com:443 HTTP/1.1\r\nhost: api.openai.com:443\r\n\r\n";
    stream.write_all(head.as_bytes()).unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).unwrap();
    assert!(answer.starts_with("HTTP/1.1 403 "), "{answer}");
}

#[llm_replay(fixture = "hello")]
#[test]
#[ignore = "needs `network = \"block\"`; `isolation.rs` sets it and runs it"]
fn guarded_and_replayed() {
    guarded();
    assert_eq!(client::ask("hello"), "hi there");
}

#[llm_replay(fixture = "hello", network = "allow")]
#[test]
#[ignore = "needs `network = \"block\"`; `isolation.rs` sets it and runs it"]
fn allowed() {
    assert_eq!(std::env::var("HTTPS_PROXY").unwrap(), "");
    assert_eq!(client::ask("hello"), "hi there");
}
