//! What a green test hides: conclusions about the requests of a session and the recordings that responded.

use llmock_rules::ApiVersion;

use crate::audit::{Conclusion, versions};
use crate::exchange::sent::SentRequest;
use crate::exchange::{RequestNumber, RespondedBy, Used};
use crate::mode::Mode;
use crate::report::{MissReason, Note, Report};
use crate::session::ledger::Ledger;
use crate::session::state::State;

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
    if state.setup.mode() == Mode::Record || state.skipped().is_some() {
        return;
    }
    let rules = &state.setup.in_force.audit;
    if rules.api_version.value == ApiVersion::Note {
        note(report, api_versions(state, ledger));
    }
}

fn note(report: &mut Report, conclusion: Option<Conclusion>) {
    report.notes.extend(conclusion.map(Note::Concluded));
}

fn api_versions(state: &State, ledger: &Ledger) -> Option<Conclusion> {
    let differences = |(exchange, used): (&crate::exchange::Exchange, Used)| {
        let recorded = SentRequest::stored(state.fixture.get(used.interaction));
        versions::differences(&recorded, &exchange.sent)
    };
    versions::conclusion(&ledger.uses().map(differences).collect::<Vec<_>>())
}
