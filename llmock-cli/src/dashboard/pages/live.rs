//! The requests that a running `llmock serve` has received.

use askama::Template;
use serde_json::Value;

use super::limited;
use crate::output::text::{count, shortened, visible};

/// The body of a request that is shown.
const BODY: usize = 20_000;

#[derive(Template)]
#[template(path = "live.html")]
pub(crate) struct Live {
    pub(crate) server: String,
    pub(crate) rows_href: String,
    pub(crate) rows: LiveRows,
}

/// The part that changes while the page is open.
#[derive(Template)]
#[template(path = "live_rows.html")]
pub(crate) struct LiveRows {
    problem: String,
    summary: String,
    requests: Vec<LiveRow>,
}

struct LiveRow {
    time: String,
    method: String,
    path: String,
    provider: String,
    model: String,
    status: u64,
    by: String,
    source: String,
    ms: u64,
    session: String,
    body: String,
}

impl LiveRows {
    /// From the response to `GET /history`, or the reason why there is none.
    pub(crate) fn new(history: Result<&[u8], String>) -> Self {
        let parsed = history.and_then(|bytes| {
            let value: Value = serde_json::from_slice(bytes)
                .map_err(|_| "the server did not respond as `llmock serve` does".to_owned())?;
            let list = value["requests"].as_array().cloned();
            list.ok_or_else(|| "the server did not respond as `llmock serve` does".to_owned())
        });
        match parsed {
            Ok(requests) => Self {
                problem: String::new(),
                summary: format!("The last {}, the newest first", count(requests.len(), "request")),
                requests: requests.iter().rev().map(row).collect(),
            },
            Err(problem) => {
                Self { problem: visible(&problem), summary: String::new(), requests: Vec::new() }
            }
        }
    }
}

fn row(request: &Value) -> LiveRow {
    let text = |name: &str| shortened(request[name].as_str().unwrap_or_default(), 200);
    let body = match &request["body"] {
        Value::Null => String::new(),
        Value::String(text) => limited(text, BODY),
        json => limited(&format!("{json:#}"), BODY),
    };
    let timestamp = text("timestamp");
    let time = timestamp.split_once('T').map_or(&*timestamp, |(_, time)| time);
    LiveRow {
        time: time.trim_end_matches('Z').to_owned(),
        method: text("method"),
        path: text("path"),
        provider: text("provider"),
        model: text("model"),
        status: request["status"].as_u64().unwrap_or_default(),
        by: text("answered_by"),
        source: text("source"),
        ms: request["ms"].as_u64().unwrap_or_default(),
        session: text("session"),
        body,
    }
}
