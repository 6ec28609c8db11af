//! A configuration under construction: values of all sources are applied to it, one over the other.

use std::collections::BTreeMap;
use std::fmt;

use llmock::Provider;
use llmock_rules::{BaseUrl, Duration, FieldName, JsonPath, Problem, Share, Size, hint};
use serde::Deserialize as _;
use serde::de::{DeserializeSeed, Deserializer, Error as _, IgnoredAny, MapAccess, Visitor};
use serde_saphyr::Spanned;

use super::Config;
use super::error::{ConfigError, Place};
use super::keys::{KEYS, Key, SECTIONS};
use super::sections::{Normalize, Origin};
use super::value::{FromScalar, One, Scalar, Text, Texts, from_json, list, one};
use crate::serve::fault::Kind;

/// A key that configuration files of the Python server have. Such a file still works.
const FORMER: &str = "debug";

const SEMICOLON: &[char] = &[';'];

/// Values so far, and where they were set.
#[derive(Debug)]
pub(super) struct Draft {
    pub(super) config: Config,
    pub(super) ignore: Vec<String>,
    pub(super) normalize: Vec<Normalize>,
    pub(super) match_on: Vec<String>,
    pub(super) notes: Vec<String>,
    /// Of keys that are set to something.
    places: BTreeMap<&'static str, Place>,
    /// The key whose value is being read.
    reading: Option<&'static str>,
    /// Where an unknown key stands, if there is one.
    pub(super) unknown_key: Option<Place>,
}

impl Default for Draft {
    fn default() -> Self {
        let mut draft = Self {
            config: Config::default(),
            ignore: Vec::new(),
            normalize: Vec::new(),
            match_on: Vec::new(),
            notes: Vec::new(),
            places: BTreeMap::new(),
            reading: None,
            unknown_key: None,
        };
        for key in KEYS.iter().filter(|key| !key.default.is_empty()) {
            draft.set(key, &Place::Default, Text(key.default)).expect("defaults are valid");
        }
        draft.places.clear();
        draft
    }
}

/// Replaces a value; null restores the default of its type. Returns whether there is a value.
fn put<T: Default>(slot: &mut T, value: Option<T>) -> bool {
    let is_set = value.is_some();
    *slot = value.unwrap_or_default();
    is_set
}

impl Draft {
    /// Where a key was set, if it was.
    pub(super) fn place(&self, path: &str) -> Option<&Place> {
        self.places.get(path)
    }

    /// Applies the text of a variable or a flag.
    pub(super) fn set_text(
        &mut self,
        key: &'static Key,
        place: &Place,
        text: &str,
    ) -> Result<(), ConfigError> {
        let set = self.set(key, place, Text(text));
        set.map_err(|error| ConfigError::invalid(place, error.to_string()))
    }

    /// Applies the text of a variable that holds a whole section.
    pub(super) fn set_section_text(
        &mut self,
        section: &'static str,
        place: &Place,
        text: &str,
    ) -> Result<(), ConfigError> {
        let members = Members { draft: self, section: Some(section), place };
        let set = members.deserialize(Text(text));
        set.map_err(|error| ConfigError::invalid(place, self.named(&error.to_string())))
    }

    /// Applies the upstream of one provider.
    pub(super) fn set_upstream(
        &mut self,
        provider: &str,
        place: &Place,
        text: &str,
    ) -> Result<(), ConfigError> {
        let invalid = |reason: String| ConfigError::invalid(place, reason);
        let id = UpstreamId::from_scalar(&Scalar::Untyped(provider.to_owned()));
        let id = id.map_err(|error| invalid(error.to_string()))?;
        let url = one(Text(text)).map_err(|error| invalid(error.to_string()))?;
        put_upstream(&mut self.config.upstreams, id, url);
        Ok(())
    }

    /// A reason with the name of the key it is about.
    pub(super) fn named(&self, reason: &str) -> String {
        self.reading.map_or_else(|| reason.to_owned(), |path| format!("`{path}`: {reason}"))
    }

    /// Applies a value of any source. Null restores the default.
    fn set<'de, D: Deserializer<'de>>(
        &mut self,
        key: &'static Key,
        place: &Place,
        value: D,
    ) -> Result<(), D::Error> {
        self.reading = Some(key.path);
        if self.put(key, place, value)? {
            self.places.insert(key.path, place.clone());
        } else {
            self.places.remove(key.path);
            if !key.default.is_empty() {
                self.put(key, place, Text(key.default)).expect("defaults are valid");
            }
        }
        self.reading = None;
        Ok(())
    }

    /// Reads a value; returns whether it is one. An arm for each of [`KEYS`].
    fn put<'de, D: Deserializer<'de>>(
        &mut self,
        key: &'static Key,
        place: &Place,
        value: D,
    ) -> Result<bool, D::Error> {
        let Config { pace, faults, cors, .. } = &mut self.config;
        let is_set = match key.path {
            "pace.time-to-first-token" => put(&mut pace.time_to_first_token, duration(value)?),
            "pace.tokens-per-second" => put(&mut pace.tokens_per_second, one(value)?),
            "pace.jitter" => put(&mut pace.jitter, share(value)?),
            "pace.seed" => put(&mut pace.seed, one(value)?.map(Some)),
            "pace.recorded" => put(&mut pace.recorded, one(value)?),
            "faults.rate" => put(&mut faults.rate, share(value)?),
            "faults.kinds" => put(&mut faults.kinds, texts::<Kind, _>(value)?),
            "faults.seed" => put(&mut faults.seed, one(value)?.map(Some)),
            "cors.allow-origins" => {
                let origins = texts::<Origin, _>(value)?;
                let origins = origins.map(|all| all.into_iter().map(|one| one.0).collect());
                put(&mut cors.allow_origins, origins)
            }
            "matching.ignore" => {
                let paths = texts::<JsonPath, _>(value)?;
                let text = |path: &JsonPath| path.as_str().to_owned();
                put(&mut self.ignore, paths.map(|all| all.iter().map(text).collect()))
            }
            "matching.normalize" => put(&mut self.normalize, list(value, Texts::No)?),
            "matching.match_on" => {
                let fields = texts::<FieldName, _>(value)?;
                let text = |field: &FieldName| field.as_str().to_owned();
                put(&mut self.match_on, fields.map(|all| all.iter().map(text).collect()))
            }
            _ => return self.put_top(key, place, value),
        };
        Ok(is_set)
    }

    /// The same for keys without a section.
    fn put_top<'de, D: Deserializer<'de>>(
        &mut self,
        key: &'static Key,
        place: &Place,
        value: D,
    ) -> Result<bool, D::Error> {
        let config = &mut self.config;
        Ok(match key.path {
            "strategies" => {
                let names: Option<Vec<One<_>>> = list(value, Texts::Anywhere(&[';', ',']))?;
                put(&mut config.strategies, names.map(singles))
            }
            "models" => put(&mut config.models, list(value, Texts::InVariables(SEMICOLON))?),
            "api-key" => put(&mut config.api_key, one(value)?.map(Some)),
            "host" => put(&mut config.host, one(value)?),
            "port" => put(&mut config.port, one(value)?),
            "customReplies" => put(&mut config.custom_replies, list(value, Texts::No)?),
            "fixtures" => {
                let path = one::<String, _>(value)?.map(|path| place.folder().join(path));
                put(&mut config.fixtures, path.map(Some))
            }
            "record" => put(&mut config.record, one(value)?),
            "watch" => put(&mut config.watch, one(value)?),
            "upstreams" => value.deserialize_any(Upstreams(&mut config.upstreams))?,
            "history" => put(&mut config.history, one::<HistorySize, _>(value)?.map(|size| size.0)),
            "body-limit" => {
                let size = one(value)?.map(|Size(bytes)| usize::try_from(bytes));
                put(&mut config.body_limit, size.transpose().map_err(D::Error::custom)?)
            }
            "read-timeout" => put(&mut config.read_timeout, duration(value)?),
            "shutdown-timeout" => put(&mut config.shutdown_timeout, duration(value)?),
            path => unreachable!("key `{path}` has no arm"),
        })
    }
}

fn duration<'de, D: Deserializer<'de>>(value: D) -> Result<Option<std::time::Duration>, D::Error> {
    one(value).map(|value| value.map(|Duration(duration)| duration))
}

fn share<'de, D: Deserializer<'de>>(value: D) -> Result<Option<f64>, D::Error> {
    one(value).map(|value| value.map(|Share(share)| share))
}

/// A list of strings; one string is a list of itself.
fn texts<'de, T: FromScalar, D: Deserializer<'de>>(value: D) -> Result<Option<Vec<T>>, D::Error> {
    list(value, Texts::Anywhere(SEMICOLON)).map(|all| all.map(singles))
}

fn singles<T>(all: Vec<One<T>>) -> Vec<T> {
    all.into_iter().map(|one| one.0).collect()
}

/// More would be memory by the gigabyte before the first request.
struct HistorySize(usize);

impl FromScalar for HistorySize {
    fn from_scalar(scalar: &Scalar) -> Result<Self, Problem> {
        let size =
            usize::try_from(u64::from_scalar(scalar)?).ok().filter(|size| *size <= 1_000_000);
        size.map(Self).ok_or_else(|| scalar.invalid("number", "expected at most 1000000"))
    }
}

/// The members of a mapping: the whole file, or one section.
pub(super) struct Members<'a> {
    pub(super) draft: &'a mut Draft,
    pub(super) section: Option<&'static str>,
    pub(super) place: &'a Place,
}

impl<'de> DeserializeSeed<'de> for Members<'_> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, value: D) -> Result<(), D::Error> {
        value.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Members<'_> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.section {
            Some(section) => write!(f, "a mapping as `{section}`"),
            None => f.write_str("a mapping as the configuration"),
        }
    }

    fn visit_unit<E>(self) -> Result<(), E> {
        Ok(())
    }

    fn visit_newtype_struct<D: Deserializer<'de>>(self, text: D) -> Result<(), D::Error> {
        let text = String::deserialize(text)?;
        from_json(&text, self).map_err(D::Error::custom)
    }

    fn visit_map<A: MapAccess<'de>>(self, mut members: A) -> Result<(), A::Error> {
        while let Some(name) = members.next_key::<Spanned<String>>()? {
            let place = self.place.at(name.referenced);
            let name = name.value;
            let section =
                SECTIONS.iter().find(|section| self.section.is_none() && **section == name);
            if let Some(section) = section {
                let draft = &mut *self.draft;
                members.next_value_seed(Members {
                    draft,
                    section: Some(section),
                    place: &place,
                })?;
                continue;
            }
            if self.section.is_none() && name == FORMER && matches!(place, Place::File { .. }) {
                members.next_value::<IgnoredAny>()?;
                self.draft.notes.push(format!("{place}: `{FORMER}` has no effect"));
                continue;
            }
            let path = self.section.map_or_else(|| name.clone(), |it| format!("{it}.{name}"));
            // A key with a dot in it is not a path.
            let Some(key) = Key::of(&path).filter(|_| !name.contains('.')) else {
                self.draft.unknown_key = Some(place);
                let hint = hint(&name, &Key::names(self.section));
                return Err(A::Error::custom(format!("unknown key `{path}`{hint}")));
            };
            members.next_value_seed(Value { draft: &mut *self.draft, key, place: &place })?;
        }
        Ok(())
    }
}

/// The value of a key.
struct Value<'a> {
    draft: &'a mut Draft,
    key: &'static Key,
    place: &'a Place,
}

impl<'de> DeserializeSeed<'de> for Value<'_> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, value: D) -> Result<(), D::Error> {
        self.draft.set(self.key, self.place, value)
    }
}

/// The id of a provider that has an upstream.
struct UpstreamId(String);

impl FromScalar for UpstreamId {
    fn from_scalar(scalar: &Scalar) -> Result<Self, Problem> {
        let id = scalar.to_string();
        let known: Result<Provider, _> = id.parse();
        known.map(|_| Self(id)).map_err(|error| Problem::new(error.to_string()))
    }
}

/// Puts the upstreams of a mapping over those that are known. Returns whether it is one.
struct Upstreams<'a>(&'a mut BTreeMap<String, String>);

impl<'de> Visitor<'de> for Upstreams<'_> {
    type Value = bool;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a mapping from providers to base URLs")
    }

    fn visit_unit<E>(self) -> Result<bool, E> {
        self.0.clear();
        Ok(false)
    }

    fn visit_newtype_struct<D: Deserializer<'de>>(self, text: D) -> Result<bool, D::Error> {
        let text = String::deserialize(text)?;
        from_json(&text, self).map_err(D::Error::custom)
    }

    fn visit_map<A: MapAccess<'de>>(self, mut members: A) -> Result<bool, A::Error> {
        while let Some(One(id)) = members.next_key::<One<UpstreamId>>()? {
            let url = members.next_value::<Option<One<BaseUrl>>>()?;
            put_upstream(self.0, id, url.map(|One(url)| url));
        }
        Ok(true)
    }
}

fn put_upstream(all: &mut BTreeMap<String, String>, id: UpstreamId, url: Option<BaseUrl>) {
    match url {
        Some(url) => all.insert(id.0, url.as_str().to_owned()),
        None => all.remove(&id.0),
    };
}
