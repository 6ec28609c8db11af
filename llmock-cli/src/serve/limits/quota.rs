//! Requests and tokens per minute, counted for each session. The minute begins with the first request in it, so that
//! the same requests are admitted however slow the machine is.

use std::num::NonZeroUsize;
use std::time::Duration;

use lru::LruCache;
use parking_lot::Mutex;
use serde::Deserialize;
use tokio::time::Instant;

use crate::serve::config::values::{duration, strict};

/// How many sessions are counted at a time; the least recently used one starts again.
const KEPT: NonZeroUsize = NonZeroUsize::new(10_000).expect("not zero");

#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(default, deny_unknown_fields, rename_all = "kebab-case")]
pub(crate) struct Quota {
    /// Absent: any number.
    #[serde(deserialize_with = "strict")]
    pub(crate) requests_per_minute: Option<u64>,
    /// Those of requests and responses together. Absent: any number.
    #[serde(deserialize_with = "strict")]
    pub(crate) tokens_per_minute: Option<u64>,
    /// How long the "minute" is, for tests that wait until it is over.
    #[serde(deserialize_with = "duration")]
    pub(crate) window: Duration,
}

impl Default for Quota {
    fn default() -> Self {
        let window = Duration::from_secs(60);
        Self { requests_per_minute: None, tokens_per_minute: None, window }
    }
}

impl Quota {
    pub(crate) fn is_unlimited(&self) -> bool {
        self.requests_per_minute.is_none() && self.tokens_per_minute.is_none()
    }
}

/// What is left in the current minute.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Left {
    /// The most requests, and how many more are admitted.
    pub(crate) requests: Option<(u64, u64)>,
    pub(crate) tokens: Option<(u64, u64)>,
    /// When the minute is over.
    pub(crate) reset: Duration,
}

/// A quota that a request would exceed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Exceeded {
    pub(crate) of: Counted,
    pub(crate) limit: u64,
    pub(crate) used: u64,
    pub(crate) wanted: u64,
    pub(crate) left: Left,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Counted {
    Requests,
    Tokens,
}

#[derive(Clone, Copy, Debug)]
struct Used {
    since: Instant,
    requests: u64,
    tokens: u64,
}

/// What each session has used.
#[derive(Debug)]
pub(crate) struct Quotas(Mutex<LruCache<String, Used>>);

impl Default for Quotas {
    fn default() -> Self {
        Self(Mutex::new(LruCache::new(KEPT)))
    }
}

impl Quotas {
    /// Counts a request with so many tokens, unless that would exceed the quota.
    pub(crate) fn admit(
        &self,
        quota: &Quota,
        session: &str,
        tokens: u64,
        now: Instant,
    ) -> Result<Left, Exceeded> {
        let mut sessions = self.0.lock();
        let fresh = || Used { since: now, requests: 0, tokens: 0 };
        let used = sessions.get_or_insert_mut_ref(session, fresh);
        if now.saturating_duration_since(used.since) >= quota.window {
            *used = fresh();
        }
        let left = |used: &Used| Left {
            requests: rest(quota.requests_per_minute, used.requests),
            tokens: rest(quota.tokens_per_minute, used.tokens),
            reset: (used.since + quota.window).saturating_duration_since(now),
        };
        for (of, limit, used_up, wanted) in [
            (Counted::Requests, quota.requests_per_minute, used.requests, 1),
            (Counted::Tokens, quota.tokens_per_minute, used.tokens, tokens),
        ] {
            let Some(limit) = limit else { continue };
            if used_up.saturating_add(wanted) > limit {
                return Err(Exceeded { of, limit, used: used_up, wanted, left: left(used) });
            }
        }
        used.requests += 1;
        used.tokens = used.tokens.saturating_add(tokens);
        Ok(left(used))
    }

    /// Adds the tokens of a response.
    pub(crate) fn charge(&self, session: &str, tokens: u64) {
        if let Some(used) = self.0.lock().get_mut(session) {
            used.tokens = used.tokens.saturating_add(tokens);
        }
    }

    /// Forgets what a session has used.
    pub(crate) fn end(&self, session: &str) {
        self.0.lock().pop(session);
    }

    pub(crate) fn end_all(&self) {
        self.0.lock().clear();
    }
}

fn rest(limit: Option<u64>, used: u64) -> Option<(u64, u64)> {
    limit.map(|limit| (limit, limit.saturating_sub(used)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn admits_so_many_requests_and_tokens_in_a_window() {
        let (quotas, now) = (Quotas::default(), Instant::now());
        let quota =
            Quota { requests_per_minute: Some(3), tokens_per_minute: Some(10), ..Quota::default() };
        let admit = |session: &str, tokens, at| quotas.admit(&quota, session, tokens, at);
        let first = admit("a", 4, now).expect("the first request");
        assert_eq!((first.requests, first.tokens), (Some((3, 2)), Some((10, 6))));
        quotas.charge("a", 5);
        let exceeded = admit("a", 2, now).expect_err("11 tokens");
        assert_eq!((exceeded.of, exceeded.limit, exceeded.used), (Counted::Tokens, 10, 9));
        assert!(admit("a", 1, now).is_ok());
        assert!(admit("b", 4, now).is_ok(), "another session");
        let exceeded = admit("a", 1, now + Duration::from_secs(59)).expect_err("the tokens");
        assert_eq!(exceeded.left.reset, Duration::from_secs(1));
        assert!(admit("a", 1, now + Duration::from_secs(60)).is_ok(), "the next minute");
        quotas.end("a");
        assert_eq!(admit("a", 1, now).map(|left| left.requests), Ok(Some((3, 2))));
    }

    #[test]
    fn a_quota_of_zero_admits_nothing() {
        let quota = Quota { requests_per_minute: Some(0), ..Quota::default() };
        let exceeded = Quotas::default().admit(&quota, "a", 1, Instant::now());
        assert_eq!(exceeded.map_err(|exceeded| exceeded.limit), Err(0));
    }
}
