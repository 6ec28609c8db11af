//! The provider of the record road: it gives every request the answer of its row, and checks what it was asked.

use std::collections::HashMap;
use std::io::Write as _;
use std::sync::{Arc, Mutex, PoisonError};

use super::row::{Cassette, Row};
use super::{chunks, target};
use llmock_testkit::upstream::{Request, Response, Upstream};

/// The header by which a request names its row: cassette and place in it.
pub const ROW: &str = "x-corpus-row";

/// Plays every row of a corpus.
#[derive(Debug)]
pub struct Provider {
    upstream: Upstream,
    complaints: Arc<Mutex<HashMap<(usize, usize), String>>>,
}

impl Provider {
    /// Listens until the process ends.
    pub fn start(cassettes: Arc<Vec<Cassette>>) -> Self {
        let complaints: Arc<Mutex<HashMap<(usize, usize), String>>> = Arc::default();
        let heard = Arc::clone(&complaints);
        let upstream = Upstream::scripted(move |_, request| {
            let place = request.header(ROW).and_then(|value| {
                let (cassette, row) = value.split_once('/')?;
                Some((cassette.parse().ok()?, row.parse().ok()?))
            });
            let row = place
                .and_then(|(cassette, row): (usize, usize)| cassettes.get(cassette)?.rows.get(row));
            let (Some(place), Some(row)) = (place, row) else {
                return Response::error(500, "a request of no row");
            };
            if let Some(complaint) = misunderstood(row, request) {
                let mut heard = heard.lock().unwrap_or_else(PoisonError::into_inner);
                heard.insert(place, complaint);
            }
            answer(row)
        });
        Self { upstream, complaints }
    }

    /// `http://127.0.0.1:PORT`.
    pub fn url(&self) -> String {
        self.upstream.url()
    }

    /// What was wrong with the request of a row as it arrived here.
    pub fn complaint(&self, cassette: usize, row: usize) -> Option<String> {
        let complaints = self.complaints.lock().unwrap_or_else(PoisonError::into_inner);
        complaints.get(&(cassette, row)).cloned()
    }
}

/// What arrived otherwise than the row has it.
fn misunderstood(row: &Row, request: &Request) -> Option<String> {
    if request.method != row.method {
        return Some(format!("asked {} instead of {}", request.method, row.method));
    }
    if request.body != row.request_body {
        return Some("asked with another body".to_owned());
    }
    let (mut asked, mut wanted) = (plain(&request.target), plain(&target::path(row)));
    if target::provider(row) == llmock::Provider::DeepSeek {
        // It answers with and without the version; fixtures have no version, so neither has what is asked.
        for path in [&mut asked, &mut wanted] {
            *path = path.trim_start_matches("/v1").to_owned();
        }
    }
    let same =
        if target::has_placeholder(row) { asked.ends_with(&wanted) } else { asked == wanted };
    (!same).then(|| format!("asked for {} instead of {}", request.target, target::path(row)))
}

/// A path whose escapes and slashes are spelt in one way.
fn plain(target: &str) -> String {
    let (path, query) = target.split_once('?').unwrap_or((target, ""));
    let mut path = path.replace("%3A", ":").replace("%3a", ":").replace("%2f", "%2F");
    while path.contains("//") {
        path = path.replace("//", "/");
    }
    format!("{path}?{query}")
}

fn answer(row: &Row) -> Response {
    let answer = row
        .kept_by_the_wire()
        .fold(Response::status(row.status), |answer, (name, value)| answer.header(name, value));
    let packed = row.gzip.then(|| gzip(&row.response_body)).flatten();
    let pieces = match &packed {
        Some(packed) => vec![packed.clone()],
        None => chunks::of(row),
    };
    let answer = if packed.is_some() { answer.header("content-encoding", "gzip") } else { answer };
    if row.streaming.is_some() {
        return pieces.into_iter().fold(answer, Response::chunk);
    }
    pieces.into_iter().fold(answer, Response::then)
}

fn gzip(bytes: &[u8]) -> Option<Vec<u8>> {
    let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    encoder.write_all(bytes).ok()?;
    encoder.finish().ok()
}
