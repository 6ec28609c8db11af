//! The report of a failing test: one block of text that fits a screen, however large the bodies are.
//!
//! `-` is what was recorded, `+` what was sent, `×` what failed. The text does not depend on the
//! width of the terminal or on colour. The data has no header values and no keys, so the report cannot show them.

use super::advice;
use super::differences;
use super::divergence;
use super::failure::Failure;
use super::miss::{Miss, MissReason};
use super::page::Page;
use super::scripted;
use super::sentences::{self, PATH};
use super::style::Style;
use super::values::{self, count, excerpt, list, ordinal};
use super::{Outcome, Report};
use crate::matching::labels::{Label, LabelKind};

/// Misses, and other failures, that are shown in full.
const SHOWN: usize = 3;
/// Places shown for each miss, by how many misses are shown.
const PLACES: [usize; SHOWN] = [6, 3, 2];
/// Earlier turns of a conversation, the same way.
const EARLIER: [usize; SHOWN] = [12, 3, 1];
/// Rules and notes that are shown.
const LINES: usize = 5;
/// Prompts are shortened to this many characters.
const PROMPT: usize = 100;

/// The block that a failing test prints last; `None` if llmock has no reason to fail it.
pub(crate) fn block(report: &Report, style: Style) -> Option<String> {
    if !report.fails() {
        return unreached(report, style);
    }
    let mut page = Page::new(style);
    page.title(&headline(report));
    if report.outcome == Outcome::Cancelled {
        page.line(2, "the test was cancelled before it ended");
    }
    if let Some(first) = &report.same_as {
        requests(&mut page, report);
        advice::brief(&mut page, report, first);
        return Some(page.finish());
    }
    misses(&mut page, report);
    failures(&mut page, report);
    advice::footer(&mut page, report);
    Some(page.finish())
}

/// The block below a failure of the body's own, if no request had arrived before: its error may be the client's.
fn unreached(report: &Report, style: Style) -> Option<String> {
    let missing = report.unreached().filter(|_| report.outcome != Outcome::Passed)?;
    let mut page = Page::new(style);
    page.title(&missing.headline(&excerpt(&report.fixture, 3 * PATH), false));
    page.gap();
    for detail in missing.details() {
        page.line(2, &detail);
    }
    advice::footer(&mut page, report);
    Some(page.finish())
}

/// The block for a session that could not open.
pub(crate) fn opening(failure: &Failure, style: Style) -> String {
    let mut page = Page::new(style);
    page.title(&failure.to_string());
    page.gap();
    for detail in failure.details() {
        page.line(2, &detail);
    }
    page.finish()
}

fn headline(report: &Report) -> String {
    let fixture = excerpt(&report.fixture, 3 * PATH);
    if report.misses.is_empty() {
        return match distinct(report).as_slice() {
            [Failure::NoRequests(unreached)] => unreached.headline(&fixture, true),
            [only @ Failure::Unused { .. }] => format!("{only}: {fixture}"),
            [only] => only.to_string(),
            several => format!("{} with {fixture}", count(several.len(), "problem")),
        };
    }
    let moved = report.arrivals.as_ref().map(|arrivals| arrivals.order.len());
    let requests = count(report.misses.len(), "request");
    let every = |is: fn(&MissReason) -> bool| report.misses.iter().all(|miss| is(&miss.reason));
    let are = |one, many| if report.misses.len() == 1 { one } else { many };
    if every(|reason| matches!(reason, MissReason::NoFixtureFile)) {
        format!("{requests} had no response: there is no {fixture} yet")
    } else if every(|reason| matches!(reason, MissReason::Empty)) {
        format!("{requests} had no response: {fixture} has no interactions")
    } else if every(MissReason::is_about_replies) {
        format!("{requests} got no reply of this test")
    } else if report.mode == "record" {
        format!("{requests} could not be recorded into {fixture}")
    } else if every(MissReason::is_unknown) {
        format!("{requests} {} not in {fixture}", are("is", "are"))
    } else if every(|reason| matches!(reason, MissReason::AlreadyUsed { .. })) {
        format!("{requests} {} sent more often than recorded in {fixture}", are("was", "were"))
    } else if every(|reason| matches!(reason, MissReason::OtherVersion { .. })) {
        format!("{requests} {} recorded with another API version in {fixture}", are("was", "were"))
    } else if every(|reason| matches!(reason, MissReason::WrongOrder { .. })) {
        let requests = count(moved.unwrap_or(report.misses.len()), "request");
        format!("{requests} arrived in a different order than in {fixture}")
    } else {
        format!("{requests} had no response from {fixture}")
    }
}

/// Misses that differ only in when the request arrived, as those of a client that retries, or that are only out of order.
fn groups(report: &Report) -> Vec<(&Miss, Vec<usize>)> {
    let mut groups: Vec<(&Miss, Vec<usize>)> = Vec::new();
    for miss in &report.misses {
        let alike = |(first, _): &&mut (&Miss, Vec<usize>)| {
            (first.reason.is_only_order() && miss.reason.is_only_order())
                || first.method == miss.method
                    && first.path == miss.path
                    && first.reason == miss.reason
                    && first.provider == miss.provider
                    && first.prompt == miss.prompt
        };
        match groups.iter_mut().find(alike) {
            Some((_, requests)) => requests.push(miss.request),
            None => groups.push((miss, vec![miss.request])),
        }
    }
    groups
}

/// The requests of a report whose cause another report shows.
fn requests(page: &mut Page, report: &Report) {
    for (miss, requests) in groups(report).iter().take(SHOWN) {
        page.gap();
        page.entry(&format!("{} {}", miss.method, excerpt(&miss.path, PATH)), &who(miss, requests));
        if let Some(prompt) = &miss.prompt {
            page.line(4, &format!("{}: {}", speaker(miss), values::quote(prompt, PROMPT)));
        }
    }
}

/// Whose words the prompt of a request is.
fn speaker(miss: &Miss) -> String {
    match &miss.turn {
        None => "prompt".to_owned(),
        Some(Label { kind: LabelKind::ToolResult, tool: Some(tool), .. }) => {
            format!("result of tool `{}`", excerpt(tool, 60))
        }
        Some(Label { kind: LabelKind::ToolResult, .. }) => "result of a tool".to_owned(),
        Some(Label { role: Some(role), .. }) => format!("last {} message", excerpt(role, 20)),
        Some(_) => "input".to_owned(),
    }
}

fn misses(page: &mut Page, report: &Report) {
    let groups = groups(report);
    let shown = groups.len().min(SHOWN);
    let mut legend = true;
    for (miss, requests) in groups.iter().take(SHOWN) {
        page.gap();
        page.entry(&format!("{} {}", miss.method, excerpt(&miss.path, PATH)), &who(miss, requests));
        if let Some(prompt) = &miss.prompt {
            page.line(4, &format!("{}: {}", speaker(miss), values::quote(prompt, PROMPT)));
        }
        if let Some(order) = report.arrivals.as_ref().filter(|_| miss.reason.is_only_order()) {
            page.line(4, &sentences::arrivals(order));
        }
        if !matches!(miss.reason, MissReason::NoFixtureFile | MissReason::Empty) {
            page.line(4, &sentences::reason(&miss.reason, &report.test));
        }
        if let Some(divergence) = miss.reason.divergence() {
            page.line(4, &divergence::sentence(divergence));
            for line in divergence::earlier(divergence, EARLIER[shown - 1]) {
                page.line(6, &line);
            }
        }
        evidence(page, miss, PLACES[shown - 1], &mut legend);
    }
    if groups.len() > SHOWN {
        let rest = groups[SHOWN..].iter().map(|(_, requests)| requests.len()).sum();
        page.gap();
        page.line(2, &format!("and {} without a response", count(rest, "more request")));
    }
}

/// `openai gpt-4o · 3rd request of this test`
fn who(miss: &Miss, requests: &[usize]) -> String {
    let provider = Some(miss.provider.to_owned()).filter(|provider| !provider.is_empty());
    let model = miss.model.as_ref().map(|model| excerpt(model, 40));
    let words: Vec<String> = provider.into_iter().chain(model).collect();
    let ordinals: Vec<String> = requests.iter().take(LINES).map(|at| ordinal(*at)).collect();
    let when = match requests.len() {
        0..=LINES => format!("{} request of this test", list(&ordinals)),
        more => format!("{} requests of this test, from the {} on", more, ordinals[0]),
    };
    if words.is_empty() { when } else { format!("{} · {when}", words.join(" ")) }
}

fn evidence(page: &mut Page, miss: &Miss, places: usize, legend: &mut bool) {
    let lines = match &miss.reason {
        MissReason::EndpointUnknown { recorded } => sentences::endpoints(recorded),
        MissReason::NoReply { rules } => scripted::unmet(rules),
        _ => Vec::new(),
    };
    for line in &lines {
        page.line(6, line);
    }
    if let MissReason::BodyDiffers { closest, .. } = &miss.reason
        && !closest.others.is_empty()
    {
        // A comparison with another prompt would say nothing.
        page.line(4, "recorded, and not requested so far:");
        for (number, prompt) in closest.others.iter().take(places) {
            page.line(6, &format!("#{number} {}", values::quote(prompt, PROMPT)));
        }
        return;
    }
    let differences = miss.reason.differences();
    if differences.is_empty() {
        return;
    }
    if std::mem::take(legend) {
        let has_index = differences.iter().any(|one| one.path.contains(['[']));
        let has_sides = differences.iter().take(places).any(differences::has_sides);
        let sides = has_sides.then_some("- recorded, + sent");
        let base = has_index.then_some("JSON paths count from 0");
        let legend: Vec<&str> = sides.into_iter().chain(base).collect();
        if !legend.is_empty() {
            page.dim(4, &legend.join("; "));
        }
    }
    page.gap();
    for difference in differences.iter().take(places) {
        differences::show(page, difference);
    }
    if differences.len() > places {
        page.line(6, &format!("and {}", count(differences.len() - places, "more difference")));
    }
}

/// Every failure once: a client that retries causes the same one again.
fn distinct(report: &Report) -> Vec<&Failure> {
    let mut distinct: Vec<&Failure> = Vec::new();
    for failure in &report.failures {
        if !distinct.contains(&failure) {
            distinct.push(failure);
        }
    }
    distinct
}

fn failures(page: &mut Page, report: &Report) {
    let failures = distinct(report);
    let alone = report.misses.is_empty() && failures.len() == 1;
    for failure in failures.iter().take(SHOWN) {
        page.gap();
        if !alone {
            page.entry(&failure.to_string(), "");
        }
        for detail in failure.details() {
            page.line(if alone { 2 } else { 4 }, &detail);
        }
    }
    if failures.len() > SHOWN {
        page.gap();
        page.line(2, &format!("and {}", count(failures.len() - SHOWN, "more problem")));
    }
}
