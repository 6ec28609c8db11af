//! Which faults a sweep tries.

use llmock_rules::{At, FaultKind, FaultRule, Sweep};

/// A response of the test that can fail.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Target {
    /// The place of its request among those of the test, from one, without background calls.
    pub(crate) request: usize,
    /// `POST /v1/chat/completions`.
    pub(crate) shown: String,
    /// Whether it is an error already.
    pub(crate) is_error: bool,
    pub(crate) is_stream: bool,
    /// Whether it is a WebSocket, whose events are messages.
    pub(crate) is_socket: bool,
    /// Where its events end, in bytes.
    pub(crate) ends: Vec<usize>,
    pub(crate) bytes: usize,
    /// After so many events it is complete for its program, though not for its transport.
    pub(crate) complete_after: usize,
}

/// One run of the test with a fault.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Trial {
    /// The place of its [`Target`] in the list.
    pub(crate) target: usize,
    pub(crate) fault: FaultRule,
}

/// Byte positions inside events that are tried for each stream.
const SAMPLES: usize = 4;

/// All trials of a sweep, or an even choice of at most so many, and how many there are in all.
pub(crate) fn trials(sweep: Sweep, targets: &[Target], most: usize) -> (Vec<Trial>, usize) {
    let mut all = Vec::new();
    for (at, target) in targets.iter().enumerate().filter(|(_, target)| !target.is_error) {
        let mut kinds = Vec::new();
        if matches!(sweep, Sweep::Faults | Sweep::Errors) {
            kinds.extend(errors());
        }
        if matches!(sweep, Sweep::Faults | Sweep::Cuts) {
            kinds.extend(cuts(target));
        }
        if sweep == Sweep::Faults {
            kinds.extend(damaging(target));
        }
        all.extend(kinds.into_iter().map(|kind| {
            let mut fault = FaultRule::new(kind);
            fault.selector.request = Some(target.request);
            Trial { target: at, fault }
        }));
    }
    let count = all.len();
    if count <= most {
        return (all, count);
    }
    let chosen = (0..most).map(|at| all[at * count / most].clone());
    (chosen.collect(), count)
}

fn errors() -> Vec<FaultKind> {
    let status = |code, retry_after| FaultKind::Status { code, retry_after };
    vec![
        status(400, None),
        status(401, None),
        status(429, Some(1)),
        status(500, None),
        status(503, None),
        FaultKind::Refused,
    ]
}

/// At each boundary before the end of a stream, and inside some events; in the middle of another body.
fn cuts(target: &Target) -> Vec<FaultKind> {
    let cut = |after, reset| FaultKind::Cut { after, reset };
    if !target.is_stream {
        let middle = target.bytes / 2;
        let places = if middle == 0 { vec![0] } else { vec![0, middle] };
        return places.into_iter().map(|byte| cut(At::Byte(byte), false)).collect();
    }
    let boundaries = (0..target.complete_after).map(|event| cut(At::Event(event), false));
    let mut kinds: Vec<_> = boundaries.collect();
    if target.is_socket {
        // A message arrives as a whole or not at all.
        kinds.push(FaultKind::Close { after: target.complete_after / 2, code: 1011 });
        return kinds;
    }
    let starts = [0].into_iter().chain(target.ends.iter().copied());
    let inside = starts.zip(&target.ends).take(target.complete_after);
    let inside: Vec<usize> = inside.map(|(start, end)| usize::midpoint(start, *end)).collect();
    let step = inside.len().div_ceil(SAMPLES).max(1);
    // Half of the samples by a reset, which clients report in another way.
    kinds.extend(
        inside.iter().step_by(step).enumerate().map(|(n, byte)| cut(At::Byte(*byte), n % 2 == 1)),
    );
    kinds
}

fn damaging(target: &Target) -> Vec<FaultKind> {
    let middle = (target.complete_after / 2).max(1);
    let mut kinds = vec![FaultKind::Malformed { event: middle }];
    if target.is_socket {
        kinds.push(FaultKind::Oversized { event: middle });
    } else {
        kinds.insert(0, FaultKind::EmptyBody);
    }
    if target.is_stream && target.complete_after > 0 {
        kinds.push(FaultKind::Stall { after: At::Event(middle.min(target.complete_after - 1)) });
    }
    kinds
}

#[cfg(test)]
mod tests {
    use super::*;

    fn target(request: usize, ends: &[usize], complete_after: usize) -> Target {
        Target {
            request,
            shown: "POST /v1/chat/completions".into(),
            is_error: false,
            is_stream: ends.len() > 1,
            is_socket: false,
            ends: ends.to_vec(),
            bytes: ends.last().copied().unwrap_or_default(),
            complete_after,
        }
    }

    fn shown(sweep: Sweep, targets: &[Target]) -> Vec<String> {
        trials(sweep, targets, 500).0.iter().map(|trial| trial.fault.to_string()).collect()
    }

    #[test]
    fn streams_are_cut_at_each_boundary_before_their_end() {
        assert_eq!(
            shown(Sweep::Cuts, &[target(2, &[10, 20, 30, 40], 3)]),
            [
                "cut_after_event = 0, request = 2",
                "cut_after_event = 1, request = 2",
                "cut_after_event = 2, request = 2",
                "cut_after_byte = 5, request = 2",
                "cut_after_byte = 15, reset = true, request = 2",
                "cut_after_byte = 25, request = 2",
            ]
        );
        let whole = target(1, &[80], 1);
        assert_eq!(
            shown(Sweep::Cuts, &[whole]),
            ["cut_after_byte = 0, request = 1", "cut_after_byte = 40, request = 1"]
        );
    }

    #[test]
    fn sockets_are_cut_and_closed_between_their_messages() {
        let socket = Target { is_socket: true, ..target(1, &[10, 20], 2) };
        assert_eq!(
            shown(Sweep::Faults, &[socket])[6..],
            [
                "cut_after_event = 0, request = 1",
                "cut_after_event = 1, request = 1",
                "close_after_event = 1, close_code = 1011, request = 1",
                "malformed_event = 1, request = 1",
                "oversized_event = 1, request = 1",
                "stall_after_event = 1, request = 1",
            ]
        );
    }

    #[test]
    fn every_request_meets_every_error() {
        let targets = [target(1, &[80], 1), target(2, &[10, 20], 2)];
        let errors = shown(Sweep::Errors, &targets);
        assert_eq!(errors.len(), 12);
        assert_eq!(errors[2], "status = 429, retry_after = 1, request = 1");
        assert_eq!(errors[11], "refused = true, request = 2");
        let failed = Target { is_error: true, ..target(1, &[80], 1) };
        assert_eq!(shown(Sweep::Faults, &[failed]), [] as [&str; 0]);
        assert_eq!(shown(Sweep::Off, &targets), [] as [&str; 0]);
    }

    #[test]
    fn a_sweep_is_capped_evenly() {
        let ends: Vec<usize> = (1..=1000).collect();
        let (chosen, count) = trials(Sweep::Cuts, &[target(1, &ends, 1000)], 100);
        assert_eq!((chosen.len(), count), (100, 1004));
        assert!(chosen.last().is_some_and(|last| last.fault.to_string().contains("99")));
    }
}
