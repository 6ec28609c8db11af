//! `target/llmock/last-run.jsonl`: one JSON object a test, for the command line and for scripts.

use serde::Serialize;

use super::miss::Miss;
use super::sentences::{headline, reason};
use super::{Answered, Report, Tally, Verdict};

#[derive(Serialize)]
struct Line<'a> {
    test: &'a str,
    fixture: &'a str,
    mode: &'a str,
    verdict: &'static str,
    interactions: Tally,
    answered_by: Answered,
    misses: Vec<MissLine<'a>>,
    failures: Vec<Named>,
    notes: Vec<Named>,
    #[serde(skip_serializing_if = "Option::is_none")]
    record: Option<String>,
}

#[derive(Serialize)]
struct MissLine<'a> {
    request: usize,
    provider: &'a str,
    method: &'a str,
    path: &'a str,
    reason: &'static str,
    sentence: String,
    differs_at: Vec<&'a str>,
}

#[derive(Serialize)]
struct Named {
    name: &'static str,
    sentence: String,
}

/// One line without a line end; members always stand in the same order.
pub(crate) fn line(report: &Report) -> String {
    let line = Line {
        test: &report.test,
        fixture: &report.fixture,
        mode: report.mode,
        verdict: match report.verdict() {
            Verdict::Passed => "passed",
            Verdict::Failed => "failed",
            Verdict::FailedItself => "failed_itself",
        },
        interactions: report.tally,
        answered_by: report.answered,
        misses: report.misses.iter().map(|miss| miss_line(miss, report)).collect(),
        failures: report
            .failures
            .iter()
            .map(|failure| Named { name: failure.name(), sentence: headline(failure) })
            .collect(),
        notes: report
            .notes
            .iter()
            .map(|note| Named { name: note.name(), sentence: note.clause(&report.fixture) })
            .collect(),
        record: report.command.in_mode("record").filter(|_| report.fails()),
    };
    // Strings and integers only: nothing in it can fail to become JSON.
    serde_json::to_string(&line).unwrap_or_default()
}

fn miss_line<'a>(miss: &'a Miss, report: &Report) -> MissLine<'a> {
    MissLine {
        request: miss.request,
        provider: miss.provider,
        method: &miss.method,
        path: &miss.path,
        reason: miss.reason.name(),
        sentence: reason(&miss.reason, &report.test),
        differs_at: miss.reason.differences().iter().map(|place| place.path.as_str()).collect(),
    }
}
