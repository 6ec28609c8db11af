//! Limits that only variables set: how long to wait for a recording or a turn, how large a request may be.

use std::time::Duration;

use llmock_rules::{self as rules, Problem, Size, Sweep};

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
    /// The sweep of tests that name none; `off` for all.
    pub(crate) sweep: Option<Sweep>,
    /// The most faults of one sweep.
    pub(crate) sweep_max: usize,
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
            sweep: variable(env::SWEEP, Sweep::parse_switch)?,
            sweep_max: variable(env::SWEEP_MAX, count)?.unwrap_or(500),
        })
    }
}

fn count(text: &str) -> Result<usize, Problem> {
    let count = text.trim().parse().ok().filter(|count| *count > 0);
    count.ok_or_else(|| Problem::new(format!("invalid number `{text}`: expected one from 1 on")))
}
