//! What is wrong with a fixture file by itself.

use llmock_rules::FindingCode;

use super::secrets::secrets;
use crate::fixture::format;
use crate::fixture::interaction::Interaction;

/// Something that is wrong with a fixture.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Flaw {
    /// One of the codes of findings.
    pub code: &'static str,
    /// The interaction, counted from one, if it is in one.
    pub number: Option<usize>,
    /// What was found.
    pub message: String,
    /// What to do.
    pub remedy: Option<String>,
}

impl Flaw {
    /// `error`, `warning`, `note`.
    #[must_use]
    pub fn severity(&self) -> &'static str {
        FindingCode::named(self.code).map_or("warning", |code| code.severity.as_str())
    }
}

/// Checks the interactions of a file and its text: secrets, and the canonical form.
#[must_use]
pub fn flaws(interactions: &[Interaction], text: &str) -> Vec<Flaw> {
    let mut found = Vec::new();
    for (secrets, number) in secrets(interactions).iter().zip(1..) {
        for secret in secrets {
            let (half, place, name) = (secret.half.name(), &secret.place, &secret.name);
            let reason = secret.reason;
            found.push(Flaw {
                code: "secret",
                number: Some(number),
                message: format!("{half} {place} holds what {reason} calls a secret ({name})"),
                remedy: Some(format!(
                    "revoke the key if it is real, and replace it by `[REDACTED:{name}]` or record again"
                )),
            });
        }
    }
    if !is_canonical(interactions, text) {
        found.push(Flaw {
            code: "not_canonical",
            number: None,
            message: "the file is not in its canonical form".to_owned(),
            remedy: Some("run `llmock fmt`".to_owned()),
        });
    }
    found
}

/// Whether a recording would write the same text. Windows line ends do not count: git sets them.
fn is_canonical(interactions: &[Interaction], text: &str) -> bool {
    let mut hashed = interactions.to_vec();
    for interaction in &mut hashed {
        interaction.hash = interaction.hash();
    }
    let canonical = format::write(&hashed);
    canonical == text || (text.contains('\r') && canonical == text.replace("\r\n", "\n"))
}
