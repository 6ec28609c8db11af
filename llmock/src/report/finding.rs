//! [`Finding`]: something that llmock concludes about a test, a fixture, or a client, in one shape for every reader.

use llmock_rules::{FindingCode, Severity};

use super::sentences::{MESSAGE, PATH};
use super::values::excerpt;
use super::{Note, Report};
use crate::json::write::{Object, object};

/// A conclusion. Its code is one of `llmock_rules::FINDINGS`, which `docs/findings.md` explains.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Finding {
    pub(crate) code: &'static str,
    pub(crate) severity: Severity,
    /// A test, a file, or a line of one.
    pub(crate) location: String,
    pub(crate) message: String,
    pub(crate) remedy: Option<String>,
}

impl Finding {
    /// A finding with the severity of its code.
    pub(crate) fn new(
        code: &'static str,
        location: impl Into<String>,
        message: impl Into<String>,
    ) -> Self {
        let severity = FindingCode::named(code).map_or(Severity::Warning, |code| code.severity);
        Self { code, severity, location: location.into(), message: message.into(), remedy: None }
    }

    pub(crate) fn with_remedy(self, remedy: Option<String>) -> Self {
        Self { remedy, ..self }
    }

    /// One line: `location: message; remedy`.
    pub(crate) fn text(&self) -> String {
        let remedy = self.remedy.as_ref().map(|remedy| format!("; {remedy}")).unwrap_or_default();
        format!("{}: {}{remedy}", excerpt(&self.location, PATH), self.message)
    }

    /// An object with its members in a fixed order.
    pub(crate) fn json(&self) -> Object {
        let finding = object! {
            "code": *self.code,
            "severity": *self.severity.as_str(),
            "location": self.location,
            "message": excerpt(&self.message, 2 * MESSAGE),
        };
        finding.with_some("remedy", self.remedy.as_ref())
    }
}

impl Note {
    /// The note as a finding about the test.
    pub(crate) fn finding(&self, report: &Report) -> Finding {
        let remedy = self.remedy(report).filter(|_| !report.fails());
        Finding::new(self.name(), report.test.clone(), self.clause(report)).with_remedy(remedy)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_note_has_a_code() {
        for name in Note::NAMES.iter().copied() {
            assert!(FindingCode::named(name).is_some(), "{name}");
        }
    }

    #[test]
    fn renders_text_and_json() {
        let finding = Finding::new("cut", "api::chat", "the provider cut off #1");
        assert_eq!(finding.severity, Severity::Warning);
        let finding = finding.with_remedy(Some("record again".to_owned()));
        assert_eq!(finding.text(), "api::chat: the provider cut off #1; record again");
        assert_eq!(
            finding.json().into_text(),
            r#"{"code":"cut","severity":"warning","location":"api::chat","message":"the provider cut off #1","remedy":"record again"}"#
        );
    }
}
