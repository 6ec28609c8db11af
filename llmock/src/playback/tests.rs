use std::fs;
use std::path::PathBuf;

use bytes::Bytes;
use http::{HeaderMap, Method};

use super::*;
use crate::provider::Provider;

struct Folder(tempfile::TempDir);

impl Folder {
    fn new() -> Self {
        Self(tempfile::tempdir().expect("a temporary folder"))
    }

    fn write(&self, name: &str, interactions: &[String]) -> PathBuf {
        let path = self.0.path().join(name);
        let text = format!("{{\"llmock\":1,\"interactions\":[{}]}}", interactions.join(","));
        fs::write(&path, text).expect("a file");
        path
    }
}

fn interaction(prompt: &str, answer: &str) -> String {
    format!(
        r#"{{"provider":"openai","test":"some::test","request":{{"method":"POST","path":"/v1/x",
        "body":{{"p":"{prompt}"}}}},"response":{{"status":200,"body":{{"a":"{answer}"}}}}}}"#
    )
}

struct TestRequest {
    headers: HeaderMap,
    body: Bytes,
    path: &'static str,
}

fn test_request(prompt: &str) -> TestRequest {
    let body = format!("{{ \"p\": \"{prompt}\" }}").into();
    TestRequest { headers: HeaderMap::new(), body, path: "//x" }
}

impl TestRequest {
    fn sent(&self) -> Sent<'_> {
        Sent {
            provider: Provider::OpenAI,
            method: &Method::POST,
            path: self.path,
            headers: &self.headers,
            body: &self.body,
        }
    }
}

fn text(played: Option<Played>) -> Option<String> {
    let played = played?;
    let PlayedBody::Whole { bytes, .. } = played.body() else { panic!("a whole body") };
    Some(String::from_utf8(bytes.to_vec()).expect("text"))
}

fn next_body(session: &PlaybackSession, playback: &Playback, prompt: &str) -> Option<String> {
    let request = playback.read(&test_request(prompt).sent()).expect("readable");
    text(session.respond(playback, &request))
}

#[test]
fn plays_files_in_order_and_repeats_the_last_response() {
    let folder = Folder::new();
    let files = [
        folder.write(
            "a.json",
            &[interaction("q", "1"), interaction("only", "o"), interaction("q", "2")],
        ),
        folder.write("b.json", &[interaction("q", "3")]),
    ];
    let playback = Playback::load(&files).expect("fixtures");
    assert_eq!(playback.len(), 4);
    let session = PlaybackSession::default();
    let answers: Vec<_> = (0..5).map(|_| next_body(&session, &playback, "q")).collect();
    let expected = ["1", "2", "3", "3", "3"].map(|a| Some(format!("{{\"a\":\"{a}\"}}")));
    assert_eq!(answers, expected);
    assert_eq!(next_body(&session, &playback, "only").as_deref(), Some("{\"a\":\"o\"}"));
    assert_eq!(next_body(&session, &playback, "unknown"), None);
    session.restart();
    assert_eq!(next_body(&session, &playback, "q").as_deref(), Some("{\"a\":\"1\"}"));
}

#[test]
fn next_unplayed_skips_responses_received_from_upstream() {
    let folder = Folder::new();
    let file = folder.write("a.json", &[interaction("q", "1")]);
    let before = Playback::load([&file]).expect("a fixture");
    let session = PlaybackSession::default();
    let next_unplayed = |playback: &Playback| {
        let request = playback.read(&test_request("q").sent()).expect("readable");
        text(session.next_unplayed(playback, &request))
    };
    assert_eq!(next_unplayed(&before).as_deref(), Some("{\"a\":\"1\"}"));
    assert_eq!(next_unplayed(&before), None);
    let recorded =
        Fixture::load(folder.write("new.json", &[interaction("q", "2"), interaction("q", "3")]))
            .expect("a fixture")
            .into_interactions();
    // The second response was recorded for this session, the third for another one.
    let after = before.with_recorded(&file, &recorded);
    assert_eq!(next_unplayed(&after).as_deref(), Some("{\"a\":\"3\"}"));
    assert_eq!(next_unplayed(&after), None);
}

#[test]
fn sessions_do_not_share_queues() {
    let folder = Folder::new();
    let playback =
        Playback::load([folder.write("a.json", &[interaction("q", "1"), interaction("q", "2")])])
            .expect("one");
    let sessions: [PlaybackSession; 3] = Default::default();
    for answer in ["{\"a\":\"1\"}", "{\"a\":\"2\"}"] {
        for session in &sessions {
            assert_eq!(next_body(session, &playback, "q").as_deref(), Some(answer));
        }
    }
}

#[test]
fn appends_new_recordings_to_their_file() {
    let folder = Folder::new();
    let files = [
        folder.write("a.json", &[interaction("q", "1")]),
        folder.write("b.json", &[interaction("q", "3")]),
    ];
    let before = Playback::load(&files).expect("fixtures");
    let session = PlaybackSession::default();
    assert_eq!(next_body(&session, &before, "q").as_deref(), Some("{\"a\":\"1\"}"));
    let recorded =
        Fixture::load(folder.write("new.json", &[interaction("q", "2"), interaction("n", "n")]))
            .expect("a fixture")
            .into_interactions();
    let after = before.with_recorded(&files[0], &recorded);
    assert_eq!((before.len(), after.len()), (2, 4));
    for answer in ["{\"a\":\"2\"}", "{\"a\":\"3\"}", "{\"a\":\"3\"}"] {
        assert_eq!(next_body(&session, &after, "q").as_deref(), Some(answer));
    }
    assert_eq!(next_body(&session, &after, "n").as_deref(), Some("{\"a\":\"n\"}"));
    let elsewhere = before.with_recorded(&folder.0.path().join("c.json"), &recorded[1..]);
    assert_eq!(next_body(&session, &elsewhere, "n").as_deref(), Some("{\"a\":\"n\"}"));
}

#[test]
fn a_miss_names_the_closest_interaction_and_file() {
    let folder = Folder::new();
    let files = [
        folder.write("a.json", &[interaction("one", "1"), interaction("two", "2")]),
        folder.write(
            "b.json",
            &[interaction("a cat sat", "3"), interaction("a dog sat on the mat", "4")],
        ),
    ];
    let playback = Playback::load(&files).expect("fixtures");
    let explain = |request: &TestRequest| {
        playback.explain_miss(&playback.read(&request.sent()).expect("readable"))
    };
    let missed = explain(&test_request("a dog lay on the mat"));
    for part in ["POST /v1/x", "b.json", "#2 in the file", "some::test", "it differs at $.p"] {
        assert!(missed.contains(part), "{part} is not in: {missed}");
    }
    let elsewhere =
        explain(&TestRequest { path: "/v1/embeddings", body: Bytes::new(), ..test_request("") });
    assert!(elsewhere.contains("no recording of this endpoint"), "{elsewhere}");
    let nothing = Playback::default();
    let nothing = nothing.explain_miss(&nothing.read(&test_request("q").sent()).expect("readable"));
    assert!(nothing.contains("has no interactions"), "{nothing}");
}

#[test]
fn names_every_file_that_cannot_be_loaded() {
    let folder = Folder::new();
    let good = folder.write("good.json", &[interaction("q", "1")]);
    let broken = folder.0.path().join("broken.json");
    fs::write(&broken, "{\"llmock\":1,").expect("a file");
    let missing = folder.0.path().join("missing.json");
    let error = Playback::load([&broken, &good, &missing]).expect_err("two are no fixtures");
    assert_eq!(error.errors().len(), 2);
    let shown = error.to_string();
    assert!(shown.contains("broken.json") && shown.contains("missing.json"), "{shown}");
    assert!(!shown.contains("good.json"), "{shown}");
}

#[test]
fn streams_keep_chunks_times_and_truncation() {
    let stream = r#"{"provider":"openai","request":{"method":"POST","path":"/v1/x","body":{"p":"q"}},
        "response":{"status":200,"headers":{"content-type":"text/event-stream"},
        "stream":{"framing":"sse","end":"cut","events":[{"ms":5,"data":{"n":1}},{"ms":9,"data":"[DONE]"}]}}}"#;
    let folder = Folder::new();
    let playback = Playback::load([folder.write("a.json", &[stream.to_owned()])]).expect("one");
    let request = playback.read(&test_request("q").sent()).expect("readable");
    let played = PlaybackSession::default().respond(&playback, &request).expect("an answer");
    assert_eq!(played.headers()["content-type"], "text/event-stream");
    let millis = std::time::Duration::from_millis;
    let expected = PlayedBody::Stream {
        chunks: vec![
            (millis(5), Bytes::from_static(b"data: {\"n\":1}\n\n")),
            (millis(9), Bytes::from_static(b"data: [DONE]\n\n")),
        ],
        is_truncated: true,
    };
    assert_eq!(*played.body(), expected);
}

#[test]
fn compares_decompressed_bodies_up_to_the_limit() {
    use std::io::Write as _;
    let folder = Folder::new();
    let playback = Playback::load([folder.write("a.json", &[interaction("q", "1")])]).expect("one");
    let plain = test_request("q");
    let mut gzip = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::default());
    gzip.write_all(&plain.body).expect("written");
    let mut request = test_request("");
    request.body = gzip.finish().expect("compressed").into();
    request.headers.insert("content-encoding", http::HeaderValue::from_static("gzip"));
    let compared = playback.read(&request.sent()).expect("readable");
    assert_eq!(playback.response_count(&compared), 1);
    let tight = playback.max_body(plain.body.len() - 1);
    assert!(tight.read(&request.sent()).is_err());
}

/// Only the search for the closest recording may visit all interactions.
#[test]
fn finds_one_response_among_many() {
    let folder = Folder::new();
    let many: Vec<String> =
        (0..2_000).map(|n| interaction(&n.to_string(), &n.to_string())).collect();
    let playback = Playback::load([folder.write("a.json", &many)]).expect("many");
    for n in [0, 999, 1_999] {
        let request = playback.read(&test_request(&n.to_string()).sent()).expect("readable");
        assert_eq!(playback.response_count(&request), 1);
        let answer = text(PlaybackSession::default().respond(&playback, &request));
        assert_eq!(answer, Some(format!("{{\"a\":\"{n}\"}}")));
    }
    let request = playback.read(&test_request("2000").sent()).expect("readable");
    assert_eq!(playback.response_count(&request), 0);
}

#[test]
fn rules_apply_to_matches_new_recordings_and_misses() {
    let folder = Folder::new();
    let file = folder.write("a.json", &[interaction("run-1 of a cat", "1")]);
    let rules = Rules::default().normalize("$.p", r"run-\d+", "RUN").expect("a rule");
    let by_default = Playback::load([&file]).expect("a fixture");
    let playback = by_default.clone().rules(rules);
    let session = PlaybackSession::default();
    assert_eq!(next_body(&session, &by_default, "run-2 of a cat"), None);
    assert_eq!(next_body(&session, &playback, "run-2 of a cat").as_deref(), Some("{\"a\":\"1\"}"));
    let recorded = Fixture::load(folder.write("new.json", &[interaction("run-3 of a dog", "2")]))
        .expect("a fixture")
        .into_interactions();
    let playback = playback.with_recorded(&file, &recorded);
    assert_eq!(next_body(&session, &playback, "run-4 of a dog").as_deref(), Some("{\"a\":\"2\"}"));

    let ignoring = playback.rules(Rules::default().ignore("$.p").expect("a rule"));
    let mut request = test_request("");
    request.body = Bytes::from_static(b"{\"p\":\"neither\",\"q\":1}");
    let missed = ignoring.explain_miss(&ignoring.read(&request.sent()).expect("readable"));
    assert!(missed.contains("it differs at $.q"), "{missed}");
    let by_default = ignoring.rules(Rules::default());
    assert_eq!(next_body(&session, &by_default, "run-2 of a cat"), None);
}

#[test]
fn rejects_invalid_rules_with_key_and_index() {
    let rules = Rules::default;
    let cases = [
        (rules().ignore("p"), 0, "`ignore`: invalid JSONPath `p`"),
        (rules().normalize("p", "x", ""), 0, "`normalize`: invalid JSONPath `p`"),
        (rules().normalize("$.p", "(", ""), 0, "`normalize`: invalid regular expression `(`"),
        (rules().match_on(["model", ""]), 1, "`match_on`: a field name is empty"),
        (rules().match_on([""; 0]), 0, "`match_on`: without a field, all"),
    ];
    for (wrong, index, expected) in cases {
        let error = wrong.expect_err(expected);
        assert!(error.to_string().starts_with(expected), "{error}");
        assert_eq!(error.index(), index, "{error}");
        let reason = expected.split_once(": ").expect("a key").1;
        assert!(error.reason().to_string().starts_with(reason), "{}", error.reason());
    }
}

#[test]
fn adding_interactions_does_not_copy_all_others() {
    let folder = Folder::new();
    let file = folder.write("a.json", &[interaction("q", "0")]);
    let mut playback = Playback::load([&file]).expect("a fixture");
    let new = |answer: usize| {
        let recorded = folder.write("new.json", &[interaction("q", &answer.to_string())]);
        Fixture::load(recorded).expect("a fixture").into_interactions()
    };
    for answer in 1..100 {
        playback = playback.with_recorded(&file, &new(answer));
        // Each segment is at least twice as large as the next one.
        let largest = usize::BITS - playback.len().leading_zeros();
        assert!(playback.shared.segments.count() <= largest as usize);
    }
    let session = PlaybackSession::default();
    for answer in 0..100 {
        let expected = format!("{{\"a\":\"{answer}\"}}");
        assert_eq!(next_body(&session, &playback, "q"), Some(expected));
    }
}

#[test]
fn only_requests_that_no_recording_matches_are_redacted() {
    const KEY: &str = "sk-proj-Zq8s7Df6gH5jK4lM3nB2vC1xX0yYwWvV";
    let folder = Folder::new();
    let recorded = interaction("use [REDACTED:OPENAI_KEY]", "a");
    let file = folder.write("a.json", &[interaction("q", "b"), recorded]);
    let rules = Rules::default().ignore("$.user").expect("a rule");
    let playback = Playback::load([&file]).expect("a fixture").rules(rules);
    let read = |body: String| {
        let sent = TestRequest { body: body.into(), ..test_request("") };
        playback.read(&sent.sent()).expect("readable")
    };
    let body = |request: &Request| format!("{:?}", request.compared.body);

    // The key does not look at the member with the secret.
    let mut known = read(format!(r#"{{"p":"q","user":"{KEY}"}}"#));
    assert_eq!(playback.response_count(&known), 1);
    assert!(body(&known).contains(KEY), "it was not looked for");
    // As before it is recorded or explained.
    assert!(known.redact());
    assert!(body(&known).contains("[REDACTED:OPENAI_KEY]"), "{known:?}");

    let redacted = read(format!(r#"{{"p":"use {KEY}"}}"#));
    assert_eq!(playback.response_count(&redacted), 1);
    assert!(!body(&redacted).contains(KEY), "{redacted:?}");
    let unknown = read(format!(r#"{{"p":"what is {KEY}?"}}"#));
    assert_eq!(playback.response_count(&unknown), 0);
    assert!(!body(&unknown).contains(KEY), "{unknown:?}");
}
