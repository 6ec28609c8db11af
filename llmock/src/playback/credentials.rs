//! The credentials that a recorder forwards.

use http::{HeaderMap, HeaderValue};

/// The key with which clients authenticate to the program itself, if it has one.
#[derive(Clone, Debug, Default)]
pub(super) struct OwnKey(pub(super) Option<String>);

impl OwnKey {
    /// Replaces the program's own key in an upstream request with `key`, or removes it if there is none.
    pub(super) fn replace(&self, key: Option<&str>, headers: &mut HeaderMap, target: &mut String) {
        let Some(own) = self.0.as_deref().filter(|key| !key.is_empty()) else { return };
        let matching: Vec<_> = headers
            .iter()
            .filter(|(_, value)| value.to_str().is_ok_and(|value| contains_key(value, own)))
            .map(|(name, value)| (name.clone(), value.clone()))
            .collect();
        for (name, value) in matching {
            let replacement =
                value.to_str().ok().zip(key).map(|(value, key)| value.replace(own, key));
            match replacement.and_then(|value| HeaderValue::from_str(&value).ok()) {
                Some(value) => drop(headers.insert(name, value)),
                None => drop(headers.remove(name)),
            }
        }
        replace_in_query(target, own, key);
    }
}

/// Whether a header value is the key, optionally after an authentication scheme.
fn contains_key(value: &str, key: &str) -> bool {
    value.rsplit(' ').next() == Some(key)
}

fn replace_in_query(target: &mut String, own: &str, key: Option<&str>) {
    let Some((path, query)) = target.split_once('?') else { return };
    let pairs: Vec<String> = query
        .split('&')
        .filter_map(|pair| match pair.split_once('=') {
            Some((name, value)) if value == own => key.map(|key| format!("{name}={key}")),
            _ => Some(pair.to_owned()),
        })
        .collect();
    let mark = if pairs.is_empty() { "" } else { "?" };
    *target = format!("{path}{mark}{}", pairs.join("&"));
}

#[cfg(test)]
mod tests {
    use http::HeaderName;

    use super::*;

    #[test]
    fn replaces_or_removes_the_servers_own_key() {
        type Case =
            (&'static str, &'static str, Option<&'static str>, Option<&'static str>, &'static str);
        let own_key = OwnKey(Some("server".to_owned()));
        let target = "/v1/x?key=server&alt=sse";
        let cases: &[Case] = &[
            (
                "authorization",
                "Bearer server",
                Some("real"),
                Some("Bearer real"),
                "?key=real&alt=sse",
            ),
            ("authorization", "bearer server", None, None, "?alt=sse"),
            ("x-api-key", "server", Some("real"), Some("real"), "?key=real&alt=sse"),
            ("x-api-key", "server", None, None, "?alt=sse"),
            ("x-api-key", "sk-of-the-client", None, Some("sk-of-the-client"), "?alt=sse"),
            ("user-agent", "server/1.0", None, Some("server/1.0"), "?alt=sse"),
        ];
        for (name, value, key, expected, query) in cases {
            let mut headers = HeaderMap::new();
            headers.insert(
                HeaderName::from_bytes(name.as_bytes()).expect("a name"),
                HeaderValue::from_str(value).expect("a value"),
            );
            let mut sent = target.to_owned();
            own_key.replace(*key, &mut headers, &mut sent);
            let left = headers.get(*name).map(|value| value.to_str().expect("text"));
            assert_eq!(left, *expected, "{name}: {value}");
            assert_eq!(sent, format!("/v1/x{query}"), "{name}: {value}");
        }
    }

    #[test]
    fn forwards_client_credentials_without_an_own_key() {
        let mut headers = HeaderMap::new();
        headers.insert("authorization", HeaderValue::from_static("Bearer sk-1"));
        let mut target = "/v1/x?key=1".to_owned();
        OwnKey::default().replace(Some("other"), &mut headers, &mut target);
        assert_eq!(
            (&headers["authorization"], target.as_str()),
            (&HeaderValue::from_static("Bearer sk-1"), "/v1/x?key=1")
        );
    }
}
