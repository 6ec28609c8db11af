use super::*;
use crate::mode::Mode;

fn parsed(text: &str) -> Result<Checked, String> {
    parse(Path::new("llmock.toml"), text).map_err(|error| error.to_string())
}

#[test]
fn every_key_is_read() {
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
    let checked = parsed(text).expect("a correct file");
    assert_eq!(checked.mode, Some(Mode::Auto));
    assert_eq!(
        checked.providers.iter().map(|provider| provider.id()).collect::<Vec<_>>(),
        ["openai", "anthropic"]
    );
    assert_eq!(checked.match_on, Some(vec!["model".to_owned(), "messages".to_owned()]));
    assert_eq!(checked.ignore[0].as_str(), "$.metadata.run");
    assert_eq!(checked.normalize[0].replacement, "N");
    assert!(checked.order.is_some() && checked.unused.is_some());
    assert!(checked.side[0].matches("GET", "/v1/models"));
    assert_eq!(checked.allow_errors, Some(AllowErrors::Only(vec![401, 429])));
    assert_eq!(checked.env, [("MY_LLM_URL".to_owned(), "{base}/openai/v1".to_owned())]);
}

#[test]
fn normalize_may_be_an_array_of_tables_and_provider_a_single_one() {
    let text = "\u{feff}provider = 'openai'\nallow_errors = true\n[[normalize]]\npath = '$.a'\npattern = 'x'\nreplacement = ''\n";
    let checked = parsed(text).expect("a correct file");
    assert_eq!((checked.normalize.len(), checked.providers.len()), (1, 1));
    assert_eq!(checked.allow_errors, Some(AllowErrors::Any));
}

#[test]
fn a_provider_is_declared_in_a_table_alone_or_among_others() {
    let texts = [
        "[providers]\nacme = 'https://llm.acme.dev/v1/'",
        "providers = ['openai', { acme = 'https://llm.acme.dev/v1' }]",
    ];
    for text in texts {
        let checked = parsed(text).expect("a correct file");
        let declared = &checked.declared[0];
        assert_eq!((declared.provider.id(), &*declared.url), ("acme", "https://llm.acme.dev/v1"));
        assert_eq!(checked.providers.last(), Some(&declared.provider), "{text}");
    }
}

#[test]
fn a_switch_is_on_or_off() {
    let checked = parsed("proxy = true\nintercept = false").expect("a correct file");
    assert_eq!((checked.proxy, checked.intercept), (Some(true), Some(false)));
}

#[test]
fn a_mistake_is_told_with_its_line_and_column() {
    let cases = [
        ("ignor = []", "`llmock.toml:1:1`: unknown key `ignor`; did you mean `ignore`?"),
        (
            "\nfixture = 'x'",
            "`llmock.toml:2:1`: `fixture` belongs to one test; write it in `#[llm_replay(fixture = ..)]`",
        ),
        (
            "mode = 'recrod'",
            "`llmock.toml:1:8`: `mode`: `recrod` is not a mode; did you mean `record`?",
        ),
        ("\u{feff}# é\nmode = 1", "`llmock.toml:2:8`: `mode`: expected a string, found an integer"),
        ("ignore = [\n  '$.a',\n  'b',\n]", "`llmock.toml:3:3`: `ignore`: invalid JSONPath `b`"),
        ("match_on = []", "`llmock.toml:1:12`: `match_on`: names no field"),
        ("side = '/x'", "`llmock.toml:1:8`: `side`: expected an array of strings, found a string"),
        (
            "allow_errors = [401, 200]",
            "`llmock.toml:1:22`: `allow_errors`: `200` is not an error status",
        ),
        (
            "allow_errors = 'all'",
            "`llmock.toml:1:16`: `allow_errors`: expected `true`, `false`, or an array of statuses, found a string",
        ),
        (
            "normalize = [{ path = '$.a', patern = 'x' }]",
            "`llmock.toml:1:30`: unknown key `patern` in `normalize`; did you mean `pattern`?",
        ),
        (
            "normalize = [{ path = '$.a', pattern = 'x' }]",
            "`llmock.toml:1:14`: `normalize`: `replacement` is missing",
        ),
        (
            "[env]\n'MY URL' = 'x'",
            "`llmock.toml:2:1`: `env`: `MY URL` is not the name of a variable",
        ),
        (
            "provider = 'openay'",
            "`llmock.toml:1:12`: `providers`: unknown provider `openay`; did you mean `openai`?",
        ),
        (
            "[providers]\nzeta = 'https://zeta.dev'\nacme = ''",
            "`llmock.toml:3:8`: `providers`: `acme` has no address; declare it with the base URL",
        ),
        (
            "providers = ['openai', { acme = 'llm.acme.dev' }]",
            "`llmock.toml:1:33`: `providers`: `llm.acme.dev` is no base URL of an API: it does not",
        ),
        (
            "[providers]\nacme = 1",
            "`llmock.toml:2:8`: `providers`: expected a string, found an integer",
        ),
        (
            "providers = 'openai'",
            "`llmock.toml:1:13`: `providers`: expected an array of ids, or a table such as",
        ),
        ("proxy = 'yes'", "`llmock.toml:1:9`: `proxy`: expected `true` or `false`, found a string"),
        ("mode = ", "`llmock.toml:1:"),
    ];
    for (text, message) in cases {
        let error = parsed(text).expect_err(text);
        assert!(error.starts_with(message), "{error} / {message}");
    }
}

#[test]
fn a_folder_without_the_file_says_nothing() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    assert!(matches!(load(folder.path()), Ok(None)));
}

#[test]
fn a_file_is_read_once_a_process() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    fs::write(folder.path().join(NAME), "mode = 'off'").expect("a writable folder");
    let (path, first) = load(folder.path()).expect("a correct file").expect("it is there");
    fs::remove_file(path).expect("it is there");
    let (_, second) = load(folder.path()).expect("cached").expect("cached");
    assert!(Arc::ptr_eq(&first, &second));
}
