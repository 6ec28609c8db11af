//! Rules for comparing requests, set in code.

use http::HeaderMap;
use llmock_rules::{HeaderName, Problem, Value};

use crate::config::{Origin, Settings, Wrong};
use crate::matching;

/// Decides which requests are equal. The rules have the same names and meanings as in the attribute and in
/// `llmock.toml`. The default compares everything that can change a response.
///
/// ```
/// use llmock::Rules;
///
/// # fn main() -> Result<(), llmock::RuleError> {
/// let rules = Rules::default()
///     .ignore("$.metadata.run")?
///     .normalize("$.messages", r"\d{4}-\d\d-\d\d", "DATE")?;
/// assert!(Rules::default().ignore("metadata.run").is_err(), "paths begin with `$`");
/// # let _ = rules;
/// # Ok(()) }
/// ```
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Rules {
    pub(crate) matching: matching::MatchRules,
    /// Headers that every request needs.
    pub(crate) required: Vec<HeaderName>,
}

/// An invalid rule, with its key and the reason.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error(transparent)]
pub struct RuleError(Wrong);

impl Rules {
    /// Compares only these top-level fields of the body.
    ///
    /// # Errors
    ///
    /// Returns an error if there are no fields, or if a name is empty or is a path.
    pub fn match_on<T: Into<String>>(
        mut self,
        fields: impl IntoIterator<Item = T>,
    ) -> Result<Self, RuleError> {
        let fields: Vec<String> = fields.into_iter().map(Into::into).collect();
        let fields: Vec<&str> = fields.iter().map(String::as_str).collect();
        self.matching.match_on = checked("match_on", Value::Texts(&fields))?.match_on;
        Ok(self)
    }

    /// Ignores a part of the request: what an RFC 9535 path selects in the body, the `path`, or a parameter of the query
    /// such as `query.sig`.
    ///
    /// # Errors
    ///
    /// Returns an error if the path is invalid.
    pub fn ignore(mut self, path: impl Into<String>) -> Result<Self, RuleError> {
        self.matching.ignore.extend(checked("ignore", Value::Texts(&[&path.into()]))?.ignore);
        Ok(self)
    }

    /// Normalizes the selected text: replaces every match of `pattern` with `replacement` before comparing.
    ///
    /// # Errors
    ///
    /// Returns an error if the path or the regular expression is invalid.
    pub fn normalize(
        mut self,
        path: impl Into<String>,
        pattern: impl Into<String>,
        replacement: impl Into<String>,
    ) -> Result<Self, RuleError> {
        let (path, pattern, replacement) = (path.into(), pattern.into(), replacement.into());
        let rule = Value::Replacements(&[(&path, &pattern, &replacement)]);
        self.matching.normalize.extend(checked("normalize", rule)?.normalize);
        Ok(self)
    }

    /// Compares the arrays that an RFC 9535 path selects without the order of their elements, and texts that are JSON
    /// without the order of their members.
    ///
    /// # Errors
    ///
    /// Returns an error if the path is invalid.
    pub fn unordered(mut self, path: impl Into<String>) -> Result<Self, RuleError> {
        self.matching
            .unordered
            .extend(checked("unordered", Value::Texts(&[&path.into()]))?.unordered);
        Ok(self)
    }

    /// Compares of what an RFC 9535 path selects only which of these texts it contains; where it contains none, it is
    /// compared as a whole.
    ///
    /// # Errors
    ///
    /// Returns an error if the path is invalid, or the text is empty.
    pub fn contains(
        mut self,
        path: impl Into<String>,
        text: impl Into<String>,
    ) -> Result<Self, RuleError> {
        let rule = Value::Pairs(&[(&path.into(), &text.into())]);
        self.matching.contains.extend(checked("contains", rule)?.contains);
        Ok(self)
    }

    /// How the audio that clients send on WebSockets is compared: `exact`, or `any`, not at all.
    ///
    /// # Errors
    ///
    /// Returns an error for any other word.
    pub fn audio(mut self, rule: impl Into<String>) -> Result<Self, RuleError> {
        self.matching.any_audio = checked("audio", Value::Text(&rule.into()))?.any_audio;
        Ok(self)
    }

    /// Compares a field at the top level of the body that by default does not count: `.count("$.store")`.
    ///
    /// # Errors
    ///
    /// Returns an error if it is not a field at the top level.
    pub fn count(mut self, field: impl Into<String>) -> Result<Self, RuleError> {
        self.matching.count.extend(checked("count", Value::Texts(&[&field.into()]))?.count);
        Ok(self)
    }

    /// Compares this header of requests, or with `x-codex-*` all whose names start so, with those that the fixture has.
    ///
    /// # Errors
    ///
    /// Returns an error if it is no name of a header, or one that holds a key, which no fixture has.
    pub fn match_headers(mut self, name: impl Into<String>) -> Result<Self, RuleError> {
        let rule = checked("match_headers", Value::Texts(&[&name.into()]))?;
        self.matching.headers.extend(rule.headers);
        Ok(self)
    }

    /// Requires this header, such as `authorization`, in every request. Its value is not compared.
    ///
    /// # Errors
    ///
    /// Returns an error if it is no name of a header.
    pub fn require_header(mut self, name: impl Into<String>) -> Result<Self, RuleError> {
        let layer = layer("require_header", Value::Texts(&[&name.into()]))?;
        self.required.extend(layer.headers.required.into_iter().map(|name| name.value));
        Ok(self)
    }

    /// The first header that a request needs and does not have.
    pub(crate) fn missing_header(&self, headers: &HeaderMap) -> Option<&str> {
        let mut names = self.required.iter().map(HeaderName::as_str);
        names.find(|name| !headers.contains_key(*name))
    }
}

fn checked(key: &'static str, value: Value<'_>) -> Result<matching::MatchRules, RuleError> {
    layer(key, value).map(|settings| settings.rules())
}

fn layer(key: &'static str, value: Value<'_>) -> Result<Settings, RuleError> {
    let mut settings = Settings::default();
    settings.add(&Origin::Builder, key, value).map_err(RuleError)?;
    Ok(settings)
}

impl RuleError {
    /// Returns the reason without the key, for programs that use another name for the key.
    pub fn reason(&self) -> &Problem {
        &self.0.problem
    }

    /// Returns the index of the invalid [field](Rules::match_on), counted from zero.
    pub fn index(&self) -> usize {
        self.0.index
    }
}
