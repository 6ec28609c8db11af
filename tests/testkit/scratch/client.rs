//! An application that asks a model, and knows nothing of llmock.

use std::io::{Read, Write};
use std::net::TcpStream;

/// What the model answers; the base URL comes from the environment, as in most clients.
///
/// # Errors
///
/// With the status and the body of any other answer than 200.
pub fn try_ask(prompt: &str) -> Result<String, String> {
    try_ask_at(&std::env::var("OPENAI_BASE_URL").unwrap_or_default(), prompt)
}

/// The same, at a base URL.
pub fn try_ask_at(base_url: &str, prompt: &str) -> Result<String, String> {
    let body = format!(
        r#"{{"model":"gpt-5","messages":[{{"role":"user","content":"{prompt}"}}]}}"#
    );
    let (status, answer) = send(base_url, "POST", "/chat/completions", &body);
    if status != 200 {
        return Err(format!("status {status}: {answer}"));
    }
    let content = answer.split(r#""content":""#).nth(1).and_then(|rest| rest.split('"').next());
    content.map(str::to_owned).ok_or(answer)
}

pub fn ask(prompt: &str) -> String {
    try_ask(prompt).unwrap()
}

pub fn ask_at(base_url: &str, prompt: &str) -> String {
    try_ask_at(base_url, prompt).unwrap()
}

/// One request and its answer: status and body.
pub fn send(base_url: &str, method: &str, path: &str, body: &str) -> (u16, String) {
    let rest = base_url.strip_prefix("http://").expect("a base URL");
    let (host, base_path) = rest.split_once('/').unwrap_or((rest, ""));
    let mut stream = TcpStream::connect(host).expect("a server");
    let length = body.len();
    let head = format!(
        "{method} /{base_path}{path} HTTP/1.1\r\nhost: {host}\r\nauthorization: Bearer sk-test\r\n\
         content-type: application/json\r\ncontent-length: {length}\r\n\r\n{body}"
    );
    // A server that refuses a body may close before it has read all of it.
    let _ = stream.write_all(head.as_bytes());
    let mut answer = Vec::new();
    let _ = stream.read_to_end(&mut answer);
    let answer = String::from_utf8_lossy(&answer).into_owned();
    let status = answer.split(' ').nth(1).and_then(|status| status.parse().ok()).unwrap_or(0);
    let body = answer.split_once("\r\n\r\n").map_or("", |(_, body)| body);
    (status, body.to_owned())
}
