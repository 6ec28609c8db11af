//! Whether this process is one run of a sweep.

use llmock_rules::FaultRule;

use crate::env;

/// Whether this process is one run of a sweep.
pub(crate) fn is_child() -> bool {
    env::read(env::SWEEP_FAULT).is_some()
}

/// The fault of this run, if this process is one of a sweep.
pub(crate) fn fault_of_child() -> Option<FaultRule> {
    env::read(env::SWEEP_FAULT).and_then(|text| FaultRule::from_text(&text).ok())
}
