//! Connects the recorder: recorded responses are served from then on, and reported.

use std::path::Path;
use std::sync::{Arc, Weak};

use llmock::playback::{Outcome, RecordRefused, Recorder};

use super::strategy::fixture::Fixtures;
use crate::output::server;

/// A recorder that writes to `path`, or one that only forwards.
pub(crate) fn new(
    path: Option<&Path>,
    fixtures: &Arc<Fixtures>,
) -> Result<Recorder, RecordRefused> {
    let Some(path) = path else { return Ok(Recorder::forwarding()) };
    let fixtures = Arc::downgrade(fixtures);
    Ok(Recorder::into_fixture(path)?.on_outcome(move |outcome| learn(&fixtures, &outcome)))
}

fn learn(fixtures: &Weak<Fixtures>, outcome: &Outcome) {
    if let (Outcome::Heard { fixture, interaction }, Some(fixtures)) = (outcome, fixtures.upgrade())
    {
        fixtures.learn(fixture, std::slice::from_ref(interaction));
    }
    server::recording(outcome);
}
