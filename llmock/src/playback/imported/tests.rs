use super::*;

fn exchange(body: &str) -> Foreign {
    Foreign {
        method: "post".to_owned(),
        target: "/v1/chat/completions?key=abc".to_owned(),
        request_headers: vec![(":authority".to_owned(), "x".to_owned())],
        request_body: br#"{"model":"m"}"#.to_vec(),
        status: 200,
        response_headers: vec![("Content-Type".to_owned(), "application/json".to_owned())],
        response_body: body.as_bytes().to_vec(),
        ..Foreign::default()
    }
}

#[test]
fn keeps_the_bytes_of_json_in_any_layout() {
    for body in ["{\"a\":1}", "{\"a\" :1.0,\n \"b\":[ ]}", "{\n  \"a\": 1\n}\n", "[]", "{\"a\":"] {
        let imported = Importer::new().interaction(Provider::OpenAI, exchange(body));
        let mut all = [imported.expect("it is HTTP").interaction];
        assert_eq!(all[0].method(), "POST");
        assert_eq!(all[0].path(), "/v1/chat/completions");
        let again = format::read(&text_of(&mut all)).expect("a fixture");
        assert_eq!(again[0].response().text(), body);
    }
}

#[test]
fn escapes_what_no_url_may_hold() {
    assert_eq!(escaped("/v1/a b/é#stream"), "/v1/a%20b/%C3%A9");
    assert_eq!(escaped("/v1/a%20b?x=1&y=[2]"), "/v1/a%20b?x=1&y=[2]");
}

#[test]
fn a_host_of_a_customer_belongs_to_its_provider() {
    for (host, expected) in [
        ("api.openai.com", Some("openai")),
        ("test.openai.azure.com", Some("azure")),
        ("bedrock-runtime.<AWS_REGION>.amazonaws.com", Some("bedrock")),
        ("gateway.example", None),
    ] {
        assert_eq!(provider_of_host(host).map(Provider::id), expected, "{host}");
    }
}
