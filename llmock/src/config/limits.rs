//! Limits that only variables set: how long to wait for a recording or a turn, how large a request may be.

use std::time::Duration;

use llmock_rules::{self as rules, Size};

use super::layers::{SettingsError, variable};
use crate::env;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Limits {
    /// How long a test waits at its end for responses that are still being recorded.
    pub(crate) drain: Duration,
    /// How long a test waits for the environment variables before it fails.
    pub(crate) turn: Duration,
    /// The largest request body, in bytes.
    pub(crate) max_body: u64,
}

impl Limits {
    pub(crate) fn read() -> Result<Self, SettingsError> {
        let duration = |name| variable(name, rules::Duration::parse_seconds);
        let or = |set: Option<rules::Duration>, seconds| {
            set.map_or(Duration::from_secs(seconds), |set| set.0)
        };
        Ok(Self {
            drain: or(duration(env::DRAIN_TIMEOUT)?, 30),
            turn: or(duration(env::TURN_TIMEOUT)?, 300),
            max_body: variable(env::MAX_BODY, Size::parse)?.map_or(16 << 20, |size| size.0),
        })
    }
}
