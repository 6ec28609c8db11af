//! `--request`: the request of a response that was recorded without it.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use llmock::Provider;

use super::source;
use super::tree::{self, Node};

/// The requests that the command line names: one for every file, or a folder with one for each, by its name.
#[derive(Debug, Default)]
pub(crate) struct Asked {
    one: Option<Request>,
    by_stem: BTreeMap<String, Request>,
}

#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Request {
    pub(crate) method: String,
    pub(crate) url: String,
    pub(crate) headers: Vec<(String, String)>,
    pub(crate) body: Vec<u8>,
}

#[derive(Debug, thiserror::Error)]
#[error("`{}`: {why}", path.display())]
pub(crate) struct RequestError {
    path: PathBuf,
    why: String,
}

impl Asked {
    /// Reads the file or the folder. `provider` is that of a request that is JSON alone.
    pub(crate) fn read(path: &Path, provider: Option<Provider>) -> Result<Self, RequestError> {
        if !path.is_dir() {
            return Ok(Self { one: Some(file(path, provider)?), ..Self::default() });
        }
        let wrong =
            |why: std::io::Error| RequestError { path: path.to_owned(), why: why.to_string() };
        let mut by_stem = BTreeMap::new();
        for entry in std::fs::read_dir(path).map_err(wrong)? {
            let entry = entry.map_err(wrong)?.path();
            if entry.is_file() {
                by_stem.insert(stem(&entry), file(&entry, provider)?);
            }
        }
        Ok(Self { one: None, by_stem })
    }

    pub(crate) fn is_given(&self) -> bool {
        self.one.is_some() || !self.by_stem.is_empty()
    }

    /// The request of a file with responses.
    pub(crate) fn request_for(&self, path: &Path) -> Option<&Request> {
        self.one.as_ref().or_else(|| self.by_stem.get(&stem(path)))
    }
}

/// The name of a file up to its first dot.
fn stem(path: &Path) -> String {
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    name.split('.').next().unwrap_or_default().to_owned()
}

fn file(path: &Path, provider: Option<Provider>) -> Result<Request, RequestError> {
    let wrong = |why: String| RequestError { path: path.to_owned(), why };
    let bytes = source::read(path).map_err(|why| wrong(format!("cannot be read: {why}")))?;
    let text = String::from_utf8(bytes).map_err(|_| wrong("it is not UTF-8".to_owned()))?;
    if text.trim_start().starts_with(['{', '[']) {
        let json = tree::json(&text).map_err(|why| wrong(format!("it is not JSON: {}", why.0)))?;
        return body(&json, text.trim(), provider).map_err(wrong);
    }
    message(&text).ok_or_else(|| {
        wrong(
            "expected JSON, or an HTTP request whose first line is `POST https://host/path`"
                .to_owned(),
        )
    })
}

/// `POST https://api.openai.com/v1/chat/completions`, headers, an empty line, and the body.
fn message(text: &str) -> Option<Request> {
    let text = text.trim_start().replace("\r\n", "\n");
    let (head, body) = text.split_once("\n\n").unwrap_or((&text, ""));
    let mut lines = head.lines();
    let mut first = lines.next()?.split_whitespace();
    let (method, mut url) = (first.next()?, first.next()?.to_owned());
    if !method.bytes().all(|letter| letter.is_ascii_alphabetic()) {
        return None;
    }
    let header = |line: &str| {
        let (name, value) = line.split_once(':')?;
        Some((name.trim().to_owned(), value.trim().to_owned()))
    };
    let headers: Vec<_> = lines.filter_map(header).collect();
    let host = super::message::find(&headers, "host");
    if url.starts_with('/')
        && let Some(host) = host
    {
        url = format!("https://{host}{url}");
    }
    let is_url = url.starts_with('/') || url.contains("://");
    let body = body.trim_end_matches('\n').as_bytes().to_vec();
    is_url.then(|| Request { method: method.to_uppercase(), url, headers, body })
}

/// A request that is JSON alone: its shape tells the endpoint.
fn body(json: &Node<'_>, text: &str, provider: Option<Provider>) -> Result<Request, String> {
    let provider = provider.unwrap_or_else(|| {
        let model = json.text_of("model").unwrap_or_default();
        if model.starts_with("claude") { Provider::Anthropic } else { Provider::OpenAI }
    });
    let model = json.text_of("model").unwrap_or_default();
    let path = match provider {
        Provider::Anthropic => "/v1/messages",
        Provider::Ollama if json.has("messages") => "/api/chat",
        Provider::Ollama => "/api/generate",
        Provider::Cohere => "/v2/chat",
        _ if json.has("messages") => "/v1/chat/completions",
        _ if json.has("input") && model.contains("embed") => "/v1/embeddings",
        _ if json.has("input") => "/v1/responses",
        _ if json.has("prompt") => "/v1/completions",
        _ => {
            return Err("its endpoint is not clear: write an HTTP request, whose first line is `POST https://host/path`".to_owned());
        }
    };
    let url = llmock::__server::imported::origin_of(provider).unwrap_or_default();
    Ok(Request {
        method: "POST".to_owned(),
        url: format!("{url}{path}"),
        headers: vec![("content-type".to_owned(), "application/json".to_owned())],
        body: text.as_bytes().to_vec(),
    })
}
