//! The last lines of a report: what to do next.

use super::*;
use crate::report::{Elsewhere, Failure, Note, OthersInFixture, Rule, Surface, Upstream, cause};

fn changed_prompt() -> Report {
    with_misses([miss(body_differs(prompt_and_knob()))])
}

/// What stands below the evidence.
fn footer(report: &Report) -> String {
    let text = plain(report);
    let at = text.find("(absent)\n").map_or(0, |at| at + "(absent)\n".len());
    text[at..].trim_start_matches('\n').to_owned()
}

fn other(name: &str) -> Invocation {
    let filter = Some(Filter { name: name.into(), exact: true });
    Invocation { run: "cargo test --test api".into(), filter }
}

#[test]
fn ci_sends_its_reader_to_another_machine() {
    let mut report = changed_prompt();
    report.in_ci = true;
    insta::assert_snapshot!(footer(&report), @"
    If it changes on every run, recording again does not help: make it constant, or `normalize` what varies.
    In CI nothing is recorded.
    If the change is on purpose, record the test again on your machine and commit the fixture (this calls openai and needs OPENAI_API_KEY):
        LLMOCK_MODE=record cargo test --test api -- summarize --exact
    ");
    report.misses = vec![miss(MissReason::NoFixtureFile)];
    insta::assert_snapshot!(footer(&report), @r#"
    llmock: 1 request had no response: there is no tests/fixtures/summarize.json yet

      × POST /v1/chat/completions   openai gpt-4o · 3rd request of this test
        prompt: "Summarise: The quick brown foxes"

      In CI nothing is recorded: was the fixture committed?
      If not, record the test on your machine and commit the fixture (this calls openai and needs OPENAI_API_KEY):
          LLMOCK_MODE=record cargo test --test api -- summarize --exact
    "#);
}

#[test]
fn one_command_records_all_failures_of_the_run() {
    let mut report = changed_prompt();
    report.others = vec![other("translate"), other("summarize"), other("translate")];
    insta::assert_snapshot!(footer(&report), @"
    If it changes on every run, recording again does not help: make it constant, or `normalize` what varies.
    If the change is on purpose, record the test again (this calls openai and needs OPENAI_API_KEY):
        LLMOCK_MODE=record cargo test --test api -- summarize --exact
    Or record the 2 tests that have failed so far:
        LLMOCK_MODE=record cargo test --test api -- summarize translate --exact
    ");
    report.misses.clear();
    report.failures.push(Failure::Calls { expected: 2, got: 1 });
    insta::assert_snapshot!(footer(&report), @"
    llmock: 1 request reached llmock, expected 2 (`calls = 2`)

      if the new number is right, set `calls = 1`

      Recording helps 1 test that failed earlier in this run:
          LLMOCK_MODE=record cargo test --test api -- translate --exact
    ");
}

#[test]
fn a_cause_that_was_shown_is_named() {
    let mut report = changed_prompt();
    report.same_as = Some("api::translate".into());
    report.others = vec![other("translate")];
    insta::assert_snapshot!(footer(&report), @r#"
    llmock: 1 request is not in tests/fixtures/summarize.json

      × POST /v1/chat/completions   openai gpt-4o · 3rd request of this test
        prompt: "Summarise: The quick brown foxes"

      the cause is the same as in test `api::translate`, whose report shows it in full
          LLMOCK_MODE=record cargo test --test api -- summarize --exact
      Or record the 2 tests that have failed so far:
          LLMOCK_MODE=record cargo test --test api -- summarize translate --exact
    "#);
}

#[test]
fn only_one_cause_has_one_digest() {
    let report = |differences| with_misses([miss(body_differs(differences))]);
    let other = vec![difference("$.seed", Some("1"), Some("2"))];
    assert_eq!(cause::digest(&changed_prompt()), cause::digest(&report(prompt_and_knob())));
    assert_ne!(cause::digest(&changed_prompt()), cause::digest(&report(other)));
    let retried =
        with_misses([miss(body_differs(prompt_and_knob())), miss(body_differs(prompt_and_knob()))]);
    assert_eq!(cause::digest(&changed_prompt()), cause::digest(&retried));
    assert_eq!(cause::digest(&with_misses([miss(MissReason::NoFixtureFile)])), None);
    let mut both = changed_prompt();
    both.failures.push(Failure::Calls { expected: 2, got: 1 });
    assert_eq!(cause::digest(&both), None);
}

#[test]
fn fixtures_that_may_have_been_meant_are_named() {
    let mut report = with_misses([miss(MissReason::NoFixtureFile)]);
    let found = Elsewhere {
        path: "tests/fixtures/welcome.json".into(),
        name: "welcome".into(),
        owner: None,
        holds_request: true,
        rename: None,
    };
    report.elsewhere = vec![found.clone()];
    insta::assert_snapshot!(footer(&report), @r#"
    llmock: 1 request had no response: there is no tests/fixtures/summarize.json yet

      × POST /v1/chat/completions   openai gpt-4o · 3rd request of this test
        prompt: "Summarise: The quick brown foxes"

      tests/fixtures/welcome.json contains this request: did you mean fixture = "welcome"?

      If the test is new, record it (this calls openai and needs OPENAI_API_KEY):
          LLMOCK_MODE=record cargo test --test api -- summarize --exact
    "#);
    report.surface = Surface::Builder;
    report.elsewhere = vec![Elsewhere {
        name: "tests/fixtures/welcome".into(),
        holds_request: false,
        ..found.clone()
    }];
    insta::assert_snapshot!(footer(&report), @r#"
    llmock: 1 request had no response: there is no tests/fixtures/summarize.json yet

      × POST /v1/chat/completions   openai gpt-4o · 3rd request of this test
        prompt: "Summarise: The quick brown foxes"

      tests/fixtures/welcome.json has a similar name: did you mean .fixture("tests/fixtures/welcome")?

      If the test is new, record it (this calls openai and needs OPENAI_API_KEY):
          LLMOCK_MODE=record cargo test --test api -- summarize --exact
    "#);
    report.surface = Surface::Attribute;
    report.elsewhere = vec![Elsewhere {
        owner: Some("api::welcomes".into()),
        rename: Some("mv tests/fixtures/welcomes.json tests/fixtures/summarize.json".into()),
        ..found
    }];
    insta::assert_snapshot!(footer(&report), @r#"
    llmock: 1 request had no response: there is no tests/fixtures/summarize.json yet

      × POST /v1/chat/completions   openai gpt-4o · 3rd request of this test
        prompt: "Summarise: The quick brown foxes"

      tests/fixtures/welcome.json contains this request, recorded by test `api::welcomes`. If that test was renamed, rename its fixture too:
          mv tests/fixtures/welcomes.json tests/fixtures/summarize.json

      If the test is new, record it (this calls openai and needs OPENAI_API_KEY):
          LLMOCK_MODE=record cargo test --test api -- summarize --exact
    "#);
}

#[test]
fn interactions_of_other_tests_are_no_surprise() {
    let mut report = changed_prompt();
    let owners = vec!["api::translate".to_owned()];
    let others = OthersInFixture { owners, interactions: vec![1, 2], is_replaced: false };
    report.others_in_fixture = Some(others.clone());
    insta::assert_snapshot!(footer(&report), @"
    If it changes on every run, recording again does not help: make it constant, or `normalize` what varies.
    Every interaction of tests/fixtures/summarize.json was recorded by `api::translate`.
    Recording leaves them as they are and adds those of this test: is it the right fixture?
    If the change is on purpose, record the test again (this calls openai and needs OPENAI_API_KEY):
        LLMOCK_MODE=record cargo test --test api -- summarize --exact
    ");
    report.others_in_fixture =
        Some(OthersInFixture { owners: Vec::new(), is_replaced: true, ..others });
    insta::assert_snapshot!(footer(&report), @"
    If it changes on every run, recording again does not help: make it constant, or `normalize` what varies.
    Recording removes #1 and #2 of tests/fixtures/summarize.json: no test owns them, and this run did not request them.
    If the change is on purpose, record the test again (this calls openai and needs OPENAI_API_KEY):
        LLMOCK_MODE=record cargo test --test api -- summarize --exact
    ");
}

#[test]
fn a_recording_that_failed_says_where_it_went_and_what_is_kept() {
    let mut report = report();
    report.mode = "record";
    report.failures = vec![Failure::UpstreamError {
        provider: "openai",
        method: "POST".into(),
        path: "/v1/chat/completions".into(),
        status: 401,
        inside: false,
        message: Some("Incorrect API key provided".into()),
        key: None,
    }];
    report.upstreams = vec![Upstream {
        provider: "openai",
        address: Some("https://gateway.example/v1".into()),
        address_variable: Some(("OPENAI_BASE_URL".into(), true)),
        key_variable: Some(("OPENAI_API_KEY".into(), false)),
    }];
    report.notes =
        vec![Note::AttemptKept { path: "tests/fixtures/a.json.failed".into(), count: 2 }];
    report.keep = Some("mv tests/fixtures/a.json.failed tests/fixtures/a.json".into());
    insta::assert_snapshot!(plain(&report), @r#"
    llmock: openai responded with 401 to POST /v1/chat/completions, so it was not recorded

      its message: "Incorrect API key provided"

      requests to openai go to https://gateway.example/v1, which `OPENAI_BASE_URL` says
      `OPENAI_API_KEY` is not set: clients usually read the key from it
      if the test is about this error, record it: allow_errors(401)

      kept 2 interactions in tests/fixtures/a.json.failed; to make the fixture of it:
          mv tests/fixtures/a.json.failed tests/fixtures/a.json

      when the cause is fixed, run it again:
          LLMOCK_MODE=record cargo test --test api -- summarize --exact
    "#);
    report.keep = Some("llmock keep tests/fixtures/a.json.failed".into());
    report.failures.clear();
    let (upstream, why) = ("https://api.openai.com/v1".into(), "connection refused".into());
    report.misses = vec![miss(MissReason::UpstreamFailed { upstream, why })];
    report.upstreams[0].address = Some("https://api.openai.com/v1".into());
    report.upstreams[0].address_variable = Some(("OPENAI_BASE_URL".into(), false));
    report.upstreams[0].key_variable = Some(("OPENAI_API_KEY".into(), true));
    insta::assert_snapshot!(footer(&report), @r#"
    llmock: 1 request could not be recorded into tests/fixtures/summarize.json

      × POST /v1/chat/completions   openai gpt-4o · 3rd request of this test
        prompt: "Summarise: The quick brown foxes"
        https://api.openai.com/v1 could not be reached: connection refused

      requests to openai go to https://api.openai.com/v1; to use another address, set `OPENAI_BASE_URL`
      its key is taken from `OPENAI_API_KEY`

      kept 2 interactions in tests/fixtures/a.json.failed; to put it into the fixture (`cargo install llmock-cli`):
          llmock keep tests/fixtures/a.json.failed

      when the cause is fixed, run it again:
          LLMOCK_MODE=record cargo test --test api -- summarize --exact
    "#);
}

#[test]
fn rules_are_listed_only_if_they_matter() {
    let rule = |rule: &str| Rule { rule: rule.into(), origin: "`llmock.toml`".into() };
    let all = vec![
        rule("ignore(\"$.metadata.run\")"),
        rule("normalize(\"$.input\", \"[0-9]+\" => \"NUMBER\")"),
        rule("order = \"strict\""),
        rule("unused = \"fail\""),
    ];
    let mut report = changed_prompt();
    report.rules = all.clone();
    assert!(!plain(&report).contains("rules in force"));
    let normalized = difference("$.input", Some("\"NUMBER a\""), Some("\"NUMBER b\""));
    report.misses = vec![miss(body_differs(vec![normalized]))];
    let text = plain(&report);
    let line = text.lines().find(|line| line.contains("rules in force")).expect("a line");
    assert_eq!(
        line,
        "  rules in force: normalize(\"$.input\", \"[0-9]+\" => \"NUMBER\") (`llmock.toml`)"
    );
    report.misses = vec![miss(MissReason::AlreadyUsed { interaction: 1, by_request: 1 })];
    assert!(plain(&report).contains("rules in force: order = \"strict\" (`llmock.toml`)"));
    // What the test itself says is in the sentence already.
    for rule in &mut report.rules {
        rule.origin = "`#[llm_replay]`".into();
    }
    assert!(!plain(&report).contains("rules in force"));
}
