//! Flow files of mitmproxy: typed netstrings (`LENGTH:DATA` and a letter for the type), one dictionary for each flow.
//! <https://github.com/mitmproxy/mitmproxy/blob/main/mitmproxy/io/tnetstring.py>

use super::super::message::{Recorded, whole};
use super::super::request::Asked;
use super::super::source::Source;
use super::super::times;
use super::{ReadError, Recording};

const DEPTH: usize = 32;

/// A value of a flow; its bytes are not copied.
#[derive(Debug)]
enum Value<'a> {
    Null,
    Bytes(&'a [u8]),
    Number(f64),
    List(Vec<Value<'a>>),
    Map(Vec<(Value<'a>, Value<'a>)>),
}

pub(super) fn detect(source: &Source<'_>) -> bool {
    element(source.bytes, 0).is_some_and(|(flow, _)| {
        matches!(flow, Value::Map(_))
            && (flow.get("type").is_some() || flow.get("request").is_some())
    })
}

pub(super) fn read(source: &Source<'_>, _: &Asked) -> Result<Recording, ReadError> {
    let mut flows = Vec::new();
    let mut rest = source.bytes;
    let mut is_broken = false;
    while !rest.is_empty() {
        let Some((flow, after)) = element(rest, 0) else {
            is_broken = true;
            break;
        };
        flows.push(flow);
        rest = after;
    }
    if let [first, ..] = &flows[..]
        && flows.iter().all(|flow| flow.text("type").is_some_and(|kind| kind != "http"))
    {
        let kind = first.text("type").unwrap_or_default().to_uppercase();
        return Err(ReadError::NotHttp(format!("{kind} flows")));
    }
    let mut recording = Recording::of(&flows, exchange)?;
    if is_broken {
        recording.skipped.push("the end of the file: it is cut off".to_owned());
    }
    Ok(recording)
}

impl<'a> Value<'a> {
    fn get(&self, name: &str) -> Option<&Value<'a>> {
        let Value::Map(members) = self else { return None };
        let found = members.iter().find(|(key, _)| key.bytes() == Some(name.as_bytes()));
        found.map(|(_, value)| value)
    }

    fn bytes(&self) -> Option<&'a [u8]> {
        if let Value::Bytes(bytes) = self { Some(bytes) } else { None }
    }

    fn text(&self, name: &str) -> Option<&'a str> {
        std::str::from_utf8(self.get(name)?.bytes()?).ok()
    }

    fn number(&self, name: &str) -> Option<f64> {
        if let Value::Number(number) = self.get(name)? { Some(*number) } else { None }
    }
}

fn element(bytes: &[u8], depth: usize) -> Option<(Value<'_>, &[u8])> {
    let colon = bytes.iter().take(13).position(|byte| *byte == b':')?;
    let digits = std::str::from_utf8(&bytes[..colon]).ok()?;
    if digits.is_empty() || !digits.bytes().all(|digit| digit.is_ascii_digit()) || depth > DEPTH {
        return None;
    }
    let length: usize = digits.parse().ok()?;
    let start = colon + 1;
    let end = start.checked_add(length)?;
    let (data, kind) = (bytes.get(start..end)?, *bytes.get(end)?);
    let value = match kind {
        b'~' => Value::Null,
        b',' | b';' => Value::Bytes(data),
        b'#' | b'^' => Value::Number(std::str::from_utf8(data).ok()?.parse().ok()?),
        b'!' => Value::Number(f64::from(u8::from(data == b"true"))),
        b']' => {
            let mut items = Vec::new();
            let mut rest = data;
            while !rest.is_empty() {
                let (item, after) = element(rest, depth + 1)?;
                items.push(item);
                rest = after;
            }
            Value::List(items)
        }
        b'}' => {
            let mut members = Vec::new();
            let mut rest = data;
            while !rest.is_empty() {
                let (key, after) = element(rest, depth + 1)?;
                let (value, after) = element(after, depth + 1)?;
                members.push((key, value));
                rest = after;
            }
            Value::Map(members)
        }
        _ => return None,
    };
    Some((value, &bytes[end + 1..]))
}

fn exchange(flow: &Value<'_>) -> Result<Recorded, String> {
    if let Some(kind) = flow.text("type").filter(|kind| *kind != "http") {
        return Err(format!("it is a flow of {}, not HTTP", kind.to_uppercase()));
    }
    if matches!(flow.get("websocket"), Some(Value::Map(_))) {
        return Err("it is a WebSocket connection, not HTTP".to_owned());
    }
    let request = flow.get("request").ok_or("it has no request")?;
    let response = flow.get("response").filter(|it| !matches!(it, Value::Null));
    let response = response.ok_or("it has no response")?;
    let status = response.number("status_code").or_else(|| response.number("code"));
    let start = request.number("timestamp_start");
    let end = response.number("timestamp_end");
    let ms = start.zip(end).and_then(|(start, end)| times::millis((end - start) * 1e3));
    Ok(Recorded {
        method: request.text("method").unwrap_or("GET").to_uppercase(),
        url: url(request).ok_or("its request has no host")?,
        request_headers: headers(request),
        request_body: body(request),
        status: status.and_then(whole).ok_or("its response has no status")?,
        response_headers: headers(response),
        response_body: body(response),
        ms: ms.unwrap_or_default(),
        recorded_at: start.and_then(times::unix),
        ..Recorded::default()
    })
}

fn url(request: &Value<'_>) -> Option<String> {
    let host = headers(request).into_iter().find(|(name, _)| name.eq_ignore_ascii_case("host"));
    let authority = request.text("authority").filter(|it| !it.is_empty()).map(str::to_owned);
    let address = || {
        let port = request.number("port").map(|port| port.to_string());
        let port = port.filter(|port| port != "443" && port != "80");
        let port = port.map(|port| format!(":{port}")).unwrap_or_default();
        Some(format!("{}{port}", request.text("host")?))
    };
    let host = host.map(|(_, host)| host).or(authority).or_else(address)?;
    let scheme = request.text("scheme").filter(|it| !it.is_empty()).unwrap_or("https");
    Some(format!("{scheme}://{host}{}", request.text("path").unwrap_or("/")))
}

fn headers(message: &Value<'_>) -> Vec<(String, String)> {
    let Some(Value::List(pairs)) = message.get("headers") else { return Vec::new() };
    let text = |value: &Value<'_>| value.bytes().map(|it| String::from_utf8_lossy(it).into_owned());
    let pair = |pair: &Value<'_>| match pair {
        Value::List(pair) => Some((text(pair.first()?)?, text(pair.get(1)?)?)),
        _ => None,
    };
    pairs.iter().filter_map(pair).filter(|(name, _)| !name.starts_with(':')).collect()
}

fn body(message: &Value<'_>) -> Vec<u8> {
    message.get("content").and_then(Value::bytes).map(<[u8]>::to_vec).unwrap_or_default()
}
