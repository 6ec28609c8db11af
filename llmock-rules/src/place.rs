//! The parts of a request that a rule addresses.

use std::fmt;

use crate::json_path::JsonPath;
use crate::problem::Problem;

/// A part of a request: `path`, `query.NAME`, or a JSON path into the body.
#[derive(Clone, Debug, PartialEq)]
pub enum Place {
    /// The path of the address, without the query.
    Path,
    /// The values of a query parameter, by its decoded name.
    Query(String),
    Body(JsonPath),
}

impl Place {
    pub fn parse(text: &str) -> Result<Self, Problem> {
        if text == "path" {
            return Ok(Self::Path);
        }
        match text.strip_prefix("query.") {
            Some("") => Err(Problem::invalid(
                "place",
                text,
                "expected the name of a query parameter, such as `query.sig`",
            )),
            Some(name) => Ok(Self::Query(name.to_owned())),
            None if text == "query" => {
                Err(Problem::invalid("place", text, "name a query parameter, such as `query.sig`"))
            }
            None => JsonPath::parse(text).map(Self::Body),
        }
    }

    /// The path into the body, if the place is there.
    pub fn json_path(&self) -> Option<&JsonPath> {
        if let Self::Body(path) = self { Some(path) } else { None }
    }
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Path => f.write_str("path"),
            Self::Query(name) => write!(f, "query.{name}"),
            Self::Body(path) => f.write_str(path.as_str()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn places_are_in_the_address_or_in_the_body() {
        for text in ["path", "query.sig", "query.a b", "query.x.y", "$.path", "$['query']", "$"] {
            let place = Place::parse(text).unwrap();
            assert_eq!(place.to_string(), text);
            assert_eq!(place.json_path().is_some(), text.starts_with('$'), "{text}");
        }
        assert_eq!(Place::parse("query.x.y"), Ok(Place::Query("x.y".to_owned())));
    }

    #[test]
    fn other_words_are_invalid() {
        for (text, reason) in [
            ("query", "invalid place `query`: name a query parameter"),
            ("query.", "invalid place `query.`: expected the name of a query parameter"),
            ("paths", "invalid JSONPath `paths`: "),
            ("", "invalid JSONPath ``: "),
        ] {
            let error = Place::parse(text).unwrap_err().to_string();
            assert!(error.starts_with(reason), "{error}");
        }
    }
}
