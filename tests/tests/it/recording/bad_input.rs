//! What is broken on its way records and replays as broken as it was, or is refused in one sentence.

use std::path::Path;

use llmock::{MockSession, Mode, Provider};
use llmock_testkit::client::{End, JSON, ResponseStream, send};
use llmock_testkit::process::alone;
use llmock_testkit::recorded::{place, read};
use llmock_testkit::upstream::{Response, Upstream, replay};

use crate::event_stream::frame;

const TEST: &str = "bad_input::test";

/// Records and replays one request to Bedrock, Ollama or `OpenAI`; both times it hears the same.
fn both_ways(
    fixture: &Path,
    answer: Response,
    ask: impl Fn(&MockSession) -> ResponseStream,
) -> (Vec<u8>, End) {
    let upstream = Upstream::start([answer]);
    let heard = |mock: &MockSession| {
        let reply = ask(mock);
        assert_eq!(reply.status, 200);
        let (chunks, end) = reply.rest();
        (chunks.concat(), end)
    };
    let recording = upstream.record(fixture, TEST).upstream(Provider::Bedrock, upstream.url());
    let mock = recording.start().unwrap();
    let live = heard(&mock);
    mock.finish().unwrap();
    let mock = replay(fixture, TEST).fail_on_unused().start().unwrap();
    assert_eq!(heard(&mock), live);
    mock.finish().unwrap();
    live
}

#[test]
fn broken_event_stream_checksums_replay() {
    alone(&[], |_| {
        let payload = r#"{"delta":{"text":"Hi"},"contentBlockIndex":0}"#;
        let right = frame("contentBlockDelta", payload);
        let mut broken = right.clone();
        *broken.last_mut().unwrap() ^= 1;
        let mut cut = right.clone();
        cut.truncate(right.len() - 7);
        let mut long = right.clone();
        long[..4].copy_from_slice(&[0xff; 4]);
        for (name, second) in [("checksum", broken), ("cut", cut), ("length", long)] {
            let (_folder, fixture) = place();
            let sent = [right.clone(), second.clone(), right.clone()];
            let answer =
                Response::status(200).header("content-type", "application/vnd.amazon.eventstream");
            let answer = sent.iter().fold(answer, |answer, frame| answer.chunk(frame.clone()));
            let (heard, end) = both_ways(&fixture, answer, |mock| {
                let url = format!("{}/model/m/converse-stream", mock.base_url(Provider::Bedrock));
                send("POST", &url, &JSON, b"{}")
            });
            assert_eq!((heard, end), (sent.concat(), End::Complete), "{name}");
            let file = read(&fixture);
            assert!(file.contains("\"framing\": \"aws-event-stream\""), "{name}: {file}");
            assert!(file.contains("\"preview\": \"Hi"), "what can be read is shown: {file}");
            assert!(file.contains("raw_base64"), "{name}: {file}");
        }
    });
}

#[test]
fn truncated_lines_replay_truncated() {
    alone(&[], |_| {
        let lines = ["{\"response\":\"Hel\"}\n", "{\"response\":\"lo\"}\n{\"respon"];
        for cut in [false, true] {
            let (_folder, fixture) = place();
            let answer = Response::status(200).header("content-type", "application/x-ndjson");
            let answer = lines.into_iter().fold(answer, Response::chunk);
            let answer = if cut { answer.truncated() } else { answer };
            let (heard, end) = both_ways(&fixture, answer, |mock| {
                let url = format!("{}/api/generate", mock.base_url(Provider::Ollama));
                send("POST", &url, &JSON, br#"{"model":"m","prompt":"hi"}"#)
            });
            assert_eq!(String::from_utf8(heard).unwrap(), lines.concat());
            assert_eq!(end, if cut { End::Truncated } else { End::Complete });
            let file = read(&fixture);
            let ended = if cut { "\"end\": \"cut\"" } else { "\"end\": \"complete\"" };
            assert!(file.contains("\"preview\": \"Hello\"") && file.contains(ended), "{file}");
        }
    });
}

#[test]
fn forms_without_boundary_match_as_text() {
    alone(&[], |_| {
        let part = "--x\r\ncontent-disposition: form-data; name=\"model\"\r\n\r\nwhisper-1\r\n";
        let whole = format!("{part}--x--\r\n");
        for (kind, body) in [
            ("multipart/form-data", whole.as_str()),
            ("multipart/form-data; boundary=", &whole),
            ("multipart/form-data; boundary=another", &whole),
            ("multipart/form-data; boundary=x", part),
            ("multipart/form-data; boundary=x", ""),
        ] {
            let (_folder, fixture) = place();
            let answer = Response::json(r#"{"text":"hello"}"#);
            let ask = |mock: &MockSession, body: &str| {
                let url = format!("{}/audio/transcriptions", mock.base_url(Provider::OpenAI));
                send("POST", &url, &[("content-type", kind)], body.as_bytes())
            };
            let (heard, _) = both_ways(&fixture, answer, |mock| ask(mock, body));
            assert_eq!(heard, br#"{"text":"hello"}"#, "{kind}");
            let mock = replay(&fixture, TEST).start().unwrap();
            let other = format!("{body}another");
            assert_eq!(ask(&mock, &other).status, 418, "{kind}: {body:?} is not {other:?}");
            mock.finish().unwrap_err();
        }
    });
}

#[test]
fn rejects_invalid_handshakes_while_recording() {
    alone(&[], |_| {
        let (_folder, fixture) = place();
        let upstream = Upstream::start([Response::json("{}")]);
        let mock = upstream.record(&fixture, TEST).start().unwrap();
        let url = format!("{}/realtime?model=m", mock.base_url(Provider::OpenAI));
        let refused =
            send("GET", &url, &[("connection", "upgrade"), ("upgrade", "websocket")], b"");
        assert_eq!(refused.status, 400);
        let text = refused.text();
        assert!(text.contains("is not valid: it has no `Sec-WebSocket-Key`"), "{text}");
        assert!(upstream.requests().is_empty());
        drop(mock);
    });
}

#[test]
fn keeps_trailing_slashes_for_the_upstream() {
    alone(&[], |_| {
        let (_folder, fixture) = place();
        let upstream = Upstream::start([Response::json("{}")]);
        let url = format!("{}//team/v1?api-version=1", upstream.url());
        let recording = replay(&fixture, TEST).mode(Mode::Record).upstream(Provider::OpenAI, url);
        let mock = recording.start().unwrap();
        for path in ["/files/?limit=1", "/files?api-version=2", "//files//a/"] {
            send("GET", &format!("{}{path}", mock.base_url(Provider::OpenAI)), &[], b"").bytes();
        }
        mock.finish().unwrap();
        let asked: Vec<String> =
            upstream.requests().into_iter().map(|asked| asked.target).collect();
        let expected = [
            "//team/v1/files/?api-version=1&limit=1",
            "//team/v1/files?api-version=2",
            "//team/v1/files/a/?api-version=1",
        ];
        assert_eq!(asked, expected);
        let mock = replay(&fixture, TEST).start().unwrap();
        let url = format!("{}/files?limit=1", mock.base_url(Provider::OpenAI));
        assert_eq!(send("GET", &url, &[], b"").status, 200, "with and without it is one request");
        mock.finish().unwrap();
    });
}
