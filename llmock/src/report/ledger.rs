//! `target/llmock/last-run.jsonl`: one JSON object for each test, and one for each request that was refused because no
//! test was running.

use super::miss::{Miss, MissReason};
use super::sentences::{reason, without_name};
use super::{Command, Filter, Invocation, Note, Report, advice};
use crate::audit::drift::{Change, Verdict, Verified};
use crate::audit::prices::UsageSummary;
use crate::json::write::{Object, nested, object};

/// One line without a line end; members are always in the same order.
pub(crate) fn line(report: &Report) -> String {
    let misses: Vec<Object> = report.misses.iter().map(|miss| missed(miss, report)).collect();
    let failures: Vec<Object> =
        report.failures.iter().map(|failure| named(failure.name(), &failure.to_string())).collect();
    let note = |note: &Note| {
        let remedy = note.remedy(report).filter(|_| !report.fails());
        named(note.name(), &note.clause(report)).with_some("remedy", remedy.as_ref())
    };
    let notes: Vec<Object> = report.notes.iter().map(note).collect();
    let findings: Vec<Object> =
        report.notes.iter().map(|note| note.finding(report).json()).collect();
    let line = object! {
        "test": report.test,
        "fixture": report.fixture,
        "mode": *report.mode,
        "verdict": *report.verdict(),
        "interactions": nested! { "used": report.tally.used, "total": report.tally.total },
        "answered_by": nested! {
            "fixture": report.answered.fixture,
            "mock": report.answered.mock,
            "reply": report.answered.reply,
            "upstream": report.answered.upstream,
            "nothing": report.answered.nothing,
        },
        "misses": misses,
        "failures": failures,
        "notes": notes,
        "findings": findings,
    };
    let usage = (report.usage.requests > 0).then(|| used(&report.usage));
    let line = line.with_some("usage", usage.as_ref());
    let verified: Vec<Object> = report.verified.iter().map(verified).collect();
    let line = line.with_some("verified", (!verified.is_empty()).then_some(&verified));
    let borrowed: Vec<&str> = report.notes.iter().filter_map(Note::owner_borrowed_from).collect();
    let line = line.with_some("borrowed", Some(&borrowed).filter(|owners| !owners.is_empty()));
    let milliseconds = report.duration.map(|time| usize::try_from(time.as_millis()).unwrap_or(0));
    let line = line.with_some("ms", milliseconds.as_ref());
    let record = report.command.in_mode("record").filter(|_| advice::recording_helps(report));
    let rerun = match &report.command {
        Command::Test(test) if record.is_some() => Some(again(test)),
        _ => None,
    };
    line.with_some("record", record.as_ref()).with_some("rerun", rerun.as_ref()).into_text()
}

/// A recording that mode `verify` compared, or could not compare.
fn verified(one: &Verified) -> Object {
    let change = |change: &Change| {
        object! { "code": *change.code, "path": change.path, "message": change.message }
    };
    let line = object! {
        "interaction": one.interaction,
        "provider": *one.provider,
        "method": one.method,
        "path": one.path,
        "result": *one.word(),
        "changes": one.changes().iter().map(change).collect::<Vec<_>>(),
    };
    let why = match &one.verdict {
        Verdict::Skipped(why) | Verdict::Failed(why) => Some(why),
        Verdict::Compared(_) => None,
    };
    line.with_some("why", why)
}

/// What the provider's responses to a test add up to.
fn used(usage: &UsageSummary) -> Object {
    let tokens = usage.tokens;
    let object = object! {
        "requests": usage.requests,
        "input": tokens.input,
        "cached": tokens.cached,
        "output": tokens.output,
    };
    let unpriced = Some(&usage.unpriced).filter(|models| !models.is_empty());
    object.with_some("usd", usage.exact_dollars().as_ref()).with_some("unpriced", unpriced)
}

fn again(test: &Invocation) -> Object {
    let line = object! { "run": test.run };
    let name = test.filter.as_ref().map(|filter| &filter.name);
    let exact = test.filter.as_ref().map(|filter| filter.exact);
    line.with_some("test", name).with_some("exact", exact.as_ref())
}

/// A line as another process of the run wrote it: its run, its test, and the command if recording helps that test.
pub(crate) fn read(line: &str) -> Option<(String, String, Option<Invocation>)> {
    let line: serde_json::Value = serde_json::from_str(line).ok()?;
    let text = |value: &serde_json::Value| value.as_str().map(str::to_owned);
    let rerun = &line["rerun"];
    let filter = || Some(Filter { name: text(&rerun["test"])?, exact: rerun["exact"] == true });
    let command = text(&rerun["run"]).map(|run| Invocation { run, filter: filter() });
    Some((text(&line["run"])?, text(&line["test"])?, command))
}

/// A line for a test whose session was dropped before it ended: nothing is known of it but why.
pub(crate) fn unfinished_line(test: &str, fixture: &str, sentence: &str) -> String {
    let line = object! {
        "test": *test,
        "fixture": *fixture,
        "verdict": *"cancelled",
        "failures": vec![named("unfinished", without_name(sentence))],
    };
    line.into_text()
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
    let closest = match &miss.reason {
        MissReason::BodyDiffers { closest, .. } => Some(closest),
        _ => None,
    };
    let places: Vec<&str> =
        miss.reason.differences().iter().map(|place| place.path.as_str()).collect();
    let line = object! {
        "request": miss.request,
        "provider": *miss.provider,
        "method": miss.method,
        "path": miss.path,
        "reason": *miss.reason.name(),
        "sentence": reason(&miss.reason, &report.test),
        "differs_at": places,
    };
    // What a person needs to accept the request in place of the recorded one.
    line.with_some("interaction", closest.map(|closest| closest.interaction).as_ref())
        .with_some("used_by", closest.and_then(|closest| closest.used_by).as_ref())
        .with_some("sent", closest.and(miss.body.as_ref()))
}

fn named(name: &str, sentence: &str) -> Object {
    object! { "name": *name, "sentence": *sentence }
}
