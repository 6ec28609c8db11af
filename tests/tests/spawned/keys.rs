//! Keys in a user's own project: each has its effect from the attribute and from `llmock.toml`, and none without.

use llmock_testkit::scratch::{App, Ran, answered, fixture, owned_fixture};
use llmock_testkit::upstream::{Response, Upstream};

const INTERCEPTED: &str = r#"
#[llmock::llm_replay(fixture = "acme", intercept = true)]
#[test]
fn intercepted() {}
"#;

fn app() -> App {
    let acme = fixture(&[("hello", "hi there")]).replace("\"openai\"", "\"acme\"");
    let tests = include_str!("programs/keys.rs");
    let contract = fixture(&[("by contract", "from the contracts")]);
    let files = [
        ("tests/api.rs", tests),
        ("tests/fixtures/acme.json", &acme),
        ("contracts/api/layers/said.json", &contract),
        ("contracts/api/layers/unsaid.json", &contract),
    ];
    App::open("keys", &files)
}

/// What a key does to the test that says it.
enum Effect {
    /// It passes; otherwise it fails with these words.
    Passes(&'static str),
    /// It fails with these words, and passes otherwise.
    Fails(&'static str),
}

use Effect::{Fails, Passes};

/// The module of the two tests, and the key as `llmock.toml` has it.
const KEYS: [(&str, &str, Effect); 23] = [
    ("layers", "layers = ['tests/fixtures', 'contracts']", Passes("1 request is not in")),
    ("match_on", "match_on = ['model']", Passes("1 request is not in")),
    ("ignore", "ignore = ['$.seed']", Passes("1 request is not in")),
    (
        "normalize",
        "[[normalize]]\npath = '$.messages[*].content'\npattern = '[0-9]+ ms'\nreplacement = 'N ms'",
        Passes("1 request is not in"),
    ),
    ("contains", "contains = [{ path = '$.messages', text = 'hello' }]", Passes("1 request")),
    ("count", "count = ['$.store']", Fails("1 request")),
    (
        "lane",
        "order = 'strict'\nlane = [{ name = 'quick', request = 'POST /v1/chat/completions' }]",
        Fails("it matches #2 in the file, but #1 "),
    ),
    (
        "require_header",
        "require_header = ['x-not-sent']",
        Fails("it has no header `x-not-sent` (`require_header`)"),
    ),
    (
        "match_headers",
        "match_headers = ['content-type']",
        Fails("no recorded request has these headers"),
    ),
    ("order", "order = 'strict'", Fails("it matches #2 in the file, but #1 ")),
    ("unused", "unused = 'fail'", Fails("1 interaction of this test was not used")),
    ("side", "side = ['GET /v1/models']", Passes("the fixture has no recording of this endpoint")),
    ("provider", "provider = 'mistral'", Passes("there is no MISTRAL_API_KEY")),
    ("providers", "providers = ['groq', 'mistral']", Passes("there is no MISTRAL_API_KEY")),
    (
        "declared",
        "[providers]\nacme = 'https://llm.acme.dev/v1'",
        Passes("there is no ACME_BASE_URL"),
    ),
    ("env", "[env]\nMY_LLM = '{base}/openai/v1'", Passes("there is no MY_LLM")),
    ("proxy", "proxy = true", Passes("the fixed address answers")),
    ("mode_off", "mode = 'off'", Passes("1 request is not in")),
    ("mode_record", "mode = 'record'", Passes("left: \"hi there\"")),
    ("mode_auto", "mode = 'auto'", Passes("1 request is not in")),
    ("allow_errors", "allow_errors = [401]", Passes("openai responded with 401 to POST")),
    ("allow_every_error", "allow_errors = true", Passes("openai responded with 401 to POST")),
    (
        "allow_redacted",
        "allow_redacted = ['OPENAI_KEY']",
        Passes("redaction changed 1 response that this test received"),
    ),
];

/// Put together here, so that no scanner takes it for a key of somebody.
const PLANTED: &str = concat!("sk-proj-", "Zq8s7Df6gH5jK4lM3nB2vC1xX0yYwWvV");

/// Runs one of the two tests of a key with its own fixture and this `llmock.toml`.
fn run(app: &App, key: &str, test: &str, toml: &str) -> Ran {
    let owner = format!("api::{key}::{test}");
    let answers = [("hello", "hi there"), ("took 12 ms", "quick")];
    let provider = match key {
        "declared" | "proxy" => "\"acme\"",
        _ => "\"openai\"",
    };
    let recorded = owned_fixture(Some(&owner), &answers).replace("\"openai\"", provider);
    app.scratch().write(&format!("tests/fixtures/api/{key}/{test}.json"), &recorded);
    app.scratch().write("llmock.toml", toml);
    let (status, answer) = match key {
        "allow_errors" | "allow_every_error" => (401, "from the provider itself"),
        "allow_redacted" => (200, PLANTED),
        _ => (200, "from the provider itself"),
    };
    let upstream = Upstream::start([Response::json(answered(answer)).with_status(status)]);
    app.one(&format!("{key}::{test}")).env("OPENAI_BASE_URL", upstream.openai_url()).output()
}

#[test]
fn every_key_works_in_attribute_and_file() {
    let app = app();
    let mut wrong = String::new();
    for (key, toml, effect) in KEYS {
        let (with, words) = match effect {
            Passes(words) => (true, words),
            Fails(words) => (false, words),
        };
        let attribute = ("in the attribute", run(&app, key, "said", ""), with);
        let file = ("in llmock.toml", run(&app, key, "unsaid", toml), with);
        let nowhere = ("nowhere", run(&app, key, "unsaid", ""), !with);
        for (said, ran, passes) in [attribute, file, nowhere] {
            let (passed, failed) = (ran.passed(), ran.failed());
            let as_expected = match (passed.as_slice(), failed.as_slice()) {
                ([_], []) => passes,
                ([], [test]) => !passes && ran.failure(test).contains(words),
                _ => false,
            };
            if !as_expected {
                wrong = format!("{wrong}=== {key} {said}\n{}\n", ran.everything());
            }
        }
    }
    assert!(wrong.is_empty(), "{wrong}");
}

#[test]
fn llmock_toml_can_declare_providers() {
    let app = app();
    let [named, led] =
        ["named", "led_by_a_variable_of_its_own"].map(|test| format!("of_the_package::{test}"));
    let failure = |test: &str| app.one(test).output().only_failure(test);
    let text = failure(&named);
    let sentence =
        "llmock: `#[llm_replay]`: `providers`: no base URL is known for `acme`; declare it";
    assert!(text.contains(sentence), "{text}");
    let text = failure(&led);
    assert!(text.contains("`env`: unknown placeholder `{acme}` in `"), "{text}");

    app.scratch().write("llmock.toml", "[providers]\nacme = \"https://llm.acme.dev/v1\"\n");
    for test in [&named, &led] {
        let ran = app.one(test).output();
        assert!(ran.success, "{}", ran.everything());
    }

    for (file, sentence) in [
        ("providers = ['openai', { acme = '' }]", "toml:1:33`: `providers`: invalid base URL ``"),
        ("proxy = 'yes'", "toml:1:9`: `proxy`: expected `true` or `false`, such as"),
        ("intercept = true", "toml:1:13`: `intercept`: needs the feature `intercept` of llmock"),
    ] {
        app.scratch().write("llmock.toml", file);
        let text = failure(&named);
        assert!(text.contains(sentence), "{file}: {text}");
    }

    app.scratch().write("tests/intercepted.rs", INTERCEPTED);
    let words = ["test", "--offline", "--no-run", "--quiet", "--test", "intercepted"];
    let built = app.scratch().cargo(".", words).output();
    assert!(!built.success, "{}", built.everything());
    let sentence = "`intercept = true` needs the feature `intercept` of llmock";
    assert!(built.stderr().contains(sentence), "{}", built.everything());
}

#[test]
fn llmock_toml_chooses_the_folder_of_fixtures() {
    let app = app();
    let recorded = fixture(&[("hello", "hi there")]);
    for (toml, files) in [
        (
            "fixtures = 'tests/cassettes/{module}'",
            ["tests/cassettes/places/unnamed.json", "tests/cassettes/places/named.json"],
        ),
        ("fixtures = 'cassettes'", ["cassettes/places/unnamed.json", "cassettes/named.json"]),
        ("fixtures = 'c/{crate}/v1'", ["c/api/v1/places/unnamed.json", "c/api/v1/named.json"]),
    ] {
        app.scratch().write("llmock.toml", toml);
        let missing = app.failure("places::unnamed");
        assert!(missing.contains(files[0]), "{toml}: {missing}");
        for (test, file) in ["places::unnamed", "places::named"].into_iter().zip(files) {
            app.scratch().write(file, &recorded);
            let ran = app.run(test);
            assert!(ran.success, "{toml}: {}", ran.everything());
        }
        app.scratch().write("tests/fixtures/beside.json", &recorded);
        let ran = app.run("places::beside_the_source");
        assert!(ran.success, "{toml}: {}", ran.everything());
    }
    app.scratch().write("llmock.toml", "fixtures = '../{modul}'");
    let wrong = app.failure("places::named");
    assert!(wrong.contains("unknown placeholder `{modul}`; did you mean `module`?"), "{wrong}");
}

#[test]
fn a_slash_names_a_fixture_of_the_workspace() {
    let app = app();
    for toml in ["", "fixtures = 'tests/cassettes/{module}'"] {
        app.scratch().write("llmock.toml", toml);
        app.scratch().write("shared/greetings.json", &fixture(&[("hello", "hi there")]));
        let missing = app.failure("places::of_the_workspace");
        assert!(missing.contains("shared/greeting.json"), "{missing}");
        assert!(missing.contains("fixture = \"/shared/greetings\""), "{missing}");
        std::fs::rename(
            app.scratch().path("shared/greetings.json"),
            app.scratch().path("shared/greeting.json"),
        )
        .unwrap();
        let ran = app.run("places::of_the_workspace");
        assert!(ran.success, "{}", ran.everything());
        std::fs::remove_file(app.scratch().path("shared/greeting.json")).unwrap();
    }
}

#[test]
fn an_inner_attribute_takes_rules_back() {
    let app = app();
    let recorded = fixture(&[("hello", "hi there")]);
    for test in ["kept", "reset"] {
        app.scratch().write(&format!("tests/fixtures/taken_back/{test}.json"), &recorded);
    }
    let ran = app.run("taken_back::kept");
    assert!(ran.success, "{}", ran.everything());
    let failure = app.failure("taken_back::reset");
    assert!(failure.contains("seed"), "{failure}");

    app.scratch().write("llmock.toml", "ignore = ['$.seed']");
    let failure = app.failure("taken_back::reset");
    assert!(failure.contains("seed"), "the file's rule is taken back too: {failure}");
}
