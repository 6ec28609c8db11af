//! What was asked lately and how it was answered: the last requests, in memory, for `GET /history`.
//!
//! Each request has a slot of its own, taken in turn, so that requests never wait for each other here.
//! What is shown is made when it is asked for.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, SystemTime};

use llmock::__server::is_secret_query;
use llmock::Provider;
use serde_json::value::RawValue;

use super::sessions::SessionId;

/// Bodies are kept up to this length; a thousand of the largest ones would fill the memory.
const KEPT: usize = 64 * 1024;

/// The routes about requests, which are not requests themselves.
const UNRECORDED: [&str; 3] = ["/health", "/history", "/metrics"];

/// The last requests.
#[derive(Debug)]
pub(crate) struct Journal {
    slots: Box<[Mutex<Option<Numbered>>]>,
    next: AtomicUsize,
}

#[derive(Clone, Debug)]
struct Numbered {
    number: usize,
    entry: Entry,
    /// Without compression.
    body: Vec<u8>,
}

/// A request and what became of it. No headers: they hold keys.
#[derive(Clone, Debug)]
pub(crate) struct Entry {
    pub(crate) method: http::Method,
    /// As it was sent, query included; keys in the query are taken out before it is shown.
    pub(crate) path: Arc<str>,
    /// When it arrived.
    pub(crate) arrived: SystemTime,
    pub(crate) status: u16,
    pub(crate) provider: Provider,
    pub(crate) model: Option<String>,
    pub(crate) session: SessionId,
    /// The strategy, or what else answered.
    pub(crate) answered_by: &'static str,
    /// Until the head of the answer was ready.
    pub(crate) took: Duration,
}

/// Why a history cannot be shown.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum FilterError {
    #[error(
        "`{0}` is no filter; expected `method`, `path`, `provider`, `status`, `session`, or `limit`"
    )]
    Unknown(String),
    #[error("`{name}={value}` is no whole number")]
    NoNumber { name: &'static str, value: String },
}

impl Journal {
    /// Keeps that many requests; with 0 it keeps none and costs nothing.
    pub(crate) fn new(size: usize) -> Self {
        let slots = (0..size).map(|_| Mutex::new(None)).collect();
        Self { slots, next: AtomicUsize::new(0) }
    }

    /// Whether a request to that path is kept.
    pub(crate) fn wants(&self, method: &http::Method, path: &str) -> bool {
        !self.slots.is_empty() && method != http::Method::OPTIONS && !UNRECORDED.contains(&path)
    }

    /// Keeps a request and the beginning of its body instead of the oldest one.
    pub(crate) fn record(&self, entry: Entry, body: &[u8]) {
        if self.slots.is_empty() {
            return;
        }
        let body = &body[..body.len().min(KEPT)];
        let number = self.next.fetch_add(1, Ordering::Relaxed);
        let slot = &self.slots[number % self.slots.len()];
        let mut kept = slot.lock().unwrap_or_else(PoisonError::into_inner);
        let replaced = match &mut *kept {
            // Whoever is a whole round late must not replace what is newer.
            Some(newer) if newer.number > number => None,
            Some(oldest) => {
                oldest.number = number;
                oldest.body.clear();
                oldest.body.extend_from_slice(body);
                Some(std::mem::replace(&mut oldest.entry, entry))
            }
            None => {
                *kept = Some(Numbered { number, entry, body: body.to_vec() });
                None
            }
        };
        drop(kept);
        drop(replaced);
    }

    /// Forgets everything.
    pub(crate) fn clear(&self) {
        for slot in &self.slots {
            slot.lock().unwrap_or_else(PoisonError::into_inner).take();
        }
    }

    /// The answer to `GET /history?QUERY`, oldest request first.
    pub(crate) fn shown(&self, query: &str) -> Result<Vec<u8>, FilterError> {
        let filter = Filter::read(query)?;
        let mut found: Vec<Numbered> = self
            .slots
            .iter()
            .filter_map(|slot| {
                let kept = slot.lock().unwrap_or_else(PoisonError::into_inner);
                kept.as_ref().filter(|kept| filter.wants(&kept.entry)).cloned()
            })
            .collect();
        found.sort_unstable_by_key(|numbered| numbered.number);
        let first = filter.limit.map_or(0, |limit| found.len().saturating_sub(limit));
        let mut out = br#"{"requests":["#.to_vec();
        for (at, numbered) in found[first..].iter().enumerate() {
            if at > 0 {
                out.push(b',');
            }
            numbered.write(&mut out);
        }
        out.extend_from_slice(b"]}");
        Ok(out)
    }
}

impl Numbered {
    /// The request as JSON.
    fn write(&self, out: &mut Vec<u8>) {
        let entry = &self.entry;
        let arrived = humantime::format_rfc3339_millis(entry.arrived).to_string();
        let took = u64::try_from(entry.took.as_millis()).unwrap_or(u64::MAX);
        let mut separator = b'{';
        let mut member = |name: &str, value: &[u8]| {
            out.push(separator);
            separator = b',';
            out.extend_from_slice(text(name).as_bytes());
            out.push(b':');
            out.extend_from_slice(value);
        };
        member("method", text(entry.method.as_str()).as_bytes());
        member("path", text(&without_keys(&entry.path)).as_bytes());
        member("body", shown_body(&self.body).as_bytes());
        member("timestamp", text(&arrived).as_bytes());
        member("status", entry.status.to_string().as_bytes());
        member("provider", text(entry.provider.id()).as_bytes());
        member("model", entry.model.as_deref().map_or("null".to_owned(), text).as_bytes());
        member("session", text(&entry.session.to_string()).as_bytes());
        member("answered_by", text(entry.answered_by).as_bytes());
        member("ms", took.to_string().as_bytes());
        out.push(b'}');
    }
}

/// JSON as it came, anything else as a string, nothing as `null`.
fn shown_body(body: &[u8]) -> String {
    if body.is_empty() {
        return "null".to_owned();
    }
    match serde_json::from_slice::<&RawValue>(body) {
        Ok(json) => json.get().to_owned(),
        Err(_) => text(&String::from_utf8_lossy(body)),
    }
}

fn text(text: &str) -> String {
    serde_json::Value::from(text).to_string()
}

/// The path and its query without the values of parameters that carry keys.
fn without_keys(path: &str) -> String {
    let Some((path, query)) = path.split_once('?') else { return path.to_owned() };
    let pairs: Vec<String> = query
        .split('&')
        .map(|pair| {
            let name = form_urlencoded::parse(pair.as_bytes()).next().map(|(name, _)| name);
            match (name, pair.split_once('=')) {
                (Some(decoded), Some((name, _))) if is_secret_query(&decoded) => {
                    format!("{name}=[REDACTED]")
                }
                _ => pair.to_owned(),
            }
        })
        .collect();
    format!("{path}?{}", pairs.join("&"))
}

/// Which requests are shown.
#[derive(Debug, Default)]
struct Filter {
    method: Option<String>,
    path: Option<String>,
    provider: Option<String>,
    status: Option<u16>,
    session: Option<String>,
    limit: Option<usize>,
}

impl Filter {
    fn read(query: &str) -> Result<Self, FilterError> {
        let mut filter = Self::default();
        for (name, value) in form_urlencoded::parse(query.as_bytes()) {
            // A key for the server may stand in the query.
            if is_secret_query(&name) {
                continue;
            }
            let no_number = |name| FilterError::NoNumber { name, value: value.to_string() };
            match name.as_ref() {
                "method" => filter.method = Some(value.into_owned()),
                "path" => filter.path = Some(value.into_owned()),
                "provider" => filter.provider = Some(value.into_owned()),
                "session" => filter.session = Some(value.into_owned()),
                "status" => {
                    filter.status = Some(value.parse().map_err(|_| no_number("status"))?);
                }
                "limit" => filter.limit = Some(value.parse().map_err(|_| no_number("limit"))?),
                other => return Err(FilterError::Unknown(other.to_owned())),
            }
        }
        Ok(filter)
    }

    fn wants(&self, entry: &Entry) -> bool {
        let is = |wanted: &Option<String>, value: &str| {
            wanted.as_deref().is_none_or(|wanted| wanted == value)
        };
        let method = self.method.as_deref();
        method.is_none_or(|wanted| wanted.eq_ignore_ascii_case(entry.method.as_str()))
            && self.path.as_deref().is_none_or(|start| entry.path.starts_with(start))
            && is(&self.provider, entry.provider.id())
            && self.status.is_none_or(|wanted| wanted == entry.status)
            && self.session.as_deref().is_none_or(|wanted| wanted == entry.session.to_string())
    }
}

#[cfg(test)]
mod tests;
