//! The text of one layer turned into rules: every value is looked at once, with one sentence when it is wrong.

use std::path::PathBuf;

use regex::Regex;

use super::origin::Origin;
use super::rule::{self, AllowErrors, Side, Unused};
use super::settings::Settings;
use crate::matching::{Normalize, Order, Rules};
use crate::mode::{Mode, Refusal};
use crate::provider::{Declared, Provider};
use crate::report::settings as words;
use crate::suggest;
use llmock_rules::JsonPath;

/// One layer, checked.
#[derive(Clone, Debug, Default)]
pub(crate) struct Checked {
    pub(super) mode: Option<Mode>,
    pub(super) order: Option<Order>,
    pub(super) unused: Option<Unused>,
    pub(super) calls: Option<u32>,
    pub(super) match_on: Option<Vec<String>>,
    pub(super) ignore: Vec<JsonPath>,
    pub(super) normalize: Vec<Normalize>,
    pub(super) side: Vec<Side>,
    pub(super) allow_errors: Option<AllowErrors>,
    pub(super) env: Vec<(String, String)>,
    pub(super) providers: Vec<Provider>,
    pub(super) declared: Vec<Declared>,
    pub(super) proxy: Option<bool>,
    pub(super) intercept: Option<bool>,
}

/// A value that is not what its key takes.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("`{key}`: {reason}")]
pub(crate) struct Wrong {
    pub(super) key: &'static str,
    /// Which element of a list; zero for single values.
    pub(crate) index: usize,
    pub(crate) reason: String,
}

/// Why there are no rules for a test.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum SettingsError {
    /// A variable of ours has a value that means nothing.
    #[error("`{name}`: {reason}")]
    Variable { name: &'static str, reason: String },
    /// The attribute or the builder says something that means nothing.
    #[error("{origin}: {wrong}")]
    Value { origin: Origin, wrong: Wrong },
    /// So does an `llmock.toml`, or it is not TOML.
    #[error("`{}:{line}:{column}`: {reason}", path.display())]
    File { path: PathBuf, line: usize, column: usize, reason: String },
    /// An `llmock.toml` is there and cannot be read.
    #[error("failed to read `{}`: {reason}", path.display())]
    Unreadable { path: PathBuf, reason: String },
    /// Recording in CI.
    #[error(transparent)]
    Refused(#[from] Refusal),
}

impl Settings {
    /// Turns the text into rules.
    pub(crate) fn check(&self) -> Result<Checked, Wrong> {
        Ok(Checked {
            mode: single("mode", self.mode.as_deref(), |text| {
                text.parse().map_err(|error: crate::mode::ModeError| error.to_string())
            })?,
            order: single("order", self.order.as_deref(), |text| {
                word(text, &[("any", Order::Any), ("strict", Order::Strict)])
            })?,
            unused: single("unused", self.unused.as_deref(), |text| {
                word(
                    text,
                    &[("note", Unused::Note), ("fail", Unused::Fail), ("ignore", Unused::Ignore)],
                )
            })?,
            calls: self.calls,
            match_on: self.match_on.as_deref().map(fields).transpose()?,
            ignore: each("ignore", &self.ignore, |text| json_path(text))?,
            normalize: each("normalize", &self.normalize, normalize)?,
            side: each("side", &self.side, |text| Side::parse(text))?,
            allow_errors: self.allow_errors.as_ref().map(statuses).transpose()?,
            env: each("env", &self.env, |pair| variable(pair, self))?,
            providers: each("providers", &self.providers, |id| provider(id, self))?,
            declared: self.declared()?,
            proxy: self.proxy,
            intercept: single("intercept", self.intercept, intercept)?,
        })
    }
}

impl Settings {
    /// A mistake in a declaration is one of `providers`, at the place of its id there.
    fn declared(&self) -> Result<Vec<Declared>, Wrong> {
        let read = |(id, url): &(String, String)| {
            Declared::parse(id, url).map_err(|error| Wrong {
                key: "providers",
                index: self.providers.iter().position(|named| named == id).unwrap_or_default(),
                reason: error.to_string(),
            })
        };
        self.declared.iter().map(read).collect()
    }
}

impl Checked {
    /// What this layer alone says about what makes two requests the same.
    pub(crate) fn into_rules(self) -> Rules {
        Rules { match_on: self.match_on, ignore: self.ignore, normalize: self.normalize }
    }
}

fn single<S, T>(
    key: &'static str,
    value: Option<S>,
    read: impl Fn(S) -> Result<T, String>,
) -> Result<Option<T>, Wrong> {
    value.map(read).transpose().map_err(|reason| Wrong { key, index: 0, reason })
}

fn each<S, T>(
    key: &'static str,
    values: &[S],
    read: impl Fn(&S) -> Result<T, String>,
) -> Result<Vec<T>, Wrong> {
    let read = |(index, value)| read(value).map_err(|reason| Wrong { key, index, reason });
    values.iter().enumerate().map(read).collect()
}

fn word<T: Copy>(text: &str, known: &[(&str, T)]) -> Result<T, String> {
    let text = text.trim();
    known.iter().find(|(word, _)| *word == text).map(|(_, value)| *value).ok_or_else(|| {
        let known: Vec<_> = known.iter().map(|(word, _)| *word).collect();
        words::unknown_value(text, &known)
    })
}

fn fields(names: &[String]) -> Result<Vec<String>, Wrong> {
    if names.is_empty() {
        return Err(Wrong { key: "match_on", index: 0, reason: words::NO_FIELD.to_owned() });
    }
    each("match_on", names, |name| {
        if name.trim().is_empty() {
            Err("a field has no name".to_owned())
        } else {
            Ok(name.clone())
        }
    })
}

fn json_path(text: &str) -> Result<JsonPath, String> {
    JsonPath::parse(text).map_err(|error| error.to_string())
}

fn normalize((path, pattern, replacement): &(String, String, String)) -> Result<Normalize, String> {
    let path = json_path(path)?;
    let pattern = Regex::new(pattern).map_err(|error| {
        // The library's message draws the pattern with a caret over several lines; its last line says what is wrong.
        let message = error.to_string();
        let last = message.lines().last().unwrap_or_default();
        format!("`{pattern}` is not a regular expression: {}", last.trim_start_matches("error: "))
    })?;
    Ok(Normalize { path, pattern, replacement: replacement.clone() })
}

fn statuses(allowed: &AllowErrors) -> Result<AllowErrors, Wrong> {
    if let AllowErrors::Only(statuses) = allowed
        && let Some(index) = statuses.iter().position(|status| !(400..=599).contains(status))
    {
        let reason = words::no_error_status(statuses[index]);
        return Err(Wrong { key: "allow_errors", index, reason });
    }
    Ok(allowed.clone())
}

fn variable(
    (name, template): &(String, String),
    layer: &Settings,
) -> Result<(String, String), String> {
    let starts_well = name.starts_with(|first: char| first.is_ascii_alphabetic() || first == '_');
    if !starts_well || !name.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_') {
        return Err(format!("`{name}` is not the name of a variable"));
    }
    if name.starts_with("LLMOCK_") {
        return Err(format!("`{name}` is one of llmock's own variables"));
    }
    if template.contains('\0') {
        return Err(format!("the value of `{name}` contains a NUL"));
    }
    let mut known: Vec<&str> = layer.declared.iter().map(|(id, _)| id.as_str()).collect();
    Provider::all().for_each(|provider| known.push(provider.id()));
    known.push("base");
    for word in placeholders(template).filter(|word| !known.contains(word)) {
        // Another word may be a provider that another layer declares; that shows when they are merged.
        if let Some(meant) = suggest::nearest(word, known.iter().copied()) {
            return Err(words::unknown_placeholder(word, template, meant));
        }
    }
    Ok((name.clone(), template.clone()))
}

/// The words in braces that stand for an address; what else is in braces is text.
pub(super) fn placeholders(template: &str) -> impl Iterator<Item = &str> {
    let is_id =
        |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || b"-_".contains(&byte);
    let inner = template.split('{').skip(1).filter_map(|rest| rest.split_once('}'));
    inner.map(|(inner, _)| inner).filter(move |inner| {
        inner.starts_with(|first: char| first.is_ascii_lowercase()) && inner.bytes().all(is_id)
    })
}

fn provider(id: &str, layer: &Settings) -> Result<Provider, String> {
    let known: Vec<_> = Provider::all().map(Provider::id).collect();
    let is_declared = layer.declared.iter().any(|(declared, _)| declared == id);
    // An id of the user's own is fine, one that is nearly ours is a slip.
    if !known.contains(&id)
        && !is_declared
        && let Some(meant) = suggest::nearest(id, known.iter().copied())
    {
        return Err(words::unknown_provider(id, meant));
    }
    id.parse().map_err(|error: crate::provider::ProviderIdError| error.to_string())
}

/// Interception stands on a feature and on a system whose clients read `SSL_CERT_FILE`.
fn intercept(on: bool) -> Result<bool, String> {
    match rule::INTERCEPT {
        Err(why) if on => Err(why.reason.to_owned()),
        _ => Ok(on),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn texts(values: &[&str]) -> Vec<String> {
        values.iter().map(|value| (*value).to_owned()).collect()
    }

    #[test]
    fn a_wrong_value_is_named_with_its_key_and_its_place_in_the_list() {
        let some = |text: &str| Some(text.to_owned());
        let pair = |name: &str, value: &str| vec![(name.to_owned(), value.to_owned())];
        let cases = [
            (
                Settings { mode: some("recrod"), ..Settings::default() },
                0,
                "`mode`: `recrod` is not a mode; did you mean `record`?",
            ),
            (
                Settings { order: some("strickt"), ..Settings::default() },
                0,
                "`order`: unknown value `strickt`; did you mean `strict`?",
            ),
            (
                Settings { unused: some("warn"), ..Settings::default() },
                0,
                "`unused`: unknown value `warn`; expected `note`, `fail`, or `ignore`",
            ),
            (
                Settings { match_on: Some(vec![]), ..Settings::default() },
                0,
                "`match_on`: names no field",
            ),
            (
                Settings { ignore: texts(&["$.a", "a.b"]), ..Settings::default() },
                1,
                "`ignore`: invalid JSONPath `a.b`",
            ),
            (
                Settings {
                    normalize: vec![("$.a".into(), "(".into(), String::new())],
                    ..Settings::default()
                },
                0,
                "`normalize`: `(` is not a regular expression: unclosed group",
            ),
            (
                Settings { side: texts(&["/v1/models"]), ..Settings::default() },
                0,
                "`side`: `/v1/models` is not a method and a path",
            ),
            (
                Settings { side: texts(&["GET /*/models"]), ..Settings::default() },
                0,
                "`side`: `GET /*/models` has a `*`",
            ),
            (
                Settings {
                    allow_errors: Some(AllowErrors::Only(vec![401, 200])),
                    ..Settings::default()
                },
                1,
                "`allow_errors`: `200` is not an error status",
            ),
            (
                Settings { env: pair("MY URL", "x"), ..Settings::default() },
                0,
                "`env`: `MY URL` is not the name",
            ),
            (
                Settings { env: pair("LLMOCK_MODE", "x"), ..Settings::default() },
                0,
                "`env`: `LLMOCK_MODE` is one of",
            ),
            (
                Settings { env: pair("MY_URL", "{bsae}/v1"), ..Settings::default() },
                0,
                "`env`: unknown placeholder `{bsae}` in `{bsae}/v1`; did you mean `{base}`?",
            ),
            (
                Settings { providers: texts(&["openai", "antropic"]), ..Settings::default() },
                1,
                "`providers`: unknown provider `antropic`; did you mean `anthropic`?",
            ),
            (
                Settings { declared: pair("acme", ""), ..Settings::default() },
                0,
                "`providers`: `acme` has no address; declare it with the base URL of its API",
            ),
        ];
        for (settings, index, message) in cases {
            let wrong = settings.check().expect_err(message);
            assert!(wrong.to_string().starts_with(message), "{wrong} / {message}");
            assert_eq!(wrong.index, index, "{message}");
        }
    }

    #[test]
    fn a_declared_name_is_no_slip_however_near_it_is_to_another() {
        let settings = Settings {
            providers: texts(&["grok"]),
            declared: vec![("grok".to_owned(), "https://grok.dev/v1".to_owned())],
            env: vec![("MY_URL".to_owned(), "{grok}".to_owned())],
            ..Settings::default()
        };
        assert!(settings.check().is_ok());
    }

    #[test]
    fn json_in_a_variable_is_not_a_placeholder() {
        let settings = Settings {
            env: vec![("MY_CONFIG".to_owned(), r#"{"url":"{base}/openai/v1"}"#.to_owned())],
            ..Settings::default()
        };
        assert!(settings.check().is_ok());
    }
}
