//! Parts of a file, and headers that describe a body.

use llmock::{MockSession, Provider};
use llmock_testkit::process::alone;
use llmock_testkit::recorded::{place, read};
use llmock_testkit::upstream::{Response, Upstream, replay};

use super::{TEST, request};

const FILE: (Provider, &str, &str) = (Provider::OpenAI, "GET", "/v1/files/f/content");

fn part(content: &str, range: &str) -> Response {
    Response::status(206)
        .header("content-type", "application/octet-stream")
        .header("content-range", range)
        .header("x-litellm-response-cost", "0.1")
        .header("server", "uvicorn")
        .body(content)
}

fn head(mock: &MockSession) -> [Option<String>; 5] {
    let reply = request(mock, (FILE.0, "HEAD", FILE.2), &[], b"");
    let names = ["content-length", "etag", "accept-ranges", "last-modified", "content-type"];
    names.map(|name| reply.header(name).map(str::to_owned))
}

#[test]
fn each_range_gets_its_own_bytes_in_any_order() {
    alone(&[], |_| {
        let (_folder, fixture) = place();
        let upstream = Upstream::start([part("ABCD", "bytes 0-3/8"), part("EFGH", "bytes 4-7/8")]);
        let ranges = [("bytes=0-3", "ABCD", "bytes 0-3/8"), ("bytes=4-7", "EFGH", "bytes 4-7/8")];
        let get = |mock: &MockSession, (range, content, described): (&str, &str, &str)| {
            let reply = request(mock, FILE, &[("range", range)], b"");
            assert_eq!((reply.status, reply.header("content-range")), (206, Some(described)));
            assert_eq!(reply.text(), content);
        };
        let mock = upstream.record(&fixture, TEST).start().unwrap();
        for range in ranges {
            get(&mock, range);
        }
        mock.finish().unwrap();
        let mock = replay(&fixture, TEST).fail_on_unused().start().unwrap();
        for range in ranges.into_iter().rev() {
            get(&mock, range);
        }
        mock.finish().unwrap();

        let mock = replay(&fixture, TEST).start().unwrap();
        assert_eq!(request(&mock, FILE, &[("range", "bytes=8-9")], b"").status, 418);
        let report = mock.finish().unwrap_err().to_string();
        assert!(report.contains("no recorded request has this range"), "{report}");
    });
}

#[test]
fn head_replays_what_describes_the_body() {
    alone(&[], |_| {
        let (_folder, fixture) = place();
        let answer = Response::status(200)
            .header("content-type", "text/csv")
            .header("etag", "\"abc\"")
            .header("accept-ranges", "bytes")
            .header("last-modified", "Mon, 01 Jun 2026 00:00:00 GMT")
            .body("x".repeat(12345));
        let upstream = Upstream::start([answer]);
        let mock = upstream.record(&fixture, TEST).start().unwrap();
        let live = head(&mock);
        mock.finish().unwrap();
        assert_eq!(live[0].as_deref(), Some("12345"));
        let mock = replay(&fixture, TEST).start().unwrap();
        assert_eq!(head(&mock), live);
        mock.finish().unwrap();
        assert!(read(&fixture).contains("\"content-length\": \"12345\""));
    });
}

#[test]
fn headers_that_are_not_stored_are_named_once() {
    alone(&[], |process| {
        if process.part() == "records" {
            let fixture = std::path::PathBuf::from(std::env::var_os("FIXTURE").unwrap());
            let upstream = Upstream::start([part("ABCD", "bytes 0-3/8")]);
            let mock = upstream.record(&fixture, TEST).start().unwrap();
            for _ in 0..2 {
                request(&mock, FILE, &[], b"").bytes();
            }
            return mock.finish().unwrap();
        }
        let (_folder, fixture) = place();
        let output = process.again("records").env("FIXTURE", &fixture).output().unwrap();
        let stderr = String::from_utf8(output.stderr).unwrap();
        assert!(output.status.success(), "{stderr}");
        let note = "does not keep: x-litellm-response-cost";
        assert_eq!(stderr.matches(note).count(), 1, "{stderr}");
        assert!(!stderr.contains("uvicorn") && !stderr.contains("server"), "{stderr}");
    });
}

#[test]
fn streams_under_a_wrong_type_keep_their_chunks() {
    alone(&[], |_| {
        let sse = ["data: {\"a\":1}\n\n", "data: {\"a\"", ":2}\n\n", "data: [DONE]\n\n"];
        let lines = ["{\"a\":1}\n", "{\"a\":2}\n{\"a\"", ":3}\n"];
        let of = |kind: &str, chunks: &[&str]| {
            Response::status(200).header("content-type", kind).chunks(chunks.iter().copied())
        };
        for (answer, chunks) in [
            (of("application/json", &sse), &sse[..]),
            (of("text/plain", &sse), &sse[..]),
            (of("application/json", &lines), &lines[..]),
            (of("text/event-stream", &sse).header("content-encoding", "gzip"), &sse[..]),
        ] {
            let (_folder, fixture) = place();
            let upstream = Upstream::start([answer]);
            let body = br#"{"model":"m","stream":true,"messages":[]}"#;
            let post = (Provider::OpenAI, "POST", "/v1/chat/completions");
            let kind = [("content-type", "application/json")];
            let mock = upstream.record(&fixture, TEST).start().unwrap();
            request(&mock, post, &kind, body).bytes();
            mock.finish().unwrap();
            let mock = replay(&fixture, TEST).start().unwrap();
            let (replayed, _) = request(&mock, post, &kind, body).rest();
            mock.finish().unwrap();
            let recorded: Vec<_> = chunks.iter().map(|chunk| chunk.as_bytes().to_vec()).collect();
            assert_eq!(replayed.concat(), recorded.concat());
            assert!(replayed.len() > 1, "in pieces: {replayed:?}");
        }
    });
}
