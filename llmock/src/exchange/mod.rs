//! Everything between a request and its response, for test sessions, mounted fixtures and servers alike.
//!
//! [`request`] brings a request into the form in which requests are compared, without [`secrets`], [`queue`] finds the interaction that
//! responds to it, or [`batches`] several that have its parts, [`miss`] explains why there is none. [`response`] and [`body`] are what the client receives, in
//! which [`links`] lead back to llmock. While recording, [`upstream`] says where requests go, `forward` sends them
//! there, `record` turns the response into an interaction, and `write` puts it into a file.

pub(crate) mod batches;
pub(crate) mod body;
pub(crate) mod client;
#[cfg(feature = "record")]
pub(crate) mod forward;
pub(crate) mod handshake;
pub(crate) mod headers;
pub(crate) mod in_flight;
pub(crate) mod links;
pub(crate) mod miss;
pub(crate) mod observe;
pub(crate) mod queue;
pub(crate) mod quiet;
pub(crate) mod received;
#[cfg(feature = "record")]
pub(crate) mod record;
#[cfg(all(feature = "record", feature = "websocket"))]
pub(crate) mod recorded_socket;
#[cfg(feature = "record")]
mod relay;
pub(crate) mod request;
pub(crate) mod response;
pub(crate) mod secrets;
pub(crate) mod sent;
#[cfg(feature = "record")]
pub(crate) mod sigv4;
#[cfg(feature = "websocket")]
pub(crate) mod transcript;
pub(crate) mod upstream;
pub(crate) mod verify;
pub(crate) mod watched;
pub(crate) mod write;

use std::sync::Arc;

use observe::Observation;
pub use received::{ReceivedResponse, ResponseEvent};
pub use sent::{RespondedBy, SentRequest};
use serde::ser::{Serialize, SerializeStruct as _, Serializer};
#[cfg(feature = "websocket")]
pub use transcript::SocketMessage;

use crate::fixture::Position;
use crate::fixture::redact::Redactor;
use crate::reply::rules::RuleNumber;
use crate::wire::usage::TokenUsage;
#[cfg(feature = "websocket")]
use transcript::Transcript;

/// One request of this run, and what the program received for it.
///
/// [`LlmMock::exchanges`](crate::LlmMock::exchanges) returns them in every mode. For insta, `Debug` and `Serialize` are
/// stable: they leave out headers, ports, and times.
///
/// ```no_run
/// # use llmock::{LlmMock, llm_replay};
/// #[llm_replay(fixture = "chat")]
/// #[test]
/// fn the_model_stops_by_itself(mock: &LlmMock) {
///     // ... run the program ...
///     let exchanges = mock.exchanges();
///     let response = exchanges[0].response().unwrap();
///     let body: serde_json::Value = response.json().unwrap();
///     assert_eq!(body["choices"][0]["finish_reason"], "stop");
///     assert!(!exchanges[0].disconnected_early());
///     // insta::assert_json_snapshot!(exchanges);
/// }
/// ```
#[derive(Clone)]
pub struct Exchange {
    pub(crate) sent: SentRequest,
    /// What the client receives while the test runs.
    pub(crate) observation: Observation,
    /// The same at the time when a test asks for it.
    received: Option<ReceivedResponse>,
    /// The interaction that responded to it.
    pub(crate) used: Option<Used>,
    /// Further ones that its response is made from.
    pub(crate) also_used: Vec<Position>,
    /// The rule whose reply it got.
    pub(crate) rule: Option<RuleNumber>,
    /// Declared by `side(...)`: never a miss, never unused, not counted by `calls`.
    pub(crate) is_side: bool,
    pub(crate) sender: Sender,
    /// The previous test, if it was recorded with this request and did not send it.
    pub(crate) expected_by: Option<String>,
    /// The fault that replaced or changed its response, as the attribute writes it.
    pub(crate) fault: Option<String>,
    /// The messages, if it is the handshake of a WebSocket.
    #[cfg(feature = "websocket")]
    pub(crate) socket: SocketLog,
}

/// The messages of a WebSocket, while it runs and as a test sees them.
#[cfg(feature = "websocket")]
#[derive(Clone, Default)]
pub(crate) struct SocketLog {
    pub(crate) transcript: Option<Transcript>,
    messages: Vec<SocketMessage>,
    close: Option<(Option<u16>, String)>,
}

#[cfg(feature = "websocket")]
impl SocketLog {
    fn shown(&self, redactor: &Redactor) -> Self {
        let Some(transcript) = &self.transcript else { return Self::default() };
        let messages = transcript.shown(redactor);
        Self { transcript: self.transcript.clone(), messages, close: transcript.closed() }
    }

    /// The tokens that the server has reported so far, if it is a WebSocket.
    pub(crate) fn usage(&self) -> Option<TokenUsage> {
        self.transcript.as_ref().map(Transcript::usage)
    }
}

/// The place of a request in the run, in order of arrival.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) struct RequestNumber(usize);

/// An interaction that responded to a request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Used {
    pub(crate) interaction: Position,
    /// Another test recorded it.
    pub(crate) is_borrowed: bool,
    /// An earlier request used it already.
    pub(crate) is_repeated: bool,
}

/// Which test sent a request, as far as that can be known.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Sender {
    /// Nothing suggests that another test sent it.
    ThisTest,
    /// Its connection was opened before this test began, while that test ran, or none.
    EarlierConnection { test: Option<Arc<str>> },
    /// It started before this test began, while that test ran, or none: this test cannot have sent it.
    EarlierTest { test: Option<Arc<str>> },
}

impl Exchange {
    pub(crate) fn new(sent: SentRequest, is_side: bool, sender: Sender) -> Self {
        Self {
            sent,
            observation: Observation::default(),
            received: None,
            used: None,
            also_used: Vec::new(),
            rule: None,
            is_side,
            sender,
            expected_by: None,
            fault: None,
            #[cfg(feature = "websocket")]
            socket: SocketLog::default(),
        }
    }

    /// Whether another test sent it, so that it must not affect this one.
    pub(crate) fn is_stray(&self) -> bool {
        matches!(self.sender, Sender::EarlierTest { .. })
    }

    /// Whether a fault has changed its response.
    #[cfg(feature = "record")]
    pub(crate) fn is_damaged(&self) -> bool {
        self.fault.as_ref().is_some_and(|fault| !fault.starts_with("slow"))
    }

    /// A copy with what the client has received so far, without secrets.
    pub(crate) fn snapshot(&self, redactor: &Redactor) -> Self {
        let mut received = self.observation.so_far();
        if let Some(response) = &mut received {
            response.asked_for_stream = self.sent.is_streaming();
            response.redact(redactor);
        }
        Self {
            sent: self.sent.redacted(redactor),
            received,
            #[cfg(feature = "websocket")]
            socket: self.socket.shown(redactor),
            ..self.clone()
        }
    }

    /// The request.
    pub fn request(&self) -> &SentRequest {
        &self.sent
    }

    /// The response that the client received, as far as it was sent when
    /// [`exchanges`](crate::LlmMock::exchanges) was called. `None` before it begins, and if the connection was closed
    /// without one. A miss has a response too: llmock's refusal.
    pub fn response(&self) -> Option<&ReceivedResponse> {
        self.received.as_ref()
    }

    /// The messages of a WebSocket, as far as they were sent when [`exchanges`](crate::LlmMock::exchanges) was called; none
    /// for other requests.
    #[cfg(feature = "websocket")]
    pub fn socket_messages(&self) -> &[SocketMessage] {
        &self.socket.messages
    }

    /// The code and the reason with which either side closed the WebSocket; `None` if no one did.
    #[cfg(feature = "websocket")]
    pub fn socket_close(&self) -> Option<(Option<u16>, &str)> {
        self.socket.close.as_ref().map(|(code, reason)| (*code, reason.as_str()))
    }

    /// What responded to the request.
    pub fn responded_by(&self) -> RespondedBy {
        self.sent.responded_by
    }

    /// The number of the recorded interaction that was used, counted from one in the order of the file.
    pub fn interaction(&self) -> Option<usize> {
        self.used.map(|used| used.interaction.number())
    }

    /// Whether the client closed its connection before the response was sent to its end; see
    /// [`ReceivedResponse::disconnected_early`] for the limits.
    pub fn disconnected_early(&self) -> bool {
        self.received.as_ref().is_some_and(ReceivedResponse::disconnected_early)
    }

    /// The tokens that the response reports; zero where it reports none.
    ///
    /// ```no_run
    /// # fn check(mock: &llmock::LlmMock) {
    /// let all: llmock::TokenUsage = mock.exchanges().iter().map(|exchange| exchange.usage()).sum();
    /// assert!(all.total() < 10_000);
    /// # }
    /// ```
    pub fn usage(&self) -> TokenUsage {
        #[cfg(feature = "websocket")]
        if let Some(usage) = self.socket.usage() {
            return usage;
        }
        self.received.as_ref().map(ReceivedResponse::usage).unwrap_or_default()
    }
}

impl std::fmt::Debug for Exchange {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Exchange")
            .field("request", &self.sent)
            .field("responded_by", &self.sent.responded_by)
            .field("response", &self.received)
            .finish_non_exhaustive()
    }
}

impl Serialize for Exchange {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut fields = serializer.serialize_struct("Exchange", 3)?;
        fields.serialize_field("request", &self.sent)?;
        fields.serialize_field("responded_by", self.sent.responded_by.name())?;
        fields.serialize_field("response", &self.received)?;
        fields.end()
    }
}

impl RequestNumber {
    /// Of the first request, or of one outside every run.
    #[cfg(any(feature = "server", feature = "wiremock"))]
    pub(crate) const FIRST: Self = Self(0);

    pub(crate) const fn from_index(index: usize) -> Self {
        Self(index)
    }

    /// For slices, counted from zero.
    pub(crate) const fn index(self) -> usize {
        self.0
    }

    /// For people, counted from one.
    pub(crate) const fn number(self) -> usize {
        self.0 + 1
    }
}
