//! Interactions of the test that it did not request, and those that no rule is about.

use llmock_rules::{Order, Unused};

use crate::exchange::miss::prompt_of;
use crate::mode::Mode;
use crate::report::{Failure, IdleInteraction, Note, Outcome, Report};
use crate::session::ledger::Ledger;
use crate::session::refresh;
#[cfg(feature = "websocket")]
use crate::session::sockets;
use crate::session::state::State;

/// Notes that rules about the test's own interactions are not about those without an owner.
fn mixed_owners(state: &State, report: &mut Report) {
    let in_force = &state.setup.in_force;
    let strict = (in_force.order.value == Order::Strict).then_some("order = \"strict\"");
    let fail = (in_force.unused.value == Unused::Fail).then_some("unused = \"fail\"");
    let rules: Vec<_> = [strict, fail].into_iter().flatten().collect();
    let interactions = state.fixture.ownerless_beside_own();
    if !rules.is_empty() && interactions > 0 {
        report.notes.push(Note::Mixed { interactions, rules });
    }
}

/// Says which interactions of the test no request has used.
pub(super) fn settle(state: &State, ledger: &Ledger, report: &mut Report) {
    let (setup, fixture) = (&state.setup, &state.fixture);
    if setup.mode() != Mode::Record {
        mixed_owners(state, report);
    }
    let rule = setup.in_force.unused.value;
    if rule == Unused::Ignore
        || setup.mode() == Mode::Record
        || refresh::may_remove(state, ledger) == Ok(())
        || report.outcome != Outcome::Passed
        || state.skipped().is_some()
    {
        return;
    }
    let mut used = ledger.used();
    used.extend(ledger.stand_ins.iter().map(|one| one.interaction));
    let unused = fixture.own().filter(|at| !used.contains(at));
    #[cfg_attr(
        not(feature = "websocket"),
        allow(unused_mut, reason = "only sockets are unused in part")
    )]
    let mut idle: Vec<_> = unused.map(|at| (at, prompt_of(fixture.get(at)))).collect();
    #[cfg(feature = "websocket")]
    idle.extend(sockets::unsent(ledger));
    if idle.is_empty() {
        return;
    }
    if rule == Unused::Note {
        let interactions = idle.into_iter().map(|(at, prompt)| (at.number(), prompt));
        let why_kept = refresh::may_remove(state, ledger).err().flatten();
        report.notes.push(Note::Unused { interactions: interactions.collect(), why_kept });
        return;
    }
    let interactions = idle.into_iter().map(|(at, prompt)| {
        let interaction = fixture.get(at);
        IdleInteraction {
            interaction: at.number(),
            method: interaction.request.method.clone(),
            path: interaction.request.path.clone(),
            prompt,
            lane: fixture.lane(at).map(str::to_owned),
        }
    });
    report.failures.push(Failure::Unused { interactions: interactions.collect() });
}
