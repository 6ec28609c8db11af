//! Mutations of small seeds, the same in every run.

use std::panic::{AssertUnwindSafe, catch_unwind};

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;

use super::*;
use crate::random::SplitMix64;

/// How many inputs a target gets; `LLMOCK_TEST_FUZZ` sets another number.
const ROUNDS: usize = 1500;

const FIXTURE: &str = concat!(
    r#"{"llmock":1,"interactions":[{"provider":"openai","test":"t","request":{"method":"POST","#,
    r#""path":"/v1/chat/completions","body":{"model":"m","messages":[{"role":"user","content":"Hi"}]}},"#,
    r#""response":{"status":200,"headers":{"content-type":"text/event-stream"},"stream":{"#,
    r#""framing":"sse","events":[{"ms":1,"data":{"id":"a"}},{"ms":2,"raw":"x"}],"chunks":[3,4]}}},"#,
    r#"{"provider":"anthropic","request":{"method":"GET","path":"/v1/models"},"#,
    r#""response":{"status":404,"ms":4,"body":{"type":"error"}}},"#,
    r#"{"provider":"acme","request":{"method":"POST","path":"/x","base64":"AAEC"},"#,
    r#""response":{"status":200,"text":"plain"}}]}"#
);

const SSE: &[&str] = &[
    "\x07data: {\"a\":1}\n\nevent: b\ndata: [DONE]\n\n",
    "\x01: ping\r\n\r\nid: 1\r\ndata:x\r\n\r\n",
    "\x20\u{feff}data: a\rdata: b\r\rretry: 3\n\n",
];

const LINES: &[&str] =
    &["\x05{\"done\":false}\n{\"done\":true}\n", "\x40{\"a\":1}\r\n\r\n[]\r\n\"b\""];

const ARRAYS: &[&str] = &["\x06[{\"a\":1}\n,\r\n{\"b\":[2]}\n]", "\x01[ ]", "\x02[1,2"];

/// A message with a header `:event-type` and an empty JSON object.
const FRAME: &str = "AAAAMQAAAB8L2MrzCzpldmVudC10eXBlBwABYQ1lOm1lc3NhZ2UtdHlwZQcAAWV7fQAAAAA=";

const REQUESTS: &[&str] = &[
    "\x00/v1/chat/completions?key=1&a=b\n{\"model\":\"m\",\"messages\":[{\"content\":[1.0,1e3]}]}",
    "\x03//v1/%2e%2e/models/a%2Fb\n{\"b\":1,\"a\":{\"c\":null}}",
    "\x09/v1beta/models/m:generateContent\n--b\r\nContent-Disposition: form-data; name=\"a\"\r\n\r\nx\r\n--b--\r\n",
    "\x0c/v1/..;x/\\..\\tenant-b\n",
];

const SECRETS: &[&str] = &[
    r#"{"a":"Zq8s7Df6gH5jK4lM3nB2vC1xX0yYwWvV","id":"sk-proj-abcdefghijklmnopqrstuvwxyz0123456789"}"#,
    r#"{"url":"https://h.example/x?key=AIzaSyA0123456789abcdefghijklmnopqrstuv&sig=mK8%2B3kLz01234567"}"#,
    "data: {\"choices\":[{\"delta\":{\"content\":\"sk-pro\"}}]}\n\ndata: [DONE]\n\n",
    "{\"a\":\"keys:\\nBearer \\u0041bcdefghijklmnop0123456789\"}",
];

const HTTP: &[&str] = &[
    "POST /s/fuzz/openai/v1/chat/completions HTTP/1.1\r\nhost: localhost\r\ncontent-type: application/json\r\ncontent-length: 7\r\n\r\n{\"a\":1}",
    "POST /env/anthropic/v1/messages HTTP/1.1\r\nhost: 127.0.0.1:1\r\ntransfer-encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\n\r\n",
    "GET http://api.openai.com/v1/models HTTP/1.1\r\nhost: x\r\nproxy-authorization: Basic bGxtb2NrOmZ1eno=\r\n\r\n",
    "CONNECT api.openai.com:443 HTTP/1.1\r\nhost: api.openai.com\r\n\r\n",
    "GET /env/openai/v1/../../x HTTP/1.0\r\ncontent-encoding: gzip\r\norigin: null\r\n\r\n",
    "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
];

/// Pieces that hurt: ends of tokens, escapes, lengths.
const HURTS: &[&[u8]] = &[
    b"null",
    b"\"",
    b"\\u0000",
    b"\\ud800",
    b"\xff",
    b"{}",
    b"[[[[[[[[",
    b"-",
    b"1e999",
    b"\n",
    b"\0",
    b"99999999999999999999",
    b"%2e%2e/",
    b"..",
    b"\\",
    b"\r\n",
    b"\r\n\r\n",
    b"data:",
    b": ",
    b"transfer-encoding: chunked\r\n",
    b"content-length: 9\r\n",
    b"\xef\xbb\xbf",
    b"\x00\x00\x00\x10",
];

fn seeds(name: &str) -> Vec<Vec<u8>> {
    let texts = |texts: &[&str]| texts.iter().map(|text| text.as_bytes().to_vec()).collect();
    match name {
        "fixture" => texts(&[FIXTURE]),
        "sse" => texts(SSE),
        "ndjson" => texts(LINES),
        "json_array" => texts(ARRAYS),
        "aws_event_stream" => {
            let frame = BASE64_STANDARD.decode(FRAME).expect("base64");
            vec![[b"\x09", &*frame, &*frame].concat()]
        }
        "canonicalization" => texts(REQUESTS),
        "redactor" => texts(SECRETS),
        "front" => texts(HTTP),
        other => panic!("`{other}` has no seeds"),
    }
}

/// A seed made worse: bytes flipped, dropped, doubled, or replaced by what hurts.
fn mutated(random: &mut SplitMix64, seed: &[u8]) -> Vec<u8> {
    let mut data = seed.to_vec();
    for _ in 0..=random.below(4) {
        let at = random.below(data.len() + 1);
        match random.below(6) {
            0 if at < data.len() => data[at] = u8::try_from(random.below(256)).expect("a byte"),
            1 => data.truncate(at),
            2 if at < data.len() => drop(data.remove(at)),
            3 => {
                let end = at + random.below(data.len() - at + 1);
                data.extend_from_within(at..end);
            }
            4 if at < data.len() => data[at] ^= 1 << random.below(8),
            _ => drop(data.splice(at..at, HURTS[random.below(HURTS.len())].iter().copied())),
        }
        data.truncate(1 << 16);
    }
    data
}

#[test]
fn no_input_breaks_a_promise() {
    let rounds = std::env::var("LLMOCK_TEST_FUZZ").ok().and_then(|text| text.parse().ok());
    for (name, target) in TARGETS {
        let seeds = seeds(name);
        let mut random = SplitMix64(20_261_130);
        for seed in &seeds {
            target(seed);
        }
        for round in 0..rounds.unwrap_or(ROUNDS) {
            let data = mutated(&mut random, &seeds[round % seeds.len()]);
            let ran = catch_unwind(AssertUnwindSafe(|| target(&data)));
            assert!(ran.is_ok(), "`{name}` fails in round {round}: {}", data.escape_ascii());
        }
    }
}

#[test]
fn seeds_reach_the_code_behind_the_parsers() {
    assert_eq!(crate::fixture::format::read(FIXTURE).expect("a fixture").len(), 3);
}
