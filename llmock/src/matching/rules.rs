//! How one test compares requests: its `match_on`, `ignore`, `normalize`, `unordered`, `contains`, and `count`.

use std::borrow::Cow;

use llmock_rules::{JsonPath, Place};
use regex::Regex;

/// How a session compares requests; the default compares everything that can change a response.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct MatchRules {
    /// Only these top-level fields of the body count; an absent one equals `null`.
    pub(crate) match_on: Option<Vec<String>>,
    /// What is at these places does not count.
    pub(crate) ignore: Vec<Place>,
    /// Text at these places is rewritten before it is compared, in this order.
    pub(crate) normalize: Vec<Normalize>,
    /// Arrays that these paths select are compared without the order of their elements, and texts that are JSON without
    /// the order of their members.
    pub(crate) unordered: Vec<JsonPath>,
    /// Of what these paths select, only the texts that it contains count, if there are any.
    pub(crate) contains: Vec<Contains>,
    /// Fields at the top level that count, although they cannot change the response.
    pub(crate) count: Vec<String>,
}

/// One `contains("$.path", "text")`.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Contains {
    pub(crate) path: JsonPath,
    pub(crate) text: String,
}

impl MatchRules {
    /// The paths into the body of what does not count.
    pub(super) fn ignored_in_body(&self) -> impl Iterator<Item = &JsonPath> {
        self.ignore.iter().filter_map(Place::json_path)
    }

    /// Whether what is at this place does not count.
    pub(super) fn ignores(&self, place: &Place) -> bool {
        self.ignore.contains(place)
    }

    /// A text of the address after the rules for its place.
    pub(super) fn normalized<'t>(&self, place: &Place, text: Cow<'t, str>) -> Cow<'t, str> {
        self.normalize
            .iter()
            .filter(|rule| rule.place == *place)
            .fold(text, |text, rule| Cow::Owned(rule.apply(&text).into_owned()))
    }
}

/// One `normalize("$.place", "regex" => "replacement")`.
#[derive(Clone, Debug)]
pub(crate) struct Normalize {
    pub(crate) place: Place,
    pub(crate) pattern: Regex,
    /// In the syntax of `regex`: `$1` and `${name}` are groups, `$$` is a dollar sign.
    pub(crate) replacement: String,
}

impl Normalize {
    pub(super) fn apply<'t>(&self, text: &'t str) -> Cow<'t, str> {
        self.pattern.replace_all(text, self.replacement.as_str())
    }
}

impl PartialEq for Normalize {
    /// Compares the source text of the pattern.
    fn eq(&self, other: &Self) -> bool {
        self.place == other.place
            && self.pattern.as_str() == other.pattern.as_str()
            && self.replacement == other.replacement
    }
}
