//! Texts that a schema allows.

use core::net::{Ipv4Addr, Ipv6Addr};

use super::pattern::{self, Pattern};
use super::valid::count_of;
use crate::json::Json;

/// A format of JSON Schema (2020-12, validation, section 7.3): its name, a text, and whether a text has it.
type Format = (&'static str, &'static str, fn(&str) -> bool);

const FORMATS: &[Format] = &[
    ("date-time", "2025-01-01T00:00:00Z", is_date_time),
    ("date", "2025-01-01", is_date),
    ("time", "00:00:00Z", is_time),
    ("duration", "P1D", |text| text.starts_with('P') && text.len() > 2),
    ("email", "user@example.com", is_email),
    ("idn-email", "user@example.com", is_email),
    ("hostname", "example.com", is_hostname),
    ("idn-hostname", "example.com", |text| !text.is_empty() && !text.contains(' ')),
    ("ipv4", "192.0.2.1", |text| text.parse::<Ipv4Addr>().is_ok()),
    ("ipv6", "2001:db8::1", |text| text.parse::<Ipv6Addr>().is_ok()),
    ("uri", "https://example.com/", is_uri),
    ("url", "https://example.com/", is_uri),
    ("uri-reference", "/path", |text| {
        !text.contains([' ', '<', '>', '\\', '^', '`', '{', '|', '}'])
    }),
    ("uri-template", "https://example.com/{id}", |text| !text.contains(' ')),
    ("iri", "https://example.com/", is_uri),
    ("iri-reference", "/path", |text| !text.contains(' ')),
    ("uuid", "00000000-0000-4000-8000-000000000000", is_uuid),
    ("json-pointer", "/a", |text| text.is_empty() || text.starts_with('/')),
    ("relative-json-pointer", "0", |text| text.starts_with(|first: char| first.is_ascii_digit())),
    ("regex", "a", |text| Pattern::new(text).is_some()),
    ("byte", "dGV4dA==", |text| text.len() % 4 == 0 && !text.contains(' ')),
];

/// Texts that many patterns accept.
const CANDIDATES: &[&str] = &[
    "text",
    "a",
    "A",
    "Text",
    "TEXT",
    "0",
    "1",
    "12",
    "123",
    "1234",
    "12345",
    "123456",
    "a1",
    "A1",
    "a_b",
    "a-b",
    "abc",
    "ABC",
    "Aa1!",
    "Aa1!Aa1!",
    "Aa1!Aa1!Aa1!",
    "en",
    "en-US",
    "1.0",
    "1.0.0",
    "0.5",
    "-1",
    "true",
    "#000000",
    "00:00",
    "2025",
    "01/01/2025",
    "+15550100",
    "USD",
    "$1.00",
    "a.b",
    "a/b",
    "id_1",
    " ",
    "",
];

/// Longer texts are not made.
const LONGEST: usize = 1 << 20;

/// Whether a schema allows a text; formats and patterns that are not known allow all.
pub(super) fn fits_all(schema: &Json<'_>, text: &str) -> bool {
    fits_length(schema, text)
        && schema
            .text("pattern")
            .and_then(|pattern| Pattern::new(&pattern))
            .is_none_or(|pattern| pattern.is_match(text))
        && known_format(schema).is_none_or(|(_, _, has)| has(text))
}

fn fits_length(schema: &Json<'_>, text: &str) -> bool {
    let least = count_of(schema, "minLength").unwrap_or(0);
    let most = count_of(schema, "maxLength").unwrap_or(usize::MAX);
    (least..=most).contains(&text.chars().count())
}

fn known_format(schema: &Json<'_>) -> Option<&'static Format> {
    let format = schema.text("format")?;
    FORMATS.iter().find(|(known, _, _)| *known == format)
}

/// Texts that all of these schemas allow, the most telling first, or why there is none. `word` is what a text says if
/// it may say anything; at least `count` texts are made if they are easy to tell apart.
pub(super) fn texts(
    schemas: &[&Json<'_>],
    word: &str,
    count: usize,
) -> Result<Vec<String>, String> {
    let least = schemas.iter().filter_map(|one| count_of(one, "minLength")).max().unwrap_or(0);
    let most = schemas.iter().filter_map(|one| count_of(one, "maxLength")).min();
    let most = most.unwrap_or(usize::MAX);
    if least > most {
        return Err("`minLength` is larger than `maxLength`".to_owned());
    }
    if least > LONGEST {
        return Err("it demands more than a million characters".to_owned());
    }
    let patterns: Vec<_> = schemas.iter().filter_map(|one| one.text("pattern")).collect();
    if let Some(unreadable) = patterns.iter().find(|pattern| Pattern::new(pattern).is_none()) {
        return Err(format!("the pattern `{unreadable}` cannot be read"));
    }
    let mut all: Vec<String> = Vec::new();
    let formats = schemas.iter().filter_map(|one| known_format(one));
    for (_, text, _) in formats {
        all.extend(of_format(text, least, count));
    }
    let words = (0..=count).map(|number| match number {
        0 => word.to_owned(),
        number => format!("{word}{number}"),
    });
    all.extend(words.map(|word| stretched(&word, least, most)));
    for pattern in &patterns {
        all.extend(pattern::texts(pattern, least));
    }
    if !patterns.is_empty() {
        let formats = FORMATS.iter().map(|(_, text, _)| *text);
        all.extend(CANDIDATES.iter().copied().chain(formats).map(str::to_owned));
        all.extend((1..=64).flat_map(|times| ["a", "A", "0", "a1"].map(|unit| unit.repeat(times))));
    }
    let mut fitting: Vec<String> = Vec::new();
    for text in all {
        if schemas.iter().all(|schema| fits_all(schema, &text)) && !fitting.contains(&text) {
            fitting.push(text);
            if fitting.len() > count {
                break;
            }
        }
    }
    if !fitting.is_empty() {
        return Ok(fitting);
    }
    Err(match (patterns.first(), schemas.iter().find_map(|one| one.text("format"))) {
        (Some(pattern), _) => format!("no text is known for the pattern `{pattern}`"),
        (None, Some(format)) => format!("no text of the format `{format}` has that length"),
        (None, None) => "no text has that length".to_owned(),
    })
}

/// A text of a format, then longer and different ones.
fn of_format(text: &str, least: usize, count: usize) -> Vec<String> {
    let missing = least.saturating_sub(text.len());
    let mut all = vec![text.to_owned()];
    let fill = "a".repeat(missing);
    all.extend([format!("{fill}{text}"), format!("{text}{fill}")]);
    for number in 1..=count {
        all.extend([
            text.replacen("user", &format!("user{number}"), 1),
            format!("{text}{number}"),
            match text.len().checked_sub(number.to_string().len()) {
                Some(start) => format!("{}{number}", &text[..start]),
                None => continue,
            },
            text.replace("01-01", &format!("01-{:02}", number % 28 + 1)),
            text.replace("00:00:00Z", &format!("00:{:02}:{:02}Z", number / 60 % 60, number % 60)),
            format!("{number}.{text}"),
        ]);
    }
    all
}

/// A word with as many characters as it must have at least and may have at most.
fn stretched(word: &str, least: usize, most: usize) -> String {
    let length = word.chars().count();
    let wanted = length.clamp(least, most.max(least));
    if word == "text" {
        return "text ".chars().cycle().take(wanted).collect();
    }
    if word.is_empty() { "a" } else { word }.chars().cycle().take(wanted).collect()
}

fn digits(text: &str, count: usize) -> bool {
    text.len() == count && text.bytes().all(|byte| byte.is_ascii_digit())
}

fn is_date(text: &str) -> bool {
    let parts: Vec<&str> = text.split('-').collect();
    let [year, month, day] = parts[..] else { return false };
    let within =
        |part: &str, most: u32| part.parse().is_ok_and(|part: u32| (1..=most).contains(&part));
    digits(year, 4) && digits(month, 2) && digits(day, 2) && within(month, 12) && within(day, 31)
}

fn is_time(text: &str) -> bool {
    let zone = text.find(['Z', 'z', '+', '-']).unwrap_or(text.len());
    let (clock, zone) = text.split_at(zone);
    let clock = clock.split_once('.').map_or(clock, |(clock, _)| clock);
    let parts: Vec<&str> = clock.split(':').collect();
    let [hour, minute, second] = parts[..] else { return false };
    let within =
        |part: &str, most: u32| digits(part, 2) && part.parse().is_ok_and(|part: u32| part <= most);
    let is_zone = matches!(zone, "Z" | "z") || (zone.len() == 6 && zone.as_bytes()[3] == b':');
    within(hour, 23) && within(minute, 59) && within(second, 60) && is_zone
}

fn is_date_time(text: &str) -> bool {
    text.split_once(['T', 't', ' ']).is_some_and(|(date, time)| is_date(date) && is_time(time))
}

fn is_email(text: &str) -> bool {
    text.split_once('@').is_some_and(|(name, host)| !name.is_empty() && is_hostname(host))
}

fn is_hostname(text: &str) -> bool {
    let is_label = |label: &str| {
        let plain = label.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-');
        (1..=63).contains(&label.len()) && plain && !label.starts_with('-') && !label.ends_with('-')
    };
    text.len() <= 253 && text.split('.').all(is_label)
}

fn is_uri(text: &str) -> bool {
    let has_scheme = text.split_once(':').is_some_and(|(scheme, rest)| {
        scheme.starts_with(|first: char| first.is_ascii_alphabetic())
            && scheme.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"+-.".contains(&byte))
            && !rest.is_empty()
    });
    has_scheme && !text.contains([' ', '<', '>', '"', '{', '}', '|', '\\', '^', '`'])
}

fn is_uuid(text: &str) -> bool {
    let is_part = |(part, length): (&str, usize)| {
        part.len() == length && part.bytes().all(|byte| byte.is_ascii_hexdigit())
    };
    text.split('-').count() == 5 && text.split('-').zip([8, 4, 4, 4, 12]).all(is_part)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::json;

    fn of(schema: &str) -> Result<String, String> {
        texts(&[&json::parse(schema).unwrap()], "text", 0).map(|mut all| all.remove(0))
    }

    #[test]
    fn texts_have_the_length_format_and_pattern() {
        for (schema, text) in [
            ("{}", "text"),
            (r#"{"minLength":7}"#, "text te"),
            (r#"{"maxLength":2}"#, "te"),
            (r#"{"format":"date"}"#, "2025-01-01"),
            (r#"{"format":"unknown"}"#, "text"),
            (r#"{"format":"email","minLength":20}"#, "aaaauser@example.com"),
            (r#"{"pattern":"^[A-Z]{3}$"}"#, "AAA"),
            (r#"{"pattern":"^llmock-(x|y)!$"}"#, "llmock-x!"),
            (r#"{"pattern":"^[a-z]+$","minLength":6}"#, "aaaaaaa"),
        ] {
            assert_eq!(of(schema).as_deref(), Ok(text), "{schema}");
        }
        assert!(of(r#"{"pattern":"("}"#).unwrap_err().contains("cannot be read"));
        assert!(of(r#"{"pattern":"^a$","minLength":3}"#).unwrap_err().contains("no text is known"));
        assert!(of(r#"{"minLength":3,"maxLength":2}"#).is_err());
    }

    #[test]
    fn every_format_has_its_own_text() {
        for (name, text, has) in FORMATS {
            assert!(has(text), "{name} {text}");
        }
        for (name, text) in [
            ("date", "2025-13-01"),
            ("date-time", "2025-01-01"),
            ("time", "25:00:00Z"),
            ("email", "user"),
            ("ipv4", "1.2.3"),
            ("uri", "no scheme"),
            ("uuid", "0000"),
        ] {
            let (_, _, has) = FORMATS.iter().find(|(known, _, _)| *known == name).unwrap();
            assert!(!has(text), "{name} {text}");
        }
    }
}
