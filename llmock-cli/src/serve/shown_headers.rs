//! The headers of a request that the history shows: a list of names, none of which holds a credential.

use http::HeaderMap;

/// Longer values are cut.
const LONGEST: usize = 512;

const NAMES: [&str; 18] = [
    "accept",
    "accept-encoding",
    "accept-language",
    "anthropic-beta",
    "anthropic-version",
    "content-encoding",
    "content-length",
    "content-type",
    "http-referer",
    "idempotency-key",
    "openai-beta",
    "traceparent",
    "user-agent",
    "x-app",
    "x-client-request-id",
    "x-goog-api-client",
    "x-request-id",
    "x-title",
];

/// Official clients tell their versions and attempts in these.
const PREFIXES: [&str; 3] = ["x-fern-", "x-llmock-", "x-stainless-"];

/// Names and values, in the order of arrival.
pub(crate) fn of(headers: &HeaderMap) -> Box<[(Box<str>, Box<str>)]> {
    let is_shown = |name: &str| {
        NAMES.contains(&name) || PREFIXES.iter().any(|prefix| name.starts_with(prefix))
    };
    let shown = headers.iter().filter(|(name, _)| is_shown(name.as_str()));
    let pair = |(name, value): (&http::HeaderName, &http::HeaderValue)| {
        let value = String::from_utf8_lossy(value.as_bytes());
        let short: String = value.chars().take(LONGEST).collect();
        (name.as_str().into(), short.into())
    };
    shown.map(pair).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn shows_versions_and_no_credentials() {
        let names = [
            "user-agent",
            "x-stainless-retry-count",
            "authorization",
            "x-api-key",
            "cookie",
            "x-mine",
        ];
        let headers: HeaderMap = names
            .iter()
            .map(|name| (http::HeaderName::from_static(name), http::HeaderValue::from_static("v")))
            .collect();
        let shown = of(&headers);
        let shown: Vec<&str> = shown.iter().map(|(name, _)| &**name).collect();
        assert_eq!(shown, ["user-agent", "x-stainless-retry-count"]);
    }
}
