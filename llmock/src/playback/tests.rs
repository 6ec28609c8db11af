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

fn said(prompt: &str, answer: &str) -> String {
    format!(
        r#"{{"provider":"openai","test":"some::test","request":{{"method":"POST","path":"/v1/x",
        "body":{{"p":"{prompt}"}}}},"response":{{"status":200,"body":{{"a":"{answer}"}}}}}}"#
    )
}

struct Asked {
    headers: HeaderMap,
    body: Bytes,
    path: &'static str,
}

fn asks(prompt: &str) -> Asked {
    let body = format!("{{ \"p\": \"{prompt}\" }}").into();
    Asked { headers: HeaderMap::new(), body, path: "//x" }
}

impl Asked {
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

fn heard(session: &PlaybackSession, playback: &Playback, prompt: &str) -> Option<String> {
    let request = playback.read(&asks(prompt).sent()).expect("readable");
    text(session.answer(playback, &request))
}

#[test]
fn queues_go_through_the_files_in_order_and_repeat_their_last_answer() {
    let folder = Folder::new();
    let files = [
        folder.write("a.json", &[said("q", "1"), said("only", "o"), said("q", "2")]),
        folder.write("b.json", &[said("q", "3")]),
    ];
    let playback = Playback::load(&files).expect("fixtures");
    assert_eq!(playback.len(), 4);
    let session = PlaybackSession::default();
    let answers: Vec<_> = (0..5).map(|_| heard(&session, &playback, "q")).collect();
    let expected = ["1", "2", "3", "3", "3"].map(|a| Some(format!("{{\"a\":\"{a}\"}}")));
    assert_eq!(answers, expected);
    assert_eq!(heard(&session, &playback, "only").as_deref(), Some("{\"a\":\"o\"}"));
    assert_eq!(heard(&session, &playback, "unknown"), None);
    session.restart();
    assert_eq!(heard(&session, &playback, "q").as_deref(), Some("{\"a\":\"1\"}"));
}

#[test]
fn a_session_that_has_heard_everything_counts_what_it_hears_elsewhere() {
    let folder = Folder::new();
    let file = folder.write("a.json", &[said("q", "1")]);
    let before = Playback::load([&file]).expect("a fixture");
    let session = PlaybackSession::default();
    let unheard = |playback: &Playback| {
        let request = playback.read(&asks("q").sent()).expect("readable");
        text(session.unheard(playback, &request))
    };
    assert_eq!(unheard(&before).as_deref(), Some("{\"a\":\"1\"}"));
    assert_eq!(unheard(&before), None);
    let recorded = Fixture::load(folder.write("new.json", &[said("q", "2"), said("q", "3")]))
        .expect("a fixture")
        .into_interactions();
    // the second was recorded for this session, the third for another one
    let after = before.with_recorded(&file, &recorded);
    assert_eq!(unheard(&after).as_deref(), Some("{\"a\":\"3\"}"));
    assert_eq!(unheard(&after), None);
}

#[test]
fn sessions_do_not_share_queues() {
    let folder = Folder::new();
    let playback =
        Playback::load([folder.write("a.json", &[said("q", "1"), said("q", "2")])]).expect("one");
    let sessions: [PlaybackSession; 3] = Default::default();
    for answer in ["{\"a\":\"1\"}", "{\"a\":\"2\"}"] {
        for session in &sessions {
            assert_eq!(heard(session, &playback, "q").as_deref(), Some(answer));
        }
    }
}

#[test]
fn what_was_recorded_since_stands_at_the_end_of_its_file() {
    let folder = Folder::new();
    let files =
        [folder.write("a.json", &[said("q", "1")]), folder.write("b.json", &[said("q", "3")])];
    let before = Playback::load(&files).expect("fixtures");
    let session = PlaybackSession::default();
    assert_eq!(heard(&session, &before, "q").as_deref(), Some("{\"a\":\"1\"}"));
    let recorded = Fixture::load(folder.write("new.json", &[said("q", "2"), said("n", "n")]))
        .expect("a fixture")
        .into_interactions();
    let after = before.with_recorded(&files[0], &recorded);
    assert_eq!((before.len(), after.len()), (2, 4));
    for answer in ["{\"a\":\"2\"}", "{\"a\":\"3\"}", "{\"a\":\"3\"}"] {
        assert_eq!(heard(&session, &after, "q").as_deref(), Some(answer));
    }
    assert_eq!(heard(&session, &after, "n").as_deref(), Some("{\"a\":\"n\"}"));
    let elsewhere = before.with_recorded(&folder.0.path().join("c.json"), &recorded[1..]);
    assert_eq!(heard(&session, &elsewhere, "n").as_deref(), Some("{\"a\":\"n\"}"));
}

#[test]
fn a_miss_names_the_closest_recording_by_its_number_in_its_own_file() {
    let folder = Folder::new();
    let files = [
        folder.write("a.json", &[said("one", "1"), said("two", "2")]),
        folder.write("b.json", &[said("a cat sat", "3"), said("a dog sat on the mat", "4")]),
    ];
    let playback = Playback::load(&files).expect("fixtures");
    let why = |asked: &Asked| playback.why(&playback.read(&asked.sent()).expect("readable"));
    let missed = why(&asks("a dog lay on the mat"));
    for part in
        ["POST /v1/x", "b.json", "interaction #2 (", "some::test", "first difference at $.p"]
    {
        assert!(missed.contains(part), "{part} is not in: {missed}");
    }
    let elsewhere = why(&Asked { path: "/v1/embeddings", body: Bytes::new(), ..asks("") });
    assert!(elsewhere.contains("no recording of this endpoint"), "{elsewhere}");
    let nothing = Playback::default();
    let nothing = nothing.why(&nothing.read(&asks("q").sent()).expect("readable"));
    assert!(nothing.contains("has no interactions"), "{nothing}");
}

#[test]
fn every_file_that_cannot_be_read_is_named() {
    let folder = Folder::new();
    let good = folder.write("good.json", &[said("q", "1")]);
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
fn streams_keep_their_chunks_their_times_and_their_cut() {
    let stream = r#"{"provider":"openai","request":{"method":"POST","path":"/v1/x","body":{"p":"q"}},
        "response":{"status":200,"headers":{"content-type":"text/event-stream"},
        "stream":{"framing":"sse","end":"cut","events":[{"ms":5,"data":{"n":1}},{"ms":9,"data":"[DONE]"}]}}}"#;
    let folder = Folder::new();
    let playback = Playback::load([folder.write("a.json", &[stream.to_owned()])]).expect("one");
    let request = playback.read(&asks("q").sent()).expect("readable");
    let played = PlaybackSession::default().answer(&playback, &request).expect("an answer");
    assert_eq!(played.headers()["content-type"], "text/event-stream");
    let millis = std::time::Duration::from_millis;
    let expected = PlayedBody::Stream {
        chunks: vec![
            (millis(5), Bytes::from_static(b"data: {\"n\":1}\n\n")),
            (millis(9), Bytes::from_static(b"data: [DONE]\n\n")),
        ],
        cut: true,
    };
    assert_eq!(*played.body(), expected);
}

#[test]
fn a_body_is_compared_without_its_compression_and_within_its_limit() {
    use std::io::Write as _;
    let folder = Folder::new();
    let playback = Playback::load([folder.write("a.json", &[said("q", "1")])]).expect("one");
    let plain = asks("q");
    let mut gzip = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::default());
    gzip.write_all(&plain.body).expect("written");
    let mut asked = asks("");
    asked.body = gzip.finish().expect("compressed").into();
    asked.headers.insert("content-encoding", http::HeaderValue::from_static("gzip"));
    let request = playback.read(&asked.sent()).expect("readable");
    assert_eq!(playback.answers(&request), 1);
    let tight = playback.max_body(plain.body.len() - 1);
    assert!(tight.read(&asked.sent()).is_err());
}

/// The search for the closest is the only walk over all; finding an answer must not be one.
#[test]
fn an_answer_among_many_is_found_by_its_key_alone() {
    let folder = Folder::new();
    let many: Vec<String> = (0..2_000).map(|n| said(&n.to_string(), &n.to_string())).collect();
    let playback = Playback::load([folder.write("a.json", &many)]).expect("many");
    for n in [0, 999, 1_999] {
        let request = playback.read(&asks(&n.to_string()).sent()).expect("readable");
        assert_eq!(playback.answers(&request), 1);
        let answer = text(PlaybackSession::default().answer(&playback, &request));
        assert_eq!(answer, Some(format!("{{\"a\":\"{n}\"}}")));
    }
    let request = playback.read(&asks("2000").sent()).expect("readable");
    assert_eq!(playback.answers(&request), 0);
}

#[test]
fn rules_decide_which_recording_answers_what_is_recorded_later_and_what_a_miss_shows() {
    let folder = Folder::new();
    let file = folder.write("a.json", &[said("run-1 of a cat", "1")]);
    let rules = Rules::default().normalize("$.p", r"run-\d+", "RUN").expect("a rule");
    let by_default = Playback::load([&file]).expect("a fixture");
    let playback = by_default.clone().rules(rules);
    let session = PlaybackSession::default();
    assert_eq!(heard(&session, &by_default, "run-2 of a cat"), None);
    assert_eq!(heard(&session, &playback, "run-2 of a cat").as_deref(), Some("{\"a\":\"1\"}"));
    let recorded = Fixture::load(folder.write("new.json", &[said("run-3 of a dog", "2")]))
        .expect("a fixture")
        .into_interactions();
    let playback = playback.with_recorded(&file, &recorded);
    assert_eq!(heard(&session, &playback, "run-4 of a dog").as_deref(), Some("{\"a\":\"2\"}"));

    let ignoring = playback.rules(Rules::default().ignore("$.p").expect("a rule"));
    let mut asked = asks("");
    asked.body = Bytes::from_static(b"{\"p\":\"neither\",\"q\":1}");
    let missed = ignoring.why(&ignoring.read(&asked.sent()).expect("readable"));
    assert!(missed.contains("first difference at $.q"), "{missed}");
    let by_default = ignoring.rules(Rules::default());
    assert_eq!(heard(&session, &by_default, "run-2 of a cat"), None);
}

#[test]
fn a_rule_that_means_nothing_is_an_error_with_its_key_and_its_place() {
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
fn recorded_interactions_are_added_without_copying_all_others() {
    let folder = Folder::new();
    let file = folder.write("a.json", &[said("q", "0")]);
    let mut playback = Playback::load([&file]).expect("a fixture");
    let new = |answer: usize| {
        let recorded = folder.write("new.json", &[said("q", &answer.to_string())]);
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
        assert_eq!(heard(&session, &playback, "q"), Some(expected));
    }
}
