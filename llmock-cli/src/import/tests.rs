//! Any bytes are refused or read by every reader, without a panic.

use std::path::Path;

use super::format::FORMATS;
use super::request::Asked;
use super::source::Source;

const PUNCTUATION: &[u8] = b"{}[]:,\"'\n -&*!|";

/// One small file of each kind.
const SEEDS: [&str; 10] = [
    "interactions:\n- request:\n    body: 'a'\n    headers: {a: [b]}\n    method: GET\n    uri: http://h/p\n  response:\n    body:\n      string: !!binary |\n        YQ==\n    status: {code: 200}\nversion: 1\n",
    "requests: [{uri: x, method: GET}]\nresponses: [{status: {code: 200}, body: {string: a}}]\n",
    "http_interactions:\n- request: {method: get, uri: x, body: {base64_string: YQ==}}\n  response: {status: {code: 200}, body: &a {string: b}}\n- *a\n",
    "version: 2\ninteractions:\n- id: 0\n  request: {url: x, method: GET, form: {a: [b]}}\n  response: {code: 200, duration: 1.5ms}\n",
    "when: {path: /p, method: GET, query_param: [{name: a, value: b}]}\nthen: {status: 200, body: YQ==, body_encoding: base64}\n---\n",
    r#"[{"scope":"http://h:80","path":"/p","method":"GET","response":["1f8b"],"rawHeaders":["content-encoding","gzip"],"status":200}]"#,
    r#"{"log":{"entries":[{"request":{"method":"GET","url":"http://h"},"response":{"status":200,"content":{"encoding":"base64","text":"[\"YQ==\"]"}}}]}}"#,
    r#"{"fixtures":[{"match":{"userMessage":"a"},"response":{"toolCalls":[{"name":"n","arguments":{}}]}}]}"#,
    r#"{"mappings":[{"request":{"url":"/p","bodyPatterns":[{"equalToJson":"{}"}]},"response":{"jsonBody":[1.0]}}]}"#,
    "61:7:request,49:6:method,3:GET,4:path,1:/,7:content,0:,4:host,1:h,}}",
];

fn read_by_all(bytes: &[u8]) {
    let source = Source::new(Path::new("x"), bytes);
    for format in FORMATS {
        let _ = (format.detect)(&source);
        if let Ok(recording) = (format.read)(&source, &Asked::default()) {
            let held: usize = recording.exchanges.iter().map(|one| one.response_body.len()).sum();
            assert!(held <= (16 << 20) + 16 * bytes.len() * bytes.len().max(64), "{}", format.name);
        }
    }
}

#[test]
fn mutations_of_every_format_are_refused_or_read() {
    let mut random = fastrand::Rng::with_seed(7);
    for seed in SEEDS {
        read_by_all(seed.as_bytes());
        for _ in 0..300 {
            let mut bytes = seed.as_bytes().to_vec();
            for _ in 0..random.usize(1..6) {
                if bytes.is_empty() {
                    break;
                }
                let at = random.usize(0..bytes.len());
                match random.u8(0..5) {
                    0 => bytes[at] = random.u8(..),
                    1 => {
                        bytes.remove(at);
                    }
                    2 => bytes.truncate(at.max(1)),
                    3 => bytes.insert(at, PUNCTUATION[random.usize(0..PUNCTUATION.len())]),
                    _ => {
                        let other = SEEDS[random.usize(0..SEEDS.len())].as_bytes();
                        let from = random.usize(0..other.len());
                        bytes.splice(at..at, other[from..].iter().copied().take(40));
                    }
                }
            }
            read_by_all(&bytes);
        }
    }
    for _ in 0..300 {
        let bytes: Vec<u8> = (0..random.usize(0..200)).map(|_| random.u8(..)).collect();
        read_by_all(&bytes);
    }
}
