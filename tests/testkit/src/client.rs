//! The plainest HTTP client: it shows every chunk, every header, and how an answer ended.

use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::TcpStream;

use llmock::{LlmMock, Provider};

/// An answer whose body is still arriving. Dropping it hangs up.
#[derive(Debug)]
pub struct Reply {
    /// `200`.
    pub status: u16,
    /// Names in lower case, in order.
    pub headers: Vec<(String, String)>,
    reader: BufReader<TcpStream>,
    /// Bytes of a body that is not chunked.
    left: Option<usize>,
    chunked: bool,
    end: Option<End>,
}

/// How a body ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum End {
    /// As its framing promised.
    Complete,
    /// Before that.
    Cut,
}

/// Sends a request and reads the head of the answer.
pub fn send(method: &str, url: &str, headers: &[(&str, &str)], body: &[u8]) -> Reply {
    start(method, url, headers, body).expect("a head")
}

/// As [`send`], but the connection may close without an answer.
pub fn start(method: &str, url: &str, headers: &[(&str, &str)], body: &[u8]) -> Option<Reply> {
    read_head(method, connect(method, url, headers, body))
}

/// Sends a request and waits for nothing.
pub fn connect(method: &str, url: &str, headers: &[(&str, &str)], body: &[u8]) -> TcpStream {
    let rest = url.strip_prefix("http://").expect("an address of http");
    let (host, path) = rest.split_at(rest.find('/').unwrap_or(rest.len()));
    let mut message = format!("{method} {path} HTTP/1.1\r\nhost: {host}\r\n");
    for (name, value) in headers {
        message = format!("{message}{name}: {value}\r\n");
    }
    message = format!("{message}content-length: {}\r\n\r\n", body.len());
    let mut stream = TcpStream::connect(host).expect("the server");
    // Whoever refuses a large body closes before having read it all.
    let _ = stream.write_all(message.as_bytes()).and_then(|()| stream.write_all(body));
    stream
}

/// The header of a JSON body.
pub const JSON: [(&str, &str); 1] = [("content-type", "application/json")];

/// A chat completion of `OpenAI`'s.
pub fn chat(mock: &LlmMock, body: &str) -> Reply {
    let url = format!("{}/chat/completions", mock.base_url(Provider::OpenAI));
    send("POST", &url, &JSON, body.as_bytes())
}

/// The body of one, with this prompt.
pub fn prompt(text: &str) -> String {
    serde_json::json!({"model": "m", "messages": [{"role": "user", "content": text}]}).to_string()
}

fn read_head(method: &str, stream: TcpStream) -> Option<Reply> {
    let mut reader = BufReader::new(stream);
    let mut line = String::new();
    reader.read_line(&mut line).ok().filter(|read| *read > 0)?;
    let status = line.split(' ').nth(1)?.parse().ok()?;
    let mut headers = Vec::new();
    loop {
        let mut line = String::new();
        reader.read_line(&mut line).ok()?;
        let Some((name, value)) = line.trim_end().split_once(':') else { break };
        headers.push((name.to_ascii_lowercase(), value.trim().to_owned()));
    }
    let mut reply = Reply { status, headers, reader, left: None, chunked: false, end: None };
    reply.chunked = reply.header("transfer-encoding") == Some("chunked");
    reply.left = reply.header("content-length").and_then(|length| length.parse().ok());
    if method == "HEAD" || status == 204 || status == 304 {
        reply.end = Some(End::Complete);
    }
    Some(reply)
}

impl Reply {
    /// The first value of a header.
    pub fn header(&self, name: &str) -> Option<&str> {
        self.all(name).first().copied()
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
        let next = if self.chunked { self.next_chunk() } else { self.whole() };
        match next {
            Ok(chunk) if !chunk.is_empty() => return Some(chunk),
            Ok(_) => self.end = Some(End::Complete),
            Err(_) => self.end = Some(End::Cut),
        }
        None
    }

    fn next_chunk(&mut self) -> std::io::Result<Vec<u8>> {
        let mut line = String::new();
        self.reader.read_line(&mut line)?;
        let size = usize::from_str_radix(line.trim_end(), 16)
            .map_err(|_| std::io::Error::from(std::io::ErrorKind::UnexpectedEof))?;
        let mut chunk = vec![0; size + 2];
        self.reader.read_exact(&mut chunk)?;
        chunk.truncate(size);
        Ok(chunk)
    }

    fn whole(&mut self) -> std::io::Result<Vec<u8>> {
        let Some(length) = self.left.replace(0) else {
            let mut body = Vec::new();
            self.reader.read_to_end(&mut body)?;
            self.left = Some(0);
            return Ok(body);
        };
        let mut body = Vec::new();
        self.reader.by_ref().take(length as u64).read_to_end(&mut body)?;
        if body.is_empty() && length > 0 {
            return Err(std::io::ErrorKind::UnexpectedEof.into());
        }
        self.left = Some(length - body.len());
        Ok(body)
    }

    /// What is left of the body, chunk by chunk, and how it ended.
    pub fn rest(mut self) -> (Vec<Vec<u8>>, End) {
        let chunks: Vec<_> = std::iter::from_fn(|| self.chunk()).collect();
        (chunks, self.end.expect("the body has ended"))
    }

    /// The whole body, which must be complete.
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
