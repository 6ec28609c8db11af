//! What to do next: the last lines of a report.
//!
//! A request that differs was changed on purpose, or it changes on every run. Recording helps against the first and never
//! against the second, so both are offered, and what is known about the cause comes first.

use super::command::{self, Command, Invocation};
use super::elsewhere::Elsewhere;
use super::failure::Failure;
use super::miss::{MissReason, Remedy};
use super::page::Page;
use super::provider_error::allow;
use super::sentences::{PATH, code};
use super::values::{count, excerpt};
use super::{Note, Report, Rule, Surface, branches, hints};

/// Rules and notes that are shown.
const LINES: usize = 5;

/// The lines below the evidence.
pub(super) fn footer(page: &mut Page, report: &Report) {
    rules(page, report);
    notes(page, report);
    elsewhere(page, report);
    upstreams(page, report);
    kept(page, report);
    page.gap();
    match remedy(report) {
        Some(Action::Record { again }) => branches::record(page, report, again),
        Some(Action::Run { lead, mode }) => {
            page.line(2, &lead);
            page.command(&report.command, mode);
        }
        None => {}
    }
    others(page, report);
}

/// The lines of a report whose cause another report of this process shows in full.
pub(super) fn brief(page: &mut Page, report: &Report, first: &str) {
    page.gap();
    let first = code(first);
    page.line(
        2,
        &format!("the cause is the same as in test {first}, whose report shows it in full"),
    );
    match remedy(report) {
        Some(Action::Record { .. }) => page.command(&report.command, "record"),
        Some(Action::Run { mode, .. }) => page.command(&report.command, mode),
        None => {}
    }
    others(page, report);
}

enum Action {
    /// Record the test, again if it has recordings.
    Record {
        again: bool,
    },
    Run {
        lead: String,
        mode: &'static str,
    },
}

/// What helps against most of a report, if it is a command.
fn remedy(report: &Report) -> Option<Action> {
    let has = |remedy: Remedy| report.misses.iter().any(|miss| miss.reason.remedy() == remedy);
    if has(Remedy::RecordAgain) {
        return Some(Action::Record { again: true });
    }
    if has(Remedy::Record) {
        return Some(Action::Record { again: false });
    }
    let run = |lead: &str, mode| Some(Action::Run { lead: lead.to_owned(), mode });
    let again = || run("when the cause is fixed, run it again:", report.mode);
    if has(Remedy::RunAgain) {
        return again();
    }
    if let Some(missing) = report.unreached().filter(|missing| missing.is_fixture_missing) {
        let lead = if missing.is_recording {
            "when the cause is fixed, record the test again:"
        } else {
            "record it; this needs the provider's key:"
        };
        return run(lead, "record");
    }
    report.failures.iter().find_map(|failure| match failure {
        Failure::Unused { .. } => {
            run("if the test no longer needs them, record it again:", "record")
        }
        Failure::Drift { .. } => {
            run("if the program copes with this, record the test again:", "record")
        }
        Failure::FixtureUnreadable { .. } => {
            run("repair it, or delete it and record the test again:", "record")
        }
        Failure::UpstreamError { .. }
        | Failure::TruncatedReplacement { .. }
        | Failure::DrainTimeout { .. }
        | Failure::VerifyFailed { .. }
        | Failure::Unwritable { .. } => again(),
        _ => None,
    })
}

/// Whether recording makes the test pass: not if what differs changes on every run.
pub(super) fn recording_helps(report: &Report) -> bool {
    matches!(remedy(report), Some(Action::Record { .. } | Action::Run { mode: "record", .. }))
        && report.mode != "record"
        && hints::hints(&report.misses, report.surface).varying().is_empty()
}

/// Where a recording that failed came from, and how to record the error on purpose.
fn upstreams(page: &mut Page, report: &Report) {
    let statuses = report.failures.iter().filter_map(|failure| match failure {
        Failure::UpstreamError { status, provider, .. } => Some((*provider, Some(*status))),
        _ => None,
    });
    let misses = report.misses.iter().filter(|miss| {
        matches!(miss.reason, MissReason::UpstreamFailed { .. } | MissReason::NoUpstream { .. })
    });
    let failed: Vec<(&str, Option<u16>)> =
        statuses.chain(misses.map(|miss| (miss.provider, None))).collect();
    page.gap();
    for upstream in &report.upstreams {
        if failed.iter().any(|(provider, _)| *provider == upstream.provider) {
            for line in upstream.lines() {
                page.line(2, &line);
            }
        }
    }
    let mut allowed: Vec<u16> = failed.iter().filter_map(|(_, status)| *status).collect();
    allowed.sort_unstable();
    allowed.dedup();
    for status in allowed.into_iter().take(LINES) {
        page.line(2, &allow(status));
    }
}

/// What became of the responses that a failed recording has received.
fn kept(page: &mut Page, report: &Report) {
    let kept = report.notes.iter().find_map(|note| match note {
        Note::AttemptKept { path, count } => Some((path, *count)),
        _ => None,
    });
    if report.mode != "record" && report.mode != "auto" {
        return;
    }
    let Some((path, number)) = kept else {
        let has_asked =
            report.failures.iter().any(|failure| matches!(failure, Failure::UpstreamError { .. }))
                || report.misses.iter().any(|miss| miss.reason.remedy() == Remedy::RunAgain);
        if has_asked {
            page.line(2, "no response was recorded, so nothing is lost");
        }
        return;
    };
    let kept = format!("kept {} in {}", count(number, "interaction"), excerpt(path, 3 * PATH));
    page.gap();
    match &report.keep {
        Some(line) => {
            let how = if line.starts_with("mv ") {
                "to make the fixture of it:"
            } else {
                "to put it into the fixture (`cargo install llmock-cli`):"
            };
            page.line(2, &format!("{kept}; {how}"));
            page.line(6, line);
        }
        None => page.line(2, &format!("{kept}, in the format of fixtures")),
    }
}

/// Fixtures that hold a request which this one lacks.
fn elsewhere(page: &mut Page, report: &Report) {
    if report.elsewhere.is_empty() {
        return;
    }
    page.gap();
    for found in report.elsewhere.iter().take(2) {
        let Elsewhere { path, name, owner, holds_request, rename } = found;
        let path = excerpt(path, 3 * PATH);
        let what = if *holds_request { "contains this request" } else { "has a similar name" };
        let owner = owner.as_ref().map(|owner| format!(", recorded by test {}", code(owner)));
        let owner = owner.unwrap_or_default();
        if let Some(line) = rename {
            let lead = "If that test was renamed, rename its fixture too:";
            page.line(2, &format!("{path} {what}{owner}. {lead}"));
            page.line(6, line);
            continue;
        }
        let argument = match report.surface {
            Surface::Attribute => format!("fixture = {}", quoted(name)),
            Surface::Builder => format!(".fixture({})", quoted(name)),
        };
        page.line(2, &format!("{path} {what}{owner}: did you mean {argument}?"));
    }
    page.gap();
}

fn quoted(text: &str) -> String {
    super::values::quote(text, 2 * PATH)
}

/// One command for all tests of this run that recording helps.
fn others(page: &mut Page, report: &Report) {
    let Command::Test(own) = &report.command else { return };
    let is_own = |other: &&Invocation| *other == own;
    let mut all: Vec<Invocation> =
        report.others.iter().filter(|other| !is_own(other)).cloned().collect();
    all.dedup();
    if all.is_empty() {
        return;
    }
    let number = all.len();
    let helps = recording_helps(report);
    if helps {
        all.insert(0, own.clone());
    }
    let lead = if command::are_too_many(&all) {
        format!(
            "{} have failed so far. To record what they miss, and to keep the other recordings:",
            count(all.len(), "test")
        )
    } else if helps {
        format!("Or record the {} tests that have failed so far:", number + 1)
    } else {
        format!("Recording helps {} that failed earlier in this run:", count(number, "test"))
    };
    page.line(2, &lead);
    page.line(6, &command::of_all(&all));
}

/// The rules that a reader has to know of to understand this report.
fn rules(page: &mut Page, report: &Report) {
    let mattering: Vec<&Rule> = report.rules.iter().filter(|rule| matters(rule, report)).collect();
    if mattering.is_empty() {
        return;
    }
    let shown =
        |rule: &&Rule| format!("{} ({})", excerpt(&rule.rule, PATH), excerpt(&rule.origin, 60));
    let rules: Vec<String> = mattering.iter().take(LINES).map(shown).collect();
    let more = mattering.len().saturating_sub(LINES);
    let more = if more > 0 { format!(" and {more} more") } else { String::new() };
    page.gap();
    page.dim(2, &format!("rules in force: {}{more}", rules.join(", ")));
}

/// Whether a rule is a cause of the failure, or visible in what differs.
fn matters(rule: &Rule, report: &Report) -> bool {
    let key = rule.rule.split(['(', ' ']).next().unwrap_or_default();
    let any_miss = |is: fn(&MissReason) -> bool| report.misses.iter().any(|miss| is(&miss.reason));
    let any_failure = |is: fn(&Failure) -> bool| report.failures.iter().any(is);
    // What the test itself says is in the sentence of the failure.
    let is_elsewhere = !rule.origin.contains("llm_replay") && !rule.origin.contains("builder");
    match key {
        "order" | "unused" | "calls" | "allow_errors" if !is_elsewhere => false,
        "order" => any_miss(|reason| {
            matches!(reason, MissReason::AlreadyUsed { .. } | MissReason::WrongOrder { .. })
        }),
        "api_version" => any_miss(|reason| matches!(reason, MissReason::OtherVersion { .. })),
        "unused" => any_failure(|failure| matches!(failure, Failure::Unused { .. })),
        "calls" => any_failure(|failure| matches!(failure, Failure::Calls { .. })),
        "match_on" => any_failure(|failure| matches!(failure, Failure::UnknownField { .. })),
        "allow_errors" => any_failure(|failure| matches!(failure, Failure::UpstreamError { .. })),
        "proxy" | "intercept" => {
            any_failure(|failure| matches!(failure, Failure::NoRequests(_)))
                || any_miss(|reason| matches!(reason, MissReason::UnknownHost { .. }))
        }
        "mode" => true,
        "require_header" => any_miss(|reason| matches!(reason, MissReason::HeaderMissing { .. })),
        "lane" => any_miss(|reason| {
            matches!(reason, MissReason::AlreadyUsed { .. } | MissReason::WrongOrder { .. })
        }),
        "match_headers" => differs_at(report, "header "),
        "contains" | "count" => {
            rule.rule.split('"').nth(1).is_some_and(|path| differs_at(report, path))
        }
        // What it put in place of the original text is in the difference.
        "normalize" => rule.rule.rsplit_once("=> ").is_some_and(|(_, replacement)| {
            let replacement = replacement.trim_end_matches(')').trim_matches('"');
            let shows = |side: &Option<String>| {
                side.as_ref().is_some_and(|text| text.contains(replacement))
            };
            let mut differences =
                report.misses.iter().flat_map(|miss| miss.reason.differences().iter());
            !replacement.is_empty()
                && differences.any(|place| shows(&place.recorded) || shows(&place.sent))
        }),
        _ => false,
    }
}

/// Whether a request differs at a place that begins like this.
fn differs_at(report: &Report, place: &str) -> bool {
    let mut differences = report.misses.iter().flat_map(|miss| miss.reason.differences().iter());
    differences.any(|difference| difference.path.starts_with(place))
}

fn notes(page: &mut Page, report: &Report) {
    // A test that failed has unused interactions anyway, and the remedy mentions CI.
    let is_redundant = |note: &Note| {
        matches!(
            note,
            Note::Unused { .. } | Note::OnlyReplayedInCi { .. } | Note::AttemptKept { .. }
        )
    };
    // Without another failure it is the title of the block.
    let is_title = |note: &Note| !report.fails() && matches!(note, Note::NothingReached(_));
    let notes = report.notes.iter().filter(|note| !is_redundant(note) && !is_title(note));
    for (at, note) in notes.take(LINES).enumerate() {
        if at == 0 {
            page.gap();
        }
        page.dim(2, &format!("note: {}", note.clause(report)));
    }
}
