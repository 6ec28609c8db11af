//! The last requests, in memory, for `GET /history`.
//!
//! Each request has a slot of its own, used in order, so that requests never wait for each other here. JSON is made
//! only when it is shown.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, SystemTime};

use llmock::__server::is_secret_query;
use llmock::{Problem, Provider};
use parking_lot::Mutex;
use serde::Serialize;
use serde_json::value::RawValue;

use super::sessions::SessionId;

/// Bodies are kept up to this length; a thousand of the largest ones would fill the memory.
const KEPT: usize = 64 * 1024;

/// Longer paths and names of models are cut: a client may send megabytes of each.
const LONGEST: usize = 2 * 1024;

/// The routes about requests, which are not requests themselves.
const UNRECORDED: [&str; 4] = ["/health", "/history", "/metrics", "/verdict"];

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

/// A request and its outcome.
#[derive(Clone, Debug)]
pub(crate) struct Entry {
    pub(crate) method: http::Method,
    /// As sent, with the query; keys in the query are redacted before it is shown.
    pub(crate) path: Arc<str>,
    pub(crate) arrived: SystemTime,
    pub(crate) status: u16,
    pub(crate) provider: Provider,
    pub(crate) model: Option<String>,
    pub(crate) session: SessionId,
    /// The strategy, or `llmock`.
    pub(crate) answered_by: &'static str,
    /// Until the head of the response was ready.
    pub(crate) took: Duration,
    /// Those that hold no keys.
    pub(crate) headers: Box<[(Box<str>, Box<str>)]>,
    /// The recording or the scenario of the response.
    pub(crate) source: Option<Arc<str>>,
}

impl Journal {
    /// Keeps that many requests; 0 keeps none and costs nothing.
    pub(crate) fn new(size: usize) -> Self {
        let slots = (0..size).map(|_| Mutex::new(None)).collect();
        Self { slots, next: AtomicUsize::new(0) }
    }

    pub(crate) fn wants(&self, method: &http::Method, path: &str) -> bool {
        !self.slots.is_empty() && method != http::Method::OPTIONS && !UNRECORDED.contains(&path)
    }

    /// Keeps a request and the beginning of its body in place of the oldest one.
    pub(crate) fn record(&self, mut entry: Entry, body: &[u8]) {
        if let Some(model) = &mut entry.model {
            cut(model);
        }
        if entry.path.len() > LONGEST {
            let mut path = entry.path.to_string();
            cut(&mut path);
            entry.path = path.into();
        }
        let body = &body[..body.len().min(KEPT)];
        let number = self.next.fetch_add(1, Ordering::Relaxed);
        let slot = &self.slots[number % self.slots.len()];
        let mut kept = slot.lock();
        let replaced = match &mut *kept {
            // A request that is a whole round late must not replace a newer one.
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

    /// Drops all requests, or those of one session.
    pub(crate) fn clear(&self, session: Option<&str>) {
        for slot in &self.slots {
            let is_it = |kept: &mut Numbered| {
                session.is_none_or(|session| kept.entry.session.is_named(session))
            };
            slot.lock().take_if(is_it);
        }
    }

    /// The requests that a query selects, by default those of the session in the path.
    pub(crate) fn shown(&self, query: &str, session: Option<&str>) -> Result<Vec<u8>, Problem> {
        let mut filter = Filter::read(query)?;
        filter.session = filter.session.or_else(|| session.map(str::to_owned));
        let mut found: Vec<Numbered> = self
            .slots
            .iter()
            .filter_map(|slot| {
                let kept = slot.lock();
                kept.as_ref().filter(|kept| filter.wants(&kept.entry)).cloned()
            })
            .collect();
        found.sort_unstable_by_key(|numbered| numbered.number);
        let first = filter.limit.map_or(0, |limit| found.len().saturating_sub(limit));
        let requests: Vec<Shown<'_>> = found[first..].iter().map(Shown::of).collect();
        let history = BTreeMap::from([("requests", requests)]);
        Ok(serde_json::to_vec(&history).expect("strings and numbers are JSON"))
    }
}

/// Shortens a text, and frees what it no longer needs.
fn cut(text: &mut String) {
    if text.len() > LONGEST {
        let end = (0..=LONGEST).rev().find(|end| text.is_char_boundary(*end));
        text.truncate(end.unwrap_or_default());
        text.push('…');
        text.shrink_to_fit();
    }
}

/// The answer to `GET /history`.
#[derive(Serialize)]
struct Shown<'a> {
    method: &'a str,
    path: String,
    body: Option<Box<RawValue>>,
    timestamp: String,
    status: u16,
    provider: &'a str,
    model: Option<&'a str>,
    session: String,
    answered_by: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    source: Option<&'a str>,
    ms: u128,
    headers: BTreeMap<&'a str, &'a str>,
}

impl<'a> Shown<'a> {
    fn of(numbered: &'a Numbered) -> Self {
        let entry = &numbered.entry;
        Self {
            method: entry.method.as_str(),
            path: without_keys(&entry.path),
            body: shown_body(&numbered.body),
            timestamp: humantime::format_rfc3339_millis(entry.arrived).to_string(),
            status: entry.status,
            provider: entry.provider.id(),
            model: entry.model.as_deref(),
            session: entry.session.to_string(),
            answered_by: entry.answered_by,
            source: entry.source.as_deref(),
            ms: entry.took.as_millis(),
            headers: entry.headers.iter().map(|(name, value)| (&**name, &**value)).collect(),
        }
    }
}

/// JSON as sent, or else a string.
fn shown_body(body: &[u8]) -> Option<Box<RawValue>> {
    if body.is_empty() {
        return None;
    }
    let json = serde_json::from_slice(body);
    let text = || serde_json::value::to_raw_value(&String::from_utf8_lossy(body));
    json.or_else(|_| text()).ok()
}

/// The path and its query without the values of parameters that carry keys.
pub(super) fn without_keys(path: &str) -> String {
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
    fn read(query: &str) -> Result<Self, Problem> {
        let mut filter = Self::default();
        for (name, value) in form_urlencoded::parse(query.as_bytes()) {
            // The query may carry the key for the server.
            if is_secret_query(&name) {
                continue;
            }
            let not_a_number = || {
                Problem::new(format!("invalid filter `{name}={value}`: expected a whole number"))
            };
            match name.as_ref() {
                "method" => filter.method = Some(value.into_owned()),
                "path" => filter.path = Some(value.into_owned()),
                "provider" => filter.provider = Some(value.into_owned()),
                "session" => filter.session = Some(value.into_owned()),
                "status" => {
                    filter.status = Some(value.parse().map_err(|_| not_a_number())?);
                }
                "limit" => filter.limit = Some(value.parse().map_err(|_| not_a_number())?),
                other => {
                    let known = ["method", "path", "provider", "status", "session", "limit"];
                    let known = llmock_rules::list(&known);
                    return Err(Problem::new(format!(
                        "unknown filter `{other}`: expected {known}"
                    )));
                }
            }
        }
        Ok(filter)
    }

    fn wants(&self, entry: &Entry) -> bool {
        let matches = |filter: &Option<String>, matches: &dyn Fn(&str) -> bool| {
            filter.as_deref().is_none_or(matches)
        };
        matches(&self.method, &|method| method.eq_ignore_ascii_case(entry.method.as_str()))
            && matches(&self.path, &|start| entry.path.starts_with(start))
            && matches(&self.provider, &|provider| provider == entry.provider.id())
            && matches(&self.session, &|session| entry.session.is_named(session))
            && self.status.is_none_or(|status| status == entry.status)
    }
}

#[cfg(test)]
mod tests;
