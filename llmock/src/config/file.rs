//! `llmock.toml`: the same keys as the attribute, for a package or a workspace.
//!
//! Read by hand instead of through `serde`, so that every mistake has its line and its column and an unknown
//! key its suggestion.

use std::collections::HashMap;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};

use toml::Spanned;
use toml::de::{DeTable, DeValue};

use super::check::{Checked, SettingsError};
use super::rule::AllowErrors;
use super::settings::Settings;
use crate::json;
use crate::report::settings as words;
use crate::sync::lock;

/// The file's name.
pub(crate) const NAME: &str = "llmock.toml";

/// What may stand in it, in the order in which the documentation lists it.
const KEYS: &[&str] = &[
    "mode",
    "provider",
    "providers",
    "match_on",
    "ignore",
    "normalize",
    "order",
    "unused",
    "side",
    "allow_errors",
    "env",
    "proxy",
    "intercept",
];

/// Keys of the attribute that mean one test and no other.
const ONE_TEST: &[&str] = &["fixture", "calls"];

type Loaded = Result<Option<Arc<Checked>>, SettingsError>;

/// The `llmock.toml` in a folder, checked, and its path; `None` if there is none. Each is read once a process.
pub(crate) fn load(folder: &Path) -> Result<Option<(PathBuf, Arc<Checked>)>, SettingsError> {
    static CACHE: Mutex<Option<HashMap<PathBuf, Loaded>>> = Mutex::new(None);
    let path = folder.join(NAME);
    let mut cache = lock(&CACHE);
    let loaded = cache.get_or_insert_default().entry(path.clone()).or_insert_with(|| read(&path));
    loaded.clone().map(|layer| layer.map(|layer| (path, layer)))
}

fn read(path: &Path) -> Loaded {
    match fs::read_to_string(path) {
        Ok(text) => parse(path, &text).map(|layer| Some(Arc::new(layer))),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(error) => {
            Err(SettingsError::Unreadable { path: path.to_path_buf(), reason: error.to_string() })
        }
    }
}

/// Reads and checks the text of the file at `path`.
pub(crate) fn parse(path: &Path, text: &str) -> Result<Checked, SettingsError> {
    let located = |Mistake { at, reason }| {
        let (line, column) = json::position(text, at);
        SettingsError::File { path: path.to_path_buf(), line, column, reason }
    };
    // A mark that editors on Windows leave, and that TOML does not know. A mark of three bytes moves no line.
    let document = text.strip_prefix('\u{feff}').unwrap_or(text);
    let skipped = text.len() - document.len();
    read_settings(document)
        .and_then(|(settings, places)| {
            settings.check().map_err(|wrong| Mistake {
                at: places.get(&(wrong.key, wrong.index)).copied().unwrap_or_default(),
                reason: wrong.to_string(),
            })
        })
        .map_err(|Mistake { at, reason }| located(Mistake { at: at + skipped, reason }))
}

/// Something wrong at a byte of the text.
struct Mistake {
    at: usize,
    reason: String,
}

/// Where each value stands, so that a failed check can point at it.
type Places = HashMap<(&'static str, usize), usize>;

fn read_settings(text: &str) -> Result<(Settings, Places), Mistake> {
    let table = DeTable::parse(text).map_err(|error| Mistake {
        at: error.span().map_or(0, |span| span.start),
        reason: format!("not TOML: {}", error.message()),
    })?;
    let mut reader = Reader::default();
    for (key, value) in table.get_ref() {
        reader.key(key, value)?;
    }
    Ok((reader.settings, reader.places))
}

#[derive(Default)]
struct Reader {
    settings: Settings,
    places: Places,
}

type Value<'a> = Spanned<DeValue<'a>>;

impl Reader {
    fn key(
        &mut self,
        key: &Spanned<std::borrow::Cow<'_, str>>,
        value: &Value<'_>,
    ) -> Result<(), Mistake> {
        let name = key.get_ref().as_ref();
        match name {
            "mode" => self.settings.mode = Some(self.text("mode", 0, value)?),
            "order" => self.settings.order = Some(self.text("order", 0, value)?),
            "unused" => self.settings.unused = Some(self.text("unused", 0, value)?),
            "provider" => {
                let id = self.text("providers", self.settings.providers.len(), value)?;
                self.settings.providers.push(id);
            }
            "providers" => self.providers(value)?,
            "match_on" => self.settings.match_on = Some(self.texts("match_on", 0, value)?),
            "ignore" => self.settings.ignore = self.texts("ignore", 0, value)?,
            "side" => self.settings.side = self.texts("side", 0, value)?,
            "normalize" => self.normalize(value)?,
            "allow_errors" => self.allow_errors(value)?,
            "env" => self.env(value)?,
            "proxy" => self.settings.proxy = Some(self.flag("proxy", value)?),
            "intercept" => self.settings.intercept = Some(self.flag("intercept", value)?),
            other => return Err(unknown(key.span().start, other)),
        }
        Ok(())
    }

    fn text(
        &mut self,
        key: &'static str,
        index: usize,
        value: &Value<'_>,
    ) -> Result<String, Mistake> {
        self.places.insert((key, index), value.span().start);
        let text = value.get_ref().as_str().map(str::to_owned);
        text.ok_or_else(|| expected(key, value, "a string"))
    }

    fn flag(&mut self, key: &'static str, value: &Value<'_>) -> Result<bool, Mistake> {
        self.places.insert((key, 0), value.span().start);
        let flag = value.get_ref().as_bool();
        flag.ok_or_else(|| expected(key, value, "`true` or `false`"))
    }

    /// A list of ids, or a table of ids and base URLs, which may stand in the list too.
    fn providers(&mut self, value: &Value<'_>) -> Result<(), Mistake> {
        let form = "an array of ids, or a table such as `{ acme = \"https://llm.acme.dev/v1\" }`";
        match value.get_ref() {
            DeValue::Table(_) => self.declared(value)?,
            DeValue::Array(list) => {
                for entry in list {
                    match entry.get_ref() {
                        DeValue::Table(_) => self.declared(entry)?,
                        DeValue::String(_) => {
                            let id =
                                self.text("providers", self.settings.providers.len(), entry)?;
                            self.settings.providers.push(id);
                        }
                        _ => return Err(expected("providers", entry, form)),
                    }
                }
            }
            _ => return Err(expected("providers", value, form)),
        }
        Ok(())
    }

    fn declared(&mut self, value: &Value<'_>) -> Result<(), Mistake> {
        for (id, url) in value.get_ref().as_table().into_iter().flatten() {
            let url = self.text("providers", self.settings.providers.len(), url)?;
            let id = id.get_ref().as_ref().to_owned();
            self.settings.providers.push(id.clone());
            self.settings.declared.push((id, url));
        }
        Ok(())
    }

    fn texts(
        &mut self,
        key: &'static str,
        first: usize,
        value: &Value<'_>,
    ) -> Result<Vec<String>, Mistake> {
        // For an empty list, which has no element to point at.
        self.places.insert((key, first), value.span().start);
        let list = value
            .get_ref()
            .as_array()
            .ok_or_else(|| expected(key, value, "an array of strings"))?;
        list.iter().enumerate().map(|(index, text)| self.text(key, first + index, text)).collect()
    }

    fn normalize(&mut self, value: &Value<'_>) -> Result<(), Mistake> {
        const FIELDS: &[&str] = &["path", "pattern", "replacement"];
        let form =
            "an array of tables `{ path = \"$.a\", pattern = \"regex\", replacement = \"text\" }`";
        let list = value.get_ref().as_array().ok_or_else(|| expected("normalize", value, form))?;
        for (index, rule) in list.iter().enumerate() {
            let table =
                rule.get_ref().as_table().ok_or_else(|| expected("normalize", rule, form))?;
            if let Some(key) = table.keys().find(|key| !FIELDS.contains(&key.get_ref().as_ref())) {
                let name = key.get_ref();
                let reason = words::unknown_field("normalize", name, FIELDS);
                return Err(Mistake { at: key.span().start, reason });
            }
            let mut field = |name: &str| match table.get(name) {
                Some(value) => self.text("normalize", index, value),
                None => Err(Mistake {
                    at: rule.span().start,
                    reason: format!("`normalize`: `{name}` is missing"),
                }),
            };
            let rule_text = (field("path")?, field("pattern")?, field("replacement")?);
            self.settings.normalize.push(rule_text);
            self.places.insert(("normalize", index), rule.span().start);
        }
        Ok(())
    }

    fn allow_errors(&mut self, value: &Value<'_>) -> Result<(), Mistake> {
        let form = "`true`, `false`, or an array of statuses";
        let wrong = |value| expected("allow_errors", value, form);
        self.settings.allow_errors = Some(match value.get_ref() {
            DeValue::Boolean(true) => AllowErrors::Any,
            DeValue::Boolean(false) => AllowErrors::Never,
            DeValue::Array(list) => {
                let mut statuses = Vec::new();
                for (index, status) in list.iter().enumerate() {
                    self.places.insert(("allow_errors", index), status.span().start);
                    let number = status.get_ref().as_integer().ok_or_else(|| wrong(status))?;
                    statuses.push(number.as_str().parse().map_err(|_| wrong(status))?);
                }
                AllowErrors::Only(statuses)
            }
            _ => return Err(wrong(value)),
        });
        Ok(())
    }

    fn env(&mut self, value: &Value<'_>) -> Result<(), Mistake> {
        let table = value
            .get_ref()
            .as_table()
            .ok_or_else(|| expected("env", value, "a table of strings"))?;
        for (index, (name, template)) in table.iter().enumerate() {
            let template = self.text("env", index, template)?;
            self.places.insert(("env", index), name.span().start);
            self.settings.env.push((name.get_ref().as_ref().to_owned(), template));
        }
        Ok(())
    }
}

fn unknown(at: usize, name: &str) -> Mistake {
    let reason = if ONE_TEST.contains(&name) {
        words::belongs_to_one_test(name)
    } else {
        words::unknown_key(name, KEYS)
    };
    Mistake { at, reason }
}

fn expected(key: &str, value: &Value<'_>, form: &str) -> Mistake {
    let reason = format!("`{key}`: expected {form}, found {}", kind(value.get_ref()));
    Mistake { at: value.span().start, reason }
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
