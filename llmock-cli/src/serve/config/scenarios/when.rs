//! Conditions of scenarios: all that are given must hold.

use llmock::__server::last_user_matches;
use llmock::Provider;
use llmock::reply::request;
use serde::Deserialize;
use serde::de::{Deserializer, Error as _};
use serde_json::Value;

use super::super::values::Parsed;

/// What a request must be.
#[derive(Clone, Debug, Default, PartialEq, Deserialize)]
#[serde(default, deny_unknown_fields, rename_all = "kebab-case")]
pub(crate) struct When {
    /// Texts in the last message of the user.
    #[serde(deserialize_with = "texts")]
    pub(crate) contains: Vec<String>,
    /// The same, under the name that tests use.
    #[serde(alias = "last_user", deserialize_with = "texts")]
    pub(crate) last_user: Vec<String>,
    /// A regular expression for the last message of the user.
    #[serde(deserialize_with = "pattern")]
    pub(crate) pattern: Option<String>,
    /// A text anywhere in the body.
    #[serde(deserialize_with = "texts")]
    pub(crate) body: Vec<String>,
    /// The name of the model; `*` stands for any text, here and below.
    #[serde(deserialize_with = "text")]
    pub(crate) model: Option<String>,
    #[serde(deserialize_with = "texts")]
    pub(crate) system: Vec<String>,
    /// The names of tools that are offered.
    #[serde(deserialize_with = "texts")]
    pub(crate) tool: Vec<String>,
    #[serde(alias = "tool_result", deserialize_with = "tool_results")]
    pub(crate) tool_result: Vec<ToolResult>,
    /// The name of the schema, or of the tool that must be called.
    #[serde(deserialize_with = "text")]
    pub(crate) schema: Option<String>,
    #[serde(deserialize_with = "headers")]
    pub(crate) header: Vec<(String, String)>,
    #[serde(deserialize_with = "text")]
    pub(crate) session: Option<String>,
    #[serde(deserialize_with = "text")]
    pub(crate) path: Option<String>,
    #[serde(deserialize_with = "text")]
    pub(crate) method: Option<String>,
    #[serde(deserialize_with = "provider")]
    pub(crate) provider: Option<Provider>,
    pub(crate) stream: Option<bool>,
}

/// A result that came after the last message of the model.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct ToolResult {
    /// Of this tool; `None`: of any.
    pub(crate) tool: Option<String>,
    /// With this text in it.
    pub(crate) contains: String,
}

impl When {
    /// Whether it holds for every request.
    pub(crate) fn is_empty(&self) -> bool {
        *self == Self::default()
    }
}

/// The text of a scalar: numbers need no quotes.
pub(super) fn scalar_text(value: &Value) -> Option<String> {
    match value {
        Value::String(text) => Some(text.clone()),
        Value::Number(number) => Some(number.to_string()),
        Value::Bool(switch) => Some(switch.to_string()),
        _ => None,
    }
}

fn text<'de, D: Deserializer<'de>>(value: D) -> Result<Option<String>, D::Error> {
    match Value::deserialize(value)? {
        Value::Null => Ok(None),
        value => scalar_text(&value)
            .filter(|text| !text.is_empty())
            .map(Some)
            .ok_or_else(|| D::Error::custom("expected a text that is not empty")),
    }
}

fn texts<'de, D: Deserializer<'de>>(value: D) -> Result<Vec<String>, D::Error> {
    let expected = || D::Error::custom("expected a text, or a list of texts");
    let filled = |value: &Value| scalar_text(value).filter(|text| !text.is_empty());
    match Value::deserialize(value)? {
        Value::Null => Ok(Vec::new()),
        Value::Array(all) if !all.is_empty() => {
            all.iter().map(|one| filled(one).ok_or_else(expected)).collect()
        }
        one => Ok(vec![filled(&one).ok_or_else(expected)?]),
    }
}

/// Checks the expression here, where a mistake has a line and a column.
fn pattern<'de, D: Deserializer<'de>>(value: D) -> Result<Option<String>, D::Error> {
    let pattern = text(value)?;
    if let Some(pattern) = &pattern {
        last_user_matches(request(), pattern).map(drop).map_err(D::Error::custom)?;
    }
    Ok(pattern)
}

/// `true` for any result, a text, or a mapping of tools to texts.
fn tool_results<'de, D: Deserializer<'de>>(value: D) -> Result<Vec<ToolResult>, D::Error> {
    let expected =
        || D::Error::custom("expected `true`, a text, or a mapping of names of tools to texts");
    let any = |tool: Option<&String>| ToolResult { tool: tool.cloned(), contains: String::new() };
    Ok(match &Value::deserialize(value)? {
        Value::Null => Vec::new(),
        Value::Bool(true) => vec![any(None)],
        Value::Object(tools) if !tools.is_empty() => {
            let result = |(tool, text): (&String, &Value)| match text {
                Value::Null | Value::Bool(true) => Ok(any(Some(tool))),
                text => scalar_text(text)
                    .map(|contains| ToolResult { tool: Some(tool.clone()), contains })
                    .ok_or_else(expected),
            };
            tools.iter().map(result).collect::<Result<_, _>>()?
        }
        Value::Bool(false) => return Err(expected()),
        one => vec![ToolResult { tool: None, contains: scalar_text(one).ok_or_else(expected)? }],
    })
}

/// A name alone, for any value, or a mapping of names to patterns.
fn headers<'de, D: Deserializer<'de>>(value: D) -> Result<Vec<(String, String)>, D::Error> {
    let expected =
        || D::Error::custom("expected the name of a header, or a mapping of names to values");
    let named = |name: &String, pattern: String| match http::HeaderName::try_from(name.as_str()) {
        Ok(name) => Ok((name.as_str().to_owned(), pattern)),
        Err(_) => Err(D::Error::custom(format!("invalid name of a header `{name}`"))),
    };
    match &Value::deserialize(value)? {
        Value::Null => Ok(Vec::new()),
        Value::String(name) => Ok(vec![named(name, "*".to_owned())?]),
        Value::Object(all) if !all.is_empty() => {
            let pair = |(name, pattern): (&String, &Value)| match pattern {
                Value::Null | Value::Bool(true) => named(name, "*".to_owned()),
                pattern => named(name, scalar_text(pattern).ok_or_else(expected)?),
            };
            all.iter().map(pair).collect()
        }
        _ => Err(expected()),
    }
}

fn provider<'de, D: Deserializer<'de>>(value: D) -> Result<Option<Provider>, D::Error> {
    let id: Option<Parsed<Provider>> = Option::deserialize(value)?;
    Ok(id.map(|id| id.0))
}
