//! Texts that a schema allows.

use std::borrow::Cow;

use regex::Regex;

/// What a schema demands of a text.
#[derive(Debug)]
pub(super) struct Demanded<'a> {
    pub(super) format: Option<Cow<'a, str>>,
    pub(super) pattern: Option<Cow<'a, str>>,
    /// In characters.
    pub(super) least: usize,
    pub(super) most: usize,
}

/// Formats of JSON schema (2020-12, validation, section 7.3), each with a text.
const FORMATS: &[(&str, &str)] = &[
    ("date-time", "2025-01-01T00:00:00Z"),
    ("date", "2025-01-01"),
    ("time", "00:00:00Z"),
    ("duration", "P1D"),
    ("email", "user@example.com"),
    ("idn-email", "user@example.com"),
    ("hostname", "example.com"),
    ("idn-hostname", "example.com"),
    ("ipv4", "192.0.2.1"),
    ("ipv6", "2001:db8::1"),
    ("uri", "https://example.com/"),
    ("uri-reference", "/path"),
    ("iri", "https://example.com/"),
    ("uuid", "00000000-0000-4000-8000-000000000000"),
    ("json-pointer", "/a"),
    ("regex", "a"),
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
    "AB",
    "en",
    "en-US",
    "1.0",
    "1.0.0",
    "0.5",
    "-1",
    "true",
    "#000000",
    "00:00",
    "12:00",
    "12:00:00",
    "2025",
    "2025-01",
    "01/01/2025",
    "+1 555 0100",
    "+15550100",
    "555-0100",
    "12345-6789",
    "USD",
    "$1.00",
    "a.b",
    "a/b",
    "a@example.com",
    "id_1",
    "ID-1",
    "ID-0001",
    "sha256:0",
    "v1",
    "v1.0.0",
    " ",
    "",
];

/// A text, or why there is none.
pub(super) fn text(demanded: &Demanded<'_>) -> Result<String, String> {
    if let Some(pattern) = &demanded.pattern {
        let known =
            Regex::new(pattern).map_err(|_| format!("the pattern `{pattern}` cannot be read"))?;
        let formats = FORMATS.iter().map(|(_, text)| *text);
        let mut candidates = CANDIDATES.iter().copied().chain(formats).map(str::to_owned);
        let repeated =
            || (1..=64).flat_map(|times| ["a", "A", "0", "a1"].map(|unit| unit.repeat(times)));
        let found = candidates.find(|text| fits(demanded, text) && known.is_match(text));
        return found
            .or_else(|| repeated().find(|text| fits(demanded, text) && known.is_match(text)))
            .ok_or_else(|| format!("no text is known for the pattern `{pattern}`"));
    }
    let of_format = demanded.format.as_deref().and_then(|format| {
        FORMATS.iter().find(|(known, _)| *known == format).map(|(_, text)| (*text).to_owned())
    });
    if let Some(text) = of_format {
        return Ok(text);
    }
    if demanded.least > demanded.most {
        return Err("`minLength` is larger than `maxLength`".to_owned());
    }
    if demanded.least > 1 << 20 {
        return Err("it demands more than a million characters".to_owned());
    }
    let length = "text".len().clamp(demanded.least, demanded.most);
    Ok("text ".chars().cycle().take(length).collect())
}

fn fits(demanded: &Demanded<'_>, text: &str) -> bool {
    (demanded.least..=demanded.most).contains(&text.chars().count())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(
        format: Option<&str>,
        pattern: Option<&str>,
        least: usize,
        most: usize,
    ) -> Result<String, String> {
        text(&Demanded {
            format: format.map(Cow::from),
            pattern: pattern.map(Cow::from),
            least,
            most,
        })
    }

    #[test]
    fn texts_have_the_length_format_and_pattern() {
        const ANY: usize = usize::MAX;
        assert_eq!(of(None, None, 0, ANY).unwrap(), "text");
        assert_eq!(of(None, None, 7, ANY).unwrap(), "text te");
        assert_eq!(of(None, None, 0, 2).unwrap(), "te");
        assert_eq!(of(Some("date"), None, 0, ANY).unwrap(), "2025-01-01");
        assert_eq!(of(Some("unknown"), None, 0, ANY).unwrap(), "text");
        for pattern in [
            "^[A-Z]{3}$",
            "^\\d{4}-\\d{2}-\\d{2}$",
            "^[a-f0-9]{40}$",
            "^#[0-9a-f]{6}$",
            "^[a-z_]+$",
        ] {
            let made = of(None, Some(pattern), 0, ANY).unwrap();
            assert!(Regex::new(pattern).unwrap().is_match(&made), "{pattern} {made}");
        }
        assert!(
            of(None, Some("^llmock-(x|y)!$"), 0, ANY).unwrap_err().contains("no text is known")
        );
        assert!(of(None, Some("("), 0, ANY).unwrap_err().contains("cannot be read"));
        assert!(of(None, None, 3, 2).is_err());
    }
}
