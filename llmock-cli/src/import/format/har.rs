//! HAR 1.2 (<http://www.softwareishard.com/blog/har-12-spec/>), as browsers, proxies, and Playwright write it, and the
//! recordings of Polly.JS, which are HAR files whose compressed bodies are lists of Base64 or hexadecimal pieces.

use std::path::{Component, Path};

use llmock::__server::imported::ForeignMessage;

use super::super::message::{Recorded, find, headers, hex, whole};
use super::super::request::Asked;
use super::super::source::{self, Source};
use super::super::times;
use super::super::tree::{self, Node, base64};
use super::{ReadError, Recording, root};

/// The member with the messages of a WebSocket.
const MESSAGES: &str = "_webSocketMessages";

pub(super) fn detect(source: &Source<'_>) -> bool {
    source.root().and_then(|root| root.get("log")).is_some_and(|log| log.has("entries"))
}

pub(super) fn read(source: &Source<'_>, _: &Asked) -> Result<Recording, ReadError> {
    let log = root(source)?.get("log").and_then(|log| log.get("entries"));
    let mut entries: Vec<&Node<'_>> = log.map(Node::items).unwrap_or_default().iter().collect();
    let is_empty_socket = |entry: &&Node<'_>| is_socket(entry) && !entry.has(MESSAGES);
    if !entries.is_empty() && entries.iter().all(is_empty_socket) {
        return Err(ReadError::NotHttp("WebSocket connections".to_owned()));
    }
    // Chrome sorts by the end of an exchange. The order of an export is that of the fixture.
    let creator = root(source)?.get("log").and_then(|log| log.get("creator"));
    if creator.and_then(|creator| creator.text_of("name")) != Some("llmock") {
        entries.sort_by(|one, other| {
            one.text_of("startedDateTime").cmp(&other.text_of("startedDateTime"))
        });
    }
    Recording::of(&entries, |entry| exchange(entry, source.path))
}

fn is_socket(entry: &Node<'_>) -> bool {
    let url = entry.get("request").and_then(|request| request.text_of("url")).unwrap_or_default();
    entry.has(MESSAGES)
        || entry.text_of("_resourceType") == Some("websocket")
        || url.starts_with("ws:")
        || url.starts_with("wss:")
}

fn exchange(entry: &Node<'_>, file: &Path) -> Result<Recorded, String> {
    if entry.has(MESSAGES) {
        return socket(entry);
    }
    if is_socket(entry) {
        return Err("it is a WebSocket connection without its messages".to_owned());
    }
    let request = entry.some("request").ok_or("it has no request")?;
    let response = entry.some("response").ok_or("it has no response")?;
    let request_headers = headers(request.get("headers"));
    let response_headers = headers(response.get("headers"));
    let status = response.get("status").and_then(Node::number).and_then(whole);
    let status = status.ok_or("its status is not a number")?;
    if status == 0 {
        return Err("it has no response: the request failed".to_owned());
    }
    let content = response.get("content");
    let response_body = content.map_or(Ok(Vec::new()), |content| {
        received(content, find(&response_headers, "content-encoding"), file)
    })?;
    let mut recorded = Recorded {
        method: request.text_of("method").unwrap_or("GET").to_uppercase(),
        url: request.text_of("url").ok_or("the request has no URL")?.to_owned(),
        request_body: request.get("postData").map_or(Ok(Vec::new()), |data| sent(data, file))?,
        request_headers,
        status,
        response_headers,
        response_body,
        ms: entry.get("time").and_then(Node::number).and_then(times::millis).unwrap_or_default(),
        recorded_at: entry
            .text_of("startedDateTime")
            .and_then(times::iso)
            .filter(|time| !time.starts_with("1970-")),
        ..Recorded::default()
    };
    let size = content.and_then(|content| content.get("size")).and_then(Node::number);
    if recorded.response_body.is_empty() && size.is_some_and(|size| size > 0.0) {
        recorded.losses.push(
            "the body of the response: the file has its size only (export with content)".to_owned(),
        );
    }
    Ok(recorded)
}

/// A WebSocket with its messages, as the developer tools of Chrome export it: the time of each in seconds since 1970, its
/// opcode, and its data, which is Base64 if it is binary.
fn socket(entry: &Node<'_>) -> Result<Recorded, String> {
    let request = entry.some("request").ok_or("it has no request")?;
    let all = entry.get(MESSAGES).map(Node::items).unwrap_or_default();
    let seconds = |message: &Node<'_>| message.get("time").and_then(Node::number);
    let begin = all.first().and_then(seconds).unwrap_or_default();
    let mut messages = Vec::with_capacity(all.len());
    for message in all {
        let data = message.text_of("data").unwrap_or_default();
        let (is_binary, bytes) = match message.get("opcode").and_then(Node::number).and_then(whole)
        {
            Some(1) | None => (false, data.as_bytes().to_vec()),
            Some(2) => (true, base64(data).ok_or("a binary message is not Base64")?),
            // Close, ping, and pong belong to the connection.
            Some(_) => continue,
        };
        let is_from_client = match message.text_of("type") {
            Some("send" | "request") => true,
            Some("receive" | "response") => false,
            other => return Err(format!("a message has the type `{}`", other.unwrap_or_default())),
        };
        let ms = seconds(message).and_then(|time| times::millis((time - begin) * 1000.0));
        messages.push(ForeignMessage {
            is_from_client,
            ms: ms.unwrap_or_default(),
            is_binary,
            bytes,
        });
    }
    Ok(Recorded {
        method: "GET".to_owned(),
        url: request.text_of("url").ok_or("the request has no URL")?.to_owned(),
        request_headers: headers(request.get("headers")),
        response_headers: headers(entry.get("response").and_then(|one| one.get("headers"))),
        status: 101,
        recorded_at: entry
            .text_of("startedDateTime")
            .and_then(times::iso)
            .filter(|time| !time.starts_with("1970-")),
        socket: Some(messages),
        ..Recorded::default()
    })
}

fn received(content: &Node<'_>, coding: Option<&str>, file: &Path) -> Result<Vec<u8>, String> {
    if let Some(name) = content.text_of("_file") {
        return attached(file, name);
    }
    let text = content.text_of("text").unwrap_or_default();
    let encoding = content.text_of("encoding").unwrap_or_default().to_ascii_lowercase();
    let is_binary = content.get("_isBinary").is_some_and(Node::is_true);
    if (encoding == "base64" || is_binary || coding.is_some())
        && text.trim_start().starts_with("[\"")
        && let Some(bytes) = pieces(text)
    {
        return Ok(bytes);
    }
    match encoding.as_str() {
        "base64" => base64(text).ok_or_else(|| "its body is not Base64".to_owned()),
        "hex" => hex(text).ok_or_else(|| "its body is not hexadecimal".to_owned()),
        _ if is_binary => Ok(hex(text).unwrap_or_else(|| text.as_bytes().to_vec())),
        _ => Ok(text.as_bytes().to_vec()),
    }
}

/// The pieces in which Polly keeps a compressed body.
fn pieces(text: &str) -> Option<Vec<u8>> {
    let list = tree::json(text).ok()?;
    let pieces = list.items().iter().map(|piece| {
        let piece = piece.text()?;
        hex(piece).or_else(|| base64(piece))
    });
    pieces.collect::<Option<Vec<_>>>().map(|pieces| pieces.concat())
}

fn sent(data: &Node<'_>, file: &Path) -> Result<Vec<u8>, String> {
    if let Some(name) = data.text_of("_file") {
        return attached(file, name);
    }
    if let Some(text) = data.text_of("text").filter(|text| !text.is_empty()) {
        let encoding = data.text_of("encoding").or_else(|| data.text_of("_encoding"));
        return match encoding {
            Some("base64") => base64(text).ok_or_else(|| "its request is not Base64".to_owned()),
            _ => Ok(text.as_bytes().to_vec()),
        };
    }
    let mut form = form_urlencoded::Serializer::new(String::new());
    for parameter in data.get("params").map(Node::items).unwrap_or_default() {
        let value = parameter.text_of("value").unwrap_or_default();
        form.append_pair(parameter.text_of("name").unwrap_or_default(), value);
    }
    Ok(form.finish().into_bytes())
}

/// A body that Playwright has put beside the file.
fn attached(file: &Path, name: &str) -> Result<Vec<u8>, String> {
    let is_plain = Path::new(name).components().all(|part| matches!(part, Component::Normal(_)));
    let folder = file.parent().unwrap_or(Path::new("."));
    if !is_plain {
        return Err(format!("its body is in `{name}`, outside of the folder of the file"));
    }
    source::read(&folder.join(name)).map_err(|why| format!("its body is in `{name}`: {why}"))
}
