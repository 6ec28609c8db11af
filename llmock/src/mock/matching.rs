//! A comparison of the test's own: [`LlmMock::matching`].

use std::sync::Arc;

use super::LlmMock;
use crate::exchange::SentRequest;
use crate::fixture::Interaction;

impl LlmMock {
    /// Decides itself which recording responds to a request, in place of the rules: of the interactions that `accepts`
    /// returns `true` for, the first in the order of the file that was not used yet, and the last one again when there are
    /// no more. A panic in it fails the test, with its message.
    ///
    /// ```no_run
    /// # use llmock::{LlmMock, llm_replay};
    /// #[llm_replay(fixture = "search")]
    /// #[test]
    /// fn any_question_about_rust_gets_the_recorded_response(mock: &LlmMock) {
    ///     mock.matching(|request, interaction| {
    ///         let is_about_rust = |text: String| text.contains("Rust");
    ///         request.last_user_text().is_some_and(is_about_rust)
    ///             && interaction.request().last_user_text().is_some_and(is_about_rust)
    ///     });
    ///     // ... run the program ...
    /// }
    /// ```
    ///
    /// It is asked about interactions of the same provider and method, for requests that arrive after this call. The last
    /// call counts; [`match_by_rules`](Self::match_by_rules) takes it back.
    ///
    /// # Limits
    ///
    /// Recording compares by the rules, and so does the check of a new recording. In mode `off` it has no effect.
    pub fn matching(
        &self,
        accepts: impl Fn(&SentRequest, &Interaction) -> bool + Send + Sync + 'static,
    ) {
        if let Some(state) = self.state() {
            state.matcher.set(Some(Arc::new(accepts)));
        }
    }

    /// Compares later requests by the rules of the test again, after [`matching`](Self::matching).
    pub fn match_by_rules(&self) {
        if let Some(state) = self.state() {
            state.matcher.set(None);
        }
    }
}
