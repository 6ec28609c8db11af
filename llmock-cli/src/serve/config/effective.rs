//! The configuration that the server runs with.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::time::Duration;

use llmock::playback::Rules;

use super::parts::{Cors, CustomReply, Model, StrategyName};
use crate::serve::fault::Faults;
use crate::serve::pace::Pace;

#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Config {
    /// In order; never empty.
    pub(crate) strategies: Vec<StrategyName>,
    /// Empty: any model is accepted.
    pub(crate) models: Vec<Model>,
    /// Absent: requests need no key, and any key is accepted.
    pub(crate) api_key: Option<String>,
    pub(crate) cors: Cors,
    pub(crate) host: String,
    /// 0: any free port.
    pub(crate) port: u16,
    pub(crate) custom_replies: Vec<CustomReply>,
    /// The folder of the fixtures, or one fixture.
    pub(crate) fixtures: Option<PathBuf>,
    pub(crate) record: bool,
    /// Whether file and fixtures are read again when they change.
    pub(crate) watch: bool,
    /// When a request equals a recorded one.
    pub(crate) matching: Rules,
    /// Base URLs of upstreams by provider id; other providers are reached at their variable or their public host.
    pub(crate) upstreams: BTreeMap<String, String>,
    pub(crate) pace: Pace,
    pub(crate) faults: Faults,
    /// How many requests the journal keeps; 0 switches it off.
    pub(crate) history: usize,
    /// The largest request body in bytes, before and after decompression.
    pub(crate) body_limit: usize,
    /// How long open responses may take to finish after the server receives the signal to stop.
    pub(crate) shutdown_timeout: Duration,
    /// How long a client may take to send the head of a request, and again its body.
    pub(crate) read_timeout: Duration,
}
