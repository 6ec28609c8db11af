//! Gates and faults that a test set, and that had no effect.

use std::fmt;

use super::sentences::PATH;
use super::values::{count, excerpt};

/// A gate or a fault without effect, which is a mistake of the test.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum InVain {
    /// No response to a request that fits began while the gate stood.
    GateWithoutStream { event: usize, line: String },
    /// The streams at the gate had no more than so many events.
    GateBehindEnd { event: usize, line: String, events: usize },
    /// The gate held a stream for so long, and was then opened.
    GateNotReleased { event: usize, line: String, seconds: u64 },
    /// No request fits the fault; `line` is absent if an attribute or a builder has it.
    FaultWithoutRequest { rule: String, line: Option<String> },
    /// The response ended before the place of the fault.
    FaultBehindEnd { rule: String, line: Option<String>, events: usize, bytes: usize },
}

impl fmt::Display for InVain {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::GateWithoutStream { event, line } => {
                write!(f, "no stream reached the gate at event {event} ({})", excerpt(line, PATH))
            }
            Self::GateBehindEnd { event, line, events } => write!(
                f,
                "no stream reached the gate at event {event} ({}): it ended after {}",
                excerpt(line, PATH),
                count(*events, "event")
            ),
            Self::GateNotReleased { event, line, seconds } => write!(
                f,
                "the gate at event {event} ({}) held a stream for {seconds} s and was not released",
                excerpt(line, PATH)
            ),
            Self::FaultWithoutRequest { rule, line } => {
                write!(f, "no request met {}", fault(rule, line.as_deref()))
            }
            Self::FaultBehindEnd { rule, line, events, bytes } => write!(
                f,
                "{} did not happen: the response has {} and {}",
                fault(rule, line.as_deref()),
                count(*events, "event"),
                count(*bytes, "byte")
            ),
        }
    }
}

impl InVain {
    /// What to do about it.
    pub(crate) fn details(&self) -> Vec<String> {
        let detail = match self {
            Self::GateWithoutStream { .. } => {
                "start the gate before the program sends its request, and keep it until then"
            }
            Self::GateNotReleased { .. } => {
                "release or drop it before the test waits for the rest of the response"
            }
            Self::GateBehindEnd { .. }
            | Self::FaultWithoutRequest { .. }
            | Self::FaultBehindEnd { .. } => return Vec::new(),
        };
        vec![detail.to_owned()]
    }
}

fn fault(rule: &str, line: Option<&str>) -> String {
    let line = line.map(|line| format!(" ({})", excerpt(line, PATH))).unwrap_or_default();
    format!("`{}`{line}", excerpt(rule, PATH))
}

/// How to cut streams at the same places again.
pub(super) fn adversarial_chunks(seed: u64) -> String {
    format!(
        "streams were cut inside events and characters; `stream(chunks = \"adversarial\", seed = {seed})` cuts them at the \
         same places"
    )
}
