//! Durations, sizes, and numbers in the spelling of people; shared by files, variables, flags, and headers.

use std::time::Duration;

/// A day; longer waits are a slip, and far longer ones overflow a clock.
const LONGEST: Duration = Duration::from_secs(24 * 60 * 60);

/// `200ms`, `1.5s`, `2m`, or `0`.
pub(in crate::serve) fn duration(text: &str) -> Result<Duration, String> {
    let expected = || format!("`{text}` is no duration such as `200ms` or `1.5s`");
    let digits = text.trim_end_matches(|letter: char| letter.is_ascii_alphabetic());
    let scale = match &text[digits.len()..] {
        "us" => 1e-6,
        "ms" => 1e-3,
        "s" => 1.0,
        "m" | "min" => 60.0,
        "h" => 3600.0,
        "" if digits == "0" => 0.0,
        _ => return Err(expected()),
    };
    let number = decimal(digits).ok_or_else(expected)?;
    let duration = Duration::try_from_secs_f64(number * scale).map_err(|_| expected())?;
    if duration > LONGEST {
        return Err(format!("`{text}` is longer than a day"));
    }
    Ok(duration)
}

/// Bytes: `65536`, `64K`, `16M`, `16MiB`, `1G`; a thousand has 1024.
pub(super) fn size(text: &str) -> Result<usize, String> {
    let expected = || format!("`{text}` is no size such as `65536` or `16M`");
    let digits = text.trim_end_matches(|letter: char| letter.is_ascii_alphabetic());
    let scale: usize = match text[digits.len()..].to_ascii_lowercase().as_str() {
        "" | "b" => 1,
        "k" | "kb" | "kib" => 1 << 10,
        "m" | "mb" | "mib" => 1 << 20,
        "g" | "gb" | "gib" => 1 << 30,
        _ => return Err(expected()),
    };
    let number: usize = digits.trim_end().parse().map_err(|_| expected())?;
    number.checked_mul(scale).ok_or_else(expected)
}

/// A number that is not negative.
pub(in crate::serve) fn positive(text: &str) -> Result<f64, String> {
    decimal(text).ok_or_else(|| format!("`{text}` is no number from 0 up"))
}

/// A part of a whole, from 0 to 1.
pub(in crate::serve) fn share(text: &str) -> Result<f64, String> {
    decimal(text)
        .filter(|share| *share <= 1.0)
        .ok_or_else(|| format!("`{text}` is no number from 0 to 1"))
}

/// Digits and at most one point; neither a sign nor `inf` nor `NaN`.
fn decimal(text: &str) -> Option<f64> {
    let plain = text.bytes().all(|byte| byte.is_ascii_digit() || byte == b'.');
    if plain { text.parse().ok() } else { None }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations_have_a_unit() {
        for (text, milliseconds) in [
            ("0", 0),
            ("200ms", 200),
            ("1.5s", 1_500),
            ("2m", 120_000),
            ("1h", 3_600_000),
            ("0s", 0),
        ] {
            assert_eq!(duration(text), Ok(Duration::from_millis(milliseconds)), "{text}");
        }
        for wrong in
            ["", "5", "ms", "-1s", "1 week", "1e3s", "inf s", "NaNs", "25h", "1.1.1s", "5 s"]
        {
            assert!(duration(wrong).is_err(), "{wrong}");
        }
    }

    #[test]
    fn sizes_count_in_1024() {
        for (text, bytes) in
            [("0", 0), ("65536", 65_536), ("64K", 65_536), ("16M", 16 << 20), ("16MiB", 16 << 20)]
        {
            assert_eq!(size(text), Ok(bytes), "{text}");
        }
        for wrong in ["", "M", "-1", "1.5M", "1T", "99999999999999999999", "18446744073709551615K"]
        {
            assert!(size(wrong).is_err(), "{wrong}");
        }
    }

    #[test]
    fn shares_lie_between_nothing_and_all() {
        for (text, expected) in [("0", 0.0), ("0.25", 0.25), ("1", 1.0)] {
            assert_eq!(share(text), Ok(expected), "{text}");
        }
        for wrong in ["1.01", "-0.1", "inf", "NaN", "", "half"] {
            assert!(share(wrong).is_err(), "{wrong}");
        }
    }
}
