//! What was recorded is what is replayed, to the byte.

use std::path::{Path, PathBuf};

use base64::Engine as _;
use llmock::{MockSession, Provider};
use llmock_testkit::client::{End, chat, send};
use llmock_testkit::process::{alone, skipped};
use llmock_testkit::recorded::place;
use llmock_testkit::upstream::{Response, Upstream, replay};

const TEST: &str = "replaying::test";

/// Bodies that a program which parses and prints again would change.
const NASTY_JSON: [&str; 22] = [
    r#"{"b":1,"a":2,"10":3,"9":4}"#,
    r#"{"a":1.0,"b":1,"c":1e5,"d":1E+5,"e":-0,"f":-0.0,"g":0.1000,"h":1.0e-7}"#,
    r#"{"a":12345678901234567890123,"b":0.1234567890123456789,"c":1e400}"#,
    r#"{"a":1,"a":2,"a":{"a":3,"a":4}}"#,
    r#"{"e":"\u00e9\u00E9é","s":"\ud83d\ude00😀","lone":"\ud800","nul":"\u0000","sl":"\/ /"}"#,
    "{\"del\":\"\u{7f}\u{2028}\u{feff}\",\"t\":\"\\t\\b\\f\"}",
    r#"{"":"","empty":{},"list":[],"null":null,"nested":[[],[[]],{"":{}}]}"#,
    "{\n  \"a\": [\n    1,\n    2\n  ],\n  \"b\": {}\n}",
    "{\n    \"a\": {\n        \"b\": []\n    }\n}\n",
    r#"{"a": 1, "b": [1, 2], "c": {"d": null}}"#,
    "{\"a\":1}\n",
    "{\"a\":1}\r\n",
    "{\"a\":1}\n\n\n",
    "  \n {\"a\":1}",
    "\n\n\n\n         \n{\"id\":\"waited\"}",
    "[{\"a\":1},{\"b\":2}]",
    "\"only text\"",
    "12.0",
    "null",
    "{\"a\":1} trailing",
    "{\"a\":",
    "<html>\r\n<body>502</body>\r\n</html>\r\n",
];

#[test]
fn json_replays_byte_for_byte() {
    alone(&[], |_| {
        let (_folder, fixture) = place();
        let upstream = Upstream::start(NASTY_JSON.map(Response::json));
        let ask = |mock: &MockSession, n: usize| chat(mock, &format!("{{\"n\":{n}}}")).bytes();
        let mock = upstream.record(&fixture, TEST).start().unwrap();
        for (n, body) in NASTY_JSON.iter().enumerate() {
            assert_eq!(ask(&mock, n), body.as_bytes(), "live");
        }
        mock.finish().unwrap();
        let mock = replay(&fixture, TEST).fail_on_unused().start().unwrap();
        for (n, body) in NASTY_JSON.iter().enumerate() {
            assert_eq!(String::from_utf8(ask(&mock, n)).unwrap(), **body);
        }
        mock.finish().unwrap();
    });
}

#[test]
fn unusual_json_layouts_replay_token_for_token() {
    alone(&[], |_| {
        let cases = [
            ("{\"a\" :1.0 ,\n \"b\":[ 1,2 ]}", r#"{"a":1.0,"b":[1,2]}"#),
            ("{ \"u\": \"\\u00e9\", \"u\":[ ] }", r#"{"u":"\u00e9","u":[]}"#),
            ("{\r\n\t\"a\": 1e5\r\n}", r#"{"a":1e5}"#),
        ];
        for (body, compact) in cases {
            let (_folder, fixture) = place();
            let mock =
                Upstream::start([Response::json(body)]).record(&fixture, TEST).start().unwrap();
            assert_eq!(chat(&mock, "{}").text(), body);
            mock.finish().unwrap();
            let mock = replay(&fixture, TEST).start().unwrap();
            assert_eq!(chat(&mock, "{}").text(), compact);
            mock.finish().unwrap();
        }
    });
}

/// Streams with everything that the format allows and some providers do.
const NASTY_STREAMS: [&[&[u8]]; 24] = [
    &[b"data: {\"a\":1.0,\"a\":2}\n\n", b"data: [DONE]\n\n"],
    &[b"data:{\"no\":\"space\"}\n\ndata:[DONE]\n\n"],
    &[b"data: {\"crlf\":1}\r\n\r\n", b"data: [DONE]\r\n\r\n"],
    &[b"data: {\"cr\":1}\r\rdata: [DONE]\r\r"],
    &[b"data: {\"mixed\":1}\n\ndata: {\"mixed\":2}\r\n\r\ndata: 3\r\r"],
    &[b": OPENROUTER PROCESSING\n\n", b":\n\n", b": ping\n\ndata: 1\n\n"],
    &[
        b"event: message_start\ndata: {\"type\":\"message_start\"}\n\n",
        b"event: ping\ndata: {}\n\n",
    ],
    &[b"data: {}\nevent: late\nid: 7\n\n"],
    &[b"id: 1\nevent: x\ndata: {}\nretry: 100\n\n"],
    &[b"retry: 3000\n\ndata: 1\n\n"],
    &[b"data: one\ndata: two\ndata:\ndata: {\"a\":1}\n\n"],
    &[b"data\n\ndata: \n\ndata:\n\ndata:  two spaces\n\n"],
    &[b"data: {\"a\":1}\n\ndata: [DONE]\n"],
    &[b"data: {\"a\":1}\n\ndata: [DONE]"],
    &[b"\n\n\ndata: 1\n\n\n\ndata: 2\n\n"],
    &[b"\xef\xbb\xbfdata: {\"bom\":1}\n\n"],
    &[b"data: {\"bad\":\"\xff\xfe\"}\n\n", b"data: {\"good\":1}\n\n"],
    &["data: {\"split\":\"é".as_bytes().split_at(16).0, "é\"}\n\n".as_bytes().split_at(1).1],
    &[b"da", b"ta: {\"a\"", b":1}\n", b"\nda", b"ta: [DO", b"NE]\n\n"],
    &[b"event: error\ndata: {\"error\":{\"message\":\"overloaded\"}}\n\n"],
    &[b"unknown: field\ndata: 1\n\nno colon\n\n"],
    &[b"data: \x00\x01\n\n"],
    &[b"data: {\"text\":\"\\u2028\\u0000\\/\"}\n\n", b"data: {\n", b"data: \"lines\": 1}\n\n"],
    &[b"not an event at all"],
];

#[test]
fn streams_replay_byte_and_chunk_exact() {
    alone(&[], |_| {
        for chunks in NASTY_STREAMS {
            for kind in ["text/event-stream", "text/event-stream; charset=utf-8"] {
                // Sent in one piece, it arrives in one piece or not; as chunks it must not matter.
                let whole = chunks.concat();
                let (_folder, fixture) = place();
                let scripted = chunks
                    .iter()
                    .fold(Response::status(200).header("content-type", kind), |answer, chunk| {
                        answer.chunk(*chunk)
                    });
                let mock = Upstream::start([scripted]).record(&fixture, TEST).start().unwrap();
                let (live, end) = chat(&mock, "{\"stream\":true}").rest();
                let shown = String::from_utf8_lossy(&whole);
                assert_eq!((live.concat(), end), (whole.clone(), End::Complete), "{shown}");
                mock.finish().unwrap();
                let mock = replay(&fixture, TEST).start().unwrap();
                let (replayed, end) = chat(&mock, "{\"stream\":true}").rest();
                assert_eq!((replayed, end), (live, End::Complete), "{shown}");
                mock.finish().unwrap();
            }
        }
    });
}

#[test]
fn other_framings_replay_byte_for_byte() {
    alone(&[], |_| {
        let cases: [(&str, &str, &[&[u8]]); 6] = [
            ("application/x-ndjson", "/api/chat", &[b"{\"a\":1.0}\n", b"{\"done\":true}\n"]),
            (
                "application/x-ndjson",
                "/api/chat",
                &[b"{\"a\":1}\r\n{\"b\"", b":2}\r\n\r\n{\"c\":3}"],
            ),
            ("application/jsonl", "/api/chat", &[b"{\"a\":1}\nnot json\n\xff\n"]),
            ("application/json", "/api/chat", &[b"[{\"a\":1}", b",\n{\"b\":2}", b"]\n"]),
            ("application/json", "/api/chat", &[b"[{\n  \"a\": 1\n}\n", b",\r\n{\"b\":2}]"]),
            ("application/octet-stream", "/api/chat", &[b"\x00\x01", b"\xff\xfe"]),
        ];
        for (kind, path, chunks) in cases {
            let (_folder, fixture) = place();
            let scripted = chunks
                .iter()
                .fold(Response::status(200).header("content-type", kind), |answer, chunk| {
                    answer.chunk(*chunk)
                });
            let ask = |mock: &MockSession| {
                let url = format!("{}{path}", mock.base_url(Provider::Ollama));
                send("POST", &url, &[], b"{\"stream\":true}").rest()
            };
            let mock = Upstream::start([scripted]).record(&fixture, TEST).start().unwrap();
            let live = ask(&mock);
            assert_eq!(live.0.concat(), chunks.concat());
            mock.finish().unwrap();
            let mock = replay(&fixture, TEST).start().unwrap();
            assert_eq!(ask(&mock), live, "{kind}");
            mock.finish().unwrap();
        }
    });
}

/// One line of a file of recorded connections: what was sent, and every read with its time.
struct Wire {
    name: String,
    method: String,
    target: String,
    headers: Vec<(String, String)>,
    body: Vec<u8>,
    reads: Vec<Vec<u8>>,
}

fn wires(folder: &Path) -> Vec<Wire> {
    let mut files: Vec<PathBuf> =
        std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    files.sort();
    let mut wires = Vec::new();
    for file in files.iter().filter(|file| file.extension().is_some_and(|end| end == "jsonl")) {
        let text = std::fs::read_to_string(file).unwrap();
        wires.extend(text.lines().map(|line| wire(file, line)));
    }
    wires
}

fn wire(file: &Path, line: &str) -> Wire {
    let line: serde_json::Value = serde_json::from_str(line).unwrap();
    let request = line["request"].as_str().unwrap();
    let (head, body) = request.split_once("\r\n\r\n").unwrap();
    let mut lines = head.split("\r\n");
    let mut words = lines.next().unwrap().split(' ');
    let hop = ["host", "connection", "content-length"];
    let headers = lines
        .filter_map(|line| line.split_once(": "))
        .map(|(name, value)| (name.to_ascii_lowercase(), value.to_owned()))
        .filter(|(name, _)| !hop.contains(&name.as_str()))
        .collect();
    let read = |read: &serde_json::Value| {
        base64::engine::general_purpose::STANDARD.decode(read[1].as_str().unwrap()).unwrap()
    };
    let stem = file.file_stem().unwrap_or_default().to_string_lossy();
    Wire {
        name: format!("{stem} {}", line["name"]),
        method: words.next().unwrap().to_owned(),
        target: words.next().unwrap().to_owned(),
        headers,
        body: body.as_bytes().to_vec(),
        reads: line["reads"].as_array().unwrap().iter().map(read).collect(),
    }
}

#[test]
fn connections_of_real_servers_replay_byte_for_byte() {
    let Ok(corpus) = std::env::var("LLMOCK_CORPUS") else {
        return skipped("real connections are not replayed: LLMOCK_CORPUS names no folder");
    };
    alone(&[("LLMOCK_CORPUS", &corpus)], |_| {
        let wires = wires(&Path::new(&std::env::var("LLMOCK_CORPUS").unwrap()).join("wire"));
        assert!(!wires.is_empty(), "the folder has no connections");
        for wire in wires {
            let provider = match wire.target.as_str() {
                path if path.starts_with("/v1beta/") => Provider::Gemini,
                path if path.starts_with("/api/") => Provider::Ollama,
                path if path.starts_with("/v1/messages") => Provider::Anthropic,
                _ => Provider::OpenAI,
            };
            let (_folder, fixture) = place();
            let headers: Vec<(&str, &str)> =
                wire.headers.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
            let ask = |url: &str| {
                let reply = send(&wire.method, url, &headers, &wire.body);
                let (status, kind) =
                    (reply.status, reply.header("content-type").map(str::to_owned));
                let (chunks, end) = reply.rest();
                (status, kind, chunks.concat(), end)
            };
            let by_way_of = |mock: &MockSession| {
                let included = if provider == Provider::OpenAI { "/v1" } else { "" };
                let rest = wire.target.strip_prefix(included).unwrap();
                ask(&format!("{}{rest}", mock.base_url(provider)))
            };
            let upstream = Upstream::start([Response::raw(wire.reads.clone())]);
            let mock = upstream.record(&fixture, TEST).allow_all_errors().start().unwrap();
            assert_eq!(by_way_of(&mock), ask(&format!("{}{}", upstream.url(), wire.target)));
            mock.finish().unwrap_or_else(|error| panic!("{}: {error}", wire.name));
            let sent = upstream.requests().remove(0);
            assert_eq!((sent.target.as_str(), &sent.body), (wire.target.as_str(), &wire.body));
            let mock = replay(&fixture, TEST).fail_on_unused().start().unwrap();
            let direct = ask(&format!("{}{}", upstream.url(), wire.target));
            assert_eq!(by_way_of(&mock), direct, "{}", wire.name);
            mock.finish().unwrap();
        }
    });
}
