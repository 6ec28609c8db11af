//! Whatever is wrong around a test: one clear sentence with the file and the way out, and a fixture that
//! was good before is as it was.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use llmock_testkit::scratch::{App, fixture, question};
use llmock_testkit::upstream::{Response, Upstream};

const HELLO: &str = "tests/fixtures/hello.json";

fn app() -> App {
    let hello = fixture(&[("hello", "hi there")]);
    App::open("bad-input", &[("tests/api.rs", include_str!("programs/input.rs")), (HELLO, &hello)])
}

/// Every file below the fixtures, so that nothing is changed, added, or left behind.
fn fixtures(app: &App) -> BTreeMap<String, Vec<u8>> {
    fn walk(folder: &Path, found: &mut BTreeMap<String, Vec<u8>>) {
        for entry in fs::read_dir(folder).into_iter().flatten().flatten() {
            if entry.path().is_dir() {
                walk(&entry.path(), found);
            } else {
                found.insert(entry.path().display().to_string(), fs::read(entry.path()).unwrap());
            }
        }
    }
    let mut found = BTreeMap::new();
    walk(&app.scratch().path("tests/fixtures"), &mut found);
    found
}

/// What the test says that fails under these variables; the fixtures stay as they are.
#[track_caller]
fn refused(app: &App, test: &str, variables: &[(&str, &str)]) -> String {
    let before = fixtures(app);
    let run = variables.iter().fold(app.one(test), |run, (name, value)| run.env(name, value));
    let failure = run.output().only_failure(test);
    assert_eq!(fixtures(app), before, "{failure}");
    failure
}

/// The same for a fixture with this text, replaying and recording.
#[track_caller]
fn unreadable(app: &App, text: &str) -> String {
    app.scratch().write(HELLO, text);
    let upstream = Upstream::chat("not to be asked");
    let base_url = upstream.openai_url();
    let recording = [("LLMOCK_MODE", "record"), ("OPENAI_BASE_URL", base_url.as_str())];
    let replaying = refused(app, "asks", &[]);
    assert_eq!(refused(app, "asks", &recording), replaying, "in both modes the same");
    assert_eq!(upstream.requests().len(), 0, "nothing is paid for that could not be kept");
    replaying
}

#[test]
fn invalid_fixtures_are_reported_with_line_and_column() {
    let app = app();
    let good = app.scratch().read(HELLO);
    insta::assert_snapshot!(unreadable(&app, ""), @"
    thread 'asks' panicked at tests/api.rs:6:1:

    llmock: failed to load fixture `tests/fixtures/hello.json`: line 1, column 1: the file is empty

      restore it from version control
      to record it again, delete the file first:
          rm tests/fixtures/hello.json && LLMOCK_MODE=record cargo test --test api -- asks --exact
    ");
    insta::assert_snapshot!(unreadable(&app, &good[..good.len() / 2]), @r#"
    thread 'asks' panicked at tests/api.rs:6:1:

    llmock: failed to load fixture `tests/fixtures/hello.json`: line 6, column 100: the file ends too early, expected a closing `"`

      restore it from version control
      to record it again, delete the file first:
          rm tests/fixtures/hello.json && LLMOCK_MODE=record cargo test --test api -- asks --exact
    "#);
    insta::assert_snapshot!(unreadable(&app, "hello: hi there\n"), @"
    thread 'asks' panicked at tests/api.rs:6:1:

    llmock: failed to load fixture `tests/fixtures/hello.json`: line 1, column 1: expected a JSON value

      to record it again, delete the file first:
          rm tests/fixtures/hello.json && LLMOCK_MODE=record cargo test --test api -- asks --exact
    ");
    insta::assert_snapshot!(unreadable(&app, &good.replace("\"llmock\": 1", "\"llmock\": 3")), @"
    thread 'asks' panicked at tests/api.rs:6:1:

    llmock: failed to load fixture `tests/fixtures/hello.json`: line 2, column 3: the file has format 3, and this llmock reads formats up to 2

      update the `llmock` dependency to the version that wrote the file
      to record it again, delete the file first:
          rm tests/fixtures/hello.json && LLMOCK_MODE=record cargo test --test api -- asks --exact
    ");
    insta::assert_snapshot!(unreadable(&app, &good.replace("\"response\"", "\"respones\"")), @"
    thread 'asks' panicked at tests/api.rs:6:1:

    llmock: failed to load fixture `tests/fixtures/hello.json`: line 7, column 7: `respones` is not a member of an interaction

      did you mean `response`?
      to record it again, delete the file first:
          rm tests/fixtures/hello.json && LLMOCK_MODE=record cargo test --test api -- asks --exact
    ");
}

#[test]
fn reports_a_folder_in_place_of_a_fixture() {
    let app = app();
    fs::remove_file(app.scratch().path(HELLO)).unwrap();
    fs::create_dir(app.scratch().path(HELLO)).unwrap();
    insta::assert_snapshot!(refused(&app, "asks", &[]), @"
    thread 'asks' panicked at tests/api.rs:6:1:

    llmock: failed to read fixture `tests/fixtures/hello.json`: $OS_ERROR
    ");
    let upstream = Upstream::chat("not to be asked");
    let base_url = upstream.openai_url();
    let recording = [("LLMOCK_MODE", "record"), ("OPENAI_BASE_URL", base_url.as_str())];
    let failure = refused(&app, "asks", &recording);
    assert!(failure.contains("hello.json"), "{failure}");
    assert_eq!(upstream.requests().len(), 0);
}

#[test]
fn hand_edited_requests_match_as_written() {
    let app = app();
    let edited = app.scratch().read(HELLO).replace(&question("hello"), &question("hello!"));
    let hash = "\"hash\": \"1:0000000000000000000000000000000000000000000000000000000000000000\",";
    let edited = edited.replacen("\"provider\"", &format!("{hash}\n      \"provider\""), 1);
    app.scratch().write(HELLO, &edited);
    insta::assert_snapshot!(refused(&app, "asks_and_swallows", &[]), @r#"
    thread 'asks_and_swallows' panicked at tests/api.rs:12:1:

    llmock: 1 request is not in tests/fixtures/hello.json

      × POST /v1/chat/completions   openai gpt-5 · 1st request of this test
        last user message: "hello"
        no recorded request matches this body; the closest is #1 in the file
        - recorded, + sent; JSON paths count from 0

          $.messages[0].content   user message, turn 1 of 1
        -   "hello!"
                  ^
        +   "hello"

      If it changes on every run, recording again does not help: make it constant, or `normalize` what varies.
      If the change is on purpose, record the test again (this calls openai and needs OPENAI_API_KEY):
          LLMOCK_MODE=record cargo test --test api -- asks_and_swallows --exact
    "#);
}

#[test]
fn read_only_fixtures_are_not_overwritten() {
    let app = app();
    let path = app.scratch().path(HELLO);
    let mut permissions = fs::metadata(&path).unwrap().permissions();
    permissions.set_readonly(true);
    fs::set_permissions(&path, permissions).unwrap();
    let before = app.scratch().read(HELLO);

    let upstream = Upstream::chat("hi there");
    let run = app
        .one("asks_and_swallows")
        .env("LLMOCK_MODE", "record")
        .env("OPENAI_BASE_URL", upstream.openai_url());
    let ran = run.output();
    assert!(!ran.success, "{}", ran.everything());
    insta::assert_snapshot!(ran.failure("asks_and_swallows"), @r#"
    thread 'asks_and_swallows' panicked at tests/api.rs:12:1:

    llmock: 1 request could not be recorded into tests/fixtures/hello.json

      × POST /v1/chat/completions   openai gpt-5 · 1st request of this test
        last user message: "hello"
        it cannot be recorded: `tests/fixtures/hello.json` cannot be written: the file is read-only

      no response was recorded, so nothing is lost

      when the cause is fixed, run it again:
          LLMOCK_MODE=record cargo test --test api -- asks_and_swallows --exact
    "#);
    assert_eq!(app.scratch().read(HELLO), before);
    assert!(upstream.requests().is_empty(), "nothing is paid for that cannot be kept");
}

#[test]
fn invalid_variables_are_reported() {
    let app = app();
    let mut text = String::new();
    let cases = [
        ("LLMOCK_MODE", "banana"),
        ("LLMOCK_MODE", "recrod"),
        ("LLMOCK_DISABLED", "maybe"),
        ("LLM_MOCK_DISABLED", "perhaps"),
        ("LLMOCK_MAX_BODY", "much"),
        ("LLMOCK_DRAIN_TIMEOUT", "soon"),
        ("LLMOCK_TURN_TIMEOUT", "never"),
    ];
    for variable in cases {
        let failure = refused(&app, "asks", &[variable]);
        let (_, sentence) = failure.split_once("\n\n").unwrap();
        text = format!("{text}{sentence}\n");
    }
    insta::assert_snapshot!(text, @"
    llmock: `LLMOCK_MODE`: invalid mode `banana`: expected `replay`, `record`, `auto`, `refresh`, `verify`, or `off`
    llmock: `LLMOCK_MODE`: invalid mode `recrod`; did you mean `record`?
    llmock: `LLMOCK_DISABLED`: invalid switch `maybe`: expected `1`, `true`, `yes`, `on`, or `0`, `false`, `no`, `off`
    llmock: `LLM_MOCK_DISABLED`: invalid switch `perhaps`: expected `1`, `true`, `yes`, `on`, or `0`, `false`, `no`, `off`
    llmock: `LLMOCK_MAX_BODY`: invalid size `much`: expected a value such as `65536` or `16MiB`
    llmock: `LLMOCK_DRAIN_TIMEOUT`: invalid duration `soon`: expected a value such as `200ms` or `1.5s`
    llmock: `LLMOCK_TURN_TIMEOUT`: invalid duration `never`: expected a value such as `200ms` or `1.5s`
    ");
}

#[test]
fn disable_variables_need_a_true_value() {
    let app = app();
    let upstream = Upstream::chat("hi there");
    for name in ["LLMOCK_DISABLED", "LLM_MOCK_DISABLED"] {
        for (value, asked) in [("0", 0), ("false", 0), ("", 0), ("1", 1), ("true", 1)] {
            let before = upstream.requests().len();
            let run =
                app.one("asks").env(name, value).env("OPENAI_BASE_URL", upstream.openai_url());
            let ran = run.output();
            assert!(ran.success, "{name}={value}: {}", ran.everything());
            assert_eq!(upstream.requests().len() - before, asked, "{name}={value}");
        }
    }
}

#[test]
fn configuration_errors_have_line_and_column() {
    let app = app();
    let mut text = String::new();
    for toml in [
        "mode = \"auto\"\n\nunusde = \"fail\"\n",
        "mode = \"banana\"\n",
        "mode = 3\n",
        "fixture = \"x\"\n",
        "ignore = [\"$.ok\", \"messages\"]\n",
        "mode = \n",
    ] {
        app.scratch().write("llmock.toml", toml);
        let failure = refused(&app, "asks", &[]);
        let (_, sentence) = failure.split_once("\n\n").unwrap();
        text = format!("{text}{sentence}\n");
    }
    insta::assert_snapshot!(text, @r#"
    llmock: `llmock.toml:3:1`: unknown key `unusde`; did you mean `unused`?
    llmock: `llmock.toml:1:8`: `mode`: invalid mode `banana`: expected `replay`, `record`, `auto`, `refresh`, `verify`, or `off`
    llmock: `llmock.toml:1:8`: `mode`: expected a string, such as `mode = "auto"`, found an integer
    llmock: `llmock.toml:1:1`: `fixture` belongs to one test; set it in `#[llm_replay]`
    llmock: `llmock.toml:1:19`: `ignore`: invalid JSONPath `messages`: expected `$`; did you mean `$.messages`?
    llmock: `llmock.toml:1:8`: invalid TOML: string values must be quoted, expected literal string
    "#);
}

#[test]
fn ci_tests_do_not_record_unless_allowed() {
    let app = app();
    let upstream = Upstream::chat("hi there");
    let base_url = upstream.openai_url();
    let base_url = ("OPENAI_BASE_URL", base_url.as_str());
    let record = [("CI", "true"), ("LLMOCK_MODE", "record"), base_url];
    insta::assert_snapshot!(refused(&app, "asks", &record), @"
    thread 'asks' panicked at tests/api.rs:6:1:

    llmock: mode `record` (from `LLMOCK_MODE`) is refused in CI (`CI` is set)

      record on your machine and commit the fixture, or set LLMOCK_ALLOW_CI_RECORD=1
    ");
    insta::assert_snapshot!(refused(&app, "records_always", &[("CI", "true"), base_url]), @"
    thread 'records_always' panicked at tests/api.rs:25:1:

    llmock: mode `record` (from `#[llm_replay]`) is refused in CI (`CI` is set)

      record on your machine and commit the fixture, or set LLMOCK_ALLOW_CI_RECORD=1
    ");
    insta::assert_snapshot!(refused(&app, "asks_more_in_auto", &[("CI", "true"), base_url]), @r#"
    thread 'asks_more_in_auto' panicked at tests/api.rs:18:1:

    llmock: 1 request is not in tests/fixtures/hello.json

      × POST /v1/chat/completions   openai gpt-5 · 2nd request of this test
        last user message: "how are you"
        no recorded request resembles this prompt; the least different is #1 in the file (used by the 1st request)
        - recorded, + sent; JSON paths count from 0

          $.messages[0].content   user message, turn 1 of 1
        -   "hello"
        +   "how are you"

      If it changes on every run, recording again does not help: make it constant, or `normalize` what varies.
      In CI nothing is recorded.
      If the change is on purpose, record the test again on your machine and commit the fixture (this calls openai and needs OPENAI_API_KEY):
          LLMOCK_MODE=record cargo test --test api -- asks_more_in_auto --exact
    "#);
    assert_eq!(upstream.requests().len(), 0);

    let allowed = app.one("asks").env("CI", "true").env("LLMOCK_MODE", "record");
    let allowed = allowed.env("LLMOCK_ALLOW_CI_RECORD", "1").env(base_url.0, base_url.1);
    let ran = allowed.output();
    assert!(ran.success, "{}", ran.everything());
    assert_eq!(upstream.requests().len(), 1);
}

#[test]
fn requests_over_the_limit_fail_the_test() {
    let app = app();
    insta::assert_snapshot!(refused(&app, "asks_and_swallows", &[("LLMOCK_MAX_BODY", "16")]), @"
    thread 'asks_and_swallows' panicked at tests/api.rs:12:1:

    llmock: 1 request had no response from tests/fixtures/hello.json

      × POST /v1/chat/completions   openai · 1st request of this test
        its body is larger than 16 bytes; to raise the limit, set LLMOCK_MAX_BODY=64M
    ");
}

#[test]
fn provider_failures_leave_the_fixture_unchanged() {
    let app = app();
    let recording = |url: &str, test: &str| {
        let before = app.scratch().read(HELLO);
        let run = app.one(test).env("LLMOCK_MODE", "record").env("OPENAI_BASE_URL", url);
        let ran = run.env("OPENAI_API_KEY", "sk-test-0123456789").output();
        assert!(!ran.success, "{}", ran.everything());
        assert_eq!(app.scratch().read(HELLO), before);
        ran.failure(test)
    };
    insta::assert_snapshot!(recording("http://127.0.0.1:9/v1", "asks_and_swallows"), @r#"
    thread 'asks_and_swallows' panicked at tests/api.rs:12:1:

    llmock: 1 request could not be recorded into tests/fixtures/hello.json

      × POST /v1/chat/completions   openai gpt-5 · 1st request of this test
        last user message: "hello"
        http://127.0.0.1:9/v1 could not be reached: connection refused

      requests to openai go to http://127.0.0.1:9/v1, which `OPENAI_BASE_URL` says
      its key is taken from `OPENAI_API_KEY`
      no response was recorded, so nothing is lost

      when the cause is fixed, run it again:
          LLMOCK_MODE=record cargo test --test api -- asks_and_swallows --exact
    "#);
    let body = r#"{"error":{"message":"Incorrect API key provided."}}"#;
    let refusing = Upstream::start([Response::json(body).with_status(401)]);
    insta::assert_snapshot!(recording(&refusing.openai_url(), "asks_and_swallows"), @r#"
    thread 'asks_and_swallows' panicked at tests/api.rs:12:1:

    llmock: openai responded with 401 to POST /v1/chat/completions, so it was not recorded

      its message: "Incorrect API key provided."
      the provider does not accept the key that the client sent

      requests to openai go to http://127.0.0.1:PORT/v1, which `OPENAI_BASE_URL` says
      its key is taken from `OPENAI_API_KEY`
      if the test is about this error, record it: allow_errors(401)
      no response was recorded, so nothing is lost

      when the cause is fixed, run it again:
          LLMOCK_MODE=record cargo test --test api -- asks_and_swallows --exact
    "#);
    assert_eq!(refusing.requests().len(), 1);
}

#[test]
fn editing_a_fixture_recompiles_nothing() {
    let app = app();
    let words = ["test", "--offline", "--test", "api", "--", "asks", "--exact"];
    let first = app.scratch().cargo(".", words).output();
    assert!(first.success, "{}", first.everything());
    app.scratch().write(HELLO, &app.scratch().read(HELLO).replace("hi there", "hi, there"));
    let second = app.scratch().cargo(".", words).output();
    assert!(!second.success, "the new answer is replayed: {}", second.everything());
    assert!(second.stderr().contains("Running tests/api.rs"), "{}", second.everything());
    assert!(!second.stderr().contains("Compiling"), "{}", second.everything());
}
