//! Sessions while prompts are edited.

use llmock_rules::Value;

use super::LlmMockBuilder;

impl LlmMockBuilder {
    /// While you edit prompts: answers a request without a recording with the recording at the same place of its
    /// conversation, and keeps the difference in `NAME.json.pending` for `llmock review`.
    ///
    /// It only has an effect in mode `replay`, and is refused in CI.
    pub fn while_editing(self, on: bool) -> Self {
        self.set("while_editing", Value::Switch(on))
    }
}
