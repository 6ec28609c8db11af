//! The configuration file: YAML, every value with its line and column.

use std::path::Path;
use std::sync::Arc;

use saphyr::{LoadableYamlNode as _, MarkedYaml, Scalar, YamlData};

use super::error::ConfigError;
use super::merge::Layers;
use super::value::{Node, Place, Value};

/// Reads the text of the file at `path`.
pub(super) fn read(path: &Path, text: &str, layers: &mut Layers) -> Result<(), ConfigError> {
    // A mark that editors on Windows leave.
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    let documents = MarkedYaml::load_from_str(text).map_err(|error| ConfigError::Syntax {
        path: path.to_path_buf(),
        line: error.marker().line(),
        column: error.marker().col() + 1,
        reason: error.info().to_owned(),
    })?;
    let path = Arc::new(path.to_path_buf());
    if let Some(second) = documents.get(1) {
        let place = place(&path, second);
        return Err(ConfigError::wrong(&place, "a second document; a configuration is one"));
    }
    // A file without anything in it says nothing.
    let Some(document) = documents.first() else { return Ok(()) };
    let root = node(&path, document)?;
    match root.value {
        Value::Null => Ok(()),
        Value::Map(members) => layers.members(None, members),
        other => {
            let reason = format!("a configuration is a mapping, not {}", other.kind());
            Err(ConfigError::wrong(&root.place, reason))
        }
    }
}

fn place(path: &Arc<std::path::PathBuf>, yaml: &MarkedYaml<'_>) -> Place {
    let start = yaml.span.start;
    Place::File { path: path.clone(), line: start.line(), column: start.col() + 1 }
}

fn node(path: &Arc<std::path::PathBuf>, yaml: &MarkedYaml<'_>) -> Result<Node, ConfigError> {
    let place = place(path, yaml);
    let value = match &yaml.data {
        YamlData::Value(Scalar::Null) => Value::Null,
        YamlData::Value(Scalar::Boolean(switch)) => Value::Switch(*switch),
        YamlData::Value(Scalar::Integer(integer)) => Value::Integer(*integer),
        YamlData::Value(Scalar::FloatingPoint(number)) => Value::Number(number.into_inner()),
        YamlData::Value(Scalar::String(text)) => Value::Text(text.to_string()),
        YamlData::Sequence(items) => {
            Value::List(items.iter().map(|item| node(path, item)).collect::<Result<_, _>>()?)
        }
        YamlData::Mapping(members) => {
            let mut read = Vec::with_capacity(members.len());
            for (key, value) in members {
                let key_node = node(path, key)?;
                let Value::Text(name) = key_node.value else {
                    let reason = format!("a key is a text, not {}", key_node.value.kind());
                    return Err(ConfigError::wrong(&key_node.place, reason));
                };
                read.push((name, key_node.place, node(path, value)?));
            }
            Value::Map(read)
        }
        YamlData::Tagged(_, tagged) => return node(path, tagged),
        YamlData::Representation(..) | YamlData::Alias(_) | YamlData::BadValue => {
            return Err(ConfigError::wrong(&place, "a value that does not fit its tag"));
        }
    };
    Ok(Node { value, place })
}
