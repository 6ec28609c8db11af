//! The two branches of a request that differs: it was changed on purpose, or it changes on every run.

use super::hints::{self, Hints, Why};
use super::miss::MissReason;
use super::page::Page;
use super::sentences::{ITEMS, PATH, codes};
use super::values::{excerpt, list, numbers};
use super::{Report, Surface};
use crate::provider::Provider;

/// Both branches, the command last.
pub(super) fn record(page: &mut Page, report: &Report, again: bool) {
    let hints = hints::hints(&report.misses, report.surface);
    if again {
        every_run(page, report, &hints);
        surroundings(page, report);
    }
    let needs = needs(report);
    if report.in_ci {
        let was_committed = if again { "." } else { ": was the fixture committed?" };
        page.line(2, &format!("In CI nothing is recorded{was_committed}"));
    }
    let lead = match (again, report.in_ci, report.elsewhere.is_empty()) {
        (true, false, _) => format!("If the change is on purpose, record the test again{needs}:"),
        (true, true, _) => format!(
            "If the change is on purpose, record the test again on your machine and commit the fixture{needs}:"
        ),
        (false, true, _) => {
            format!("If not, record the test on your machine and commit the fixture{needs}:")
        }
        (false, false, true) => format!("Record the test once{needs}:"),
        (false, false, false) => format!("If the test is new, record it{needs}:"),
    };
    page.line(2, &lead);
    page.command(&report.command, "record");
}

/// What a recording needs: ` (calls openai, needs OPENAI_API_KEY)`.
fn needs(report: &Report) -> String {
    let mut providers: Vec<&'static str> = Vec::new();
    for miss in &report.misses {
        if !miss.provider.is_empty() && !providers.contains(&miss.provider) {
            providers.push(miss.provider);
        }
    }
    let key =
        |id: &&str| Provider::from_id(id).entry().keys.first().map(|(name, _)| (*name).to_owned());
    let keys: Vec<String> = providers.iter().filter_map(key).collect();
    let names: Vec<String> = providers.iter().map(|id| (*id).to_owned()).collect();
    match (names.is_empty(), keys.is_empty()) {
        (true, _) => String::new(),
        (false, true) => format!(" (this calls {})", list(&names)),
        (false, false) => format!(" (this calls {} and needs {})", list(&names), list(&keys)),
    }
}

/// The other branch: what to do if the difference is not on purpose.
fn every_run(page: &mut Page, report: &Report, hints: &Hints) {
    let place = match report.surface {
        Surface::Attribute => "#[llm_replay(..)]",
        Surface::Builder => "LlmMock::builder()",
    };
    if hints.rules.is_empty() {
        return without_rule(page, report, hints);
    }
    page.line(2, &lead(hints, place));
    let last = hints.rules.len() - 1;
    for (at, (rule, _)) in hints.rules.iter().enumerate() {
        let comma = if report.surface == Surface::Attribute && at < last { "," } else { "" };
        page.line(6, &format!("{rule}{comma}"));
    }
}

/// Why the rules below are offered.
fn lead(hints: &Hints, place: &str) -> String {
    let varying: Vec<String> = hints.varying().into_iter().map(str::to_owned).collect();
    let (them, change) = if varying.len() == 1 { ("it", "changes") } else { ("them", "change") };
    if !varying.is_empty() {
        let mut names = list(&varying);
        names[..1].make_ascii_uppercase();
        if hints.cover() {
            return format!(
                "{names} usually {change} on every run, so recording again does not help. Let {them} vary, in {place}:"
            );
        }
        let differ = if varying.len() == 1 { "differs" } else { "differ" };
        return format!(
            "{names} {differ} too, and usually {change} on every run. Before you record again, let {them} vary, in {place}:"
        );
    }
    let every = |wanted: Why| hints.rules.iter().all(|(_, why)| *why == wanted);
    if every(Why::Idle) {
        format!(
            "This cannot change the response. To leave it out of the comparison, add to {place}:"
        )
    } else if every(Why::Order) {
        format!(
            "If the order changes on every run, as that of a `HashMap`, recording again does not help. Let it vary, in {place}:"
        )
    } else if every(Why::Side) {
        format!("If it is a background call that the test does not need, declare it, in {place}:")
    } else {
        format!(
            "If this changes on every run, recording again does not help. Let it vary, in {place}:"
        )
    }
}

fn without_rule(page: &mut Page, report: &Report, hints: &Hints) {
    let every = |is: fn(&MissReason) -> bool| report.misses.iter().all(|miss| is(&miss.reason));
    let is_used = |reason: &MissReason| matches!(reason, MissReason::AlreadyUsed { .. });
    let is_strict = |reason: &MissReason| {
        matches!(reason, MissReason::AlreadyUsed { .. } | MissReason::WrongOrder { .. })
    };
    let differs = report.misses.iter().any(|miss| !miss.reason.differences().is_empty());
    let line = if every(is_used) {
        "If the number of requests changes on every run (a retry), take `order = \"strict\"` off."
    } else if every(is_strict) {
        "If the order of the requests changes on every run, take `order = \"strict\"` off."
    } else if hints.open.iter().any(|(_, is_text)| *is_text) {
        "If it changes on every run, recording again does not help: make it constant, or `normalize` what varies."
    } else if differs {
        "If it changes on every run, recording again does not help: make it constant."
    } else {
        return;
    };
    page.line(2, line);
}

/// Whose interactions are beside those of this test, and what becomes of them.
fn surroundings(page: &mut Page, report: &Report) {
    let Some(others) = &report.others_in_fixture else { return };
    let fixture = excerpt(&report.fixture, 3 * PATH);
    let owners = codes(&others.owners, 3);
    let whose = if owners.is_empty() { "no test".to_owned() } else { list(&owners) };
    if others.is_replaced {
        let numbers = numbers(&others.interactions, ITEMS);
        page.line(2, &format!(
            "Recording removes {numbers} of {fixture}: no test owns them, and this run did not request them."
        ));
    } else {
        page.line(2, &format!("Every interaction of {fixture} was recorded by {whose}."));
        page.line(2, "Recording leaves them as they are and adds those of this test: is it the right fixture?");
    }
}
