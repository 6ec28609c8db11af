//! Durations, sizes and shares.

use std::time;

use crate::problem::Problem;

/// Longer than a day is a typing error, and much longer overflows a clock.
const LONGEST: time::Duration = time::Duration::from_secs(24 * 60 * 60);

/// A duration such as `200ms`, `1.5s`, `2m`, `1h`, or `0`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Duration(pub time::Duration);

impl Duration {
    /// Reads a duration of at most a day, with its unit.
    pub fn parse(text: &str) -> Result<Self, Problem> {
        let Self(duration) = Self::read(text, None)?;
        if duration > LONGEST {
            return Err(Problem::invalid("duration", text, "it is longer than a day"));
        }
        Ok(Self(duration))
    }

    /// Reads a duration whose unit may be missing: a plain number counts seconds.
    pub fn parse_seconds(text: &str) -> Result<Self, Problem> {
        Self::read(text, Some(1.0))
    }

    fn read(text: &str, without_unit: Option<f64>) -> Result<Self, Problem> {
        let (number, unit) = split(text);
        let scale = match unit {
            "us" => Some(1e-6),
            "ms" => Some(1e-3),
            "s" => Some(1.0),
            "m" | "min" => Some(60.0),
            "h" => Some(3600.0),
            "" if number == "0" => Some(1.0),
            "" => without_unit,
            _ => None,
        };
        let seconds = scale.and_then(|scale| Some(decimal(number)? * scale));
        let duration = seconds.and_then(|all| time::Duration::try_from_secs_f64(all).ok());
        let expected = "expected a value such as `200ms` or `1.5s`";
        duration.map(Self).ok_or_else(|| Problem::invalid("duration", text.trim(), expected))
    }
}

/// A number of bytes: `65536`, `64K`, `16M`, `16MiB`, or `1G`. One K is 1024 bytes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Size(pub u64);

impl Size {
    pub fn parse(text: &str) -> Result<Self, Problem> {
        let (number, unit) = split(text);
        let shift = match unit.to_ascii_lowercase().as_str() {
            "" | "b" => Some(0),
            "k" | "kb" | "kib" => Some(10),
            "m" | "mb" | "mib" => Some(20),
            "g" | "gb" | "gib" => Some(30),
            _ => None,
        };
        let is_plain = number.bytes().all(|byte| byte.is_ascii_digit());
        let number = number.parse::<u64>().ok().filter(|_| is_plain);
        let bytes = shift.and_then(|shift| number?.checked_mul(1 << shift));
        let expected = "expected a value such as `65536` or `16MiB`";
        bytes.map(Self).ok_or_else(|| Problem::invalid("size", text.trim(), expected))
    }
}

/// A number from 0 to 1.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Share(pub f64);

impl Share {
    pub fn parse(text: &str) -> Result<Self, Problem> {
        let share = decimal(text.trim()).filter(|share| *share <= 1.0);
        let expected = "expected a number from 0 to 1";
        share.map(Self).ok_or_else(|| Problem::invalid("share", text.trim(), expected))
    }
}

/// The number and the unit behind it, which blanks may separate.
fn split(text: &str) -> (&str, &str) {
    let text = text.trim();
    let number = text.trim_end_matches(|letter: char| letter.is_ascii_alphabetic());
    (number.trim_end(), &text[number.len()..])
}

/// Digits and at most one point: neither a sign nor an exponent, `inf` or `NaN`.
fn decimal(text: &str) -> Option<f64> {
    let is_plain = text.bytes().all(|byte| byte.is_ascii_digit() || byte == b'.');
    if is_plain { text.parse().ok() } else { None }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn milliseconds(parsed: Result<Duration, Problem>) -> Option<u128> {
        parsed.ok().map(|duration| duration.0.as_millis())
    }

    #[test]
    fn durations_have_a_unit() {
        for (text, expected) in [
            ("0", 0),
            ("200ms", 200),
            ("1.5s", 1_500),
            ("2m", 120_000),
            ("2 min", 120_000),
            ("1h", 3_600_000),
            ("2500us", 2),
            (" 0s ", 0),
        ] {
            assert_eq!(milliseconds(Duration::parse(text)), Some(expected), "{text}");
        }
        for wrong in ["", "5", "ms", "-1s", "1 week", "1e3s", "inf s", "NaNs", "25h", "1.1.1s"] {
            let error = Duration::parse(wrong).unwrap_err().to_string();
            assert!(error.starts_with(&format!("invalid duration `{wrong}`: ")), "{error}");
        }
    }

    #[test]
    fn a_plain_number_counts_seconds_where_that_is_allowed() {
        for (text, expected) in [
            ("30", Some(30_000)),
            ("1.5", Some(1_500)),
            ("500ms", Some(500)),
            ("2 m", Some(120_000)),
            ("100000", Some(100_000_000)),
            ("soon", None),
            ("-1", None),
        ] {
            assert_eq!(milliseconds(Duration::parse_seconds(text)), expected, "{text}");
        }
    }

    #[test]
    fn sizes_count_in_1024() {
        for (text, bytes) in [
            ("0", 0),
            ("65536", 65_536),
            ("64k", 65_536),
            ("16M", 16 << 20),
            ("16MiB", 16 << 20),
            ("1 G", 1 << 30),
        ] {
            assert_eq!(Size::parse(text), Ok(Size(bytes)), "{text}");
        }
        for wrong in ["", "M", "-1", "+1", "1.5M", "1T", "much", "18446744073709551615K"] {
            let error = Size::parse(wrong).unwrap_err().to_string();
            assert!(error.starts_with(&format!("invalid size `{wrong}`: ")), "{error}");
        }
    }

    #[test]
    fn shares_are_between_zero_and_one() {
        for (text, expected) in [("0", 0.0), ("0.25", 0.25), ("1", 1.0)] {
            assert_eq!(Share::parse(text), Ok(Share(expected)), "{text}");
        }
        for wrong in ["1.01", "-0.1", "inf", "NaN", "", "half"] {
            assert!(Share::parse(wrong).is_err(), "{wrong}");
        }
    }
}
