//! `while_editing`: requests without a recording get the response at the same place. Limits of what a run may send.

use std::fs;
use std::path::{Path, PathBuf};

use llmock::{MockSession, Mode, Provider};
use llmock_testkit::client::{chat, send};
use llmock_testkit::process::alone;
use llmock_testkit::recorded::{failed, place, prompts};
use llmock_testkit::upstream::{Request, Response, Upstream, replay};

const TEST: &str = "editing::test";

/// The second and later turns contain what was received for the earlier ones.
fn conversation(mock: &MockSession, system: &str, prompts: &[&str]) -> Vec<String> {
    talk(mock, "", system, prompts)
}

/// A conversation whose requests have further members.
fn talk(mock: &MockSession, more: &str, system: &str, prompts: &[&str]) -> Vec<String> {
    let mut messages = vec![format!(r#"{{"role":"system","content":"{system}"}}"#)];
    let mut received = Vec::new();
    for prompt in prompts {
        messages.push(format!(r#"{{"role":"user","content":"{prompt}"}}"#));
        let body = format!(r#"{{"messages":[{}],"model":"m"{more}}}"#, messages.join(","));
        let text = chat(mock, &body).text();
        let pieces = text.split(r#""content":""#).skip(1);
        let answer: String = pieces.filter_map(|rest| rest.split('"').next()).collect();
        messages.push(format!(r#"{{"role":"assistant","content":"{answer}"}}"#));
        received.push(answer);
    }
    received
}

fn numbered() -> Upstream {
    Upstream::scripted(|at, _| {
        Response::json(format!(
            r#"{{"choices":[{{"index":0,"message":{{"role":"assistant","content":"answer {at}"}},"finish_reason":"stop"}}],"usage":{{"prompt_tokens":10,"completion_tokens":5,"total_tokens":15}}}}"#
        ))
    })
}

fn pending(fixture: &Path) -> PathBuf {
    fixture.with_extension("json.pending")
}

#[test]
fn an_edited_prompt_gets_the_responses_at_its_places() {
    alone(&[], |_| {
        let (_folder, fixture) = place();
        let upstream = numbered();
        let mock = upstream.record(&fixture, TEST).start().unwrap();
        let recorded = conversation(&mock, "Be terse.", &["one", "two", "three"]);
        mock.finish().unwrap();
        let before = fs::read_to_string(&fixture).unwrap();

        let mock = replay(&fixture, TEST).while_editing(true).start().unwrap();
        assert_eq!(conversation(&mock, "Be kind.", &["one", "two", "three"]), recorded);
        mock.finish().unwrap();
        assert_eq!(fs::read_to_string(&fixture).unwrap(), before);
        assert_eq!(prompts(&pending(&fixture)), ["one", "two", "three"]);
        assert!(fs::read_to_string(pending(&fixture)).unwrap().contains("Be kind."));

        // Exact requests leave nothing pending, and without the key an edit is a miss.
        let mock = replay(&fixture, TEST).while_editing(true).start().unwrap();
        assert_eq!(conversation(&mock, "Be terse.", &["one", "two", "three"]), recorded);
        mock.finish().unwrap();
        assert!(!pending(&fixture).exists());
        let mock = replay(&fixture, TEST).start().unwrap();
        conversation(&mock, "Be kind.", &["one"]);
        mock.finish().unwrap_err();
    });
}

#[test]
fn switching_streaming_keeps_the_place_of_every_turn() {
    alone(&[], |_| {
        let streams = |request: &Request| request.text().contains(r#""stream":true"#);
        let upstream = Upstream::scripted(move |at, request| {
            let event = format!(
                "data: {{\"choices\":[{{\"index\":0,\"delta\":{{\"content\":\"answer {at}\"}}}}]}}\n\n"
            );
            if streams(request) {
                return Response::sse([event, "data: [DONE]\n\n".to_owned()]);
            }
            Response::json(format!(
                r#"{{"choices":[{{"index":0,"message":{{"role":"assistant","content":"answer {at}"}}}}]}}"#
            ))
        });
        for (recorded, now) in [("", r#","stream":true"#), (r#","stream":true"#, "")] {
            let (_folder, fixture) = place();
            let mock = upstream.record(&fixture, TEST).start().unwrap();
            let answers = talk(&mock, recorded, "Be terse.", &["one", "two", "three"]);
            mock.finish().unwrap();
            for system in ["Be terse.", "Be kind."] {
                let mock = replay(&fixture, TEST).while_editing(true).start().unwrap();
                assert_eq!(talk(&mock, now, system, &["one", "two", "three"]), answers, "{now}");
                mock.finish().unwrap();
                assert_eq!(prompts(&pending(&fixture)), ["one", "two", "three"]);
            }
        }
    });
}

#[test]
fn calls_keep_their_place_when_streaming_is_switched() {
    alone(&[], |_| {
        let body = r#"{"type":"message","role":"assistant","content":[{"type":"text","text":"I look."},{"type":"tool_use","id":"toolu_1","name":"search","input":{"title":"map"}}],"stop_reason":"tool_use","usage":{"input_tokens":5,"output_tokens":5}}"#;
        let google = r#"{"candidates":[{"content":{"role":"model","parts":[{"text":"I look."},{"functionCall":{"name":"search","args":{"title":"map"}}}]},"finishReason":"STOP"}]}"#;
        let user = r#"{"role":"user","content":"Where?"}"#;
        let contents = r#"{"contents":[{"role":"user","parts":[{"text":"Where?"}]}]}"#;
        let sent =
            |more: &str| format!(r#"{{"model":"m","max_tokens":9,"messages":[{user}]{more}}}"#);
        let path = "/v1beta/models/g:generateContent";
        let streamed = "/v1beta/models/g:streamGenerateContent?alt=sse";
        for (provider, response, before, after) in [
            (
                Provider::Anthropic,
                body,
                ("/v1/messages", sent("")),
                ("/v1/messages", sent(r#","stream":true"#)),
            ),
            (
                Provider::Gemini,
                google,
                (path, contents.to_owned()),
                (streamed, contents.to_owned()),
            ),
        ] {
            let (_folder, fixture) = place();
            let upstream = Upstream::scripted(move |_, _| Response::json(response));
            let session = replay(&fixture, TEST).mode(Mode::Record);
            let mock = session.upstream(provider, upstream.url()).start().unwrap();
            let post = |mock: &MockSession, (path, body): &(&str, String)| {
                let url = format!("{}{path}", mock.base_url(provider));
                send("POST", &url, &[("content-type", "application/json")], body.as_bytes())
                    .collect()
            };
            assert_eq!(post(&mock, &before).status, 200);
            mock.finish().unwrap();
            let mock = replay(&fixture, TEST).while_editing(true).start().unwrap();
            let received = post(&mock, &after).text();
            for part in ["data: ", " look.", "search", "title"] {
                assert!(received.contains(part), "{part}: {received}");
            }
            mock.finish().unwrap();
        }
    });
}

#[test]
fn editing_is_refused_in_ci() {
    alone(&[("CI", "true")], |_| {
        let (_folder, fixture) = place();
        fs::write(&fixture, r#"{"llmock":1,"interactions":[]}"#).unwrap();
        let error = replay(&fixture, TEST).while_editing(true).start().unwrap_err().to_string();
        assert!(error.contains("`while_editing`") && error.contains("refused in CI"), "{error}");
    });
}

#[test]
fn a_limit_of_requests_stops_and_keeps_what_was_recorded() {
    alone(&[("LLMOCK_MAX_REQUESTS", "2")], |_| {
        let (_folder, fixture) = place();
        let upstream = numbered();
        let mock = upstream.record(&fixture, TEST).start().unwrap();
        conversation(&mock, "Be terse.", &["one", "two", "three"]);
        let error = mock.finish().unwrap_err().to_string();
        assert!(error.contains("LLMOCK_MAX_REQUESTS=2 is reached"), "{error}");
        assert_eq!(upstream.requests().len(), 2);
        assert_eq!(prompts(&failed(&fixture)), ["one", "two"]);
    });
}

#[test]
fn limits_count_tokens_and_dollars() {
    alone(&[("LLMOCK_MAX_TOKENS", "15")], |_| {
        let (_folder, fixture) = place();
        let upstream = numbered();
        let mock = upstream.session(Mode::Refresh, &fixture, TEST).start().unwrap();
        conversation(&mock, "Be terse.", &["one", "two"]);
        let error = mock.finish().unwrap_err().to_string();
        assert!(error.contains("LLMOCK_MAX_TOKENS=15 is reached"), "{error}");
        assert_eq!(upstream.requests().len(), 1);
    });
}

#[test]
fn a_limit_of_dollars_needs_a_price() {
    let folder = tempfile::tempdir().unwrap();
    let prices = folder.path().join("prices.toml");
    let row = "[[price]]\nprovider = \"openai\"\nmodel = \"other\"\ninput = 1\noutput = 1\n";
    fs::write(&prices, format!("date = \"2026-11-30\"\n{row}")).unwrap();
    let prices = prices.display().to_string();
    alone(&[("LLMOCK_MAX_USD", "1"), ("LLMOCK_PRICES", &prices)], |_| {
        let (_folder, fixture) = place();
        let upstream = numbered();
        let mock = upstream.record(&fixture, TEST).start().unwrap();
        conversation(&mock, "Be terse.", &["one"]);
        let error = mock.finish().unwrap_err().to_string();
        assert!(error.contains("no price is known for m"), "{error}");
        assert_eq!(upstream.requests().len(), 0);
    });
}

#[test]
fn invalid_limits_are_refused() {
    alone(&[("LLMOCK_MAX_USD", "much")], |_| {
        let (_folder, fixture) = place();
        let error = numbered().record(&fixture, TEST).start().unwrap_err().to_string();
        let expected = "`LLMOCK_MAX_USD`: invalid amount `much`: expected dollars such as `0.50`";
        assert!(error.contains(expected), "{error}");
    });
}

#[test]
fn another_model_takes_the_place_of_the_recorded_one() {
    alone(&[("LLMOCK_MODEL", "openai:other-model")], |_| {
        let (_folder, fixture) = place();
        let upstream = numbered();
        let mock = upstream.record(&fixture, TEST).start().unwrap();
        conversation(&mock, "Be terse.", &["one"]);
        mock.finish().unwrap();
        assert!(upstream.requests()[0].text().ends_with(r#""model":"other-model"}"#));
        assert!(fs::read_to_string(&fixture).unwrap().contains("other-model"));
    });
}
