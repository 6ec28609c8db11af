//! Which headers a fixture keeps, and which names belong to secrets or addresses.

pub(crate) use llmock_rules::is_secret_header;

use super::table;

/// Request headers that choose the version of an API, or features of it.
///
/// <https://platform.claude.com/docs/en/api/versioning>
/// <https://platform.claude.com/docs/en/api/beta-headers>
/// <https://developers.openai.com/api/docs/deprecations> (`OpenAI-Beta: realtime=v1`, `assistants=v2`)
pub(crate) const API_HEADERS: [&str; 3] = ["anthropic-beta", "anthropic-version", "openai-beta"];

/// Response headers that a client or a reader of the fixture may want.
#[rustfmt::skip]
const KEPT_HEADERS: &[&str] = &[
    "accept-ranges", "azure-asyncoperation", "content-disposition", "content-location",
    "content-range", "content-type", "etag", "last-modified", "link", "location", "openai-model",
    "openai-processing-ms", "openai-version", "operation-location", "request-id", "retry-after",
    "retry-after-ms", "x-request-id", "x-should-retry",
];

/// Beginnings of such headers: rate limits, and what AWS clients read.
const KEPT_PREFIXES: &[&str] = &[
    "anthropic-ratelimit-",
    "ratelimit-",
    "x-amzn-",
    "x-goog-upload-",
    "x-ratelimit-",
    "x-ms-region",
];

/// Whether a response header (lower-case name) is stored in a fixture: it must describe the response. Cookies,
/// accounts, dates, framing, and unlisted names are not stored.
pub(crate) fn keeps_response_header(name: &str) -> bool {
    KEPT_HEADERS.contains(&name)
        || (KEPT_PREFIXES.iter().any(|prefix| name.starts_with(prefix))
            && !name.starts_with("x-amzn-remapped-"))
}

/// Whether it tells something that a program may read when a response header (lower-case name) is not stored: headers of
/// the connection, of every server, and of the networks in between are missing in replay unnoticed.
#[cfg(feature = "record")]
pub(crate) fn is_telling_header(name: &str) -> bool {
    #[rustfmt::skip]
    const USUAL: &[&str] = &[
        "age", "alt-svc", "cache-control", "connection", "content-encoding", "content-length",
        "content-security-policy", "cross-origin-opener-policy", "date", "expires", "keep-alive",
        "nel", "permissions-policy", "pragma", "proxy-connection", "referrer-policy", "report-to",
        "server", "server-timing", "strict-transport-security", "trailer", "transfer-encoding",
        "upgrade", "vary", "via", "x-content-type-options", "x-envoy-upstream-service-time",
        "x-frame-options", "x-powered-by", "x-xss-protection",
    ];
    const BEGINNINGS: &[&str] = &["access-control-", "cf-", "x-amz-cf-"];
    !keeps_response_header(name)
        && !USUAL.contains(&name)
        && !BEGINNINGS.iter().any(|beginning| name.starts_with(beginning))
}

pub(crate) fn is_secret_query(name: &str) -> bool {
    #[rustfmt::skip]
    const SECRET: &[&str] = &[
        "key", "api_key", "api-key", "apikey", "access_token", "auth_token", "token", "client_secret",
        "client_assertion", "id_token", "password", "refresh_token", "subscription-key", "x-amz-credential",
        "x-amz-security-token", "x-goog-credential",
    ];
    is_signature_query(name) || SECRET.iter().any(|secret| name.eq_ignore_ascii_case(secret))
}

/// Whether a query parameter signs its address: such a secret is useful only for that address, until it expires.
pub(crate) fn is_signature_query(name: &str) -> bool {
    const SIGNATURES: &[&str] = &["sig", "signature", "x-amz-signature", "x-goog-signature"];
    SIGNATURES.iter().any(|signature| name.eq_ignore_ascii_case(signature))
}

/// Whether a variable of that name may hold a secret: `*_KEY`, `*_TOKEN`, `*_SECRET`, `*_PASSWORD` and the like, or one
/// of the table.
pub(crate) fn is_secret_variable(name: &str) -> bool {
    ends_with_any(name, &["_KEY", "_TOKEN", "_SECRET", "_CREDENTIALS"])
        || is_password_variable(name)
        || is_key_variable(name)
}

/// Whether a variable of that name holds the key of a provider.
pub(crate) fn is_key_variable(name: &str) -> bool {
    table::TABLE.iter().any(|(_, entry)| entry.keys.iter().any(|(key, _)| *key == name))
}

/// Whether a variable of that name holds a password, which may be short.
pub(crate) fn is_password_variable(name: &str) -> bool {
    ends_with_any(name, &["_PASSWORD", "_PASS", "_PAT"])
}

fn ends_with_any(name: &str, ends: &[&str]) -> bool {
    ends.iter().any(|end| name.len() > end.len() && name.ends_with(end))
}

/// A value without blanks and the quotes that files of variables put around values.
pub(super) fn unquoted(value: &str) -> &str {
    value.trim().trim_matches(['"', '\'']).trim()
}

/// Whether a variable's value is an address. `OPENAI_HOST=azure` names a kind of service in some
/// applications: such a value is no upstream, and llmock does not replace it.
pub(crate) fn is_address(variable: &str, value: &str) -> bool {
    let value = unquoted(value);
    let is_of_hosts =
        || table::TABLE.iter().any(|(_, entry)| entry.host_variables.contains(&variable));
    value.contains("://")
        || (!value.is_empty()
            && !value.contains(char::is_whitespace)
            && (value.contains(['.', ':']) || value == "localhost" || is_of_hosts()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keeps_headers_that_describe_the_response() {
        for (name, kept) in [
            ("content-type", true),
            ("location", true),
            ("x-request-id", true),
            ("request-id", true),
            ("x-ratelimit-remaining-tokens", true),
            ("anthropic-ratelimit-requests-limit", true),
            ("x-amzn-errortype", true),
            ("x-amzn-bedrock-input-token-count", true),
            ("retry-after", true),
            ("openai-processing-ms", true),
            ("content-range", true),
            ("etag", true),
            ("last-modified", true),
            ("accept-ranges", true),
            ("set-cookie", false),
            ("openai-organization", false),
            ("openai-project", false),
            ("anthropic-organization-id", false),
            ("cf-ray", false),
            ("date", false),
            ("content-length", false),
            ("transfer-encoding", false),
            ("content-encoding", false),
            ("authorization", false),
            ("server", false),
        ] {
            assert_eq!(keeps_response_header(name), kept, "{name}");
        }
    }

    #[test]
    fn secret_names_are_known_by_their_ends() {
        for (name, secret) in [
            ("OPENAI_API_KEY", true),
            ("GITHUB_TOKEN", true),
            ("STRIPE_SECRET", true),
            ("AWS_BEARER_TOKEN_BEDROCK", true),
            ("CHATGPT_ACCESS_TOKEN", true),
            ("DB_PASSWORD", true),
            ("MAIL_PASS", true),
            ("GITLAB_PAT", true),
            ("GOOGLE_CREDENTIALS", true),
            ("MAX_TOKENS", false),
            ("COMPASS", false),
            ("KEYBOARD", false),
            ("TOKENIZERS_PARALLELISM", false),
            ("_KEY", false),
        ] {
            assert_eq!(is_secret_variable(name), secret, "{name}");
        }
        for (name, secret) in [
            ("key", true),
            ("KEY", true),
            ("X-Amz-Signature", true),
            ("alt", false),
            ("api-version", false),
            ("keys", false),
            ("pageToken", false),
        ] {
            assert_eq!(is_secret_query(name), secret, "{name}");
        }
    }

    #[test]
    fn request_headers_with_keys_are_known() {
        for (name, secret) in [
            ("authorization", true),
            ("x-api-key", true),
            ("x-goog-api-key", true),
            ("x-amz-security-token", true),
            ("idempotency-key", true),
            ("content-type", false),
            ("anthropic-version", false),
            ("x-stainless-retry-count", false),
        ] {
            assert_eq!(is_secret_header(name), secret, "{name}");
        }
    }

    #[test]
    fn a_word_is_not_an_address() {
        for (value, address) in [
            ("https://api.openai.com/v1", true),
            ("127.0.0.1:11434", true),
            ("gateway.internal", true),
            ("localhost", true),
            ("\"localhost\"", true),
            (":8080", true),
            ("azure", false),
            ("", false),
        ] {
            assert_eq!(is_address("OPENAI_HOST", value), address, "{value}");
        }
        // Its clients read nothing else from it.
        assert!(is_address("OLLAMA_HOST", "gpu-box"));
        assert!(!is_address("OLLAMA_HOST", " "));
    }
}
