//! The contract for tests that look at a request themselves, and for the command.

use super::{Rejection, rejections, retired};
use crate::exchange::sent::SentRequest;
use crate::provider::Provider;

impl SentRequest {
    /// What the provider would reject on a day (`"2026-11-30"`), by llmock's table of what providers reject. Tests are
    /// checked for the day of the table, [`CONTRACT_DATE`](crate::CONTRACT_DATE), with `contract = "fail"`.
    ///
    /// ```
    /// # fn check(mock: &llmock::LlmMock) {
    /// for request in mock.requests() {
    ///     assert_eq!(request.rejections("2026-12-31"), []);
    /// }
    /// # }
    /// ```
    ///
    /// # Limits
    ///
    /// An empty list does not mean that the provider accepts the request: the table has what could be verified.
    #[must_use]
    pub fn rejections(&self, day: &str) -> Vec<Rejection> {
        rejections(self, day)
    }
}

/// The day on which the provider turned a model off, or will do so, by llmock's table; `None` if no day is known.
///
/// ```
/// use llmock::{Provider, retirement};
///
/// assert_eq!(retirement(Provider::Anthropic, "claude-3-haiku-20240307"), Some("2026-04-20"));
/// assert_eq!(retirement(Provider::OpenAI, "my-own-model"), None);
/// ```
#[must_use]
pub fn retirement(provider: Provider, model: &str) -> Option<&'static str> {
    retired::retirement(provider, model).map(|(day, _)| day)
}
