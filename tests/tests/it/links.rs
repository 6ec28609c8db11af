//! Addresses of the provider inside its answers lead clients to llmock, and stand in the file as they were sent.

use std::path::Path;

use llmock::{LlmMock, LlmMockBuilder, MockSession, Mode, Provider};
use llmock_testkit::client::{JSON, send};
use llmock_testkit::process::alone;
use llmock_testkit::recorded::{place, read};
use llmock_testkit::upstream::{Response, Upstream, replay};
use serde_json::Value;

const TEST: &str = "links::test";

/// Records what a client does, and does it again with nobody to ask.
fn both_ways<T: PartialEq + std::fmt::Debug>(
    fixture: &Path,
    recording: LlmMockBuilder,
    upstream: &Upstream,
    run: impl Fn(&MockSession) -> T,
) -> T {
    let mock = recording.start().unwrap();
    let live = run(&mock);
    mock.finish().unwrap();
    let asked = upstream.requests().len();
    let mock = replay(fixture, TEST).fail_on_unused().start().unwrap();
    assert_eq!(run(&mock), live);
    mock.finish().unwrap();
    assert_eq!(upstream.requests().len(), asked, "replaying asks nobody");
    live
}

fn json(method: &str, url: &str, body: &str) -> Value {
    serde_json::from_str(&send(method, url, &JSON, body.as_bytes()).text()).unwrap()
}

fn text<'v>(value: &'v Value, pointer: &str) -> &'v str {
    value.pointer(pointer).and_then(Value::as_str).unwrap_or_else(|| panic!("{pointer} of {value}"))
}

/// The address as the client got it, which must be one of llmock's.
fn ours<'u>(mock: &LlmMock, url: &'u str) -> &'u str {
    url.strip_prefix(mock.url().unwrap()).unwrap_or_else(|| panic!("{url} leads past llmock"))
}

#[test]
fn batch_result_links_point_to_llmock() {
    alone(&[], |_| {
        let (_folder, fixture) = place();
        // The provider's own name in the answer, whatever address it was asked at.
        let results = "https://api.anthropic.com/v1/messages/batches/b1/results";
        let batch = format!("{{\"id\":\"b1\",\"n\":1.0,\"results_url\":\"{results}\"}}\n");
        let lines = "{\"custom_id\":\"a\",\"result\":{\"type\":\"succeeded\"}}\n";
        let whole = batch.clone();
        let upstream = Upstream::scripted(move |_, request| match request.target.as_str() {
            "/v1/messages/batches/b1" => Response::json(whole.clone()),
            "/v1/messages/batches/b1/results" => {
                Response::status(200).header("content-type", "application/x-jsonl").body(lines)
            }
            _ => Response::error(404, "no"),
        });
        let recording = upstream.record(&fixture, TEST);
        let got = both_ways(&fixture, recording, &upstream, |mock| {
            let url = format!("{}/v1/messages/batches/b1", mock.base_url(Provider::Anthropic));
            let reply = send("GET", &url, &[], b"");
            let length = reply.header("content-length").map(|length| length.parse().unwrap());
            let body = reply.text();
            assert_eq!(length, Some(body.len()));
            let value: Value = serde_json::from_str(&body).unwrap();
            let url = text(&value, "/results_url");
            let path = ours(mock, url).to_owned();
            // Nothing else has changed.
            assert_eq!(body.replace(url, results), batch);
            (path, send("GET", url, &[("x-api-key", "k")], b"").text())
        });
        assert_eq!(got, ("/anthropic/v1/messages/batches/b1/results".to_owned(), lines.to_owned()));
        assert_eq!(upstream.requests()[1].header("x-api-key"), Some("k"));
        let file = read(&fixture);
        assert!(file.contains(&format!("\"results_url\": \"{results}\"")), "{file}");
        assert!(!file.contains("127.0.0.1"), "{file}");
    });
}

#[test]
fn prediction_links_point_to_llmock() {
    alone(&[], |_| {
        for base in ["/v1", "/gateway/llm/v1"] {
            let (_folder, fixture) = place();
            let upstream = Upstream::scripted(move |_, request| {
                let root =
                    format!("http://{}{base}/predictions/p1", request.header("host").unwrap());
                let status = if request.method == "GET" { "succeeded" } else { "starting" };
                match request.target.strip_prefix(base) {
                    Some("/predictions" | "/predictions/p1") => Response::json(format!(
                        r#"{{"id":"p1","status":"{status}","output":"{root}","urls":{{"get":"{root}","cancel":"{root}/cancel"}}}}"#
                    )),
                    Some("/predictions/p1/cancel") => Response::json(r#"{"status":"canceled"}"#),
                    _ => Response::error(404, &request.target),
                }
            });
            let replicate: Provider = "replicate".parse().unwrap();
            let recording = upstream
                .record(&fixture, TEST)
                .upstream(replicate, format!("{}{base}", upstream.url()));
            let got = both_ways(&fixture, recording, &upstream, |mock| {
                let url = format!("{}/predictions", mock.base_url(replicate));
                let started = json("POST", &url, r#"{"input":{}}"#);
                assert!(
                    text(&started, "/output").starts_with(&upstream.url()),
                    "not an address of the API"
                );
                let done = json("GET", text(&started, "/urls/get"), "");
                let cancelled = json("POST", text(&done, "/urls/cancel"), "{}");
                [text(&done, "/status"), text(&cancelled, "/status")].map(str::to_owned)
            });
            assert_eq!(got, ["succeeded", "canceled"], "{base}");
            let file = read(&fixture);
            let kept = format!("\"get\": \"{}{base}/predictions/p1\"", upstream.url());
            assert!(file.contains(&kept), "as it was sent: {file}");
        }
    });
}

#[test]
fn upload_links_point_to_llmock() {
    alone(&[], |_| {
        let (_folder, fixture) = place();
        let session = "https://generativelanguage.googleapis.com/upload/v1beta/files?upload_id=u1&upload_protocol=resumable";
        let uri = "https://generativelanguage.googleapis.com/v1beta/files/f1";
        let upstream = Upstream::scripted(move |_, request| match request.target.as_str() {
            "/upload/v1beta/files" => {
                Response::status(200).header("x-goog-upload-url", session).body("")
            }
            "/upload/v1beta/files?upload_id=u1&upload_protocol=resumable" => {
                Response::json(format!(r#"{{"file":{{"name":"files/f1","uri":"{uri}"}}}}"#))
                    .header("x-goog-upload-status", "final")
            }
            _ => Response::error(404, &request.target),
        });
        let recording = upstream.record(&fixture, TEST);
        let got = both_ways(&fixture, recording, &upstream, |mock| {
            let url = format!("{}/upload/v1beta/files", mock.base_url(Provider::Gemini));
            let start = send("POST", &url, &[("x-goog-upload-command", "start")], b"{}");
            let address = start.header("x-goog-upload-url").unwrap().to_owned();
            ours(mock, &address);
            let done = send("POST", &address, &[("x-goog-upload-offset", "0")], b"the file");
            assert_eq!(done.header("x-goog-upload-status"), Some("final"));
            done.text()
        });
        assert!(got.contains(uri), "a name that prompts quote stays: {got}");
        assert!(read(&fixture).contains(session), "{}", read(&fixture));
    });
}

#[test]
fn restores_links_in_requests() {
    alone(&[], |_| {
        let (_folder, fixture) = place();
        let uri = "https://generativelanguage.googleapis.com/v1beta/files/f1:download?alt=media";
        let upstream = Upstream::scripted(move |at, _| match at {
            0 => Response::json(format!(
                r#"{{"response":{{"generatedVideos":[{{"video":{{"uri":"{uri}"}}}}]}}}}"#
            )),
            _ => Response::json("{}"),
        });
        let recording = upstream.record(&fixture, TEST);
        both_ways(&fixture, recording, &upstream, |mock| {
            let base = mock.base_url(Provider::Gemini);
            let done = json("GET", &format!("{base}/v1beta/operations/o1"), "");
            let uri = text(&done, "/response/generatedVideos/0/video/uri");
            ours(mock, uri);
            let ask = format!(r#"{{"contents":[],"video":{{"uri":"{uri}"}}}}"#);
            let url = format!("{base}/v1beta/models/veo:predictLongRunning");
            send("POST", &url, &JSON, ask.as_bytes()).status
        });
        let asked = upstream.requests()[1].text();
        assert_eq!(asked, format!(r#"{{"contents":[],"video":{{"uri":"{uri}"}}}}"#));
        assert!(!read(&fixture).contains("127.0.0.1"), "{}", read(&fixture));
    });
}

#[test]
fn leaves_links_in_model_text_alone() {
    alone(&[], |_| {
        let (_folder, fixture) = place();
        let said = r#"{"next":"https://api.openai.com/v1/x","choices":[{"message":{"content":"see https://api.openai.com/v1/models"}}]}"#;
        let upstream = Upstream::start([Response::json(said)]);
        let recording = upstream.record(&fixture, TEST);
        both_ways(&fixture, recording, &upstream, |mock| {
            let url = format!("{}/chat/completions", mock.base_url(Provider::OpenAI));
            assert_eq!(send("POST", &url, &JSON, b"{}").text(), said);
        });
    });
}

#[test]
fn unrecorded_links_are_misses_without_upstream_requests() {
    alone(&[], |_| {
        let (_folder, fixture) = place();
        let results = "https://api.anthropic.com/v1/messages/batches/b1/results";
        let upstream =
            Upstream::start([Response::json(format!(r#"{{"results_url":"{results}"}}"#))]);
        let mock = upstream.record(&fixture, TEST).start().unwrap();
        let url = |mock: &MockSession| {
            format!("{}/v1/messages/batches/b1", mock.base_url(Provider::Anthropic))
        };
        json("GET", &url(&mock), "");
        mock.finish().unwrap();
        let mock = upstream.session(Mode::Replay, &fixture, TEST).start().unwrap();
        let batch = json("GET", &url(&mock), "");
        let followed = text(&batch, "/results_url");
        assert_eq!(send("GET", followed, &[], b"").status, 418);
        mock.finish().unwrap_err();
        assert_eq!(upstream.requests().len(), 1);
    });
}
