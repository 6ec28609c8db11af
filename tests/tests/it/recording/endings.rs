//! When a response is over: by its protocol, by its transport, or because its client has left.

use std::path::Path;
use std::time::{Duration, Instant};

use llmock::{MockSession, Provider};
use llmock_testkit::client::{End, JSON, ResponseStream, chat, prompt, send};
use llmock_testkit::process::alone;
use llmock_testkit::recorded::{failed, interactions, place, read};
use llmock_testkit::upstream::{Gate, Response, Upstream, replay};

use crate::event_stream::frame;

const TEST: &str = "endings::test";
const DONE: &str = "data: [DONE]\n\n";
const HELLO: &str = "data: {\"choices\":[{\"index\":0,\"delta\":{\"content\":\"hello\"}}]}\n\n";
const SSE: &str = "text/event-stream";

/// No test here may take as long as the limit for responses that never end.
const SOON: Duration = Duration::from_secs(8);

fn ask(mock: &MockSession, provider: Provider, path: &str) -> ResponseStream {
    let url = format!("{}{path}", mock.base_url(provider));
    send("POST", &url, &JSON, br#"{"model":"m","stream":true,"messages":[]}"#)
}

fn get(mock: &MockSession, path: &str) -> ResponseStream {
    send("GET", &format!("{}{path}", mock.base_url(Provider::OpenAI)), &[], b"")
}

fn end_of(fixture: &Path, at: usize) -> String {
    let stream = &interactions(fixture)[at]["response"]["stream"];
    assert!(stream.is_object(), "{}", read(fixture));
    stream["end"].as_str().unwrap_or("complete").to_owned()
}

/// A stream of each format: provider, path, content type, and chunks.
fn formats() -> Vec<(Provider, &'static str, &'static str, Vec<Vec<u8>>)> {
    let text = |chunks: &[&str]| chunks.iter().map(|chunk| chunk.as_bytes().to_vec()).collect();
    let responses = |end: &str| {
        let last = format!("event: {end}\ndata: {{\"type\":\"{end}\",\"response\":{{}}}}\n\n");
        text(&["event: a\ndata: {\"type\":\"response.created\"}\n\n", &last])
    };
    let gemini = "/v1beta/models/m:streamGenerateContent";
    let message = |kind: &str| format!("event: {kind}\ndata: {{\"type\":\"{kind}\"}}\n\n");
    let two =
        "{\"candidates\":[{\"index\":0,\"content\":{}},{\"index\":1,\"finishReason\":\"STOP\"}]}";
    let last = "{\"candidates\":[{\"index\":0,\"finishReason\":\"STOP\"}],\"usageMetadata\":{}}";
    let (two_sse, last_sse) = (format!("data: {two}\r\n\r\n"), format!("data: {last}\r\n\r\n"));
    let (two_array, last_array) = (format!("[{two}"), format!("\n,\r\n{last}"));
    vec![
        (Provider::OpenAI, "/chat/completions", SSE, text(&[HELLO, DONE])),
        (Provider::OpenAI, "/completions", SSE, text(&["data: {\"choices\":[]}\n\n", DONE])),
        (Provider::OpenAI, "/responses", SSE, responses("response.completed")),
        (Provider::OpenAI, "/responses", SSE, responses("response.incomplete")),
        (Provider::OpenAI, "/responses", SSE, responses("response.failed")),
        (Provider::OpenAI, "/threads/t/runs", SSE, text(&["event: a\ndata: {}\n\n", DONE])),
        (
            Provider::Anthropic,
            "/v1/messages",
            SSE,
            text(&[&message("message_start"), &message("message_stop")]),
        ),
        (Provider::Gemini, gemini, SSE, text(&[&two_sse, &last_sse])),
        (Provider::Gemini, gemini, "application/json", text(&[&two_array, &last_array, "\n]"])),
        (
            Provider::Ollama,
            "/api/chat",
            "application/x-ndjson",
            text(&["{\"done\":false}\n", "{\"done\":true}\n"]),
        ),
        // Some servers get the content type wrong.
        (
            Provider::Ollama,
            "/api/generate",
            "text/plain",
            text(&["{\"done\":false}\n", "{\"done\":true}\n"]),
        ),
        (
            Provider::Cohere,
            "/v2/chat",
            SSE,
            text(&[&message("message-start"), &message("message-end")]),
        ),
        (
            Provider::Cohere,
            "/v1/chat",
            "application/stream+json",
            text(&["{\"event_type\":\"a\"}\n", "{\"event_type\":\"stream-end\"}\n"]),
        ),
        (
            Provider::Bedrock,
            "/model/m/converse-stream",
            "application/vnd.amazon.eventstream",
            vec![frame("messageStop", "{}"), frame("metadata", "{\"usage\":{}}")],
        ),
    ]
}

/// The chunks, and then a connection that stays open.
fn held(kind: &str, chunks: &[Vec<u8>], gate: &Gate) -> Response {
    let response = Response::status(200).header("content-type", kind);
    chunks.iter().fold(response, |response, chunk| response.chunk(chunk.clone())).wait(gate)
}

#[test]
fn streams_end_at_their_terminator_although_the_server_holds_the_connection() {
    alone(&[], |_| {
        let gate = Gate::default();
        for (provider, path, kind, chunks) in formats() {
            for reads_on in [false, true] {
                let (_folder, fixture) = place();
                let upstream = Upstream::start([held(kind, &chunks, &gate)]);
                let mock = upstream.record(&fixture, TEST);
                let mock = mock.upstream(Provider::Cohere, upstream.url());
                let mock = mock.upstream(Provider::Bedrock, upstream.url()).start().unwrap();
                let start = Instant::now();
                let mut reply = ask(&mock, provider, path);
                if reads_on {
                    assert_eq!(reply.rest(), (chunks.clone(), End::Complete), "{path}");
                } else {
                    // An SDK hangs up at the terminator.
                    let read: Vec<_> = chunks.iter().map(|_| reply.chunk().unwrap()).collect();
                    assert_eq!(read, chunks, "{path}");
                    drop(reply);
                }
                mock.finish().unwrap();
                assert!(start.elapsed() < SOON, "{path}");
                assert_eq!(end_of(&fixture, 0), "complete", "{path}");
                let mock = replay(&fixture, TEST).start().unwrap();
                let replayed = ask(&mock, provider, path).rest();
                assert_eq!(replayed, (chunks.clone(), End::Complete), "{path}");
                mock.finish().unwrap();
            }
        }
        gate.open();
    });
}

#[test]
fn usage_after_the_terminator_is_recorded() {
    alone(&[], |_| {
        let (_folder, fixture) = place();
        let usage = "data: {\"choices\":[],\"usage\":{\"total_tokens\":3}}\n\n";
        let gate = Gate::default();
        let response = Response::sse([HELLO, DONE]).pause(Duration::from_millis(60)).chunk(usage);
        let upstream = Upstream::start([response.wait(&gate)]);
        let mock = upstream.record(&fixture, TEST).start().unwrap();
        chat(&mock, &prompt("x")).rest();
        mock.finish().unwrap();
        gate.open();
        let mock = replay(&fixture, TEST).start().unwrap();
        assert_eq!(chat(&mock, &prompt("x")).text(), [HELLO, DONE, usage].concat());
        mock.finish().unwrap();
    });
}

#[test]
fn transports_that_break_after_the_terminator_truncate_nothing() {
    alone(&[], |_| {
        let (_folder, fixture) = place();
        let upstream = Upstream::start([Response::sse([HELLO, DONE]).truncated()]);
        let mock = upstream.record(&fixture, TEST).start().unwrap();
        assert_eq!(chat(&mock, &prompt("x")).text(), [HELLO, DONE].concat());
        mock.finish().unwrap();
        assert_eq!(end_of(&fixture, 0), "complete");
    });
}

#[test]
fn streams_of_clients_that_left_go_on_to_their_terminator() {
    alone(&[], |_| {
        let (_folder, fixture) = place();
        // A model thinks longer than an endless stream may be silent.
        let response = Response::sse([HELLO]).pause(Duration::from_millis(1500));
        let upstream = Upstream::start([response.chunk(HELLO).chunk(DONE)]);
        let mock = upstream.record(&fixture, TEST).start().unwrap();
        let mut reply = chat(&mock, &prompt("x"));
        assert!(reply.chunk().is_some());
        drop(reply);
        mock.finish().unwrap();
        assert_eq!(end_of(&fixture, 0), "complete");
        let mock = replay(&fixture, TEST).start().unwrap();
        assert_eq!(chat(&mock, &prompt("x")).text(), [HELLO, HELLO, DONE].concat());
        mock.finish().unwrap();
    });
}

/// A stream of notifications that only pings, for a time that no test waits.
fn pings() -> Response {
    let mut response = Response::sse(["event: message\ndata: {\"jsonrpc\":\"2.0\"}\n\n"]);
    for _ in 0..200 {
        response = response.pause(Duration::from_millis(100)).chunk(": ping\n\n");
    }
    response
}

#[test]
fn endless_streams_are_closed_soon_after_their_client() {
    alone(&[], |process| {
        if process.part() == "records" {
            let fixture = std::path::PathBuf::from(std::env::var_os("FIXTURE").unwrap());
            let gate = Gate::default();
            let silent = Response::sse(["data: {\"jsonrpc\":\"2.0\"}\n\n"]).wait(&gate);
            let heartbeats = |last: &str| {
                let mut response = Response::sse([last]);
                for _ in 0..200 {
                    response = response.pause(Duration::from_millis(100)).chunk(": keep-alive\n\n");
                }
                response
            };
            let finished = "data: {\"choices\":[{\"index\":0,\"finish_reason\":\"stop\"}]}\n\n";
            let upstream =
                Upstream::start([pings(), silent, heartbeats(finished), heartbeats(HELLO)]);
            let mock = upstream.record(&fixture, TEST).start().unwrap();
            let start = Instant::now();
            assert!(get(&mock, "/mcp").chunk().is_some());
            assert!(get(&mock, "/sse").chunk().is_some());
            assert!(chat(&mock, &prompt("finished")).chunk().is_some());
            assert!(chat(&mock, &prompt("thinking")).chunk().is_some());
            mock.finish().unwrap();
            gate.open();
            assert!(start.elapsed() < SOON, "{:?}", start.elapsed());
            return;
        }
        let (_folder, fixture) = place();
        let output = process.again("records").env("FIXTURE", &fixture).output().unwrap();
        let stderr = String::from_utf8(output.stderr).unwrap();
        assert!(output.status.success(), "{stderr}");
        assert!(
            stderr.contains("the client disconnected before the response of #1 ended"),
            "{stderr}"
        );
        let ends: Vec<_> = (0..4).map(|at| end_of(&fixture, at)).collect();
        assert_eq!(ends, ["client-left", "client-left", "complete", "client-left"]);
        let mock = replay(&fixture, TEST).start().unwrap();
        let (chunks, end) = get(&mock, "/sse").rest();
        assert_eq!(chunks.concat(), b"data: {\"jsonrpc\":\"2.0\"}\n\n");
        assert_eq!(end, End::Complete);
        assert!(get(&mock, "/mcp").rest().0.concat().starts_with(b"event: message\n"));
        mock.finish().unwrap();
    });
}

#[test]
fn endless_streams_of_clients_that_stay_do_not_delay_the_end() {
    alone(&[], |_| {
        let (_folder, fixture) = place();
        let upstream = Upstream::start([pings()]);
        let mock = upstream.record(&fixture, TEST).start().unwrap();
        let mut reply = get(&mock, "/mcp");
        assert!(reply.chunk().is_some());
        let start = Instant::now();
        mock.finish().unwrap();
        assert!(start.elapsed() < SOON);
        assert_eq!(end_of(&fixture, 0), "client-left");
        drop(reply);
    });
}

#[test]
fn what_arrived_before_the_limit_is_recorded() {
    alone(&[("LLMOCK_DRAIN_TIMEOUT", "300ms")], |_| {
        let (_folder, fixture) = place();
        let gate = Gate::default();
        let upstream = Upstream::start([Response::sse([HELLO]).wait(&gate)]);
        let mock = upstream.record(&fixture, TEST).start().unwrap();
        assert!(chat(&mock, &prompt("x")).chunk().is_some());
        mock.finish().unwrap();
        gate.open();
        assert_eq!(end_of(&fixture, 0), "client-left");
        let mock = replay(&fixture, TEST).start().unwrap();
        assert_eq!(chat(&mock, &prompt("x")).text(), HELLO);
        mock.finish().unwrap();
    });
}

#[test]
fn responses_without_their_client_never_replace_complete_ones() {
    alone(&[("LLMOCK_DRAIN_TIMEOUT", "300ms")], |_| {
        let (_folder, fixture) = place();
        let gate = Gate::default();
        let whole = Response::sse([HELLO, DONE]);
        let upstream = Upstream::start([whole.clone(), Response::sse([HELLO]).wait(&gate), whole]);
        let record = || {
            let mock = upstream.record(&fixture, TEST).start().unwrap();
            assert!(chat(&mock, &prompt("x")).chunk().is_some());
            mock.finish()
        };
        record().unwrap();
        let good = read(&fixture);
        let report = record().unwrap_err().to_string();
        gate.open();
        assert!(report.contains("the complete one was kept"), "{report}");
        assert_eq!(read(&fixture), good);
        assert!(read(&failed(&fixture)).contains("\"end\": \"client-left\""));
        record().unwrap();
        assert_eq!(end_of(&fixture, 0), "complete");
    });
}
