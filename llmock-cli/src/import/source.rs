//! A file of another tool: its bytes, and its documents once they are parsed.

use std::io::Read as _;
use std::path::Path;

use super::tree::{self, Malformed, Node};

/// More than any cassette has, decompressed: a bomb ends here.
pub(crate) const LARGEST: u64 = 1 << 30;

/// What the bytes of a file are, before its format is known.
#[derive(Debug)]
pub(crate) struct Source<'a> {
    pub(crate) path: &'a Path,
    pub(crate) bytes: &'a [u8],
    /// `None` if it is not UTF-8.
    pub(crate) text: Option<&'a str>,
    /// Its documents, if it is YAML or JSON; otherwise why it is not.
    pub(crate) documents: Result<Vec<Node<'a>>, Malformed>,
}

impl<'a> Source<'a> {
    pub(crate) fn new(path: &'a Path, bytes: &'a [u8]) -> Self {
        let text = std::str::from_utf8(bytes).ok();
        let text = text.map(|text| text.strip_prefix('\u{feff}').unwrap_or(text));
        let documents = match text {
            Some(text) => documents(text),
            None => Err(Malformed("it is not UTF-8".to_owned())),
        };
        Self { path, bytes, text, documents }
    }

    /// The first document.
    pub(crate) fn root(&self) -> Option<&Node<'a>> {
        self.documents.as_ref().ok()?.first()
    }
}

fn documents(text: &str) -> Result<Vec<Node<'_>>, Malformed> {
    let start = text.trim_start();
    if start.starts_with(['{', '[']) {
        let read = tree::json(text).map(|document| vec![document]);
        // A flow mapping may be YAML.
        return read.or_else(|why| tree::yaml(text).map_err(|_| why));
    }
    let first = start.lines().next().unwrap_or_default();
    if is_stream(first) {
        return Err(Malformed("it is a stream of events".to_owned()));
    }
    tree::yaml(text)
}

/// Whether the first line is one of server-sent events or of an HTTP message.
fn is_stream(line: &str) -> bool {
    let is_field = ["data:", "event:", "id:", "retry:", ":"].iter().any(|it| line.starts_with(it));
    // A YAML key may be called `data` or `event`; then there is nothing or a name behind it.
    let rest = line.split_once(':').map_or("", |(_, rest)| rest.trim());
    (is_field && (!rest.is_empty() || line.starts_with(':'))) || line.starts_with("HTTP/")
}

/// The bytes of a file, decompressed if it is a gzip file.
pub(crate) fn read(path: &Path) -> std::io::Result<Vec<u8>> {
    let file = std::fs::File::open(path)?;
    if !file.metadata()?.is_file() {
        return Err(std::io::Error::other("it is not a regular file"));
    }
    let bytes = limited(file)?;
    if !bytes.starts_with(&[0x1f, 0x8b]) {
        return Ok(bytes);
    }
    limited(flate2::read::MultiGzDecoder::new(&bytes[..]))
}

fn limited(from: impl std::io::Read) -> std::io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    from.take(LARGEST + 1).read_to_end(&mut bytes)?;
    if bytes.len() as u64 > LARGEST {
        return Err(std::io::Error::other("it is larger than 1 GiB"));
    }
    Ok(bytes)
}
