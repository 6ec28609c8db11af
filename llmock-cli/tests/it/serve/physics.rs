//! `llmock serve` is slow and goes wrong as it is told to: pace and faults, by configuration and by header.

use std::io::{Read as _, Write as _};
use std::net::TcpStream;
use std::time::{Duration, Instant};

use crate::server::{Server, Workdir, chat};
use llmock_testkit::client::{Request, Response};
use llmock_testkit::upstream::{self, Upstream};
use serde_json::Value;
use tokio::io::{AsyncBufReadExt as _, AsyncReadExt as _, AsyncWriteExt as _};

const STREAMED: &str =
    r#"{"model":"m","stream":true,"messages":[{"role":"user","content":"one two three four"}]}"#;

fn streamed() -> Request {
    Request::post("/v1/chat/completions", STREAMED)
}

fn faulty(server: &Server, request: Request, fault: &str) -> Response {
    server.send(&request.header("x-llmock-fault", fault))
}

fn content(response: &Response) -> String {
    let body: Value = serde_json::from_slice(&response.bytes()).unwrap_or(Value::Null);
    body["choices"][0]["message"]["content"].as_str().unwrap_or("").to_owned()
}

#[test]
fn status_faults_use_the_providers_error_format() {
    let server = Workdir::new().serve(&[], &[]);
    let cases = [
        (chat("Hello!"), "/error/message"),
        (streamed(), "/error/message"),
        (
            Request::post("/v1/messages", r#"{"model":"m","max_tokens":9,"messages":[]}"#),
            "/error/message",
        ),
        (Request::post("/v1beta/models/m:generateContent", r#"{"contents":[]}"#), "/error/status"),
        (Request::post("/api/chat", r#"{"model":"m","messages":[]}"#), "/error"),
    ];
    for (request, pointer) in cases {
        let path = request.path.clone();
        let response = faulty(&server, request, "status=429, retry-after=7");
        assert_eq!((response.status, response.header("retry-after")), (429, Some("7")), "{path}");
        let body: Value = serde_json::from_slice(&response.bytes()).unwrap();
        assert!(body.pointer(pointer).is_some_and(Value::is_string), "{path}: {body}");
    }
    let response = faulty(&server, chat("Hello!"), "status=503");
    assert_eq!((response.status, response.header("retry-after")), (503, None));
}

/// All bytes that the server sends for a request whose connection is closed before the response.
fn cut_before(server: &Server) -> String {
    let mut socket = TcpStream::connect(server.origin.strip_prefix("http://").unwrap()).unwrap();
    let head = format!(
        "POST /v1/chat/completions HTTP/1.1\r\nhost: localhost\r\nx-llmock-fault: disconnect\r\ncontent-length: {}\r\n\r\n",
        STREAMED.len()
    );
    socket.write_all(&[head.as_bytes(), STREAMED.as_bytes()].concat()).unwrap();
    let mut seen = Vec::new();
    // A reset is a cut too.
    let _ = socket.read_to_end(&mut seen);
    String::from_utf8_lossy(&seen).into_owned()
}

#[test]
fn connection_faults_close_before_or_midway() {
    let server = Workdir::new().serve(&[], &[]);
    assert_eq!(cut_before(&server), "");
    let history: Value =
        serde_json::from_str(&server.send(&Request::get("/history")).text()).unwrap();
    assert_eq!(history["requests"][0]["status"], 444, "{history}");

    let whole = server.send(&streamed());
    let cut = faulty(&server, streamed(), "disconnect=midway");
    assert!(cut.is_truncated() && !whole.is_truncated());
    assert!(!cut.chunks.is_empty() && cut.chunks.len() < whole.chunks.len(), "{cut:?}");
    let cut = faulty(&server, chat("Hello!"), "disconnect=midway");
    assert!(
        cut.is_truncated() && cut.text().starts_with('{') && content(&cut).is_empty(),
        "{cut:?}"
    );
    assert_eq!(content(&server.send(&chat("Hello!"))), "Hello!", "the server goes on");
}

#[test]
fn body_faults_truncate_or_malform_the_body() {
    let server = Workdir::new().serve(&[], &[]);
    let whole = server.send(&streamed());
    let truncated = faulty(&server, streamed(), "truncate");
    assert!(!truncated.is_truncated() && truncated.status == 200);
    assert!(truncated.chunks.len() < whole.chunks.len() && !truncated.text().contains("[DONE]"));

    let malformed = faulty(&server, streamed(), "malformed");
    assert!(!malformed.is_truncated() && malformed.chunks.len() == whole.chunks.len());
    assert_eq!(parsed(&malformed), (whole.chunks.len() - 1, 0), "{malformed:?}");
    assert!(malformed.text().ends_with("data: [DONE]\n\n"));
    let malformed = faulty(&server, chat("Hello!"), "malformed");
    assert_eq!((malformed.status, malformed.is_truncated()), (200, false));
    assert!(serde_json::from_slice::<Value>(&malformed.bytes()).is_err(), "{malformed:?}");
}

/// How many events of a stream have data before the `[DONE]`, and of how many it is JSON.
fn parsed(response: &Response) -> (usize, usize) {
    let text = response.text();
    let data = text.lines().filter_map(|line| line.strip_prefix("data: "));
    let data: Vec<&str> = data.filter(|data| *data != "[DONE]").collect();
    let json = data.iter().filter(|data| serde_json::from_str::<Value>(data).is_ok());
    (data.len(), json.count())
}

/// As Gemini prints it.
const PRINTED: &str = "{\n  \"choices\": [\n    {\n      \"index\": 0\n    }\n  ]\n}\n";

#[test]
fn faults_apply_to_forwarded_responses_not_recordings() {
    let events = ["data: {\"n\":1}\n\n", "data: {\"n\":2}\n\n", "data: [DONE]\n\n"];
    let upstream = Upstream::scripted(move |_, request| {
        if request.text().contains("stream") {
            upstream::Response::sse(events)
        } else {
            upstream::Response::json(PRINTED)
        }
    });
    let workdir = Workdir::new();
    let base = upstream.openai_url();
    let server =
        workdir.serve(&["--fixtures", "all", "--record"], &[("OPENAI_BASE_URL", base.as_str())]);
    assert_eq!(cut_before(&server), "");
    assert!(upstream.requests().is_empty(), "a response that is not sent costs nothing");

    let is_json = |response: &Response| serde_json::from_slice::<Value>(&response.bytes()).is_ok();
    for (number, fault) in ["truncate", "disconnect=midway", "malformed"].iter().enumerate() {
        let plain = chat(&format!("plain {number}"));
        let body = STREAMED.replace("one", &number.to_string());
        let stream = Request::post("/v1/chat/completions", body);
        for session in ["as it comes", "as it was recorded"] {
            let send = |request: &Request| {
                faulty(&server, request.clone().header("x-llmock-session", session), fault)
            };
            let (response, streamed) = (send(&plain), send(&stream));
            server.wait_for_recordings(2 * (number + 1));
            let cut = *fault == "disconnect=midway";
            assert_eq!(
                (response.status, response.is_truncated(), streamed.is_truncated()),
                (200, cut, cut),
                "{session}"
            );
            assert!(!response.bytes().is_empty() && !is_json(&response), "{session} {response:?}");
            if *fault == "malformed" {
                assert_eq!((parsed(&streamed), response.bytes().len()), ((2, 0), PRINTED.len()));
            } else {
                assert_eq!(streamed.text(), events[0], "{session}");
            }
        }
        let later =
            |request: &Request| server.send(&request.clone().header("x-llmock-session", "later"));
        assert_eq!(later(&plain).text(), PRINTED);
        assert_eq!(later(&stream).text(), events.concat());
    }
    assert_eq!(upstream.requests().len(), 6);
    let counted = server.send(&Request::get("/metrics")).text();
    assert!(counted.contains("llmock_faults_total{kind=\"malformed\"} 4"), "{counted}");
}

#[test]
fn fault_rates_are_deterministic_for_a_seed() {
    let workdir = Workdir::new();
    workdir.write(
        "llmock.yaml",
        "faults: {rate: 0.5, seed: 7, kinds: ['status=500', 'status=429, weight=2']}\n",
    );
    let statuses = |more: &[&str]| -> Vec<u16> {
        let server = workdir.serve(&[&["--config", "llmock.yaml"], more].concat(), &[]);
        (0..60).map(|_| server.send(&chat("Hello!")).status).collect()
    };
    let first = statuses(&[]);
    for status in [200, 429, 500] {
        assert!(first.contains(&status), "{first:?}");
    }
    assert_eq!(statuses(&[]), first);
    assert_ne!(statuses(&["--set", "faults.seed=8"]), first);
    assert!(statuses(&["--set", "faults.rate=1"]).iter().all(|status| *status != 200));
}

#[test]
fn fault_headers_apply_to_one_request() {
    let server =
        Workdir::new().serve(&["--set", "faults.rate=1", "--set", "faults.kinds=status=500"], &[]);
    assert_eq!(server.send(&chat("Hello!")).status, 500);
    assert_eq!(content(&faulty(&server, chat("Hello!"), "none")), "Hello!");
    assert_eq!(
        server.send(&Request::get("/health")).status,
        200,
        "the server itself has no faults"
    );
    for (name, value) in [("x-llmock-fault", "boom"), ("x-llmock-pace", "fast")] {
        let response = server.send(&chat("Hello!").header(name, value));
        assert_eq!(response.status, 400);
        assert!(
            response.text().contains(name) && response.text().contains(value),
            "{}",
            response.text()
        );
    }
}

#[test]
fn chunks_never_arrive_before_their_time() {
    let server = Workdir::new().serve(&[], &[("LLMOCK_PACE", r#"{"tokens-per-second": 50}"#)]);
    let begun = Instant::now();
    let mut open = streamed().header("x-llmock-pace", "ttft=100ms").begin(&server.origin);
    let mut pieces = 0;
    while open.chunk().is_some() {
        let due = Duration::from_millis(100 + 20 * pieces);
        assert!(begun.elapsed() >= due, "piece {pieces} after {:?}", begun.elapsed());
        pieces += 1;
    }
    assert!(!open.collect().is_truncated());
    assert!(pieces > 4, "{pieces}");

    let begun = Instant::now();
    server.send(&chat("one two three four").header("x-llmock-pace", "ttft=100ms"));
    assert!(begun.elapsed() >= Duration::from_millis(100), "{:?}", begun.elapsed());
    let begun = Instant::now();
    faulty(&server, chat("Hello!").header("x-llmock-pace", "none"), "slow=150ms");
    assert!(begun.elapsed() >= Duration::from_millis(150), "{:?}", begun.elapsed());
}

#[test]
fn slow_responses_do_not_delay_others() {
    let server = Workdir::new().serve(&[], &[]);
    let slow = streamed().header("x-llmock-pace", "tps=0.001").begin(&server.origin);
    let unaffected = streamed().header("x-llmock-pace", "none");
    for _ in 0..20 {
        assert!(server.send(&unaffected).text().contains("[DONE]"));
    }
    drop(slow);
}

/// `LLMOCK_TEST_STREAMS=10000 cargo test --release -p llmock-cli --test serve_physics open -- --nocapture`
/// prints how late pieces are, and fails if more than one of a hundred is 20 ms late.
#[test]
fn many_open_streams_keep_their_pace() {
    let requested = std::env::var("LLMOCK_TEST_STREAMS").ok().and_then(|count| count.parse().ok());
    let count: u32 = requested.unwrap_or(200);
    // How often each stream gets a piece: ten thousand of them are still to fit on two cores.
    let every = Duration::from_millis(if requested.is_some() { 2_000 } else { 100 });
    let server = Workdir::new().serve(&[], &[]);
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build().unwrap();
    let mut late: Vec<Duration> = runtime.block_on(async {
        let streams: Vec<_> = (0..count)
            .map(|number| {
                // Clients do not begin all at once; neither do these.
                let wait = every * 4 * number / count;
                tokio::spawn(lateness(server.origin.clone(), every, wait))
            })
            .collect();
        let mut late = Vec::new();
        for stream in streams {
            late.extend(stream.await.unwrap());
        }
        late
    });
    late.sort_unstable();
    let nth = |percent: usize| late[(late.len() - 1) * percent / 100];
    let (p50, p99, most) = (nth(50), nth(99), nth(100));
    eprintln!(
        "{count} streams, {} pieces late by p50 {p50:?}, p99 {p99:?}, at most {most:?}",
        late.len()
    );
    if let Some(memory) = server.peak_memory() {
        eprintln!("the server's memory was {memory} at most");
    }
    if requested.is_some() {
        assert!(p99 < Duration::from_millis(20), "p99 is {p99:?}");
    } else {
        eprintln!(
            "SKIPPED: how late pieces are: LLMOCK_TEST_STREAMS does not say how many streams to measure"
        );
    }
}

/// How late each piece of a stream is. Panics if one is early, or if one is missing.
async fn lateness(origin: String, gap: Duration, wait: Duration) -> Vec<Duration> {
    tokio::time::sleep(wait).await;
    let address = origin.strip_prefix("http://").unwrap().to_owned();
    let mut socket = tokio::net::TcpStream::connect(&address).await.unwrap();
    socket.set_nodelay(true).unwrap();
    let head = format!(
        "POST /v1/chat/completions HTTP/1.1\r\nhost: {address}\r\nconnection: close\r\n\
         x-llmock-pace: ttft={}ms, tps={}\r\ncontent-length: {}\r\n\r\n",
        4 * gap.as_millis(),
        1.0 / gap.as_secs_f64(),
        STREAMED.len()
    );
    let begun = Instant::now();
    socket.write_all(&[head.as_bytes(), STREAMED.as_bytes()].concat()).await.unwrap();
    let mut reader = tokio::io::BufReader::with_capacity(1024, socket);
    let mut line = String::new();
    while line != "\r\n" {
        line.clear();
        assert!(reader.read_line(&mut line).await.unwrap() > 0, "no response");
    }
    let mut late = Vec::new();
    loop {
        line.clear();
        reader.read_line(&mut line).await.unwrap();
        let size = usize::from_str_radix(line.trim_end(), 16).expect("the size of a chunk");
        if size == 0 {
            break;
        }
        let due = gap * (4 + u32::try_from(late.len()).unwrap());
        let arrived = begun.elapsed();
        late.push(
            arrived.checked_sub(due).unwrap_or_else(|| panic!("{arrived:?} instead of {due:?}")),
        );
        let mut piece = vec![0; size + 2];
        reader.read_exact(&mut piece).await.unwrap();
    }
    assert!(late.len() > 4, "{late:?}");
    late
}

impl Server {
    /// As the system counts it, where that is known.
    fn peak_memory(&self) -> Option<String> {
        let status = std::fs::read_to_string(format!("/proc/{}/status", self.id())).ok()?;
        let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"))?;
        Some(line.trim().to_owned())
    }
}
