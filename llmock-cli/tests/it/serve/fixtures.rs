//! `llmock serve --fixtures`: replays recordings byte for byte, each client at its own position.

use crate::server::{Server, Workdir, chat};
use llmock_testkit::client::{Request, Response};
use llmock_testkit::upstream::{self, Upstream};
use serde_json::Value;

pub(super) const ALONE: (&str, &str) = ("LLMOCK_STRATEGIES", "FixtureStrategy");

pub(super) fn response_text(server: &Server, request: &Request) -> String {
    server.send(request).text()
}

fn named(session: &str, prompt: &str) -> Request {
    chat(prompt).header("x-llmock-session", session)
}

#[test]
fn reads_every_fixture_below_a_folder_only() {
    let workdir = Workdir::new();
    workdir.fixture("all/a.json", &[("one", "1")]);
    workdir.fixture("all/deep/er/b.json", &[("two", "2")]);
    workdir.fixture("all/a.json.failed", &[("three", "3")]);
    workdir.fixture("all/.hidden.json", &[("three", "3")]);
    workdir.fixture("all/.git/c.json", &[("three", "3")]);
    workdir.write("all/package.json", "{\"name\":\"no fixture\"}");
    let server = workdir.serve(&["--fixtures", "all"], &[ALONE]);
    assert_eq!(response_text(&server, &chat("one")), "{\"said\":\"1\"}");
    assert_eq!(response_text(&server, &chat("two")), "{\"said\":\"2\"}");
    assert_eq!(server.send(&chat("three")).status, 418);
    let one = workdir.serve(&["--fixtures", "all/a"], &[ALONE]);
    assert_eq!(response_text(&one, &chat("one")), "{\"said\":\"1\"}");
    assert_eq!(one.send(&chat("two")).status, 418);
}

#[test]
fn queues_span_files_and_repeat_the_last_response() {
    let workdir = Workdir::new();
    workdir.fixture("all/a.json", &[("q", "1"), ("q", "2")]);
    workdir.fixture("all/b.json", &[("q", "3")]);
    let server = workdir.serve(&["--fixtures", "all"], &[]);
    let texts: Vec<_> = (0..5).map(|_| response_text(&server, &chat("q"))).collect();
    assert_eq!(texts, ["1", "2", "3", "3", "3"].map(|a| format!("{{\"said\":\"{a}\"}}")));
}

#[test]
fn sessions_and_keys_have_separate_queues() {
    let workdir = Workdir::new();
    workdir.fixture("all.json", &[("q", "1"), ("q", "2")]);
    let server = workdir.serve(&["--fixtures", "all.json"], &[]);
    let clients = [
        named("a", "q"),
        named("b", "q"),
        chat("q").header("authorization", "Bearer sk-1"),
        chat("q").header("x-api-key", "sk-2"),
        chat("q"),
    ];
    for expected in ["{\"said\":\"1\"}", "{\"said\":\"2\"}", "{\"said\":\"2\"}"] {
        for client in &clients {
            assert_eq!(response_text(&server, client), expected, "{client:?}");
        }
    }
    // the same key in another header is the same client
    assert_eq!(
        response_text(&server, &chat("q").header("authorization", "bearer sk-2")),
        "{\"said\":\"2\"}"
    );
}

#[test]
fn parallel_clients_each_get_every_response_once() {
    let workdir = Workdir::new();
    workdir.fixture("all.json", &[("q", "1"), ("q", "2"), ("q", "3")]);
    let server = workdir.serve(&["--fixtures", "all.json"], &[]);
    std::thread::scope(|scope| {
        for client in 0..16 {
            let server = &server;
            scope.spawn(move || {
                let request = named(&format!("client {client}"), "q");
                let got: Vec<_> = (0..3).map(|_| response_text(server, &request)).collect();
                let expected = ["1", "2", "3"].map(|a| format!("{{\"said\":\"{a}\"}}"));
                assert_eq!(got, expected, "client {client}");
            });
        }
    });
}

#[test]
fn deleted_sessions_start_again_and_others_continue() {
    let workdir = Workdir::new();
    workdir.fixture("all.json", &[("q", "1"), ("q", "2"), ("q", "3")]);
    let server = workdir.serve(&["--fixtures", "all.json"], &[]);
    for client in ["a", "b"] {
        assert_eq!(response_text(&server, &named(client, "q")), "{\"said\":\"1\"}");
    }
    assert_eq!(server.send(&Request::delete("/sessions/a")).status, 204);
    assert_eq!(response_text(&server, &named("a", "q")), "{\"said\":\"1\"}");
    assert_eq!(response_text(&server, &named("b", "q")), "{\"said\":\"2\"}");
    assert_eq!(server.send(&Request::delete("/sessions")).status, 204);
    assert_eq!(response_text(&server, &named("b", "q")), "{\"said\":\"1\"}");
}

#[test]
fn clients_replay_shared_recordings_before_new_ones() {
    let next = std::sync::atomic::AtomicUsize::new(1);
    let upstream = Upstream::scripted(move |_, _| {
        let number = next.fetch_add(1, std::sync::atomic::Ordering::Relaxed);
        let body = format!("{{\"state\":{number}}}");
        upstream::Response::json(body)
    });
    let workdir = Workdir::new();
    let base = upstream.openai_url();
    let server = workdir.serve(&["--fixtures", "all", "--record"], &[("OPENAI_BASE_URL", &base)]);
    let state = |server: &Server, session: &str| {
        response_text(server, &Request::get("/v1/batches/b1").header("x-llmock-session", session))
    };
    for (session, number, recorded) in [
        ("a", 1, 1),
        ("a", 2, 2),
        ("b", 1, 2),
        ("b", 2, 2),
        ("b", 3, 3),
        ("c", 1, 3),
        ("a", 3, 3),
        ("a", 4, 4),
    ] {
        assert_eq!(state(&server, session), format!("{{\"state\":{number}}}"), "{session}");
        server.wait_for_recordings(recorded);
    }
    assert_eq!(upstream.requests().len(), 4);
    // a session that starts again replays: the provider is not asked twice
    assert_eq!(server.send(&Request::delete("/sessions/a")).status, 204);
    assert_eq!(state(&server, "a"), "{\"state\":1}");
    workdir.recorded("all/recorded.json", 4);
    drop((server, upstream));
    let replaying = workdir.serve(&["--fixtures", "all"], &[]);
    for number in [1, 2, 3, 4, 4] {
        assert_eq!(state(&replaying, "a"), format!("{{\"state\":{number}}}"));
    }
}

const STREAMS: &str = r#"{"llmock":1,"interactions":[
  {"provider":"openai","request":{"method":"POST","path":"/v1/chat/completions","body":{"cut":true}},
   "response":{"status":200,"headers":{"content-type":"text/event-stream"},"stream":{"framing":"sse",
   "end":"cut","events":[{"ms":1,"data":{"n":1}},{"ms":400,"data":{"n":2}}]}}},
  {"provider":"ollama","request":{"method":"POST","path":"/api/chat","body":{"model":"m"}},
   "response":{"status":200,"headers":{"content-type":"application/x-ndjson"},"stream":{"framing":
   "ndjson","end":"complete","events":[{"ms":1,"data":{"n":1}},{"ms":300,"data":{"n":2}}]}}}]}"#;

#[test]
fn streams_keep_chunks_and_truncation() {
    let workdir = Workdir::new();
    workdir.write("all.json", STREAMS);
    let server = workdir.serve(&["--fixtures", "all.json"], &[]);
    let cut = server.send(&Request::post("/v1/chat/completions", "{\"cut\":true}"));
    assert!(cut.is_truncated(), "{cut:?}");
    assert_eq!(cut.chunks, [b"data: {\"n\":1}\n\n", b"data: {\"n\":2}\n\n"]);
    let complete = server.send(&Request::post("/api/chat", "{\"model\":\"m\"}"));
    assert!(!complete.is_truncated(), "{complete:?}");
    assert_eq!(complete.header("content-type"), Some("application/x-ndjson"));
    assert_eq!(complete.chunks, [b"{\"n\":1}\n", b"{\"n\":2}\n"]);
}

#[test]
fn keeps_recorded_times_on_request() {
    let workdir = Workdir::new();
    workdir.write("all.json", STREAMS);
    let server = workdir.serve(&["--fixtures", "all.json"], &[]);
    let paced = Request::post("/api/chat", "{\"model\":\"m\"}").header("x-llmock-pace", "recorded");
    let begun = std::time::Instant::now();
    assert_eq!(server.send(&paced).chunks.len(), 2);
    // a slow machine may take longer
    assert!(begun.elapsed().as_millis() >= 300);
}

#[test]
fn unreadable_fixtures_prevent_startup_and_are_listed() {
    let workdir = Workdir::new();
    workdir.fixture("all/good.json", &[("q", "1")]);
    workdir.write("all/broken.json", "{\"llmock\":1,\"interactions\":[");
    workdir.write("all/deep/wrong.json", "{\"llmock\":1,\"interactions\":3}");
    let why = workdir.fails_to_start(&["--fixtures", "all"], &[]);
    assert!(why.contains("broken.json") && why.contains("wrong.json"), "{why}");
    assert!(!why.contains("good.json"), "{why}");
    let why = workdir.fails_to_start(&["--fixtures", "al"], &[]);
    assert!(why.contains("fixture `al.json` does not exist"), "{why}");
}

#[cfg(unix)]
#[test]
fn reload_replaces_fixtures_unless_one_is_invalid() {
    let workdir = Workdir::new();
    workdir.fixture("all/a.json", &[("q", "1"), ("q", "2")]);
    let server = workdir.serve(&["--fixtures", "all"], &[ALONE]);
    assert_eq!(response_text(&server, &chat("q")), "{\"said\":\"1\"}");
    workdir.write("all/b.json", "{\"llmock\":1,\"interactions\":[");
    server.signal("-HUP");
    server.wait_for_stderr("b.json");
    assert_eq!(response_text(&server, &chat("q")), "{\"said\":\"2\"}");
    workdir.fixture("all/b.json", &[("new", "3"), ("q", "4")]);
    server.signal("-HUP");
    crate::server::soon("the reload", || {
        (response_text(&server, &chat("new")) == "{\"said\":\"3\"}").then_some(())
    });
    // the session continues at its position
    assert_eq!(response_text(&server, &chat("q")), "{\"said\":\"4\"}");
}

/// The recordings that clients of other languages are tested with.
const REAL: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../fixtures");

/// The first JSON object in a frame, whatever is around it.
fn object(frame: &[u8]) -> Option<Value> {
    let objects = (0..frame.len()).filter(|at| frame[*at] == b'{');
    let mut read = objects.map(|at| serde_json::Deserializer::from_slice(&frame[at..]));
    read.find_map(|text| text.into_iter().next()?.ok())
}

/// The data of each event of a stream; frames of AWS are chunks, the other framings are lines.
fn events(got: &Response, framing: &str) -> Vec<Value> {
    if framing == "aws-event-stream" {
        return got.chunks.iter().filter_map(|chunk| object(chunk)).collect();
    }
    let end = |line: &str| line.ends_with("[DONE]").then(|| "[DONE]".into());
    got.text().lines().filter_map(|line| object(line.as_bytes()).or_else(|| end(line))).collect()
}

#[test]
fn serves_recordings_of_real_clients_unchanged() {
    let workdir = Workdir::new();
    let server = workdir.serve(&["--fixtures", REAL], &[ALONE]);
    let files = std::fs::read_dir(REAL).unwrap().map(|file| file.unwrap().path());
    let mut files: Vec<_> =
        files.filter(|file| file.extension() == Some("json".as_ref())).collect();
    files.sort();
    let mut framings = Vec::new();
    for file in files {
        let text = std::fs::read_to_string(&file).unwrap();
        let fixture: Value = serde_json::from_str(&text).unwrap();
        for interaction in fixture["interactions"].as_array().unwrap() {
            let (request, response) = (&interaction["request"], &interaction["response"]);
            let word = |value: &Value| value.as_str().unwrap().to_owned();
            let path = format!("/{}{}", word(&interaction["provider"]), word(&request["path"]));
            let got = server.send(&Request::post(&path, request["body"].to_string()));
            let what = format!("{} {path}", file.display());
            assert_eq!(got.status, response["status"], "{what}: {}", got.text());
            let kind = word(&response["headers"]["content-type"]);
            assert_eq!(got.header("content-type"), Some(kind.as_str()), "{what}");
            let stream = &response["stream"];
            if stream.is_null() {
                assert_eq!(object(&got.bytes()).as_ref(), Some(&response["body"]), "{what}");
                continue;
            }
            let framing = word(&stream["framing"]);
            let recorded = stream["events"].as_array().unwrap().iter();
            let recorded: Vec<_> = recorded.map(|event| event["data"].clone()).collect();
            assert_eq!(events(&got, &framing), recorded, "{what}");
            framings.push(framing);
        }
    }
    for framing in ["sse", "ndjson", "aws-event-stream"] {
        assert!(framings.iter().any(|known| known == framing), "{framings:?}");
    }
}
