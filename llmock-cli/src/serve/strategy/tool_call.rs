//! Tool calls that the user asks for: `call tool 'weather' with '{"city":"Paris"}'`.

use llmock::reply::{Reply, Role, Turn};
use serde::de::IgnoredAny;

const TRIGGER: &str = "call tool '";
const WITH: &str = " with '";

/// The calls that the user asks for in the last message, or the end of the loop if a tool spoke last.
pub(crate) fn answer(turns: &[Turn]) -> Option<Reply> {
    let last = turns.iter().rev().find(|turn| turn.role != Role::System)?;
    match last.role {
        Role::User if last.text.contains(TRIGGER) => {
            let calls = calls(&last.text);
            let reply = |all: Reply, (name, arguments)| all.tool_call(name, arguments);
            (!calls.is_empty()).then(|| calls.into_iter().fold(Reply::new(), reply))
        }
        Role::Tool if !last.text.is_empty() => {
            Some(Reply::text(format!("last tool call result is {}", last.text)))
        }
        _ => None,
    }
}

/// Names and arguments, in their order.
fn calls(text: &str) -> Vec<(&str, &str)> {
    let mut calls = Vec::new();
    let mut rest = text;
    while let Some(at) = rest.find(TRIGGER) {
        rest = &rest[at + TRIGGER.len()..];
        if let Some((name, arguments, after)) = call(rest) {
            calls.push((name, arguments));
            rest = after;
        }
    }
    calls
}

/// One call: its name, its arguments, and what follows it.
fn call(text: &str) -> Option<(&str, &str, &str)> {
    let (name, rest) = text.split_once('\'')?;
    let rest = rest.strip_prefix(WITH)?;
    if name.is_empty() || name.contains('\n') {
        return None;
    }
    let end = end_of_json(rest).or_else(|| end_of_text(rest))?;
    Some((name, &rest[..end], &rest[end + 1..]))
}

/// Where the closing apostrophe stands if the arguments are JSON, in whose strings others may stand.
fn end_of_json(text: &str) -> Option<usize> {
    let mut values = serde_json::Deserializer::from_str(text).into_iter::<IgnoredAny>();
    values.next()?.ok()?;
    let after = &text[values.byte_offset()..];
    let blanks = after.len() - after.trim_start().len();
    after[blanks..].starts_with('\'').then(|| values.byte_offset() + blanks)
}

/// The same of any other text, in one line: an apostrophe inside a word (`it's`) does not close it.
fn end_of_text(text: &str) -> Option<usize> {
    let line = text.split('\n').next().unwrap_or_default();
    let mut quotes = line.match_indices('\'').map(|(at, _)| at);
    let closes = |at: &usize| !line[at + 1..].starts_with(char::is_alphanumeric);
    quotes.find(closes)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn calls_are_found_wherever_they_stand() {
        for (text, found) in [
            ("call tool 'f' with '{}'", &[("f", "{}")][..]),
            (
                "please call tool 'get_weather' with '{\"city\": \"Paris\"}', now",
                &[("get_weather", "{\"city\": \"Paris\"}")],
            ),
            ("call tool 'f' with '{\"t\":\"it's\"}'", &[("f", "{\"t\":\"it's\"}")]),
            ("call tool 'f' with '{\"t\":\"' with '\"}' x", &[("f", "{\"t\":\"' with '\"}")]),
            ("call tool 'a' with '1' and call tool 'b' with '2'", &[("a", "1"), ("b", "2")]),
            (
                "call tool 'a' with '{}'\nwords\ncall tool 'b' with '[]'",
                &[("a", "{}"), ("b", "[]")],
            ),
            ("call tool 'f' with 'not json'", &[("f", "not json")]),
            ("call tool 'f' with 'it's not json' and don't", &[("f", "it's not json")]),
            ("call tool 'f' with '{\"t\":\"it's\"'", &[("f", "{\"t\":\"it's\"")]),
            ("call tool 'f' with ''", &[("f", "")]),
            ("call tool 'f' with '{\"a\":\n1}'", &[("f", "{\"a\":\n1}")]),
            ("call tool 'f' with ' {\"a\":1} '", &[("f", " {\"a\":1} ")]),
            ("call tool '' with '{}'", &[]),
            ("call tool 'f' with {}", &[]),
            ("call tool 'f' with '{}", &[]),
            ("call tool 'f'", &[]),
            ("Call Tool 'f' with '{}'", &[]),
            ("call tool 'a' call tool 'b' with '{}'", &[("b", "{}")]),
            ("", &[]),
        ] {
            assert_eq!(calls(text), found, "{text:?}");
        }
    }
}
