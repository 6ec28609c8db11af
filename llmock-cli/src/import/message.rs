//! What the files of most recorders have in common: a request and a response as objects, in a dozen spellings.

use llmock::__server::imported::ForeignMessage;

use super::times;
use super::tree::{Node, base64};

/// One exchange as a recorder kept it.
#[allow(clippy::struct_field_names)] // It is the name of the field in most formats.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Recorded {
    pub(crate) method: String,
    /// An absolute URL, a path, or a placeholder with a path behind it.
    pub(crate) url: String,
    pub(crate) request_headers: Vec<(String, String)>,
    pub(crate) request_body: Vec<u8>,
    pub(crate) status: u16,
    pub(crate) response_headers: Vec<(String, String)>,
    pub(crate) response_body: Vec<u8>,
    pub(crate) ms: u64,
    pub(crate) is_cut: bool,
    pub(crate) recorded_at: Option<String>,
    /// The messages of a WebSocket.
    pub(crate) socket: Option<Vec<ForeignMessage>>,
    /// What of it the file does not have, and why.
    pub(crate) losses: Vec<String>,
    /// What a person has to know about it.
    pub(crate) notes: Vec<String>,
}

/// One half of an exchange.
#[derive(Debug)]
pub(crate) struct Message {
    pub(crate) headers: Vec<(String, String)>,
    pub(crate) body: Vec<u8>,
}

pub(crate) const PARSED_REQUEST: &str =
    "the bytes of the request: the recorder kept its JSON as a tree, which compares the same";
pub(crate) const PARSED_RESPONSE: &str =
    "the bytes of the response: the recorder kept its JSON as a tree, which is printed compact";
pub(crate) const PARSED_MESSAGES: &str =
    "the bytes of the messages: the recorder kept their JSON as trees, which are printed compact";
pub(crate) const NO_FORM: &str = "the body of the request: the recorder dropped the multipart form, so only a request without a body matches";

impl Recorded {
    /// An exchange of an entry that names its method, and of another one, or the same, that names its status.
    pub(crate) fn of(
        entry: &Node<'_>,
        response: &Node<'_>,
        url: String,
        [request, received]: [Message; 2],
        losses: Vec<String>,
    ) -> Result<Self, String> {
        let status = response.get("status").map_or(Some(200.0), Node::number).and_then(whole);
        Ok(Self {
            method: entry.text_of("method").unwrap_or("GET").to_uppercase(),
            url,
            request_headers: request.headers,
            request_body: request.body,
            status: status.ok_or("its status is not a number")?,
            response_headers: received.headers,
            response_body: received.body,
            losses,
            ..Self::default()
        })
    }

    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        find(&self.response_headers, name)
    }

    /// Adds what a request without the body that its type names has lost, and the time that the response names.
    pub(crate) fn complete(mut self) -> Self {
        let kind = find(&self.request_headers, "content-type").unwrap_or_default();
        if self.request_body.is_empty() && kind.starts_with("multipart/") {
            self.losses.push(NO_FORM.to_owned());
        }
        if self.recorded_at.is_none() {
            self.recorded_at = self.header("date").and_then(times::http_date);
        }
        self
    }
}

pub(crate) fn find<'h>(headers: &'h [(String, String)], name: &str) -> Option<&'h str> {
    let found = headers.iter().find(|(known, _)| known.eq_ignore_ascii_case(name));
    found.map(|(_, value)| value.as_str())
}

/// The exchange of a request and a response, however their members are called.
pub(crate) fn pair(request: &Node<'_>, response: &Node<'_>) -> Result<Recorded, String> {
    let mut losses = Vec::new();
    let request_headers = headers(request.get("headers").or_else(|| request.get("header")));
    let response_headers = headers(response.get("headers").or_else(|| response.get("header")));
    let sent = content(request, &request_headers)?;
    if sent.is_tree {
        losses.push(PARSED_REQUEST.to_owned());
    }
    let received = content(response, &response_headers)?;
    if received.is_tree {
        losses.push(PARSED_RESPONSE.to_owned());
    }
    let duration = response.get("duration").and_then(Node::text);
    let recorded = Recorded {
        method: request.text_of("method").unwrap_or("GET").trim_start_matches(':').to_uppercase(),
        url: url(request).ok_or("the request has no URL")?,
        request_headers,
        request_body: sent.bytes,
        status: status(response).ok_or("the response has no status")?,
        response_headers,
        response_body: received.bytes,
        ms: duration.and_then(times::duration).unwrap_or_default(),
        is_cut: false,
        recorded_at: None,
        socket: None,
        losses,
        notes: Vec::new(),
    };
    Ok(recorded)
}

fn url(request: &Node<'_>) -> Option<String> {
    let named = ["uri", "url"].iter().find_map(|name| request.some(name));
    match named {
        Some(address @ Node::Map(_)) => {
            address.text_of("uri").or_else(|| address.text_of("url")).map(str::to_owned)
        }
        Some(address) => address.text().map(str::to_owned),
        None => {
            let path = request.text_of("path")?;
            Some(format!("{}{path}", request.text_of("host").unwrap_or_default()))
        }
    }
}

fn status(response: &Node<'_>) -> Option<u16> {
    let coded = ["status_code", "code"].iter().find_map(|name| response.get(name)?.number());
    let status = response.get("status");
    let number = coded.or_else(|| status?.get("code")?.number()).or_else(|| {
        let text = status?.text()?;
        let text = text
            .strip_prefix("HTTP/")
            .map_or(text, |rest| rest.split_once(' ').map_or("", |it| it.1));
        text.split_whitespace().next()?.parse().ok()
    })?;
    whole(number)
}

/// A number that is a status.
#[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss)] // The range is checked.
pub(crate) fn whole(number: f64) -> Option<u16> {
    (number.fract() == 0.0 && (0.0..1000.0).contains(&number)).then_some(number as u16)
}

/// The headers of a message: an object of values or lists, a list of pairs, or a list of lines.
pub(crate) fn headers(node: Option<&Node<'_>>) -> Vec<(String, String)> {
    let mut all = Vec::new();
    match node {
        Some(Node::Map(members)) => {
            for (name, value) in members {
                match value {
                    Node::List(values) => {
                        all.extend(
                            values
                                .iter()
                                .filter_map(Node::text)
                                .map(|value| (name.to_string(), value.to_owned())),
                        );
                    }
                    value => {
                        all.extend(value.text().map(|value| (name.to_string(), value.to_owned())));
                    }
                }
            }
        }
        Some(Node::List(items)) => all.extend(items.iter().filter_map(header)),
        _ => {}
    }
    all.retain(|(name, _)| !name.starts_with(':'));
    all
}

fn header(item: &Node<'_>) -> Option<(String, String)> {
    if let [name, value] = item.items() {
        return Some((name.text()?.to_owned(), value.text()?.to_owned()));
    }
    if let (Some(name), Some(value)) = (item.text_of("name"), item.text_of("value")) {
        return Some((name.to_owned(), value.to_owned()));
    }
    let (name, value) = item.text()?.split_once(':')?;
    Some((name.trim().to_owned(), value.trim().to_owned()))
}

/// A body, and whether the recorder kept only its tree.
#[derive(Debug, Default)]
pub(crate) struct Sent {
    pub(crate) bytes: Vec<u8>,
    pub(crate) is_tree: bool,
}

fn content(message: &Node<'_>, headers: &[(String, String)]) -> Result<Sent, String> {
    if let Some(tree) = message.some("parsed_body") {
        return Ok(Sent { bytes: tree.to_json().into_bytes(), is_tree: true });
    }
    let body = ["body", "content"].iter().find_map(|name| message.some(name));
    let Some(body) = body else { return Ok(Sent::default()) };
    let encoding = ["body_encoding", "bodyEncoding", "body_format"];
    let encoding = encoding.iter().find_map(|name| message.text_of(name));
    self::body(body, encoding, headers)
}

/// The body in a node: text, bytes, an object with one of both, or a tree of JSON.
pub(crate) fn body(
    node: &Node<'_>,
    encoding: Option<&str>,
    headers: &[(String, String)],
) -> Result<Sent, String> {
    const WRAPPER: [&str; 7] =
        ["string", "base64_string", "base64", "text", "encoding", "content", "data"];
    let is_wrapper = !node.members().is_empty()
        && node.members().iter().all(|(name, _)| WRAPPER.contains(&&**name))
        && node.members().iter().any(|(name, _)| name != "encoding");
    if is_wrapper {
        let own = node.text_of("encoding").or(encoding);
        for name in ["base64_string", "base64"] {
            if let Some(text) = node.some(name).and_then(Node::text) {
                return decoded(text, "base64", headers);
            }
        }
        let inner = ["string", "text", "content", "data"].iter().find_map(|name| node.some(name));
        return inner.map_or_else(|| Ok(Sent::default()), |inner| body(inner, own, headers));
    }
    match node {
        Node::Null => Ok(Sent::default()),
        Node::Bytes(bytes) => Ok(Sent { bytes: bytes.clone(), is_tree: false }),
        Node::List(_) | Node::Map(_) => {
            Ok(Sent { bytes: node.to_json().into_bytes(), is_tree: true })
        }
        Node::Plain(text) | Node::Text(text) => {
            decoded(text, encoding.unwrap_or_default(), headers)
        }
    }
}

fn decoded(text: &str, encoding: &str, headers: &[(String, String)]) -> Result<Sent, String> {
    let bytes = match encoding.to_ascii_lowercase().as_str() {
        "base64" | "base64_string" => base64(text).ok_or("a body is not Base64")?,
        "hex" => hex(text).ok_or("a body is not hexadecimal")?,
        encoding => latin1(text, encoding, headers).unwrap_or_else(|| text.as_bytes().to_vec()),
    };
    Ok(Sent { bytes, is_tree: false })
}

/// Bytes that a recorder wrote as the characters of the same numbers: compressed ones, and UTF-8 in a binary string.
fn latin1(text: &str, encoding: &str, headers: &[(String, String)]) -> Option<Vec<u8>> {
    if text.is_ascii() {
        return None;
    }
    let is_packed = find(headers, "content-encoding").is_some()
        && ["\u{1f}\u{8b}", "(\u{b5}/\u{fd}"].iter().any(|magic| text.starts_with(magic));
    if !is_packed && !matches!(encoding, "ascii-8bit" | "binary") {
        return None;
    }
    let bytes: Option<Vec<u8>> = text.chars().map(|letter| u8::try_from(letter).ok()).collect();
    bytes.filter(|bytes| is_packed || std::str::from_utf8(bytes).is_ok())
}

pub(crate) fn hex(text: &str) -> Option<Vec<u8>> {
    let digits = text.as_bytes();
    if digits.is_empty() || !digits.len().is_multiple_of(2) {
        return None;
    }
    let digit = |byte: u8| char::from(byte).to_digit(16).and_then(|digit| u8::try_from(digit).ok());
    digits.chunks(2).map(|pair| Some(digit(pair[0])? << 4 | digit(pair[1])?)).collect()
}
