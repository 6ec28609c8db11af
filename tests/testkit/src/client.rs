//! A plain HTTP client on sockets. It shows every chunk, every header, and how a response ended.

use std::io::{self, BufRead as _, BufReader, ErrorKind, Read as _, Write as _};
use std::net::TcpStream;

use llmock::{LlmMock, Provider};

use crate::PATIENCE;

/// The header of a JSON body.
pub const JSON: [(&str, &str); 1] = [("content-type", "application/json")];

/// A request that can be sent more than once, on a connection of its own each time.
#[derive(Clone, Debug)]
pub struct Request {
    /// In upper case.
    pub method: &'static str,
    /// Path and query.
    pub path: String,
    /// Without `connection` and `content-length`; with `host` only if it is not the server's.
    pub headers: Vec<(&'static str, String)>,
    /// As it is sent.
    pub body: Vec<u8>,
}

impl Request {
    /// A request with a JSON body.
    pub fn post(path: &str, body: impl Into<Vec<u8>>) -> Self {
        let request = Self { method: "POST", body: body.into(), ..Self::get(path) };
        request.header("content-type", "application/json")
    }

    /// A request without a body.
    pub fn get(path: &str) -> Self {
        Self { method: "GET", path: path.to_owned(), headers: Vec::new(), body: Vec::new() }
    }

    /// A request without a body.
    pub fn delete(path: &str) -> Self {
        Self { method: "DELETE", ..Self::get(path) }
    }

    /// Adds a header, also one that is there already.
    #[must_use]
    pub fn header(mut self, name: &'static str, value: &str) -> Self {
        self.headers.push((name, value.to_owned()));
        self
    }

    /// Sends the request and reads the head of the response.
    pub fn begin(&self, origin: &str) -> ResponseStream {
        let headers = self.headers.iter().map(|(name, value)| (*name, value.as_str()));
        let headers: Vec<_> = headers.chain([("connection", "close")]).collect();
        let url = format!("{origin}{}", self.path);
        ResponseStream { closes: true, ..send(self.method, &url, &headers, &self.body) }
    }

    /// Sends the request and reads the whole response.
    pub fn send(&self, origin: &str) -> Response {
        self.begin(origin).collect()
    }
}

/// Sends a request and reads the head of the response.
pub fn send(method: &str, url: &str, headers: &[(&str, &str)], body: &[u8]) -> ResponseStream {
    start(method, url, headers, body).expect("a head")
}

/// As [`send`], but `None` if the connection closes without a response.
pub fn start(
    method: &str,
    url: &str,
    headers: &[(&str, &str)],
    body: &[u8],
) -> Option<ResponseStream> {
    read_response(method, connect(method, url, headers, body))
}

/// Sends a request and reads nothing.
pub fn connect(method: &str, url: &str, headers: &[(&str, &str)], body: &[u8]) -> TcpStream {
    let rest = url.strip_prefix("http://").expect("an address of http");
    let (host, path) = rest.split_at(rest.find('/').unwrap_or(rest.len()));
    let mut message = format!("{method} {path} HTTP/1.1\r\n");
    if !headers.iter().any(|(name, _)| *name == "host") {
        message = format!("{message}host: {host}\r\n");
    }
    for (name, value) in headers {
        message = format!("{message}{name}: {value}\r\n");
    }
    message = format!("{message}content-length: {}\r\n\r\n", body.len());
    let mut stream = TcpStream::connect(host).expect("the server");
    stream.set_read_timeout(Some(PATIENCE)).expect("a timeout above zero");
    // A server that refuses a large body closes the connection before it has read all of it.
    let _ = stream.write_all(message.as_bytes()).and_then(|()| stream.write_all(body));
    stream
}

/// Sends an `OpenAI` chat completion.
pub fn chat(mock: &LlmMock, body: &str) -> ResponseStream {
    let url = format!("{}/chat/completions", mock.base_url(Provider::OpenAI));
    send("POST", &url, &JSON, body.as_bytes())
}

/// The body of a chat completion with this prompt. The order of its members does not depend on the features of
/// `serde_json`.
pub fn prompt(text: &str) -> String {
    let text = serde_json::Value::from(text);
    format!(r#"{{"messages":[{{"content":{text},"role":"user"}}],"model":"m"}}"#)
}

/// The first line of a message and its headers, with names in lower case.
pub(crate) fn read_head(reader: &mut impl io::BufRead) -> Option<(String, Vec<(String, String)>)> {
    let mut next = || {
        let mut line = String::new();
        let length = reader.read_line(&mut line).ok()?;
        (length > 0).then(|| line.trim_end().to_owned())
    };
    let first = next()?;
    let mut headers = Vec::new();
    loop {
        let line = next()?;
        let Some((name, value)) = line.split_once(':') else { break };
        headers.push((name.to_ascii_lowercase(), value.trim().to_owned()));
    }
    Some((first, headers))
}

/// The first value of a header.
pub(crate) fn find<'a>(headers: &'a [(String, String)], name: &str) -> Option<&'a str> {
    headers.iter().find(|(known, _)| known == name).map(|(_, value)| value.as_str())
}

fn read_response(method: &str, stream: TcpStream) -> Option<ResponseStream> {
    let mut reader = BufReader::new(stream);
    let (line, headers) = read_head(&mut reader)?;
    let status = line.split(' ').nth(1)?.parse().ok()?;
    let chunked = find(&headers, "transfer-encoding") == Some("chunked");
    let remaining = find(&headers, "content-length").and_then(|length| length.parse().ok());
    let has_no_body = method == "HEAD" || status == 204 || status == 304;
    let end = has_no_body.then_some(End::Complete);
    Some(ResponseStream { status, headers, reader, remaining, chunked, end, closes: false })
}

/// How a body ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum End {
    /// As its framing promised.
    Complete,
    /// Before that.
    Truncated,
}

/// A response whose body is still arriving. Dropping it closes the connection.
#[derive(Debug)]
pub struct ResponseStream {
    /// `200`.
    pub status: u16,
    /// Names in lower case, in order.
    pub headers: Vec<(String, String)>,
    reader: BufReader<TcpStream>,
    /// Bytes of a body that is not chunked.
    remaining: Option<usize>,
    chunked: bool,
    end: Option<End>,
    /// Whether the server was told to close the connection after the response.
    closes: bool,
}

impl ResponseStream {
    /// The first value of a header.
    pub fn header(&self, name: &str) -> Option<&str> {
        find(&self.headers, name)
    }

    /// Every value of a header.
    pub fn all(&self, name: &str) -> Vec<&str> {
        let named = self.headers.iter().filter(|(known, _)| known == name);
        named.map(|(_, value)| value.as_str()).collect()
    }

    /// The next chunk, or `None` at the end.
    pub fn chunk(&mut self) -> Option<Vec<u8>> {
        if self.end.is_some() {
            return None;
        }
        let next = if self.chunked { self.next_chunk() } else { self.unchunked() };
        match next {
            Ok(chunk) if !chunk.is_empty() => return Some(chunk),
            Ok(_) => self.end = Some(End::Complete),
            Err(_) => self.end = Some(End::Truncated),
        }
        None
    }

    fn next_chunk(&mut self) -> io::Result<Vec<u8>> {
        let mut line = String::new();
        self.reader.read_line(&mut line)?;
        let size = usize::from_str_radix(line.trim_end(), 16)
            .map_err(|_| io::Error::from(ErrorKind::UnexpectedEof))?;
        let mut chunk = vec![0; size + 2];
        self.reader.read_exact(&mut chunk)?;
        chunk.truncate(size);
        Ok(chunk)
    }

    fn unchunked(&mut self) -> io::Result<Vec<u8>> {
        let mut body = Vec::new();
        let Some(length) = self.remaining.replace(0) else {
            self.reader.read_to_end(&mut body)?;
            return Ok(body);
        };
        self.reader.by_ref().take(length as u64).read_to_end(&mut body)?;
        if body.is_empty() && length > 0 {
            return Err(ErrorKind::UnexpectedEof.into());
        }
        self.remaining = Some(length - body.len());
        Ok(body)
    }

    /// Reads the rest of the body, chunk by chunk, and returns how it ended.
    pub fn rest(mut self) -> (Vec<Vec<u8>>, End) {
        let response = self.read_to_end();
        (response.chunks, response.end)
    }

    /// Reads the rest of the body.
    pub fn collect(mut self) -> Response {
        self.read_to_end()
    }

    fn read_to_end(&mut self) -> Response {
        let chunks = std::iter::from_fn(|| self.chunk()).collect();
        let end = self.end.expect("the body has ended");
        if self.closes && end == End::Complete {
            let mut extra = Vec::new();
            let _ = self.reader.read_to_end(&mut extra);
            assert!(extra.is_empty(), "{extra:?} follows the response");
        }
        Response { status: self.status, headers: std::mem::take(&mut self.headers), chunks, end }
    }

    /// Reads the whole body, which must be complete.
    pub fn bytes(self) -> Vec<u8> {
        let (chunks, end) = self.rest();
        assert_eq!(end, End::Complete);
        chunks.concat()
    }

    /// The same as text.
    pub fn text(self) -> String {
        String::from_utf8(self.bytes()).expect("UTF-8")
    }
}

/// A response that has been read, complete or not.
#[derive(Debug)]
pub struct Response {
    /// `200`.
    pub status: u16,
    /// Names in lower case, in order.
    pub headers: Vec<(String, String)>,
    /// The body as it was divided on the wire; a body with a length is one chunk.
    pub chunks: Vec<Vec<u8>>,
    /// How the body ended.
    pub end: End,
}

impl Response {
    /// The first value of a header.
    pub fn header(&self, name: &str) -> Option<&str> {
        find(&self.headers, name)
    }

    /// Whether the connection closed before the end of the body.
    pub fn is_truncated(&self) -> bool {
        self.end == End::Truncated
    }

    /// The body.
    pub fn bytes(&self) -> Vec<u8> {
        self.chunks.concat()
    }

    /// The body as text.
    pub fn text(&self) -> String {
        String::from_utf8_lossy(&self.bytes()).into_owned()
    }
}
