//! Layers over each other: of each key, what was said last.

use std::collections::BTreeMap;

use super::error::ConfigError;
use super::keys::{Key, Kind, SECTIONS};
use super::suggest;
use super::value::{Node, Place, Value};

/// What was said, by key.
#[derive(Debug, Default)]
pub(super) struct Layers {
    said: BTreeMap<&'static str, Node>,
    /// By provider, so that a later layer changes one and leaves the others.
    upstreams: BTreeMap<String, Node>,
    /// What was said and means nothing, in sentences.
    notes: Vec<String>,
}

/// A key that the files of the Python server have. It starts all the same, and has nothing to switch on.
const FORMER: &str = "debug";

impl Layers {
    /// What was said last about a key; nothing if that was null.
    pub(super) fn get(&self, path: &str) -> Option<&Node> {
        self.said.get(path).filter(|node| node.value != Value::Null)
    }

    /// Whether a key was said, null included.
    pub(super) fn upstreams(&self) -> &BTreeMap<String, Node> {
        &self.upstreams
    }

    /// Takes the notes.
    pub(super) fn notes(&mut self) -> Vec<String> {
        std::mem::take(&mut self.notes)
    }

    /// Puts a value over what was said before.
    pub(super) fn set(&mut self, key: &'static Key, node: Node) -> Result<(), ConfigError> {
        if key.kind != Kind::Upstreams {
            self.said.insert(key.path, node);
            return Ok(());
        }
        match node.value {
            Value::Null => self.upstreams.clear(),
            Value::Map(members) => {
                for (provider, place, node) in members {
                    self.upstream(provider, &place, node)?;
                }
            }
            other => {
                return Err(ConfigError::wrong(
                    &node.place,
                    format!(
                        "`upstreams` is {}, not a mapping from providers to URLs",
                        other.kind()
                    ),
                ));
            }
        }
        Ok(())
    }

    /// Puts one provider's upstream over what was said before.
    pub(super) fn upstream(
        &mut self,
        provider: String,
        place: &Place,
        node: Node,
    ) -> Result<(), ConfigError> {
        let known: Result<llmock::Provider, _> = provider.parse();
        known.map_err(|error| ConfigError::wrong(place, error.to_string()))?;
        self.upstreams.insert(provider, node);
        Ok(())
    }

    /// Puts the members of a mapping over what was said before: the whole, or one section of it.
    pub(super) fn members(
        &mut self,
        section: Option<&str>,
        members: Vec<(String, Place, Node)>,
    ) -> Result<(), ConfigError> {
        for (name, place, node) in members {
            if section.is_none() && SECTIONS.contains(&name.as_str()) {
                self.section(&name, node)?;
                continue;
            }
            if section.is_none() && name == FORMER && matches!(place, Place::File { .. }) {
                self.notes.push(format!("{place}: `{FORMER}` has no effect here"));
                continue;
            }
            let path = section.map_or_else(|| name.clone(), |section| format!("{section}.{name}"));
            // A key with a dot in it is no path.
            let key = if name.contains('.') { None } else { Key::of(&path) };
            let Some(key) = key else {
                let hint = suggest::hint(&name, &Key::names(section));
                return Err(ConfigError::wrong(&place, format!("unknown key `{path}`; {hint}")));
            };
            self.set(key, node)?;
        }
        Ok(())
    }

    /// Puts a section over what was said before; null says nothing about it.
    pub(super) fn section(&mut self, section: &str, node: Node) -> Result<(), ConfigError> {
        match node.value {
            Value::Null => Ok(()),
            Value::Map(members) => self.members(Some(section), members),
            other => Err(ConfigError::wrong(
                &node.place,
                format!("`{section}` is {}, not a mapping", other.kind()),
            )),
        }
    }
}
