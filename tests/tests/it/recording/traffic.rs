//! What goes to the provider and what comes back while a test records.

use std::io::Write as _;
use std::time::Duration;

use flate2::Compression;
use llmock::{Fixture, LlmMock, Provider};
use llmock_testkit::client::{End, JSON, chat, connect, send};
use llmock_testkit::process::alone;
use llmock_testkit::recorded::{place, read};
use llmock_testkit::upstream::{Gate, Response, Upstream, replay};

const TEST: &str = "recording::test";
const CHAT: &str = "/chat/completions";
const ASK: &str = r#"{"model":"m","stream":true,"messages":[{"role":"user","content":"hi"}]}"#;
const HELLO: [&str; 3] = [
    "data: {\"choices\":[{\"delta\":{\"content\":\"Hel\"}}]}\n\n",
    "data: {\"choices\":[{\"delta\":{\"content\":\"lo\"}}]}\n\n",
    "data: [DONE]\n\n",
];

fn openai(mock: &LlmMock) -> String {
    mock.base_url(Provider::OpenAI)
}

#[test]
fn forwards_each_chunk_at_once() {
    alone(&[], |_| {
        let gates = [Gate::default(), Gate::default()];
        let (_folder, fixture) = place();
        let upstream = Upstream::start([Response::sse([HELLO[0]])
            .wait(&gates[0])
            .chunk(HELLO[1])
            .wait(&gates[1])
            .chunk(HELLO[2])]);
        let mock = upstream.record(&fixture, TEST).start().unwrap();
        let mut reply = chat(&mock, ASK);
        assert_eq!(reply.header("content-type"), Some("text/event-stream"));
        assert_eq!(reply.chunk().unwrap(), HELLO[0].as_bytes());
        gates[0].open();
        assert_eq!(reply.chunk().unwrap(), HELLO[1].as_bytes());
        gates[1].open();
        assert_eq!(reply.chunk().unwrap(), HELLO[2].as_bytes());
        assert_eq!(reply.rest(), (vec![], End::Complete));
        mock.finish().unwrap();
        assert!(read(&fixture).contains("\"preview\": \"Hello\""), "{}", read(&fixture));
    });
}

#[test]
fn chunks_replay_with_the_same_boundaries() {
    alone(&[], |_| {
        let (_folder, fixture) = place();
        let chunks = ["data: {\"a\":1}\n\ndata: {\"b\"", ":2}\n", "\ndata: [DONE]\n\n"];
        let (first, second) = (Gate::default(), Gate::default());
        let upstream = Upstream::start([Response::sse([chunks[0]])
            .wait(&first)
            .chunk(chunks[1])
            .wait(&second)
            .chunk(chunks[2])]);
        let mock = upstream.record(&fixture, TEST).start().unwrap();
        let mut reply = chat(&mock, ASK);
        assert_eq!(reply.chunk().unwrap(), chunks[0].as_bytes());
        first.open();
        assert_eq!(reply.chunk().unwrap(), chunks[1].as_bytes());
        second.open();
        assert_eq!(reply.chunk().unwrap(), chunks[2].as_bytes());
        assert_eq!(reply.rest().1, End::Complete);
        mock.finish().unwrap();

        let mock = replay(&fixture, TEST).start().unwrap();
        let (replayed, end) = chat(&mock, ASK).rest();
        assert_eq!(replayed, chunks.map(|chunk| chunk.as_bytes().to_vec()));
        assert_eq!(end, End::Complete);
        mock.finish().unwrap();
    });
}

#[test]
fn events_carry_their_arrival_time() {
    alone(&[], |_| {
        let (_folder, fixture) = place();
        let pause = Duration::from_millis(60);
        let upstream = Upstream::start([Response::sse([HELLO[0]])
            .pause(pause)
            .chunk(HELLO[1])
            .chunk(HELLO[2])]);
        let mock = upstream.record(&fixture, TEST).start().unwrap();
        chat(&mock, ASK).bytes();
        mock.finish().unwrap();
        let file: serde_json::Value = serde_json::from_str(&read(&fixture)).unwrap();
        let events = &file["interactions"][0]["response"]["stream"]["events"];
        let ms = |at: usize| events[at]["ms"].as_u64().unwrap();
        assert!(ms(0) <= ms(1) && ms(1) <= ms(2), "{events}");
        assert!(ms(1) >= 60, "counted from the request: {events}");
    });
}

#[test]
fn disconnected_clients_do_not_stop_recording() {
    alone(&[], |_| {
        let gate = Gate::default();
        let (_folder, fixture) = place();
        let upstream = Upstream::start([Response::sse([HELLO[0]])
            .wait(&gate)
            .chunk(HELLO[1])
            .chunk(HELLO[2])]);
        let mock = upstream.record(&fixture, TEST).start().unwrap();
        let mut reply = chat(&mock, ASK);
        assert_eq!(reply.chunk().unwrap(), HELLO[0].as_bytes());
        drop(reply);
        gate.open();
        mock.finish().unwrap();

        let mock = replay(&fixture, TEST).start().unwrap();
        let (chunks, end) = chat(&mock, ASK).rest();
        assert_eq!((chunks.concat(), end), (HELLO.concat().into_bytes(), End::Complete));
        mock.finish().unwrap();
    });
}

#[test]
fn recording_survives_disconnects_before_the_head() {
    alone(&[], |_| {
        let gate = Gate::default();
        let (_folder, fixture) = place();
        let upstream = Upstream::start([Response::json(r#"{"a":1}"#).after(&gate)]);
        let mock = upstream.record(&fixture, TEST).start().unwrap();
        let url = format!("{}{CHAT}", openai(&mock));
        let connection = connect("POST", &url, &JSON, ASK.as_bytes());
        upstream.wait_for(1);
        drop(connection);
        gate.open();
        mock.finish().unwrap();
        assert_eq!(Fixture::load(&fixture).unwrap().interactions().len(), 1);
    });
}

#[test]
fn truncated_streams_replay_truncated() {
    alone(&[], |_| {
        let cases = [
            ("stream", Response::sse([HELLO[0], &HELLO[1][..9]]).truncated()),
            ("body", Response::json(r#"{"choices":[{"mess"#).truncated()),
        ];
        for (name, answer) in cases {
            let (_folder, fixture) = place();
            let upstream = Upstream::start([answer]);
            let mock = upstream.record(&fixture, TEST).start().unwrap();
            let (live, end) = chat(&mock, ASK).rest();
            assert_eq!(end, End::Truncated, "{name}");
            mock.finish().unwrap();
            assert!(read(&fixture).contains("\"end\": \"cut\""), "{}", read(&fixture));

            let mock = replay(&fixture, TEST).start().unwrap();
            let (replayed, end) = chat(&mock, ASK).rest();
            assert_eq!((replayed.concat(), end), (live.concat(), End::Truncated), "{name}");
            mock.finish().unwrap();
        }
    });
}

#[test]
fn requests_are_forwarded_unchanged() {
    alone(&[], |_| {
        let (_folder, fixture) = place();
        let upstream = Upstream::start([Response::json("{}")]);
        let mock = upstream.record(&fixture, TEST).start().unwrap();
        let url = format!("{}{CHAT}?api_key=abc&x=%20y", openai(&mock));
        let headers = [
            ("authorization", "Bearer mine"),
            ("x-api-key", "mine too"),
            ("cookie", "a=b"),
            ("accept", "text/event-stream"),
            ("accept-encoding", "gzip, br"),
            ("user-agent", "client/1.0"),
            ("openai-beta", "one"),
            ("openai-beta", "two"),
            ("referer", "http://example.test/"),
            ("x-llmock-anything", "ours"),
            ("content-type", "application/json"),
        ];
        let body = b"{ \"model\" : \"m\",\n \"messages\": [],\"n\":1.0 }\n";
        assert_eq!(send("POST", &url, &headers, body).bytes(), b"{}");
        mock.finish().unwrap();

        let seen = upstream.requests().remove(0);
        assert_eq!(seen.method, "POST");
        assert_eq!(seen.target, "/v1/chat/completions?api_key=abc&x=%20y");
        assert_eq!(seen.body, body);
        let address = upstream.url();
        let length = body.len().to_string();
        let mut sent: Vec<(&str, &str)> = headers
            .into_iter()
            .filter(|(name, _)| !["x-llmock-anything", "accept-encoding"].contains(name))
            .chain([("accept-encoding", "identity"), ("content-length", length.as_str())])
            .chain([("host", address.trim_start_matches("http://"))])
            .collect();
        let mut got: Vec<(&str, &str)> =
            seen.headers.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
        sent.sort_unstable();
        got.sort_unstable();
        assert_eq!(got, sent);
    });
}

#[test]
fn redirects_retries_and_cookies_reach_the_client() {
    alone(&[], |_| {
        let (_folder, fixture) = place();
        let upstream = Upstream::start([
            Response::status(307).header("location", "/v1/elsewhere").body("moved"),
            Response::json("{}").header("set-cookie", "session=1; Path=/"),
            Response::json("{}"),
            Response::error(503, "busy"),
            Response::json("{}"),
        ]);
        let mock = upstream.record(&fixture, TEST).start().unwrap();
        let ask = |n: u8| chat(&mock, &format!("{{\"n\":{n}}}"));
        let moved = ask(1);
        let elsewhere = format!("{}/elsewhere", mock.base_url(Provider::OpenAI));
        let location = moved.header("location").unwrap();
        assert!(moved.status == 307 && elsewhere.ends_with(location), "{location} is for llmock");
        assert_eq!(moved.bytes(), b"moved");
        assert_eq!(ask(2).header("set-cookie"), Some("session=1; Path=/"));
        ask(3).bytes();
        assert_eq!(ask(4).status, 503);
        assert_eq!(ask(4).status, 200);
        mock.finish().unwrap();
        let seen = upstream.requests();
        assert_eq!(seen.len(), 5, "each request once");
        for name in ["cookie", "referer"] {
            assert!(seen.iter().all(|request| request.header(name).is_none()), "{name}");
        }
        let file = read(&fixture);
        assert!(!file.contains("session=1"));
        assert!(file.contains("\"location\": \"/v1/elsewhere\""), "{file}");
    });
}

#[test]
fn compressed_requests_match_decoded() {
    alone(&[], |_| {
        let (_folder, fixture) = place();
        let upstream = Upstream::start([Response::json(r#"{"n":1}"#)]);
        let plain = ASK.as_bytes();
        let gzip = {
            let mut encoder = flate2::write::GzEncoder::new(Vec::new(), Compression::best());
            encoder.write_all(plain).unwrap();
            encoder.finish().unwrap()
        };
        let deflate = {
            let mut encoder = flate2::write::ZlibEncoder::new(Vec::new(), Compression::best());
            encoder.write_all(plain).unwrap();
            encoder.finish().unwrap()
        };
        let bodies =
            [("gzip", gzip), ("deflate", deflate), ("br", brotli(plain)), ("zstd", zstd(plain))];
        for (coding, body) in &bodies {
            let mock = upstream.record(&fixture, TEST).start().unwrap();
            let headers = [("content-type", "application/json"), ("content-encoding", *coding)];
            send("POST", &format!("{}{CHAT}", openai(&mock)), &headers, body).bytes();
            assert_eq!(mock.requests()[0].body(), plain, "{coding}");
            mock.finish().unwrap();
            let seen = upstream.requests().pop().unwrap();
            assert_eq!((&seen.body, seen.header("content-encoding")), (body, Some(*coding)));

            let mock = replay(&fixture, TEST).start().unwrap();
            assert_eq!(chat(&mock, ASK).text(), r#"{"n":1}"#, "{coding}");
            mock.finish().unwrap();
        }
    });
}

/// One meta-block that is not compressed, RFC 7932 §9.2.
fn brotli(plain: &[u8]) -> Vec<u8> {
    let header = u32::try_from(plain.len() - 1).unwrap() << 4 | 1 << 20;
    [&header.to_le_bytes()[..3], plain, &[3]].concat()
}

/// One raw block in a frame of one segment, RFC 8878 §3.1.1.
fn zstd(plain: &[u8]) -> Vec<u8> {
    let length = u8::try_from(plain.len()).unwrap();
    let block = (u32::from(length) << 3 | 1).to_le_bytes();
    [&[0x28, 0xb5, 0x2f, 0xfd, 0x20, length], &block[..3], plain].concat()
}

#[test]
fn unrequested_compression_is_recorded_decoded() {
    alone(&[], |_| {
        let (_folder, fixture) = place();
        let mut encoder = flate2::write::GzEncoder::new(Vec::new(), Compression::best());
        encoder.write_all(br#"{"answer":"plain"}"#).unwrap();
        let compressed = encoder.finish().unwrap();
        let answer = Response::json(compressed.clone()).header("content-encoding", "gzip");
        let upstream = Upstream::start([answer]);
        let mock = upstream.record(&fixture, TEST).start().unwrap();
        let reply = chat(&mock, ASK);
        assert_eq!(reply.header("content-encoding"), Some("gzip"), "as the provider sent it");
        assert_eq!(reply.bytes(), compressed);
        mock.finish().unwrap();
        assert!(read(&fixture).contains("\"answer\": \"plain\""), "{}", read(&fixture));

        let mock = replay(&fixture, TEST).start().unwrap();
        let reply = chat(&mock, ASK);
        assert_eq!(reply.header("content-encoding"), None);
        assert_eq!(reply.text(), r#"{"answer":"plain"}"#);
        mock.finish().unwrap();
    });
}
