use super::*;

fn settings(values: &[(&'static str, Value<'_>)]) -> Result<Settings, Wrong> {
    let mut settings = Settings::default();
    for (key, value) in values {
        settings.add(&Origin::Attribute, key, *value)?;
    }
    Ok(settings)
}

#[test]
fn invalid_values_have_their_key_and_their_index() {
    use Value::{Providers, Replacements, Statuses, Text, Texts, Variables};
    let cases = [
        ("mode", Text("recrod"), 0, "invalid mode `recrod`; did you mean `record`?"),
        ("order", Text("strickt"), 0, "invalid order `strickt`; did you mean `strict`?"),
        ("unused", Text("warn"), 0, "invalid value `warn`: expected `note`, `fail`, or `ignore`"),
        ("match_on", Texts(&[]), 0, "without a field, all requests would be the same"),
        ("match_on", Texts(&["model", "$.a"]), 1, "invalid field name `$.a`: expected a top-level"),
        ("match_on", Texts(&["model", ""]), 1, "a field name is empty"),
        ("ignore", Texts(&["$.a", "a.b"]), 1, "invalid JSONPath `a.b`: expected `$`"),
        (
            "normalize",
            Replacements(&[("$.a", "(", "")]),
            0,
            "invalid regular expression `(`: unclosed group",
        ),
        ("contains", Value::Pairs(&[("$.a", "")]), 0, "every text contains the empty text"),
        ("count", Texts(&["$.store", "$.a.b"]), 1, "invalid path `$.a.b`: expected a field"),
        ("lane", Value::Pairs(&[("", "GET /a")]), 0, "invalid lane ``: expected a name"),
        ("lane", Value::Pairs(&[("a", "/v1")]), 0, "invalid side call `/v1`: expected a method"),
        ("require_header", Texts(&["a b"]), 0, "invalid header name `a b`: expected letters"),
        (
            "match_headers",
            Texts(&["a", "x-api-key"]),
            1,
            "invalid header name `x-api-key`: it holds",
        ),
        ("keep_headers", Texts(&["x-*-y"]), 0, "invalid header name `x-*-y`: only its end"),
        ("side", Texts(&["/v1/models"]), 0, "invalid side call `/v1/models`: expected a method"),
        ("side", Texts(&["GET /*/models"]), 0, "invalid side call `GET /*/models`: only the end"),
        ("allow_errors", Statuses(&[401, 200]), 1, "invalid status `200`"),
        ("env", Variables(&[("MY URL", "x")]), 0, "invalid variable name `MY URL`"),
        ("env", Variables(&[("LLMOCK_MODE", "x")]), 0, "`LLMOCK_MODE` is one of llmock's own"),
        ("env", Variables(&[("A", "\0")]), 0, "the value of `A` contains a NUL character"),
        (
            "env",
            Variables(&[("MY_URL", "{bsae}/v1")]),
            0,
            "unknown placeholder `{bsae}`; did you mean `{base}`?",
        ),
        (
            "providers",
            Providers(&[("openai", None), ("antropic", None)]),
            1,
            "unknown provider `antropic`; did you mean `anthropic`?",
        ),
        ("providers", Providers(&[("Acme", None)]), 0, "invalid provider id `Acme`"),
        ("providers", Providers(&[("acme", Some(""))]), 0, "invalid base URL ``: expected"),
        ("mode", Value::Count(1), 0, "it has another form"),
    ];
    for (key, value, index, message) in cases {
        let wrong = settings(&[(key, value)]).expect_err(message);
        let start = format!("`{key}`: {message}");
        assert!(wrong.to_string().starts_with(&start), "{wrong} / {start}");
        assert_eq!(wrong.index, index, "{message}");
    }
}

#[test]
fn a_declared_name_is_known_even_if_it_is_close_to_another() {
    let settings = settings(&[
        ("providers", Value::Providers(&[("grok", Some("https://grok.dev/v1"))])),
        ("env", Value::Variables(&[("MY_URL", "{grok}")])),
    ]);
    assert!(settings.is_ok());
}

#[test]
fn json_in_a_variable_is_not_a_placeholder() {
    let pair = ("MY_CONFIG", r#"{"url":"{base}/openai/v1"}"#);
    assert!(settings(&[("env", Value::Variables(&[pair]))]).is_ok());
}

#[test]
fn arguments_are_what_the_attribute_would_write() {
    let settings = settings(&[
        ("mode", Value::Text("auto")),
        ("order", Value::Text("strict")),
        ("unused", Value::Text("fail")),
        ("calls", Value::Count(3)),
        ("match_on", Value::Texts(&["model"])),
        ("ignore", Value::Texts(&["$.a"])),
        ("normalize", Value::Replacements(&[("$.b", "x", "y")])),
        ("contains", Value::Pairs(&[("$.messages", "weather")])),
        ("count", Value::Texts(&["$.store"])),
        ("require_header", Value::Texts(&["Authorization"])),
        ("match_headers", Value::Texts(&["anthropic-*"])),
        ("lane", Value::Pairs(&[("a", "get /v1/a")])),
        ("side", Value::Texts(&["GET /v1/*"])),
        ("allow_errors", Value::Statuses(&[401, 429])),
        ("allow_redacted", Value::Texts(&["GATEWAY_TOKEN"])),
        ("providers", Value::Providers(&[("acme", Some("https://a.dev"))])),
        ("proxy", Value::Switch(true)),
    ]);
    let settings = settings.expect("valid settings");
    let arguments: Vec<_> = settings.arguments().into_iter().map(|(text, _)| text).collect();
    let expected = [
        "order = \"strict\"",
        "unused = \"fail\"",
        "calls = 3",
        "match_on(\"model\")",
        "ignore(\"$.a\")",
        "normalize(\"$.b\", \"x\" => \"y\")",
        "contains(\"$.messages\", \"weather\")",
        "count(\"$.store\")",
        "require_header(\"authorization\")",
        "match_headers(\"anthropic-*\")",
        "lane(\"a\", \"GET /v1/a\")",
        "side(\"GET /v1/*\")",
        "allow_errors(401, 429)",
        "allow_redacted(\"GATEWAY_TOKEN\")",
        "providers(acme = \"https://a.dev\")",
        "proxy = true",
    ];
    assert_eq!(arguments, expected);
}

#[test]
fn every_key_has_a_method_of_the_builder() {
    let builder = concat!(
        include_str!("../../builder.rs"),
        include_str!("../../builder/checks.rs"),
        include_str!("../../builder/editing.rs"),
        include_str!("../../builder/teams.rs")
    );
    for key in llmock_rules::KEYS {
        // The fixture is a path here, there is no attribute whose crate is to be found, and no test to run again.
        let has_method = builder.contains(&format!("self.set(\"{}\"", key.name));
        let is_apart =
            ["fixture", "fixtures", "crate", "provider", "env", "sweep"].contains(&key.name);
        assert_ne!(has_method, is_apart, "{}", key.name);
    }
}
