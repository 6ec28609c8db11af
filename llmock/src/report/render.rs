//! The report of a failing test: one block of text that fits a screen, however large the bodies are.
//!
//! `-` is what was recorded, `+` what was sent, `×` what failed. The text does not depend on the
//! width of the terminal or on colour. The data has no header values and no keys, so the report cannot show them.

use super::advice;
use super::command::Command;
use super::failure::Failure;
use super::miss::{Miss, MissReason};
use super::scripted;
use super::sentences::{self, PATH};
use super::style::{BOLD, DIM, GREEN, RED, STRONG_GREEN, STRONG_RED, Style};
use super::values::{self, Span, count, excerpt, list, ordinal};
use super::{Outcome, Report};
use crate::matching::Difference;

/// Misses, and other failures, that are shown in full.
const SHOWN: usize = 3;
/// Places shown for each miss, by how many misses are shown.
const PLACES: [usize; SHOWN] = [8, 4, 2];
/// Rules and notes that are shown.
const LINES: usize = 5;
/// Prompts are shortened to this many characters.
const PROMPT: usize = 100;

/// The block that a failing test prints last; `None` if llmock has no reason to fail it.
pub(crate) fn block(report: &Report, style: Style) -> Option<String> {
    if !report.fails() {
        return None;
    }
    let mut page = Page { text: String::new(), style };
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

/// The block for a session that could not open.
pub(crate) fn opening(failure: &Failure, style: Style) -> String {
    let mut page = Page { text: String::new(), style };
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
            [only] => only.to_string(),
            several => format!("{} with {fixture}", count(several.len(), "problem")),
        };
    }
    let requests = count(report.misses.len(), "request");
    let every = |is: fn(&MissReason) -> bool| report.misses.iter().all(|miss| is(&miss.reason));
    if every(|reason| matches!(reason, MissReason::NoFixtureFile)) {
        format!("{requests} had no response: there is no {fixture} yet")
    } else if every(|reason| matches!(reason, MissReason::Empty)) {
        format!("{requests} had no response: {fixture} has no interactions")
    } else if every(MissReason::is_about_replies) {
        format!("{requests} got no reply of this test")
    } else if report.mode == "record" {
        format!("{requests} could not be recorded into {fixture}")
    } else {
        let total = count(report.tally.total, "interaction");
        format!("{requests} had no match in {fixture} ({} of {total} used)", report.tally.used)
    }
}

/// Misses that differ only in when the request arrived: a client that retries.
fn groups(report: &Report) -> Vec<(&Miss, Vec<usize>)> {
    let mut groups: Vec<(&Miss, Vec<usize>)> = Vec::new();
    for miss in &report.misses {
        let alike = |(first, _): &&mut (&Miss, Vec<usize>)| {
            first.method == miss.method
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
            page.line(4, &format!("prompt: {}", values::quote(prompt, PROMPT)));
        }
    }
}

fn misses(page: &mut Page, report: &Report) {
    let groups = groups(report);
    let shown = groups.len().min(SHOWN);
    let mut legend = true;
    for (miss, requests) in groups.iter().take(SHOWN) {
        page.gap();
        page.entry(&format!("{} {}", miss.method, excerpt(&miss.path, PATH)), &who(miss, requests));
        if !matches!(miss.reason, MissReason::NoFixtureFile | MissReason::Empty) {
            page.line(4, &sentences::reason(&miss.reason, &report.test));
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
    let differences = miss.reason.differences();
    if differences.is_empty() {
        if let Some(prompt) = &miss.prompt {
            page.line(4, &format!("prompt: {}", values::quote(prompt, PROMPT)));
        }
        let lines = match &miss.reason {
            MissReason::EndpointUnknown { recorded } => sentences::endpoints(recorded),
            MissReason::NoReply { rules } => scripted::unmet(rules),
            _ => Vec::new(),
        };
        lines.iter().for_each(|line| page.line(6, line));
        return;
    }
    if std::mem::take(legend) {
        page.dim(4, "- recorded, + sent");
    }
    page.gap();
    for difference in differences.iter().take(places) {
        page.difference(difference);
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

/// The text while it grows.
pub(super) struct Page {
    text: String,
    style: Style,
}

impl Page {
    pub(super) fn title(&mut self, headline: &str) {
        let name = self.style.paint(BOLD, "llmock:");
        self.line(0, &format!("{name} {}", self.style.paint(BOLD, headline)));
    }

    pub(super) fn line(&mut self, indent: usize, text: &str) {
        self.text.push_str(&" ".repeat(indent));
        self.text.push_str(text);
        self.text.push('\n');
    }

    pub(super) fn dim(&mut self, indent: usize, text: &str) {
        let text = self.style.paint(DIM, text);
        self.line(indent, &text);
    }

    /// An empty line, never two.
    pub(super) fn gap(&mut self) {
        if !self.text.ends_with("\n\n") {
            self.text.push('\n');
        }
    }

    fn entry(&mut self, what: &str, who: &str) {
        let (mark, what) = (self.style.paint(RED, "×"), self.style.paint(BOLD, what));
        let gap = if who.is_empty() { "" } else { "   " };
        let line = format!("{mark} {what}{gap}{}", self.style.paint(DIM, who));
        self.line(2, &line);
    }

    fn difference(&mut self, difference: &Difference) {
        let style = self.style;
        if let Some(what) = sentences::reordered(difference) {
            self.line(6, &excerpt(&difference.path, 2 * PATH));
            return self.line(4, &format!("{}   {what}", style.paint(RED, "≠")));
        }
        let pair = values::pair(difference.recorded.as_deref(), difference.sent.as_deref());
        self.line(6, &excerpt(&difference.path, 2 * PATH));
        let side = |spans: &[Span], plain: &str, strong: &str| -> String {
            let paint =
                |span: &Span| style.paint(if span.changed { strong } else { plain }, &span.text);
            spans.iter().map(paint).collect()
        };
        let recorded = side(&pair.recorded, RED, STRONG_RED);
        let sent = side(&pair.sent, GREEN, STRONG_GREEN);
        self.line(4, &format!("{}   {recorded}", style.paint(RED, "-")));
        self.line(4, &format!("{}   {sent}", style.paint(GREEN, "+")));
    }

    pub(super) fn command(&mut self, command: &Command, mode: &str) {
        let program = || format!("set LLMOCK_MODE={mode} and run the program again");
        self.line(6, &command.in_mode(mode).unwrap_or_else(program));
        if self.style.windows {
            self.dim(
                6,
                &format!("(in PowerShell: $env:LLMOCK_MODE = \"{mode}\", then the command)"),
            );
        }
    }

    fn finish(mut self) -> String {
        self.text.truncate(self.text.trim_end().len());
        self.text
    }
}
