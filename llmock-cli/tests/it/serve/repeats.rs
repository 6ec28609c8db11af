//! `llmock serve`: a request that comes again is answered as it was before, at its own time and with ids of its own.

use std::collections::HashSet;

use crate::server::{Server, Workdir};
use llmock_testkit::client::{Request, Response};
use serde_json::{Value, json};

const TIMES: usize = 5;

fn post(path: &str, body: &Value) -> Request {
    Request::post(path, body.to_string())
}

fn conversation(text: &str, streamed: bool) -> Value {
    json!({"model": "m", "max_tokens": 9, "stream": streamed, "messages": [{"role": "user", "content": text}]})
}

/// The text of a response without ids and times: runs of digits as long as those of an id, a UUID, or a time.
fn evened(response: &Response) -> String {
    let is_digit = |char: char| char.is_ascii_hexdigit();
    let text = response.text();
    let mut out = String::new();
    let mut rest = text.as_str();
    while !rest.is_empty() {
        let (digits, after) =
            rest.split_at(rest.find(|char| !is_digit(char)).unwrap_or(rest.len()));
        out.push_str(if matches!(digits.len(), 4 | 8 | 10 | 12 | 24) { "#" } else { digits });
        let next = after.find(is_digit).unwrap_or(after.len());
        out.push_str(&after[..next]);
        rest = &after[next..];
    }
    out
}

fn requests() -> Vec<Request> {
    let input = json!({"model": "m", "input": "Hi", "stream": true});
    let contents = json!({"contents": [{"parts": [{"text": "Hi"}]}]});
    vec![
        post("/v1/chat/completions", &conversation("Hello big world", false)),
        post("/v1/chat/completions", &conversation("Hello big world", true)),
        post("/v1/chat/completions", &conversation("call tool 'f' with '{\"a\":\"it's\"}'", false)),
        post(
            "/v1/chat/completions",
            &conversation("call tool 'f' with '{}' and call tool 'g' with '1'", true),
        ),
        post(
            "/v1/chat/completions",
            &conversation("raise error {\"code\":429,\"message\":\"slow\"}", false),
        ),
        post("/v1/chat/completions", &conversation("raise error {\"code\":1}", false)),
        post("/v1/responses", &input),
        post("/v1/messages", &conversation("Hello", true)),
        post("/v1beta/models/m:generateContent", &contents),
        post("/v1beta/models/m:streamGenerateContent?alt=sse", &contents),
        post("/v2/chat", &conversation("Hello", true)),
        post(
            "/model/m/converse",
            &json!({"messages": [{"role": "user", "content": [{"text": "Hi"}]}]}),
        ),
        post("/v1/embeddings", &json!({"model": "m", "input": ["a", "b"]})),
        post("/v1/chat/completions", &json!({"model": "m"})),
        Request::post("/v1/chat/completions", "{not json"),
        Request::get("/v1/models"),
        Request::get("/v1/nothing"),
    ]
}

#[test]
fn repeated_requests_get_the_same_response() {
    let server = Workdir::new().serve(&[], &[]);
    for request in requests() {
        let response: Vec<Response> = (0..TIMES).map(|_| server.send(&request)).collect();
        for later in &response[1..] {
            let what = format!("{} {}", request.path, String::from_utf8_lossy(&request.body));
            assert_eq!(later.status, response[0].status, "{what}");
            assert_eq!(evened(later), evened(&response[0]), "{what}");
            let names = |response: &Response| -> Vec<String> {
                response.headers.iter().map(|(name, _)| name.clone()).collect()
            };
            assert_eq!(names(later), names(&response[0]), "{what}");
            assert_eq!(later.chunks.len(), response[0].chunks.len(), "{what}");
        }
    }
}

#[test]
fn every_response_has_its_own_ids() {
    let server = Workdir::new().serve(&[], &[]);
    let request = post("/v1/chat/completions", &conversation("call tool 'f' with '{}'", false));
    let mut ids = HashSet::new();
    for _ in 0..TIMES {
        let response = server.send(&request);
        let body: Value = serde_json::from_str(&response.text()).unwrap();
        let call = &body["choices"][0]["message"]["tool_calls"][0]["id"];
        ids.insert(body["id"].to_string());
        ids.insert(call.to_string());
        ids.insert(response.header("x-request-id").unwrap().to_owned());
    }
    assert_eq!(ids.len(), 3 * TIMES, "{ids:?}");
}

#[test]
fn repeated_requests_apply_their_own_headers() {
    let server: Server = Workdir::new().serve(&[], &[]);
    let request = post("/v1/chat/completions", &conversation("Hello", false));
    for _ in 0..TIMES {
        assert_eq!(server.send(&request).status, 200);
    }
    let faulty =
        Request::post(&request.path, request.body.clone()).header("x-llmock-fault", "status=503");
    assert_eq!(server.send(&faulty).status, 503);
    // a header by which a client is known makes another API of it
    let anthropic = Request::post("/v1/messages", request.body.clone());
    assert!(server.send(&anthropic).text().contains("\"type\":\"message\""));
    let upgrade = Request::post(&request.path, request.body.clone()).header("upgrade", "websocket");
    assert_eq!(server.send(&upgrade).status, 400);

    let history: Value =
        serde_json::from_str(&server.send(&Request::get("/history")).text()).unwrap();
    let requests = history["requests"].as_array().unwrap();
    assert_eq!(requests.len(), TIMES + 3, "{history}");
    for request in &requests[..TIMES] {
        assert_eq!(
            (&request["model"], &request["answered_by"]),
            (&json!("m"), &json!("MirrorStrategy"))
        );
        assert_eq!(request["body"], conversation("Hello", false));
    }
}

#[test]
fn scenarios_keep_the_position_of_each_session_when_requests_repeat() {
    let folder = Workdir::new();
    folder.write(
        "llmock.yaml",
        "replies:
- when: {contains: many, model: m}
  then: [one, {call: {f: {}}}, {text: late, headers: {x-mine: yes}}, last]
- when: {contains: once}
  then: [first]
  once: true
- when: {schema: Trip}
  then: {json: {days: 2}}
",
    );
    let server = folder.serve(&["--config", "llmock.yaml"], &[]);
    let said = |text: &str, session: &str| {
        let request = post("/v1/chat/completions", &conversation(text, false));
        let response = server.send(&request.header("x-llmock-session", session));
        let body: Value = serde_json::from_str(&response.text()).unwrap();
        let message = &body["choices"][0]["message"];
        let call = message["tool_calls"][0]["function"]["name"].as_str();
        (call.or(message["content"].as_str()).unwrap().to_owned(), body["id"].to_string())
    };
    let mut ids = HashSet::new();
    for session in ["a", "b"] {
        let all: Vec<String> = (0..=TIMES)
            .map(|_| {
                let (text, id) = said("many", session);
                ids.insert(id);
                text
            })
            .collect();
        assert_eq!(all, ["one", "f", "late", "last", "last", "last"], "{session}");
        let all: Vec<String> = (0..4).map(|_| said("once", session).0).collect();
        assert_eq!(all, ["first", "once", "once", "once"], "{session}");
    }
    assert_eq!(ids.len(), 2 * (TIMES + 1));
    let history: Value =
        serde_json::from_str(&server.send(&Request::get("/history")).text()).unwrap();
    let by = |at: usize| history["requests"][at]["answered_by"].clone();
    assert_eq!((by(5), by(7)), (json!("ScenarioStrategy"), json!("MirrorStrategy")));
}
