//! How one test compares requests: its `match_on`, `ignore`, `normalize`, `unordered`, `contains`, `count`, and `match_headers`.

use std::borrow::Cow;

use llmock_rules::{HeaderPattern, JsonPath, Place};
use regex::Regex;

use super::canonical::without_names_of_secrets;
use crate::fixture::interaction::Request;

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
    /// Headers that count.
    pub(crate) headers: Vec<HeaderPattern>,
    /// Ids of providers are compared by where they appear again.
    pub(crate) scrub_ids: bool,
    /// Whether the audio of clients does not count.
    pub(crate) any_audio: bool,
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

    /// Name and value of the headers that count. Blanks around the elements of a list do not.
    pub(super) fn compared_headers<'r>(
        &self,
        request: &'r Request,
    ) -> Vec<(&'r str, Cow<'r, str>)> {
        let counts = |name: &str| self.headers.iter().any(|pattern| pattern.matches(name));
        let counting = request.headers.iter().filter(|(name, _)| counts(name));
        counting
            .map(|(name, value)| {
                let elements = value.split(',').map(str::trim).collect::<Vec<_>>().join(",");
                (name.as_str(), without_names_of_secrets(&elements).into_owned().into())
            })
            .collect()
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
