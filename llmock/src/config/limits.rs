//! The figures that only variables set: how long to wait for a recording or a turn, how large a request may be.

use std::time::Duration;

use super::check::SettingsError;
use crate::env;
use crate::report::settings;

/// How long a test waits at its end for answers that are still being recorded.
const DRAIN: Duration = Duration::from_secs(30);

/// How long a test waits for its turn before it fails.
const TURN: Duration = Duration::from_secs(300);

/// The largest request body, in bytes.
const MAX_BODY: u64 = 16 << 20;

/// Bounds of one session.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Limits {
    pub(crate) drain: Duration,
    pub(crate) turn: Duration,
    pub(crate) max_body: u64,
}

impl Default for Limits {
    fn default() -> Self {
        Self { drain: DRAIN, turn: TURN, max_body: MAX_BODY }
    }
}

impl Limits {
    /// Reads `LLMOCK_DRAIN_TIMEOUT`, `LLMOCK_TURN_TIMEOUT`, and `LLMOCK_MAX_BODY`.
    pub(crate) fn read() -> Result<Self, SettingsError> {
        let default = Self::default();
        Ok(Self {
            drain: variable(env::DRAIN_TIMEOUT, duration)?.unwrap_or(default.drain),
            turn: variable(env::TURN_TIMEOUT, duration)?.unwrap_or(default.turn),
            max_body: variable(env::MAX_BODY, bytes)?.unwrap_or(default.max_body),
        })
    }
}

fn variable<T>(
    name: &'static str,
    parse: impl Fn(&str) -> Result<T, String>,
) -> Result<Option<T>, SettingsError> {
    env::read(name)
        .filter(|text| !text.trim().is_empty())
        .map(|text| parse(text.trim()).map_err(|reason| SettingsError::Variable { name, reason }))
        .transpose()
}

/// `30`, `30s`, `2m`, or `500ms`; a bare number is seconds.
fn duration(text: &str) -> Result<Duration, String> {
    let (digits, unit) = split(text);
    let wrong = || settings::no_time(text);
    let number: u64 = digits.parse().map_err(|_| wrong())?;
    match unit {
        "" | "s" => Ok(Duration::from_secs(number)),
        "ms" => Ok(Duration::from_millis(number)),
        "m" => number.checked_mul(60).map(Duration::from_secs).ok_or_else(wrong),
        _ => Err(wrong()),
    }
}

/// `1048576`, `64k`, `16M`, `16MiB`, or `1G`, all by powers of 1024.
fn bytes(text: &str) -> Result<u64, String> {
    let (digits, unit) = split(text);
    let wrong = || settings::no_size(text);
    let number: u64 = digits.parse().map_err(|_| wrong())?;
    let shift = match unit.to_ascii_lowercase().as_str() {
        "" | "b" => 0,
        "k" | "kb" | "kib" => 10,
        "m" | "mb" | "mib" => 20,
        "g" | "gb" | "gib" => 30,
        _ => return Err(wrong()),
    };
    number.checked_mul(1 << shift).ok_or_else(wrong)
}

fn split(text: &str) -> (&str, &str) {
    let end = text.find(|character: char| !character.is_ascii_digit()).unwrap_or(text.len());
    let (digits, unit) = text.split_at(end);
    (digits, unit.trim())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_seconds_unless_they_say_otherwise() {
        let cases = [
            ("30", Some(30_000)),
            ("0", Some(0)),
            ("2s", Some(2_000)),
            ("500ms", Some(500)),
            ("2 m", Some(120_000)),
            ("soon", None),
            ("-1", None),
            ("1.5", None),
            ("5h", None),
        ];
        for (text, millis) in cases {
            assert_eq!(duration(text).ok(), millis.map(Duration::from_millis), "{text}");
        }
    }

    #[test]
    fn sizes_are_bytes_unless_they_say_otherwise() {
        let cases = [
            ("1024", Some(1024)),
            ("64k", Some(65_536)),
            ("16MiB", Some(16_777_216)),
            ("1 G", Some(1_073_741_824)),
            ("99999999999G", None),
            ("much", None),
        ];
        for (text, expected) in cases {
            assert_eq!(bytes(text).ok(), expected, "{text}");
        }
    }
}
