//! A test's own comparison: [`LlmMock::matching`](crate::LlmMock::matching) in place of the rules.

use std::fmt;
use std::sync::{Arc, Mutex};

use super::fixture::OpenedFixture;
use super::scripts::apart;
use crate::exchange::SentRequest;
use crate::fixture::Position;
use crate::fixture::interaction::Interaction;
use crate::sync::lock;

type Accepts = dyn Fn(&SentRequest, &Interaction) -> bool + Send + Sync;

/// The closure of a session, if its test has one.
#[derive(Default)]
pub(crate) struct Matcher(Mutex<Option<Arc<Accepts>>>);

impl Matcher {
    pub(crate) fn set(&self, accepts: Option<Arc<Accepts>>) {
        *lock(&self.0) = accepts;
    }

    /// The interactions that the test accepts for a request; `None` if it compares by the rules. The message of a closure
    /// that panicked is an error.
    pub(super) async fn accepted(
        &self,
        fixture: &Arc<OpenedFixture>,
        sent: &SentRequest,
    ) -> Result<Option<Vec<Position>>, String> {
        let Some(accepts) = lock(&self.0).clone() else { return Ok(None) };
        let (fixture, sent) = (Arc::clone(fixture), sent.clone());
        let run = move || {
            let is_alike = |one: &Interaction| {
                one.provider == sent.provider && one.request.method == sent.method
            };
            let all = fixture.interactions().iter().enumerate();
            let alike = all.filter(|(_, one)| is_alike(one) && accepts(&sent, one));
            alike.map(|(at, _)| Position::from_index(at)).collect()
        };
        apart(run).await.map(Some)
    }
}

impl fmt::Debug for Matcher {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Matcher").field("is_set", &lock(&self.0).is_some()).finish()
    }
}
