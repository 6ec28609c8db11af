//! Rules for comparing requests, set by a program.

use llmock_rules::{Problem, Value};

use crate::config::{Origin, Settings, Wrong};
use crate::matching;

/// What makes two requests the same, with the names and the meanings that the attribute and `llmock.toml`
/// have; the default compares everything that can change an answer.
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
pub struct Rules(pub(super) matching::Rules);

/// An invalid rule, with its key and the reason.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error(transparent)]
pub struct RuleError(Wrong);

impl Rules {
    /// Compares only these top-level fields of the body.
    ///
    /// # Errors
    ///
    /// If there is no field, or a name is empty or a path.
    pub fn match_on<T: Into<String>>(
        mut self,
        fields: impl IntoIterator<Item = T>,
    ) -> Result<Self, RuleError> {
        let fields: Vec<String> = fields.into_iter().map(Into::into).collect();
        let fields: Vec<&str> = fields.iter().map(String::as_str).collect();
        self.0.match_on = checked("match_on", Value::Texts(&fields))?.match_on;
        Ok(self)
    }

    /// Ignores the parts of the body that an RFC 9535 path selects.
    ///
    /// # Errors
    ///
    /// If the path is invalid.
    pub fn ignore(mut self, path: impl Into<String>) -> Result<Self, RuleError> {
        self.0.ignore.extend(checked("ignore", Value::Texts(&[&path.into()]))?.ignore);
        Ok(self)
    }

    /// Normalizes the selected text: replaces every match of `pattern` with `replacement` before comparing.
    ///
    /// # Errors
    ///
    /// If the path or the regular expression is invalid.
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
}

fn checked(key: &'static str, value: Value<'_>) -> Result<matching::Rules, RuleError> {
    let mut settings = Settings::default();
    settings.add(&Origin::Builder, key, value).map_err(RuleError)?;
    Ok(settings.rules())
}

impl RuleError {
    /// The reason without the key, for a program that knows the key by another name.
    pub fn reason(&self) -> &Problem {
        &self.0.problem
    }

    /// Which of several [fields](Rules::match_on) it is about, counted from zero.
    pub fn index(&self) -> usize {
        self.0.index
    }
}
