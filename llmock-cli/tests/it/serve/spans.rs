//! `llmock serve` with a collector of spans.

use crate::server::{Workdir, chat};
use llmock_testkit::client::Request;
use llmock_testkit::upstream::{Response, Upstream};

/// Texts are in the protocol as they are.
fn has(bytes: &[u8], text: &str) -> bool {
    bytes.windows(text.len()).any(|window| window == text.as_bytes())
}

#[test]
fn a_collector_gets_a_span_for_each_request() {
    let collector = Upstream::scripted(|_, _| Response::status(200));
    let server = Workdir::new().serve(&["--otlp-endpoint", &collector.url()], &[]);
    let trace = "0af7651916cd43dd8448eb211c80319c";
    let parent = format!("00-{trace}-b7ad6b7169203331-01");
    server.send(&chat("a secret prompt").header("traceparent", &parent));
    server.send(&Request::post("/v1/messages", r#"{"model":"claude-x"}"#));
    server.send(&Request::post("/v1/embeddings", r#"{"model":"text-e","input":"a"}"#));
    server.signal("-TERM");
    let log = server.wait_for_exit();
    assert!(!log.contains("otlp-endpoint"), "{log}");
    let requests = collector.requests();
    assert!(requests.iter().all(|request| request.target == "/v1/traces"), "{requests:?}");
    let sent: Vec<u8> = requests.iter().flat_map(|request| request.body.clone()).collect();
    for text in [
        "chat m",
        "chat claude-x",
        "embeddings text-e",
        "gen_ai.usage.output_tokens",
        "gen_ai.response.finish_reasons",
        "error.type",
        "MirrorStrategy",
        "service.name",
    ] {
        assert!(has(&sent, text), "{text} in {}", String::from_utf8_lossy(&sent));
    }
    assert!(!has(&sent, "a secret prompt"));
    let trace: Vec<u8> = (0..trace.len())
        .step_by(2)
        .map(|at| u8::from_str_radix(&trace[at..at + 2], 16).unwrap())
        .collect();
    assert!(sent.windows(trace.len()).any(|window| window == trace));
}

#[test]
fn an_unreachable_collector_is_reported_once() {
    let free = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let url = format!("http://{free}");
    let server = Workdir::new().serve(&["--otlp-endpoint", &url], &[]);
    for _ in 0..3 {
        assert_eq!(server.send(&chat("Hello!")).status, 200);
    }
    server.signal("-TERM");
    let log = server.wait_for_exit();
    let words = format!("no spans are sent to `{url}/v1/traces` (`otlp-endpoint`)");
    assert_eq!(log.matches(&words).count(), 1, "{log}");
}
