//! Secrets that stand in a fixture, because another tool recorded it or someone edited it.

use super::Half;
use crate::fixture::interaction::Interaction;
use crate::fixture::redact::{Cause, Redaction, Redactor};

/// A secret in a stored interaction. Its value is not kept.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Secret {
    /// What it is: the name in `[REDACTED:NAME]`.
    pub name: String,
    /// The half that it is in.
    pub half: Half,
    /// `path`, `header location`, `$.messages[0].content`, `stream`.
    pub place: String,
    /// Why it is taken for one.
    pub reason: &'static str,
}

/// What a recording would have redacted in each of these interactions.
pub(crate) fn found(redactor: &Redactor, interactions: &[Interaction]) -> Vec<Vec<Secret>> {
    redactor.learn_signatures(interactions);
    let of = |interaction: &Interaction| {
        let Interaction { mut request, mut response, .. } = interaction.clone();
        let found = redactor.request(&mut request);
        let secrets = redactor.response(&mut response, &found).into_iter();
        let secrets = secrets.map(|redaction| secret(Half::Response, redaction));
        let sent = found.redactions.into_iter().map(|redaction| secret(Half::Request, redaction));
        sent.chain(secrets).collect()
    };
    interactions.iter().map(of).collect()
}

/// The same with the secrets that no variable holds: shapes of keys, and places where secrets are.
#[must_use]
pub fn secrets(interactions: &[Interaction]) -> Vec<Vec<Secret>> {
    found(&Redactor::new([]), interactions)
}

fn secret(half: Half, redaction: Redaction) -> Secret {
    let reason = match redaction.cause {
        Cause::Place => "its place",
        Cause::Name => "the name beside it",
        Cause::Shape => "its shape",
        Cause::Value => "the value of a variable",
    };
    Secret { name: redaction.name, half, place: redaction.place, reason }
}
