use http::HeaderName;

use super::*;

fn sent(
    own: &str,
    key: Option<&str>,
    headers: &[(&str, &str)],
    target: &str,
) -> (HeaderMap, String) {
    let mut map = HeaderMap::new();
    for (name, value) in headers {
        let name = HeaderName::from_bytes(name.as_bytes()).expect("a name");
        map.append(name, HeaderValue::from_str(value).expect("a value"));
    }
    let mut target = target.to_owned();
    let own_key = OwnKey(Some(own.to_owned()));
    own_key.replace(key, &mut map, &mut target);
    own_key.replace_signature(key, &mut map);
    (map, target)
}

#[test]
fn replaces_or_removes_the_servers_own_key() {
    type Case =
        (&'static str, &'static str, Option<&'static str>, Option<&'static str>, &'static str);
    let target = "/v1/x?key=server&alt=sse";
    let basic = |text: &str| format!("Basic {}", BASE64_STANDARD.encode(text));
    let cases: &[Case] = &[
        ("authorization", "Bearer server", Some("real"), Some("Bearer real"), "?key=real&alt=sse"),
        ("authorization", "bearer server", None, None, "?alt=sse"),
        (
            "authorization",
            "Bearer   server",
            Some("real"),
            Some("Bearer real"),
            "?key=real&alt=sse",
        ),
        ("x-api-key", "server", Some("real"), Some("real"), "?key=real&alt=sse"),
        ("x-api-key", "server", None, None, "?alt=sse"),
        ("x-api-key", "sk-of-the-client", None, Some("sk-of-the-client"), "?alt=sse"),
        ("user-agent", "server/1.0", None, Some("server/1.0"), "?alt=sse"),
        ("cookie", "a=b; session=server", Some("real"), None, "?key=real&alt=sse"),
        ("x-forwarded-key", "se%72ver", Some("real"), None, "?key=real&alt=sse"),
    ];
    for (name, value, key, expected, query) in cases {
        let (headers, target) = sent("server", *key, &[(name, value)], target);
        let left = headers.get(*name).map(|value| value.to_str().expect("text"));
        assert_eq!(left, *expected, "{name}: {value}");
        assert_eq!(target, format!("/v1/x{query}"), "{name}: {value}");
    }
    for (value, expected) in [
        (basic("server:"), Some(basic("real:"))),
        (basic("user:server"), Some(basic("user:real"))),
        (basic("user:of the client"), Some(basic("user:of the client"))),
    ] {
        let (headers, _) = sent("server", Some("real"), &[("authorization", &value)], "/v1/x");
        let left = headers.get("authorization").map(|value| value.to_str().expect("text"));
        assert_eq!(left, expected.as_deref());
        let (headers, _) = sent("server", None, &[("authorization", &value)], "/v1/x");
        assert_eq!(
            headers.contains_key("authorization"),
            value == basic("user:of the client"),
            "{value}"
        );
    }
}

#[test]
fn removes_own_keys_that_queries_encode() {
    for (query, expected) in [
        ("?key=front%2Dkey", "?key=re%2Bal"),
        ("?Key=front-key&a=%2Fb", "?Key=re%2Bal&a=%2Fb"),
        ("?a=front%2dkey&b=1", "?a=re%2Bal&b=1"),
        ("?X-Amz-Credential=front-key%2F20260101%2Fus-east-1&b=1", "?b=1"),
        ("?front%2Dkey", ""),
        ("?k%65y=front-key", "?k%65y=re%2Bal"),
        ("?auth=Bearer+front-key", ""),
        ("?q=front-keys&x=my%20front-key's", "?q=front-keys&x=my%20front-key's"),
    ] {
        let (_, target) = sent("front-key", Some("re+al"), &[], &format!("/v1/x{query}"));
        assert_eq!(target, format!("/v1/x{expected}"), "{query}");
    }
}

#[test]
fn removes_signatures_by_the_own_key() {
    let signed = "AWS4-HMAC-SHA256 Credential=front-key/20260101/us-east-1/bedrock/aws4_request, \
                  SignedHeaders=host, Signature=00";
    let (headers, _) = sent("front-key", Some("real"), &[("authorization", signed)], "/model/m");
    assert_eq!(headers["authorization"], "Bearer real");
    let (headers, _) = sent("front-key", None, &[("authorization", signed)], "/model/m");
    assert!(headers.is_empty());
    let (headers, _) = sent("other-key", None, &[("authorization", signed)], "/model/m");
    assert_eq!(headers["authorization"], signed);
    // Bedrock signs again, with the scope of the client.
    let mut headers =
        HeaderMap::from_iter([(header::AUTHORIZATION, HeaderValue::from_static(signed))]);
    OwnKey(Some("front-key".to_owned())).replace(None, &mut headers, &mut String::new());
    let left = headers["authorization"].to_str().expect("text");
    assert!(left.contains("/20260101/us-east-1/bedrock/") && !left.contains("front-key"), "{left}");
}

#[test]
fn removes_distinctive_own_keys_wherever_they_are() {
    let own = "4fJ0aPq9sK2mX7vT1bN8";
    let base64 = BASE64_STANDARD.encode(format!("a{own}b"));
    for value in [format!("x{own}y"), format!("urn:{own}/a"), base64, own.replace('4', "%34")] {
        let (headers, _) = sent(own, Some("real"), &[("x-a", &value), ("x-b", "1")], "/v1/x");
        assert_eq!(headers.len(), 1, "{value}");
    }
}

#[test]
fn keeps_repeated_headers_of_the_client() {
    let headers = [("x-a", "1"), ("x-a", "2"), ("authorization", "Bearer server"), ("x-a", "3")];
    let (headers, _) = sent("server", None, &headers, "/v1/x");
    let values: Vec<_> = headers.get_all("x-a").iter().collect();
    assert_eq!(values, ["1", "2", "3"]);
    assert_eq!(headers.len(), 3);
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
