//! `llmock.toml`: the attribute's keys, for a package or a workspace.
//!
//! Read by hand instead of through `serde`, which costs every test user its derive macros, so that every mistake has its
//! line and its column.

use std::collections::HashMap;
use std::fs;
use std::io;
use std::path::Path;
use std::sync::{Arc, Mutex};

use llmock_rules::{Field, Form, KEYS, Key, PairForm, Problem, Value};
use toml::Spanned;
use toml::de::{DeTable, DeValue};

use super::layers::SettingsError;
use super::origin::Origin;
use super::settings::Settings;
use crate::json;
use crate::sync::lock;

pub(crate) const NAME: &str = "llmock.toml";

type Loaded = Result<Option<Arc<Settings>>, SettingsError>;

/// The settings in the `llmock.toml` of a folder; `None` without such a file. Each file is read once per process.
pub(crate) fn load(folder: &Path) -> Loaded {
    static CACHE: Mutex<Option<HashMap<Box<Path>, Loaded>>> = Mutex::new(None);
    let path = folder.join(NAME);
    let mut cache = lock(&CACHE);
    let files = cache.get_or_insert_default();
    files.entry(path.as_path().into()).or_insert_with(|| read(&path)).clone()
}

fn read(path: &Path) -> Loaded {
    match fs::read_to_string(path) {
        Ok(text) => parse(path, &text).map(|layer| Some(Arc::new(layer))),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(error) => {
            Err(SettingsError::Unreadable { path: path.to_owned(), source: Arc::new(error) })
        }
    }
}

pub(crate) fn parse(path: &Path, text: &str) -> Result<Settings, SettingsError> {
    // Editors on Windows write a byte order mark, which TOML does not know. Its three bytes move no line.
    let document = text.strip_prefix('\u{feff}').unwrap_or(text);
    let mut reader =
        Reader { origin: Origin::File(path.to_owned()), settings: Settings::default() };
    match reader.document(document) {
        Ok(()) => Ok(reader.settings),
        Err(Mistake { at, problem }) => {
            let (line, column) = json::position(text, at + text.len() - document.len());
            Err(SettingsError::File { path: path.to_owned(), line, column, problem })
        }
    }
}

struct Mistake {
    at: usize,
    problem: Problem,
}

type Node<'a> = Spanned<DeValue<'a>>;

fn expected(key: &Key, node: &Node<'_>, what: &str) -> Mistake {
    let (name, example) = (key.name, key.toml.unwrap_or_default());
    let found = kind(node.get_ref());
    let problem = format!("`{name}`: expected {what}, such as `{example}`, found {found}");
    Mistake { at: node.span().start, problem: Problem::new(problem) }
}

fn text<'n>(key: &Key, node: &'n Node<'_>) -> Result<&'n str, Mistake> {
    node.get_ref().as_str().ok_or_else(|| expected(key, node, "a string"))
}

fn list<'n, 'a>(key: &Key, node: &'n Node<'a>, what: &str) -> Result<&'n [Node<'a>], Mistake> {
    node.get_ref().as_array().map(|list| &**list).ok_or_else(|| expected(key, node, what))
}

struct Reader {
    origin: Origin,
    settings: Settings,
}

impl Reader {
    fn document(&mut self, text: &str) -> Result<(), Mistake> {
        let table = DeTable::parse(text).map_err(|error| Mistake {
            at: error.span().map_or(0, |span| span.start),
            problem: Problem::new(format!("invalid TOML: {}", error.message())),
        })?;
        let mut entries = Vec::new();
        for (name, node) in table.get_ref() {
            let found = Key::of_toml(name.get_ref());
            let key = found.map_err(|problem| Mistake { at: name.span().start, problem })?;
            entries.push((key, node));
        }
        // In the order of the table: a value may refer to another.
        let position = |key: &Key| KEYS.iter().position(|known| known.name == key.name);
        entries.sort_by_key(|(key, _)| position(key));
        entries.into_iter().try_for_each(|(key, node)| self.entry(key, node))
    }

    fn entry(&mut self, key: &'static Key, node: &Node<'_>) -> Result<(), Mistake> {
        match key.form {
            Form::Text(_) => self.add(key, Value::Text(text(key, node)?), node, &[]),
            Form::Texts(_) => {
                let elements = list(key, node, "an array of strings")?;
                let texts = elements
                    .iter()
                    .map(|element| text(key, element))
                    .collect::<Result<Vec<_>, _>>()?;
                self.add(key, Value::Texts(&texts), node, elements)
            }
            Form::Switch => {
                let wrong = || expected(key, node, "`true` or `false`");
                let on = node.get_ref().as_bool().ok_or_else(wrong)?;
                self.add(key, Value::Switch(on), node, &[])
            }
            Form::Share(_) => {
                let number = match node.get_ref() {
                    DeValue::Float(number) => number.as_str(),
                    DeValue::Integer(number) => number.as_str(),
                    _ => return Err(expected(key, node, "a number from 0 to 1")),
                };
                self.add(key, Value::Text(number), node, &[])
            }
            Form::Statuses => self.statuses(key, node),
            Form::Variables => self.variables(key, node),
            Form::Providers => self.providers(key, node),
            Form::Replacements => self.replacements(key, node),
            Form::Fields(_) => self.fields(key, node),
            Form::Pairs(form) => self.pairs(key, form, node),
            Form::Count | Form::RustPath => Err(expected(key, node, "no value")),
        }
    }

    /// Adds a value; what is wrong with an element of a list is located at the element.
    fn add(
        &mut self,
        key: &'static Key,
        value: Value<'_>,
        whole: &Node<'_>,
        list: &[Node<'_>],
    ) -> Result<(), Mistake> {
        self.settings.add(&self.origin, key.name, value).map_err(|wrong| Mistake {
            at: list.get(wrong.index).unwrap_or(whole).span().start,
            problem: Problem::new(wrong.to_string()),
        })
    }

    fn statuses(&mut self, key: &'static Key, node: &Node<'_>) -> Result<(), Mistake> {
        const WHAT: &str = "`true`, `false`, or an array of statuses";
        if let Some(any) = node.get_ref().as_bool() {
            return self.add(key, Value::Switch(any), node, &[]);
        }
        let elements = list(key, node, WHAT)?;
        let mut statuses = Vec::new();
        for one in elements {
            let number = one.get_ref().as_integer().and_then(|one| one.as_str().parse().ok());
            statuses.push(number.ok_or_else(|| expected(key, one, WHAT))?);
        }
        self.add(key, Value::Statuses(&statuses), node, elements)
    }

    fn variables(&mut self, key: &'static Key, node: &Node<'_>) -> Result<(), Mistake> {
        let wrong = || expected(key, node, "a table of strings");
        for (name, value) in node.get_ref().as_table().ok_or_else(wrong)? {
            let pair = (name.get_ref().as_ref(), text(key, value)?);
            let added = self.add(key, Value::Variables(&[pair]), value, &[]);
            added.map_err(|mistake| Mistake { at: name.span().start, ..mistake })?;
        }
        Ok(())
    }

    /// A list of ids, or a table of ids and base URLs, which may stand in the list too.
    fn providers(&mut self, key: &'static Key, node: &Node<'_>) -> Result<(), Mistake> {
        match node.get_ref() {
            DeValue::Table(table) => {
                for (id, url) in table {
                    let named = (id.get_ref().as_ref(), Some(text(key, url)?));
                    self.add(key, Value::Providers(&[named]), url, &[])?;
                }
            }
            DeValue::Array(list) => {
                for one in list {
                    match one.get_ref() {
                        DeValue::String(id) => {
                            self.add(key, Value::Providers(&[(id, None)]), one, &[])?;
                        }
                        DeValue::Table(_) => self.providers(key, one)?,
                        _ => return Err(expected(key, one, "an id or a table")),
                    }
                }
            }
            _ => return Err(expected(key, node, "an array of ids, or a table")),
        }
        Ok(())
    }

    /// A table, or a list of tables.
    fn fields(&mut self, key: &'static Key, node: &Node<'_>) -> Result<(), Mistake> {
        const WHAT: &str = "a table, or an array of tables";
        if let Some(list) = node.get_ref().as_array() {
            return list.iter().try_for_each(|one| self.fields(key, one));
        }
        let table = node.get_ref().as_table().ok_or_else(|| expected(key, node, WHAT))?;
        let mut numbers = Vec::new();
        for (_, value) in table {
            numbers.push(whole_numbers(key, value)?);
        }
        let mut fields = Vec::new();
        for ((name, value), numbers) in table.iter().zip(&numbers) {
            let field = match value.get_ref() {
                DeValue::String(text) => Field::Text(text),
                DeValue::Integer(number) => Field::Number(number.as_str()),
                DeValue::Float(number) => Field::Number(number.as_str()),
                DeValue::Boolean(on) => Field::Switch(*on),
                DeValue::Array(_) => Field::Numbers(numbers),
                DeValue::Table(_) | DeValue::Datetime(_) => {
                    return Err(expected(key, value, "a string, a number, or numbers"));
                }
            };
            fields.push((name.get_ref().as_ref(), field));
        }
        let places: Vec<_> = table.iter().map(|(_, value)| value.span().start).collect();
        let added = self.settings.add(&self.origin, key.name, Value::Fields(&fields));
        added.map_err(|wrong| Mistake {
            at: places.get(wrong.index).copied().unwrap_or(node.span().start),
            problem: Problem::new(wrong.to_string()),
        })
    }

    fn pairs(
        &mut self,
        key: &'static Key,
        form: &PairForm,
        node: &Node<'_>,
    ) -> Result<(), Mistake> {
        for rule in list(key, node, "an array of tables")? {
            let texts = fields(key, rule, &form.fields)?;
            self.add(key, Value::Pairs(&[(texts[0], texts[1])]), rule, &[])?;
        }
        Ok(())
    }

    fn replacements(&mut self, key: &'static Key, node: &Node<'_>) -> Result<(), Mistake> {
        for rule in list(key, node, "an array of tables")? {
            let texts = fields(key, rule, &["path", "pattern", "replacement"])?;
            let rules = [(texts[0], texts[1], texts[2])];
            self.add(key, Value::Replacements(&rules), rule, &[])?;
        }
        Ok(())
    }
}

/// The elements of an array of whole numbers; nothing for another value.
fn whole_numbers(key: &Key, node: &Node<'_>) -> Result<Vec<usize>, Mistake> {
    let list = node.get_ref().as_array().map(|list| &**list).unwrap_or_default();
    let number = |one: &Node<'_>| {
        let number = one.get_ref().as_integer().and_then(|one| one.as_str().parse().ok());
        number.ok_or_else(|| expected(key, one, "whole numbers"))
    };
    list.iter().map(number).collect()
}

/// The texts of a table that has exactly these keys.
fn fields<'n>(
    key: &Key,
    rule: &'n Node<'_>,
    names: &[&'static str],
) -> Result<Vec<&'n str>, Mistake> {
    let not_a_table = || expected(key, rule, "an array of tables");
    let table = rule.get_ref().as_table().ok_or_else(not_a_table)?;
    if let Some(other) = table.keys().find(|other| !names.contains(&other.get_ref().as_ref())) {
        let what = format!("key of `{}`", key.name);
        let problem = Problem::unknown(&what, other.get_ref(), names);
        return Err(Mistake { at: other.span().start, problem });
    }
    let field = |name: &&'static str| match table.get(*name) {
        Some(value) => text(key, value),
        None => Err(Mistake {
            at: rule.span().start,
            problem: Problem::new(format!("`{}`: `{name}` is missing", key.name)),
        }),
    };
    names.iter().map(field).collect()
}

fn kind(value: &DeValue<'_>) -> &'static str {
    match value {
        DeValue::String(_) => "a string",
        DeValue::Integer(_) => "an integer",
        DeValue::Float(_) => "a float",
        DeValue::Boolean(_) => "a boolean",
        DeValue::Datetime(_) => "a date",
        DeValue::Array(_) => "an array",
        DeValue::Table(_) => "a table",
    }
}

#[cfg(test)]
mod tests;
