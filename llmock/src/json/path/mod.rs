//! JSON paths (RFC 9535) over the token-exact tree: which values of a body does `$.a[?@.b]` mean.
//!
//! The syntax is `rsonpath-syntax`'s, the one the attribute checks at compile time. The evaluation is
//! ours because the tree is: [`select`] walks it, [`filter`] decides what stands after a `?`.

mod filter;
mod select;
#[cfg(test)]
mod tests;

use std::fmt::{self, Write as _};

use rsonpath_syntax::JsonPathQuery;

use self::select::select;
use super::Json;

/// A parsed path.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Path {
    text: String,
    query: JsonPathQuery,
}

/// Why a text is not a path.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("`{path}` is not a JSON path: {reason}")]
pub(crate) struct PathError {
    path: String,
    reason: String,
}

/// Where one value stands, from the root down.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) struct Location(pub(crate) Vec<Step>);

/// One step down the tree.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) enum Step {
    Name(String),
    Index(usize),
}

impl Path {
    /// Reads a path such as `$.messages[?@.role == 'system'].content`.
    pub(crate) fn parse(text: &str) -> Result<Self, PathError> {
        match rsonpath_syntax::parse(text) {
            Ok(query) => Ok(Self { text: text.to_owned(), query }),
            Err(error) => {
                Err(PathError { path: text.to_owned(), reason: reason(text, &error.to_string()) })
            }
        }
    }

    /// The path as written.
    pub(crate) fn as_str(&self) -> &str {
        &self.text
    }

    /// Where the values stand that the path selects, in the order of RFC 9535; a value selected twice
    /// is listed twice.
    pub(crate) fn locate(&self, root: &Json<'_>) -> Vec<Location> {
        let nodes = select(self.query.segments(), root, root);
        nodes.into_iter().map(|(location, _)| location).collect()
    }
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

/// Takes the first finding out of the parser's page-long message.
fn reason(text: &str, message: &str) -> String {
    if text.is_empty() {
        return "it is empty, the whole body is `$`".to_owned();
    }
    let line = |start: &str| message.lines().find_map(|line| line.trim_start().strip_prefix(start));
    let what = line("error: ").unwrap_or("invalid syntax");
    let mut reason = what.to_owned();
    if let Some(first) = line("(bytes ").or_else(|| line("(byte ")) {
        let digits: String = first.chars().take_while(char::is_ascii_digit).collect();
        if let Some(rest) = digits.parse().ok().and_then(|at: usize| text.get(at..))
            && !rest.is_empty()
            && rest != text
        {
            let _ = write!(reason, " at `{rest}`");
        }
    }
    if what.starts_with("invalid filter") && calls_a_function(text) {
        reason.push_str("; functions such as `length()` are not supported");
    } else if let Some(better) = line("suggestion: did you mean ") {
        let _ = write!(reason, ", did you mean {}", better.trim_end_matches([' ', '?']));
    }
    reason
}

fn calls_a_function(text: &str) -> bool {
    ["length(", "count(", "match(", "search(", "value("].iter().any(|call| text.contains(call))
}
