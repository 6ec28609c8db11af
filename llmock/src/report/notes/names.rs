//! The names of notes in `last-run.jsonl`, which are the codes of their findings.

use super::Note;

impl Note {
    /// The names of all notes.
    #[cfg(test)]
    pub(in crate::report) const NAMES: &[&'static str] = &[
        "recorded",
        "nothing_recorded",
        "unused",
        "mixed_owners",
        "removed",
        "editing",
        "reply_unused",
        "borrowed",
        "repeated",
        "skipped",
        "stray",
        "left_behind",
        "refused",
        "paused_clock",
        "retried",
        "redacted",
        "error_inside",
        "reconnected",
        "given_up",
        "incomplete_request",
        "cut",
        "client_left",
        "headers_not_stored",
        "nothing_reached",
        "responses",
        "leads_elsewhere",
        "attempt_kept",
        "attempt_lost",
        "only_replayed_in_ci",
        "misspelt_variable",
        "adversarial_chunks",
        "layers_differ",
        "similar",
        "not_similar",
        "api_version",
        "stale",
        "contract",
        "context_size",
        "retired_model",
        "retired_endpoint",
        "cache_prefix",
        "verified",
        "drift_added",
        "not_verified",
    ];

    /// The test whose interactions this one used.
    pub(crate) fn owner_borrowed_from(&self) -> Option<&str> {
        match self {
            Self::Borrowed { owner, .. } => Some(owner),
            _ => None,
        }
    }

    /// A name for `last-run.jsonl`; part of its format.
    pub(crate) fn name(&self) -> &'static str {
        match self {
            Self::Recorded { .. } => "recorded",
            Self::NothingRecorded => "nothing_recorded",
            Self::Unused { .. } => "unused",
            Self::Mixed { .. } => "mixed_owners",
            Self::Removed { .. } => "removed",
            Self::Editing { .. } => "editing",
            Self::Skipped { .. } => "skipped",
            Self::ReplyUnused { .. } => "reply_unused",
            Self::Borrowed { .. } => "borrowed",
            Self::Repeated { .. } => "repeated",
            Self::Stray { .. } => "stray",
            Self::LeftBehind { .. } => "left_behind",
            Self::Refused { .. } => "refused",
            Self::PausedClock => "paused_clock",
            Self::Retried { .. } => "retried",
            Self::Redacted { .. } => "redacted",
            Self::ErrorInside { .. } => "error_inside",
            Self::Reconnected { .. } => "reconnected",
            Self::GivenUp { .. } => "given_up",
            Self::Incomplete { .. } => "incomplete_request",
            Self::Cut { .. } => "cut",
            Self::ClientLeft { .. } => "client_left",
            Self::HeadersNotStored { .. } => "headers_not_stored",
            Self::NothingReached(_) => "nothing_reached",
            Self::Responses { .. } => "responses",
            Self::LeadsElsewhere { .. } => "leads_elsewhere",
            Self::AttemptKept { .. } => "attempt_kept",
            Self::AttemptLost { .. } => "attempt_lost",
            Self::OnlyReplayedInCi { .. } => "only_replayed_in_ci",
            Self::MisspeltVariable { .. } => "misspelt_variable",
            Self::AdversarialChunks { .. } => "adversarial_chunks",
            Self::LayersDiffer { .. } => "layers_differ",
            Self::Similar { .. } => "similar",
            Self::NotSimilar { .. } => "not_similar",
            Self::Concluded(conclusion) => conclusion.code,
        }
    }
}
