//! What a green test is worth: conclusions about requests and recordings that a perfect replay hides.
//!
//! Pure functions: [`versions`] compares the API versions of a request and its recording, [`contract`] has what providers
//! reject, [`prefix`] looks whether a conversation keeps its prompt cache, [`age`] finds old
//! recordings, [`drift`] compares a recording with what the provider responds now, and [`prices`] adds up what responses cost.

pub(crate) mod age;
pub(crate) mod contract;
pub(crate) mod drift;
pub(crate) mod prefix;
pub(crate) mod prices;
pub(crate) mod versions;

/// Something that llmock concludes; the report turns it into a note or a failure, the command into a finding.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Conclusion {
    /// One of `llmock_rules::FINDINGS`.
    pub(crate) code: &'static str,
    /// What is the case, as a clause.
    pub(crate) message: String,
    /// What to do; `{record}` stands for the command that records the test again.
    pub(crate) remedy: Option<String>,
}
