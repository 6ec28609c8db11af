//! The messages of a socket while a test runs, for the test.

use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use bytes::Bytes;
use serde::ser::{Serialize, SerializeStruct as _, Serializer};

use crate::fixture::redact::Redactor;
use crate::fixture::socket::{self, Close, Message, Side};
use crate::sync::lock;
use crate::wire::usage::TokenUsage;

/// What has happened on a socket so far.
#[derive(Clone, Debug)]
pub(crate) struct Transcript {
    opened: Instant,
    inner: Arc<Mutex<Inner>>,
}

#[derive(Debug)]
struct Inner {
    messages: Vec<Message>,
    close: Close,
    is_over: bool,
}

impl Transcript {
    pub(crate) fn new() -> Self {
        let inner = Inner { messages: Vec::new(), close: Close::Open, is_over: false };
        Self { opened: Instant::now(), inner: Arc::new(Mutex::new(inner)) }
    }

    /// Milliseconds since the handshake.
    pub(crate) fn ms(&self) -> u64 {
        u64::try_from(self.opened.elapsed().as_millis()).unwrap_or(u64::MAX)
    }

    pub(crate) fn add(&self, message: Message) {
        lock(&self.inner).messages.push(message);
    }

    /// Notes how the socket ended; the first end counts.
    pub(crate) fn close(&self, close: Close) {
        let mut inner = lock(&self.inner);
        if inner.close == Close::Open && !inner.is_over {
            inner.close = close;
        }
    }

    /// No more will come.
    pub(crate) fn end(&self) {
        lock(&self.inner).is_over = true;
    }

    pub(crate) fn is_over(&self) -> bool {
        lock(&self.inner).is_over
    }

    pub(crate) fn messages(&self) -> Vec<Message> {
        lock(&self.inner).messages.clone()
    }

    pub(crate) fn so_far(&self) -> (Vec<Message>, Close) {
        let inner = lock(&self.inner);
        (inner.messages.clone(), inner.close.clone())
    }

    /// The messages without secrets, for a test.
    pub(crate) fn shown(&self, redactor: &Redactor) -> Vec<SocketMessage> {
        let shown = |message: Message| SocketMessage {
            is_from_client: message.from == Side::Client,
            ms: message.ms,
            is_binary: message.is_binary,
            bytes: match message.text() {
                Some(text) => redactor.json(text).into_owned().into(),
                None => message.bytes(),
            },
        };
        self.messages().into_iter().map(shown).collect()
    }

    /// Whether the client ended the socket.
    #[cfg(feature = "server")]
    pub(crate) fn has_client_left(&self) -> bool {
        match &lock(&self.inner).close {
            Close::Frame { from, .. } | Close::Cut { from, .. } => *from == Side::Client,
            Close::Open => false,
        }
    }

    /// The tokens that the server has reported so far.
    pub(crate) fn usage(&self) -> TokenUsage {
        let inner = lock(&self.inner);
        let servers = inner.messages.iter().filter(|message| message.from == Side::Server);
        socket::usage(servers.filter_map(Message::text))
    }

    /// Code and reason of the close frame.
    pub(crate) fn closed(&self) -> Option<(Option<u16>, String)> {
        match &lock(&self.inner).close {
            Close::Frame { code, reason, .. } => Some((*code, reason.clone())),
            Close::Cut { .. } | Close::Open => None,
        }
    }
}

/// One message of a WebSocket, as the program sent or received it, with secrets redacted.
///
/// [`Exchange::socket_messages`](crate::Exchange::socket_messages) returns them. For insta, `Debug` and `Serialize` are
/// stable: they leave out times.
///
/// ```no_run
/// # fn check(mock: &llmock::LlmMock) {
/// let exchanges = mock.exchanges();
/// let messages = exchanges[0].socket_messages();
/// let first: serde_json::Value = messages[0].json().unwrap();
/// assert!(messages[0].is_from_client());
/// assert_eq!(first["type"], "response.create");
/// # }
/// ```
#[derive(Clone)]
pub struct SocketMessage {
    is_from_client: bool,
    ms: u64,
    is_binary: bool,
    bytes: Bytes,
}

impl SocketMessage {
    pub(crate) fn of(message: &Message) -> Self {
        Self {
            is_from_client: message.from == Side::Client,
            ms: message.ms,
            is_binary: message.is_binary,
            bytes: message.bytes(),
        }
    }

    /// Whether the program sent it; the server sent it otherwise.
    pub fn is_from_client(&self) -> bool {
        self.is_from_client
    }

    /// Whether it is a binary message. Text in a binary message has a [`text`](Self::text) too.
    pub fn is_binary(&self) -> bool {
        self.is_binary
    }

    /// When it was received, counted from the handshake.
    pub fn at(&self) -> Duration {
        Duration::from_millis(self.ms)
    }

    /// The data.
    pub fn bytes(&self) -> &[u8] {
        &self.bytes
    }

    /// The data as text; `None` if it is not UTF-8.
    pub fn text(&self) -> Option<&str> {
        std::str::from_utf8(&self.bytes).ok()
    }

    /// The data as JSON.
    ///
    /// # Errors
    ///
    /// If it is not JSON of type `T`.
    pub fn json<T: serde::de::DeserializeOwned>(&self) -> Result<T, serde_json::Error> {
        serde_json::from_slice(&self.bytes)
    }

    fn from(&self) -> &'static str {
        let side = if self.is_from_client { Side::Client } else { Side::Server };
        side.name()
    }

    fn shown(&self) -> String {
        self.text().map_or_else(|| format!("{} bytes", self.bytes.len()), str::to_owned)
    }
}

impl std::fmt::Debug for SocketMessage {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("SocketMessage")
            .field("from", &self.from())
            .field("data", &self.shown())
            .finish_non_exhaustive()
    }
}

impl Serialize for SocketMessage {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut fields = serializer.serialize_struct("SocketMessage", 2)?;
        fields.serialize_field("from", self.from())?;
        fields.serialize_field("data", &self.shown())?;
        fields.end()
    }
}
