//! `target/llmock/last-run.jsonl`: one JSON object a test, and one for each request that was refused because no test was
//! there for it.

use super::miss::Miss;
use super::sentences::{headline, reason, without_name};
use super::{Answered, Report, Tally, Verdict};
use crate::json;

/// An object in which members stand in the order in which they are written. By hand: deriving it would make every
/// user build `serde_derive`.
#[derive(Default)]
struct Object(String);

impl Object {
    /// A member whose value is JSON already.
    fn json(mut self, name: &str, value: &str) -> Self {
        self.0.push(if self.0.is_empty() { '{' } else { ',' });
        self.0.push_str(&json::quote(name));
        self.0.push(':');
        self.0.push_str(value);
        self
    }

    fn text(self, name: &str, value: &str) -> Self {
        self.json(name, &json::quote(value))
    }

    fn count(self, name: &str, value: usize) -> Self {
        self.json(name, &value.to_string())
    }

    fn list(self, name: &str, values: impl Iterator<Item = String>) -> Self {
        self.json(name, &format!("[{}]", values.collect::<Vec<_>>().join(",")))
    }

    fn end(self) -> String {
        self.0 + "}"
    }
}

/// One line without a line end; members always stand in the same order.
pub(crate) fn line(report: &Report) -> String {
    let verdict = match report.verdict() {
        Verdict::Passed => "passed",
        Verdict::Failed => "failed",
        Verdict::FailedItself => "failed_itself",
    };
    let notes = report.notes.iter().map(|note| named(note.name(), &note.clause(&report.fixture)));
    let failures = report.failures.iter();
    let line = Object::default()
        .text("test", &report.test)
        .text("fixture", &report.fixture)
        .text("mode", report.mode)
        .text("verdict", verdict)
        .json("interactions", &tally(report.tally))
        .json("answered_by", &answered(report.answered))
        .list("misses", report.misses.iter().map(|miss| missed(miss, report)))
        .list("failures", failures.map(|failure| named(failure.name(), &headline(failure))))
        .list("notes", notes);
    match report.command.in_mode("record").filter(|_| report.fails()) {
        Some(command) => line.text("record", &command).end(),
        None => line.end(),
    }
}

/// A request that no session has seen: the same, with nothing but the member `refused`.
pub(crate) fn refused_line(
    provider: Option<&str>,
    method: &str,
    path: &str,
    message: &str,
) -> String {
    let refused = Object::default()
        .text("provider", provider.unwrap_or_default())
        .text("method", method)
        .text("path", path)
        .text("sentence", without_name(message));
    Object::default().json("refused", &refused.end()).end()
}

fn tally(tally: Tally) -> String {
    Object::default().count("used", tally.used).count("total", tally.total).end()
}

fn answered(answered: Answered) -> String {
    Object::default()
        .count("fixture", answered.fixture)
        .count("mock", answered.mock)
        .count("upstream", answered.upstream)
        .count("nothing", answered.nothing)
        .end()
}

fn missed(miss: &Miss, report: &Report) -> String {
    let differences = miss.reason.differences().iter();
    Object::default()
        .count("request", miss.request)
        .text("provider", miss.provider)
        .text("method", &miss.method)
        .text("path", &miss.path)
        .text("reason", miss.reason.name())
        .text("sentence", &reason(&miss.reason, &report.test))
        .list("differs_at", differences.map(|place| json::quote(&place.path)))
        .end()
}

fn named(name: &str, sentence: &str) -> String {
    Object::default().text("name", name).text("sentence", sentence).end()
}
