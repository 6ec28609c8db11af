//! `ToolCallStrategy`: `call tool 'weather' with '{"city":"Paris"}'`.

use llmock::__server::{Demands, ToolUse};
use llmock::reply::{Message, Reply, Role};
use serde::de::IgnoredAny;

use crate::serve::answer::Verdict;

const TRIGGER: &str = "call tool '";
const WITH: &str = " with '";

/// What this strategy has to say.
#[derive(Debug)]
pub(crate) enum Answer {
    /// The calls that the last user message triggers, or the result of a tool.
    Calls(Reply),
    /// The end of the loop after any other result of a tool.
    End(Reply),
}

pub(crate) fn answer(messages: &[Message]) -> Option<Answer> {
    let last = messages.iter().rev().find(|message| message.role != Role::System)?;
    match last.role {
        Role::User => reply_of(&calls(&last.text)).map(Answer::Calls),
        Role::Tool if !last.text.is_empty() => {
            let end = || Reply::text(format!("last tool call result is {}", last.text));
            let calls = reply_of(&calls(&last.text)).map(Answer::Calls);
            calls.or_else(|| Some(Answer::End(end())))
        }
        _ => None,
    }
}

impl Answer {
    /// Whether it meets what the request demands: no call if it forbids them, and no text of ours where it demands JSON.
    pub(crate) fn verdict(
        self,
        demands: Option<&Demands<'_>>,
        tools: ToolUse,
        is_before_schema: bool,
    ) -> Verdict {
        match self {
            Self::Calls(reply) => match demands.and_then(|demands| demands.no_calls(tools)) {
                Some(why) => Verdict::Pass { why: Some(format!("`call tool`: {why}")) },
                None => Verdict::Reply(Box::new(reply)),
            },
            Self::End(_) if is_before_schema && demands.is_some_and(Demands::any) => {
                Verdict::Pass { why: None }
            }
            Self::End(reply) => Verdict::Reply(Box::new(reply)),
        }
    }
}

/// The message with these calls, if there are any.
fn reply_of(calls: &[(&str, &str)]) -> Option<Reply> {
    let reply = |all: Reply, (name, arguments): &(&str, &str)| all.tool_call(*name, *arguments);
    (!calls.is_empty()).then(|| calls.iter().fold(Reply::new(), reply))
}

/// Names and arguments, in order.
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

/// A call: its name, its arguments, and the text after it. Arguments are JSON, or the rest of the line up to its last
/// apostrophe.
fn call(text: &str) -> Option<(&str, &str, &str)> {
    let (name, rest) = text.split_once('\'')?;
    let rest = rest.strip_prefix(WITH)?;
    if name.is_empty() || name.contains('\n') {
        return None;
    }
    let end = end_of_json(rest).or_else(|| rest.lines().next()?.rfind('\''))?;
    Some((name, &rest[..end], &rest[end + 1..]))
}

/// The position of the closing apostrophe if the arguments are JSON, whose strings may contain others.
fn end_of_json(text: &str) -> Option<usize> {
    // A number would need a blank behind it below.
    let first = text.find('\'')?;
    if serde_json::from_str::<IgnoredAny>(&text[..first]).is_ok() {
        return Some(first);
    }
    let mut values = serde_json::Deserializer::from_str(text).into_iter::<IgnoredAny>();
    values.next()?.ok()?;
    let after = &text[values.byte_offset()..];
    let blanks = after.len() - after.trim_start().len();
    after[blanks..].starts_with('\'').then(|| values.byte_offset() + blanks)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn finds_all_calls_of_a_message() {
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
            ("call tool 'f' with 'it's not json', now", &[("f", "it's not json")]),
            ("call tool 'f' with '{\"t\":\"it's\"'", &[("f", "{\"t\":\"it's\"")]),
            ("call tool 'f' with 'the dogs' bowl'", &[("f", "the dogs' bowl")]),
            ("call tool 'f' with 'yes' and say 'hi'", &[("f", "yes' and say 'hi")]),
            ("call tool 'f' with '\"yes\"' and say 'hi'", &[("f", "\"yes\"")]),
            ("call tool 'f' with 'one'\nit's more", &[("f", "one")]),
            (
                "call tool 'a' with 'cats' and call tool 'b' with '{}'",
                &[("a", "cats' and call tool 'b' with '{}")],
            ),
            ("call tool 'a' with 'cats'\ncall tool 'b' with 'x'", &[("a", "cats"), ("b", "x")]),
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
