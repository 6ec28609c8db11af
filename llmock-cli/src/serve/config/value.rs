//! A value of any layer before its meaning is checked, and where it was said.

use std::fmt;
use std::path::PathBuf;
use std::sync::Arc;

/// What YAML, JSON, and the text of a variable have in common.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Value {
    Null,
    Switch(bool),
    Integer(i64),
    Number(f64),
    Text(String),
    List(Vec<Node>),
    Map(Vec<(String, Place, Node)>),
}

/// A value and its place.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Node {
    pub(super) value: Value,
    pub(super) place: Place,
}

/// Where something was said.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Place {
    /// Line and column count from 1.
    File {
        path: Arc<PathBuf>,
        line: usize,
        column: usize,
    },
    Variable(Arc<str>),
    /// With its dashes.
    Flag(Arc<str>),
    /// In the built-in defaults, or as a consequence of several settings.
    Settings,
}

impl fmt::Display for Place {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::File { path, line, column } => {
                write!(formatter, "{}:{line}:{column}", path.display())
            }
            Self::Variable(name) => write!(formatter, "variable `{name}`"),
            Self::Flag(name) => write!(formatter, "flag `{name}`"),
            Self::Settings => formatter.write_str("configuration"),
        }
    }
}

impl Value {
    /// What it is, for a sentence about what it should have been.
    pub(super) fn kind(&self) -> String {
        match self {
            Self::Null => "null".to_owned(),
            Self::Switch(switch) => format!("`{switch}`"),
            Self::Integer(integer) => format!("`{integer}`"),
            Self::Number(number) => format!("`{number}`"),
            Self::Text(text) => format!("`{text}`"),
            Self::List(_) => "a list".to_owned(),
            Self::Map(_) => "a mapping".to_owned(),
        }
    }

    /// JSON, every node of it at one place.
    pub(super) fn from_json(json: serde_json::Value, place: &Place) -> Self {
        use serde_json::Value as Json;
        let node = |json| Node { value: Self::from_json(json, place), place: place.clone() };
        match json {
            Json::Null => Self::Null,
            Json::Bool(switch) => Self::Switch(switch),
            Json::Number(number) => match number.as_i64() {
                Some(integer) => Self::Integer(integer),
                None => Self::Number(number.as_f64().unwrap_or(f64::NAN)),
            },
            Json::String(text) => Self::Text(text),
            Json::Array(items) => Self::List(items.into_iter().map(node).collect()),
            Json::Object(members) => Self::Map(
                members.into_iter().map(|(key, json)| (key, place.clone(), node(json))).collect(),
            ),
        }
    }
}
