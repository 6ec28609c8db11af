//! Rules about requests and responses: side calls and allowed error statuses.

use std::fmt;

use crate::problem::{Problem, hint};

const METHODS: &[&str] = &["GET", "POST", "PUT", "PATCH", "DELETE", "HEAD", "OPTIONS"];

/// A background call that may happen or not: `GET /v1/models`, or `GET /v1/*` for every path with that start.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SideCall {
    method: String,
    path: String,
    is_prefix: bool,
}

impl SideCall {
    pub fn parse(text: &str) -> Result<Self, Problem> {
        let invalid = |reason: &str| Problem::invalid("side call", text, reason);
        let expected = "expected a method and a path such as `GET /v1/models`";
        let (method, path) = text.trim().split_once(' ').ok_or_else(|| invalid(expected))?;
        let (upper, path) = (method.to_ascii_uppercase(), path.trim_start());
        if !METHODS.contains(&upper.as_str()) {
            return Err(invalid(&format!("unknown method `{method}`{}", hint(method, METHODS))));
        }
        if !path.starts_with('/') {
            return Err(invalid("the path does not start with `/`"));
        }
        if path.contains(|c: char| c.is_whitespace() || c.is_control() || c == '#') {
            return Err(invalid("the path contains whitespace or `#`"));
        }
        let (path, is_prefix) = match path.strip_suffix('*') {
            Some(start) => (start, true),
            None => (path, false),
        };
        if path.contains('*') {
            return Err(invalid("only the end of the path may be `*`"));
        }
        Ok(Self { method: upper, path: path.to_owned(), is_prefix })
    }

    /// Whether a request with this method and canonical path is such a call. The query counts only if the rule has one.
    pub fn matches(&self, method: &str, path_and_query: &str) -> bool {
        let path = if self.path.contains('?') {
            path_and_query
        } else {
            path_and_query.split('?').next().unwrap_or_default()
        };
        let same_path =
            if self.is_prefix { path.starts_with(&self.path) } else { path == self.path };
        same_path && method.eq_ignore_ascii_case(&self.method)
    }
}

impl fmt::Display for SideCall {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let star = if self.is_prefix { "*" } else { "" };
        write!(f, "{} {}{star}", self.method, self.path)
    }
}

/// Which error responses of a provider may be recorded.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum AllowErrors {
    /// None: an error response while recording fails the test.
    #[default]
    Never,
    Any,
    Only(Vec<u16>),
}

impl AllowErrors {
    pub fn allows(&self, status: u16) -> bool {
        match self {
            Self::Never => false,
            Self::Any => true,
            Self::Only(statuses) => statuses.contains(&status),
        }
    }

    pub fn check_status(status: u16) -> Result<(), Problem> {
        let expected = "expected an error status, 400 to 599";
        match status {
            400..=599 => Ok(()),
            _ => Err(Problem::invalid("status", &status.to_string(), expected)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn side_calls_match_by_method_and_path() {
        for (rule, method, path, expected) in [
            ("GET /v1/models", "GET", "/v1/models", true),
            ("get  /v1/models", "GET", "/v1/models?limit=1", true),
            ("GET /v1/models", "POST", "/v1/models", false),
            ("GET /v1/models", "GET", "/v1/models/gpt", false),
            ("GET /v1/models*", "GET", "/v1/models/gpt", true),
            ("GET /v1/models?limit=1", "GET", "/v1/models?limit=1", true),
            ("GET /v1/models?limit=1", "GET", "/v1/models", false),
        ] {
            let side = SideCall::parse(rule).unwrap();
            assert_eq!(side.matches(method, path), expected, "{rule} {method} {path}");
        }
        assert_eq!(SideCall::parse("get /v1/*").unwrap().to_string(), "GET /v1/*");
    }

    #[test]
    fn side_calls_need_a_method_and_a_path() {
        for (call, reason) in [
            ("/v1/models", "expected a method and a path"),
            ("GET", "expected a method and a path"),
            ("GTE /v1/models", "unknown method `GTE`; did you mean `GET`?"),
            ("BREW /v1", "unknown method `BREW`: expected `GET`, `POST`"),
            ("GET v1/models", "the path does not start with `/`"),
            ("GET /v1 /x", "the path contains whitespace or `#`"),
            ("GET /v1/*/x", "only the end of the path may be `*`"),
            ("GET /v1/**", "only the end of the path may be `*`"),
        ] {
            let error = SideCall::parse(call).unwrap_err().to_string();
            let start = format!("invalid side call `{call}`: {reason}");
            assert!(error.starts_with(&start), "{error}");
        }
    }

    #[test]
    fn error_responses_are_allowed_by_status() {
        for (allowed, status, expected) in [
            (AllowErrors::Never, 401, false),
            (AllowErrors::Any, 401, true),
            (AllowErrors::Only(vec![401, 429]), 401, true),
            (AllowErrors::Only(vec![401, 429]), 500, false),
        ] {
            assert_eq!(allowed.allows(status), expected, "{allowed:?} {status}");
        }
        assert_eq!(AllowErrors::check_status(404), Ok(()));
        let error = AllowErrors::check_status(200).unwrap_err().to_string();
        assert_eq!(error, "invalid status `200`: expected an error status, 400 to 599");
    }
}
