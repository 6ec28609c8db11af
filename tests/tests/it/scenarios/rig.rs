//! rig: cassettes that tests read back, keys and modes for clients, headers as rules, and streams that are cut anywhere.

use llmock::control::{Chunks, StreamControl};
use llmock::{Fixture, MockSession, Mode, Provider};
use llmock_testkit::client::send;
use llmock_testkit::process::alone;
use llmock_testkit::recorded::place;
use llmock_testkit::upstream::{Response, Upstream, replay};
use serde_json::Value;

const TEST: &str = "rig::test";
const STREAM: [&str; 3] = [
    "data: {\"choices\":[{\"delta\":{\"content\":\"Gr\u{fc}\u{df}e, \"}}]}\n\n",
    "data: {\"choices\":[{\"delta\":{\"content\":\"Welt\"}}]}\n\n",
    "data: [DONE]\n\n",
];

/// What a client of rig does: a key from the handle, a streamed request, and the joined text.
fn ask(mock: &MockSession, version: &'static str) -> (u16, String) {
    let url = format!("{}/chat/completions", mock.base_url(Provider::OpenAI));
    let key = format!("Bearer {}", mock.api_key(Provider::OpenAI));
    let headers = [
        ("content-type", "application/json"),
        ("authorization", &*key),
        ("anthropic-beta", version),
    ];
    let body = r#"{"model":"m","stream":true,"messages":[{"role":"user","content":"Hi"}]}"#;
    let response = send("POST", &url, &headers, body.as_bytes());
    let status = response.status;
    let text = response.text();
    let data = text.lines().filter_map(|line| line.strip_prefix("data: "));
    let deltas = data.filter_map(|data| serde_json::from_str::<Value>(data).ok());
    let texts = deltas
        .map(|one| one["choices"][0]["delta"]["content"].as_str().unwrap_or_default().to_owned());
    (status, texts.collect())
}

/// Its 113 wrappers `with_openai_cassette("folder/scenario", |client| ..)`, strict order and unused interactions, and the
/// readers of recordings (245 uses): the same assertions hold while recording and in replay.
#[test]
fn a_cassette_is_recorded_replayed_and_read() {
    alone(&[("OPENAI_API_KEY", "sk-live-1234567890abcdef")], |_| {
        let (_folder, fixture) = place();
        let upstream =
            Upstream::start([Response::sse(STREAM).header("mistral-correlation-id", "c1")]);
        for mode in [Mode::Record, Mode::Replay] {
            let session = match mode {
                Mode::Record => upstream.record(&fixture, TEST),
                _ => replay(&fixture, TEST),
            };
            let session = session
                .strict_order()
                .fail_on_unused()
                .keep_headers("mistral-correlation-id")
                .match_headers("anthropic-beta")
                .require_header("authorization");
            let mock = session.start().unwrap();
            assert_eq!(mock.is_recording(), mode == Mode::Record);
            assert_eq!(ask(&mock, "tools-1"), (200, "Gr\u{fc}\u{df}e, Welt".to_owned()));
            let exchanges = mock.exchanges();
            let response = exchanges[0].response().unwrap();
            assert_eq!((response.status(), response.events().len()), (200, 3));
            assert_eq!(response.header("mistral-correlation-id"), Some("c1"));
            assert!(response.text().contains("Welt"));
            assert!(exchanges[0].request().has_credentials());
            mock.finish().unwrap();
        }
        // Tools that read cassettes without a session.
        let cassette = Fixture::load(&fixture).unwrap();
        let [interaction] = cassette.interactions() else { panic!("one") };
        assert_eq!(interaction.response().events().last().unwrap().data(), "[DONE]");
        assert_eq!(interaction.request().header("anthropic-beta"), Some("tools-1"));

        // A client that forgets its beta is a miss.
        let mock = replay(&fixture, TEST).match_headers("anthropic-beta").start().unwrap();
        assert_eq!(ask(&mock, "tools-2").0, 418);
        let report = mock.finish().unwrap_err().to_string();
        assert!(report.contains("header anthropic-beta"), "{report}");
    });
}

/// Its 874 streams that are cut into 1, 5, 2, 13, 3, 8, 21 bytes.
#[test]
fn a_stream_is_cut_anywhere() {
    alone(&[], |_| {
        let (_folder, fixture) = place();
        let upstream = Upstream::start([Response::sse(STREAM)]);
        let mock = upstream.record(&fixture, TEST).start().unwrap();
        ask(&mock, "-");
        mock.finish().unwrap();
        for chunks in
            [Chunks::Adversarial, Chunks::Lengths(vec![1, 5, 2, 13, 3, 8, 21]), Chunks::Whole]
        {
            let control = StreamControl::new().chunks(chunks);
            let mock = replay(&fixture, TEST).stream(control).start().unwrap();
            assert_eq!(ask(&mock, "-").1, "Gr\u{fc}\u{df}e, Welt");
            mock.finish().unwrap();
        }
    });
}

/// Cassettes whose owner is not known belong to the test that opens them: a converted file is strict at once.
#[test]
fn a_cassette_without_an_owner_is_strict() {
    alone(&[], |_| {
        let (_folder, fixture) = place();
        let one = |text: &str| {
            format!(
                r#"{{"provider":"openai","origin":"imported","request":{{"path":"/v1/chat/completions","body":{{"model":"m","messages":[{{"role":"user","content":"{text}"}}]}}}},"response":{{"body":{{"choices":[]}}}}}}"#
            )
        };
        let text = format!(r#"{{"llmock":2,"interactions":[{},{}]}}"#, one("a"), one("b"));
        std::fs::write(&fixture, text).unwrap();
        let mock = replay(&fixture, TEST).strict_order().fail_on_unused().start().unwrap();
        let status =
            llmock_testkit::client::chat(&mock, &llmock_testkit::client::prompt("b")).status;
        assert_eq!(status, 418);
        assert!(mock.finish().unwrap_err().to_string().contains("#1"));
    });
}
