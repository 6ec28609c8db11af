//! Tool calls that the user asks for: `call tool 'weather' with '{"city":"Paris"}'`.

use llmock::reply::{Message, Reply, Role};
use serde::de::IgnoredAny;

const TRIGGER: &str = "call tool '";
const WITH: &str = " with '";

/// The calls that the user asks for in the last message, or the end of the loop if a tool spoke last.
pub(crate) fn answer(turns: &[Message]) -> Option<Reply> {
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

/// The same of any other text, in one line and before the next call.
///
/// An apostrophe with a letter or digit behind it closes nothing: it stands inside a word (`it's`) or, with none
/// before it either, opens a quotation, whose end closes nothing else. What is left may still be a plural's
/// (`the dogs' bowl`): behind an `s`, before a blank and a word, it closes only if no other apostrophe does.
fn end_of_text(text: &str) -> Option<usize> {
    let line = text.split('\n').next().unwrap_or_default();
    let before_next = line.split(TRIGGER).next().unwrap_or_default();
    closing(before_next).or_else(|| closing(line))
}

fn closing(line: &str) -> Option<usize> {
    let (mut quoted, mut plural, mut last) = (0, None, None);
    for (at, _) in line.match_indices('\'') {
        let (before, after) = (&line[..at], &line[at + 1..]);
        if after.starts_with(char::is_alphanumeric) {
            quoted += usize::from(!before.ends_with(char::is_alphanumeric));
            continue;
        }
        last = Some(at);
        if quoted > 0 {
            quoted -= 1;
        } else if may_be_plural(before, after) {
            plural = Some(at);
        } else {
            return last;
        }
    }
    // a quotation that nobody ended was none: `'tis`
    plural.or(last)
}

/// Whether an apostrophe may belong to the word before it.
fn may_be_plural(before: &str, after: &str) -> bool {
    let mut follows = after.chars();
    before.ends_with(['s', 'S', 'x', 'z'])
        && follows.next() == Some(' ')
        && follows.next().is_some_and(char::is_alphanumeric)
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
            ("call tool 'f' with 'the dogs' bowl'", &[("f", "the dogs' bowl")]),
            ("call tool 'f' with '{\"t\":\"dogs' bone\"'", &[("f", "{\"t\":\"dogs' bone\"")]),
            ("call tool 'f' with '\"the dogs' bone\"', now", &[("f", "\"the dogs' bone\"")]),
            ("call tool 'f' with 'dogs', and cats'", &[("f", "dogs")]),
            ("call tool 'f' with 'yes' and it's fine", &[("f", "yes")]),
            ("call tool 'f' with 'yes' and say 'hi'", &[("f", "yes")]),
            ("call tool 'f' with 'no' for the dogs' sake", &[("f", "no")]),
            ("call tool 'f' with 'say 'hi' now', please", &[("f", "say 'hi' now")]),
            ("call tool 'f' with 'rock 'n' roll'", &[("f", "rock 'n' roll")]),
            ("call tool 'f' with ''tis the season'", &[("f", "'tis the season")]),
            (
                "call tool 'a' with 'cats' then call tool 'b' with 'the dogs' bowl'",
                &[("a", "cats"), ("b", "the dogs' bowl")],
            ),
            // nobody can tell
            ("call tool 'f' with 'yes' for the dogs' sake", &[("f", "yes' for the dogs")]),
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
