//! A body that fails, or never ends, keeps the first word.

use llmock_testkit::scratch::answered;
use llmock_testkit::upstream::{Response, Upstream};

use super::app::{SLOW_FOX, app};

#[test]
fn failures_of_the_body_come_first() {
    let app = app();
    let test = "a_panic_after_a_miss";
    let panic =
        "thread 'a_panic_after_a_miss' panicked at tests/api.rs:32:5:\nthe body's own words";
    assert_eq!(app.failure(test), format!("{panic}\n\n{}", SLOW_FOX.report(test)));
    insta::assert_snapshot!(app.failure("a_panic_without_a_miss"), @r#"
    thread 'a_panic_without_a_miss' panicked at tests/api.rs:38:5:
    assertion `left == right` failed
      left: "A fox."
     right: "A dog."

    llmock: api::a_panic_without_a_miss: every request of the test had a response, from #1 in tests/fixtures/known.json
    "#);
    let test = "an_error_after_a_miss";
    let failure = app.failure(test);
    let report = SLOW_FOX.report(test);
    let error = failure.strip_prefix(&report).unwrap_or_else(|| panic!("{failure}"));
    insta::assert_snapshot!(error.trim(), @r#"Error: "status 418: {\"error\":{\"message\":\"llmock: no response for POST /v1/chat/completions: this request is not in tests/fixtures/known.json; the report at the end of this test has the details\",\"type\":\"llmock_unmatched\",\"param\":null,\"code\":\"llmock_unmatched\"}}""#);
}

#[test]
fn failing_tests_keep_the_recording_and_save_traffic() {
    const FIXTURE: &str = "tests/fixtures/known.json";
    let app = app();
    let good = app.scratch().read(FIXTURE);
    // The last is an answer that the client can make nothing of.
    for (test, said, body, own_words) in [
        ("a_panic_without_a_miss", "A cat.", answered("A cat."), "`left == right` failed"),
        ("a_panic_in_an_async_body", "A bird.", answered("A bird."), "`left == right` failed"),
        ("an_error_after_a_miss", "A stone.", r#"{"text":"A stone."}"#.to_owned(), "Error: "),
    ] {
        let upstream = Upstream::start([Response::json(body.as_str())]);
        let run = app
            .one(test)
            .env("LLMOCK_MODE", "record")
            .env("OPENAI_BASE_URL", upstream.openai_url());
        let ran = run.output();
        assert!(!ran.success, "{}", ran.everything());
        assert!(ran.failure(test).contains(own_words), "{}", ran.everything());
        assert_eq!(upstream.requests().len(), 1, "{test}");
        assert_eq!(app.scratch().read(FIXTURE), good, "{test}");
        let kept = app.scratch().read(&format!("{FIXTURE}.failed"));
        assert!(kept.contains(said), "{test}: {kept}");
    }
}

#[test]
fn expected_panics_are_recorded_and_others_are_not() {
    let app = app();
    let upstream = Upstream::chat("A cat.");
    let recording = |test| {
        app.one(test)
            .env("LLMOCK_MODE", "record")
            .env("OPENAI_BASE_URL", upstream.openai_url())
            .output()
    };
    let ran = recording("a_panic_that_is_wanted");
    assert!(ran.success, "{}", ran.everything());
    assert!(app.scratch().read("tests/fixtures/wanted.json").contains("A cat."));
    let replayed = app.one("a_panic_that_is_wanted").output();
    assert!(replayed.success, "{}", replayed.everything());
    assert_eq!(upstream.requests().len(), 1);

    let ran = recording("a_panic_that_is_not_wanted");
    assert!(!ran.success, "{}", ran.everything());
    assert!(!app.scratch().path("tests/fixtures/not_wanted.json").exists());
}

#[test]
fn llmock_failures_fail_tests_under_should_panic() {
    let app = app();
    let test = "a_bare_should_panic_after_a_miss";
    let note = "note: test did not panic as expected at tests/api.rs:72:4";
    assert_eq!(app.failure(test), format!("{}\n\n{note}", SLOW_FOX.report(test)));
    for test in [
        "an_expected_panic_after_a_miss",
        "an_expected_panic_that_does_not_come",
        "a_miss_under_should_panic_with_the_attribute_below",
        "a_miss_under_should_panic_in_an_async_body",
        "a_miss_under_should_panic_in_an_async_body_with_the_attribute_below",
        "under_should_panic::another",
    ] {
        let failure = app.failure(test);
        assert!(failure.contains("llmock: 1 request is not in"), "{test}: {failure}");
        assert!(failure.contains("note: test did not panic as expected"), "{test}: {failure}");
    }
    let failure = app.failure("a_missing_fixture_under_should_panic");
    assert!(failure.contains("tests/fixtures/nowhere.json"), "{failure}");
    assert!(failure.contains("note: test did not panic as expected"), "{failure}");
    let failure = app.failure("under_should_panic::left");
    assert!(failure.contains("panicked at tests/api.rs"), "{failure}");
}

#[test]
fn cancelled_tests_print_a_note_once() {
    let app = app();
    insta::assert_snapshot!(app.note("a_cancelled_body_gives_its_turn_back"), @"
    llmock: test `api::cancelled` was cancelled before it ended, so nothing was checked
    llmock: test `api::cancelled` was cancelled before it ended, so nothing was checked
    ");
    insta::assert_snapshot!(app.note("a_timeout_cancels"), @"llmock: test `api::late` was cancelled before it ended, so nothing was checked");
}

#[test]
fn failures_mention_a_paused_clock() {
    const NOTE: &str = "the tokio clock of this test is paused, so client timeouts expire at once: call \
                        `tokio::time::pause()` after the requests, or `tokio::time::resume()` before them";
    let app = app();
    let panicked = app.failure("a_panic_under_a_paused_clock");
    assert!(panicked.contains("the body's own words\n\nllmock: "), "{panicked}");
    assert!(panicked.contains(NOTE), "{panicked}");
    let missed = app.failure("a_miss_under_a_paused_clock");
    assert!(missed.contains("1 request is not in"), "{missed}");
    assert!(missed.contains(&format!("\n  note: {NOTE}")), "{missed}");
    assert_eq!(app.note("a_clock_that_is_paused_after_the_requests"), "");
}
