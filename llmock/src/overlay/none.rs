//! Takes the place of `overlay` without the feature `wiremock`: there are no mocks.

use crate::exchange::response::Response;
use crate::front::handler::{Aborted, Incoming};

#[derive(Debug, Default)]
pub(crate) struct Overlay;

impl Overlay {
    #[expect(clippy::unused_async, reason = "as in `overlay`")]
    pub(crate) async fn respond(&self, _: &Incoming) -> Option<Result<Response, Aborted>> {
        None
    }

    #[expect(clippy::unused_self, clippy::unnecessary_wraps, reason = "as in `overlay`")]
    pub(crate) fn verify(&self) -> Result<(), String> {
        Ok(())
    }

    #[expect(clippy::unused_self, reason = "as in `overlay`")]
    pub(crate) fn close(&self) {}
}
