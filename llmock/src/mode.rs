//! What a session does with a request: the mode, the words for it, and the rules for CI.
//!
//! Pure: values come in as text, from `env` for variables and from `config` for the attribute and `llmock.toml`.

use std::fmt;
use std::str::FromStr;

use crate::suggest;

/// What happens to a request of a test.
///
/// Chosen by `LLMOCK_MODE`, else by the attribute or the builder, else by `llmock.toml`, else [`Mode::Replay`].
///
/// ```
/// use llmock::Mode;
///
/// assert_eq!("record".parse(), Ok(Mode::Record));
/// assert_eq!(Mode::default().to_string(), "replay");
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Mode {
    /// Answer from the fixture; what is not there fails the test. Never asks a provider.
    #[default]
    Replay,
    /// Ask the provider for everything and write the fixture anew if the test passes.
    Record,
    /// Answer from the fixture, ask the provider for what is not there, and add that to the fixture.
    Auto,
    /// Touch nothing: no variable is set and no request is seen.
    Off,
}

impl Mode {
    /// Every mode, in the order in which messages list them.
    pub const ALL: [Self; 4] = [Self::Replay, Self::Record, Self::Auto, Self::Off];

    /// The word for it, as in `LLMOCK_MODE=record`.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Replay => "replay",
            Self::Record => "record",
            Self::Auto => "auto",
            Self::Off => "off",
        }
    }
}

impl fmt::Display for Mode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl FromStr for Mode {
    type Err = ModeError;

    fn from_str(text: &str) -> Result<Self, ModeError> {
        let word = text.trim();
        // Values are lower-case words everywhere, but `LLMOCK_MODE=Record` leaves no doubt.
        Self::ALL
            .into_iter()
            .find(|mode| mode.as_str().eq_ignore_ascii_case(word))
            .ok_or_else(|| ModeError { value: word.to_owned() })
    }
}

/// A word that is no mode.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("`{value}` is not a mode; {}", suggest::hint(value, &Mode::ALL.map(Mode::as_str)))]
pub struct ModeError {
    value: String,
}

/// A switch that says neither yes nor no.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "`{value}` is neither on nor off; expected `1`, `true`, `yes`, `on`, or `0`, `false`, `no`, `off`"
)]
pub(crate) struct BoolError {
    value: String,
}

/// Reads a switch such as `LLMOCK_DISABLED`; empty is off.
pub(crate) fn parse_bool(text: &str) -> Result<bool, BoolError> {
    match text.trim().to_ascii_lowercase().as_str() {
        "1" | "true" | "yes" | "on" => Ok(true),
        "" | "0" | "false" | "no" | "off" => Ok(false),
        _ => Err(BoolError { value: text.trim().to_owned() }),
    }
}

/// Whether the value of `CI` means that this is CI: anything that does not say no.
pub(crate) fn is_ci(value: Option<&str>) -> bool {
    // Some services put their name there, so an unknown word is a yes.
    value.is_some_and(|text| parse_bool(text).unwrap_or(true))
}

/// Recording was asked for where it must not happen; `report::Failure::CiRecord` says what to do.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("mode `record` (from {asked_by}) is refused in CI")]
pub(crate) struct Refusal {
    pub(crate) asked_by: String,
}

/// The mode that holds: in CI `record` is refused and `auto` only replays, unless that was allowed.
///
/// `asked_by` is in the message: the variable, the attribute, or the file that asked.
pub(crate) fn effective(
    requested: Mode,
    asked_by: &dyn fmt::Display,
    ci: bool,
    allow_ci_record: bool,
) -> Result<Mode, Refusal> {
    match requested {
        Mode::Record if ci && !allow_ci_record => Err(Refusal { asked_by: asked_by.to_string() }),
        Mode::Auto if ci && !allow_ci_record => Ok(Mode::Replay),
        as_asked => Ok(as_asked),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_mode_reads_back_from_its_own_word() {
        for mode in Mode::ALL {
            assert_eq!(mode.to_string().parse(), Ok(mode));
        }
        assert_eq!(" Record\n".parse(), Ok(Mode::Record));
    }

    #[test]
    fn a_wrong_mode_names_the_likely_one_or_all_of_them() {
        let cases = [
            ("recrod", "`recrod` is not a mode; did you mean `record`?"),
            ("live", "`live` is not a mode; expected `replay`, `record`, `auto`, or `off`"),
            ("", "`` is not a mode; expected `replay`, `record`, `auto`, or `off`"),
        ];
        for (word, message) in cases {
            let error = word.parse::<Mode>().expect_err(word);
            assert_eq!(error.to_string(), message);
        }
    }

    #[test]
    fn a_switch_takes_the_usual_words_and_refuses_others() {
        for word in ["1", "true", "yes", "on", " TRUE "] {
            assert_eq!(parse_bool(word), Ok(true), "{word}");
        }
        for word in ["0", "false", "no", "off", "", " "] {
            assert_eq!(parse_bool(word), Ok(false), "{word}");
        }
        let error = parse_bool("maybe").expect_err("`maybe` is neither");
        assert!(error.to_string().starts_with("`maybe` is neither on nor off"), "{error}");
    }

    #[test]
    fn ci_is_whatever_does_not_say_no() {
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
        use Mode::{Auto, Off, Record, Replay};
        let refused = None;
        let cases = [
            // requested, ci, allowed, effective
            (Replay, true, false, Some(Replay)),
            (Record, true, false, refused),
            (Auto, true, false, Some(Replay)),
            (Off, true, false, Some(Off)),
            (Record, true, true, Some(Record)),
            (Auto, true, true, Some(Auto)),
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
