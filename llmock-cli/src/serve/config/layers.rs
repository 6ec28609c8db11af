//! Puts the values of all sources over each other: a JSON tree that is checked after each of them.

use std::path::Path;

use llmock_rules::Problem;
use serde_json::{Value, json};
use serde_saphyr::{Error, Location, MessageFormatter as _, UserMessageFormatter};

use super::error::ConfigError;
use super::keys::{self, Key};
use super::scenarios::Scenario;
use super::settings::Config;
use crate::layers::served;

/// Names of types in messages, and what they are called here.
const TYPES: [(&str, &str); 6] = [
    ("expected u16", "expected a whole number up to 65535"),
    ("expected u64", "expected a whole number"),
    ("invalid u64", "invalid whole number"),
    ("expected f64", "expected a number"),
    ("sequence start", "a list"),
    ("mapping start", "a mapping"),
];

#[derive(Debug, Default)]
pub(super) struct Layers {
    tree: Value,
    /// Those of the last source that has any: the tree would lose their lines and the order of members.
    pub(super) replies: Vec<Scenario>,
    pub(super) notes: Vec<String>,
}

impl Layers {
    /// Reads a file. Paths in it are relative to its folder.
    pub(super) fn file(&mut self, path: &Path, text: &str) -> Result<(), ConfigError> {
        let invalid = |error: Error| {
            let location = error.location().unwrap_or(Location::UNKNOWN);
            let (line, column) = (location.line().max(1), location.column().max(1));
            ConfigError::File { path: path.to_owned(), line, column, reason: reason(&error) }
        };
        // A mark that editors on Windows leave.
        let text = text.strip_prefix('\u{feff}').unwrap_or(text);
        let config: Option<Config> = read(text).map_err(invalid)?;
        self.tree = read::<Option<Value>>(text).map_err(invalid)?.unwrap_or_default();
        if let Value::Object(members) = &mut self.tree {
            members.remove("replies");
        }
        let config = config.unwrap_or_default();
        let in_file = |scenario| Scenario { file: Some(path.to_owned()), ..scenario };
        self.replies = config.replies.into_iter().map(in_file).collect();
        if config.debug.is_some() {
            self.notes.push(format!("{}: `debug` has no effect", path.display()));
        }
        if let Some(Value::String(fixtures)) = self.tree.get_mut("fixtures")
            && !fixtures.is_empty()
            && !served::is_remote(Path::new(fixtures))
        {
            let folder = path.parent().unwrap_or(Path::new(""));
            *fixtures = folder.join(&*fixtures).to_string_lossy().into_owned();
        }
        Ok(())
    }

    pub(super) fn key(&mut self, key: &Key, text: &str) -> Result<(), Problem> {
        if key.path == "replies" {
            let is_default = matches!(text.trim(), "" | "null");
            let text = if is_default { "[]" } else { text };
            self.replies = read(text).map_err(|error| reason(&error))?;
            return Ok(());
        }
        self.put(key.path, key.value(text)?)
    }

    /// Applies the JSON of a variable that holds a whole section.
    pub(super) fn section(&mut self, name: &str, text: &str) -> Result<(), Problem> {
        match keys::json(text)? {
            Value::Null => Ok(()),
            value => self.put(name, value),
        }
    }

    /// Applies the upstream of one provider. Empty removes it.
    pub(super) fn upstream(&mut self, id: &str, text: &str) -> Result<(), Problem> {
        let url = if text.trim().is_empty() { Value::Null } else { text.into() };
        self.put("upstreams", json!({ id: url }))
    }

    /// The settings of all sources together.
    pub(super) fn config(&self) -> Result<Config, ConfigError> {
        let config: Result<Option<Config>, _> = read(&without_defaults(&self.tree).to_string());
        config.map(Option::unwrap_or_default).map_err(|error| ConfigError::Settings(reason(&error)))
    }

    fn put(&mut self, path: &str, value: Value) -> Result<(), Problem> {
        let value = path.rsplit('.').fold(value, |value, name| json!({ name: value }));
        read::<Config>(&value.to_string()).map_err(|error| reason(&error))?;
        merge(&mut self.tree, value);
        Ok(())
    }
}

/// Members of mappings replace those with the same name; anything else replaces the whole value.
fn merge(tree: &mut Value, over: Value) {
    match (tree, over) {
        (Value::Object(tree), Value::Object(over)) => {
            for (name, value) in over {
                merge(tree.entry(name).or_insert(Value::Null), value);
            }
        }
        (tree, over) => *tree = over,
    }
}

/// The tree without null and empty text, which both mean the default.
fn without_defaults(tree: &Value) -> Value {
    let Value::Object(members) = tree else { return tree.clone() };
    let set = members.iter().filter(|(_, value)| !value.is_null() && *value != "");
    set.map(|(name, value)| (name.clone(), without_defaults(value))).collect()
}

/// Reads YAML, and JSON, which is YAML too: mistakes of all sources have the same messages.
fn read<T: serde::de::DeserializeOwned>(text: &str) -> Result<T, Error> {
    let options = serde_saphyr::options! { with_snippet: false, strict_booleans: true };
    serde_saphyr::from_str_with_options(text, options)
}

/// The message of an error, without its location.
fn reason(error: &Error) -> Problem {
    match error {
        Error::SerdeUnknownField { field, expected, .. } => {
            let known: Vec<&str> = expected.iter().copied().filter(|key| *key != "debug").collect();
            Problem::unknown("key", field, &known)
        }
        Error::MultipleDocuments { .. } => {
            Problem::new("second document; a configuration is one document")
        }
        error => {
            let message = UserMessageFormatter.format_message(error).into_owned();
            // serde names the types of Rust, which mean nothing to users.
            let replace =
                |message: String, (rust, english): &(&str, &str)| message.replace(rust, english);
            Problem::new(TYPES.iter().fold(message, replace))
        }
    }
}
