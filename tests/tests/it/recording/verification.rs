//! A new file replaces the old one only if it replays what the client sent and received.

use std::fs;
use std::path::Path;

use llmock::{Fixture, Mode, Provider};
use llmock_testkit::client::{JSON, chat, prompt, send};
use llmock_testkit::process::alone;
use llmock_testkit::recorded::{failed, place, prompts, read};
use llmock_testkit::upstream::{Response, Upstream, replay};

const TEST: &str = "verification::test";

fn numbered() -> Upstream {
    Upstream::scripted(|at, _| Response::json(format!("{{\"n\":{at}}}")))
}

fn record(upstream: &Upstream, fixture: &Path, texts: &[&str]) {
    let mock = upstream.record(fixture, TEST).strict_order().start().unwrap();
    for text in texts {
        chat(&mock, &prompt(text)).bytes();
    }
    mock.finish().unwrap();
}

#[test]
fn strict_recordings_replay_in_the_order_of_their_requests() {
    alone(&[], |_| {
        let (_folder, fixture) = place();
        let upstream = numbered();
        for texts in [&["a", "b", "c"][..], &["c", "a", "d", "b"], &["b", "a"]] {
            record(&upstream, &fixture, texts);
            assert_eq!(prompts(&fixture), texts);
            let mock = replay(&fixture, TEST).strict_order().start().unwrap();
            for text in texts {
                chat(&mock, &prompt(text)).bytes();
            }
            mock.finish().unwrap();
        }
    });
}

#[test]
fn files_that_would_replay_another_response_are_not_written() {
    alone(&[], |_| {
        let (folder, fixture) = place();
        // What another run of the same test has recorded meanwhile.
        let meanwhile = folder.path().join("meanwhile.json");
        record(&numbered(), &meanwhile, &["a"]);
        let other = Upstream::start([Response::json("{\"n\":\"other\"}")]);
        let mock = other.session(Mode::Auto, &fixture, TEST).start().unwrap();
        chat(&mock, &prompt("b")).bytes();
        chat(&mock, &prompt("a")).bytes();
        fs::copy(&meanwhile, &fixture).unwrap();
        let report = mock.finish().unwrap_err().to_string();
        assert!(report.contains("interaction #2 would not replay as recorded"), "{report}");
        let line = "#2 POST /v1/chat/completions  \"a\": the request that the client sent gets";
        assert!(report.contains(line), "{report}");
        assert!(report.contains("kept 2 interactions in"), "{report}");
        assert_eq!(read(&fixture), read(&meanwhile), "nothing was replaced");
        assert_eq!(prompts(&failed(&fixture)), ["b", "a"]);
    });
}

#[test]
fn requests_that_quote_a_redacted_response_replay() {
    const TOKEN: &str = "q7RzT4mVx9LpW2sKc8Hd";
    alone(&[("GATEWAY_TOKEN", TOKEN)], |_| {
        let (_folder, fixture) = place();
        let upstream = Upstream::scripted(|at, _| match at {
            0 => Response::json(format!("{{\"text\":\"use {TOKEN} now\"}}")),
            _ => Response::json("{\"text\":\"done\"}"),
        });
        let run = |mock: &llmock::LlmMock| {
            let first = chat(mock, &prompt("which token?")).text();
            let first: serde_json::Value = serde_json::from_str(&first).unwrap();
            chat(mock, &prompt(first["text"].as_str().unwrap())).text()
        };
        let mock = upstream.record(&fixture, TEST).allow_redacted("GATEWAY_TOKEN").start().unwrap();
        assert_eq!(run(&mock), "{\"text\":\"done\"}");
        mock.finish().unwrap();
        assert!(!read(&fixture).contains(TOKEN));
        let mock = replay(&fixture, TEST).fail_on_unused().start().unwrap();
        assert_eq!(run(&mock), "{\"text\":\"done\"}");
        mock.finish().unwrap();
    });
}

#[test]
fn responses_of_every_form_pass_and_replay() {
    alone(&[], |_| {
        let bodies: [&[u8]; 6] = [
            b"{\"a\" :1.0,\r\n\"b\":[ ]}\r\n",
            b"{\n  \"a\": \"\\u00e9\"\n}\n",
            b"plain text\r\n",
            b"\xff\xfe\x00binary",
            b"",
            b"data: {\"x\":1}\r\n\r\n: ping\r\ndata: [DONE]",
        ];
        for (at, body) in bodies.into_iter().enumerate() {
            let kind = if at == 5 { "text/event-stream" } else { "application/octet-stream" };
            let response = Response::status(200).header("content-type", kind);
            let response = response.header("x-request-id", "über-1").body(body);
            let upstream = Upstream::start([response]);
            let (_folder, fixture) = place();
            let mock = upstream.record(&fixture, TEST).start().unwrap();
            let live = chat(&mock, &prompt("x")).bytes();
            assert_eq!(live, body);
            mock.finish().unwrap_or_else(|error| panic!("body {at}: {error}"));
            let mock = replay(&fixture, TEST).start().unwrap();
            let url = format!("{}/chat/completions", mock.base_url(Provider::OpenAI));
            let replayed = send("POST", &url, &JSON, prompt("x").as_bytes());
            assert!(replayed.header("x-request-id").is_some(), "body {at}");
            let replayed = replayed.bytes();
            if at == 0 {
                assert_eq!(replayed, b"{\"a\":1.0,\"b\":[]}", "token for token");
            } else {
                assert_eq!(replayed, body, "body {at}");
            }
            mock.finish().unwrap();
        }
    });
}

#[test]
fn removing_an_interaction_keeps_the_others_exactly() {
    alone(&[], |_| {
        let (_folder, fixture) = place();
        record(&numbered(), &fixture, &["a", "b", "c"]);
        let mut loaded = Fixture::load(&fixture).unwrap();
        let kept: Vec<_> = [0, 2].map(|at| loaded.interactions()[at].clone()).to_vec();
        loaded.remove_nth(2).unwrap();
        assert_eq!(Fixture::load(&fixture).unwrap().interactions(), kept);
    });
}

const KEY: &str = "sk-proj-Zq8s7Df6gH5jK4lM3nB2vC1xX0yYwWvV";

/// A token with what repeats it: its bytes, and the same token among its alternatives.
fn token(text: &str) -> serde_json::Value {
    let bytes = text.as_bytes();
    serde_json::json!({"token": text, "bytes": bytes, "top_logprobs": [{"token": text, "bytes": bytes}]})
}

#[test]
fn secrets_in_pieces_are_redacted_wherever_they_are_repeated() {
    alone(&[], |_| {
        let (begin, end) = KEY.split_at(12);
        let tokens = ["use ", begin, end, " now"];
        let delta = |text: &&str| {
            let event = serde_json::json!({"choices": [{
                "index": 0, "delta": {"content": text}, "logprobs": {"content": [token(text)]},
            }]});
            format!("data: {event}\n\n")
        };
        let events: Vec<String> = tokens.iter().map(delta).collect();
        let events = events.into_iter().chain(["data: [DONE]\n\n".to_owned()]);
        let logprobs: Vec<_> = tokens.into_iter().map(token).collect();
        let whole = serde_json::json!({"choices": [{
            "message": {"content": tokens.concat()}, "logprobs": {"content": logprobs},
        }]});
        let printed = serde_json::to_string_pretty(&whole).unwrap();
        for response in
            [Response::sse(events), Response::json(whole.to_string()), Response::json(printed)]
        {
            let (_folder, fixture) = place();
            let upstream = Upstream::start([response, Response::json("{}")]);
            // The second request quotes the first response.
            let run = |mock: &llmock::LlmMock, quoted: &str| {
                let first = chat(mock, &prompt("which key?")).text();
                chat(mock, &prompt(quoted)).bytes();
                first
            };
            let mock =
                upstream.record(&fixture, TEST).allow_redacted("OPENAI_KEY").start().unwrap();
            let live = run(&mock, &format!("is {KEY} right?"));
            assert!(live.contains(end), "the client receives what the provider sent");
            mock.finish().unwrap();
            let text = read(&fixture);
            let numbers = |text: &str| {
                let numbers: Vec<String> = text.bytes().map(|byte| byte.to_string()).collect();
                numbers.join(", ")
            };
            for secret in [begin.to_owned(), end.to_owned(), numbers(begin), numbers(end)] {
                assert!(!text.contains(&secret), "{secret}: {text}");
            }
            let mock = replay(&fixture, TEST).fail_on_unused().start().unwrap();
            let replayed = run(&mock, "is [REDACTED:OPENAI_KEY] right?");
            assert!(replayed.contains("[REDACTED:OPENAI_KEY]"), "{replayed}");
            mock.finish().unwrap();
        }
    });
}
