//! A verdict as text, JSON, and `JUnit`.

use std::fmt::Write as _;

use llmock::__server::ClientFinding;
use llmock_rules::{At, FaultKind};
use serde_json::{Value, json};

use super::form::Format;

/// How a client handled all faults.
#[derive(Debug)]
pub(crate) struct Verdict {
    pub(super) cases: Vec<Case>,
}

/// How it handled one.
#[derive(Debug)]
pub(crate) struct Case {
    pub(super) request: String,
    pub(super) session: String,
    /// As tests write it: `status = 429, retry_after = 1`.
    pub(super) fault: String,
    pub(super) repeats: usize,
    /// Milliseconds until the first repetition.
    pub(super) waited: Option<u64>,
    pub(super) findings: Vec<ClientFinding>,
}

impl Case {
    fn json(&self) -> Value {
        let finding = |one: &ClientFinding| json!({"code": one.code, "severity": severity(one), "message": one.message});
        json!({
            "request": self.request,
            "session": self.session,
            "fault": self.fault,
            "repeats": self.repeats,
            "waited_ms": self.waited,
            "findings": self.findings.iter().map(finding).collect::<Vec<_>>(),
        })
    }

    fn fails(&self) -> bool {
        self.findings.iter().any(|one| one.fails)
    }

    /// `POST /v1/chat/completions gpt-4o, fault status = 429`.
    fn title(&self) -> String {
        format!("{}, fault {}", self.request, self.fault)
    }
}

fn severity(finding: &ClientFinding) -> &'static str {
    if finding.fails { "error" } else { "note" }
}

impl Verdict {
    /// Whether the client did nothing that fails a sweep.
    fn has_passed(&self) -> bool {
        self.failures() == 0
    }

    /// In how many cases it did.
    pub(crate) fn failures(&self) -> usize {
        self.cases.iter().filter(|case| case.fails()).count()
    }

    pub(crate) fn shown(&self, format: Format) -> String {
        match format {
            Format::Text => self.text(),
            Format::Json => self.json(),
            Format::Junit => self.junit(),
        }
    }

    fn json(&self) -> String {
        let finding = |case: &Case, one: &ClientFinding| {
            json!({"code": one.code, "severity": severity(one), "message": one.message,
                "location": case.request, "fault": case.fault, "session": case.session})
        };
        let findings = self.cases.iter();
        let findings: Vec<Value> = findings
            .flat_map(|case| case.findings.iter().map(move |one| finding(case, one)))
            .collect();
        let all = json!({"passed": self.has_passed(), "faults": self.cases.len(),
            "findings": findings, "cases": self.cases.iter().map(Case::json).collect::<Vec<_>>()});
        format!("{all}\n")
    }

    fn text(&self) -> String {
        let findings: usize = self.cases.iter().map(|case| case.findings.len()).sum();
        let word = if self.has_passed() { "passed" } else { "failed" };
        let mut text = format!(
            "verdict on the client: {word}, {} in {}\n",
            count(findings, "finding"),
            count(self.cases.len(), "fault")
        );
        for case in &self.cases {
            for finding in &case.findings {
                let mark = if finding.fails { "×" } else { "·" };
                let _ = writeln!(
                    text,
                    "  {mark} {}: {}   {}",
                    case.title(),
                    finding.message,
                    finding.code
                );
            }
        }
        text
    }

    fn junit(&self) -> String {
        let failures = self.failures();
        let mut text = format!(
            "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<testsuites>\n  <testsuite name=\"llmock verdict\" tests=\"{}\" failures=\"{failures}\">\n",
            self.cases.len()
        );
        for case in &self.cases {
            let _ = write!(
                text,
                "    <testcase classname=\"{}\" name=\"{}\"",
                escaped(&case.session),
                escaped(&case.title())
            );
            if case.findings.is_empty() {
                text.push_str("/>\n");
                continue;
            }
            text.push_str(">\n");
            for finding in &case.findings {
                let (code, message) = (finding.code, escaped(finding.message));
                let _ = if finding.fails {
                    writeln!(text, "      <failure type=\"{code}\" message=\"{message}\"/>")
                } else {
                    writeln!(text, "      <system-out>{code}: {message}</system-out>")
                };
            }
            text.push_str("    </testcase>\n");
        }
        text.push_str("  </testsuite>\n</testsuites>\n");
        text
    }
}

fn count(number: usize, what: &str) -> String {
    format!("{number} {what}{}", if number == 1 { "" } else { "s" })
}

/// Text in XML, which has no control characters.
fn escaped(text: &str) -> String {
    let plain = text.replace(char::is_control, " ");
    plain.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;")
}

/// A fault as tests write it.
pub(super) fn name_of(kind: &FaultKind) -> String {
    let place = |after: &At| match after {
        At::Event(number) => format!("event = {number}"),
        At::Byte(number) => format!("byte = {number}"),
    };
    match kind {
        FaultKind::Status { code, retry_after: None } => format!("status = {code}"),
        FaultKind::Status { code, retry_after: Some(seconds) } => {
            format!("status = {code}, retry_after = {seconds}")
        }
        FaultKind::Cut { after, .. } => format!("cut_after_{}", place(after)),
        FaultKind::Stall { after } => format!("stall_after_{}", place(after)),
        FaultKind::Slow(by) => format!("slow = {by:?}"),
        FaultKind::Malformed { event } => format!("malformed_event = {event}"),
        FaultKind::ContentType(value) => format!("content_type = {value}"),
        FaultKind::EmptyBody => "empty_body".to_owned(),
        FaultKind::Refused => "refused".to_owned(),
        FaultKind::Close { .. } | FaultKind::Oversized { .. } => kind.to_string(),
    }
}
