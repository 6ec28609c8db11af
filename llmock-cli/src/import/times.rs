//! Times as recorders write them, in the form of a fixture: RFC 3339, UTC, whole seconds.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

/// `Wed, 19 Aug 2026 14:34:18 GMT`, of a header or of Ruby VCR.
pub(crate) fn http_date(text: &str) -> Option<String> {
    httpdate::parse_http_date(text.trim()).ok().map(stamp)
}

/// `2026-08-19T16:34:18.123+02:00`.
pub(crate) fn iso(text: &str) -> Option<String> {
    let text = text.trim();
    let (date, rest) = text.split_once(['T', ' '])?;
    let at = rest.find(['Z', '+', '-']).unwrap_or(rest.len());
    let (clock, zone) = rest.split_at(at);
    let seconds = clock.split('.').next().unwrap_or(clock).trim();
    let time = humantime::parse_rfc3339(&format!("{date}T{seconds}Z")).ok()?;
    let offset = offset(zone)?;
    let time =
        if zone.starts_with('-') { time.checked_add(offset)? } else { time.checked_sub(offset)? };
    (time >= UNIX_EPOCH).then(|| stamp(time))
}

/// How far a zone is from UTC.
fn offset(zone: &str) -> Option<Duration> {
    let digits: String = zone.chars().filter(char::is_ascii_digit).collect();
    if digits.is_empty() {
        return Some(Duration::ZERO);
    }
    let hours: u64 = digits.get(..2)?.parse().ok()?;
    let minutes: u64 = digits.get(2..4).map_or(Ok(0), str::parse).ok()?;
    Some(Duration::from_secs(hours * 3600 + minutes * 60))
}

/// Seconds since 1970.
pub(crate) fn unix(seconds: f64) -> Option<String> {
    let since = Duration::try_from_secs_f64(seconds).ok()?;
    // No date beyond has four digits for its year.
    (since.as_secs() < 253_402_300_800).then(|| stamp(UNIX_EPOCH + since))
}

fn stamp(time: SystemTime) -> String {
    humantime::format_rfc3339_seconds(time).to_string()
}

/// `816.057254ms`, `1m2.5s`: the durations of Go, in milliseconds.
pub(crate) fn duration(text: &str) -> Option<u64> {
    let mut rest = text.trim();
    let mut total = 0.0;
    while !rest.is_empty() {
        let digits = rest.find(|letter: char| !letter.is_ascii_digit() && letter != '.')?;
        let (number, after) = rest.split_at(digits);
        let end = after.find(|letter: char| letter.is_ascii_digit()).unwrap_or(after.len());
        let (unit, after) = after.split_at(end);
        let ms = match unit {
            "ns" => 1e-6,
            "us" | "µs" | "μs" => 1e-3,
            "ms" => 1.0,
            "s" => 1e3,
            "m" => 6e4,
            "h" => 3.6e6,
            _ => return None,
        };
        total += number.parse::<f64>().ok()? * ms;
        rest = after;
    }
    millis(total)
}

/// A number of milliseconds, rounded.
#[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss)] // The range is checked.
pub(crate) fn millis(number: f64) -> Option<u64> {
    (0.0..1e12).contains(&number).then(|| number.round() as u64)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_of_every_recorder_become_utc() {
        let expected = Some("2026-08-19T14:34:18Z".to_owned());
        assert_eq!(http_date("Wed, 19 Aug 2026 14:34:18 GMT"), expected);
        for text in [
            "2026-08-19T14:34:18Z",
            "2026-08-19T14:34:18.123456+00:00",
            "2026-08-19T16:34:18.1+02:00",
            "2026-08-19T10:04:18-0430",
            "2026-08-19 14:34:18",
        ] {
            assert_eq!(iso(text), expected, "{text}");
        }
        assert_eq!(unix(1_787_150_058.9), expected);
        for wrong in ["", "yesterday", "2026-08-19", "2026-99-19T14:34:18Z"] {
            assert_eq!((iso(wrong), http_date(wrong)), (None, None), "{wrong}");
        }
    }

    #[test]
    fn durations_of_go_are_milliseconds() {
        for (text, expected) in [
            ("816.057254ms", Some(816)),
            ("1m2.5s", Some(62_500)),
            ("250µs", Some(0)),
            ("", Some(0)),
            ("soon", None),
            ("5", None),
        ] {
            assert_eq!(duration(text), expected, "{text}");
        }
    }
}
