//! `llmock serve --record`: requests without a recording are forwarded to the provider and recorded.

use super::links::gzip;
use crate::server::{Workdir, chat};
use llmock_testkit::client::{Request, Response};
use llmock_testkit::upstream::{self, Gate, Upstream};

const RECORD: [&str; 3] = ["--fixtures", "all", "--record"];

fn json(body: &str) -> upstream::Response {
    upstream::Response::json(body)
}

/// Spelt as few would spell it: nothing but the bytes themselves can be right.
const PRINTED: &str =
    "{\n  \"b\": 1.0,\n  \"a\": [\n    \"\\u00fc\",\n    \"ü\"\n  ],\n  \"b\": 1\n}\n";

/// Where a server finds its provider.
fn at(upstream: &Upstream) -> String {
    upstream.openai_url()
}

#[test]
fn recordings_replay_exactly_without_the_provider() {
    let sse: [&[u8]; 3] = [
        b"data: {\"id\":\"1\", \"x\": 1.0}\n\n: ping\n\n",
        b"event: e\ndata: {\"id\"",
        b":\"2\"}\n\ndata: [DONE]\n\n",
    ];
    let lines: [&[u8]; 2] = [b"{\"n\":1}\n", b"{\"n\":\"\\u00e9\"}\n"];
    let audio = [0xff, 0xfb, 0x90, 0x00, 0x0a, 0x80];
    let upstream = Upstream::scripted(move |_, request| match request.target.as_str() {
        "/v1/chat/completions" => json(PRINTED),
        "/v1/responses" => upstream::Response::sse(sse).header("x-request-id", "r"),
        "/api/chat" => upstream::Response::status(200)
            .header("content-type", "application/x-ndjson")
            .chunks(lines),
        "/v1/messages?beta=true" => upstream::Response::sse([
            "event: message_start\ndata: {\"type\":\"message_start\"}\n\n",
        ])
        .truncated(),
        "/v1/audio/speech" => {
            upstream::Response::status(200).header("content-type", "audio/mpeg").body(audio)
        }
        "/v1/models/none" => json("{}").with_status(404),
        other => panic!("{other}"),
    });
    let requests = [
        chat("hello"),
        Request::post("/v1/responses", "{\"model\":\"m\",\"input\":\"i\",\"stream\":true}"),
        Request::post("/api/chat", "{\"model\":\"m\",\"messages\":[]}"),
        Request::post("/anthropic/v1/messages?beta=true", "{\"model\":\"c\",\"stream\":true}"),
        Request::post("/v1/audio/speech", "{\"input\":\"i\"}"),
        Request::get("/v1/models/none"),
    ];
    let workdir = Workdir::new();
    let variables = [
        ("OPENAI_BASE_URL", &*at(&upstream)),
        ("ANTHROPIC_BASE_URL", &upstream.url()),
        ("OLLAMA_HOST", &upstream.url()),
    ];
    let recording = workdir.serve(&RECORD, &variables);
    let live: Vec<Response> = requests.iter().map(|request| recording.send(request)).collect();
    assert_eq!(live[0].text(), PRINTED);
    assert_eq!(live[1].bytes(), sse.concat());
    assert_eq!(live[2].chunks, lines);
    assert!(live[3].is_truncated() && !live[1].is_truncated());
    assert_eq!(live[4].bytes(), audio);
    assert_eq!(live[5].status, 404);
    workdir.recorded("all/recorded.json", requests.len());
    drop(recording);
    upstream.stop();

    let replaying = workdir.serve(&["--fixtures", "all"], &[]);
    for (request, live) in requests.iter().zip(&live) {
        let replayed = replaying.send(request);
        assert_eq!(replayed.status, live.status, "{request:?}");
        assert_eq!(replayed.bytes(), live.bytes(), "{request:?}");
        assert_eq!(replayed.is_truncated(), live.is_truncated(), "{request:?}");
        for name in ["content-type", "x-request-id"] {
            assert_eq!(replayed.header(name), live.header(name), "{request:?}");
        }
        if live.header("transfer-encoding").is_some() {
            assert_eq!(replayed.chunks, live.chunks, "{request:?}");
        }
    }
}

#[test]
fn disconnecting_clients_do_not_truncate_recordings() {
    let gate = Gate::default();
    let response = upstream::Response::sse(["data: {\"n\":1}\n\n"]);
    let response = response.wait(&gate).chunk("data: {\"n\":2}\n\n");
    let upstream = Upstream::start([response]);
    let workdir = Workdir::new();
    let server = workdir.serve(&RECORD, &[("OPENAI_BASE_URL", &at(&upstream))]);
    let mut response = chat("hello").begin(&server.origin);
    assert_eq!(response.status, 200);
    assert_eq!(response.chunk().as_deref(), Some(&b"data: {\"n\":1}\n\n"[..]));
    drop(response);
    gate.open();
    server.wait_for_recordings(1);
    assert!(workdir.interactions("all/recorded.json")[0].is_streaming());
    let replayed = server.send(&chat("hello"));
    assert!(!replayed.is_truncated());
    assert_eq!(replayed.chunks, [b"data: {\"n\":1}\n\n", b"data: {\"n\":2}\n\n"]);
    assert_eq!(upstream.requests().len(), 1);
}

#[test]
fn recordings_answer_every_session_at_once() {
    let upstream = Upstream::scripted(|at, _| json(&format!("{{\"n\":{}}}", at + 1)));
    let workdir = Workdir::new();
    let server = workdir.serve(&RECORD, &[("OPENAI_BASE_URL", &at(&upstream))]);
    assert_eq!(server.send(&chat("q")).text(), "{\"n\":1}");
    server.wait_for_recordings(1);
    for session in ["default", "a", "b", "a"] {
        let again = chat("q").header("x-llmock-session", session);
        assert_eq!(server.send(&again).text(), "{\"n\":1}", "{session}");
    }
    assert_eq!(server.send(&chat("other")).text(), "{\"n\":2}");
    assert_eq!(upstream.requests().len(), 2);
}

#[test]
fn records_every_request_of_parallel_clients() {
    let upstream = Upstream::scripted(|_, request| {
        let body: serde_json::Value = serde_json::from_slice(&request.body).unwrap();
        let prompt = body["messages"][0]["content"].as_str().unwrap();
        json(&format!("{{\"got\":\"{prompt}\"}}"))
    });
    let workdir = Workdir::new();
    workdir.fixture("all/recorded.json", &[("before", "before")]);
    let server = workdir.serve(&RECORD, &[("OPENAI_BASE_URL", &at(&upstream))]);
    std::thread::scope(|scope| {
        for client in 0..20 {
            let server = &server;
            scope.spawn(move || {
                for turn in 0..5 {
                    let prompt = format!("client {} turn {turn}", client / 2);
                    let request = chat(&prompt).header("x-llmock-session", &client.to_string());
                    let got = server.send(&request).text();
                    assert_eq!(got, format!("{{\"got\":\"{prompt}\"}}"));
                }
            });
        }
    });
    // Two clients sent the same request: the recording of the first may have served the second.
    let count = upstream.requests().len();
    assert!((50..=100).contains(&count), "{count}");
    let recorded = workdir.recorded("all/recorded.json", 1 + count);
    let mut prompts: Vec<_> = recorded.iter().filter_map(llmock::Interaction::prompt).collect();
    assert_eq!(prompts[0], "before");
    prompts.sort_unstable();
    prompts.dedup();
    assert_eq!((recorded.len(), prompts.len()), (1 + count, 51));
    drop(server);
    upstream.stop();
    let replaying = workdir.serve(&["--fixtures", "all"], &[]);
    assert_eq!(replaying.send(&chat("client 9 turn 4")).text(), "{\"got\":\"client 9 turn 4\"}");
}

#[test]
fn two_servers_record_into_one_file() {
    let upstream = Upstream::start([json("{}")]);
    let workdir = Workdir::new();
    let variables = [("OPENAI_BASE_URL", &*at(&upstream))];
    let servers = [workdir.serve(&RECORD, &variables), workdir.serve(&RECORD, &variables)];
    std::thread::scope(|scope| {
        for (at, server) in servers.iter().enumerate() {
            scope.spawn(move || {
                for turn in 0..10 {
                    assert_eq!(server.send(&chat(&format!("{at} {turn}"))).text(), "{}");
                }
            });
        }
    });
    assert_eq!(workdir.recorded("all/recorded.json", 20).len(), 20);
}

#[test]
fn provider_errors_are_forwarded_and_not_recorded() {
    let errors = [401, 429, 500].map(|status| {
        let response = json("{\"error\":{\"message\":\"try later\"}}").with_status(status);
        response.header("retry-after", "7")
    });
    let upstream = Upstream::start(errors.into_iter().chain([json("{}")]));
    let workdir = Workdir::new();
    let server = workdir.serve(&RECORD, &[("OPENAI_BASE_URL", &at(&upstream))]);
    for status in [401, 429, 500] {
        let got = server.send(&chat("q"));
        assert_eq!((got.status, got.header("retry-after")), (status, Some("7")));
        assert_eq!(got.text(), "{\"error\":{\"message\":\"try later\"}}");
        server.wait_for_stderr(&format!("not recorded: openai responded with {status}: try later"));
    }
    assert_eq!(server.send(&chat("q")).status, 200);
    assert_eq!(workdir.recorded("all/recorded.json", 1)[0].status(), 200);
}

#[test]
fn forwards_client_keys_and_does_not_store_them() {
    let upstream = Upstream::start([json("{\"your\":\"sk-proj-0123456789abcdefghijklmn\"}")]);
    let workdir = Workdir::new();
    let variables = [("OPENAI_BASE_URL", &*at(&upstream)), ("GEMINI_BASE_URL", &upstream.url())];
    let server = workdir.serve(&RECORD, &variables);
    let request = chat("my key is sk-proj-0123456789abcdefghijklmn")
        .header("authorization", "Bearer sk-of-a-client-0123456789")
        .header("x-llmock-session", "mine");
    server.send(&request);
    server.send(&Request::post("/v1beta/models/g:generateContent?key=AIza-of-a-client", "{}"));
    server.wait_for_recordings(2);
    server.wait_for_stderr("redacted OPENAI_KEY at $.your in the response of openai to POST");
    let seen = upstream.requests();
    assert_eq!(seen[0].header("authorization"), Some("Bearer sk-of-a-client-0123456789"));
    assert_eq!(seen[0].header("x-llmock-session"), None);
    assert_eq!(seen[0].header("accept-encoding"), Some("identity"));
    assert_eq!(seen[0].body, request.body);
    assert!(seen[1].target.ends_with("?key=AIza-of-a-client"), "{}", seen[1].target);
    let file = workdir.read("all/recorded.json");
    for secret in ["sk-of-a-client", "AIza-of-a-client", "sk-proj-0123456789"] {
        assert!(!file.contains(secret), "{secret} is in {file}");
    }
    // and it is found again all the same
    assert!(server.send(&request).text().contains("[REDACTED:"));
    assert_eq!(upstream.requests().len(), 2);
    // also with another key in its place
    let server = workdir.serve(&["--fixtures", "all"], &[]);
    for key in ["dummy", "sk-proj-0123456789abcdefghijklmn"] {
        let request = chat(&format!("my key is {key}"));
        assert!(server.send(&request).text().contains("[REDACTED:OPENAI_KEY]"), "{key}");
    }
    assert_eq!(server.send(&chat("my key is ")).status, 418);
}

#[test]
fn does_not_forward_the_servers_own_key() {
    let upstream = Upstream::start([json("{}")]);
    let workdir = Workdir::new();
    let base = at(&upstream);
    let own = [("OPENAI_BASE_URL", &*base), ("LLMOCK_API_KEY", "key-of-the-server")];
    let request = chat("q").header("authorization", "Bearer key-of-the-server");
    let server = workdir.serve(&RECORD, &own);
    assert_eq!(server.send(&request).status, 200);
    assert_eq!(upstream.requests()[0].header("authorization"), None);
    let real = [own[0], own[1], ("OPENAI_API_KEY", "sk-of-the-operator")];
    let server = workdir.serve(&["--fixtures", "other", "--record"], &real);
    assert_eq!(server.send(&request).status, 200);
    assert_eq!(upstream.requests()[1].header("authorization"), Some("Bearer sk-of-the-operator"));
    assert_eq!(server.send(&chat("q")).status, 401);
}

#[test]
fn ci_does_not_record_unless_allowed() {
    let workdir = Workdir::new();
    let why = workdir.fails_to_start(&RECORD, &[("CI", "true")]);
    assert!(why.contains("LLMOCK_ALLOW_CI_RECORD=1"), "{why}");
    workdir.serve(&RECORD, &[("CI", "true"), ("LLMOCK_ALLOW_CI_RECORD", "1")]);
    let why = workdir.fails_to_start(&["--record"], &[]);
    assert!(why.contains("fixtures"), "{why}");
}

#[test]
fn proxy_without_recording_writes_nothing() {
    let upstream = Upstream::start([json("{\"n\":1}")]);
    let workdir = Workdir::new();
    let config = "strategies: [ProxyStrategy]\nupstreams:\n  openai: ";
    workdir.write("config.yaml", &format!("{config}{}\n", at(&upstream)));
    let server = workdir.serve(&["--config", "config.yaml"], &[("CI", "true")]);
    for _ in 0..2 {
        assert_eq!(server.send(&chat("q")).text(), "{\"n\":1}");
    }
    assert_eq!(upstream.requests().len(), 2);
    let files: Vec<_> =
        std::fs::read_dir(&workdir).unwrap().map(|e| e.unwrap().file_name()).collect();
    assert_eq!(files, ["config.yaml"]);
    server.wait_for_stderr("forwarding openai to http://127.0.0.1");
}

#[test]
fn unreachable_providers_are_named_in_their_error_format() {
    let unused = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let base = format!("http://user:secret@{}/v1", unused.local_addr().unwrap());
    drop(unused);
    let workdir = Workdir::new();
    let server = workdir.serve(&RECORD, &[("OPENAI_BASE_URL", &base)]);
    let got = server.send(&chat("q"));
    // It may be reachable when the client tries again.
    assert_eq!((got.status, got.header("x-should-retry")), (502, None));
    let body: serde_json::Value = serde_json::from_str(&got.text()).unwrap();
    let message = body["error"]["message"].as_str().unwrap();
    assert!(message.contains("could not be reached") && !message.contains("secret"), "{message}");
    let azure = server.send(&Request::post("/openai/deployments/d/chat/completions", "{}"));
    assert_eq!(azure.status, 502);
    assert!(azure.text().contains("AZURE_OPENAI_ENDPOINT"), "{}", azure.text());
    assert!(!workdir.path("all").exists());
}

#[test]
fn ignores_base_urls_that_point_to_itself() {
    let workdir = Workdir::new();
    let probe = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let port = probe.local_addr().unwrap().port();
    drop(probe);
    for host in ["127.0.0.1", "localhost"] {
        let own = format!("http://{host}:{port}");
        let port = port.to_string();
        let arguments = ["--fixtures", "all", "--record", "--port", &port];
        let server = workdir.serve(&arguments, &[("AZURE_OPENAI_ENDPOINT", &own)]);
        let got = server.send(&Request::post("/openai/deployments/d/chat/completions", "{}"));
        assert_eq!(got.status, 502);
        assert!(got.text().contains("no upstream is configured for provider"), "{}", got.text());
    }
}

#[test]
fn compressed_requests_are_forwarded_as_sent_and_replayed() {
    let upstream = Upstream::scripted(|_, _| json("{\"got\":\"hello\"}"));
    let workdir = Workdir::new();
    let server = workdir.serve(&RECORD, &[("OPENAI_BASE_URL", &at(&upstream))]);
    let plain = chat("hello");
    let body = gzip(std::str::from_utf8(&plain.body).unwrap());
    let compressed = Request::post(&plain.path, body.clone()).header("content-encoding", "gzip");
    for request in [&compressed, &compressed, &plain] {
        assert_eq!(server.send(request).text(), "{\"got\":\"hello\"}", "{request:?}");
        server.wait_for_recordings(1);
    }
    let seen = upstream.requests();
    assert_eq!(seen.len(), 1, "equal requests were replayed");
    assert_eq!((seen[0].header("content-encoding"), &seen[0].body), (Some("gzip"), &body));
}
