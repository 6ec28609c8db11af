//! Paths that llmock knows nothing about record and replay as plain HTTP.

use std::path::Path;

use llmock::{Fixture, MockSession, Provider};
use llmock_testkit::client::{ResponseStream, chat, prompt, send};
use llmock_testkit::process::alone;
use llmock_testkit::recorded::place;
use llmock_testkit::upstream::{Response, Upstream, replay};

const TEST: &str = "http::test";

/// Records what a function does with a client, and does it again against the fixture.
fn both_ways<T: PartialEq + std::fmt::Debug>(
    upstream: &Upstream,
    fixture: &Path,
    run: impl Fn(&MockSession) -> T,
) -> T {
    let mock = upstream.record(fixture, TEST).start().unwrap();
    let live = run(&mock);
    mock.finish().unwrap();
    let asked = upstream.requests().len();
    let mock = replay(fixture, TEST).fail_on_unused().start().unwrap();
    assert_eq!(run(&mock), live);
    mock.finish().unwrap();
    assert_eq!(upstream.requests().len(), asked, "replaying asks nobody");
    live
}

fn openai(mock: &MockSession, method: &str, path: &str, kind: &str, body: &[u8]) -> ResponseStream {
    let url = format!("{}{path}", mock.base_url(Provider::OpenAI));
    send(method, &url, &[("content-type", kind)], body)
}

#[test]
fn binary_bodies_replay_exactly() {
    alone(&[], |_| {
        let (_folder, fixture) = place();
        let audio: Vec<u8> = (0..2000_usize).map(|at| (at * 31).to_le_bytes()[0]).collect();
        let answer = Response::status(200).header("content-type", "audio/mpeg").body(audio.clone());
        let got = both_ways(&Upstream::start([answer]), &fixture, |mock| {
            let body = br#"{"model":"tts","input":"hi","voice":"v"}"#;
            let reply = openai(mock, "POST", "/audio/speech", "application/json", body);
            assert_eq!(reply.header("content-type"), Some("audio/mpeg"));
            reply.bytes()
        });
        assert_eq!(got, audio);
    });
}

#[test]
fn uploads_replay_with_any_boundary() {
    alone(&[], |_| {
        let (_folder, fixture) = place();
        let upstream = Upstream::start([Response::json(r#"{"text":"hello"}"#)]);
        let upload = |mock: &MockSession, boundary: &str, file: &[u8]| {
            let part =
                |head: &str| format!("--{boundary}\r\ncontent-disposition: form-data; {head}");
            let mut body = part("name=\"model\"\r\n\r\nwhisper-1\r\n").into_bytes();
            body.extend(
                part("name=\"file\"; filename=\"a.wav\"\r\ncontent-type: audio/wav\r\n\r\n")
                    .bytes(),
            );
            body.extend(file);
            body.extend(format!("\r\n--{boundary}--\r\n").bytes());
            let kind = format!("multipart/form-data; boundary={boundary}");
            let reply = openai(mock, "POST", "/audio/transcriptions", &kind, &body);
            (reply.status, body)
        };
        let file = b"RIFF\xff\x00\r\n--x\r\n data";
        let mock = upstream.record(&fixture, TEST).start().unwrap();
        let (status, sent) = upload(&mock, "first", file);
        assert_eq!(status, 200);
        assert_eq!(mock.requests()[0].body(), sent);
        mock.finish().unwrap();
        assert_eq!(upstream.requests()[0].body, sent);
        let text = std::fs::read_to_string(&fixture).unwrap();
        assert!(text.contains("whisper-1") && !text.contains("RIFF"), "{text}");

        let mock = replay(&fixture, TEST).start().unwrap();
        assert_eq!(upload(&mock, "another-one", file).0, 200);
        mock.finish().unwrap();
        let mock = replay(&fixture, TEST).start().unwrap();
        assert_eq!(upload(&mock, "first", b"another file").0, 418);
        mock.finish().unwrap_err();
    });
}

#[test]
fn every_method_and_path_replays() {
    alone(&[], |_| {
        let (_folder, fixture) = place();
        let upstream = Upstream::scripted(|_, request| {
            let text = format!("{} {}", request.method, request.target);
            match request.target.as_str() {
                "/v1/files/f1/content" => {
                    Response::status(200).header("content-type", "text/csv").body("a,b\r\n1,2\r\n")
                }
                "/v1/images/generations" => Response::json(r#"{"data":[{"b64_json":"AAAA"}]}"#),
                "/v1/empty" => Response::status(204),
                "/v1/nothing" => Response::status(200),
                _ => Response::status(201).header("content-type", "text/plain").body(text),
            }
        });
        let requests: [(&str, &str, &[u8]); 9] = [
            ("GET", "/files/f1/content", b""),
            ("POST", "/images/generations", br#"{"prompt":"a cat"}"#),
            ("POST", "/batches", br#"{"input_file_id":"f1"}"#),
            ("GET", "/batches?limit=2&after=b", b""),
            ("DELETE", "/files/f1", b""),
            ("PUT", "/uploads/u1", b"plain text"),
            ("PATCH", "/things/1", b"\xff\xfe"),
            ("POST", "/empty", b"{}"),
            ("GET", "/nothing", b""),
        ];
        let got = both_ways(&upstream, &fixture, |mock| {
            requests.map(|(method, path, body)| {
                let reply = openai(mock, method, path, "application/octet-stream", body);
                (reply.status, reply.header("content-type").map(str::to_owned), reply.bytes())
            })
        });
        assert_eq!(got[0].2, b"a,b\r\n1,2\r\n");
        assert_eq!((got[3].0, &*got[3].2), (201, &b"GET /v1/batches?limit=2&after=b"[..]));
        assert_eq!((got[7].0, got[7].2.len()), (204, 0));
        assert_eq!(Fixture::load(&fixture).unwrap().interactions().len(), requests.len());
    });
}

#[test]
fn head_requests_get_no_body() {
    alone(&[], |_| {
        let (_folder, fixture) = place();
        let answer = Response::status(200).header("content-type", "text/csv").body("12345");
        let upstream = Upstream::start([answer]);
        both_ways(&upstream, &fixture, |mock| {
            let reply = openai(mock, "HEAD", "/files/f1/content", "text/plain", b"");
            (reply.status, reply.header("content-type").map(str::to_owned), reply.bytes())
        });
    });
}

#[test]
fn keeps_repeated_headers_in_order() {
    alone(&[], |_| {
        let (_folder, fixture) = place();
        let answer = Response::json("{}")
            .header("x-ratelimit-limit", "10")
            .header("x-request-id", "req_1")
            .header("X-RateLimit-Limit", "20")
            .header("set-cookie", "a=1")
            .header("set-cookie", "b=2")
            .header("server", "cloud")
            .header("openai-organization", "org-secret");
        let upstream = Upstream::start([answer]);
        let mock = upstream.record(&fixture, TEST).start().unwrap();
        let reply = chat(&mock, &prompt("x"));
        assert_eq!(reply.all("set-cookie"), ["a=1", "b=2"], "live, everything passes");
        assert_eq!(reply.header("server"), Some("cloud"));
        drop(reply);
        mock.finish().unwrap();

        let mock = replay(&fixture, TEST).start().unwrap();
        let reply = chat(&mock, &prompt("x"));
        assert_eq!(reply.all("x-ratelimit-limit"), ["10", "20"]);
        assert_eq!(reply.header("x-request-id"), Some("req_1"));
        for name in ["set-cookie", "server", "openai-organization"] {
            assert_eq!(reply.header(name), None, "{name}");
        }
        drop(reply);
        mock.finish().unwrap();
    });
}

#[test]
fn bodies_keep_content_length_and_connections_close() {
    alone(&[], |_| {
        let (_folder, fixture) = place();
        let upstream = Upstream::start([Response::json(r#"{"a":1}"#)]);
        both_ways(&upstream, &fixture, |mock| {
            let reply = chat(mock, &prompt("x"));
            assert_eq!(reply.header("content-length"), Some("7"));
            assert_eq!(reply.header("transfer-encoding"), None);
            assert_eq!(reply.header("connection"), Some("close"));
            reply.bytes()
        });
    });
}

#[test]
fn stream_requests_may_get_unstreamed_responses() {
    alone(&[], |_| {
        let ask = r#"{"model":"m","stream":true,"messages":[]}"#;
        let cases = [
            ("one piece", Response::json(r#"{"choices":[]}"#)),
            ("text", Response::status(200).header("content-type", "text/plain").body("hello")),
            ("error", Response::error(400, "no")),
            ("no type", Response::status(200).body("data: 1\n\n")),
            ("nothing", Response::status(200).header("content-type", "text/event-stream").body("")),
        ];
        for (name, answer) in cases {
            let (_folder, fixture) = place();
            both_ways(&Upstream::start([answer]), &fixture, |mock| {
                let reply = chat(mock, ask);
                (name, reply.status, reply.header("content-type").map(str::to_owned), reply.bytes())
            });
        }
    });
}

#[test]
fn responses_without_length_end_with_the_connection() {
    alone(&[], |_| {
        let (_folder, fixture) = place();
        let reads = ["HTTP/1.1 200 OK\r\ncontent-type: text/plain\r\n\r\n", "one ", "two"];
        let upstream = Upstream::start([Response::raw(reads.map(|read| read.as_bytes().to_vec()))]);
        let got = both_ways(&upstream, &fixture, |mock| chat(mock, &prompt("x")).text());
        assert_eq!(got, "one two");
    });
}

#[test]
fn requests_without_body_are_forwarded_without_one() {
    alone(&[], |_| {
        let (_folder, fixture) = place();
        let upstream = Upstream::start([Response::json("{}")]);
        both_ways(&upstream, &fixture, |mock| openai(mock, "GET", "/models", "x/y", b"").bytes());
        let seen = upstream.requests().remove(0);
        assert_eq!((seen.header("transfer-encoding"), seen.body.len()), (None, 0));
        assert!(seen.header("content-length").is_none_or(|length| length == "0"));
    });
}

#[test]
fn incomplete_request_bodies_are_not_requests() {
    use std::io::{Read as _, Write as _};

    /// Announces more bytes than it sends, and returns what the server sends back.
    fn send_half(mock: &MockSession) -> Vec<u8> {
        let url = format!("{}/chat/completions", mock.base_url(Provider::OpenAI));
        let rest = url.strip_prefix("http://").unwrap();
        let (host, path) = rest.split_at(rest.find('/').unwrap());
        let mut socket = std::net::TcpStream::connect(host).unwrap();
        let head = format!("POST {path} HTTP/1.1\r\nhost: {host}\r\ncontent-length: 84\r\n\r\n");
        socket.write_all(head.as_bytes()).unwrap();
        socket.write_all(br#"{"model":"m","messages":[{"rol"#).unwrap();
        socket.shutdown(std::net::Shutdown::Write).unwrap();
        let mut received = Vec::new();
        socket.read_to_end(&mut received).unwrap();
        received
    }

    alone(&[], |_| {
        let (_folder, fixture) = place();
        let upstream = Upstream::start([Response::json("{}")]);
        both_ways(&upstream, &fixture, |mock| {
            assert_eq!(send_half(mock), b"");
            assert_eq!(chat(mock, &prompt("whole")).status, 200);
            assert_eq!(mock.requests().len(), 1);
        });
        assert_eq!(upstream.requests().len(), 1);
        assert_eq!(Fixture::load(&fixture).unwrap().interactions().len(), 1);
    });
}
