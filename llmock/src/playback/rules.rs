//! Rules for comparing requests, set in code.

use llmock_rules::{Problem, Value};

use crate::config::{Origin, Settings, Wrong};
use crate::matching;

/// Decides which requests are equal. The rules have the same names and meanings as in the attribute and in
/// `llmock.toml`. The default compares everything that can change a response.
///
/// ```
/// use llmock::playback::Rules;
///
/// # fn main() -> Result<(), llmock::playback::RuleError> {
/// let rules = Rules::default()
///     .ignore("$.metadata.run")?
///     .normalize("$.messages", r"\d{4}-\d\d-\d\d", "DATE")?;
/// assert!(Rules::default().ignore("metadata.run").is_err(), "paths begin with `$`");
/// # let _ = rules;
/// # Ok(()) }
/// ```
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Rules(pub(super) matching::MatchRules);

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
        self.0.match_on = checked("match_on", Value::Texts(&fields))?.match_on;
        Ok(self)
    }

    /// Ignores a part of the request: what an RFC 9535 path selects in the body, the `path`, or a parameter of the query
    /// such as `query.sig`.
    ///
    /// # Errors
    ///
    /// Returns an error if the path is invalid.
    pub fn ignore(mut self, path: impl Into<String>) -> Result<Self, RuleError> {
        self.0.ignore.extend(checked("ignore", Value::Texts(&[&path.into()]))?.ignore);
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
        self.0.normalize.extend(checked("normalize", rule)?.normalize);
        Ok(self)
    }

    /// Compares the arrays that an RFC 9535 path selects without the order of their elements, and texts that are JSON
    /// without the order of their members.
    ///
    /// # Errors
    ///
    /// Returns an error if the path is invalid.
    pub fn unordered(mut self, path: impl Into<String>) -> Result<Self, RuleError> {
        self.0.unordered.extend(checked("unordered", Value::Texts(&[&path.into()]))?.unordered);
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
        self.0.contains.extend(checked("contains", rule)?.contains);
        Ok(self)
    }

    /// Compares a field at the top level of the body that by default does not count: `.count("$.store")`.
    ///
    /// # Errors
    ///
    /// Returns an error if it is not a field at the top level.
    pub fn count(mut self, field: impl Into<String>) -> Result<Self, RuleError> {
        self.0.count.extend(checked("count", Value::Texts(&[&field.into()]))?.count);
        Ok(self)
    }
}

fn checked(key: &'static str, value: Value<'_>) -> Result<matching::MatchRules, RuleError> {
    let mut settings = Settings::default();
    settings.add(&Origin::Builder, key, value).map_err(RuleError)?;
    Ok(settings.rules())
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
