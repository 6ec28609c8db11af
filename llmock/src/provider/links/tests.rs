use super::super::upstream_url;
use super::*;

const BASE: &str = "http://127.0.0.1:9/s/ab";

/// What becomes of a body or header when the provider is asked at an address, or nowhere.
fn rewrite<T>(
    id: &str,
    upstream: Option<&str>,
    recorded: &[&str],
    run: impl Fn(&Links<'_>) -> T,
) -> T {
    let provider = Provider::from_id(id);
    let to_upstream = |path: &str| upstream_url(provider, upstream.unwrap_or_default(), path);
    run(&Links {
        provider,
        root: &format!("{BASE}/{id}"),
        request_path: "/v1/files/self",
        upstream: upstream.map(|base| (base, &to_upstream as _)),
        is_recorded: &|path| recorded.contains(&path),
        replay: None,
        given: &|ours, theirs| assert_ne!(ours, theirs),
    })
}

#[test]
fn addresses_of_the_api_lead_to_the_front() {
    let anthropic = Some("https://api.anthropic.com");
    let local = Some("http://127.0.0.1:8089");
    let gateway = Some("http://gw/llm");
    let none: &[&str] = &[];
    for (id, upstream, recorded, url, path) in [
        (
            "anthropic",
            anthropic,
            none,
            "https://api.anthropic.com/v1/x/results",
            "/anthropic/v1/x/results",
        ),
        (
            "anthropic",
            None,
            none,
            "https://api.anthropic.com/v1/x/results",
            "/anthropic/v1/x/results",
        ),
        (
            "anthropic",
            anthropic,
            none,
            "https://API.anthropic.com:443/v1/x?a=b",
            "/anthropic/v1/x?a=b",
        ),
        ("anthropic", local, none, "http://127.0.0.1:8089/v1/x", "/anthropic/v1/x"),
        ("anthropic", local, none, "https://api.anthropic.com/v1/x", "/anthropic/v1/x"),
        ("anthropic", Some("http://gw/a"), none, "http://gw/a/v1/x", "/anthropic/v1/x"),
        ("openai", gateway, none, "http://gw/llm/files/x#f", "/openai/files/x#f"),
        ("openai", Some("http://gw/v1"), none, "http://gw/v1/files/x", "/openai/v1/files/x"),
        ("llamacpp", Some("http://gw/v1"), none, "http://gw/props", "/llamacpp/props"),
        (
            "azure",
            None,
            none,
            "https://me.openai.azure.com/openai/o/1?api-version=2",
            "/azure/openai/o/1?api-version=2",
        ),
        ("vertex", None, none, "https://eu-west1-aiplatform.googleapis.com/v1/o", "/vertex/v1/o"),
        // recorded from somewhere that nobody here knows
        (
            "acme",
            None,
            &["/v1/predictions/p"],
            "http://10.0.0.1/v1/predictions/p",
            "/acme/v1/predictions/p",
        ),
        (
            "openai",
            None,
            &["/v1/files/x"],
            "http://gw/llm/files/x?key=secret",
            "/openai/files/x?key=secret",
        ),
    ] {
        let body = format!(r#"{{"id": 1.0, "results_url":"{url}" }}"#);
        let got = rewrite(id, upstream, recorded, |links| links.json(&body).into_owned());
        assert_eq!(got, format!(r#"{{"id": 1.0, "results_url":"{BASE}{path}" }}"#), "{id} {url}");
    }
}

#[test]
fn keeps_other_addresses_and_other_members() {
    let at_home = r#"{"results_url":"https://api.anthropic.com/v1/x"}"#;
    let text = at_home.replace("results_url", "text");
    let nested = format!(r#"{{"args":{at_home}}}"#);
    let ours = format!(r#"{{"results_url":"{BASE}/anthropic/v1/x"}}"#);
    for body in [
        r#"{"results_url":"https://cdn.example.com/v1/x"}"#,
        r#"{"results_url":"https://api.anthropic.com.evil.dev/v1/x"}"#,
        r#"{"results_url":"https://evil.dev/https://api.anthropic.com/v1/x"}"#,
        r#"{"results_url":"https://api.openai.com/v1/x"}"#,
        r#"{"results_url":"see https://api.anthropic.com/v1/x"}"#,
        r#"{"results_url":["https://api.anthropic.com/v1/x"],"data":{"results_url":null}}"#,
        // a redirect from the API to another host with the same path, recorded or not
        r#"{"results_url":"https://cdn.example.com/v1/files/self"}"#,
        "not JSON: https://api.anthropic.com/v1/x",
        &text,
        &nested,
        &ours,
    ] {
        let recorded = ["/v1/files/self"];
        let got = rewrite("anthropic", Some("https://api.anthropic.com"), &recorded, |links| {
            matches!(links.json(body), Cow::Borrowed(_))
        });
        assert!(got, "{body}");
    }
}

#[test]
fn replaces_addresses_and_keeps_all_other_bytes() {
    let url = "https:\\/\\/api.acme.dev\\/v1\\/p";
    let body = format!(
        "{{\n \"results\": [{{\"urls\": {{\"get\": \"{url}\", \"web\": \"{url}\"}}, \"n\": 1e2}}, 2],\
         \"next\": \"{url}?cursor=\\u0041\", \"urls\": {{\"cancel\": \"https://api.acme.dev/v1/p/cancel\"}}}}\r\n"
    );
    let got = rewrite("acme", Some("https://api.acme.dev/v1"), &[], |links| {
        links.json(&body).into_owned()
    });
    let front = format!("{BASE}/acme/v1/p");
    let escaped = front.replace('/', "\\/");
    let expected = body
        .replacen(url, &escaped, 1)
        .replace(&format!("{url}?cursor=\\u0041"), &format!("{escaped}?cursor=A"))
        .replace("https://api.acme.dev/v1/p/cancel", &format!("{front}/cancel"));
    assert_eq!(got, expected);
}

#[test]
fn headers_with_addresses_lead_to_the_front() {
    let host = "https://generativelanguage.googleapis.com";
    for (id, name, value, expected) in [
        (
            "gemini",
            "x-goog-upload-url",
            format!("{host}/upload/v1beta/files?upload_id=a"),
            Some(format!("{BASE}/gemini/upload/v1beta/files?upload_id=a")),
        ),
        (
            "openai",
            "location",
            "/v1/realtime/calls/c".to_owned(),
            Some("/s/ab/openai/v1/realtime/calls/c".to_owned()),
        ),
        ("openai", "location", "calls/c".to_owned(), None),
        ("openai", "location", "//cdn.example.com/c".to_owned(), None),
        ("openai", "x-request-id", "https://api.openai.com/v1".to_owned(), None),
        (
            "openai",
            "link",
            "<https://api.openai.com/v1/l?p=2>; rel=\"next\", <https://x.dev/>; rel=\"a<b\""
                .to_owned(),
            None,
        ),
        (
            "openai",
            "link",
            "<https://api.openai.com/v1/l?p=2>; rel=\"next\", <https://x.dev/>; rel=help"
                .to_owned(),
            Some(format!("<{BASE}/openai/v1/l?p=2>; rel=\"next\", <https://x.dev/>; rel=help")),
        ),
    ] {
        let got = rewrite(id, None, &[], |links| links.header(202, name, &value));
        assert_eq!(got, expected, "{name}: {value}");
    }
    let got = rewrite("openai", Some("http://gw/llm"), &[], |links| {
        links.header(307, "location", "/llm/calls/c")
    });
    assert_eq!(got.as_deref(), Some("/s/ab/openai/calls/c"));
    let named = rewrite("openai", None, &[], |links| links.header(201, "location", "/v1/calls/c"));
    assert_eq!(named, None);
}
