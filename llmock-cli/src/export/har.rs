//! HAR 1.2: <http://www.softwareishard.com/blog/har-12-spec/>

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use llmock::__server::imported::ForeignMessage;
use serde_json::{Value, json};

use super::Exchange;

/// The time of an interaction that has none.
const NO_TIME: &str = "1970-01-01T00:00:00Z";

pub(super) fn text(exchanges: &[Exchange<'_>]) -> String {
    let entries: Vec<Value> = exchanges.iter().map(entry).collect();
    let version = env!("CARGO_PKG_VERSION");
    let log = json!({
        "log": {
            "version": "1.2",
            "creator": { "name": "llmock", "version": version },
            "entries": entries,
        }
    });
    format!("{log:#}\n")
}

fn entry(exchange: &Exchange<'_>) -> Value {
    let mut request = json!({
        "method": exchange.method,
        "url": exchange.url(),
        "httpVersion": "HTTP/1.1",
        "cookies": [],
        "headers": headers(&exchange.request_headers),
        "queryString": query(exchange.path),
        "headersSize": -1,
        "bodySize": exchange.request_body.as_ref().map_or(-1, |body| i64::try_from(body.len()).unwrap_or(-1)),
    });
    let body = exchange.request_body.as_deref().unwrap_or_default();
    if !body.is_empty() {
        let mut data = content(body, &exchange.request_headers);
        data["params"] = json!([]);
        request["postData"] = data;
    }
    let mut answer = content(&exchange.response_body, &exchange.response_headers);
    answer["size"] = json!(exchange.response_body.len());
    let reason = http::StatusCode::from_u16(exchange.status).ok();
    let reason = reason.and_then(|it| it.canonical_reason()).unwrap_or_default();
    let mut entry = json!({
        "startedDateTime": exchange.interaction.recorded_at().unwrap_or(NO_TIME),
        "time": 0,
        "request": request,
        "response": {
            "status": exchange.status,
            "statusText": reason,
            "httpVersion": "HTTP/1.1",
            "cookies": [],
            "headers": headers(&exchange.response_headers),
            "content": answer,
            "redirectURL": "",
            "headersSize": -1,
            "bodySize": exchange.response_body.len(),
        },
        "cache": {},
        "timings": { "send": 0, "wait": 0, "receive": 0 },
    });
    if let Some(messages) = &exchange.socket {
        entry["_resourceType"] = json!("websocket");
        entry["_webSocketMessages"] = messages.iter().map(message).collect();
    }
    entry
}

/// A message of a WebSocket, as the developer tools of Chrome export it. Its time is in seconds.
fn message(message: &ForeignMessage) -> Value {
    #[expect(clippy::cast_precision_loss, reason = "no test takes that long")]
    let time = message.ms as f64 / 1000.0;
    let (opcode, data) = match std::str::from_utf8(&message.bytes) {
        Ok(text) if !message.is_binary => (1, text.to_owned()),
        _ => (2, STANDARD.encode(&message.bytes)),
    };
    let side = if message.is_from_client { "send" } else { "receive" };
    json!({ "type": side, "time": time, "opcode": opcode, "data": data })
}

fn headers(headers: &[(String, String)]) -> Vec<Value> {
    headers.iter().map(|(name, value)| json!({ "name": name, "value": value })).collect()
}

fn query(path: &str) -> Vec<Value> {
    let query = path.split_once('?').map_or("", |(_, query)| query);
    let pairs = form_urlencoded::parse(query.as_bytes());
    pairs.map(|(name, value)| json!({ "name": name, "value": value })).collect()
}

fn content(body: &[u8], headers: &[(String, String)]) -> Value {
    let kind = headers.iter().find(|(name, _)| name == "content-type");
    let kind = kind.map_or("application/octet-stream", |(_, kind)| kind.as_str());
    match std::str::from_utf8(body) {
        Ok(text) => json!({ "mimeType": kind, "text": text }),
        Err(_) => json!({ "mimeType": kind, "encoding": "base64", "text": STANDARD.encode(body) }),
    }
}
