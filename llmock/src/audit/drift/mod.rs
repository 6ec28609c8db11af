//! Drift: what has changed in a response of the provider since it was recorded, judged by its shape.
//!
//! Texts, ids, times, and counts differ between any two responses of a model and say nothing. [`shape`] keeps which
//! members exist, of which types they are, and the few values that programs decide by; [`compare`] compares two of
//! them. [`quoting`] recognises requests that only the run that was recorded could send.

pub(crate) mod compare;
pub(crate) mod quoting;
mod shape;
#[cfg(test)]
mod tests;

use llmock_rules::{FindingCode, Severity};

pub(crate) use compare::compare;

/// One difference between a recorded response and today's.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Change {
    /// One of `llmock_rules::FINDINGS`; its severity decides whether the difference fails a test.
    pub(crate) code: &'static str,
    /// Where, as a path below the event of a stream or the body; empty for the whole response.
    pub(crate) path: String,
    /// What is different, as a clause.
    pub(crate) message: String,
}

impl Change {
    fn new(code: &'static str, path: impl Into<String>, message: impl Into<String>) -> Self {
        Self { code, path: path.into(), message: message.into() }
    }

    /// Whether programs that worked with the recording may fail with today's response.
    pub(crate) fn fails(&self) -> bool {
        FindingCode::named(self.code).is_some_and(|code| code.severity == Severity::Error)
    }

    /// ``$.usage.total_tokens: removed``
    pub(crate) fn shown(&self) -> String {
        if self.path.is_empty() {
            return self.message.clone();
        }
        format!("{}: {}", self.path, self.message)
    }
}

/// What became of the comparison of one recording.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Verdict {
    /// Compared; without changes the response is as it was.
    Compared(Vec<Change>),
    /// Not sent, and why.
    Skipped(String),
    /// No response to compare with, and why.
    Failed(String),
}

/// A recording that was compared with the provider, or could not be.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Verified {
    /// Its number in the file, counted from one.
    pub(crate) interaction: usize,
    pub(crate) provider: &'static str,
    pub(crate) method: String,
    pub(crate) path: String,
    pub(crate) verdict: Verdict,
}

impl Verified {
    /// A word for tables and `last-run.jsonl`.
    pub(crate) fn word(&self) -> &'static str {
        match &self.verdict {
            Verdict::Compared(changes) if changes.iter().any(Change::fails) => "drift",
            Verdict::Compared(changes) if changes.is_empty() => "same",
            Verdict::Compared(_) => "added",
            Verdict::Skipped(_) => "skipped",
            Verdict::Failed(_) => "failed",
        }
    }

    pub(crate) fn changes(&self) -> &[Change] {
        if let Verdict::Compared(changes) = &self.verdict { changes } else { &[] }
    }
}
