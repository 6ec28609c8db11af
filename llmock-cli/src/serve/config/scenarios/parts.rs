//! The members of a reply that have a form of their own.

use std::fmt;

use http::{HeaderName, HeaderValue, StatusCode};
use llmock::reply::Finish;
use llmock_rules::hint;
use serde::Deserialize;
use serde::de::value::MapAccessDeserializer;
use serde::de::{Deserializer, Error as _, MapAccess, SeqAccess, Visitor};
use serde_json::Value;

use super::json::JsonText;
use super::when::scalar_text;
use crate::serve::fault::Fault;
use crate::serve::pace::Pace;

/// A call of a tool, with its arguments as text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Call {
    pub(crate) name: String,
    pub(crate) arguments: String,
}

#[derive(Clone, Debug, PartialEq)]
pub(crate) struct ErrorReply {
    pub(crate) status: u16,
    pub(crate) message: Option<String>,
    pub(crate) retry_after: Option<String>,
    pub(crate) kind: Option<String>,
    pub(crate) code: Option<String>,
}

#[derive(Clone, Debug, PartialEq)]
pub(crate) enum StepPace {
    /// Settings over those of the server, as in the header.
    Over(String),
    Whole(Pace),
}

/// `{search: {q: Paris}, save: {}}`, a list of such, or the name of a tool.
pub(super) struct Calls(pub(super) Vec<Call>);

impl<'de> Deserialize<'de> for Calls {
    fn deserialize<D: Deserializer<'de>>(value: D) -> Result<Self, D::Error> {
        value.deserialize_any(CallsVisitor).map(Self)
    }
}

struct CallsVisitor;

impl<'de> Visitor<'de> for CallsVisitor {
    type Value = Vec<Call>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(
            "a mapping of tools to arguments such as `{search: {q: Paris}}`, or a list of such",
        )
    }

    fn visit_str<E: serde::de::Error>(self, name: &str) -> Result<Vec<Call>, E> {
        if name.is_empty() {
            return Err(E::custom("the name of the tool is empty"));
        }
        Ok(vec![Call { name: name.to_owned(), arguments: "{}".to_owned() }])
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut elements: A) -> Result<Vec<Call>, A::Error> {
        let mut all = Vec::new();
        while let Some(Calls(calls)) = elements.next_element()? {
            all.extend(calls);
        }
        Ok(all)
    }

    fn visit_map<A: MapAccess<'de>>(self, mut members: A) -> Result<Vec<Call>, A::Error> {
        let mut all = Vec::new();
        while let Some((name, JsonText(arguments))) = members.next_entry::<String, _>()? {
            // A text is sent as it is, so that a test can have arguments that are not JSON.
            let arguments = match serde_json::from_str(&arguments) {
                Ok(Value::String(text)) => text,
                Ok(Value::Null) => "{}".to_owned(),
                _ => arguments,
            };
            all.push(Call { name, arguments });
        }
        if all.is_empty() {
            return Err(A::Error::custom("no tool is named: expected `{NAME: ARGUMENTS}`"));
        }
        Ok(all)
    }
}

impl ErrorReply {
    pub(super) fn of_fault(code: StatusCode, retry_after: Option<u32>) -> Self {
        Self {
            status: code.as_u16(),
            message: Some(Fault::message(code).to_owned()),
            retry_after: retry_after.map(|seconds| seconds.to_string()),
            kind: None,
            code: None,
        }
    }
}

impl<'de> Deserialize<'de> for ErrorReply {
    fn deserialize<D: Deserializer<'de>>(value: D) -> Result<Self, D::Error> {
        #[derive(Deserialize)]
        #[serde(deny_unknown_fields, rename_all = "kebab-case")]
        struct ErrorFields {
            status: u64,
            message: Option<String>,
            #[serde(alias = "retry_after")]
            retry_after: Option<Value>,
            #[serde(rename = "type")]
            kind: Option<String>,
            code: Option<String>,
        }

        struct ErrorVisitor;

        impl<'de> Visitor<'de> for ErrorVisitor {
            type Value = ErrorFields;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a status, or a mapping such as `{status: 429, retry-after: 1}`")
            }

            fn visit_u64<E>(self, status: u64) -> Result<ErrorFields, E> {
                Ok(ErrorFields { status, message: None, retry_after: None, kind: None, code: None })
            }

            fn visit_i64<E: serde::de::Error>(self, status: i64) -> Result<ErrorFields, E> {
                self.visit_u64(u64::try_from(status).unwrap_or_default())
            }

            fn visit_map<A: MapAccess<'de>>(self, members: A) -> Result<ErrorFields, A::Error> {
                ErrorFields::deserialize(MapAccessDeserializer::new(members))
            }
        }

        let fields = value.deserialize_any(ErrorVisitor)?;
        let status = u16::try_from(fields.status).ok().filter(|code| (400..=599).contains(code));
        let status = status.ok_or_else(|| {
            D::Error::custom(format!("invalid status `{}`: expected 400 to 599", fields.status))
        })?;
        let retry_after = fields.retry_after.filter(|value| !value.is_null());
        let retry_after = retry_after.map(|value| {
            let text = scalar_text(&value).filter(|_| !value.is_boolean());
            let text = text.filter(|text| !text.starts_with('-') && is_header_value(text));
            text.ok_or_else(|| {
                D::Error::custom(format!(
                    "invalid `retry-after` `{value}`: expected seconds, or a date as HTTP has it"
                ))
            })
        });
        let retry_after = retry_after.transpose()?;
        let (message, kind, code) = (fields.message, fields.kind, fields.code);
        Ok(Self { status, message, retry_after, kind, code })
    }
}

fn is_header_value(text: &str) -> bool {
    HeaderValue::from_str(text).is_ok()
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub(super) struct Usage {
    #[serde(alias = "input_tokens", alias = "prompt_tokens")]
    pub(super) input: u64,
    #[serde(alias = "output_tokens", alias = "completion_tokens")]
    pub(super) output: u64,
    #[serde(default, alias = "cached_tokens")]
    pub(super) cached: u64,
}

pub(super) struct FinishName(pub(super) Finish);

impl<'de> Deserialize<'de> for FinishName {
    fn deserialize<D: Deserializer<'de>>(value: D) -> Result<Self, D::Error> {
        const KNOWN: [(&str, Finish); 5] = [
            ("stop", Finish::Stop),
            ("length", Finish::Length),
            ("tool-calls", Finish::ToolCalls),
            ("content-filter", Finish::ContentFilter),
            ("refusal", Finish::Refusal),
        ];
        let text = String::deserialize(value)?;
        let plain = text.to_lowercase().replace('_', "-");
        let find = |(name, finish): &(&str, Finish)| (*name == plain).then_some(*finish);
        let names = KNOWN.map(|(name, _)| name);
        KNOWN.iter().find_map(find).map(Self).ok_or_else(|| {
            D::Error::custom(format!("unknown finish reason `{text}`{}", hint(&plain, &names)))
        })
    }
}

pub(super) struct Headers(pub(super) Vec<(String, String)>);

impl<'de> Deserialize<'de> for Headers {
    fn deserialize<D: Deserializer<'de>>(value: D) -> Result<Self, D::Error> {
        let Value::Object(all) = Value::deserialize(value)? else {
            return Err(D::Error::custom("expected a mapping of names to values"));
        };
        let pair = |(name, value): (&String, &Value)| {
            let text = scalar_text(value).filter(|text| is_header_value(text));
            let header = HeaderName::try_from(name.as_str()).ok().zip(text);
            let header = header.map(|(name, text)| (name.as_str().to_owned(), text));
            header.ok_or_else(|| D::Error::custom(format!("invalid header `{name}: {value}`")))
        };
        all.iter().map(pair).collect::<Result<_, _>>().map(Self)
    }
}

impl<'de> Deserialize<'de> for StepPace {
    fn deserialize<D: Deserializer<'de>>(value: D) -> Result<Self, D::Error> {
        struct PaceVisitor;

        impl<'de> Visitor<'de> for PaceVisitor {
            type Value = StepPace;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a text such as `ttft=200ms, tps=50`, or a mapping as in `pace`")
            }

            fn visit_str<E: serde::de::Error>(self, text: &str) -> Result<StepPace, E> {
                Pace::default().overridden(text).map_err(E::custom)?;
                Ok(StepPace::Over(text.to_owned()))
            }

            fn visit_map<A: MapAccess<'de>>(self, members: A) -> Result<StepPace, A::Error> {
                Pace::deserialize(MapAccessDeserializer::new(members)).map(StepPace::Whole)
            }
        }

        value.deserialize_any(PaceVisitor)
    }
}
