//! JSON as text: the same tokens with other blanks between them.
//!
//! Written without the library's own code, which it judges.

use std::fmt::Write as _;

use serde_json::value::RawValue;

/// A layout that a fixture can name.
pub const LAYOUTS: [&str; 4] = ["compact", "spaced", "indent2", "indent4"];

/// Whether this is a JSON object or array.
pub fn is_json(text: &str) -> bool {
    text.trim_start().starts_with(['{', '[']) && serde_json::from_str::<&RawValue>(text).is_ok()
}

/// The layout in which a JSON text without blanks around it is printed.
pub fn name(text: &str) -> Option<&'static str> {
    let compact = compact(text);
    LAYOUTS.into_iter().find(|layout| print(&compact, layout) == text)
}

/// The tokens without blanks.
pub fn compact(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    walk(text, |character, in_string| {
        if in_string || !character.is_ascii_whitespace() {
            out.push(character);
        }
    });
    out
}

fn print(compact: &str, layout: &str) -> String {
    match layout {
        "spaced" => spaced(compact),
        "indent2" => indented(compact, 2),
        "indent4" => indented(compact, 4),
        _ => compact.to_owned(),
    }
}

fn spaced(compact: &str) -> String {
    let mut out = String::with_capacity(compact.len() * 5 / 4);
    walk(compact, |character, in_string| {
        out.push(character);
        if !in_string && matches!(character, ',' | ':') {
            out.push(' ');
        }
    });
    out
}

fn indented(compact: &str, blanks: usize) -> String {
    let mut out = String::with_capacity(compact.len() * 2);
    let mut depth = 0;
    let mut opened = false;
    walk(compact, |character, in_string| {
        let closes = !in_string && matches!(character, '}' | ']');
        if closes {
            depth -= blanks;
        }
        if opened != closes {
            let _ = write!(out, "\n{:depth$}", "");
        }
        opened = !in_string && matches!(character, '{' | '[');
        out.push(character);
        match character {
            '{' | '[' if !in_string => depth += blanks,
            ',' if !in_string => {
                let _ = write!(out, "\n{:depth$}", "");
            }
            ':' if !in_string => out.push(' '),
            _ => {}
        }
    });
    out
}

/// Says of every character whether it belongs to a string, quotes included.
fn walk(text: &str, mut visit: impl FnMut(char, bool)) {
    let (mut in_string, mut escaped) = (false, false);
    for character in text.chars() {
        let was_in_string = in_string;
        match character {
            _ if escaped => escaped = false,
            '\\' if in_string => escaped = true,
            '"' => in_string = !in_string,
            _ => {}
        }
        visit(character, was_in_string || in_string);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_the_specified_layouts() {
        for (text, expected) in [
            (r#"{"a":[1,{}]}"#, Some("compact")),
            (r#"{"a": [1, {}]}"#, Some("spaced")),
            ("{\n  \"a\": [\n    1,\n    {}\n  ]\n}", Some("indent2")),
            ("{\n    \"a\": [\n        1,\n        {}\n    ]\n}", Some("indent4")),
            (r#"{"a": "b, c: {\"", "d":1}"#, None),
            (r#"{"a":"b, c: {\" \\"}"#, Some("compact")),
            ("{ }", None),
            ("[]", Some("compact")),
        ] {
            assert_eq!(name(text), expected, "{text}");
        }
    }

    #[test]
    fn removes_whitespace_between_tokens_only() {
        assert_eq!(compact("{ \"a b\" :\t[ 1.0 ,\r\n\"\\\" x\" ] }"), r#"{"a b":[1.0,"\" x"]}"#);
    }
}
