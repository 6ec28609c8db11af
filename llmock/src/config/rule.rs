//! The kinds of rules that are this crate's own; those about what makes two requests the same are `matching`'s.

use std::fmt;

use crate::report::settings::{self, NoIntercept};

/// What becomes of recorded interactions that a replaying test did not ask for.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum Unused {
    /// A line on standard error.
    #[default]
    Note,
    /// The test fails.
    Fail,
    /// Nothing.
    Ignore,
}

/// Whether `intercept = true` can hold in this build, on this system; if not, why.
pub(super) const INTERCEPT: Result<(), &NoIntercept> = if cfg!(not(target_os = "linux")) {
    Err(&settings::INTERCEPT_IS_OF_LINUX)
} else if cfg!(not(feature = "intercept")) {
    Err(&settings::INTERCEPT_IS_A_FEATURE)
} else {
    Ok(())
};

/// What the expansion writes for `intercept = true`: where that cannot hold, the test does not compile.
pub const fn intercept() -> bool {
    match INTERCEPT {
        Ok(()) => true,
        Err(why) => panic!("{}", why.compiling),
    }
}

/// Which error answers of a provider may be recorded.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) enum AllowErrors {
    /// None: an error answer while recording fails the test.
    #[default]
    Never,
    /// All of them.
    Any,
    /// These statuses.
    Only(Vec<u16>),
}

impl AllowErrors {
    /// Whether an answer with this error status may be recorded.
    pub(crate) fn allows(&self, status: u16) -> bool {
        match self {
            Self::Never => false,
            Self::Any => true,
            Self::Only(statuses) => statuses.contains(&status),
        }
    }
}

/// A background call: `GET /v1/models`, or with a `*` at the end everything that starts so.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Side {
    method: String,
    path: String,
    is_prefix: bool,
}

impl Side {
    /// Reads a method and a path.
    pub(super) fn parse(text: &str) -> Result<Self, String> {
        let form = || settings::no_side_call(text);
        let (method, path) = text.trim().split_once(' ').ok_or_else(form)?;
        let path = path.trim_start();
        let is_method = !method.is_empty() && method.bytes().all(|byte| byte.is_ascii_alphabetic());
        if !is_method || !path.starts_with('/') || path.contains(char::is_whitespace) {
            return Err(form());
        }
        let (path, is_prefix) = match path.strip_suffix('*') {
            Some(start) => (start, true),
            None => (path, false),
        };
        if path.contains('*') {
            return Err(settings::misplaced_star(text));
        }
        Ok(Self { method: method.to_ascii_uppercase(), path: path.to_owned(), is_prefix })
    }

    /// Whether a request with this method and canonical path is such a call. The query counts only if the rule has one.
    pub(crate) fn matches(&self, method: &str, path_and_query: &str) -> bool {
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

impl fmt::Display for Side {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let star = if self.is_prefix { "*" } else { "" };
        write!(f, "{} {}{star}", self.method, self.path)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_side_call_is_recognised_by_method_and_path() {
        let cases = [
            ("GET /v1/models", "GET", "/v1/models", true),
            ("get /v1/models", "GET", "/v1/models?limit=1", true),
            ("GET /v1/models", "POST", "/v1/models", false),
            ("GET /v1/models", "GET", "/v1/models/gpt", false),
            ("GET /v1/models*", "GET", "/v1/models/gpt", true),
            ("GET /v1/models?limit=1", "GET", "/v1/models?limit=1", true),
            ("GET /v1/models?limit=1", "GET", "/v1/models", false),
        ];
        for (rule, method, path, expected) in cases {
            let side = Side::parse(rule).expect("a correct rule");
            assert_eq!(side.matches(method, path), expected, "{rule} {method} {path}");
            assert!(side.to_string().eq_ignore_ascii_case(rule));
        }
    }

    #[test]
    fn error_answers_are_allowed_by_status() {
        let cases = [
            (AllowErrors::Never, 401, false),
            (AllowErrors::Any, 401, true),
            (AllowErrors::Only(vec![401, 429]), 401, true),
            (AllowErrors::Only(vec![401, 429]), 500, false),
        ];
        for (allowed, status, expected) in cases {
            assert_eq!(allowed.allows(status), expected, "{allowed:?} {status}");
        }
    }
}
