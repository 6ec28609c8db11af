//! What each provider says about limits and processing in the headers of every response.
//!
//! OpenAI: <https://community.openai.com/t/how-to-get-rate-limit-reset-time-for-response-api/1268905> (limits),
//! <https://apidog.com/apidoc/docs-site/370474/en/doc-775837> (a copy of the reference: processing, version and
//! organization); Groq: <https://dev.to/vectle/groq-429s-your-retry-loop-is-blind-read-the-headers-instead-l0j>; Azure and
//! Anthropic: <https://mock-server.com/versions/7.1.0/apidocs/org/mockserver/llm/LlmRateLimitHeaders.html>; tokens of
//! Azure: <https://learn.microsoft.com/en-us/answers/questions/5625878/azure-openai-responses-api-x-ratelimit-headers-val>,
//! of Anthropic: <https://docs.rs/crate/aigw-anthropic/latest/source/src/rate_limit.rs>; Anthropic's organization:
//! `src/internal/tracing.ts` in version 1.14.0 of `@anthropic-ai/sdk`; Mistral:
//! <https://github.com/mistralai/client-ts/issues/169>. No page was found for the names of Cohere and xAI, which have no
//! such headers here, nor for Google's `server-timing` and for OpenAI's other headers at Azure, which are llmock's choice.

use std::time::{Duration, SystemTime};

use http::{HeaderMap, HeaderName, HeaderValue};
use llmock::Provider;

use super::quota::Left;

/// The limits of an account without a quota.
const UNLIMITED: Left = Left {
    requests: Some((10_000, 9_999)),
    tokens: Some((2_000_000, 1_999_000)),
    reset: Duration::from_millis(6),
};

/// How the time until a reset is written.
#[derive(Clone, Copy)]
enum Reset {
    /// `6m0s`, `20.5s`, `6ms`.
    Span,
    /// RFC 3339.
    Time,
}

/// The names of limit, rest and reset, for requests and for tokens.
struct Names {
    requests: [&'static str; 3],
    tokens: &'static [[&'static str; 3]],
    reset: Reset,
}

/// No such header.
const NONE: &str = "";

static OPENAI: Names = Names {
    requests: [
        "x-ratelimit-limit-requests",
        "x-ratelimit-remaining-requests",
        "x-ratelimit-reset-requests",
    ],
    tokens: &[[
        "x-ratelimit-limit-tokens",
        "x-ratelimit-remaining-tokens",
        "x-ratelimit-reset-tokens",
    ]],
    reset: Reset::Span,
};

static AZURE: Names = Names {
    requests: ["x-ratelimit-limit-requests", "x-ratelimit-remaining-requests", NONE],
    tokens: &[["x-ratelimit-limit-tokens", "x-ratelimit-remaining-tokens", NONE]],
    reset: Reset::Span,
};

static ANTHROPIC: Names = Names {
    requests: [
        "anthropic-ratelimit-requests-limit",
        "anthropic-ratelimit-requests-remaining",
        "anthropic-ratelimit-requests-reset",
    ],
    tokens: &[[
        "anthropic-ratelimit-tokens-limit",
        "anthropic-ratelimit-tokens-remaining",
        "anthropic-ratelimit-tokens-reset",
    ]],
    reset: Reset::Time,
};

static MISTRAL: Names = Names {
    requests: ["x-ratelimit-limit-req-minute", "x-ratelimit-remaining-req-minute", NONE],
    tokens: &[["x-ratelimit-limit-tokens-minute", "x-ratelimit-remaining-tokens-minute", NONE]],
    reset: Reset::Span,
};

fn names(provider: Provider) -> Option<&'static Names> {
    Some(match provider {
        Provider::OpenAI | Provider::Groq => &OPENAI,
        Provider::Azure => &AZURE,
        Provider::Anthropic => &ANTHROPIC,
        Provider::Mistral => &MISTRAL,
        _ => return None,
    })
}

/// Adds the headers of a provider. What a response has already stays.
pub(crate) fn add(
    headers: &mut HeaderMap,
    provider: Provider,
    left: Option<&Left>,
    arrived_at: SystemTime,
    took: Duration,
) {
    let took = u64::try_from(took.as_millis()).unwrap_or(u64::MAX).max(1);
    match provider {
        Provider::OpenAI | Provider::Azure => {
            set(headers, "openai-processing-ms", took.into());
            set(headers, "openai-version", HeaderValue::from_static("2020-10-01"));
            set(headers, "openai-organization", HeaderValue::from_static("org-llmock"));
        }
        Provider::Anthropic => {
            let name = "anthropic-organization-id";
            let id = "00000000-0000-4000-8000-000000000000";
            set(headers, name, HeaderValue::from_static(id));
        }
        Provider::Gemini => {
            let timing = HeaderValue::try_from(format!("gfet4t7; dur={took}"));
            if let Ok(value) = timing {
                set(headers, "server-timing", value);
            }
        }
        _ => {}
    }
    let Some(names) = names(provider) else { return };
    let account = left.unwrap_or(&UNLIMITED);
    let reset = names.reset(account.reset, arrived_at);
    let requests = account.requests.or(UNLIMITED.requests);
    let tokens = account.tokens.or(UNLIMITED.tokens);
    let all = std::iter::once((&names.requests, requests))
        .chain(names.tokens.iter().map(|names| (names, tokens)));
    for ([limit_name, rest_name, reset_name], counts) in all {
        let Some((most, left)) = counts else { continue };
        set(headers, limit_name, most.into());
        set(headers, rest_name, left.into());
        if let Some(reset) = &reset {
            set(headers, reset_name, reset.clone());
        }
    }
}

fn set(headers: &mut HeaderMap, name: &'static str, value: HeaderValue) {
    if name != NONE {
        headers.entry(HeaderName::from_static(name)).or_insert(value);
    }
}

impl Names {
    fn reset(&self, reset: Duration, arrived_at: SystemTime) -> Option<HeaderValue> {
        let text = match self.reset {
            _ if self.requests[2] == NONE => return None,
            Reset::Span => span(reset),
            Reset::Time => {
                // a whole second in the future, as there are no fractions
                let at = arrived_at + reset + Duration::from_secs(1);
                humantime::format_rfc3339_seconds(at).to_string()
            }
        };
        HeaderValue::try_from(text).ok()
    }
}

/// A span as Go's servers write it.
fn span(span: Duration) -> String {
    let (seconds, millis) = (span.as_secs(), span.subsec_millis());
    match (seconds / 60, seconds % 60, millis) {
        (0, 0, millis) => format!("{millis}ms"),
        (0, seconds, 0) => format!("{seconds}s"),
        (0, seconds, millis) => format!("{seconds}.{millis:03}s"),
        (minutes, seconds, _) => format!("{minutes}m{seconds}s"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn writes_spans_as_openai_does() {
        for (millis, text) in
            [(6, "6ms"), (1000, "1s"), (20_500, "20.500s"), (360_000, "6m0s"), (0, "0ms")]
        {
            assert_eq!(span(Duration::from_millis(millis)), text);
        }
    }

    #[test]
    fn keeps_the_headers_of_a_response() {
        let mut headers = HeaderMap::new();
        let name = "x-ratelimit-remaining-requests";
        headers.insert(name, HeaderValue::from_static("7"));
        add(&mut headers, Provider::OpenAI, None, SystemTime::UNIX_EPOCH, Duration::ZERO);
        assert_eq!(headers[name], "7");
        assert_eq!(headers["openai-processing-ms"], "1");
        let mut headers = HeaderMap::new();
        add(&mut headers, Provider::Ollama, None, SystemTime::UNIX_EPOCH, Duration::ZERO);
        assert!(headers.is_empty());
    }
}
