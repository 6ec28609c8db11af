//! How one test compares requests: what it says of `match_on`, `ignore`, and `normalize`.

use llmock_rules::JsonPath;
use regex::Regex;

/// How a session compares requests; the default compares everything that can change an answer.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Rules {
    /// Of the body only these top-level fields count; an absent one equals `null`.
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
    /// By what was written.
    fn eq(&self, other: &Self) -> bool {
        self.path == other.path
            && self.pattern.as_str() == other.pattern.as_str()
            && self.replacement == other.replacement
    }
}
