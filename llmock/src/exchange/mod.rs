//! Everything between a request and its response, for test sessions, mounted fixtures and servers alike.
//!
//! [`request`] brings a request into the form in which requests are compared, without [`secrets`], [`queue`] finds the interaction that
//! responds to it, [`miss`] explains why there is none. [`response`] and [`body`] are what the client receives, in
//! which [`links`] lead back to llmock. While recording, [`upstream`] says where requests go, `forward` sends them
//! there, `record` turns the response into an interaction, and `write` puts it into a file.

pub(crate) mod body;
pub(crate) mod client;
#[cfg(feature = "record")]
pub(crate) mod forward;
pub(crate) mod in_flight;
pub(crate) mod links;
pub(crate) mod miss;
pub(crate) mod queue;
#[cfg(feature = "record")]
pub(crate) mod record;
#[cfg(feature = "record")]
mod relay;
pub(crate) mod request;
pub(crate) mod response;
pub(crate) mod secrets;
#[cfg(feature = "record")]
pub(crate) mod sigv4;
pub(crate) mod upstream;
pub(crate) mod verify;
pub(crate) mod watched;
pub(crate) mod write;

use std::sync::Arc;

use crate::fixture::Position;
use crate::provider::Provider;

/// What responded to a request.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum RespondedBy {
    /// A recorded interaction, or the empty response to a side call.
    Fixture,
    /// A wiremock `Mock` that the test mounted.
    Mock,
    /// The real provider, while recording.
    Upstream,
    /// Nothing: a miss, which fails the test.
    Nothing,
}

/// One request of this run, and how it was responded to.
#[derive(Clone, Debug)]
pub(crate) struct Exchange {
    pub(crate) provider: Provider,
    pub(crate) method: String,
    /// Canonical, with secrets redacted.
    pub(crate) path: String,
    /// Without headers that hold secrets; names in lower case.
    pub(crate) headers: Vec<(String, String)>,
    /// Decompressed, with secrets redacted.
    pub(crate) body: Vec<u8>,
    pub(crate) responded_by: RespondedBy,
    /// The interaction that responded to it.
    pub(crate) used: Option<Used>,
    /// Declared by `side(...)`: never a miss, never unused, not counted by `calls`.
    pub(crate) is_side: bool,
    pub(crate) sender: Sender,
    /// The previous test, if it was recorded with this request and did not send it.
    pub(crate) expected_by: Option<String>,
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
    /// Whether another test sent it, so that it must not affect this one.
    pub(crate) fn is_stray(&self) -> bool {
        matches!(self.sender, Sender::EarlierTest { .. })
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
