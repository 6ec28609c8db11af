//! JSON paths (RFC 9535) over the token-exact tree: which values of a body `$.a[?@.b]` selects.
//!
//! `llmock_rules` parses the paths, [`select`] walks the tree.

mod select;
#[cfg(test)]
mod tests;

use std::fmt::{self, Write as _};

use llmock_rules::JsonPath;

use self::select::select;
use super::Json;

#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) struct Location(pub(crate) Vec<Step>);

#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) enum Step {
    Name(String),
    Index(usize),
}

/// The locations of the values that the path selects, in the order of RFC 9535; a value selected twice is listed twice.
pub(crate) fn locate(path: &JsonPath, root: &Json<'_>) -> Vec<Location> {
    let nodes = select(path.segments(), root, root);
    nodes.into_iter().map(|(location, _)| location).collect()
}

impl Location {
    fn child(&self, step: Step) -> Self {
        let mut steps = Vec::with_capacity(self.0.len() + 1);
        steps.extend_from_slice(&self.0);
        steps.push(step);
        Self(steps)
    }
}

impl fmt::Display for Location {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_char('$')?;
        self.0.iter().try_for_each(|step| step.fmt(f))
    }
}

impl fmt::Display for Step {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Step::Index(index) => write!(f, "[{index}]"),
            Step::Name(name) if is_shorthand(name) => write!(f, ".{name}"),
            Step::Name(name) => {
                write!(f, "['{}']", name.replace('\\', "\\\\").replace('\'', "\\'"))
            }
        }
    }
}

fn is_shorthand(name: &str) -> bool {
    let word = |character: char| {
        character.is_ascii_alphanumeric() || character == '_' || !character.is_ascii()
    };
    name.chars().all(word)
        && !name.is_empty()
        && !name.starts_with(|first: char| first.is_ascii_digit())
}
