//! What a script expects of a message of the client.

use std::fmt;
use std::sync::Arc;

use serde_json::Value;

use crate::exchange::transcript::SocketMessage;

/// What a message must be.
#[derive(Clone)]
pub(crate) enum Expectation {
    Any,
    /// JSON that has these members, and maybe more.
    Json(Value),
    Text(String),
    Bytes(Vec<u8>),
    Where(Arc<dyn Fn(&SocketMessage) -> bool + Send + Sync>),
}

impl Expectation {
    /// Why a message is not the expected one; `None` if it is.
    pub(super) fn unmet(&self, message: &SocketMessage) -> Option<String> {
        let text = || message.text().unwrap_or("binary data");
        let is_met = match self {
            Self::Any => true,
            Self::Json(expected) => {
                let Ok(sent) = message.json::<Value>() else {
                    return Some(format!("is no JSON, and the script expects {self:?}"));
                };
                return difference("$", expected, &sent)
                    .map(|at| format!("is not what the script expects: {at}"));
            }
            Self::Text(expected) => text() == expected,
            Self::Bytes(expected) => message.bytes() == expected,
            Self::Where(holds) => holds(message),
        };
        (!is_met).then(|| format!("is not what the script expects: {self:?}"))
    }
}

impl fmt::Debug for Expectation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Any => f.write_str("any message"),
            Self::Json(value) => write!(f, "{value}"),
            Self::Text(text) => write!(f, "{text:?}"),
            Self::Bytes(bytes) => write!(f, "{} bytes", bytes.len()),
            Self::Where(_) => f.write_str("a message for which its function returns true"),
        }
    }
}

/// Where a value lacks what is expected.
fn difference(path: &str, expected: &Value, sent: &Value) -> Option<String> {
    match (expected, sent) {
        (Value::Object(expected), Value::Object(sent)) => {
            expected.iter().find_map(|(name, expected)| {
                let path = format!("{path}.{name}");
                match sent.get(name) {
                    Some(sent) => difference(&path, expected, sent),
                    None => Some(format!("it has no `{path}`")),
                }
            })
        }
        (Value::Array(expected), Value::Array(sent)) if expected.len() == sent.len() => {
            let each = expected.iter().zip(sent).enumerate();
            each.into_iter().find_map(|(at, (expected, sent))| {
                difference(&format!("{path}[{at}]"), expected, sent)
            })
        }
        _ if expected == sent => None,
        _ => Some(format!("`{path}` is {sent}, not {expected}")),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn json_may_have_more_members() {
        let sent = json!({"type": "a", "n": [1, {"x": 2, "y": 3}]});
        for (expected, unmet) in [
            (json!({}), None),
            (json!({"n": [1, {"x": 2}]}), None),
            (json!({"type": "b"}), Some("`$.type` is \"a\", not \"b\"")),
            (json!({"m": 1}), Some("it has no `$.m`")),
            (json!({"n": [1]}), Some("`$.n` is [1,{\"x\":2,\"y\":3}], not [1]")),
            (json!({"n": [1, {"x": 9}]}), Some("`$.n[1].x` is 2, not 9")),
        ] {
            assert_eq!(difference("$", &expected, &sent).as_deref(), unmet, "{expected}");
        }
    }
}
