//! Base URLs of provider APIs.

use crate::problem::Problem;

/// The base URL of a provider's API as its clients use it: `https://llm.example.com/v1`, without a slash at the end.
///
/// Checked by hand: the crate `url` and its Unicode tables would triple the build of the attribute.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BaseUrl(String);

impl BaseUrl {
    pub fn parse(text: &str) -> Result<Self, Problem> {
        let url = text.trim();
        match mistake(url) {
            Some(reason) => Err(Problem::invalid("base URL", url, reason)),
            None => Ok(Self(url.trim_end_matches('/').to_owned())),
        }
    }

    pub fn as_str(&self) -> &str {
        &self.0
    }
}

fn mistake(url: &str) -> Option<&'static str> {
    let Some(rest) = url.strip_prefix("https://").or_else(|| url.strip_prefix("http://")) else {
        return Some("expected a value such as `https://llm.example.com/v1`");
    };
    let authority = rest.split(['/', '?', '#']).next().unwrap_or_default();
    let host = authority.rsplit('@').next().unwrap_or_default();
    if host.is_empty() || host.starts_with(':') {
        Some("it has no host")
    } else if url.contains(['?', '#']) {
        Some("it has a query or a fragment")
    } else if url.contains(|c: char| c.is_whitespace() || c.is_control()) {
        Some("it contains whitespace")
    } else {
        None
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn accepts_http_urls_with_a_host() {
        for (text, url) in [
            ("https://llm.acme.dev/v1", "https://llm.acme.dev/v1"),
            ("http://127.0.0.1:8080", "http://127.0.0.1:8080"),
            (" https://a.dev/ ", "https://a.dev"),
            ("http://user:pw@10.0.0.1:8080/api", "http://user:pw@10.0.0.1:8080/api"),
            ("http://[::1]:8080/v1", "http://[::1]:8080/v1"),
        ] {
            assert_eq!(BaseUrl::parse(text).unwrap().as_str(), url);
        }
    }

    #[test]
    fn says_what_is_wrong_with_an_address() {
        for (text, reason) in [
            ("", "expected a value such as"),
            ("llm.acme.dev/v1", "expected a value such as"),
            ("ftp://a.dev", "expected a value such as"),
            ("https://", "it has no host"),
            ("http://:80/v1", "it has no host"),
            ("https://u@/v1", "it has no host"),
            ("https://a.dev/v1?k=1", "it has a query or a fragment"),
            ("https://a.dev/v 1", "it contains whitespace"),
        ] {
            let error = BaseUrl::parse(text).unwrap_err().to_string();
            let start = format!("invalid base URL `{text}`: {reason}");
            assert!(error.starts_with(&start), "{error}");
        }
    }
}
