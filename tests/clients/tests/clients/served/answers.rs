//! What each client must have made of what the server said.

use serde_json::{Value, json};

use super::server::MODELS;
use crate::apps::{Seen, weather};
use crate::checks::{arrived_in_pieces, asked_the_tool_twice};

pub(crate) const HELLO: &str = "Hello, world!";
pub(crate) const WORDS: &str = "one two three four";
pub(crate) const CALLS: [&str; 2] = [
    r#"call tool 'weather' with '{"city":"Paris"}'"#,
    r#"Please call tool 'weather' with '{"city": "Oslo"}', now."#,
];
pub(crate) const ERROR: &str = r#"raise error {"code": 429, "message": "slow down"}"#;

/// Whether a client shows how many tokens an answer had.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Tokens {
    Counted,
    Unsaid,
}

/// What a client's own error says.
#[derive(Debug)]
pub(crate) struct Failure {
    pub(crate) status: Option<u16>,
    pub(crate) message: String,
}

/// The user's text, in one piece.
pub(crate) fn echoes(seen: &Seen, finish: &str, tokens: Tokens) {
    assert_eq!(seen.text, HELLO, "{seen:?}");
    ended(seen, finish, tokens);
}

/// The user's text, as it arrives.
pub(crate) fn streams(seen: &Seen, finish: &str, tokens: Tokens) {
    assert_eq!(seen.text, WORDS, "{seen:?}");
    arrived_in_pieces(seen);
    ended(seen, finish, tokens);
}

fn ended(seen: &Seen, finish: &str, tokens: Tokens) {
    assert_eq!(seen.finish, finish, "{seen:?}");
    assert_eq!(seen.tokens.is_some_and(|count| count > 0), tokens == Tokens::Counted, "{seen:?}");
}

/// A conversation of two questions, each of which calls the tool with what it says, and ends with the result.
pub(crate) fn loops(seen: &Seen) {
    asked_the_tool_twice(seen);
    assert!(seen.text.starts_with("last tool call result is "), "{seen:?}");
    assert!(seen.text.contains(&weather::call(&json!({ "city": "Oslo" }))), "{seen:?}");
}

/// The call that the first of the questions asks for, as it arrives.
pub(crate) fn calls_streaming(seen: &Seen, finish: &str, tokens: Tokens) {
    let [(name, arguments)] = &seen.calls[..] else { panic!("{seen:?}") };
    assert_eq!(name, weather::NAME, "{seen:?}");
    let arguments: Value = serde_json::from_str(arguments).unwrap();
    assert_eq!(arguments, json!({ "city": "Paris" }), "{seen:?}");
    ended(seen, finish, tokens);
}

/// The same, where the last text arrives in pieces.
pub(crate) fn loops_streaming(seen: &Seen) {
    loops(seen);
    assert!(seen.pieces.len() > 1, "{seen:?}");
}

pub(crate) fn fails(failure: &Failure, status: Option<u16>) {
    assert_eq!(failure.status, status, "{failure:?}");
    assert!(failure.message.contains("slow down"), "{failure:?}");
}

pub(crate) use fails as fails_streaming;

/// Vectors of two texts.
pub(crate) fn embeds(vectors: &[Vec<f64>]) {
    let [a, b] = vectors else { panic!("{} vectors", vectors.len()) };
    assert!(!a.is_empty());
    assert_eq!(a.len(), b.len());
    assert_ne!(a, b);
}

/// Every model of the server, and no other.
pub(crate) fn lists(ids: &[String]) {
    assert_eq!(ids, MODELS);
}
