//! What `llmock check` concludes, and its formats for other programs.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use llmock_rules::{FindingCode, Severity};
use percent_encoding::{AsciiSet, CONTROLS, utf8_percent_encode};
use serde_json::{Value, json};

/// Something that is wrong with a fixture or a test.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Finding {
    pub(crate) code: &'static str,
    /// The file, as it is shown.
    pub(crate) file: String,
    pub(crate) line: Option<usize>,
    /// The interaction, counted from one.
    pub(crate) number: Option<usize>,
    pub(crate) message: String,
    pub(crate) remedy: Option<String>,
}

impl Finding {
    pub(crate) fn severity(&self) -> Severity {
        FindingCode::named(self.code).map_or(Severity::Warning, |code| code.severity)
    }

    pub(crate) fn location(&self) -> String {
        match (self.number, self.line) {
            (Some(number), _) => format!("{}#{number}", self.file),
            (None, Some(line)) => format!("{}:{line}", self.file),
            (None, None) => self.file.clone(),
        }
    }
}

/// An array of objects, as in `last-run.jsonl`.
pub(crate) fn as_json(findings: &[Finding]) -> Value {
    let object = |finding: &Finding| {
        json!({
            "code": finding.code,
            "severity": finding.severity().as_str(),
            "location": finding.location(),
            "file": finding.file,
            "line": finding.line,
            "number": finding.number,
            "message": finding.message,
            "remedy": finding.remedy,
        })
    };
    findings.iter().map(object).collect()
}

/// SARIF 2.1.0, which code hosts show beside the lines of a pull request.
/// <https://docs.oasis-open.org/sarif/sarif/v2.1.0/sarif-v2.1.0.html>
pub(crate) fn as_sarif(findings: &[Finding]) -> Value {
    let rule = |code: &&str| {
        let meaning = FindingCode::named(code).map_or("", |code| code.meaning);
        json!({ "id": code, "shortDescription": { "text": meaning } })
    };
    let mut codes: Vec<&str> = findings.iter().map(|finding| finding.code).collect();
    codes.sort_unstable();
    codes.dedup();
    let result = |finding: &Finding| {
        let remedy = finding.remedy.as_ref().map(|remedy| format!("; {remedy}"));
        let place = finding.number.map(|number| format!("#{number}: ")).unwrap_or_default();
        let text = format!("{place}{}{}", finding.message, remedy.unwrap_or_default());
        json!({
            "ruleId": finding.code,
            "level": finding.severity().as_str(),
            "message": { "text": text },
            "locations": [{ "physicalLocation": {
                "artifactLocation": { "uri": uri(&finding.file) },
                "region": { "startLine": finding.line.unwrap_or(1) },
            } }],
        })
    };
    json!({
        "$schema": "https://json.schemastore.org/sarif-2.1.0.json",
        "version": "2.1.0",
        "runs": [{
            "tool": { "driver": {
                "name": "llmock",
                "version": env!("CARGO_PKG_VERSION"),
                "informationUri": "https://github.com/llmock/llmock",
                "rules": codes.iter().map(rule).collect::<Vec<_>>(),
            } },
            "results": findings.iter().map(result).collect::<Vec<_>>(),
        }],
    })
}

/// A path as a relative reference: <https://www.rfc-editor.org/rfc/rfc3986#section-4.2>.
fn uri(path: &str) -> String {
    const ESCAPED: &AsciiSet = &CONTROLS
        .add(b' ')
        .add(b'"')
        .add(b'#')
        .add(b'%')
        .add(b'<')
        .add(b'>')
        .add(b'?')
        .add(b'[')
        .add(b']')
        .add(b'^')
        .add(b'`')
        .add(b'{')
        .add(b'|')
        .add(b'}');
    utf8_percent_encode(&path.replace('\\', "/"), ESCAPED).to_string()
}

/// `JUnit` XML: a test case for each checked file, which fails if something is wrong with it.
pub(crate) fn as_junit(findings: &[Finding], files: &[String]) -> String {
    let mut cases: BTreeMap<&str, Vec<&Finding>> = BTreeMap::new();
    for file in files {
        cases.entry(file).or_default();
    }
    for finding in findings {
        cases.entry(&finding.file).or_default().push(finding);
    }
    let is_failure = |finding: &&Finding| finding.severity() == Severity::Error;
    let failed = cases.values().filter(|found| found.iter().any(&is_failure)).count();
    let mut text = format!(
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<testsuites>\n  <testsuite name=\"llmock check\" tests=\"{}\" failures=\"{failed}\">\n",
        cases.len()
    );
    for (file, findings) in &cases {
        let failures: Vec<&&Finding> = findings.iter().filter(|one| is_failure(one)).collect();
        let name = xml(file);
        if failures.is_empty() {
            let _ = writeln!(text, "    <testcase classname=\"llmock\" name=\"{name}\"/>");
            continue;
        }
        let _ = writeln!(text, "    <testcase classname=\"llmock\" name=\"{name}\">");
        let lines: Vec<String> = failures
            .iter()
            .map(|one| format!("{}: {}: {}", one.location(), one.code, one.message))
            .collect();
        let message = xml(&failures[0].message);
        let kind = failures[0].code;
        let details = xml(&lines.join("\n"));
        let _ = writeln!(
            text,
            "      <failure type=\"{kind}\" message=\"{message}\">{details}</failure>\n    </testcase>"
        );
    }
    text.push_str("  </testsuite>\n</testsuites>");
    text
}

/// Text inside XML, without the control characters that XML 1.0 does not have.
fn xml(text: &str) -> String {
    let mut out = String::new();
    for char in text.chars() {
        match char {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            char if char.is_control() && !matches!(char, '\n' | '\t') => out.push('\u{fffd}'),
            char => out.push(char),
        }
    }
    out
}
