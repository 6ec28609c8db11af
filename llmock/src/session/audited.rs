//! What a green test hides: conclusions about the requests of a session and the recordings that responded.

use std::time::{SystemTime, UNIX_EPOCH};

use llmock_rules::{ApiVersion, CacheGuard, Contract, MaxAge};

use crate::audit::age::{self, Recorded};
use crate::audit::contract::{self, Rejection, TABLE_DATE};
use crate::audit::prefix::{self, CacheReport, Turn};
use crate::audit::prices::UsageSummary;
use crate::audit::{Conclusion, versions};
use crate::exchange::sent::SentRequest;
use crate::exchange::{Exchange, ReceivedResponse, RequestNumber, RespondedBy, Used};
use crate::mode::Mode;
use crate::report::{Failure, MissReason, Note, Outcome, Report};
use crate::session::ledger::Ledger;
use crate::session::state::State;

/// So many of one kind are told in full.
const TOLD: usize = 3;

/// Why a request is a miss although its body is recorded: `api_version = "strict"`. Its interaction counts as not used.
pub(super) fn other_version(state: &State, number: RequestNumber) -> Option<MissReason> {
    if state.setup.in_force.audit.api_version.value != ApiVersion::Strict {
        return None;
    }
    let mut ledger = state.ledger();
    let exchange = ledger.exchange(number);
    let Used { interaction, .. } = exchange.used?;
    let recorded = SentRequest::stored(state.fixture.get(interaction));
    let found = versions::differences(&recorded, &exchange.sent);
    let clauses: Vec<String> = found.iter().map(versions::VersionDifference::clause).collect();
    if clauses.is_empty() {
        return None;
    }
    exchange.used = None;
    exchange.sent.responded_by = RespondedBy::Nothing;
    Some(MissReason::OtherVersion {
        interaction: interaction.number(),
        what: clauses.join(", and "),
    })
}

/// Adds what the audit concludes about a session to its report.
pub(super) fn conclude(state: &State, ledger: &Ledger, report: &mut Report) {
    report.usage = usage(ledger);
    if state.skipped().is_some() {
        return;
    }
    let rules = &state.setup.in_force.audit;
    if rules.api_version.value == ApiVersion::Note && state.setup.mode() != Mode::Record {
        report.notes.extend(api_versions(state, ledger).map(Note::Concluded));
    }
    if report.outcome != Outcome::Passed {
        return;
    }
    let max_age = rules.max_age.value;
    let fails = max_age.fails.then_some("max_age");
    add(state, report, stale(state, ledger, max_age).into_iter().collect(), fails);
    if rules.contract.value != Contract::Off {
        let fails = (rules.contract.value == Contract::Fail).then_some("contract = \"fail\"");
        add(state, report, rejected(ledger), fails);
    }
    if rules.cache.value != CacheGuard::Off {
        let fails = (rules.cache.value == CacheGuard::Stable).then_some("cache = \"stable\"");
        add(state, report, broken(&cache_report(&ledger.exchanges)), fails);
    }
}

/// As notes, or as failures under this rule.
fn add(state: &State, report: &mut Report, found: Vec<Conclusion>, fails: Option<&'static str>) {
    for conclusion in found {
        match fails {
            _ if state.setup.in_force.allows(conclusion.code) => {}
            Some(rule) => report.failures.push(Failure::Concluded { conclusion, rule }),
            None => report.notes.push(Note::Concluded(conclusion)),
        }
    }
}

fn api_versions(state: &State, ledger: &Ledger) -> Option<Conclusion> {
    let differences = |(exchange, used): (&Exchange, Used)| {
        let recorded = SentRequest::stored(state.fixture.get(used.interaction));
        versions::differences(&recorded, &exchange.sent)
    };
    versions::conclusion(&ledger.uses().map(differences).collect::<Vec<_>>())
}

/// The response of an exchange, if it is no error.
fn success(exchange: &Exchange) -> Option<ReceivedResponse> {
    exchange.observation.so_far().filter(|response| response.status() < 400)
}

/// What the provider would reject of what something else responded to.
fn rejected(ledger: &Ledger) -> Vec<Conclusion> {
    let mut all: Vec<(usize, Rejection)> = Vec::new();
    for (index, exchange) in ledger.exchanges.iter().enumerate() {
        let is_judged = !matches!(
            exchange.sent.responded_by,
            RespondedBy::Fixture | RespondedBy::Reply | RespondedBy::Mock
        );
        if exchange.is_side || exchange.is_stray() || is_judged || success(exchange).is_none() {
            continue;
        }
        let found = contract::rejections(&exchange.sent, TABLE_DATE);
        all.extend(found.into_iter().map(|one| (index + 1, one)));
    }
    let codes = ["contract", "context_size", "retired_model", "retired_endpoint"];
    codes.into_iter().filter_map(|code| contract::conclusion(code, &all, TOLD)).collect()
}

/// Looks whether the requests of a run keep the prompt cache; errors are no turns.
pub(crate) fn cache_report(exchanges: &[Exchange]) -> CacheReport {
    let counted = exchanges.iter().enumerate();
    let counted = counted.filter(|(_, one)| !one.is_side && !one.is_stray());
    let turns: Vec<Turn<'_>> = counted
        .filter_map(|(index, exchange)| {
            let usage = success(exchange)?.usage();
            Some(Turn { request: &exchange.sent, usage, number: index + 1 })
        })
        .collect();
    prefix::report(&turns)
}

fn broken(report: &CacheReport) -> Vec<Conclusion> {
    let all = &report.breaks;
    if all.is_empty() {
        return Vec::new();
    }
    let mut told: Vec<String> = all.iter().take(TOLD).map(ToString::to_string).collect();
    if all.len() > TOLD {
        told.push(format!("{} more", all.len() - TOLD));
    }
    vec![Conclusion { code: "cache_prefix", message: told.join("; "), remedy: None }]
}

/// The recordings that responded and are too old.
fn stale(state: &State, ledger: &Ledger, rule: MaxAge) -> Option<Conclusion> {
    let now = SystemTime::now().duration_since(UNIX_EPOCH).ok()?.as_secs();
    let recorded = ledger.uses().filter_map(|(_, used)| {
        let at = state.fixture.get(used.interaction).recorded_at.clone()?;
        Some(Recorded { interaction: used.interaction.number(), at })
    });
    age::conclusion(&recorded.collect::<Vec<_>>(), rule, now)
}

/// What the provider's responses add up to.
pub(super) fn usage(ledger: &Ledger) -> UsageSummary {
    let mut summary = UsageSummary::default();
    for exchange in &ledger.exchanges {
        if exchange.sent.responded_by == RespondedBy::Upstream {
            let response = exchange.observation.so_far();
            let usage = response.map(|response| response.usage()).unwrap_or_default();
            #[cfg(feature = "websocket")]
            let usage = exchange.socket.usage().unwrap_or(usage);
            summary.add(exchange.sent.provider(), exchange.sent.model(), usage);
        }
    }
    summary
}
