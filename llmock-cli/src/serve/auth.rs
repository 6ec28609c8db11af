//! Checks the key of a request, in any of the places where clients put it.

use http::HeaderMap;
use subtle::ConstantTimeEq as _;

/// Why a request is refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum Denied {
    #[error("Missing API key")]
    Missing,
    #[error("Invalid API key")]
    Wrong,
}

/// Whether a request may pass; without a configured key, every request may.
pub(crate) fn check(
    key: Option<&str>,
    headers: &HeaderMap,
    query: Option<&str>,
) -> Result<(), Denied> {
    let Some(key) = key else { return Ok(()) };
    let mut seen = false;
    for sent in sent_keys(headers, query) {
        seen = true;
        // The time of a comparison must not tell how much of a guess is right.
        if sent.as_bytes().ct_eq(key.as_bytes()).into() {
            return Ok(());
        }
    }
    Err(if seen { Denied::Wrong } else { Denied::Missing })
}

fn sent_keys<'a>(
    headers: &'a HeaderMap,
    query: Option<&'a str>,
) -> impl Iterator<Item = String> + 'a {
    let header = |name: &str| headers.get(name).and_then(|value| value.to_str().ok());
    let authorization = header("authorization").and_then(of_authorization).map(str::to_owned);
    let named = ["x-api-key", "x-goog-api-key", "api-key"].into_iter().filter_map(header);
    let named = named.map(|key| key.trim().to_owned());
    let in_query = query.and_then(of_query);
    let in_protocol = header("sec-websocket-protocol").and_then(of_protocol).map(str::to_owned);
    let all = authorization.into_iter().chain(named).chain(in_query).chain(in_protocol);
    all.filter(|key| !key.is_empty())
}

/// The key in `Bearer KEY`, or the id of the key that has signed for Amazon.
fn of_authorization(value: &str) -> Option<&str> {
    let (scheme, rest) = value.trim().split_once(' ')?;
    if scheme.eq_ignore_ascii_case("bearer") {
        return Some(rest.trim());
    }
    if scheme.eq_ignore_ascii_case("aws4-hmac-sha256") {
        return rest.split("Credential=").nth(1)?.split(['/', ',']).next();
    }
    None
}

/// The key among the subprotocols of a WebSocket, where browsers put it:
/// <https://developers.openai.com/api/docs/guides/realtime-websocket>.
fn of_protocol(value: &str) -> Option<&str> {
    let mut offered = value.split(',').map(str::trim);
    offered.find_map(|name| name.strip_prefix("openai-insecure-api-key."))
}

fn of_query(query: &str) -> Option<String> {
    let mut pairs = form_urlencoded::parse(query.as_bytes());
    pairs.find(|(name, _)| name.eq_ignore_ascii_case("key")).map(|(_, key)| key.into_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn accepts_the_key_wherever_clients_send_it() {
        for (name, value, query, allowed) in [
            ("authorization", "Bearer secret", None, Ok(())),
            ("authorization", "bearer   secret ", None, Ok(())),
            ("authorization", "BEARER secret", None, Ok(())),
            ("x-api-key", "secret", None, Ok(())),
            ("x-goog-api-key", "secret", None, Ok(())),
            ("api-key", "secret", None, Ok(())),
            ("x-other", "secret", Some("alt=sse&key=secret"), Ok(())),
            ("x-other", "secret", Some("key=se%63ret"), Ok(())),
            (
                "authorization",
                "AWS4-HMAC-SHA256 Credential=secret/20260101/us-east-1/bedrock/aws4_request, SignedHeaders=host",
                None,
                Ok(()),
            ),
            ("sec-websocket-protocol", "realtime, openai-insecure-api-key.secret", None, Ok(())),
            ("authorization", "Bearer wrong", None, Err(Denied::Wrong)),
            ("authorization", "Bearer wrong", Some("key=secret"), Ok(())),
            ("authorization", "Bearer secretx", None, Err(Denied::Wrong)),
            ("x-api-key", "wrong", None, Err(Denied::Wrong)),
            ("x-other", "secret", Some("key=%zz"), Err(Denied::Wrong)),
            ("authorization", "Basic secret", None, Err(Denied::Missing)),
            ("authorization", "secret", None, Err(Denied::Missing)),
            ("authorization", "Bearer ", None, Err(Denied::Missing)),
            ("x-other", "secret", None, Err(Denied::Missing)),
        ] {
            let mut headers = HeaderMap::new();
            headers.insert(name, value.parse().unwrap());
            assert_eq!(
                check(Some("secret"), &headers, query),
                allowed,
                "{name}: {value} ?{query:?}"
            );
            assert_eq!(check(None, &headers, query), Ok(()));
        }
    }
}
