//! How a client reacted to a fault, judged in the same way by sweeps and by servers.

use llmock_rules::FaultKind;

use crate::report::SweepCode;

/// So many repetitions of one request are a storm.
const STORM: usize = 4;
/// Clocks of the two sides differ, and timers are not exact.
const EARLY: u64 = 100;

/// What a client did after a fault.
#[cfg_attr(not(feature = "server"), allow(unreachable_pub, reason = "a server passes it in"))]
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Reaction {
    /// How often it sent the request again.
    pub repeats: usize,
    /// How many milliseconds passed before it did so first.
    pub waited: Option<u64>,
    /// Whether it still waits for the response.
    pub is_waiting: bool,
    /// Whether it took the response for a complete one.
    pub has_accepted: bool,
}

/// What is wrong with a reaction.
pub(crate) fn judge(kind: &FaultKind, reaction: &Reaction) -> Vec<SweepCode> {
    let Reaction { repeats, waited, is_waiting, has_accepted } = *reaction;
    let mut codes = Vec::new();
    if repeats > STORM {
        codes.push(SweepCode::RetryStorm);
    }
    match kind {
        FaultKind::Status { code: 400 | 401 | 403 | 404, .. } if repeats > 0 => {
            codes.push(SweepCode::RetriedInVain);
        }
        FaultKind::Status { code: 429 | 503, retry_after: Some(seconds) }
            if repeats > 0
                && waited.is_some_and(|waited| waited + EARLY < seconds.saturating_mul(1000)) =>
        {
            codes.push(SweepCode::IgnoredRetryAfter);
        }
        FaultKind::Status { code: 429 | 500.., .. } | FaultKind::Refused
            if repeats == 0 && !is_waiting =>
        {
            codes.push(SweepCode::DidNotRetry);
        }
        FaultKind::Cut { .. } | FaultKind::Close { .. } | FaultKind::EmptyBody
            if has_accepted && repeats == 0 =>
        {
            codes.push(SweepCode::AcceptedTruncated);
        }
        _ => {}
    }
    codes
}
