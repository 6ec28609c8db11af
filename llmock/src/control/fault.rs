//! [`Fault`]: what goes wrong with a response.

use std::time::Duration;

use llmock_rules::{At, FaultKind, FaultRule};

use crate::provider::Provider;

/// Something that goes wrong with a response on purpose, for [`LlmMock::fault`](crate::LlmMock::fault) and the builder.
///
/// A fault affects one response, the next that fits, unless [`times`](Self::times) says otherwise. A request that is
/// repeated after a fault gets the response that the fault has damaged or replaced.
///
/// ```
/// use std::time::Duration;
/// use llmock::control::Fault;
///
/// let limited = Fault::status(429).retry_after(1).times(2);
/// let cut = Fault::cut_after_event(3).reset().request(2);
/// let slow = Fault::slow(Duration::from_secs(2)).model("gpt-*");
/// # let _ = (limited, cut, slow);
/// ```
#[derive(Clone, Debug, PartialEq)]
#[must_use = "it takes effect in `LlmMock::fault` or the builder"]
pub struct Fault {
    pub(crate) rule: FaultRule,
}

impl Fault {
    fn new(kind: FaultKind) -> Self {
        Self { rule: FaultRule::new(kind) }
    }

    /// An error with this status in the provider's own shape, instead of a response.
    ///
    /// # Panics
    ///
    /// If the status is none from 400 to 599.
    #[track_caller]
    pub fn status(code: u16) -> Self {
        assert!((400..=599).contains(&code), "invalid status `{code}`: expected 400 to 599");
        Self::new(FaultKind::Status { code, retry_after: None })
    }

    /// Adds the header `retry-after` to an error, in seconds.
    ///
    /// # Panics
    ///
    /// If the fault is not a [`status`](Self::status).
    #[track_caller]
    pub fn retry_after(mut self, seconds: u64) -> Self {
        match &mut self.rule.kind {
            FaultKind::Status { retry_after, .. } => *retry_after = Some(seconds),
            other => panic!("`retry_after` belongs to a status, not to `{other}`"),
        }
        self
    }

    /// The connection closes after so many events. With zero, after the head of the response.
    ///
    /// Events are counted as [`Hold::at_event`](crate::control::Hold::at_event) counts them.
    pub fn cut_after_event(events: usize) -> Self {
        Self::new(FaultKind::Cut { after: At::Event(events), reset: false })
    }

    /// The connection closes after so many bytes of the body.
    pub fn cut_after_byte(bytes: usize) -> Self {
        Self::new(FaultKind::Cut { after: At::Byte(bytes), reset: false })
    }

    /// Cuts by a TCP reset instead of an end of the connection. Over HTTP/2, and in a tunnel, it is an end.
    ///
    /// # Panics
    ///
    /// If the fault is not a cut.
    #[track_caller]
    pub fn reset(mut self) -> Self {
        match &mut self.rule.kind {
            FaultKind::Cut { reset, .. } => *reset = true,
            other => panic!("`reset` belongs to a cut, not to `{other}`"),
        }
        self
    }

    /// Nothing follows after so many events, until the client leaves or the test ends.
    pub fn stall_after_event(events: usize) -> Self {
        Self::new(FaultKind::Stall { after: At::Event(events) })
    }

    /// Nothing follows after so many bytes of the body, until the client leaves or the test ends.
    pub fn stall_after_byte(bytes: usize) -> Self {
        Self::new(FaultKind::Stall { after: At::Byte(bytes) })
    }

    /// The head of the response comes so much later.
    pub fn slow(by: Duration) -> Self {
        Self::new(FaultKind::Slow(by))
    }

    /// This event, counted from one, is no valid JSON. A body in one piece is one event.
    ///
    /// # Panics
    ///
    /// If the number is zero.
    #[track_caller]
    pub fn malformed_event(event: usize) -> Self {
        assert!(event > 0, "events are counted from one");
        Self::new(FaultKind::Malformed { event })
    }

    /// The response says that it is of this type.
    ///
    /// # Panics
    ///
    /// If it is no media type.
    #[track_caller]
    pub fn content_type(content_type: impl Into<String>) -> Self {
        let content_type = content_type.into();
        let is_valid =
            http::HeaderValue::from_str(&content_type).is_ok() && content_type.contains('/');
        assert!(
            is_valid,
            "invalid content type `{content_type}`: expected one such as `text/html`"
        );
        Self::new(FaultKind::ContentType(content_type))
    }

    /// The response has no byte after its head.
    pub fn empty_body() -> Self {
        Self::new(FaultKind::EmptyBody)
    }

    /// The connection closes by a reset before a byte of the response.
    ///
    /// # Limits
    ///
    /// llmock serves all tests of a process at one port and has to read a request to know whose it is, so a client connects
    /// before it is refused.
    pub fn refused() -> Self {
        Self::new(FaultKind::Refused)
    }

    /// A WebSocket is closed with the code 1011 after so many messages of the server. With zero, at once.
    ///
    /// Other responses have no such end: there the fault is reported as one that has not happened.
    pub fn close_after_event(events: usize) -> Self {
        Self::new(FaultKind::Close { after: events, code: 1011 })
    }

    /// Closes a WebSocket with this code.
    ///
    /// # Panics
    ///
    /// If the fault is not a [`close_after_event`](Self::close_after_event).
    #[track_caller]
    pub fn close_code(mut self, close_code: u16) -> Self {
        match &mut self.rule.kind {
            FaultKind::Close { code, .. } => *code = close_code,
            other => panic!("`close_code` belongs to a close, not to `{other}`"),
        }
        self
    }

    /// This message of a WebSocket, counted from one, has more than 64 MiB, as blanks before its text. No other response has
    /// messages.
    ///
    /// # Panics
    ///
    /// If the number is zero.
    #[track_caller]
    pub fn oversized_event(event: usize) -> Self {
        assert!(event > 0, "messages are counted from one");
        Self::new(FaultKind::Oversized { event })
    }

    /// How many responses it affects.
    ///
    /// # Panics
    ///
    /// If it is zero.
    #[track_caller]
    pub fn times(mut self, times: u32) -> Self {
        assert!(times > 0, "a fault happens at least once");
        self.rule.times = Some(times);
        self
    }

    /// Affects every response that fits.
    pub fn always(mut self) -> Self {
        self.rule.times = None;
        self
    }

    /// Affects only this request among those that fit, counted from one.
    ///
    /// # Panics
    ///
    /// If the number is zero.
    #[track_caller]
    pub fn request(mut self, number: usize) -> Self {
        assert!(number > 0, "requests are counted from one");
        self.rule.selector.request = Some(number);
        self
    }

    /// Affects only requests to this provider.
    pub fn provider(mut self, provider: Provider) -> Self {
        self.rule.selector.provider = Some(provider.id().to_owned());
        self
    }

    /// Affects only requests to this path, as at the provider's own host and without a query; `*` stands for any text.
    pub fn path(mut self, path: impl Into<String>) -> Self {
        self.rule.selector.path = Some(path.into());
        self
    }

    /// Affects only requests to this model; `*` stands for any text.
    pub fn model(mut self, model: impl Into<String>) -> Self {
        self.rule.selector.model = Some(model.into());
        self
    }

    /// Affects a share of the requests that fit, drawn with this seed, as often as it is drawn.
    ///
    /// # Panics
    ///
    /// If the share is not from 0 to 1.
    #[track_caller]
    pub fn probability(mut self, share: f64, seed: u64) -> Self {
        assert!((0.0..=1.0).contains(&share), "invalid probability `{share}`: expected 0 to 1");
        (self.rule.probability, self.rule.seed, self.rule.times) = (Some(share), Some(seed), None);
        self
    }
}
