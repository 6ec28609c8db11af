//! The syntax tree of JSON paths (RFC 9535). `llmock` evaluates it over its own JSON tree.
//!
//! Written by hand because the attribute needs nothing else of a JSON path library, and the parsers that exist bring a
//! parser generator into every build. Function extensions (`length()`) are not supported.

mod parser;
#[cfg(test)]
mod tests;

use crate::problem::Problem;

/// A parsed path such as `$.messages[?@.role == 'system'].content`.
#[derive(Clone, Debug, PartialEq)]
pub struct JsonPath {
    text: String,
    segments: Vec<Segment>,
}

/// One step down the tree: `.name`, `[…]`, or with two dots in front the same at any depth.
#[derive(Clone, Debug, PartialEq)]
pub struct Segment {
    pub is_descendant: bool,
    pub selectors: Vec<Selector>,
}

/// What a segment selects among the children of a value.
#[derive(Clone, Debug, PartialEq)]
pub enum Selector {
    Name(String),
    Wildcard,
    /// The element at this index; a negative one counts from the end.
    Index(i64),
    /// Elements by `start:end:step`.
    Slice(Slice),
    /// The children for which the filter holds.
    Filter(Filter),
}

/// `start:end:step`, with missing bounds as `None`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Slice {
    pub start: Option<i64>,
    /// The index behind the last.
    pub end: Option<i64>,
    pub step: i64,
}

/// The condition behind a `?`.
#[derive(Clone, Debug, PartialEq)]
pub enum Filter {
    Or(Vec<Self>),
    And(Vec<Self>),
    Not(Box<Self>),
    Exists(Query),
    Compare(Comparable, Operator, Comparable),
}

/// A path inside a filter, from the value under test (`@`) or from the root (`$`).
#[derive(Clone, Debug, PartialEq)]
pub struct Query {
    /// Whether the path starts with `$`.
    pub is_absolute: bool,
    pub segments: Vec<Segment>,
}

#[derive(Clone, Debug, PartialEq)]
pub enum Comparable {
    Null,
    Bool(bool),
    /// A number as written.
    Number(String),
    Text(String),
    /// A path that selects at most one value: each segment is one name or one index.
    Query(Query),
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Operator {
    Equal,
    NotEqual,
    Less,
    LessOrEqual,
    Greater,
    GreaterOrEqual,
}

impl JsonPath {
    pub fn parse(text: &str) -> Result<Self, Problem> {
        let segments = parser::parse(text)
            .map_err(|mistake| Problem::invalid("JSONPath", text, mistake.describe(text)))?;
        Ok(Self { text: text.to_owned(), segments })
    }

    pub fn as_str(&self) -> &str {
        &self.text
    }

    pub fn segments(&self) -> &[Segment] {
        &self.segments
    }
}

impl Query {
    /// Whether the query selects at most one value in any document.
    pub fn is_singular(&self) -> bool {
        self.segments.iter().all(|segment| {
            let is_one = matches!(*segment.selectors, [Selector::Name(_) | Selector::Index(_)]);
            is_one && !segment.is_descendant
        })
    }
}
