//! What a run under a fault says about the program.

use super::ran::{Ran, RunEnd};
use super::trials::{Target, Trial};
use crate::control::reaction::{self, Reaction};
use crate::report::SweepCode;

/// What the program did wrong in one trial, compared with a run without a fault.
pub(crate) fn judge(trial: &Trial, target: &Target, usual: &Ran, ran: &Ran) -> Vec<SweepCode> {
    let mut codes = Vec::new();
    if ran.end == RunEnd::Hung {
        codes.push(SweepCode::Hung);
    }
    if ran.panics.len() > usual.panics.len() {
        codes.push(SweepCode::PanickedElsewhere);
    }
    let Some(at) = ran.requests.iter().position(|request| request.is_faulty) else { return codes };
    let faulty = &ran.requests[at];
    let repeats = ran.count(&faulty.key).saturating_sub(usual.count(&faulty.key));
    let again = ran.requests[at + 1..].iter().find(|request| request.key == faulty.key);
    let reaction = Reaction {
        repeats,
        waited: again.map(|request| request.ms.saturating_sub(faulty.ms)),
        is_waiting: ran.end == RunEnd::Hung,
        // Clients leave sockets, which stay open.
        has_accepted: ran.end == RunEnd::Passed && (target.is_socket || !had_left(target, usual)),
    };
    codes.extend(reaction::judge(&trial.fault.kind, &reaction));
    codes
}

/// Whether the client had left before the end without a fault, too: no one knows how much of the response it needs.
fn had_left(target: &Target, usual: &Ran) -> bool {
    usual.requests.get(target.request - 1).is_some_and(|request| request.response.has_left)
}

#[cfg(test)]
mod tests {
    use llmock_rules::{At, FaultKind, FaultRule};

    use super::*;
    use crate::control::sweep::ran::{RanRequest, RanResponse};

    fn requests(list: &[(&str, u64, bool)]) -> Vec<RanRequest> {
        let request = |(key, ms, is_faulty): &(&str, u64, bool)| RanRequest {
            key: (*key).to_owned(),
            ms: *ms,
            is_faulty: *is_faulty,
            shown: String::new(),
            response: RanResponse { ends: vec![10, 20], ..RanResponse::default() },
        };
        list.iter().map(request).collect()
    }

    /// The response to one request, a stream of three events.
    fn three_events() -> Target {
        Target {
            request: 1,
            shown: String::new(),
            is_error: false,
            is_stream: true,
            is_socket: false,
            ends: vec![10, 20, 30],
            bytes: 30,
            complete_after: 3,
        }
    }

    /// The verdict on a test that sends `a` once, and this under a fault.
    fn verdict(kind: FaultKind, end: RunEnd, list: &[(&str, u64, bool)]) -> Vec<SweepCode> {
        let trial = Trial { target: 0, fault: FaultRule::new(kind) };
        let target = three_events();
        let usual =
            Ran { end: RunEnd::Passed, requests: requests(&[("a", 0, false)]), panics: Vec::new() };
        let ran = Ran { end, requests: requests(list), panics: Vec::new() };
        judge(&trial, &target, &usual, &ran)
    }

    const ONCE: &[(&str, u64, bool)] = &[("a", 0, true)];
    const TWICE: &[(&str, u64, bool)] = &[("a", 0, true), ("a", 20, false)];

    #[test]
    fn each_program_has_its_verdict() {
        use RunEnd::{Failed, Hung, Passed};
        let cut = || FaultKind::Cut { after: At::Event(2), reset: false };
        let status = |code, retry_after| FaultKind::Status { code, retry_after };
        let storm: Vec<_> = (0..6).map(|at| ("a", at, at == 0)).collect();
        for (kind, end, list, expected) in [
            (cut(), Passed, ONCE, &[SweepCode::AcceptedTruncated][..]),
            (cut(), Failed, ONCE, &[]),
            (cut(), Passed, TWICE, &[]),
            (cut(), Hung, ONCE, &[SweepCode::Hung]),
            (FaultKind::EmptyBody, Passed, ONCE, &[SweepCode::AcceptedTruncated]),
            (status(401, None), Passed, TWICE, &[SweepCode::RetriedInVain]),
            (status(401, None), Failed, ONCE, &[]),
            (status(429, Some(1)), Passed, TWICE, &[SweepCode::IgnoredRetryAfter]),
            (status(429, Some(1)), Passed, &[("a", 0, true), ("a", 1000, false)], &[]),
            (status(429, Some(1)), Failed, ONCE, &[SweepCode::DidNotRetry]),
            (status(503, None), Failed, ONCE, &[SweepCode::DidNotRetry]),
            (status(503, None), Passed, TWICE, &[]),
            (status(503, None), Passed, &storm, &[SweepCode::RetryStorm]),
            (FaultKind::Refused, Failed, ONCE, &[SweepCode::DidNotRetry]),
            (FaultKind::Malformed { event: 1 }, Passed, ONCE, &[]),
            (cut(), Passed, &[], &[]),
        ] {
            assert_eq!(verdict(kind.clone(), end, list), expected, "{kind:?} {end:?} {list:?}");
        }
    }

    #[test]
    fn a_cut_behind_a_client_that_had_left_is_no_finding() {
        let trial = Trial {
            target: 0,
            fault: FaultRule::new(FaultKind::Cut { after: At::Event(2), reset: false }),
        };
        let target = three_events();
        let mut usual =
            Ran { end: RunEnd::Passed, requests: requests(&[("a", 0, false)]), panics: Vec::new() };
        usual.requests[0].response.has_left = true;
        let ran = Ran { end: RunEnd::Passed, requests: requests(ONCE), panics: Vec::new() };
        assert_eq!(judge(&trial, &target, &usual, &ran), []);
    }

    #[test]
    fn panics_of_other_tasks_are_findings() {
        let trial = Trial { target: 0, fault: FaultRule::new(FaultKind::Refused) };
        let target = Target {
            request: 1,
            shown: String::new(),
            is_error: false,
            is_stream: false,
            is_socket: false,
            ends: vec![10],
            bytes: 10,
            complete_after: 1,
        };
        let ran = Ran { panics: vec!["boom".into()], ..Ran::default() };
        let usual = Ran { end: RunEnd::Passed, ..Ran::default() };
        assert_eq!(judge(&trial, &target, &usual, &ran), [SweepCode::PanickedElsewhere]);
    }
}
