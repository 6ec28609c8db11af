//! Every other way to fail.

use super::app::app;

#[test]
fn other_failures_are_reported() {
    let app = app();
    insta::assert_snapshot!(app.failure("no_fixture_yet"), @r#"
    thread 'no_fixture_yet' panicked at tests/api.rs:212:1:

    llmock: 1 request had no response: there is no tests/fixtures/not/yet.json yet

      × POST /v1/chat/completions   openai gpt-5 · 1st request of this test
        last user message: "first"

      tests/fixtures/two.json contains this request: did you mean fixture = "two"?
      tests/fixtures/of/another.json contains this request, recorded by test `api::somebody_else`: did you mean fixture = "of/another"?

      If the test is new, record it (this calls openai and needs OPENAI_API_KEY):
          LLMOCK_MODE=record cargo test --test api -- no_fixture_yet --exact
    "#);
    insta::assert_snapshot!(app.failure("many_misses"), @r#"
    thread 'many_misses' panicked at tests/api.rs:218:1:

    llmock: 7 requests are not in tests/fixtures/known.json

      × POST /v1/chat/completions   openai gpt-5 · 1st request of this test
        last user message: "question 0"
        no recorded request resembles this prompt
        recorded, and not requested so far:
          #1 "Summarise: the quick brown fox"
          #2 "Translate: bread and butter"

      × POST /v1/chat/completions   openai gpt-5 · 2nd request of this test
        last user message: "question 1"
        no recorded request resembles this prompt
        recorded, and not requested so far:
          #1 "Summarise: the quick brown fox"
          #2 "Translate: bread and butter"

      × POST /v1/chat/completions   openai gpt-5 · 3rd request of this test
        last user message: "question 2"
        no recorded request resembles this prompt
        recorded, and not requested so far:
          #1 "Summarise: the quick brown fox"
          #2 "Translate: bread and butter"

      and 4 more requests without a response

      If it changes on every run, recording again does not help: make it constant, or `normalize` what varies.
      If the change is on purpose, record the test again (this calls openai and needs OPENAI_API_KEY):
          LLMOCK_MODE=record cargo test --test api -- many_misses --exact
    "#);
    insta::assert_snapshot!(app.failure("a_client_that_tries_again"), @r#"
    thread 'a_client_that_tries_again' panicked at tests/api.rs:226:1:

    llmock: 3 requests are not in tests/fixtures/known.json

      × POST /v1/chat/completions   openai gpt-5 · 1st, 2nd, and 3rd request of this test
        last user message: "Summarise: the slow fox"
        no recorded request matches this body; the closest is #1 in the file
        - recorded, + sent; JSON paths count from 0

          $.messages[0].content   user message, turn 1 of 1
        -   "Summarise: the quick brown fox"
                            ^^^^^^^^^^^
        +   "Summarise: the slow fox"
                            ^^^^

      If it changes on every run, recording again does not help: make it constant, or `normalize` what varies.
      If the change is on purpose, record the test again (this calls openai and needs OPENAI_API_KEY):
          LLMOCK_MODE=record cargo test --test api -- a_client_that_tries_again --exact
    "#);
    // wiremock panics with its own words first.
    let unsatisfied = app.failure("a_mock_that_is_not_called");
    let ours = unsatisfied.rfind("thread '").expect("a panic");
    insta::assert_snapshot!(&unsatisfied[ours..], @r#"
    thread 'a_mock_that_is_not_called' panicked at tests/api.rs:234:1:

    llmock: unmet `Mock` expectations

      Verifications failed:
      - Mock #0.
        Expected range of matching incoming requests: == 1
        Number of matched incoming requests: 0
      requests that arrived: POST /v1/chat/completions
      the `Mock`s count from 0 in the order of `mount`; to see a name here, give it one with `.named("...")`
    "#);
    insta::assert_snapshot!(app.failure("a_session_within_a_session"), @"
    thread 'a_session_within_a_session' panicked at tests/api.rs:250:5:

    llmock: `api::helper` has #[llm_replay], and it was called by a test that has it too, `api::a_session_within_a_session`

      remove #[llm_replay] from `api::helper`; the attribute of the test covers what it calls
    ");
}
