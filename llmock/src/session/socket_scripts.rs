//! The WebSockets that a test has written, and how often each was served.

use std::panic::Location;
use std::sync::Mutex;

use llmock_rules::is_like;

use crate::report::UnusedReply;
use crate::socket::script::SocketScript;
use crate::sync::lock;

#[derive(Debug, Default)]
pub(crate) struct SocketScripts(Mutex<Vec<Entry>>);

#[derive(Debug)]
struct Entry {
    script: SocketScript,
    /// Where the test made it: `tests/agent.rs:12`.
    place: String,
    served: usize,
}

impl SocketScripts {
    pub(crate) fn add(&self, script: SocketScript, location: &Location<'_>) {
        let place = format!("{}:{}", location.file(), location.line());
        lock(&self.0).push(Entry { script, place, served: 0 });
    }

    pub(crate) fn is_empty(&self) -> bool {
        lock(&self.0).is_empty()
    }

    /// The next script for a handshake at this path, and its place.
    pub(super) fn take(&self, path: &str) -> Option<(SocketScript, String)> {
        let path = path.split('?').next().unwrap_or(path);
        let mut all = lock(&self.0);
        let fits = |entry: &&mut Entry| {
            entry.script.times.is_none_or(|times| entry.served < times)
                && entry.script.path.as_deref().is_none_or(|pattern| is_like(pattern, path))
        };
        let entry = all.iter_mut().find(fits)?;
        entry.served += 1;
        Some((entry.script.clone(), entry.place.clone()))
    }

    /// Gives a script to the next handshake once more.
    pub(super) fn offer_again(&self, place: &str) {
        if let Some(entry) = lock(&self.0).iter_mut().find(|entry| entry.place == place) {
            entry.served = entry.served.saturating_sub(1);
        }
    }

    /// The scripts that served fewer handshakes than they are for.
    pub(super) fn unused(&self) -> Vec<UnusedReply> {
        let all = lock(&self.0);
        let unused = |entry: &Entry| {
            let expected = entry.script.times.unwrap_or(1);
            (entry.served < expected).then(|| UnusedReply {
                place: entry.place.clone(),
                rule: "socket(..)".to_owned(),
                given: entry.served,
                expected,
                what: "socket",
            })
        };
        all.iter().filter_map(unused).collect()
    }
}
