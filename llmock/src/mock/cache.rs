//! Whether the requests of a test keep the provider's prompt cache.

use crate::audit::prefix::CacheReport;
use crate::mock::LlmMock;
use crate::session::audited;

impl LlmMock {
    /// Whether the requests so far extend each other in the order in which providers cache a prompt: tools, system prompt,
    /// messages. Every request that continues a conversation is compared with the one that it continues.
    ///
    /// ```no_run
    /// # fn check(mock: &llmock::LlmMock) {
    /// // ... run the agent ...
    /// let report = mock.cache_report();
    /// assert!(report.is_stable(), "{report}");
    /// # }
    /// ```
    ///
    /// # Limits
    ///
    /// The tokens that a break costs are an estimate: the share of the prompt's characters behind it, of the tokens that
    /// the response before it reports. Requests with an error for a response do not count. In mode `off` there are none.
    #[must_use]
    pub fn cache_report(&self) -> CacheReport {
        let exchanges = self.state().map(|state| state.ledger().exchanges.clone());
        audited::cache_report(&exchanges.unwrap_or_default())
    }
}
