//! The fault of a reply, in the grammar of the server or of tests.

use std::str::FromStr as _;

use http::StatusCode;
use llmock::__server::PlacedFault;
use llmock_rules::{FaultKind, FaultRule, Problem};
use serde::Deserialize;
use serde::de::{Deserializer, Error as _};
use serde_json::Value;

use super::when::scalar_text;
use crate::serve::fault::{Fault, Kind};

/// A fault, in the grammar of the server or of tests.
pub(super) struct StepFault(pub(super) Placed);

pub(super) enum Placed {
    Fault(Fault),
    ContentType(String),
}

impl<'de> Deserialize<'de> for StepFault {
    fn deserialize<D: Deserializer<'de>>(value: D) -> Result<Self, D::Error> {
        let text = match Value::deserialize(value)? {
            Value::String(text) => text,
            Value::Object(fields) => {
                let field = |(name, value): (&String, &Value)| match value {
                    Value::Bool(true) | Value::Null => Some(name.clone()),
                    value => scalar_text(value).map(|text| format!("{name}={text}")),
                };
                // The fault itself goes first.
                let (minor, main): (Vec<_>, Vec<_>) = fields.iter().partition(|(name, _)| {
                    matches!(name.as_str(), "retry-after" | "retry_after" | "reset")
                });
                let all: Option<Vec<String>> = main.into_iter().chain(minor).map(field).collect();
                all.ok_or_else(|| D::Error::custom("expected a mapping such as `{status: 429}`"))?
                    .join(", ")
            }
            _ => {
                return Err(D::Error::custom("expected a fault such as `cut-after-event=3`"));
            }
        };
        fault(&text).map(Self).map_err(D::Error::custom)
    }
}

fn fault(text: &str) -> Result<Placed, Problem> {
    let why = match Kind::from_str(text) {
        Ok(kind) => return Ok(Placed::Fault(kind.fault)),
        Err(why) => why,
    };
    // The grammar of tests has other spellings, and a few faults more.
    let Ok(rule) = FaultRule::from_text(text) else { return Err(why) };
    if rule.selector != FaultRule::new(FaultKind::EmptyBody).selector || rule.probability.is_some()
    {
        return Err(Problem::new("which requests a fault hits is said in `when` and `times`"));
    }
    Ok(match rule.kind {
        FaultKind::Status { code, retry_after } => {
            let code = StatusCode::from_u16(code).map_err(|_| why)?;
            let retry_after = retry_after.map(|seconds| u32::try_from(seconds).unwrap_or(u32::MAX));
            Placed::Fault(Fault::Status { code, retry_after })
        }
        FaultKind::Slow(by) => Placed::Fault(Fault::Slow(by)),
        FaultKind::ContentType(value) => Placed::ContentType(value),
        FaultKind::Refused => Placed::Fault(Fault::Disconnect),
        _ => match PlacedFault::parse(text) {
            Some(placed) => Placed::Fault(Fault::Placed(placed?)),
            None => return Err(why),
        },
    })
}
