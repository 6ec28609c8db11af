//! Modes in CI: where recording is refused, and what to do instead; and what modes have in common.

use std::fmt;

pub(crate) use llmock_rules::Mode;
use llmock_rules::Switch;

/// What to do where CI refuses to record.
pub(crate) const RECORD_ELSEWHERE: &str =
    "record on your machine and commit the fixture, or set LLMOCK_ALLOW_CI_RECORD=1";

/// Whether the value of `CI` means CI: anything but a switch that is off.
pub(crate) fn is_ci(value: Option<&str>) -> bool {
    // Some services put their name there, so an unknown word means yes.
    value.is_some_and(|text| Switch::parse(text).map_or(true, |switch| switch.0))
}

/// Whether a request without a recording goes to the provider, and one with a recording does not.
pub(crate) fn adds_recordings(mode: Mode) -> bool {
    matches!(mode, Mode::Auto | Mode::Refresh)
}

/// Recording is not allowed in CI; `report::Failure::CiRecord` has the way out.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("mode `{mode}` (from {set_by}) is refused in CI")]
pub(crate) struct Refusal {
    pub(crate) mode: Mode,
    pub(crate) set_by: String,
}

/// The effective mode: in CI `record` and `refresh` are refused and `auto` only replays, unless recording is allowed there.
///
/// `set_by` is for the message: the variable, the attribute, or the file that set the mode.
pub(crate) fn effective(
    requested: Mode,
    set_by: &dyn fmt::Display,
    ci: bool,
    allow_ci_record: bool,
) -> Result<Mode, Refusal> {
    match requested {
        Mode::Record | Mode::Refresh if ci && !allow_ci_record => {
            Err(Refusal { mode: requested, set_by: set_by.to_string() })
        }
        Mode::Auto if ci && !allow_ci_record => Ok(Mode::Replay),
        allowed => Ok(allowed),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn any_value_but_an_off_switch_means_ci() {
        let cases = [
            (None, false),
            (Some(""), false),
            (Some("false"), false),
            (Some("0"), false),
            (Some("No"), false),
            (Some("off"), false),
            (Some("true"), true),
            (Some("1"), true),
            (Some("woodpecker"), true),
        ];
        for (value, expected) in cases {
            assert_eq!(is_ci(value), expected, "{value:?}");
        }
    }

    #[test]
    fn ci_refuses_record_and_turns_auto_into_replay_unless_allowed() {
        use Mode::{Auto, Off, Record, Refresh, Replay};
        let refused = None;
        let cases = [
            // requested, ci, allowed, effective
            (Replay, true, false, Some(Replay)),
            (Record, true, false, refused),
            (Refresh, true, false, refused),
            (Auto, true, false, Some(Replay)),
            (Off, true, false, Some(Off)),
            (Record, true, true, Some(Record)),
            (Auto, true, true, Some(Auto)),
            (Refresh, true, true, Some(Refresh)),
            (Record, false, false, Some(Record)),
            (Auto, false, false, Some(Auto)),
        ];
        for (requested, ci, allowed, expected) in cases {
            let mode = effective(requested, &"`LLMOCK_MODE`", ci, allowed);
            assert_eq!(mode.ok(), expected, "{requested} ci={ci} allowed={allowed}");
        }
        let refusal = effective(Record, &"`LLMOCK_MODE`", true, false).expect_err("refused in CI");
        assert!(refusal.to_string().contains("(from `LLMOCK_MODE`)"), "{refusal}");
    }
}
