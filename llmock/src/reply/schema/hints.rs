//! Constraints that a client has moved from its schema into descriptions, because the provider takes few keywords: the
//! model is to follow them, and the client checks the response with the whole schema.
//!
//! * `{minimum: 2, maximum: 9}`: Anthropic's clients,
//!   <https://docs.claude.com/en/docs/build-with-claude/structured-outputs>
//! * `Note: minimum value: 2.`: litellm, <https://github.com/BerriAI/litellm/issues/19444>
//! * a line `minimum: 2; max length: 9.`: Vercel's AI SDK, <https://www.npmjs.com/package/@ai-sdk/anthropic>

use std::fmt::Write as _;

use crate::json::layout::{self, Layout};
use crate::json::{self, Json};

/// Keywords with a number, and litellm's words for them.
const NUMBERS: [(&str, &str); 11] = [
    ("minimum", "minimum value: "),
    ("maximum", "maximum value: "),
    ("exclusiveMinimum", "exclusive minimum value: "),
    ("exclusiveMaximum", "exclusive maximum value: "),
    ("multipleOf", "must be a multiple of "),
    ("minLength", "minimum length: "),
    ("maxLength", "maximum length: "),
    ("minItems", "minimum number of items: "),
    ("maxItems", "maximum number of items: "),
    ("minProperties", "minimum number of properties: "),
    ("maxProperties", "maximum number of properties: "),
];

/// Members of a schema that hold values and no schemas.
const VALUES: [&str; 5] = ["const", "enum", "default", "examples", "example"];

/// The schema with the keywords that its descriptions name; `None` if they name none.
pub(super) fn applied(schema: &Json<'_>) -> Option<String> {
    let mut text = String::new();
    written(schema, &mut text).then_some(text)
}

/// Whether a keyword was added.
fn written(value: &Json<'_>, out: &mut String) -> bool {
    let mut has_hints = false;
    match value {
        Json::Object(members) => {
            let mut separator = '{';
            for (name, inner) in members {
                out.push(separator);
                separator = ',';
                let name = name.decode();
                out.push_str(&json::quote(&name));
                out.push(':');
                if VALUES.contains(&&*name) {
                    out.push_str(&layout::print(inner, Layout::Compact));
                } else {
                    has_hints |= written(inner, out);
                }
            }
            let described = value.text("description").map(|text| hints(&text)).unwrap_or_default();
            for (keyword, hint) in described {
                if value.get(keyword).is_none() {
                    has_hints = true;
                    out.push(separator);
                    separator = ',';
                    let _ = write!(out, "\"{keyword}\":{hint}");
                }
            }
            out.push_str(if separator == '{' { "{}" } else { "}" });
        }
        Json::Array(items) => {
            out.push('[');
            for (at, item) in items.iter().enumerate() {
                if at > 0 {
                    out.push(',');
                }
                has_hints |= written(item, out);
            }
            out.push(']');
        }
        other => out.push_str(&layout::print(other, Layout::Compact)),
    }
    has_hints
}

/// Keywords with their values as JSON.
fn hints(description: &str) -> Vec<(&'static str, String)> {
    let mut all = Vec::new();
    if let Some(list) = in_braces(description) {
        for (keyword, _) in NUMBERS {
            all.extend(number(list, &format!("{keyword}: ")).map(|token| (keyword, token)));
        }
        let unique = after(list, "uniqueItems: ")
            .is_some_and(|rest| rest.starts_with("True") || rest.starts_with("true"));
        all.extend(unique.then(|| ("uniqueItems", "true".to_owned())));
        for keyword in ["pattern", "format"] {
            let text = after(list, &format!("{keyword}: ")).map(until_next);
            all.extend(text.map(|text| (keyword, json::quote(text))));
        }
    }
    let line = description.rsplit('\n').next().unwrap_or_default();
    if let Some(line) = line.strip_suffix('.') {
        for (keyword, _) in NUMBERS {
            let token = number(line, &format!("{}: ", in_words(keyword)));
            all.extend(token.map(|token| (keyword, token)));
        }
        all.extend(after(line, "unique items: true").map(|_| ("uniqueItems", "true".to_owned())));
        for keyword in ["pattern", "format"] {
            let text = after(line, &format!("{keyword}: "));
            let text = text.and_then(|text| text.split("; ").next());
            all.extend(text.map(|text| (keyword, json::quote(text))));
        }
    }
    if let Some((_, notes)) = description.rsplit_once("Note: ") {
        for (keyword, words) in NUMBERS {
            all.extend(number(notes, words).map(|token| (keyword, token)));
        }
        let unique = after(notes, "all array items must be unique").is_some();
        all.extend(unique.then(|| ("uniqueItems", "true".to_owned())));
    }
    all
}

/// `minItems` as `min items`.
fn in_words(keyword: &str) -> String {
    let word = |char: char| match char {
        'A'..='Z' => format!(" {}", char.to_ascii_lowercase()),
        other => other.to_string(),
    };
    keyword.chars().map(word).collect()
}

/// The list at the end of a description, which is a paragraph of its own.
fn in_braces(description: &str) -> Option<&str> {
    let list = match description.rfind("\n\n{") {
        Some(at) => &description[at + 2..],
        None => description,
    };
    list.strip_prefix('{')?.strip_suffix('}')
}

/// What follows an entry of a list.
fn after<'t>(list: &'t str, words: &str) -> Option<&'t str> {
    let starts =
        |at: &usize| *at == 0 || list[..*at].ends_with(", ") || list[..*at].ends_with("; ");
    let at = list.match_indices(words).map(|(at, _)| at).find(starts)?;
    Some(&list[at + words.len()..])
}

fn number(list: &str, words: &str) -> Option<String> {
    let rest = after(list, words)?;
    let is_digit =
        |char: char| char.is_ascii_digit() || matches!(char, '+' | '-' | '.' | 'e' | 'E');
    let token = &rest[..rest.find(|char| !is_digit(char)).unwrap_or(rest.len())];
    let token = token.trim_end_matches('.');
    matches!(json::parse(token), Ok(Json::Number(_))).then(|| token.to_owned())
}

/// A text without the entries that follow it.
fn until_next(text: &str) -> &str {
    let next = NUMBERS.iter().map(|(keyword, _)| *keyword).chain(["pattern", "format"]);
    let ends = next.filter_map(|keyword| text.find(&format!(", {keyword}: ")));
    &text[..ends.min().unwrap_or(text.len())]
}

#[cfg(test)]
mod tests {
    use super::*;

    fn after_hints(schema: &str) -> Option<String> {
        applied(&json::parse(schema).unwrap())
    }

    #[test]
    fn descriptions_of_clients_are_constraints() {
        for (description, expected) in [
            ("{minimum: 2}", r#","minimum":2"#),
            ("Days.\\n\\n{minimum: 1, maximum: 10.5}", r#","minimum":1,"maximum":10.5"#),
            ("{minItems: 3, uniqueItems: True}", r#","minItems":3,"uniqueItems":true"#),
            ("{pattern: ^[a-z]{2}$, maxLength: 5}", r#","maxLength":5,"pattern":"^[a-z]{2}$""#),
            ("minimum: 2.", r#","minimum":2"#),
            ("Days.\\nmin items: 3; unique items: true.", r#","minItems":3,"uniqueItems":true"#),
            (
                "Code.\\npattern: ^[a-z]{2}$; max length: 5.",
                r#","maxLength":5,"pattern":"^[a-z]{2}$""#,
            ),
            ("Days. Note: minimum value: 2.", r#","minimum":2"#),
            (
                "Note: exclusive minimum value: 2, maximum value: 9.",
                r#","maximum":9,"exclusiveMinimum":2"#,
            ),
        ] {
            let inner = format!(r#"{{"type":"integer","description":"{description}"}}"#);
            let schema = format!(r#"{{"properties":{{"description":{inner}}}}}"#);
            let expected = schema.replace("\"}}}", &format!("\"{expected}}}}}}}"));
            assert_eq!(after_hints(&schema), Some(expected), "{description}");
        }
    }

    #[test]
    fn other_descriptions_and_other_keywords_stay() {
        for schema in [
            r#"{"type":"integer","minimum":5,"description":"{minimum: 2}"}"#,
            r#"{"type":"integer","description":"such as {a: 1}"}"#,
            r#"{"type":"integer","description":"the minimum: 2 or more"}"#,
            r#"{"default":{"description":"{minimum: 2}"}}"#,
            "true",
            "{}",
        ] {
            assert_eq!(after_hints(schema), None, "{schema}");
        }
    }
}
