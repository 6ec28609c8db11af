use super::*;
use llmock_rules::{AllowErrors, Mode, Order, Unused};

fn parsed(text: &str) -> Result<Settings, String> {
    parse(Path::new("llmock.toml"), text).map_err(|error| error.to_string())
}

#[test]
fn reads_every_key() {
    let text = r#"
        mode = "auto"
        providers = ["openai", "anthropic"]
        match_on = ["model", "messages"]
        ignore = ["$.metadata.run"]
        normalize = [{ path = "$.messages[*].content", pattern = "\\d+", replacement = "N" }]
        order = "strict"
        unused = "fail"
        side = ["GET /v1/models"]
        allow_errors = [401, 429]

        [env]
        MY_LLM_URL = "{base}/openai/v1"
    "#;
    let settings = parsed(text).expect("a correct file");
    assert_eq!(settings.mode.value, Mode::Auto);
    assert_eq!(settings.mode.origin, Origin::File("llmock.toml".into()));
    assert_eq!(
        settings.providers.value.iter().map(|provider| provider.id()).collect::<Vec<_>>(),
        ["openai", "anthropic"]
    );
    assert_eq!(settings.match_on.value, Some(vec!["model".to_owned(), "messages".to_owned()]));
    assert_eq!(settings.ignore[0].value.to_string(), "$.metadata.run");
    assert_eq!(settings.normalize[0].value.replacement, "N");
    assert_eq!((settings.order.value, settings.unused.value), (Order::Strict, Unused::Fail));
    assert!(settings.side[0].value.matches("GET", "/v1/models"));
    assert_eq!(settings.allow_errors.value, AllowErrors::Only(vec![401, 429]));
    assert_eq!(settings.env[0].value, ("MY_LLM_URL".to_owned(), "{base}/openai/v1".to_owned()));
}

#[test]
fn normalize_may_be_an_array_of_tables_and_provider_a_single_one() {
    let text = "\u{feff}provider = 'openai'\nallow_errors = true\n[[normalize]]\npath = '$.a'\npattern = 'x'\nreplacement = ''\n";
    let settings = parsed(text).expect("a correct file");
    assert_eq!((settings.normalize.len(), settings.providers.value.len()), (1, 1));
    assert_eq!(settings.allow_errors.value, AllowErrors::Any);
}

#[test]
fn a_provider_is_declared_in_a_table_alone_or_among_others() {
    let texts = [
        "[providers]\nacme = 'https://llm.acme.dev/v1/'",
        "providers = ['openai', { acme = 'https://llm.acme.dev/v1' }]",
    ];
    for text in texts {
        let settings = parsed(text).expect("a correct file");
        let declared = &settings.declared[0].value;
        assert_eq!((declared.provider.id(), &*declared.url), ("acme", "https://llm.acme.dev/v1"));
        assert_eq!(settings.providers.value.last(), Some(&declared.provider), "{text}");
    }
}

#[test]
fn a_switch_is_on_or_off() {
    let settings = parsed("proxy = true\nintercept = false").expect("a correct file");
    assert_eq!((settings.proxy.value, settings.intercept.value), (true, false));
}

#[test]
fn mistakes_have_a_line_and_a_column() {
    let cases = [
        ("ignor = []", "`llmock.toml:1:1`: unknown key `ignor`; did you mean `ignore`?"),
        (
            "\nfixture = 'x'",
            "`llmock.toml:2:1`: `fixture` belongs to one test; set it in `#[llm_replay]`",
        ),
        (
            "mode = 'recrod'",
            "`llmock.toml:1:8`: `mode`: invalid mode `recrod`; did you mean `record`?",
        ),
        (
            "\u{feff}# é\nmode = 1",
            "`llmock.toml:2:8`: `mode`: expected a string, such as `mode = \"auto\"`, found an integer",
        ),
        ("ignore = [\n  '$.a',\n  'b',\n]", "`llmock.toml:3:3`: `ignore`: invalid JSONPath `b`"),
        ("match_on = []", "`llmock.toml:1:12`: `match_on`: without a field, all"),
        ("side = '/x'", "`llmock.toml:1:8`: `side`: expected an array of strings, such as `side ="),
        ("allow_errors = [401, 200]", "`llmock.toml:1:22`: `allow_errors`: invalid status `200`"),
        (
            "allow_errors = 'all'",
            "`llmock.toml:1:16`: `allow_errors`: expected `true`, `false`, or an array of statuses, such as",
        ),
        (
            "normalize = [{ path = '$.a', patern = 'x' }]",
            "`llmock.toml:1:30`: unknown key of `normalize` `patern`; did you mean `pattern`?",
        ),
        (
            "normalize = [{ path = '$.a', pattern = 'x' }]",
            "`llmock.toml:1:14`: `normalize`: `replacement` is missing",
        ),
        ("[env]\n'MY URL' = 'x'", "`llmock.toml:2:1`: `env`: invalid variable name `MY URL`"),
        (
            "provider = 'openay'",
            "`llmock.toml:1:12`: `providers`: unknown provider `openay`; did you mean `openai`?",
        ),
        (
            "[providers]\nzeta = 'https://zeta.dev'\nacme = ''",
            "`llmock.toml:3:8`: `providers`: invalid base URL ``: expected a value such as",
        ),
        (
            "providers = ['openai', { acme = 'llm.acme.dev' }]",
            "`llmock.toml:1:33`: `providers`: invalid base URL `llm.acme.dev`: expected a value",
        ),
        (
            "[providers]\nacme = 1",
            "`llmock.toml:2:8`: `providers`: expected a string, such as `providers = ",
        ),
        (
            "providers = 'openai'",
            "`llmock.toml:1:13`: `providers`: expected an array of ids, or a table, such as",
        ),
        (
            "proxy = 'yes'",
            "`llmock.toml:1:9`: `proxy`: expected `true` or `false`, such as `proxy = true`, found",
        ),
        ("mode = ", "`llmock.toml:1:"),
    ];
    for (text, message) in cases {
        let error = parsed(text).expect_err(text);
        assert!(error.starts_with(message), "{error} / {message}");
    }
}

#[test]
fn a_folder_without_the_file_has_no_settings() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    assert!(matches!(load(folder.path()), Ok(None)));
}

#[test]
fn files_are_read_once_per_process() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    fs::write(folder.path().join(NAME), "mode = 'off'").expect("a writable folder");
    let first = load(folder.path()).expect("a correct file").expect("it is there");
    fs::remove_file(folder.path().join(NAME)).expect("it is there");
    let second = load(folder.path()).expect("cached").expect("cached");
    assert!(Arc::ptr_eq(&first, &second));
}

#[test]
fn every_shared_key_has_a_field_and_a_merge() {
    for key in KEYS {
        let Some(example) = key.toml else {
            let error = parsed(&format!("{} = 1", key.name)).expect_err(key.name);
            assert!(error.contains("belongs to one test"), "{error}");
            continue;
        };
        let example = example.replace("intercept = true", "intercept = false");
        let settings = parsed(&example).expect(&example);
        assert_ne!(settings, Settings::default(), "`Settings::add` drops `{}`", key.name);
        let merged = Settings::default().or(settings.clone());
        assert_eq!(merged, settings, "`Settings::or` drops `{}`", key.name);
    }
}
