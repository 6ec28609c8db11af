//! What was recorded and what was asked for do not agree, or nothing was asked at all.

use super::app::app;
use llmock_testkit::upstream::Upstream;

#[test]
fn unused_interactions_follow_the_unused_setting() {
    let app = app();
    insta::assert_snapshot!(app.note("one_left"), @r#"llmock: api::one_left: #2 ("second") of tests/fixtures/of/left/by_note.json was not requested; if the test no longer needs this, record it again: LLMOCK_MODE=record cargo test --test api -- one_left --exact"#);
    insta::assert_snapshot!(app.failure("one_left_and_that_is_wrong"), @r#"
    thread 'one_left_and_that_is_wrong' panicked at tests/api.rs:129:1:

    llmock: 1 interaction of this test was not used (`unused = "fail"`): tests/fixtures/of/left.json

      #2 POST /v1/chat/completions  "second"

      if the test no longer needs them, record it again:
          LLMOCK_MODE=record cargo test --test api -- one_left_and_that_is_wrong --exact
    "#);
    assert_eq!(app.note("one_left_and_nobody_cares"), "");
    insta::assert_snapshot!(app.note("asked_twice"), @r#"llmock: api::asked_twice: the test sent "second" 1 more time than tests/fixtures/two.json has it, so the response of #2 was repeated; if each request needs a response of its own, record again: LLMOCK_MODE=record cargo test --test api -- asked_twice --exact; to forbid it, set order = "strict""#);
    insta::assert_snapshot!(app.note("borrows_from_another_test"), @r#"llmock: api::borrows_from_another_test: #1 ("first") of tests/fixtures/of/another.json was recorded by test `api::somebody_else`; if `api::somebody_else` was renamed to this test, or should not share it, record this test: LLMOCK_MODE=record cargo test --test api -- borrows_from_another_test --exact"#);
}

#[test]
fn checks_the_number_of_calls() {
    let app = app();
    insta::assert_snapshot!(app.failure("too_few_calls"), @"
    thread 'too_few_calls' panicked at tests/api.rs:141:1:

    llmock: 2 requests reached llmock, expected 3 (`calls = 3`)

      if the new number is right, set `calls = 2`
    ");
    insta::assert_snapshot!(app.failure("a_call_where_none_is_declared"), @"
    thread 'a_call_where_none_is_declared' panicked at tests/api.rs:148:1:

    llmock: 1 request reached llmock, expected 0 (`calls = 0`)

      `calls = 0` declares that a test calls no model; remove it if this one does
    ");
}

#[test]
fn clients_bypassing_llmock_fail_the_test() {
    let app = app();
    let provider = Upstream::chat("from the provider itself");
    let failure = |test: &str| {
        let run = app.one(test);
        let ran = run.env("SOMEWHERE_ELSE", provider.openai_url()).output();
        assert!(!ran.success, "{}", ran.everything());
        ran.failure(test)
    };
    insta::assert_snapshot!(failure("a_client_with_a_fixed_host"), @r#"
    thread 'a_client_with_a_fixed_host' panicked at tests/api.rs:192:1:

    llmock: no request reached llmock, so this test has replayed nothing

      your client probably ignores `OPENAI_BASE_URL`; ways to reach llmock:
        · if it takes a URL: add the parameter `mock: LlmMock` and pass `mock.base_url(..)`
        · if it reads another variable: env(MY_LLM_URL = "{base}/openai/v1")
        · if it is built before the first test: `llmock::preload!()` in the test crate
        · if its address is fixed: proxy = true (plain http), intercept = true (https)
        · if the test calls no model: calls = 0
    "#);
    insta::assert_snapshot!(failure("a_client_with_a_fixed_host_beside_a_handle"), @"
    thread 'a_client_with_a_fixed_host_beside_a_handle' panicked at tests/api.rs:199:1:

    llmock: no request reached llmock, so this test has replayed nothing

      the test takes an `LlmMock` and never asks it for an address: pass `mock.base_url(..)` to the client
    ");
    assert_eq!(provider.requests().len(), 2);
}

#[test]
fn a_panic_before_any_request_names_the_proxy() {
    let app = app();
    let test = "a_client_that_reaches_its_proxy_only";
    let failure = |variables: &[(&str, &str)]| {
        let run = variables.iter().fold(app.one(test), |run, (name, value)| run.env(name, value));
        run.output().failure(test)
    };
    let proxy = ("HTTP_PROXY", "http://user:secret@127.0.0.1:9");
    for variables in
        [&[proxy][..], &[proxy, ("no_proxy", "*")], &[("ALL_PROXY", "socks5://127.0.0.1:9")]]
    {
        let failure = failure(variables);
        let name = variables[0].0;
        let notes = [
            "no request reached llmock before the test failed, so nothing was replayed from tests/fixtures/two.json",
            &format!("`{name}` sends clients to 127.0.0.1:9: set NO_PROXY=127.0.0.1,localhost"),
        ];
        for note in notes {
            assert!(failure.contains("connection refused") && failure.contains(note), "{failure}");
        }
        assert!(!failure.contains("secret"), "{failure}");
    }
    for variables in [&[][..], &[proxy, ("NO_PROXY", "127.0.0.1")]] {
        let failure = failure(variables);
        assert!(!failure.contains("sends clients to"), "{failure}");
    }
}

#[test]
fn a_panic_before_any_request_says_what_llmock_knows() {
    let app = app();
    insta::assert_snapshot!(app.failure("a_client_that_is_led_away"), @r#"
    thread 'a_client_that_is_led_away' panicked at client/src/lib.rs:40:47:
    a server: Custom { kind: Uncategorized, error: "failed to lookup address information: Name or service not known" }

    llmock: no request reached llmock before the test failed, so nothing was replayed from tests/fixtures/two.json

      `OPENAI_BASE_URL` no longer points to llmock: the program set it to http://127.0.0.1:9
      something that runs in the test does that, such as a `.env` file that overrides: leave it out in tests, or pass `mock.base_url(..)` to the client
    "#);
    insta::assert_snapshot!(app.failure("an_error_of_a_client_with_a_fixed_host"), @r#"
    thread 'an_error_of_a_client_with_a_fixed_host' panicked at tests/api.rs:417:5:
    error sending request for url (https://api.openai.com/v1/chat/completions)

    llmock: no request reached llmock before the test failed, so nothing was replayed from tests/fixtures/two.json

      its error says that the client went to https://api.openai.com, which is not llmock
      its address is in the program or its configuration, or it was built before llmock set `OPENAI_BASE_URL`; ways to reach llmock:
        · if it takes a URL: add the parameter `mock: LlmMock` and pass `mock.base_url(..)`
        · if it reads another variable: env(MY_LLM_URL = "{base}/openai/v1")
        · if it is built before the first test: `llmock::preload!()` in the test crate
        · if its address is fixed: proxy = true (plain http), intercept = true (https)
    "#);
    insta::assert_snapshot!(app.failure("a_handle_that_is_not_used"), @r#"
    llmock: no request reached llmock before the test failed, so nothing was replayed from tests/fixtures/two.json

      the test takes an `LlmMock` and never asks it for an address: pass `mock.base_url(..)` to the client

    Error: "connection refused"
    "#);
    insta::assert_snapshot!(app.failure("a_client_without_a_key"), @"
    thread 'a_client_without_a_key' panicked at tests/api.rs:429:35:
    called `Result::unwrap()` on an `Err` value: NotPresent

    llmock: there is no tests/fixtures/not/yet.json yet, and no request reached llmock before the test failed

      record it; this needs the provider's key:
          LLMOCK_MODE=record cargo test --test api -- a_client_without_a_key --exact
    ");
    insta::assert_snapshot!(app.failure("a_client_of_another_provider_without_a_key"), @"
    thread 'a_client_of_another_provider_without_a_key' panicked at tests/api.rs:435:40:
    called `Result::unwrap()` on an `Err` value: NotPresent

    llmock: no request reached llmock before the test failed, so nothing was replayed from tests/fixtures/two.json

      only openai has a placeholder key here, as the fixture has no other provider; for a client of another one, name it: providers(openai, anthropic)
    ");
    let run = app.one("a_client_without_a_key").env("LLMOCK_MODE", "record");
    insta::assert_snapshot!(run.output().failure("a_client_without_a_key"), @"
    thread 'a_client_without_a_key' panicked at tests/api.rs:429:35:
    called `Result::unwrap()` on an `Err` value: NotPresent

    llmock: no request reached llmock before the test failed, so nothing was recorded into tests/fixtures/not/yet.json

      recording needs the provider's key, in the variable that the client reads: OPENAI_API_KEY, ANTHROPIC_API_KEY, …

      when the cause is fixed, record the test again:
          LLMOCK_MODE=record cargo test --test api -- a_client_without_a_key --exact
    ");
}

#[test]
fn a_missing_fixture_has_keys_for_every_provider() {
    let app = app();
    let failure = app.failure("a_key_before_the_first_recording");
    assert!(failure.contains("1 request had no response: there is no"), "{failure}");
    let ran = app.one("no_key_where_no_call_is_declared").output();
    assert!(ran.success, "{}", ran.everything());
}

#[test]
fn a_body_that_fails_on_a_response_says_where_it_is_from() {
    let app = app();
    insta::assert_snapshot!(app.failure("a_panic_without_a_miss"), @r#"
    thread 'a_panic_without_a_miss' panicked at tests/api.rs:38:5:
    assertion `left == right` failed
      left: "A fox."
     right: "A dog."

    llmock: api::a_panic_without_a_miss: every request of the test had a response, from #1 in tests/fixtures/known.json
    "#);
    insta::assert_snapshot!(app.failure("a_panic_over_the_response_of_a_mock"), @r#"
    thread 'tokio-rt-worker' panicked at client/src/lib.rs:33:34:
    called `Result::unwrap()` on an `Err` value: "{}"

    thread 'a_panic_over_the_response_of_a_mock' panicked at tests/api.rs:462:5:
    the client could not read it

    llmock: api::a_panic_over_the_response_of_a_mock: every request of the test had a response, from a `Mock` for POST /v1/chat/completions
    "#);
}
