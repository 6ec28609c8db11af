//! The plan as text and as JSON.

use std::collections::{BTreeMap, BTreeSet};
use std::io;

use llmock::__command::prices_date;
use serde_json::{Value, json};

use super::cause::Cause;
use super::{Plan, Planned};
use crate::output::Screen;
use crate::output::style::{BOLD, DIM, RED};
use crate::output::text::{count, shortened, visible};
use crate::testing::cost;

/// Requests by what changed them, the most frequent cause first.
fn by_cause(plan: &Plan) -> Vec<(&BTreeSet<Cause>, Vec<&Planned>)> {
    let mut groups: BTreeMap<&BTreeSet<Cause>, Vec<&Planned>> = BTreeMap::new();
    for one in &plan.requests {
        groups.entry(&one.causes).or_default().push(one);
    }
    let mut groups: Vec<_> = groups.into_iter().collect();
    groups.sort_by_key(|(_, requests)| std::cmp::Reverse(requests.len()));
    groups
}

fn title(causes: &BTreeSet<Cause>) -> String {
    let shown: Vec<String> = causes.iter().map(Cause::shown).collect();
    if shown.is_empty() { "other headers or address".to_owned() } else { shown.join(" + ") }
}

pub(crate) fn print(screen: &mut Screen, plan: &Plan) -> io::Result<()> {
    for (causes, requests) in by_cause(plan) {
        screen.gap()?;
        let head = screen.paint(BOLD, &visible(&title(causes)));
        screen.line(&format!("{head}  {}", count(requests.len(), "request")))?;
        for one in requests {
            screen.line(&line(one))?;
        }
    }
    screen.gap()?;
    for (fixture, unused) in &plan.unused {
        let unused = count(*unused, "recording");
        let line = format!(
            "{}: {unused} would no longer be used; `llmock refresh` removes them",
            visible(fixture)
        );
        screen.line(&screen.paint(DIM, &line))?;
    }
    for test in &plan.failed {
        let line = format!("failed by itself: {}; its later requests are not known", visible(test));
        screen.line(&screen.paint(RED, &line))?;
    }
    for test in &plan.open {
        let line = format!(
            "ends at a new request: {}; what it sends after the response is not known",
            visible(test)
        );
        screen.line(&screen.paint(DIM, &line))?;
    }
    if plan.requests.is_empty() {
        return screen.line("every request is recorded: nothing has to be recorded again");
    }
    let obsolete = plan.requests.iter().filter(|one| one.number.is_some()).count();
    let new = plan.requests.len() - obsolete;
    let new = if new > 0 { format!(" and {}", count(new, "new request")) } else { String::new() };
    screen.line(&format!(
        "{} obsolete{new}, in {} of {}",
        count(obsolete, "recording"),
        plan.affected().len(),
        count(plan.tests, "test")
    ))?;
    let usage = plan.usage();
    screen.line(&screen.paint(BOLD, &format!("to record: {}", cost::shown(&usage))))?;
    if usage.usd.is_none() {
        screen.line(cost::NO_PRICE)?;
    }
    let by = format!(
        "tokens as recorded, changed by the length of the requests; prices of {}",
        prices_date()
    );
    screen.line(&screen.paint(DIM, &by))?;
    screen.line("`llmock record --planned` records exactly these")
}

fn line(one: &Planned) -> String {
    let place = match one.number {
        Some(number) => format!("{}#{number}", one.fixture),
        None => format!("{} (new)", one.fixture),
    };
    let prompt = one.prompt.as_deref().map(|text| format!("  \"{}\"", shortened(text, 40)));
    let later = one.later_turn_of.map(|number| format!("  later turn of #{number}"));
    let line = format!(
        "  {place}  {}{}{}",
        one.test,
        prompt.unwrap_or_default(),
        later.unwrap_or_default()
    );
    visible(&line)
}

pub(crate) fn json(plan: &Plan) -> Value {
    let cause = |one: &Cause| json!({ "place": one.place, "old": one.old, "new": one.new });
    let request = |one: &Planned| {
        json!({
            "test": one.test,
            "fixture": one.fixture,
            "number": one.number,
            "later_turn_of": one.later_turn_of,
            "prompt": one.prompt,
            "model": one.model,
            "input": one.usage.input,
            "output": one.usage.output,
            "usd": one.usd,
            "causes": one.causes.iter().map(cause).collect::<Vec<_>>(),
        })
    };
    let group = |(causes, requests): &(&BTreeSet<Cause>, Vec<&Planned>)| json!({ "cause": title(causes), "requests": requests.len() });
    json!({
        "requests": plan.requests.iter().map(request).collect::<Vec<_>>(),
        "causes": by_cause(plan).iter().map(group).collect::<Vec<_>>(),
        "unused": plan.unused,
        "failed": plan.failed,
        "open": plan.open,
        "usage": cost::json(&plan.usage()),
        "prices": prices_date(),
    })
}
