//! A recorded response as a reply, of which one aspect is changed.

use super::finish::Finish;
use crate::stream::Stream;

/// The response, and what is changed.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Recorded {
    pub(crate) status: u16,
    pub(crate) headers: Vec<(String, String)>,
    pub(crate) content: Content,
    /// The name of its wire format.
    pub(crate) format: &'static str,
    pub(crate) text: Option<String>,
    pub(crate) finish: Option<Finish>,
    pub(crate) without_usage: bool,
}

#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Content {
    Whole(Vec<u8>),
    Stream(Stream),
}
