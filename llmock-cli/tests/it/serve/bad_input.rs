//! `llmock serve`: whatever arrives, the response is an error that clients can read, and the server stays up.

use std::io::{Read as _, Write as _};
use std::net::{Shutdown, TcpStream};
use std::time::Duration;

use crate::server::{Server, Workdir, chat};
use llmock_testkit::client::{Request, Response};
use serde_json::{Value, json};

fn json_of(response: &Response) -> Value {
    serde_json::from_str(&response.text()).unwrap_or_else(|_| panic!("no JSON: {response:?}"))
}

fn post(path: &str, body: impl Into<Vec<u8>>) -> Request {
    Request::post(path, body)
}

fn connect(server: &Server) -> TcpStream {
    let socket = TcpStream::connect(server.origin.trim_start_matches("http://")).unwrap();
    socket.set_read_timeout(Some(Duration::from_secs(30))).unwrap();
    socket
}

fn is_well(server: &Server) {
    assert_eq!(server.send(&Request::get("/health")).status, 200);
    assert_eq!(server.send(&chat("Hi")).status, 200);
}

/// Where each API's errors have their words.
const WORDS: [(&str, &str); 8] = [
    ("/v1/chat/completions", "/error/message"),
    ("/v1/responses", "/error/message"),
    ("/v1/embeddings", "/error/message"),
    ("/v1/messages", "/error/message"),
    ("/v1beta/models/m:generateContent", "/error/message"),
    ("/api/chat", "/error"),
    ("/v2/chat", "/message"),
    ("/model/m/converse", "/message"),
];

#[test]
fn rejects_invalid_json_in_every_providers_format() {
    let server = Workdir::new().serve(&[], &[]);
    for (path, pointer) in WORDS {
        for (body, words) in [
            (&b""[..], "the body is empty"),
            (b"  ", "the body is empty"),
            (b"{", "could not parse the JSON body"),
            (b"{\"model\":\"m\",}", "could not parse the JSON body"),
            (b"hello", "could not parse the JSON body"),
            (b"[]", "not a JSON object"),
            (b"null", "not a JSON object"),
            (b"{\"model\":\"\xff\"}", "not UTF-8"),
            (&[b'['; 10_000], "could not parse the JSON body"),
        ] {
            let response = server.send(&post(path, body));
            let body = String::from_utf8_lossy(&body[..body.len().min(20)]).into_owned();
            assert_eq!(response.status, 400, "{path} {body}");
            let error = json_of(&response);
            let found = error.pointer(pointer).and_then(Value::as_str).unwrap_or_default();
            assert!(found.contains(words), "{path} {body}: {error}");
        }
    }
    is_well(&server);
}

#[test]
fn names_members_of_the_wrong_type() {
    let server = Workdir::new().serve(&[], &[]);
    for (path, body, words) in [
        ("/v1/chat/completions", json!({"messages": []}), "model"),
        ("/v1/chat/completions", json!({"model": 7, "messages": []}), "`model`"),
        ("/v1/chat/completions", json!({"model": "m"}), "`messages`"),
        ("/v1/chat/completions", json!({"model": "m", "messages": null}), "`messages`"),
        ("/v1/chat/completions", json!({"model": "m", "messages": "Hi"}), "`messages`"),
        ("/v1/chat/completions", json!({"model": "m", "messages": ["Hi"]}), "`messages[0]`"),
        (
            "/v1/chat/completions",
            json!({"model": "m", "messages": [{"content": "Hi"}]}),
            "`messages[0].role`",
        ),
        (
            "/v1/chat/completions",
            json!({"model": "m", "messages": [{"role": "robot", "content": "Hi"}]}),
            "`robot`",
        ),
        (
            "/v1/chat/completions",
            json!({"model": "m", "messages": [{"role": "user", "content": 7}]}),
            "`messages[0].content`",
        ),
        (
            "/v1/chat/completions",
            json!({"model": "m", "messages": [], "stream": "yes"}),
            "`stream`",
        ),
        (
            "/v1/chat/completions",
            json!({"model": "m", "messages": [], "temperature": "hot"}),
            "`temperature`",
        ),
        (
            "/v1/chat/completions",
            json!({"model": "m", "messages": [], "temperature": 2.5}),
            "`temperature`",
        ),
        (
            "/v1/chat/completions",
            json!({"model": "m", "messages": [], "max_tokens": -1}),
            "`max_tokens`",
        ),
        ("/v1/chat/completions", json!({"model": "m", "messages": [], "tools": {}}), "`tools`"),
        ("/v1/responses", json!({"model": "m", "input": 7}), "`input`"),
        ("/v1/responses", json!({"model": "m", "input": [7]}), "`input[0]`"),
        ("/v1/embeddings", json!({"model": "m"}), "`input`"),
        ("/v1/messages", json!({"model": "m", "max_tokens": 9}), "`messages`"),
        ("/v1beta/models/m:generateContent", json!({}), "`contents`"),
        ("/v1beta/models/m:generateContent", json!({"contents": 7}), "`contents`"),
        ("/api/chat", json!({"messages": []}), "model"),
        ("/v2/chat", json!({"model": "m"}), "`messages`"),
        ("/model/m/converse", json!({}), "`messages`"),
    ] {
        let response = server.send(&post(path, body.to_string()));
        assert_eq!(response.status, 400, "{path} {body} {}", response.text());
        assert!(response.text().contains(words), "{path} {body}: {}", response.text());
    }
    is_well(&server);
}

#[test]
fn rejects_bodies_over_the_limit() {
    let server = Workdir::new().serve(&["--set", "body-limit=64K"], &[]);
    let big = format!(
        r#"{{"model":"m","messages":[{{"role":"user","content":"{}"}}]}}"#,
        "x".repeat(200_000)
    );
    for (path, pointer) in WORDS {
        let response = server.send(&post(path, big.clone()));
        assert_eq!(response.status, 413, "{path}");
        assert!(json_of(&response).pointer(pointer).is_some_and(Value::is_string), "{path}");
    }
    is_well(&server);
}

#[test]
fn rejects_compressed_bodies_that_are_invalid_or_large() {
    let server = Workdir::new().serve(&["--set", "body-limit=64K"], &[]);
    // `printf '%0*d' 1000000 0 | gzip -9`: a million zeros
    let mut encoder = flate(1_000_000);
    let response = server.send(
        &post("/v1/chat/completions", std::mem::take(&mut encoder))
            .header("content-encoding", "gzip"),
    );
    assert_eq!(response.status, 413, "{}", response.text());
    for (coding, status) in [("gzip", 400), ("snappy", 400), ("br", 400)] {
        let request = post("/v1/messages", *b"\x1f\x8bno").header("content-encoding", coding);
        let response = server.send(&request);
        assert_eq!(response.status, status, "{coding} {}", response.text());
        assert_eq!(json_of(&response)["type"], "error");
    }
    is_well(&server);
}

/// That many bytes `0`, as one gzip member of stored blocks: large, but nothing has to be compressed.
fn flate(size: usize) -> Vec<u8> {
    let mut packed = vec![0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 255];
    let mut left = size;
    while left > 0 {
        let block = left.min(60_000);
        let length = u16::try_from(block).unwrap();
        packed.push(u8::from(block == left));
        packed.extend(length.to_le_bytes());
        packed.extend((!length).to_le_bytes());
        packed.extend(std::iter::repeat_n(b'0', block));
        left -= block;
    }
    packed
}

#[test]
fn responds_to_half_closed_connections() {
    let server = Workdir::new().serve(&[], &[]);
    let mut socket = connect(&server);
    let body = chat("Hi").body;
    let head = format!(
        "POST /v1/chat/completions HTTP/1.1\r\nhost: localhost\r\ncontent-length: {}\r\n\r\n",
        body.len()
    );
    socket.write_all(&[head.as_bytes(), &body].concat()).unwrap();
    socket.shutdown(Shutdown::Write).unwrap();
    let mut response = String::new();
    socket.read_to_string(&mut response).unwrap();
    assert!(
        response.starts_with("HTTP/1.1 200 OK\r\n") && response.contains("\"Hi\""),
        "{response}"
    );
}

const HTTP2_PREFACE: &[u8] = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n";

#[test]
fn survives_clients_that_disconnect_early() {
    let server = Workdir::new().serve(&[], &[]);
    for half in [
        &b""[..],
        b"POST",
        b"POST /v1/chat/completions HTTP/1.1\r\nhost: localhost\r\n",
        b"POST /v1/chat/completions HTTP/1.1\r\nhost: localhost\r\ncontent-length: 100\r\n\r\n{\"model\"",
        b"POST /v1/chat/completions HTTP/1.1\r\nhost: localhost\r\ntransfer-encoding: chunked\r\n\r\nzz\r\n",
        b"GET /health HTTP/1.1\r\n\xff\xff: \xff\r\n\r\n",
        b"\x16\x03\x01\x02\x00\x01\x00",
        b"PRI * HTTP/2.0\r\n\r\nSN\r\n\r\n",
        HTTP2_PREFACE,
    ] {
        let mut socket = connect(&server);
        socket.write_all(half).unwrap();
        // The server may have refused it already.
        let _ = socket.shutdown(Shutdown::Write);
        let mut response = Vec::new();
        let _ = socket.read_to_end(&mut response);
        // HTTP/2 begins with the server's settings: a frame of type 4 on the connection itself.
        let has_settings = half == HTTP2_PREFACE && response.get(3) == Some(&4);
        let response = String::from_utf8_lossy(&response);
        assert!(has_settings || response.is_empty() || response.starts_with("HTTP/1.1 4"), "{half:?}: {response}");
        drop(connect(&server));
    }
    is_well(&server);
}

#[test]
fn clients_that_send_too_slowly_time_out() {
    let server = Workdir::new().serve(&["--set", "read-timeout=300ms"], &[]);
    let mut no_head = connect(&server);
    no_head.write_all(b"POST /v1/chat/completions HTTP/1.1\r\nhost:").unwrap();
    let mut no_body = connect(&server);
    no_body
        .write_all(b"POST /v1/messages HTTP/1.1\r\nhost: localhost\r\ncontent-length: 9\r\n\r\n{")
        .unwrap();
    let mut response = String::new();
    no_head.read_to_string(&mut response).unwrap();
    assert!(response.is_empty() || response.starts_with("HTTP/1.1 408"), "{response}");
    response.clear();
    no_body.read_to_string(&mut response).unwrap();
    assert!(response.starts_with("HTTP/1.1 408 "), "{response}");
    assert!(response.contains(r#"{"type":"error","error":{"#), "{response}");
    is_well(&server);
}

#[test]
fn clients_waiting_for_responses_do_not_time_out() {
    let server = Workdir::new().serve(&["--set", "read-timeout=200ms"], &[]);
    let body = r#"{"model":"m","stream":true,"messages":[{"role":"user","content":"a b c d"}]}"#;
    let request = format!(
        "POST /v1/chat/completions HTTP/1.1\r\nhost: localhost\r\nx-llmock-pace: ttft=1s\r\n\
         content-length: {}\r\n\r\n{body}",
        body.len()
    );
    let mut socket = connect(&server);
    socket.write_all(request.as_bytes()).unwrap();
    let mut response = String::new();
    // to the end of the connection, which the client then leaves idle
    socket.read_to_string(&mut response).unwrap();
    assert!(response.starts_with("HTTP/1.1 200 "), "{response}");
    assert!(response.contains("data: [DONE]") && response.ends_with("0\r\n\r\n"), "{response}");
    is_well(&server);
}

#[test]
fn rejects_invalid_headers_with_a_message() {
    let server = Workdir::new().serve(&[], &[]);
    for (name, value) in [("x-llmock-pace", "fast"), ("x-llmock-fault", "explode")] {
        let response = server.send(&chat("Hi").header(name, value));
        assert_eq!(response.status, 400, "{name}");
        assert!(response.text().contains(value), "{}", response.text());
    }
}

/// A generator without a dependency, so that a failure is found again by its number.
struct Dice(u64);

impl Dice {
    fn roll(&mut self, sides: usize) -> usize {
        self.0 =
            self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        usize::try_from(self.0 >> 33).unwrap() % sides.max(1)
    }
}

/// A good request made worse: bytes of its body flipped, dropped, doubled, or replaced by what hurts.
fn worse(dice: &mut Dice, good: &[u8]) -> Vec<u8> {
    const HURTS: [&[u8]; 14] = [
        b"null",
        b"\"",
        b"\\u0000",
        b"\\ud800",
        b"\xff",
        b"{}",
        b"[[[[",
        b"-",
        b"1e999",
        b"\n",
        b"\0",
        b"99999999999999999999",
        b"call tool '",
        b"raise error {",
    ];
    let mut body = good.to_vec();
    for _ in 0..=dice.roll(4) {
        let at = dice.roll(body.len());
        match dice.roll(5) {
            0 if !body.is_empty() => body[at] = u8::try_from(dice.roll(256)).unwrap(),
            1 => body.truncate(at),
            2 if !body.is_empty() => drop(body.remove(at)),
            3 => body.extend_from_within(at..),
            _ => drop(body.splice(at..at, HURTS[dice.roll(HURTS.len())].iter().copied())),
        }
    }
    body
}

#[test]
fn mutated_requests_get_valid_responses() {
    let server = Workdir::new().serve(&[], &[]);
    let messages = r#""messages":[{"role":"user","content":"call tool 'f' with '{}' raise error {\"code\":429,\"message\":\"m\"}"}]"#;
    let good = [
        (
            "/v1/chat/completions",
            format!(r#"{{"model":"m","stream":false,{messages},"tools":[],"n":2}}"#),
        ),
        ("/v1/chat/completions", format!(r#"{{"model":"m","stream":true,{messages}}}"#)),
        (
            "/v1/responses",
            r#"{"model":"m","input":[{"type":"function_call_output","output":"x"}],"stream":true}"#
                .to_owned(),
        ),
        ("/v1/completions", r#"{"model":"m","prompt":["a","b"],"n":3}"#.to_owned()),
        (
            "/v1/embeddings",
            r#"{"model":"m","input":["a",[1,2]],"dimensions":8,"encoding_format":"base64"}"#
                .to_owned(),
        ),
        ("/v1/moderations", r#"{"input":"a"}"#.to_owned()),
        ("/v1/messages", format!(r#"{{"model":"m","max_tokens":9,{messages}}}"#)),
        ("/v1/messages/count_tokens", format!(r#"{{"model":"m",{messages}}}"#)),
        (
            "/v1beta/models/m:streamGenerateContent?alt=sse",
            r#"{"contents":[{"parts":[{"text":"a"}]}]}"#.to_owned(),
        ),
        (
            "/v1beta/models/m:embedContent",
            r#"{"content":{"parts":[{"text":"a"}]},"outputDimensionality":9}"#.to_owned(),
        ),
        ("/api/chat", format!(r#"{{"model":"m",{messages}}}"#)),
        ("/api/embed", r#"{"model":"m","input":["a"]}"#.to_owned()),
        ("/v2/chat", format!(r#"{{"model":"m",{messages},"stream":true}}"#)),
        ("/v2/rerank", r#"{"model":"m","query":"q","documents":["a"],"top_n":1}"#.to_owned()),
        (
            "/model/m/converse",
            r#"{"messages":[{"role":"user","content":[{"text":"a"}]}]}"#.to_owned(),
        ),
        (
            "/model/m/converse-stream",
            r#"{"messages":[{"role":"user","content":[{"text":"a"}]}]}"#.to_owned(),
        ),
    ];
    let mut dice = Dice(20_260_423);
    let mut refused = 0;
    for round in 0..1_500 {
        let (path, body) = &good[round % good.len()];
        let body = worse(&mut dice, body.as_bytes());
        let path = match dice.roll(12) {
            0 => format!("{path}%2e%zz"),
            1 => format!("/{}{path}", ["openai", "anthropic", "gemini", "x", "%00"][dice.roll(5)]),
            2 => path.replace('/', "//"),
            _ => (*path).to_owned(),
        };
        let shown = String::from_utf8_lossy(&body).into_owned();
        let response = server.send(&post(&path, body));
        assert!(
            (200..600).contains(&response.status) && !response.is_truncated(),
            "{round} {path} {shown}"
        );
        if response.status != 200 {
            refused += 1;
            assert!((400..500).contains(&response.status), "{round} {path} {shown}: {response:?}");
            let error: Value = serde_json::from_str(&response.text())
                .unwrap_or_else(|_| panic!("{round} {path} {shown}: {response:?}"));
            let first = error.get(0).unwrap_or(&error);
            assert!(
                first.get("error").or(first.get("message")).is_some(),
                "{round} {path} {shown} {error}"
            );
        }
    }
    assert!(
        (300..1_500).contains(&refused),
        "{refused} were refused: the mutations are worth little"
    );
    is_well(&server);
}
