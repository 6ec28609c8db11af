//! A request without an answer fails the test, whatever the client made of it.

use super::app::{Miss, SLOW_FOX, app};

#[test]
fn swallowed_misses_fail_the_test_at_the_attribute() {
    let app = app();
    assert_eq!(app.note("all_matched"), "");
    insta::assert_snapshot!(app.failure("a_swallowed_miss"), @r#"
    thread 'a_swallowed_miss' panicked at tests/api.rs:15:1:

    llmock: 1 request is not in tests/fixtures/known.json

      × POST /v1/chat/completions   openai gpt-5 · 1st request of this test
        last user message: "Summarise: the quick brown foxes"
        no recorded request matches this body; the closest is #1 in the file
        - recorded, + sent; JSON paths count from 0

          $.messages[0].content   user message, turn 1 of 1
        -   "Summarise: the quick brown fox"
        +   "Summarise: the quick brown foxes"
                                           ^^

      If it changes on every run, recording again does not help: make it constant, or `normalize` what varies.
      If the change is on purpose, record the test again (this calls openai and needs OPENAI_API_KEY):
          LLMOCK_MODE=record cargo test --test api -- a_swallowed_miss --exact
    "#);
    let in_a_task = Miss {
        sent: "Translate: cheese",
        interaction: 2,
        recorded: "Translate: bread and butter",
        marks: ["            ^^^^^^^^^^^^^^^^", "            ^^^^^^"],
    };
    let test = "a_swallowed_miss_in_a_task";
    assert_eq!(app.failure(test), in_a_task.panic(test));
    for test in ["success_after_a_miss", "an_exit_code_after_a_miss"] {
        assert_eq!(app.failure(test), SLOW_FOX.panic(test));
    }
}

#[test]
fn strict_order_is_enforced() {
    let app = app();
    insta::assert_snapshot!(app.failure("the_wrong_order"), @r#"
    thread 'the_wrong_order' panicked at tests/api.rs:154:1:

    llmock: 2 requests arrived in a different order than in tests/fixtures/of/order.json

      × POST /v1/chat/completions   openai gpt-5 · 1st request of this test
        last user message: "second"
        the same 2 requests arrived in the order 2, 1 (`order = "strict"`)
        it matches #2 in the file, but #1 "first" comes next (POST /v1/chat/completions, `order = "strict"`)

      If the order of the requests changes on every run, take `order = "strict"` off.
      If the change is on purpose, record the test again (this calls openai and needs OPENAI_API_KEY):
          LLMOCK_MODE=record cargo test --test api -- the_wrong_order --exact
    "#);
    insta::assert_snapshot!(app.failure("asked_once_too_often"), @r#"
    thread 'asked_once_too_often' panicked at tests/api.rs:161:1:

    llmock: 1 request was sent more often than recorded in tests/fixtures/of/often.json

      × POST /v1/chat/completions   openai gpt-5 · 2nd request of this test
        last user message: "first"
        #1 in the file matches, but the 1st request of this test already used it (`order = "strict"`)

      If the number of requests changes on every run (a retry), take `order = "strict"` off.
      If the change is on purpose, record the test again (this calls openai and needs OPENAI_API_KEY):
          LLMOCK_MODE=record cargo test --test api -- asked_once_too_often --exact
    "#);
}

#[test]
fn background_calls_are_misses_unless_declared() {
    let app = app();
    assert_eq!(app.note("a_side_call"), "");
    insta::assert_snapshot!(app.failure("a_background_call"), @r#"
    thread 'a_background_call' panicked at tests/api.rs:184:1:

    llmock: 1 request is not in tests/fixtures/two.json

      × GET /v1/models   openai · 1st request of this test
        the fixture has no recording of this endpoint, only of:
          POST /v1/chat/completions  openai, 2 times

      If it is a background call that the test does not need, declare it, in #[llm_replay(..)]:
          side("GET /v1/models")
      If the change is on purpose, record the test again (this calls openai and needs OPENAI_API_KEY):
          LLMOCK_MODE=record cargo test --test api -- a_background_call --exact
    "#);
}
