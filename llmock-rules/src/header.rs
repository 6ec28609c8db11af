//! Names of HTTP headers in rules: of those that a request needs, and of those that are compared or kept.

use std::fmt;

use crate::problem::Problem;

/// A header that every request of a test needs: `anthropic-beta`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HeaderName(String);

impl HeaderName {
    pub fn parse(text: &str) -> Result<Self, Problem> {
        let name = text.trim().to_ascii_lowercase();
        match mistake(&name) {
            Some(reason) => Err(Problem::invalid("header name", text, reason)),
            None => Ok(Self(name)),
        }
    }

    /// In lower case.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// Headers that are compared or kept: `anthropic-version`, or `x-codex-*` for every name with that start.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HeaderPattern {
    /// In lower case.
    start: String,
    is_prefix: bool,
}

impl HeaderPattern {
    /// Headers that hold keys, and those that belong to the connection, are refused: no fixture has them.
    pub fn parse(text: &str) -> Result<Self, Problem> {
        let lower = text.trim().to_ascii_lowercase();
        let (start, is_prefix) = match lower.strip_suffix('*') {
            Some(start) => (start, true),
            None => (lower.as_str(), false),
        };
        let invalid = |reason: &str| Err(Problem::invalid("header name", text, reason));
        if start.contains('*') {
            return invalid("only its end may be `*`");
        }
        if let Some(reason) = mistake(if is_prefix && start.is_empty() { "x" } else { start }) {
            return invalid(reason);
        }
        if !is_prefix && is_secret_header(start) {
            return invalid("it holds a key or names an account, which no fixture keeps");
        }
        if !is_prefix && is_of_connection(start) {
            return invalid("it belongs to the connection and not to the message");
        }
        Ok(Self { start: start.to_owned(), is_prefix })
    }

    /// Whether a header with this name, in lower case, is one of them.
    pub fn matches(&self, name: &str) -> bool {
        let is_named =
            if self.is_prefix { name.starts_with(&self.start) } else { name == self.start };
        is_named && !is_secret_header(name) && !is_of_connection(name)
    }
}

impl fmt::Display for HeaderPattern {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}{}", self.start, if self.is_prefix { "*" } else { "" })
    }
}

/// <https://www.rfc-editor.org/rfc/rfc9110#section-5.6.2>.
fn mistake(name: &str) -> Option<&'static str> {
    let is_token = |byte: u8| byte.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(&byte);
    match name {
        "" => Some("it is empty"),
        _ if name.contains(':') => {
            Some("expected a name without a value, such as `anthropic-beta`")
        }
        _ if !name.bytes().all(is_token) || name.contains('*') => {
            Some("expected letters, digits and `-`, such as `anthropic-beta`")
        }
        _ => None,
    }
}

/// Headers that differ with the connection and the address of llmock, and say nothing about the message.
fn is_of_connection(name: &str) -> bool {
    #[rustfmt::skip]
    const NAMES: &[&str] = &[
        "connection", "content-encoding", "content-length", "host", "keep-alive", "proxy-connection",
        "set-cookie", "te", "trailer", "transfer-encoding", "upgrade",
    ];
    NAMES.contains(&name) || name.starts_with("x-llmock-")
}

/// Whether a request header (lower-case name) carries a key or names an account.
pub fn is_secret_header(name: &str) -> bool {
    #[rustfmt::skip]
    const SECRET: &[&str] = &[
        "anthropic-organization-id", "api-key", "authorization", "chatgpt-account-id", "cookie",
        "ocp-apim-subscription-key", "openai-organization", "openai-project", "proxy-authorization",
        "x-amz-security-token", "x-goog-user-project",
    ];
    // the endings catch `x-api-key`, `x-goog-api-key`, `x-auth-token` and what gateways invent
    SECRET.contains(&name)
        || ["-key", "-token", "-secret", "-credential", "-signature"]
            .iter()
            .any(|end| name.ends_with(end))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn patterns_match_by_name_or_start() {
        for (pattern, name, expected) in [
            ("Anthropic-Version", "anthropic-version", true),
            ("anthropic-version", "anthropic-beta", false),
            ("x-codex-*", "x-codex-turn", true),
            ("x-codex-*", "x-codex-api-key", false),
            ("x-codex-*", "x-other", false),
            ("*", "user-agent", true),
            ("*", "authorization", false),
            ("*", "content-length", false),
        ] {
            let parsed = HeaderPattern::parse(pattern).unwrap();
            assert_eq!(parsed.matches(name), expected, "{pattern} {name}");
        }
        assert_eq!(HeaderPattern::parse(" X-Codex-* ").unwrap().to_string(), "x-codex-*");
    }

    #[test]
    fn invalid_names_have_a_reason() {
        for (name, reason) in [
            ("", "it is empty"),
            ("anthropic beta", "expected letters"),
            ("anthropic-beta: a", "expected a name without a value"),
            ("x-*-y", "only its end may be `*`"),
            ("Authorization", "it holds a key"),
            ("content-length", "it belongs to the connection"),
        ] {
            let error = HeaderPattern::parse(name).unwrap_err().to_string();
            assert!(
                error.starts_with(&format!("invalid header name `{name}`: {reason}")),
                "{error}"
            );
        }
        assert!(HeaderName::parse("authorization").is_ok());
        let error = HeaderName::parse("x-*").unwrap_err().to_string();
        assert!(error.contains("expected letters"), "{error}");
    }
}
