//! The codes of findings: what llmock concludes about a test, a fixture, or a client.

use std::fmt;

use crate::problem::{Problem, hint};

/// How much a finding matters.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Severity {
    /// Worth knowing.
    Note,
    /// Probably not what the author of the test meant.
    Warning,
    /// Fails the test.
    Error,
}

impl Severity {
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Note => "note",
            Self::Warning => "warning",
            Self::Error => "error",
        }
    }
}

impl fmt::Display for Severity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// A code with what it says; `docs/findings.md` has a row for each.
#[derive(Debug)]
pub struct FindingCode {
    pub name: &'static str,
    pub severity: Severity,
    pub meaning: &'static str,
}

const fn note(name: &'static str, meaning: &'static str) -> FindingCode {
    FindingCode { name, severity: Severity::Note, meaning }
}

const fn warning(name: &'static str, meaning: &'static str) -> FindingCode {
    FindingCode { name, severity: Severity::Warning, meaning }
}

const fn error(name: &'static str, meaning: &'static str) -> FindingCode {
    FindingCode { name, severity: Severity::Error, meaning }
}

/// All codes.
#[rustfmt::skip]
pub const FINDINGS: &[FindingCode] = &[
    note("recorded", "interactions were recorded and written"),
    warning("nothing_recorded", "the test ran in mode `record`, and nothing was recorded"),
    warning("unused", "interactions of this test were not requested"),
    warning("mixed_owners", "rules are not about interactions without an owner"),
    warning("editing", "requests without a recording got the responses at their places, while prompts are edited"),
    note("removed", "mode `refresh` removed interactions that the test no longer uses"),
    note("skipped", "the test declared that it sends nothing"),
    note("borrowed", "a response was recorded by another test"),
    note("repeated", "the last response of a request was repeated"),
    warning("stray", "a request started before this test did"),
    warning("left_behind", "an earlier test may have sent a request"),
    warning("refused", "a request reached no session while this test ran"),
    warning("paused_clock", "the clock of tokio is paused"),
    note("retried", "an error was not recorded, because a retry succeeded"),
    note("redacted", "secrets were redacted in a recording"),
    warning("error_inside", "a successful response reports an error"),
    note("reconnected", "a request met a network fault, and a retry succeeded"),
    note("given_up", "the client gave up on a response, and a retry succeeded"),
    note("incomplete_request", "a client disconnected before it had sent its request"),
    warning("cut", "a recorded stream was cut off by the provider"),
    note("client_left", "the client disconnected before a recorded response ended"),
    note("headers_not_stored", "a response has headers that a fixture does not keep"),
    warning("nothing_reached", "no request reached llmock before the test failed"),
    note("responses", "where the responses of a test that failed came from"),
    warning("leads_elsewhere", "a redirection leads past llmock"),
    note("attempt_kept", "the recording of a failed test was kept"),
    warning("attempt_lost", "the recording of a failed test could not be kept"),
    note("only_replayed_in_ci", "`auto` only replays in CI"),
    note("reply_unused", "a repeated reply was never requested"),
    warning("layers_differ", "two layers have different responses to the same request"),
    note("misspelt_variable", "a variable is set that nothing reads"),
    warning("similar", "the recording of a similar request responded"),
    warning("not_similar", "a similar recording was not used, or could not be looked for"),
    note("adversarial_chunks", "streams were cut at places that can be chosen again"),
    warning("api_version", "a request has another API version, or other betas, than its recording"),
    warning("stale", "a recording is older than `max_age`"),
    warning("contract", "the provider would reject a request"),
    warning("context_size", "a request is larger than its model allows"),
    warning("retired_model", "a request names a model that the provider has turned off"),
    warning("retired_endpoint", "a request goes to an endpoint that the provider has turned off"),
    note("cache_prefix", "a request does not extend the one before, so the prompt cache is lost"),
    error("drift_status", "the provider responds with another status, or with an error, than recorded"),
    error("drift_type", "a value, or the whole body, has another type than recorded"),
    error("drift_removed", "a member of a recorded response is gone"),
    error("drift_value", "a kind, an object, or a role has another name than recorded"),
    error("drift_finish", "the model stops for another reason than recorded"),
    error("drift_events", "a stream has lost a kind of event"),
    error("drift_cut", "a stream that was recorded to its end breaks off"),
    error("drift_model", "another model responds than the recorded one"),
    note("drift_added", "a response has new members or events"),
    note("drift_optional", "a member is gone that providers leave out at times"),
    note("drift_fingerprint", "the provider's configuration has another fingerprint"),
    error("verify_failed", "a recording could not be compared with the provider"),
    note("not_verified", "a request is not sent again, because only the recorded run could send it"),
    note("verified", "recordings were compared with the provider"),
    error("sweep_accepted_truncated", "a test under a sweep passed although a response ended early"),
    error("sweep_hung", "a test under a sweep did not end"),
    error("sweep_panicked_elsewhere", "a task of a program panicked under a sweep"),
    error("sweep_retried_in_vain", "a program repeated a request after an error that stays"),
    error("sweep_ignored_retry_after", "a program repeated a request earlier than `retry-after` says"),
    error("sweep_retry_storm", "a program repeated a request again and again"),
    note("sweep_did_not_retry", "a program did not repeat a request after an error that passes"),
    error("secret", "a fixture holds what looks like a secret"),
    error("unreadable", "a fixture cannot be read"),
    error("not_canonical", "a fixture does not have the text that a recording would write"),
    error("orphan", "the test that owns an interaction does not exist"),
    error("pending", "requests that an edit changed wait for review"),
    error("renamed_owner", "the test that owns an interaction has another name now"),
    error("layer", "a layer of fixtures cannot be read"),
    warning("no_fixture", "a test with the attribute has no recording"),
    warning("large", "a fixture is larger than the limit"),
];

impl FindingCode {
    pub fn named(name: &str) -> Option<&'static Self> {
        FINDINGS.iter().find(|code| code.name == name)
    }

    /// Checks the name of a code, for `allow("code")`.
    pub fn parse(name: &str) -> Result<&'static Self, Problem> {
        Self::named(name).ok_or_else(|| {
            let known: Vec<&str> = FINDINGS.iter().map(|code| code.name).collect();
            Problem::new(format!("unknown finding `{name}`{}", hint(name, &known)))
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_are_unique_and_suggested() {
        let mut names: Vec<_> = FINDINGS.iter().map(|code| code.name).collect();
        names.sort_unstable();
        names.dedup();
        assert_eq!(names.len(), FINDINGS.len());
        assert_eq!(FindingCode::parse("repeated").unwrap().severity, Severity::Note);
        let error = FindingCode::parse("repeatet").unwrap_err().to_string();
        assert_eq!(error, "unknown finding `repeatet`; did you mean `repeated`?");
    }
}
