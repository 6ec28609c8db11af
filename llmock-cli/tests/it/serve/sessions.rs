//! `llmock serve`: what the history shows, and how a request names its session.

use serde_json::Value;

use crate::server::{Server, Workdir, chat};
use llmock_testkit::client::Request;

fn history(server: &Server, path: &str) -> Vec<Value> {
    let response = server.send(&Request::get(path));
    let shown: Value = serde_json::from_str(&response.text()).unwrap();
    shown["requests"].as_array().unwrap_or_else(|| panic!("{shown}")).clone()
}

fn at(path: &str) -> Request {
    Request { path: path.into(), ..chat("hello") }
}

#[test]
fn a_session_in_front_of_the_path_selects_it() {
    let folder = Workdir::new();
    folder.fixture("rec/a.json", &[("hello", "first"), ("hello", "second")]);
    let server = folder.serve(&["--fixtures", "rec"], &[]);
    for (session, expected) in [("a", "first"), ("a", "second"), ("b%20c", "first")] {
        let response = server.send(&at(&format!("/session/{session}/v1/chat/completions")));
        assert!(response.text().contains(expected), "{session}: {response:?}");
    }
    // The path goes before the header, and below a session the history is that of the session.
    let both = at("/session/a/openai/v1/chat/completions").header("x-llmock-session", "z");
    assert!(server.send(&both).text().contains("second"));
    assert_eq!(history(&server, "/session/a/history").len(), 3);
    let other = history(&server, "/history?session=b+c");
    assert_eq!(other.len(), 1);
    assert_eq!(
        (&other[0]["path"], &other[0]["session"]),
        (&"/v1/chat/completions".into(), &"b c".into())
    );
    assert_eq!(server.send(&Request::delete("/session/a/history")).status, 204);
    assert_eq!(history(&server, "/history").len(), 1);
    assert_eq!(server.send(&Request::get("/session/a/health")).status, 200);
}

#[test]
fn the_history_has_harmless_headers_and_the_recording() {
    let folder = Workdir::new();
    folder.fixture("rec/a.json", &[("hi", "x"), ("hello", "y")]);
    let server = folder.serve(&["--fixtures", "rec"], &[]);
    let request = chat("hello")
        .header("openai-beta", "assistants=v2")
        .header("authorization", "Bearer sk-secret")
        .header("cookie", "a=b")
        .header("user-agent", "test/1");
    server.send(&request);
    let shown = &history(&server, "/history")[0];
    assert_eq!(shown["headers"]["openai-beta"], "assistants=v2");
    assert_eq!(shown["headers"]["user-agent"], "test/1");
    assert!(!shown.to_string().contains("secret") && shown["headers"].get("cookie").is_none());
    let source = shown["source"].as_str().unwrap();
    assert!(source.ends_with("a.json#2"), "{source}");
}

#[test]
fn a_key_names_its_session() {
    let folder = Workdir::new();
    folder.fixture("rec/a.json", &[("hello", "first"), ("hello", "second")]);
    let server = folder.serve(&["--fixtures", "rec"], &[]);
    let mine = chat("hello").header("authorization", "Bearer sk-mine");
    server.send(&mine);
    server.send(&chat("hello").header("x-api-key", "sk-other"));
    assert_eq!(history(&server, "/history?session=sk-mine").len(), 1);
    assert_eq!(history(&server, "/history?session=sk-none").len(), 0);
    assert_eq!(server.send(&Request::delete("/sessions/sk-mine")).status, 204);
    assert!(server.send(&mine).text().contains("first"));
}
