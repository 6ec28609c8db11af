//! WebSockets: their addresses, and those that a test writes.

use std::panic::Location;

use super::LlmMock;
use crate::provider::Provider;
use crate::socket::script::SocketScript;

impl LlmMock {
    /// Serves a WebSocket that the test writes message by message, at any path or at [one](SocketScript::path), before what the
    /// fixture has.
    ///
    /// Several are used in the order in which they were made. One that no handshake used, and a message that is expected and
    /// does not come, fail the test.
    ///
    /// ```no_run
    /// # fn check(mock: &llmock::LlmMock) {
    /// use serde_json::json;
    ///
    /// mock.socket(|script| script.expect(json!({"type": "hello"})).send(json!({"type": "welcome"})));
    /// # }
    /// ```
    #[track_caller]
    pub fn socket(&self, write: impl FnOnce(SocketScript) -> SocketScript) {
        let location = Location::caller();
        let script = write(SocketScript::new());
        if let Some(state) = self.state() {
            state.socket_scripts.add(script, location);
        }
    }

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
