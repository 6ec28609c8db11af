//! `max_age`: how old a recording may be.

use std::fmt;
use std::time::Duration;

use crate::problem::Problem;

/// The age from which on recordings are reported: `90d`, or `fail after 90d`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct MaxAge {
    /// Zero stands for any age.
    seconds: u64,
    /// Whether an older recording fails the test.
    pub fails: bool,
}

const UNITS: [(&str, &str, u64); 3] =
    [("d", "day", 86_400), ("w", "week", 604_800), ("h", "hour", 3_600)];

impl MaxAge {
    pub fn parse(text: &str) -> Result<Self, Problem> {
        let invalid = || {
            Problem::invalid(
                "age",
                text,
                "expected a value such as `90d`, `12w`, or `fail after 90d`",
            )
        };
        let word = text.trim();
        let (fails, age) = match word.strip_prefix("fail after ") {
            Some(age) => (true, age.trim()),
            None => (false, word),
        };
        let found =
            UNITS.iter().find_map(|(unit, _, seconds)| Some((age.strip_suffix(unit)?, *seconds)));
        let (number, unit) = found.ok_or_else(invalid)?;
        let number: u64 = number.trim().parse().map_err(|_| invalid())?;
        let seconds =
            number.checked_mul(unit).filter(|seconds| *seconds > 0).ok_or_else(invalid)?;
        Ok(Self { seconds, fails })
    }

    /// `None` if recordings may have any age.
    pub fn limit(self) -> Option<Duration> {
        (self.seconds > 0).then(|| Duration::from_secs(self.seconds))
    }

    /// `90 days`
    pub fn shown(self) -> String {
        let fits = |(_, _, unit): &&(&str, &str, u64)| self.seconds.is_multiple_of(*unit);
        let (_, name, unit) = UNITS.iter().find(fits).unwrap_or(&UNITS[2]);
        let number = self.seconds / unit;
        format!("{number} {name}{}", if number == 1 { "" } else { "s" })
    }
}

impl fmt::Display for MaxAge {
    /// As it is written.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let fits = |(_, _, unit): &&(&str, &str, u64)| self.seconds.is_multiple_of(*unit);
        let (unit, _, seconds) = UNITS.iter().find(fits).unwrap_or(&UNITS[2]);
        let after = if self.fails { "fail after " } else { "" };
        write!(f, "{after}{}{unit}", self.seconds / seconds)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ages_survive_a_round_trip_and_mistakes_are_told() {
        for (text, shown) in [("90d", "90 days"), ("fail after 1d", "1 day"), ("36h", "36 hours")] {
            let age = MaxAge::parse(text).unwrap();
            assert_eq!((age.to_string().as_str(), age.shown().as_str()), (text, shown));
        }
        assert_eq!(MaxAge::parse("12w").unwrap().to_string(), "84d");
        for text in ["", "90", "d", "0d", "-1d", "fail", "90 moons", "99999999999999999999d"] {
            let error = MaxAge::parse(text).unwrap_err().to_string();
            assert!(error.contains("expected a value such as `90d`"), "{text}: {error}");
        }
    }
}
