//! Keys about providers and clients in a user's own project: what `llmock.toml` declares, and what is refused.

use llmock_tests::scratch::{App, fixture};

const TESTS: &str = r#"
use llmock::llm_replay;

#[llm_replay(fixture = "acme", providers(acme))]
#[test]
fn named() {
    assert_eq!(client::ask_at(&std::env::var("ACME_BASE_URL").unwrap(), "hello"), "hi there");
}

#[llm_replay(fixture = "acme", env(MY_LLM = "{acme}"))]
#[test]
fn led_by_a_variable_of_its_own() {
    assert_eq!(client::ask_at(&std::env::var("MY_LLM").unwrap(), "hello"), "hi there");
}
"#;

const INTERCEPTED: &str = r#"
#[llmock::llm_replay(fixture = "acme", intercept = true)]
#[test]
fn intercepted() {}
"#;

fn app() -> App {
    let acme = fixture(&[("hello", "hi there")]).replace("\"openai\"", "\"acme\"");
    App::open("keys", &[("tests/api.rs", TESTS), ("tests/fixtures/acme.json", &acme)])
}

#[test]
fn a_provider_is_declared_in_the_file_of_a_package() {
    let app = app();
    let failure = |test: &str| app.one(test).output().only_failure(test);
    let text = failure("named");
    let sentence = "llmock: `#[llm_replay]`: `providers`: `acme` has no address; declare it with";
    assert!(text.contains(sentence), "{text}");
    let text = failure("led_by_a_variable_of_its_own");
    assert!(text.contains("`env`: unknown placeholder `{acme}` in `{acme}`; expected"), "{text}");

    app.scratch().write("llmock.toml", "[providers]\nacme = \"https://llm.acme.dev/v1\"\n");
    for test in ["named", "led_by_a_variable_of_its_own"] {
        let ran = app.one(test).output();
        assert!(ran.success, "{}", ran.everything());
    }

    for (file, sentence) in [
        ("providers = ['openai', { acme = '' }]", "toml:1:33`: `providers`: `acme` has no address"),
        ("proxy = 'yes'", "toml:1:9`: `proxy`: expected `true` or `false`, found a string"),
        ("intercept = true", "toml:1:13`: `intercept`: needs the feature `intercept` of llmock"),
    ] {
        app.scratch().write("llmock.toml", file);
        let text = failure("named");
        assert!(text.contains(sentence), "{file}: {text}");
    }

    app.scratch().write("tests/intercepted.rs", INTERCEPTED);
    let words = ["test", "--offline", "--no-run", "--quiet", "--test", "intercepted"];
    let built = app.scratch().cargo(".", words).output();
    assert!(!built.success, "{}", built.everything());
    let sentence = "`intercept = true` needs the feature `intercept` of llmock";
    assert!(built.stderr().contains(sentence), "{}", built.everything());
}
