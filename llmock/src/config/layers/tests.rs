use llmock_rules::{AllowErrors, Order, Unused, Value};

use super::*;

type Values<'a> = &'a [(&'static str, Value<'a>)];

fn layer(origin: &Origin, values: Values<'_>) -> Settings {
    let mut settings = Settings::default();
    for (key, value) in values {
        settings.add(origin, key, *value).expect("a valid value");
    }
    settings
}

fn package() -> Origin {
    Origin::File("/ws/m/llmock.toml".into())
}

fn workspace() -> Origin {
    Origin::File("/ws/llmock.toml".into())
}

fn three() -> Vec<Settings> {
    use Value::{Providers, Text, Texts, Variables};
    vec![
        layer(
            &Origin::Attribute,
            &[
                ("mode", Text("auto")),
                ("ignore", Texts(&["$.a"])),
                ("env", Variables(&[("MY_URL", "{base}/openai/v1")])),
            ],
        ),
        layer(
            &package(),
            &[
                ("mode", Text("record")),
                ("order", Text("strict")),
                ("ignore", Texts(&["$.b"])),
                ("match_on", Texts(&["model"])),
            ],
        ),
        layer(
            &workspace(),
            &[
                ("match_on", Texts(&["messages"])),
                ("ignore", Texts(&["$.c"])),
                ("side", Texts(&["GET /v1/models"])),
                ("env", Variables(&[("MY_URL", "far"), ("OTHER", "far")])),
                ("providers", Providers(&[("openai", None)])),
            ],
        ),
    ]
}

fn merged(layers: Vec<Settings>) -> Result<Settings, SettingsError> {
    Settings::merge(Environment::default(), layers)
}

#[test]
fn the_nearest_layer_wins_and_is_named() {
    let rules = merged(three()).expect("nothing is refused");
    assert_eq!((rules.mode.value, rules.mode.origin), (Mode::Auto, Origin::Attribute));
    assert_eq!((rules.order.value, rules.order.origin), (Order::Strict, package()));
    assert_eq!(rules.match_on.value, Some(vec!["model".to_owned()]));
    assert_eq!(rules.match_on.origin, package());
    assert_eq!((rules.unused.value, rules.unused.origin), (Unused::Note, Origin::Default));
    assert_eq!((rules.providers.value.len(), rules.providers.origin), (1, workspace()));
    assert_eq!(rules.calls.value, None);
}

#[test]
fn lists_add_up_and_the_nearest_variable_wins() {
    let rules = merged(three()).expect("nothing is refused");
    let ignored: Vec<_> =
        rules.ignore.iter().map(|path| (path.value.to_string(), path.origin.clone())).collect();
    let expected = [("$.a", Origin::Attribute), ("$.b", package()), ("$.c", workspace())];
    assert_eq!(ignored, expected.map(|(path, origin)| (path.to_owned(), origin)));
    assert!(rules.is_side_call("GET", "/v1/models"));
    assert!(!rules.is_side_call("POST", "/v1/messages"));
    let base = "http://127.0.0.1:1/env";
    let url = ("MY_URL".to_owned(), format!("{base}/openai/v1"));
    assert_eq!(rules.variables(base), [url, ("OTHER".to_owned(), "far".to_owned())]);
    assert_eq!(rules.rules().ignore.len(), 3);
}

#[test]
fn one_layer_may_name_what_another_declares() {
    let file = [("acme", Some("https://far.dev/v1")), ("llm2", Some("https://llm.dev/api"))];
    let with_file = |provider, template| {
        let near = [(provider, None), ("acme", Some("https://near.dev/v1"))];
        let env = [("MY_URL", template)];
        let values = [("providers", Value::Providers(&near)), ("env", Value::Variables(&env))];
        merged(vec![
            layer(&Origin::Attribute, &values),
            layer(&package(), &[("providers", Value::Providers(&file))]),
        ])
    };
    let rules = with_file("llm2", "{llm2}/x {base} {acme} {openai}").expect("valid names");
    let urls: Vec<_> = rules.declared.iter().map(|one| one.value.url.as_str()).collect();
    assert_eq!(urls, ["https://near.dev/v1", "https://llm.dev/api"]);
    assert_eq!(rules.variables("B")[0].1, "B/llm2/api/x B B/acme/v1 B/openai/v1");
    let error = with_file("other", "").expect_err("no layer declares it").to_string();
    let start = "`#[llm_replay]`: `providers`: no base URL is known for `other`; declare it with";
    assert!(error.starts_with(start), "{error}");
    let error = with_file("acme", "{gateway}").expect_err("no layer knows it").to_string();
    let end = "unknown placeholder `{gateway}` in `MY_URL`: expected `{base}` or a provider";
    assert!(error.contains(end), "{error}");
}

#[test]
fn a_variable_wins_over_all_layers_and_ci_over_the_variable() {
    let environment =
        |mode, ci| Environment { mode: Some((env::MODE, mode)), ci, allow_ci_record: false };
    let cases = [
        (Mode::Off, false, Ok(Mode::Off)),
        (Mode::Record, false, Ok(Mode::Record)),
        (Mode::Auto, true, Ok(Mode::Replay)),
        (Mode::Record, true, Err("mode `record` (from `LLMOCK_MODE`) is refused in CI")),
    ];
    for (mode, ci, expected) in cases {
        match (Settings::merge(environment(mode, ci), three()), expected) {
            (Ok(rules), Ok(effective)) => {
                assert_eq!(rules.mode.value, effective);
                assert_eq!(rules.replaced_mode, (mode != effective).then_some(mode));
                assert_eq!(rules.mode.origin, Origin::Environment("LLMOCK_MODE"));
            }
            (Err(error), Err(start)) => {
                assert!(error.to_string().starts_with(start), "{error}");
            }
            (found, expected) => panic!("{mode} ci={ci}: {found:?}, expected {expected:?}"),
        }
    }
}

#[test]
fn the_default_is_to_replay_by_the_default_rules() {
    let rules = merged(Vec::new()).expect("nothing is refused");
    assert_eq!(rules, Settings::default());
    assert_eq!((rules.mode.value, rules.order.value), (Mode::Replay, Order::Any));
    assert_eq!(rules.allow_errors.value, AllowErrors::Never);
}
