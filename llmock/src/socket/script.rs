//! [`SocketScript`]: a WebSocket that a test writes message by message.

use std::sync::Arc;

use bytes::Bytes;
use serde_json::Value;

use super::expect::Expectation;
use crate::exchange::transcript::SocketMessage;
use crate::fixture::socket::{Close, Message, Side, Socket};

/// What a WebSocket sends, and what it expects of the program, in order: for
/// [`LlmMock::socket`](crate::LlmMock::socket).
///
/// It serves one handshake, unless [`times`](Self::times) says otherwise. A message that is not the expected one fails the test and
/// closes the socket with the code 1008; so does, at the end, one that did not come. Messages that are expected between two that
/// are sent may come in any order: each takes the first expectation that it meets.
///
/// ```no_run
/// # fn check(mock: &llmock::LlmMock) {
/// use serde_json::json;
///
/// mock.socket(|script| {
///     script
///         .path("/v1/listen")
///         .send(json!({"type": "ready"}))
///         .expect(json!({"type": "start"}))
///         .expect_where(|message| message.is_binary())
///         .send(json!({"type": "transcript", "text": "hello"}))
///         .close(1000, "done")
/// });
/// # }
/// ```
#[derive(Clone, Debug)]
#[must_use = "it takes effect in `LlmMock::socket`"]
pub struct SocketScript {
    pub(crate) path: Option<String>,
    pub(crate) times: Option<usize>,
    pub(crate) socket: Socket,
    /// One for each message; `None` for those of the server.
    pub(crate) expected: Vec<Option<Expectation>>,
}

/// The data of a message: text, JSON, or bytes, which make it a binary message.
#[derive(Clone, Debug)]
pub struct SocketData(Content);

#[derive(Clone, Debug)]
enum Content {
    Text(String),
    Json(Value),
    Bytes(Vec<u8>),
}

impl From<&str> for SocketData {
    fn from(text: &str) -> Self {
        Self(Content::Text(text.to_owned()))
    }
}

impl From<String> for SocketData {
    fn from(text: String) -> Self {
        Self(Content::Text(text))
    }
}

impl From<Value> for SocketData {
    fn from(value: Value) -> Self {
        Self(Content::Json(value))
    }
}

impl From<Vec<u8>> for SocketData {
    fn from(bytes: Vec<u8>) -> Self {
        Self(Content::Bytes(bytes))
    }
}

impl From<&[u8]> for SocketData {
    fn from(bytes: &[u8]) -> Self {
        Self(Content::Bytes(bytes.to_vec()))
    }
}

impl SocketScript {
    pub(crate) fn new() -> Self {
        let socket = Socket { protocol: None, messages: Vec::new(), close: Close::Open };
        Self { path: None, times: Some(1), socket, expected: Vec::new() }
    }

    /// Serves only handshakes at this path, as at the provider's own host and without its query; `*` stands for any text.
    ///
    /// # Panics
    ///
    /// If it begins with neither `/` nor `*`.
    #[track_caller]
    pub fn path(mut self, path: impl Into<String>) -> Self {
        let path = path.into();
        let is_path = path.starts_with(['/', '*']);
        assert!(is_path, "invalid path `{path}`: expected one such as `/v1/realtime`");
        self.path = Some(path);
        self
    }

    /// Selects this subprotocol, which the program must offer.
    pub fn protocol(mut self, name: impl Into<String>) -> Self {
        self.socket.protocol = Some(name.into());
        self
    }

    /// Serves so many handshakes.
    ///
    /// # Panics
    ///
    /// If it is zero.
    #[track_caller]
    pub fn times(mut self, times: usize) -> Self {
        assert!(times > 0, "a socket is served at least once");
        self.times = Some(times);
        self
    }

    /// Serves any number of handshakes.
    pub fn always(mut self) -> Self {
        self.times = None;
        self
    }

    /// Sends a message: text and JSON as text, bytes as binary data.
    pub fn send(mut self, data: impl Into<SocketData>) -> Self {
        let (is_binary, bytes) = match data.into().0 {
            Content::Text(text) => (false, Bytes::from(text)),
            Content::Json(value) => (false, value.to_string().into()),
            Content::Bytes(bytes) => (true, bytes.into()),
        };
        self.socket.messages.push(Message::received(Side::Server, 0, is_binary, bytes));
        self.expected.push(None);
        self
    }

    /// Expects a message. JSON, also as text, may have more members than these; other text and bytes are compared as a whole.
    pub fn expect(self, data: impl Into<SocketData>) -> Self {
        self.expects(match data.into().0 {
            Content::Text(text) => match serde_json::from_str(&text) {
                Ok(value @ (Value::Object(_) | Value::Array(_))) => Expectation::Json(value),
                _ => Expectation::Text(text),
            },
            Content::Json(value) => Expectation::Json(value),
            Content::Bytes(bytes) => Expectation::Bytes(bytes),
        })
    }

    /// Expects a message, whatever it is.
    pub fn expect_any(self) -> Self {
        self.expects(Expectation::Any)
    }

    /// Expects a message for which this returns true.
    pub fn expect_where(
        self,
        holds: impl Fn(&SocketMessage) -> bool + Send + Sync + 'static,
    ) -> Self {
        self.expects(Expectation::Where(Arc::new(holds)))
    }

    fn expects(mut self, expectation: Expectation) -> Self {
        let shown = Bytes::from(format!("{expectation:?}"));
        self.socket.messages.push(Message::received(Side::Client, 0, false, shown));
        self.expected.push(Some(expectation));
        self
    }

    /// Closes the socket. Without it, the socket stays open until the program closes it.
    ///
    /// # Panics
    ///
    /// If no close frame may have this code, or room for the reason, which is at most 123 bytes.
    #[track_caller]
    pub fn close(mut self, code: u16, reason: impl Into<String>) -> Self {
        let reason = reason.into();
        let is_code = matches!(code, 1000..=1003 | 1007..=1014 | 3000..=4999);
        assert!(is_code, "invalid close code `{code}`: expected one such as 1000 or 1011");
        assert!(reason.len() <= 123, "a reason has at most 123 bytes");
        self.socket.close = Close::Frame { from: Side::Server, ms: 0, code: Some(code), reason };
        self
    }

    /// Ends the connection without a close frame.
    pub fn cut(mut self) -> Self {
        self.socket.close = Close::Cut { from: Side::Server, ms: 0 };
        self
    }
}
