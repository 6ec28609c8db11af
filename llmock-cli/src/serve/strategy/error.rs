//! `ErrorStrategy`: `raise error {"code": 429, "message": "slow down"}`.

use llmock::reply::{Message, Reply};
use serde_json::Value;

use super::prompt::last_of_user;

const TRIGGER: &str = "raise error";

/// The result of a search for a trigger.
#[derive(Debug, Default)]
pub(crate) struct Found {
    pub(crate) reply: Option<Reply>,
    /// Why lines before it were skipped.
    pub(crate) skipped: Vec<String>,
}

/// The error of the first line with a valid trigger.
pub(crate) fn answer(messages: &[Message], openai: bool) -> Found {
    let mut found = Found::default();
    let Some(text) = last_of_user(messages).filter(|text| text.contains(TRIGGER)) else {
        return found;
    };
    for (number, line) in (1..).zip(text.lines()) {
        match raised(line) {
            Some(Ok(raised)) => {
                found.reply = Some(raised.reply(openai));
                break;
            }
            Some(Err(why)) => found.skipped.push(format!("line {number}: {why}")),
            None => {}
        }
    }
    found
}

struct Raised {
    code: u16,
    message: String,
    kind: Option<String>,
    error_code: Option<String>,
}

/// The error that a line triggers; `None` if it has no trigger.
fn raised(line: &str) -> Option<Result<Raised, String>> {
    let mut last = None;
    for (at, _) in line.match_indices(TRIGGER) {
        let rest = &line[at + TRIGGER.len()..];
        let object = rest.trim_start();
        if object.len() == rest.len() || !object.starts_with('{') {
            continue;
        }
        // The text after the object is not part of it.
        let value = serde_json::Deserializer::from_str(object).into_iter::<Value>().next();
        let read = match value {
            Some(Ok(value)) => read(&value),
            _ => Err("the text after `raise error` is not JSON".to_owned()),
        };
        if read.is_ok() {
            return Some(read);
        }
        last = Some(read);
    }
    last
}

fn read(value: &Value) -> Result<Raised, String> {
    let code = match value.get("code") {
        None | Some(Value::Null) => return Err("`code` is missing".to_owned()),
        Some(code) => code
            .as_u64()
            .and_then(|code| u16::try_from(code).ok())
            .filter(|code| (400..600).contains(code))
            .ok_or_else(|| format!("`code` is {code}, not an integer from 400 to 599"))?,
    };
    let message = match value.get("message") {
        None | Some(Value::Null) => return Err("`message` is missing".to_owned()),
        Some(Value::String(message)) => message.clone(),
        Some(other) => return Err(format!("`message` is {other}, not a string")),
    };
    Ok(Raised { code, message, kind: text(value, "type"), error_code: text(value, "error_code") })
}

/// A member as text; numbers are written as they stand.
fn text(value: &Value, name: &str) -> Option<String> {
    match value.get(name)? {
        Value::Null => None,
        Value::String(text) => Some(text.clone()),
        other => Some(other.to_string()),
    }
}

impl Raised {
    fn reply(self, openai: bool) -> Reply {
        let mut reply = Reply::error(self.code, self.message);
        // Other providers derive them from the status.
        let usual = |text: &str| openai.then(|| text.to_owned());
        if let Some(kind) = self.kind.or_else(|| usual("api_error")) {
            reply = reply.kind(kind);
        }
        if let Some(code) = self.error_code.or_else(|| usual("error")) {
            reply = reply.code(code);
        }
        reply
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn outcome(line: &str) -> Option<Result<(u16, String), String>> {
        Some(raised(line)?.map(|raised| (raised.code, raised.message)))
    }

    #[test]
    fn accepts_an_object_with_code_and_message() {
        for (line, code, message) in [
            (r#"raise error {"code": 429, "message": "m"}"#, 429, "m"),
            (r#"please raise error   {"code":500,"message":"a } b"} thanks {}"#, 500, "a } b"),
            (r#"raise error {"code":400,"message":""}"#, 400, ""),
            (r#"raise error {"code":599,"message":"it's","x":{"y":[1]}}"#, 599, "it's"),
            (r#"raise error {x} raise error {"code":404,"message":"m"}"#, 404, "m"),
        ] {
            assert_eq!(outcome(line), Some(Ok((code, message.to_owned()))), "{line}");
        }
    }

    #[test]
    fn explains_invalid_triggers() {
        for (line, why) in [
            ("raise error {not json}", "the text after `raise error` is not JSON"),
            (
                r#"raise error {"code":429,"message":"m""#,
                "the text after `raise error` is not JSON",
            ),
            (r#"raise error {"message":"m"}"#, "`code` is missing"),
            (r#"raise error {"code":429}"#, "`message` is missing"),
            (r#"raise error {"code":429,"message":7}"#, "`message` is 7, not a string"),
            (
                r#"raise error {"code":true,"message":"m"}"#,
                "`code` is true, not an integer from 400 to 599",
            ),
            (
                r#"raise error {"code":"429","message":"m"}"#,
                "`code` is \"429\", not an integer from 400 to 599",
            ),
            (
                r#"raise error {"code":200,"message":"m"}"#,
                "`code` is 200, not an integer from 400 to 599",
            ),
            (
                r#"raise error {"code":0,"message":"m"}"#,
                "`code` is 0, not an integer from 400 to 599",
            ),
            (
                r#"raise error {"code":999,"message":"m"}"#,
                "`code` is 999, not an integer from 400 to 599",
            ),
            (
                r#"raise error {"code":65965,"message":"m"}"#,
                "`code` is 65965, not an integer from 400 to 599",
            ),
            (
                r#"raise error {"code":-1,"message":"m"}"#,
                "`code` is -1, not an integer from 400 to 599",
            ),
            (
                r#"raise error {"code":429.5,"message":"m"}"#,
                "`code` is 429.5, not an integer from 400 to 599",
            ),
        ] {
            assert_eq!(outcome(line), Some(Err(why.to_owned())), "{line}");
        }
    }

    #[test]
    fn ignores_lines_without_a_trigger() {
        for line in [
            "",
            "Hello",
            "raise error",
            "raise error 429",
            r#"Raise Error {"code":429,"message":"m"}"#,
            r#"raise error{"code":429,"message":"m"}"#,
        ] {
            assert_eq!(outcome(line), None, "{line}");
        }
    }
}
