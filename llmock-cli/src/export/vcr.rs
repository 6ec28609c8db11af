//! A cassette of VCR.py, which also VCR-compatible tools of other languages read.

use std::fmt::Write as _;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use super::Exchange;

pub(super) fn text(exchanges: &[Exchange<'_>]) -> String {
    let mut out = String::from("interactions:");
    if exchanges.is_empty() {
        out.push_str(" []");
    }
    out.push('\n');
    for exchange in exchanges {
        let request = exchange.request_body.as_deref().unwrap_or_default();
        let (sent, received) = (body(request, 6), body(&exchange.response_body, 8));
        let (asked, answered) =
            (headers(&exchange.request_headers), headers(&exchange.response_headers));
        let (method, uri) = (quoted(exchange.method), quoted(&exchange.url()));
        let status = exchange.status;
        let reason = http::StatusCode::from_u16(status).ok().and_then(|it| it.canonical_reason());
        let reason = quoted(reason.unwrap_or_default());
        let _ = write!(
            out,
            "- request:\n    body: {sent}\n    headers:{asked}\n    method: {method}\n    uri: {uri}\n  response:\n    \
             body:\n      string: {received}\n    headers:{answered}\n    status:\n      code: {status}\n      message: \
             {reason}\n"
        );
    }
    out.push_str("version: 1\n");
    out
}

/// Text as a string, other bytes in lines of Base64.
fn body(bytes: &[u8], indent: usize) -> String {
    if let Ok(text) = std::str::from_utf8(bytes) {
        return quoted(text);
    }
    let base64 = STANDARD.encode(bytes);
    let margin = " ".repeat(indent);
    let mut out = "!!binary |".to_owned();
    for line in base64.as_bytes().chunks(76) {
        let _ = write!(out, "\n{margin}{}", String::from_utf8_lossy(line));
    }
    out
}

fn headers(headers: &[(String, String)]) -> String {
    if headers.is_empty() {
        return " {}".to_owned();
    }
    let mut names: Vec<&String> = headers.iter().map(|(name, _)| name).collect();
    names.sort();
    names.dedup();
    let mut out = String::new();
    for name in names {
        let _ = write!(out, "\n      {}:", quoted(name));
        for (_, value) in headers.iter().filter(|(known, _)| known == name) {
            let _ = write!(out, "\n      - {}", quoted(value));
        }
    }
    out
}

/// A double-quoted scalar, as JSON writes it, without the characters that YAML 1.1 takes for line breaks.
fn quoted(text: &str) -> String {
    let json = serde_json::Value::from(text).to_string();
    let is_escaped = |letter: char| matches!(letter, '\u{7f}'..='\u{a0}' | '\u{2028}' | '\u{2029}' | '\u{feff}' | '\u{fffe}'..='\u{ffff}');
    if !json.contains(is_escaped) {
        return json;
    }
    json.chars().fold(String::new(), |mut out, letter| {
        if is_escaped(letter) {
            let _ = write!(out, "\\u{:04x}", u32::from(letter));
        } else {
            out.push(letter);
        }
        out
    })
}
