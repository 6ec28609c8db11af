//! Puts the values of all sources over each other: a JSON tree that is checked after each of them.

use std::path::Path;

use llmock_rules::{Problem, hint};
use serde_json::Value;
use serde_saphyr::{Error, Location, MessageFormatter as _, UserMessageFormatter};

use super::error::{ConfigError, Place};
use super::keys::{Key, json};
use super::settings::Settings;

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
    pub(super) notes: Vec<String>,
}

impl Layers {
    /// Reads a file. Paths in it are relative to its folder.
    pub(super) fn file(&mut self, path: &Path, text: &str) -> Result<(), ConfigError> {
        let invalid = |error: &Error| {
            let location = error.location().unwrap_or(Location::UNKNOWN);
            let (line, column) = (location.line().max(1), location.column().max(1));
            let place = Place::File { path: path.to_owned(), line, column };
            ConfigError::invalid(place, reason(error))
        };
        // A mark that editors on Windows leave.
        let text = text.strip_prefix('\u{feff}').unwrap_or(text);
        let settings: Option<Settings> = read(text).map_err(|error| invalid(&error))?;
        self.tree =
            read::<Option<Value>>(text).map_err(|error| invalid(&error))?.unwrap_or_default();
        if settings.is_some_and(|settings| settings.debug.is_some()) {
            self.notes.push(format!("{}: `debug` has no effect", path.display()));
        }
        if let Some(Value::String(fixtures)) = self.tree.get_mut("fixtures")
            && !fixtures.is_empty()
        {
            let folder = path.parent().unwrap_or(Path::new(""));
            *fixtures = folder.join(&*fixtures).to_string_lossy().into_owned();
        }
        Ok(())
    }

    pub(super) fn key(&mut self, key: &Key, place: Place, text: &str) -> Result<(), ConfigError> {
        self.put(key.path, place, key.value(text))
    }

    /// Applies the JSON of a variable that holds a whole section.
    pub(super) fn section(
        &mut self,
        name: &str,
        place: Place,
        text: &str,
    ) -> Result<(), ConfigError> {
        match json(text) {
            Ok(Value::Null) => Ok(()),
            value => self.put(name, place, value),
        }
    }

    /// Applies the upstream of one provider. Empty removes it.
    pub(super) fn upstream(
        &mut self,
        id: &str,
        place: Place,
        text: &str,
    ) -> Result<(), ConfigError> {
        let url = if text.trim().is_empty() { Value::Null } else { text.into() };
        self.put("upstreams", place, Ok(serde_json::json!({ id: url })))
    }

    /// The settings of all sources together.
    pub(super) fn settings(&self) -> Settings {
        read::<Option<Settings>>(&self.tree.to_string()).ok().flatten().unwrap_or_default()
    }

    fn put(
        &mut self,
        path: &str,
        place: Place,
        value: Result<Value, Problem>,
    ) -> Result<(), ConfigError> {
        let (section, name) = path.split_once('.').unwrap_or(("", path));
        let wrapped = value.map(|value| match section {
            "" => serde_json::json!({ name: value }),
            section => serde_json::json!({ section: { name: value } }),
        });
        let value = match wrapped {
            Ok(value) => value,
            Err(problem) => return Err(ConfigError::invalid(place, problem.to_string())),
        };
        let checked = read::<Settings>(&value.to_string());
        checked.map_err(|error| ConfigError::invalid(place, reason(&error)))?;
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

/// Reads YAML, and JSON, which is YAML too: mistakes of all sources have the same messages.
fn read<T: serde::de::DeserializeOwned>(text: &str) -> Result<T, Error> {
    let options = serde_saphyr::options! { with_snippet: false, strict_booleans: true };
    serde_saphyr::from_str_with_options(text, options)
}

/// The message of an error, without its location.
fn reason(error: &Error) -> String {
    match error {
        Error::SerdeUnknownField { field, expected, .. } => {
            let known: Vec<&str> = expected.iter().copied().filter(|key| *key != "debug").collect();
            format!("unknown key `{field}`{}", hint(field, &known))
        }
        Error::MultipleDocuments { .. } => {
            "second document; a configuration is one document".to_owned()
        }
        error => {
            let message = UserMessageFormatter.format_message(error).into_owned();
            // serde names the types of Rust, which mean nothing to users.
            TYPES.iter().fold(message, |message, (rust, english)| message.replace(rust, english))
        }
    }
}
