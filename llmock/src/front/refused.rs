//! Requests without a session: an unknown address, a test that has ended, no test at all.
//!
//! The error that the client receives says why. The last of them are remembered for the reports of sessions that fail
//! meanwhile, and each is passed to a log that outlives the process.

use std::collections::VecDeque;
use std::sync::{Mutex, OnceLock};
use std::time::Instant;

use crate::exchange::secrets;
use crate::provider::Provider;
use crate::report::sentences::{PATH, belongs_to_llmock};
use crate::report::values::excerpt;
use crate::sync::lock;

/// More than a report shows.
const REMEMBERED: usize = 32;

/// More than anyone reads; a client that never stops does not fill the disk.
const LOGGED: usize = 200;

/// A request that no session responded to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Refused {
    pub(crate) at: Instant,
    /// `None` if its address names none.
    pub(crate) provider: Option<Provider>,
    pub(crate) method: String,
    /// Without its query, which may hold a key, and without other secrets.
    pub(crate) path: String,
    /// The message that its client received.
    pub(crate) message: String,
}

/// Writes one of them to a log.
pub(crate) type Log = fn(&Refused);

/// How a request found its address.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum AddressedBy {
    /// This variable of the process.
    Variable(&'static str),
    /// The address of one test.
    Handle,
}

/// The message for an address that llmock has not handed out.
pub(super) fn unknown_address(target: &str) -> String {
    let path = target.split('?').next().unwrap_or(target);
    let redactor = secrets::redactor();
    let path = &redactor.text(path);
    format!(
        "llmock: `{}` is not an address of this mock server; use the URL in a base-URL variable or from \
         `mock.base_url(..)`",
        excerpt(path, PATH)
    )
}

/// The message when no test is running, or when the test that an address belonged to has ended.
pub(super) fn no_session(by: AddressedBy) -> String {
    match by {
        AddressedBy::Variable(name) => {
            format!("llmock: no test is running; {}", belongs_to_llmock(name))
        }
        AddressedBy::Handle => {
            "llmock: the test that this address belonged to has ended".to_owned()
        }
    }
}

/// The message for `CONNECT` in a process that cannot read the tunnel.
pub(super) fn no_tunnel(authority: &str) -> String {
    format!(
        "llmock: cannot read requests in a tunnel to `{}`; set `intercept = true`",
        excerpt(authority, PATH)
    )
}

/// The message for a connection to the host of a provider with `network = "block"`.
pub(super) fn blocked(authority: &str) -> String {
    format!(
        "llmock: connections to `{}` are refused, because of `network = \"block\"`; {}",
        excerpt(authority, PATH),
        "the client does not use the address of llmock in a base-URL variable or from `mock.base_url(..)`"
    )
}

/// The message for a server that a tunnel does not reach.
pub(super) fn unreachable(authority: &str, why: &std::io::Error) -> String {
    format!("llmock: no connection to `{}`: {why}", excerpt(authority, PATH))
}

/// The refused requests of this process.
#[derive(Debug, Default)]
pub(crate) struct Refusals {
    last: Mutex<Last>,
    log: OnceLock<Log>,
}

#[derive(Debug, Default)]
struct Last {
    refused: VecDeque<Refused>,
    logged: usize,
}

impl Refused {
    pub(crate) fn new(
        provider: Option<Provider>,
        method: &http::Method,
        target: &str,
        message: &str,
    ) -> Self {
        let path = target.split(['?', '#']).next().unwrap_or(target);
        let method = method.as_str().to_ascii_uppercase();
        let redactor = secrets::redactor();
        let [path, message] = [path, message].map(|text| redactor.text(text).into_owned());
        Self { at: Instant::now(), provider, method, path, message }
    }
}

impl Refusals {
    /// Sets the log; the first call counts.
    pub(crate) fn log_with(&self, log: Log) {
        let _ = self.log.set(log);
    }

    /// Remembers and logs one, before its client receives the error. Runs on the front's runtime.
    pub(crate) async fn add(&self, refused: Refused) {
        let is_logged = {
            let mut last = lock(&self.last);
            if last.refused.len() == REMEMBERED {
                last.refused.pop_front();
            }
            last.refused.push_back(refused.clone());
            last.logged += 1;
            last.logged <= LOGGED
        };
        if let Some(log) = self.log.get().copied().filter(|_| is_logged) {
            // It writes to a file, and this thread serves everyone.
            let _ = tokio::task::spawn_blocking(move || log(&refused)).await;
        }
    }

    /// The last ones since that moment, in order.
    pub(crate) fn since(&self, moment: Instant) -> Vec<Refused> {
        lock(&self.last).refused.iter().filter(|refused| refused.at >= moment).cloned().collect()
    }
}
