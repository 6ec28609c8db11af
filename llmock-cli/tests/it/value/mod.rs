//! What recordings are worth, and what an edit costs: `plan`, `compare`, `record --planned` and `--stale`, and the messages
//! of what goes wrong, with a suite of fifty tests that this very program runs.

mod compare;
#[cfg(unix)]
mod encrypted;
mod findings;
mod local;
mod messages;
mod place;
mod plan;
mod program;
#[cfg(unix)]
mod record;
