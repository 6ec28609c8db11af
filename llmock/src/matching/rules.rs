//! How one test compares requests: its `match_on`, `ignore`, and `normalize`.

use llmock_rules::JsonPath;
use regex::Regex;

/// How a session compares requests; the default compares everything that can change a response.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct MatchRules {
    /// Only these top-level fields of the body count; an absent one equals `null`.
    pub(crate) match_on: Option<Vec<String>>,
    /// Values that these paths select do not count.
    pub(crate) ignore: Vec<JsonPath>,
    /// Text that these paths select is rewritten before it is compared, in this order.
    pub(crate) normalize: Vec<Normalize>,
}

/// One `normalize("$.path", "regex" => "replacement")`.
#[derive(Clone, Debug)]
pub(crate) struct Normalize {
    pub(crate) path: JsonPath,
    pub(crate) pattern: Regex,
    /// In the syntax of `regex`: `$1` and `${name}` are groups, `$$` is a dollar sign.
    pub(crate) replacement: String,
}

impl PartialEq for Normalize {
    /// Compares the source text of the pattern.
    fn eq(&self, other: &Self) -> bool {
        self.path == other.path
            && self.pattern.as_str() == other.pattern.as_str()
            && self.replacement == other.replacement
    }
}
