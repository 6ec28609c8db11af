//! What makes two requests the same, said by a program.

use crate::config::{Settings, Wrong};
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

/// A rule that means nothing, with its key and the reason.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error(transparent)]
pub struct RuleError(Wrong);

impl Rules {
    /// Compares bodies by these top-level fields alone.
    ///
    /// # Errors
    ///
    /// If there is no field, or one without a name.
    pub fn match_on<T: Into<String>>(
        mut self,
        fields: impl IntoIterator<Item = T>,
    ) -> Result<Self, RuleError> {
        let fields = fields.into_iter().map(Into::into).collect();
        let said = Settings { match_on: Some(fields), ..Settings::default() };
        self.0.match_on = checked(&said)?.match_on;
        Ok(self)
    }

    /// Leaves out of the comparison what an RFC 9535 path selects.
    ///
    /// # Errors
    ///
    /// If it is no such path.
    pub fn ignore(mut self, path: impl Into<String>) -> Result<Self, RuleError> {
        let said = Settings { ignore: vec![path.into()], ..Settings::default() };
        self.0.ignore.extend(checked(&said)?.ignore);
        Ok(self)
    }

    /// Evens out text that a path selects: what `pattern` matches counts as `replacement`.
    ///
    /// # Errors
    ///
    /// If there is no such path, or the pattern is no regular expression.
    pub fn normalize(
        mut self,
        path: impl Into<String>,
        pattern: impl Into<String>,
        replacement: impl Into<String>,
    ) -> Result<Self, RuleError> {
        let rule = (path.into(), pattern.into(), replacement.into());
        let said = Settings { normalize: vec![rule], ..Settings::default() };
        self.0.normalize.extend(checked(&said)?.normalize);
        Ok(self)
    }
}

fn checked(said: &Settings) -> Result<matching::Rules, RuleError> {
    Ok(said.check().map_err(RuleError)?.into_rules())
}

impl RuleError {
    /// The reason without the key, for whoever knows the key by another name.
    pub fn reason(&self) -> &str {
        &self.0.reason
    }

    /// Which of several [fields](Rules::match_on) it is about, counted from zero.
    pub fn index(&self) -> usize {
        self.0.index
    }
}
