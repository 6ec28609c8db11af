//! `target/llmock/last-run.jsonl`: one JSON object for each test, and one for each request that was refused because no
//! test was running.

use super::Report;
use super::miss::Miss;
use super::sentences::{reason, without_name};
use crate::json::write::{Object, nested, object};

/// One line without a line end; members are always in the same order.
pub(crate) fn line(report: &Report) -> String {
    let misses: Vec<Object> = report.misses.iter().map(|miss| missed(miss, report)).collect();
    let failures: Vec<Object> =
        report.failures.iter().map(|failure| named(failure.name(), &failure.to_string())).collect();
    let notes: Vec<Object> =
        report.notes.iter().map(|note| named(note.name(), &note.clause(&report.fixture))).collect();
    let line = object! {
        "test": report.test,
        "fixture": report.fixture,
        "mode": *report.mode,
        "verdict": *report.verdict(),
        "interactions": nested! { "used": report.tally.used, "total": report.tally.total },
        "answered_by": nested! {
            "fixture": report.answered.fixture,
            "mock": report.answered.mock,
            "upstream": report.answered.upstream,
            "nothing": report.answered.nothing,
        },
        "misses": misses,
        "failures": failures,
        "notes": notes,
    };
    let record = report.command.in_mode("record").filter(|_| report.fails());
    line.with_some("record", record.as_ref()).into_text()
}

/// A line for a request that reached no session; `refused` is its only member.
pub(crate) fn refused_line(
    provider: Option<&str>,
    method: &str,
    path: &str,
    message: &str,
) -> String {
    let refused = nested! {
        "provider": *provider.unwrap_or_default(),
        "method": *method,
        "path": *path,
        "sentence": *without_name(message),
    };
    Object::new().with("refused", &refused).into_text()
}

fn missed(miss: &Miss, report: &Report) -> Object {
    let places: Vec<&str> =
        miss.reason.differences().iter().map(|place| place.path.as_str()).collect();
    object! {
        "request": miss.request,
        "provider": *miss.provider,
        "method": miss.method,
        "path": miss.path,
        "reason": *miss.reason.name(),
        "sentence": reason(&miss.reason, &report.test),
        "differs_at": places,
    }
}

fn named(name: &str, sentence: &str) -> Object {
    object! { "name": *name, "sentence": *sentence }
}
