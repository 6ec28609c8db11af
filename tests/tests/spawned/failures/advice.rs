//! The next step of a report follows the cause, and works when it is pasted.

use super::app::app;

#[test]
fn a_fixture_that_was_meant_is_found() {
    let app = app();
    let failure = app.failure("a_misspelt_fixture");
    let expected =
        "tests/fixtures/known.json contains this request: did you mean fixture = \"known\"?";
    assert!(failure.contains(expected), "{failure}");
    let failure = app.failure("a_fixture_with_its_folder");
    let expected =
        "tests/fixtures/known.json has a similar name: did you mean fixture = \"known\"?";
    assert!(failure.contains(expected), "{failure}");
}

#[test]
fn the_fixture_of_a_renamed_test_is_renamed_by_the_printed_command() {
    let app = app();
    let failure = app.failure("a_renamed_test");
    let (old, new) =
        ("tests/fixtures/api/its_old_name.json", "tests/fixtures/api/a_renamed_test.json");
    assert!(failure.contains("recorded by test `api::its_old_name`"), "{failure}");
    assert!(failure.contains(&format!("\n      mv {old} {new}\n")), "{failure}");
    std::fs::rename(app.scratch().path(old), app.scratch().path(new)).unwrap();
    let note = app.note("a_renamed_test");
    assert!(
        note.contains("#1 (\"before the test was renamed\") of tests/fixtures/api/a_renamed"),
        "{note}"
    );
    assert!(note.contains("if `api::its_old_name` was renamed to this test"), "{note}");
}

#[test]
fn recording_into_the_fixture_of_another_test_is_warned_of() {
    let failure = app().failure("a_fixture_of_another_test");
    let expected =
        "Every interaction of tests/fixtures/of/another.json was recorded by `api::somebody_else`.";
    assert!(failure.contains(expected), "{failure}");
}

#[test]
fn values_that_change_on_every_run_get_rules_before_the_command() {
    let failure = app().failure("a_day_and_an_id");
    let lead = "A UUID and a date usually change on every run, so recording again does not help.";
    let rule = "normalize(\"$.messages[0].content\", \"[0-9]{4}-[0-9]{2}-[0-9]{2}\" => \"<date>\")";
    let places = [lead, rule, "LLMOCK_MODE=record"].map(|part| failure.find(part));
    assert!(places.iter().all(Option::is_some) && places.is_sorted(), "{failure}");
}

#[test]
fn ci_sends_its_reader_to_another_machine() {
    let app = app();
    for (test, expected) in [
        ("a_swallowed_miss", "record the test again on your machine and commit"),
        ("no_fixture_yet", "In CI nothing is recorded: was the fixture committed?"),
    ] {
        let failure = app.one(test).env("CI", "true").output().failure(test);
        assert!(failure.contains("In CI nothing is recorded"), "{failure}");
        assert!(failure.contains(expected), "{failure}");
    }
}

#[test]
fn one_cause_is_shown_once_and_one_command_records_all() {
    let app = app();
    let words = ["the_same_cause", "a_panic_after_a_miss", "a_swallowed_miss", "--test-threads=1"];
    let ran = app.scratch().test(app.program("api"), words).output();
    let failed = ran.failed();
    assert_eq!(failed.len(), 4, "{failed:?}");
    let first = ran.failure("a_panic_after_a_miss");
    assert!(first.contains("Summarise: the quick brown fox"), "{first}");
    let later = ran.failure("the_same_cause_as_a_panic_after_a_miss");
    assert!(
        later.contains("the cause is the same as in test `api::a_panic_after_a_miss`"),
        "{later}"
    );
    assert!(!later.contains("quick brown"), "{later}");
    let command = "LLMOCK_MODE=record cargo test --test api -- a_panic_after_a_miss a_swallowed_miss \
                   a_swallowed_miss_in_a_task the_same_cause_as_a_panic_after_a_miss --exact";
    assert!(later.contains("Or record the 4 tests that have failed so far:"), "{later}");
    assert!(later.contains(command), "{later}");
}
