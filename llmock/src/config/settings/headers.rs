//! The rules about headers: those that a request needs, those that are compared, and those that are kept.

use llmock_rules::{HeaderName, HeaderPattern, Problem};

use super::Wrong;
use crate::config::origin::{Origin, Sourced};
use crate::config::reading::each;
use crate::json;

/// `require_header`, `match_headers`, and `keep_headers`. All add to those of the layers further out.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct HeaderSettings {
    pub(crate) required: Vec<Sourced<HeaderName>>,
    pub(crate) matched: Vec<Sourced<HeaderPattern>>,
    /// Of requests and responses.
    pub(crate) kept: Vec<Sourced<HeaderPattern>>,
}

impl HeaderSettings {
    pub(super) fn add(
        &mut self,
        origin: &Origin,
        key: &'static str,
        names: &[&str],
    ) -> Result<(), Wrong> {
        let pattern = |name: &&str| HeaderPattern::parse(name);
        match key {
            "require_header" => {
                let names = each(key, names, |name| HeaderName::parse(name))?;
                self.required.extend(origin.of_each(names));
            }
            "match_headers" => self.matched.extend(origin.of_each(each(key, names, pattern)?)),
            "keep_headers" => self.kept.extend(origin.of_each(each(key, names, pattern)?)),
            _ => {
                let problem = Problem::new("it has another form");
                return Err(Wrong { key, index: 0, problem });
            }
        }
        Ok(())
    }

    pub(super) fn or(self, outer: Self) -> Self {
        Self {
            required: [self.required, outer.required].concat(),
            matched: [self.matched, outer.matched].concat(),
            kept: [self.kept, outer.kept].concat(),
        }
    }

    /// These settings as arguments of the attribute.
    pub(super) fn arguments<'a>(&'a self, all: &mut Vec<(String, &'a Origin)>) {
        for Sourced { value, origin } in &self.required {
            all.push((format!("require_header({})", json::quote(value.as_str())), origin));
        }
        for Sourced { value, origin } in &self.matched {
            all.push((format!("match_headers({})", json::quote(&value.to_string())), origin));
        }
    }

    /// Whether a recording keeps a header of a request.
    pub(crate) fn keeps_of_request(&self, name: &str) -> bool {
        self.matched.iter().chain(&self.kept).any(|pattern| pattern.value.matches(name))
    }

    /// Whether a recording keeps a header of a response, beside those that it always keeps.
    #[cfg(feature = "record")]
    pub(crate) fn keeps_of_response(&self, name: &str) -> bool {
        self.kept.iter().any(|pattern| pattern.value.matches(name))
    }
}
