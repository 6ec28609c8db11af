//! Addresses of WebSockets.

use super::LlmMock;
use crate::provider::Provider;

impl LlmMock {
    /// The base URL for a client of a WebSocket: [`base_url`](Self::base_url) with the scheme `ws`, or `wss` where that has
    /// `https`.
    ///
    /// ```no_run
    /// # fn connect(url: &str) {}
    /// # fn check(mock: &llmock::LlmMock) {
    /// let url = mock.ws_url(llmock::Provider::OpenAI) + "/realtime?model=gpt-realtime";
    /// connect(&url);
    /// # }
    /// ```
    #[track_caller]
    pub fn ws_url(&self, provider: Provider) -> String {
        self.base_url(provider).replacen("http", "ws", 1)
    }
}
