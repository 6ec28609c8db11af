//! Texts of fixtures as a terminal shows them: nothing in them is interpreted by it.

use std::time::{Duration, SystemTime};

use unicode_width::UnicodeWidthStr as _;

/// Text without control characters or bidirectional overrides, which a terminal would interpret.
pub(crate) fn visible(text: &str) -> String {
    escaped(text, |_| false)
}

/// The same for texts of several lines: line breaks and tabs stay.
pub(crate) fn visible_lines(text: &str) -> String {
    escaped(&text.replace("\r\n", "\n"), |char| matches!(char, '\n' | '\t'))
}

fn escaped(text: &str, is_kept: impl Fn(char) -> bool) -> String {
    let mut out = String::with_capacity(text.len());
    for char in text.chars() {
        if !is_kept(char) && is_dangerous(char) {
            out.extend(char.escape_unicode());
        } else {
            out.push(char);
        }
    }
    out
}

fn is_dangerous(char: char) -> bool {
    char.is_control()
        || matches!(char, '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}' | '\u{200e}' | '\u{200f}')
}

/// Text on one line, with at most `limit` characters and without control characters or bidirectional overrides.
pub(crate) fn shortened(text: &str, limit: usize) -> String {
    let words: Vec<&str> = text.split_whitespace().take(limit).collect();
    let line = words.join(" ");
    let mut kept: Vec<char> = line.chars().take(limit + 1).collect();
    if kept.len() > limit {
        kept.truncate(limit - 1);
        kept.push('…');
    }
    visible(&kept.into_iter().collect::<String>())
}

/// Padded with blanks to a number of terminal columns, which are not characters.
pub(crate) fn padded(text: &str, columns: usize) -> String {
    format!("{text}{}", " ".repeat(columns.saturating_sub(text.width())))
}

/// `1 interaction`, `2 interactions`.
pub(crate) fn count(number: usize, noun: &str) -> String {
    match (number, noun.strip_suffix('y')) {
        (1, _) => format!("1 {noun}"),
        (_, Some(stem)) => format!("{} {stem}ies", thousands(number)),
        _ => format!("{} {noun}s", thousands(number)),
    }
}

/// `12,345`.
pub(crate) fn thousands(number: usize) -> String {
    let digits = number.to_string();
    let mut out = String::new();
    for (at, digit) in digits.chars().enumerate() {
        if at > 0 && (digits.len() - at).is_multiple_of(3) {
            out.push(',');
        }
        out.push(digit);
    }
    out
}

/// `941 B`, `1.2 kB`, `41 kB`, `3.4 MB`.
pub(crate) fn size(bytes: u64) -> String {
    let tenths = |unit: u64| (bytes * 10 + unit / 2) / unit;
    let (tenths, unit) = match bytes {
        0..1000 => return format!("{bytes} B"),
        1000..999_500 => (tenths(1000), "kB"),
        999_500..999_500_000 => (tenths(1_000_000), "MB"),
        _ => (tenths(1_000_000_000), "GB"),
    };
    match tenths {
        0..100 => format!("{}.{} {unit}", tenths / 10, tenths % 10),
        _ => format!("{} {unit}", (tenths + 5) / 10),
    }
}

/// How long ago a recording was made: `5m`, `3h`, `12d`, `7mo`, `2y`.
pub(crate) fn age(age: Duration) -> String {
    let (minutes, hours, days) = (age.as_secs() / 60, age.as_secs() / 3600, age.as_secs() / 86_400);
    match days {
        0 if hours == 0 => format!("{minutes}m"),
        0 => format!("{hours}h"),
        1..100 => format!("{days}d"),
        100..730 => format!("{}mo", days / 30),
        _ => format!("{}y", days / 365),
    }
}

/// The time since a recording; `None` without a date. A date in the future, from another clock, is no age.
pub(crate) fn since(recorded_at: Option<&str>) -> Option<Duration> {
    let at = humantime::parse_rfc3339_weak(recorded_at?).ok()?;
    Some(now().duration_since(at).unwrap_or_default())
}

/// The present, which `SOURCE_DATE_EPOCH` replaces so that output can be reproduced.
/// <https://reproducible-builds.org/specs/source-date-epoch/>
pub(crate) fn now() -> SystemTime {
    let fixed = std::env::var("SOURCE_DATE_EPOCH").ok().and_then(|text| text.parse().ok());
    fixed.map_or_else(SystemTime::now, |at| SystemTime::UNIX_EPOCH + Duration::from_secs(at))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn shortens_text_to_one_line() {
        let cases = [
            ("  Say\n\thello. ", 20, "Say hello."),
            ("", 5, ""),
            ("exact", 5, "exact"),
            ("longer", 5, "long…"),
            ("数据库的迁移", 5, "数据库的…"),
            ("a b c d e f", 5, "a b …"),
            ("\u{1b}[31mred", 20, "\\u{1b}[31mred"),
            ("\u{202e}evil", 20, "\\u{202e}evil"),
        ];
        for (text, limit, expected) in cases {
            assert_eq!(shortened(text, limit), expected, "{text:?}");
        }
    }

    #[test]
    fn wide_characters_take_two_columns() {
        assert_eq!(padded("模型", 6), "模型  ");
        assert_eq!(padded("model", 6), "model ");
        assert_eq!(padded("longer", 2), "longer");
    }

    #[test]
    fn numbers_are_short() {
        let sizes = [
            (0, "0 B"),
            (999, "999 B"),
            (1234, "1.2 kB"),
            (9999, "10 kB"),
            (41_200, "41 kB"),
            (3_440_000, "3.4 MB"),
        ];
        for (bytes, expected) in sizes {
            assert_eq!(size(bytes), expected);
        }
        let ages = [
            (0, "0m"),
            (59, "59m"),
            (60, "1h"),
            (60 * 24, "1d"),
            (60 * 24 * 99, "99d"),
            (60 * 24 * 221, "7mo"),
            (60 * 24 * 800, "2y"),
        ];
        for (minutes, expected) in ages {
            assert_eq!(age(Duration::from_secs(minutes * 60)), expected);
        }
        assert_eq!(
            (thousands(1), thousands(1234), thousands(1_234_567)),
            ("1".into(), "1,234".into(), "1,234,567".into())
        );
        assert_eq!(
            (count(1, "query"), count(2, "query"), count(0, "test")),
            ("1 query".into(), "2 queries".into(), "0 tests".into())
        );
    }
}
