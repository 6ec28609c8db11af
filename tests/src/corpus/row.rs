//! Rows of a corpus: one recorded HTTP interaction each, grouped into the cassettes they were kept in.

use std::collections::HashMap;
use std::fs;
use std::io::{self, Error, ErrorKind};
use std::path::{Path, PathBuf};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::Value;

/// One recorded interaction.
#[derive(Clone, Debug, Default)]
pub struct Row {
    /// The place in its cassette: the order in which one test made its calls.
    pub index: u64,
    /// Whose API it is, as the corpus calls it.
    pub provider: String,
    /// In upper case, as on the wire; some recorders write it lower.
    pub method: String,
    /// With a placeholder in front where the recorder hid the base URL.
    pub url: String,
    /// As recorded.
    pub request_headers: Vec<(String, String)>,
    /// The bytes of the request's body.
    pub request_body: Vec<u8>,
    /// `200`.
    pub status: u16,
    /// As recorded, names in lower case.
    pub response_headers: Vec<(String, String)>,
    /// The bytes of the answer, decompressed.
    pub response_body: Vec<u8>,
    /// Whether the answer was compressed on its way.
    pub gzip: bool,
    /// How it streamed, if it did.
    pub streaming: Option<Streaming>,
    /// What the corpus says about the recording.
    pub flags: Vec<String>,
}

/// How an answer is divided.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Streaming {
    /// Server-sent events.
    Sse,
    /// A line each.
    Ndjson,
    /// Elements of a JSON array.
    JsonArray,
    /// Frames of AWS.
    Aws,
}

/// What one test recorded, in its order.
#[derive(Clone, Debug, Default)]
pub struct Cassette {
    /// Where it comes from.
    pub repo: String,
    /// Its file there.
    pub path: String,
    /// By index.
    pub rows: Vec<Row>,
}

/// Reads every `*.jsonl` of a folder.
///
/// # Errors
///
/// If a file cannot be read or a line is not a row; names both.
pub fn load(folder: &Path) -> io::Result<Vec<Cassette>> {
    let named = |error: Error| Error::new(error.kind(), format!("{}: {error}", folder.display()));
    let mut files: Vec<PathBuf> = fs::read_dir(folder)
        .map_err(named)?
        .map(|entry| entry.map(|entry| entry.path()))
        .collect::<io::Result<_>>()?;
    files.retain(|path| path.extension().is_some_and(|extension| extension == "jsonl"));
    files.sort();
    let mut cassettes: Vec<Cassette> = Vec::new();
    let mut places: HashMap<(String, String), usize> = HashMap::new();
    for file in files {
        let text = fs::read_to_string(&file)?;
        for (number, line) in text.lines().enumerate().filter(|(_, line)| !line.is_empty()) {
            let (repo, path, row) = parse(line).ok_or_else(|| {
                let place = format!("{}:{}: not a row", file.display(), number + 1);
                Error::new(ErrorKind::InvalidData, place)
            })?;
            let at = *places.entry((repo.clone(), path.clone())).or_insert(cassettes.len());
            if at == cassettes.len() {
                cassettes.push(Cassette { repo, path, rows: Vec::new() });
            }
            cassettes[at].rows.push(row);
        }
    }
    if cassettes.is_empty() {
        let place = format!("{}: no rows in *.jsonl", folder.display());
        return Err(Error::new(ErrorKind::NotFound, place));
    }
    for cassette in &mut cassettes {
        cassette.rows.sort_by_key(|row| row.index);
    }
    Ok(cassettes)
}

fn parse(line: &str) -> Option<(String, String, Row)> {
    let value: Value = serde_json::from_str(line).ok()?;
    let text = |name: &str| value[name].as_str().map(str::to_owned);
    let streaming = match value["streaming"].as_str() {
        Some("sse") => Some(Streaming::Sse),
        Some("ndjson") => Some(Streaming::Ndjson),
        Some("json-array") => Some(Streaming::JsonArray),
        Some("aws-eventstream") => Some(Streaming::Aws),
        _ => None,
    };
    let mut response_headers = headers(&value["response_headers"]);
    for (name, _) in &mut response_headers {
        name.make_ascii_lowercase();
    }
    let flags = value["flags"].as_array().into_iter().flatten();
    let row = Row {
        index: value["index"].as_u64()?,
        provider: text("provider")?,
        method: text("method")?.to_ascii_uppercase(),
        url: text("url")?,
        request_headers: headers(&value["request_headers"]),
        request_body: body(&value, "request_body")?,
        status: u16::try_from(value["status"].as_u64()?).ok()?,
        response_headers,
        response_body: body(&value, "response_body")?,
        gzip: value["response_was_compressed"] == "gzip",
        streaming,
        flags: flags.filter_map(|flag| flag.as_str().map(str::to_owned)).collect(),
    };
    Some((text("source_repo")?, text("cassette_path")?, row))
}

fn headers(value: &Value) -> Vec<(String, String)> {
    let pair = |pair: &Value| Some((pair[0].as_str()?.to_owned(), pair[1].as_str()?.to_owned()));
    value.as_array().into_iter().flatten().filter_map(pair).collect()
}

fn body(value: &Value, name: &str) -> Option<Vec<u8>> {
    let text = value[name].as_str().unwrap_or_default();
    match value[format!("{name}_encoding")].as_str() {
        Some("base64") => STANDARD.decode(text).ok(),
        _ => Some(text.as_bytes().to_vec()),
    }
}

impl Row {
    /// The first value of a header of the request.
    pub fn request_header(&self, name: &str) -> Option<&str> {
        let named = self.request_headers.iter().find(|(known, _)| known.eq_ignore_ascii_case(name));
        named.map(|(_, value)| value.as_str())
    }

    /// Whether the answer is a file that was asked for, whose lines are only lines.
    pub fn is_file(&self) -> bool {
        self.flags.iter().any(|flag| flag == "ndjson_body_other_content_type")
    }

    /// Headers of the answer that belong to it and not to the connection that carried it.
    pub fn kept_by_the_wire(&self) -> impl Iterator<Item = (&str, &str)> {
        const FRAMING: [&str; 7] = [
            "connection",
            "content-encoding",
            "content-length",
            "keep-alive",
            "trailer",
            "transfer-encoding",
            "upgrade",
        ];
        let headers = self.response_headers.iter();
        headers
            .map(|(name, value)| (name.as_str(), value.trim()))
            .filter(|(name, _)| !FRAMING.contains(name))
    }
}
