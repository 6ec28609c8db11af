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
    insta::assert_snapshot!(footer(&report), @"");
    report.misses = vec![miss(MissReason::NoFixtureFile)];
    insta::assert_snapshot!(footer(&report), @"");
}

#[test]
fn one_command_records_all_failures_of_the_run() {
    let mut report = changed_prompt();
    report.others = vec![other("translate"), other("summarize"), other("translate")];
    insta::assert_snapshot!(footer(&report), @"");
    report.misses.clear();
    report.failures.push(Failure::Calls { expected: 2, got: 1 });
    insta::assert_snapshot!(footer(&report), @"");
}

#[test]
fn a_cause_that_was_shown_is_named() {
    let mut report = changed_prompt();
    report.same_as = Some("api::translate".into());
    report.others = vec![other("translate")];
    insta::assert_snapshot!(footer(&report), @"");
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
    insta::assert_snapshot!(footer(&report), @"");
    report.surface = Surface::Builder;
    report.elsewhere = vec![Elsewhere {
        name: "tests/fixtures/welcome".into(),
        holds_request: false,
        ..found.clone()
    }];
    insta::assert_snapshot!(footer(&report), @"");
    report.surface = Surface::Attribute;
    report.elsewhere = vec![Elsewhere {
        owner: Some("api::welcomes".into()),
        rename: Some("mv tests/fixtures/welcomes.json tests/fixtures/summarize.json".into()),
        ..found
    }];
    insta::assert_snapshot!(footer(&report), @"");
}

#[test]
fn interactions_of_other_tests_are_no_surprise() {
    let mut report = changed_prompt();
    let owners = vec!["api::translate".to_owned()];
    let others = OthersInFixture { owners, interactions: vec![1, 2], is_replaced: false };
    report.others_in_fixture = Some(others.clone());
    insta::assert_snapshot!(footer(&report), @"");
    report.others_in_fixture =
        Some(OthersInFixture { owners: Vec::new(), is_replaced: true, ..others });
    insta::assert_snapshot!(footer(&report), @"");
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
    insta::assert_snapshot!(plain(&report), @"");
    report.keep = Some("llmock keep tests/fixtures/a.json.failed".into());
    report.failures.clear();
    let (upstream, why) = ("https://api.openai.com/v1".into(), "connection refused".into());
    report.misses = vec![miss(MissReason::UpstreamFailed { upstream, why })];
    report.upstreams[0].address = Some("https://api.openai.com/v1".into());
    report.upstreams[0].address_variable = Some(("OPENAI_BASE_URL".into(), false));
    report.upstreams[0].key_variable = Some(("OPENAI_API_KEY".into(), true));
    insta::assert_snapshot!(footer(&report), @"");
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
