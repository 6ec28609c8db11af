//! How variables and flags override a file.

use super::super::keys::{KEYS, Key, variable};
use super::*;

/// Another value for each key.
const OTHER: &[(&str, &str)] = &[
    ("strategies", "ErrorStrategy"),
    ("models", "a;b"),
    ("api-key", "other"),
    ("cors.allow-origins", "*"),
    ("host", "::1"),
    ("allowed-hosts", "other.example.com;*.example.org"),
    ("port", "1"),
    ("tls-self-signed", "true"),
    ("tls-cert", "c.pem"),
    ("tls-key", "k.pem"),
    ("customReplies", r#"[{"question": "q", "answer": "a"}]"#),
    ("tools", "first"),
    ("replies", r#"[{"then": "a"}]"#),
    ("strict", "true"),
    ("fixtures", "elsewhere"),
    ("record", "true"),
    ("fail-on-miss", "true"),
    ("watch", "true"),
    ("matching.ignore", "$.user;$.seed"),
    ("matching.normalize", r#"[{"path": "$.a", "pattern": "b", "replacement": ""}]"#),
    ("matching.unordered", "$.tools"),
    ("matching.audio", "any"),
    ("matching.match_on", "model"),
    ("matching.match_headers", "anthropic-*"),
    ("matching.require_header", "authorization"),
    ("upstreams", r#"{"openai": "https://other"}"#),
    ("pace.time-to-first-token", "1s"),
    ("pace.tokens-per-second", "1.5"),
    ("pace.jitter", "1"),
    ("pace.seed", "1"),
    ("pace.recorded", "false"),
    ("faults.rate", "1"),
    ("faults.kinds", "truncate;slow=1s"),
    ("faults.seed", "1"),
    ("log", "json"),
    ("otlp-endpoint", "http://localhost:4318"),
    ("quota.requests-per-minute", "1"),
    ("quota.tokens-per-minute", "1"),
    ("quota.window", "1s"),
    ("context-window", "1"),
    ("verdict", "junit=v.xml"),
    ("history", "0"),
    ("body-limit", "1K"),
    ("read-timeout", "1s"),
    ("shutdown-timeout", "1s"),
];

#[test]
fn variables_flags_and_set_override_the_file() {
    let named: Vec<&str> = OTHER.iter().map(|(path, _)| *path).collect();
    assert_eq!(named, KEYS.iter().map(|key| key.path).collect::<Vec<_>>());

    // Keys that depend on each other: the file sets all except the one under test.
    let file = format!("{WHOLE}fixtures: f\n")
        .replace("[CustomAnswersStrategy, MirrorStrategy]", "[FixtureStrategy, ProxyStrategy]");
    let with_tls = format!("{file}tls-cert: a.pem\ntls-key: b.pem\n");
    for &(path, value) in OTHER {
        let file = match path {
            "strategies" => WHOLE,
            "tls-cert" | "tls-key" => &with_tls,
            _ => &file,
        };
        if path == "otlp-endpoint" && cfg!(not(feature = "otel")) {
            let refused = read(file, &[(&variable(path), value)], &Flags::default());
            assert!(refused.is_err(), "a build without spans takes it");
            continue;
        }
        let before = read(file, &[], &Flags::default()).unwrap();
        let by_variable = read(file, &[(&variable(path), value)], &Flags::default()).unwrap();
        let by_set = read(file, &[], &with_set(&[&format!("{path}={value}")])).unwrap();
        assert_ne!(by_variable, before, "{path}");
        assert_eq!(by_variable, by_set, "{path}");
        let flag = format!("{}={value}", Key::of(path).unwrap().flag());
        assert_eq!(by_variable, read(file, &[], &flags(&[&flag])).unwrap(), "{path}");
    }
}

#[test]
fn null_can_be_overridden_and_overrides() {
    let overridden =
        read("api-key: null\n", &[("LLMOCK_API_KEY", "k")], &Flags::default()).unwrap();
    assert_eq!(overridden.api_key.as_deref(), Some("k"));
    let no_key = read(WHOLE, &[("LLMOCK_API_KEY", "null")], &Flags::default()).unwrap();
    assert_eq!(no_key.api_key, None);
    for nothing in ["", "null"] {
        let config = read(WHOLE, &[("LLMOCK_PORT", nothing)], &Flags::default()).unwrap();
        assert_eq!(config.port, 8000, "back to the default");
        let config = read(WHOLE, &[("LLMOCK_MODELS", nothing)], &Flags::default()).unwrap();
        assert_eq!(config.models, []);
    }
}

#[test]
fn flags_override_variables_which_override_the_file() {
    let file = "port: 1\n";
    let port =
        |variables: &[(&str, &str)], flags: &Flags| read(file, variables, flags).unwrap().port;
    assert_eq!(port(&[], &flags(&[])), 1);
    assert_eq!(port(&[("LLMOCK_PORT", "2")], &flags(&[])), 2);
    assert_eq!(port(&[("LLMOCK_PORT", "2")], &flags(&["--set", "port=3"])), 3);
    let both = flags(&["--port", "4", "--set", "port=3"]);
    assert_eq!(port(&[("LLMOCK_PORT", "2")], &both), 4);
}

#[test]
fn lists_use_semicolons_or_json() {
    let strategies =
        |text| variables(&[("LLMOCK_STRATEGIES", text)]).map(|config| config.strategies);
    let both = Ok(vec![StrategyName::Error, StrategyName::Mirror]);
    for text in [
        "ErrorStrategy;MirrorStrategy",
        " ErrorStrategy ; MirrorStrategy; ",
        r#"["ErrorStrategy", "MirrorStrategy"]"#,
    ] {
        assert_eq!(strategies(text), both, "{text}");
    }
    let origins = variables(&[("LLMOCK_CORS_ALLOW_ORIGINS", "http://a;https://b:1")]).unwrap();
    assert_eq!(origins.cors.allow_origins, ["http://a", "https://b:1"]);
    let json = r#"[{"id": "a", "created": 1}, "b"]"#;
    let models = variables(&[("LLMOCK_MODELS", json)]).unwrap().models;
    assert_eq!(models.iter().map(|model| model.created).collect::<Vec<_>>(), [1, 0]);
}

#[test]
fn scalars_of_variables_have_types() {
    for (text, expected) in [
        ("true", true),
        ("1", true),
        ("ON", true),
        ("false", false),
        ("0", false),
        ("False", false),
    ] {
        assert_eq!(variables(&[("LLMOCK_WATCH", text)]).unwrap().watch, expected, "{text}");
    }
    // A key of digits is a key.
    assert_eq!(variables(&[("LLMOCK_API_KEY", "123")]).unwrap().api_key.as_deref(), Some("123"));
    for (name, wrong) in [
        ("LLMOCK_WATCH", "maybe"),
        ("LLMOCK_PORT", "eighty"),
        ("LLMOCK_PORT", "70000"),
        ("LLMOCK_PORT", "-1"),
        ("LLMOCK_PACE_JITTER", "2"),
        ("LLMOCK_PACE_TOKENS_PER_SECOND", "fast"),
        ("LLMOCK_PACE_TIME_TO_FIRST_TOKEN", "200"),
        ("LLMOCK_CUSTOMREPLIES", "q;a"),
        ("LLMOCK_STRATEGIES", "[1]"),
        ("LLMOCK_MODELS", "[\"a\""),
        ("LLMOCK_PACE", "50"),
        ("LLMOCK_HISTORY", "10000000000"),
    ] {
        let error = variables(&[(name, wrong)]).unwrap_err();
        assert!(error.starts_with(&format!("variable `{name}`: ")), "{error}");
    }
}

#[test]
fn a_section_can_be_json_and_its_keys_win() {
    let config = read(
        "pace: {seed: 7, jitter: 1}\n",
        &[
            ("LLMOCK_PACE", r#"{"jitter": 0.5, "tokens-per-second": 10}"#),
            ("LLMOCK_PACE_TOKENS_PER_SECOND", "20"),
            ("LLMOCK_UPSTREAMS", r#"{"openai": "http://a", "groq": "http://b"}"#),
            ("LLMOCK_UPSTREAMS_GROQ", "http://c"),
        ],
        &Flags::default(),
    )
    .unwrap();
    let pace = &config.pace;
    assert_eq!((pace.seed, pace.jitter, pace.tokens_per_second), (Some(7), 0.5, 20.0));
    assert_eq!(config.upstreams[&Provider::OpenAI], "http://a");
    assert_eq!(config.upstreams[&"groq".parse().unwrap()], "http://c");
}

#[test]
fn ignores_library_variables_and_reports_unknown_ones() {
    let reserved =
        [("LLMOCK_MODE", "nonsense"), ("LLMOCK_BASE_URL", "x"), ("LLMOCK_MAX_BODY", "x")];
    let (config, notes) = read_all("", &reserved, &Flags::default()).unwrap();
    assert_eq!((config, notes), (file(""), vec![]));

    let (_, notes) = read_all(
        "",
        &[("LLMOCK_PROT", "1"), ("LLMOCK_WIBBLE", "1"), ("OTHER_PORT", "1")],
        &Flags::default(),
    )
    .unwrap();
    assert_eq!(
        notes,
        [
            "unknown environment variable `LLMOCK_PROT`; did you mean `LLMOCK_PORT`?",
            "unknown environment variable `LLMOCK_WIBBLE`",
        ]
    );
}

#[test]
fn keys_and_the_library_share_no_variable() {
    for key in KEYS {
        let name = variable(key.path);
        assert!(!variables::is_reserved(&name), "{name}");
        // A test whose shell has the variables of the server set must not call them misspelt.
        assert_eq!(llmock::__server::meant_by(&name), None, "{name}");
    }
}
