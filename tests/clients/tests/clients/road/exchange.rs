//! What a client was sent, byte by byte.

use std::collections::BTreeMap;

/// One answer as it came over the wire.
#[derive(Debug)]
pub(crate) struct Exchange {
    status: String,
    headers: BTreeMap<String, Vec<String>>,
    /// Without the framing of HTTP.
    body: Vec<u8>,
    /// The chunks of HTTP, if it was sent in chunks.
    chunks: Option<Vec<usize>>,
}

/// Of one connection, not of the answer; and what a replay says by itself.
const OF_THE_CONNECTION: [&str; 5] =
    ["connection", "content-length", "date", "keep-alive", "transfer-encoding"];

/// What is compared byte by byte.
const STREAMS: [&str; 3] =
    ["text/event-stream", "application/x-ndjson", "application/vnd.amazon.eventstream"];

impl Exchange {
    pub(crate) fn parse(bytes: &[u8]) -> Self {
        let end = bytes.windows(4).position(|four| four == b"\r\n\r\n").expect("a head");
        let head = std::str::from_utf8(&bytes[..end]).unwrap();
        let (status, lines) = head.split_once("\r\n").expect("headers");
        let mut headers: BTreeMap<String, Vec<String>> = BTreeMap::new();
        for line in lines.split("\r\n") {
            let (name, value) = line.split_once(':').expect("a header");
            headers.entry(name.to_ascii_lowercase()).or_default().push(value.trim().to_owned());
        }
        let rest = &bytes[end + 4..];
        let (body, chunks) = if headers.contains_key("transfer-encoding") {
            let chunks = chunks(rest);
            (chunks.concat(), Some(chunks.iter().map(|chunk| chunk.len()).collect()))
        } else {
            (rest.to_vec(), None)
        };
        if let Some([length]) = headers.get("content-length").map(Vec::as_slice) {
            assert_eq!(length.parse(), Ok(body.len()), "cut short");
        }
        Self { status: status.to_owned(), headers, body, chunks }
    }

    fn is_stream(&self) -> bool {
        let kind = &self.headers["content-type"][0];
        STREAMS.iter().any(|stream| kind.starts_with(stream))
    }
}

/// The chunks of a chunked body, which must have its end.
fn chunks(mut bytes: &[u8]) -> Vec<&[u8]> {
    let mut chunks = Vec::new();
    loop {
        let line = bytes.windows(2).position(|two| two == b"\r\n").expect("the size of a chunk");
        let size = std::str::from_utf8(&bytes[..line]).unwrap();
        let size = usize::from_str_radix(size, 16).unwrap();
        let chunk = &bytes[line + 2..];
        if size == 0 {
            assert_eq!(chunk, b"\r\n", "something follows the last chunk");
            return chunks;
        }
        chunks.push(&chunk[..size]);
        assert_eq!(&chunk[size..size + 2], b"\r\n");
        bytes = &chunk[size + 2..];
    }
}

/// Streams byte for byte and chunk for chunk, JSON token for token, headers that are kept as they were.
pub(crate) fn assert_same(recorded: &[Exchange], replayed: &[Exchange]) {
    assert_eq!(recorded.len(), replayed.len());
    for (recorded, replayed) in recorded.iter().zip(replayed) {
        assert_eq!(recorded.status, replayed.status);
        for (name, values) in &replayed.headers {
            if !OF_THE_CONNECTION.contains(&name.as_str()) {
                assert_eq!(recorded.headers.get(name), Some(values), "header `{name}`");
            }
        }
        assert_eq!(recorded.headers["content-type"], replayed.headers["content-type"]);
        assert!(!recorded.body.is_empty());
        let same = if recorded.is_stream() {
            assert_eq!(recorded.chunks, replayed.chunks);
            recorded.body == replayed.body
        } else {
            tokens(&recorded.body) == tokens(&replayed.body)
        };
        assert!(
            same,
            "recorded:\n{}\nreplayed:\n{}",
            String::from_utf8_lossy(&recorded.body),
            String::from_utf8_lossy(&replayed.body)
        );
    }
}

/// JSON without the blanks between its tokens.
fn tokens(json: &[u8]) -> Vec<u8> {
    let mut quoted = false;
    let mut escaped = false;
    let keep = |byte: &u8| {
        let blank = !quoted && byte.is_ascii_whitespace();
        match byte {
            b'"' if !escaped => quoted = !quoted,
            _ => {}
        }
        escaped = quoted && *byte == b'\\' && !escaped;
        !blank
    };
    json.iter().copied().filter(keep).collect()
}
