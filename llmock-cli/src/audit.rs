//! What `llmock check` concludes about the worth of recordings: their age, and what the provider would reject by now.

use std::cmp::Reverse;
use std::collections::BTreeMap;
use std::time::Duration;

use clap::Args;
use llmock::{Fixture, Interaction};
use llmock_rules::MaxAge;

use crate::finding::Finding;
use crate::nearest;
use crate::output::text::{now, since};
use crate::workspace;

/// Codes of what the provider has turned off.
const RETIRED: [&str; 2] = ["retired_model", "retired_endpoint"];

/// The code of a recording that is too old.
pub(crate) const STALE: &str = "stale";

/// What `--stale` demands where nothing else does.
const USUAL: &str = "90d";

/// What is checked.
#[derive(Args, Clone, Copy, Debug)]
pub(crate) struct Arguments {
    /// Report recordings that are older, such as `90d`, or `fail after 90d`; by default `max_age` of the nearest
    /// `llmock.toml`
    #[arg(long, value_name = "AGE", value_parser = age_argument)]
    pub(crate) max_age: Option<MaxAge>,

    /// Check only the age of recordings (90 days, unless an age is set), and fail if one is too old
    #[arg(long)]
    pub(crate) stale: bool,

    /// Check only for models and endpoints that the provider has turned off, and fail if there is one
    #[arg(long)]
    pub(crate) retired: bool,

    /// Check only what the provider would reject by now, and fail if there is something
    #[arg(long)]
    pub(crate) contract: bool,
}

impl Arguments {
    /// The codes that are checked; all if there are none.
    pub(crate) fn only(self) -> Vec<&'static str> {
        let mut codes = Vec::new();
        if self.stale {
            codes.push(STALE);
        }
        if self.retired || self.contract {
            codes.extend(RETIRED);
        }
        if self.contract {
            codes.extend(["contract", "context_size"]);
        }
        codes
    }

    /// Whether requests are checked, and not their age alone.
    pub(crate) fn is_about_requests(self) -> bool {
        !self.stale || self.retired || self.contract
    }

    pub(crate) fn rule(self) -> Rule {
        Rule { max_age: self.max_age, demands_age: self.stale }
    }
}

/// Whose recordings are old, for `llmock record --stale`.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct Stale {
    /// Tests, each once.
    pub(crate) owners: Vec<String>,
    /// Old recordings that no test owns, so that none can record them again.
    pub(crate) ownerless: usize,
}

impl Stale {
    /// Of all fixtures that are older than this, or than `max_age` of their `llmock.toml`, or than 90 days.
    pub(crate) fn of(fixtures: &[Fixture], max_age: Option<MaxAge>) -> Self {
        let rule = Rule { max_age, demands_age: true };
        let mut stale = Self::default();
        for fixture in fixtures {
            let Some(limit) = rule.of(fixture).and_then(MaxAge::limit) else { continue };
            for (.., one) in older(fixture, limit) {
                match one.test() {
                    Some(test) => stale.owners.push(test.to_owned()),
                    None => stale.ownerless += 1,
                }
            }
        }
        stale.owners.sort();
        stale.owners.dedup();
        stale
    }
}

/// How old recordings may be.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Rule {
    /// The age that counts for all fixtures; without it that of the nearest `llmock.toml`.
    max_age: Option<MaxAge>,
    /// Recordings without a limit have the usual one.
    demands_age: bool,
}

impl Rule {
    /// The limit of one fixture.
    fn of(self, fixture: &Fixture) -> Option<MaxAge> {
        let usual = self.demands_age.then(|| MaxAge::parse(USUAL).unwrap_or_default());
        self.max_age.or_else(|| nearest::max_age(fixture.path())).or(usual)
    }
}

/// The interactions that are older, with their ages and numbers.
fn older(
    fixture: &Fixture,
    limit: Duration,
) -> impl Iterator<Item = (Duration, usize, &Interaction)> {
    let all = (1..).zip(fixture.interactions());
    all.filter_map(move |(number, one)| {
        let age = since(one.recorded_at()).filter(|age| *age > limit)?;
        Some((age, number, one))
    })
}

/// What was found, and how much was looked at.
#[derive(Debug, Default)]
pub(crate) struct Audited {
    pub(crate) findings: Vec<Finding>,
    /// Something is older than a rule with `fail` allows.
    pub(crate) fails: bool,
    /// Requests, of those how many would be rejected, and of those how many because of a model that was turned off.
    pub(crate) requests: usize,
    pub(crate) rejected: usize,
    pub(crate) retired: usize,
}

impl Audited {
    /// `14 of 90 requests would be rejected by their provider, 3 of them because their model was turned off`
    pub(crate) fn summary(&self) -> Option<String> {
        let Self { requests, rejected, retired, .. } = self;
        if *rejected == 0 {
            return None;
        }
        let model = match retired {
            0 => String::new(),
            many => format!(", {many} of them because model or endpoint was turned off"),
        };
        Some(format!(
            "{rejected} of {requests} requests would be rejected by their provider{model}"
        ))
    }
}

/// Looks at all recordings.
pub(crate) fn audit(fixtures: &[Fixture], rule: Rule) -> Audited {
    let day = humantime::format_rfc3339_seconds(now()).to_string();
    let day = day.get(..10).unwrap_or_default();
    let mut all = Audited::default();
    let each = workspace::parallel(fixtures, |fixture| of_fixture(fixture, rule, day));
    for one in each {
        all.findings.extend(one.findings);
        all.fails |= one.fails;
        all.requests += one.requests;
        all.rejected += one.rejected;
        all.retired += one.retired;
    }
    all
}

fn of_fixture(fixture: &Fixture, rule: Rule, day: &str) -> Audited {
    let rule = rule.of(fixture);
    let mut audited = Audited::default();
    contract(&mut audited, fixture, day);
    if let Some(rule) = rule {
        age(&mut audited, fixture, rule);
    }
    audited
}

/// One finding for each test whose recordings are too old.
fn age(audited: &mut Audited, fixture: &Fixture, rule: MaxAge) {
    let Some(limit) = rule.limit() else { return };
    let mut old: BTreeMap<Option<&str>, Vec<(Duration, usize, &Interaction)>> = BTreeMap::new();
    for found in older(fixture, limit) {
        old.entry(found.2.test()).or_default().push(found);
    }
    for (test, mut old) in old {
        old.sort_by_key(|(age, number, _)| (Reverse(*age), *number));
        let Some((_, number, oldest)) = old.first() else { continue };
        let day = oldest.recorded_at().and_then(|at| at.get(..10)).unwrap_or_default();
        let shown = rule.shown();
        let message = match old.len() {
            1 => format!("recorded on {day}, which is longer ago than {shown}"),
            many => format!("{many} recordings are longer ago than {shown}, the oldest of {day}"),
        };
        let name = test.and_then(|test| test.split_once("::")).map(|(_, name)| name);
        let only = name.map(|name| format!(" -- {name} --exact")).unwrap_or_default();
        audited.fails |= rule.fails;
        audited.findings.push(Finding {
            code: STALE,
            file: workspace::shown(fixture.path()),
            line: None,
            number: Some(*number),
            message,
            remedy: Some(format!("record again: LLMOCK_MODE=record cargo test{only}")),
        });
    }
}

/// What the provider would reject on a day, once for each reason and file.
fn contract(audited: &mut Audited, fixture: &Fixture, day: &str) {
    let mut found: BTreeMap<(&str, String), (Finding, usize)> = BTreeMap::new();
    for (number, one) in (1..).zip(fixture.interactions()) {
        // What was rejected when it was recorded is what the test is about.
        if one.status() >= 400 {
            continue;
        }
        audited.requests += 1;
        let rejections = one.request().rejections(day);
        audited.rejected += usize::from(!rejections.is_empty());
        audited.retired += usize::from(rejections.iter().any(|one| RETIRED.contains(&one.code)));
        for rejection in rejections {
            let since = rejection.since.map(|day| format!("since {day}, ")).unwrap_or_default();
            let message = format!(
                "the provider would reject {}: {:?} ({since}{})",
                rejection.place,
                rejection.message.trim_end(),
                rejection.source
            );
            let finding = || Finding {
                code: rejection.code,
                file: workspace::shown(fixture.path()),
                line: None,
                number: Some(number),
                message: message.clone(),
                remedy: Some("change the request, and record it again".to_owned()),
            };
            let key = (rejection.rule, message.clone());
            found.entry(key).or_insert_with(|| (finding(), 0)).1 += 1;
        }
    }
    audited.findings.extend(found.into_values().map(|(mut finding, times)| {
        if times > 1 {
            finding.message = format!("{}, and in {} more", finding.message, times - 1);
        }
        finding
    }));
}

/// The tests that own the interactions of findings, without their crates. Names that no Rust function has are left out:
/// they become arguments of a command.
pub(crate) fn owners(fixtures: &[Fixture], findings: &[Finding]) -> Vec<String> {
    let is_named = |name: &&str| {
        let is_part = |char: char| char.is_alphanumeric() || matches!(char, '_' | ':');
        !name.is_empty() && name.chars().all(is_part)
    };
    let mut names: Vec<String> = Vec::new();
    for fixture in fixtures {
        let file = workspace::shown(fixture.path());
        for finding in findings.iter().filter(|finding| finding.file == file) {
            let all = (1..).zip(fixture.interactions());
            let of = all.filter(|(number, _)| finding.number == Some(*number));
            let owners = of.filter_map(|(_, one)| Some(one.test()?.split_once("::")?.1));
            names.extend(owners.filter(is_named).map(str::to_owned));
        }
    }
    names.sort_unstable();
    names.dedup();
    names
}

/// Checks `--max-age`.
pub(crate) fn age_argument(text: &str) -> Result<MaxAge, String> {
    MaxAge::parse(text).map_err(|problem| problem.to_string())
}
