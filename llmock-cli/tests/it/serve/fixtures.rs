//! `llmock serve --fixtures`: recordings answer, byte for byte, each client at its own place.

use crate::server::{Place, Server, chat};
use llmock_testkit::client::{Request, Response};
use llmock_testkit::upstream::{self, Upstream};
use serde_json::Value;

const ALONE: (&str, &str) = ("LLMOCK_STRATEGIES", "FixtureStrategy");

fn said(server: &Server, ask: &Request) -> String {
    server.send(ask).text()
}

fn named(session: &str, prompt: &str) -> Request {
    chat(prompt).header("x-llmock-session", session)
}

#[test]
fn reads_every_fixture_below_a_folder_only() {
    let place = Place::new();
    place.fixture("all/a.json", &[("one", "1")]);
    place.fixture("all/deep/er/b.json", &[("two", "2")]);
    place.fixture("all/a.json.failed", &[("three", "3")]);
    place.fixture("all/.hidden.json", &[("three", "3")]);
    place.fixture("all/.git/c.json", &[("three", "3")]);
    place.write("all/package.json", "{\"name\":\"no fixture\"}");
    let server = place.serve(&["--fixtures", "all"], &[ALONE]);
    assert_eq!(said(&server, &chat("one")), "{\"said\":\"1\"}");
    assert_eq!(said(&server, &chat("two")), "{\"said\":\"2\"}");
    assert_eq!(server.send(&chat("three")).status, 418);
    let one = place.serve(&["--fixtures", "all/a"], &[ALONE]);
    assert_eq!(said(&one, &chat("one")), "{\"said\":\"1\"}");
    assert_eq!(one.send(&chat("two")).status, 418);
}

#[test]
fn queues_span_files_and_repeat_the_last_response() {
    let place = Place::new();
    place.fixture("all/a.json", &[("q", "1"), ("q", "2")]);
    place.fixture("all/b.json", &[("q", "3")]);
    let server = place.serve(&["--fixtures", "all"], &[]);
    let answers: Vec<_> = (0..5).map(|_| said(&server, &chat("q"))).collect();
    assert_eq!(answers, ["1", "2", "3", "3", "3"].map(|a| format!("{{\"said\":\"{a}\"}}")));
}

#[test]
fn sessions_and_keys_have_separate_queues() {
    let place = Place::new();
    place.fixture("all.json", &[("q", "1"), ("q", "2")]);
    let server = place.serve(&["--fixtures", "all.json"], &[]);
    let clients = [
        named("a", "q"),
        named("b", "q"),
        chat("q").header("authorization", "Bearer sk-1"),
        chat("q").header("x-api-key", "sk-2"),
        chat("q"),
    ];
    for answer in ["{\"said\":\"1\"}", "{\"said\":\"2\"}", "{\"said\":\"2\"}"] {
        for client in &clients {
            assert_eq!(said(&server, client), answer, "{client:?}");
        }
    }
    // the same key in another header is the same client
    assert_eq!(
        said(&server, &chat("q").header("authorization", "bearer sk-2")),
        "{\"said\":\"2\"}"
    );
}

#[test]
fn parallel_clients_each_get_every_response_once() {
    let place = Place::new();
    place.fixture("all.json", &[("q", "1"), ("q", "2"), ("q", "3")]);
    let server = place.serve(&["--fixtures", "all.json"], &[]);
    std::thread::scope(|scope| {
        for client in 0..16 {
            let server = &server;
            scope.spawn(move || {
                let ask = named(&format!("client {client}"), "q");
                let got: Vec<_> = (0..3).map(|_| said(server, &ask)).collect();
                let expected = ["1", "2", "3"].map(|a| format!("{{\"said\":\"{a}\"}}"));
                assert_eq!(got, expected, "client {client}");
            });
        }
    });
}

#[test]
fn deleted_sessions_start_again_and_others_continue() {
    let place = Place::new();
    place.fixture("all.json", &[("q", "1"), ("q", "2"), ("q", "3")]);
    let server = place.serve(&["--fixtures", "all.json"], &[]);
    for client in ["a", "b"] {
        assert_eq!(said(&server, &named(client, "q")), "{\"said\":\"1\"}");
    }
    assert_eq!(server.send(&Request::delete("/sessions/a")).status, 204);
    assert_eq!(said(&server, &named("a", "q")), "{\"said\":\"1\"}");
    assert_eq!(said(&server, &named("b", "q")), "{\"said\":\"2\"}");
    assert_eq!(server.send(&Request::delete("/sessions")).status, 204);
    assert_eq!(said(&server, &named("b", "q")), "{\"said\":\"1\"}");
}

/// What a resource answers that is polled, one state after the other.
#[test]
fn clients_replay_shared_recordings_before_new_ones() {
    let next = std::sync::atomic::AtomicUsize::new(1);
    let upstream = Upstream::scripted(move |_, _| {
        let number = next.fetch_add(1, std::sync::atomic::Ordering::Relaxed);
        let body = format!("{{\"state\":{number}}}");
        upstream::Response::json(body)
    });
    let place = Place::new();
    let base = upstream.openai_url();
    let server = place.serve(&["--fixtures", "all", "--record"], &[("OPENAI_BASE_URL", &base)]);
    let state = |server: &Server, session: &str| {
        said(server, &Request::get("/v1/batches/b1").header("x-llmock-session", session))
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
    // who begins anew pays for nothing twice
    assert_eq!(server.send(&Request::delete("/sessions/a")).status, 204);
    assert_eq!(state(&server, "a"), "{\"state\":1}");
    place.recorded("all/recorded.json", 4);
    drop((server, upstream));
    let replaying = place.serve(&["--fixtures", "all"], &[]);
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
    let place = Place::new();
    place.write("all.json", STREAMS);
    let server = place.serve(&["--fixtures", "all.json"], &[]);
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
    let place = Place::new();
    place.write("all.json", STREAMS);
    let server = place.serve(&["--fixtures", "all.json"], &[]);
    let paced = Request::post("/api/chat", "{\"model\":\"m\"}").header("x-llmock-pace", "recorded");
    let begun = std::time::Instant::now();
    assert_eq!(server.send(&paced).chunks.len(), 2);
    // never sooner; how much later is the machine's affair
    assert!(begun.elapsed().as_millis() >= 300);
}

#[test]
fn misses_stay_misses_without_other_strategies() {
    let place = Place::new();
    place.fixture("all.json", &[("q", "1")]);
    let server = place.serve(&["--fixtures", "all.json"], &[]);
    assert_eq!(said(&server, &chat("q")), "{\"said\":\"1\"}");
    for ask in [chat("other"), embedding("other"), Request::get("/v1/models")] {
        let missed = server.send(&ask);
        assert_eq!((missed.status, missed.header("x-llmock")), (418, Some("unmatched")), "{ask:?}");
        let body: serde_json::Value = serde_json::from_str(&missed.text()).unwrap();
        let message = body["error"]["message"].as_str().unwrap();
        assert!(message.contains(" in all.json: "), "{message}");
    }
    let list = ["--fixtures", "all.json", "--strategies", "FixtureStrategy,MirrorStrategy"];
    let server = place.serve(&list, &[]);
    assert_eq!(said(&server, &chat("q")), "{\"said\":\"1\"}");
    let mirrored: serde_json::Value = serde_json::from_str(&said(&server, &chat("other"))).unwrap();
    assert_eq!(mirrored["choices"][0]["message"]["content"], "other");
}

fn embedding(of: &str) -> Request {
    Request::post("/v1/embeddings", format!(r#"{{"model":"m","input":"{of}"}}"#))
}

/// What is no conversation, recorded beside one.
const OTHER_THINGS: &str = r#"{"llmock":1,"interactions":[
  {"provider":"openai","request":{"method":"POST","path":"/v1/embeddings","body":{"model":"m","input":"known"}},
   "response":{"status":200,"body":{"said":"e"}}},
  {"provider":"openai","request":{"method":"POST","path":"/v1/audio/speech","body":{"input":"known"}},
   "response":{"status":200,"text":"spoken"}},
  {"provider":"openai","request":{"method":"POST","path":"/v1/chat/completions",
   "body":{"model":"m","messages":[{"role":"user","content":"raise error {x}"}]}},
   "response":{"status":200,"body":{"said":"c"}}}]}"#;

#[test]
fn fixture_strategy_alone_answers_only_recorded_requests() {
    let place = Place::new();
    place.write("all.json", OTHER_THINGS);
    let server = place.serve(&["--fixtures", "all.json", "--set", "models=gpt-5"], &[ALONE]);
    assert_eq!(said(&server, &embedding("known")), "{\"said\":\"e\"}");
    for (ask, because) in [
        (
            embedding("unknown"),
            "POST /v1/embeddings in all.json: no recording matches this body; the closest is interaction #1",
        ),
        (
            Request::post("/v1/audio/speech", r#"{"input":"unknown"}"#),
            "first difference at $.input",
        ),
        (Request::post("/v1/moderations", r#"{"input":"x"}"#), "POST /v1/moderations"),
        (
            Request::post("/v2/rerank", r#"{"model":"m","query":"q","documents":["d"]}"#),
            "POST /v2/rerank",
        ),
        (Request::post("/v1/messages/count_tokens", ANTHROPIC), "POST /v1/messages/count_tokens"),
        (Request::get("/v1/models"), "GET /v1/models"),
        (Request::get("/v1/chat/completions"), "GET /v1/chat/completions"),
        (Request::post("/v1/chat/completions", "not json"), "POST /v1/chat/completions"),
    ] {
        let missed = server.send(&ask);
        assert_eq!((missed.status, missed.header("x-llmock")), (418, Some("unmatched")), "{ask:?}");
        assert!(missed.text().contains(because), "{because} {}", missed.text());
    }
    server
        .wait_for_stderr("`models` has no effect with only `FixtureStrategy` and `ProxyStrategy`");
}

#[test]
fn fixtures_come_before_generated_responses() {
    let place = Place::new();
    place.write("all.json", OTHER_THINGS);
    let speech = Request::post("/v1/audio/speech", r#"{"input":"known"}"#);
    let not_json = Request::post("/v1/chat/completions", "not json");
    let fixtures = ["--fixtures", "all.json", "--strategies"];
    for (strategies, chat_answer) in [
        ("ErrorStrategy,FixtureStrategy,MirrorStrategy", 200),
        ("ErrorStrategy,ToolCallStrategy,FixtureStrategy", 418),
        ("FixtureStrategy,ErrorStrategy", 418),
    ] {
        let server = place.serve(&[&fixtures[..], &[strategies]].concat(), &[]);
        assert_eq!(said(&server, &embedding("known")), "{\"said\":\"e\"}", "{strategies}");
        assert_eq!(said(&server, &speech), "spoken", "{strategies}");
        assert!(said(&server, &embedding("unknown")).contains("\"embedding\""), "{strategies}");
        for (ask, status) in [
            (Request::post("/v1/audio/speech", "{}"), 404),
            (Request::get("/v1/chat/completions"), 405),
            (not_json.clone(), 400),
            (chat("Hi"), chat_answer),
        ] {
            assert_eq!(server.send(&ask).status, status, "{strategies} {ask:?}");
        }
        let got = server.send(&chat("raise error {x}"));
        let skipped = "line 1: the text after `raise error` is not JSON";
        let expected = strategies.starts_with("Error").then_some(skipped);
        assert_eq!(got.text(), "{\"said\":\"c\"}", "{strategies}");
        assert_eq!(got.header("x-llmock-skipped"), expected, "{strategies}");
    }
    let first = "MirrorStrategy,FixtureStrategy";
    let server = place.serve(&[&fixtures[..], &[first]].concat(), &[]);
    assert!(said(&server, &embedding("known")).contains("\"embedding\""));
}

#[test]
fn forwards_other_requests_behind_a_strategy() {
    let upstream = Upstream::scripted(|_, request| {
        let body = format!("{{\"got\":\"{}\"}}", request.target);
        upstream::Response::json(body)
    });
    let place = Place::new();
    let strategies = "ErrorStrategy,FixtureStrategy,ProxyStrategy";
    let arguments = ["--fixtures", "all", "--record", "--strategies", strategies];
    let base = upstream.openai_url();
    let server = place.serve(&arguments, &[("OPENAI_BASE_URL", &base)]);
    for ask in [
        embedding("x"),
        Request::get("/v1/files"),
        Request::post("/v1/chat/completions", "not json"),
    ] {
        assert_eq!(said(&server, &ask), format!("{{\"got\":\"{}\"}}", ask.path));
    }
    let got = server.send(&chat("raise error {x}"));
    assert!(got.status == 200 && got.header("x-llmock-skipped").is_some(), "{got:?}");
    let raised = chat(r#"raise error {\"code\": 429, \"message\": \"m\"}"#);
    assert_eq!(server.send(&raised).status, 429);
    assert_eq!(upstream.requests().len(), 4);
    assert_eq!(place.recorded("all/recorded.json", 4).len(), 4);
}

const ANTHROPIC: &str =
    r#"{"model":"m","max_tokens":9,"messages":[{"role":"user","content":"no"}]}"#;

#[test]
fn misses_show_the_closest_recording_and_differences() {
    let place = Place::new();
    place.fixture("all/a.json", &[("a cat", "1")]);
    place.fixture("all/b.json", &[("nothing like it", "2"), ("the dog sat on the mat", "3")]);
    let server = place.serve(&["--fixtures", "all"], &[ALONE]);
    let missed = server.send(&chat("the dog lay on the mat"));
    assert_eq!(missed.status, 418);
    assert_eq!(missed.header("x-should-retry"), Some("false"));
    let body: serde_json::Value = serde_json::from_str(&missed.text()).unwrap();
    let message = body["error"]["message"].as_str().unwrap();
    for part in ["b.json", "interaction #2 (", "$.messages[0].content", "--record"] {
        assert!(message.contains(part), "{part} is not in {message}");
    }
    let anthropic = server.send(&Request::post("/anthropic/v1/messages", ANTHROPIC));
    let body: serde_json::Value = serde_json::from_str(&anthropic.text()).unwrap();
    assert_eq!((anthropic.status, &body["type"]), (418, &serde_json::json!("error")), "{body}");
}

#[test]
fn unreadable_fixtures_prevent_startup_and_are_listed() {
    let place = Place::new();
    place.fixture("all/good.json", &[("q", "1")]);
    place.write("all/broken.json", "{\"llmock\":1,\"interactions\":[");
    place.write("all/deep/wrong.json", "{\"llmock\":1,\"interactions\":3}");
    let why = place.fails_to_start(&["--fixtures", "all"], &[]);
    assert!(why.contains("broken.json") && why.contains("wrong.json"), "{why}");
    assert!(!why.contains("good.json"), "{why}");
    let why = place.fails_to_start(&["--fixtures", "al"], &[]);
    assert!(why.contains("fixture `al.json` does not exist"), "{why}");
}

#[cfg(unix)]
#[test]
fn reload_replaces_fixtures_unless_one_is_invalid() {
    let place = Place::new();
    place.fixture("all/a.json", &[("q", "1"), ("q", "2")]);
    let server = place.serve(&["--fixtures", "all"], &[ALONE]);
    assert_eq!(said(&server, &chat("q")), "{\"said\":\"1\"}");
    place.write("all/b.json", "{\"llmock\":1,\"interactions\":[");
    server.signal("-HUP");
    server.wait_for_stderr("b.json");
    assert_eq!(said(&server, &chat("q")), "{\"said\":\"2\"}");
    place.fixture("all/b.json", &[("new", "3"), ("q", "4")]);
    server.signal("-HUP");
    crate::server::soon("the reload", || {
        (said(&server, &chat("new")) == "{\"said\":\"3\"}").then_some(())
    });
    // the session goes on where it was
    assert_eq!(said(&server, &chat("q")), "{\"said\":\"4\"}");
}

/// The recordings that clients of other languages are tested with.
const REAL: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../fixtures");

/// The first JSON object in a frame, whatever is around it.
fn object(frame: &[u8]) -> Option<Value> {
    let objects = (0..frame.len()).filter(|at| frame[*at] == b'{');
    let mut read = objects.map(|at| serde_json::Deserializer::from_slice(&frame[at..]));
    read.find_map(|text| text.into_iter().next()?.ok())
}

/// What each event of a stream says; frames of AWS are chunks, the other framings are lines.
fn events(got: &Response, framing: &str) -> Vec<Value> {
    if framing == "aws-event-stream" {
        return got.chunks.iter().filter_map(|chunk| object(chunk)).collect();
    }
    let end = |line: &str| line.ends_with("[DONE]").then(|| "[DONE]".into());
    got.text().lines().filter_map(|line| object(line.as_bytes()).or_else(|| end(line))).collect()
}

#[test]
fn serves_recordings_of_real_clients_unchanged() {
    let place = Place::new();
    let server = place.serve(&["--fixtures", REAL], &[ALONE]);
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
