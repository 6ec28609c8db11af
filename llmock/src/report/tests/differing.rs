//! Requests whose body differs from what was recorded: the diff, the hints, and what is left out.

use super::*;
use crate::report::{Note, Outcome, Rule, Sign, Surface};

#[test]
fn a_body_that_differs_is_shown_by_path() {
    let report = with_misses([miss(body_differs(prompt_and_knob()))]);
    insta::assert_snapshot!(plain(&report), @r#"
    llmock: 1 request is not in tests/fixtures/summarize.json

      × POST /v1/chat/completions   openai gpt-4o · 3rd request of this test
        prompt: "Summarise: The quick brown foxes"
        no recorded request matches this body; the closest is #3 in the file (recorded 2026-05-02)
        - recorded, + sent; JSON paths count from 0

          $.messages[1].content
        -   "Summarise: The quick brown fox"
        +   "Summarise: The quick brown foxes"
                                           ^^
          $.temperature
        -   0.2
        +   (absent)

      If it changes on every run, recording again does not help: make it constant, or `normalize` what varies.
      If the change is on purpose, record the test again (this calls openai and needs OPENAI_API_KEY):
          LLMOCK_MODE=record cargo test --test api -- summarize --exact
    "#);
}

#[test]
fn colour_adds_to_it_and_says_nothing_new() {
    let report = with_misses([miss(body_differs(prompt_and_knob()))]);
    let colourful = block(&report, Style { colour: true, ..Style::default() }).expect("it fails");
    insta::assert_snapshot!(colourful.replace('\u{1b}', "␛"), @r#"
    ␛[1mllmock:␛[0m ␛[1m1 request is not in tests/fixtures/summarize.json␛[0m

      ␛[31m×␛[0m ␛[1mPOST /v1/chat/completions␛[0m   ␛[2mopenai gpt-4o · 3rd request of this test␛[0m
        prompt: "Summarise: The quick brown foxes"
        no recorded request matches this body; the closest is #3 in the file (recorded 2026-05-02)
        ␛[2m- recorded, + sent; JSON paths count from 0␛[0m

          $.messages[1].content
        ␛[31m-␛[0m   ␛[31m"␛[0m␛[31mSummarise: The quick brown ␛[0m␛[31mfox␛[0m␛[31m"␛[0m
        ␛[32m+␛[0m   ␛[32m"␛[0m␛[32mSummarise: The quick brown ␛[0m␛[32mfox␛[0m␛[1;7;32mes␛[0m␛[32m"␛[0m
          $.temperature
        ␛[31m-␛[0m   ␛[1;7;31m0.2␛[0m
        ␛[32m+␛[0m   ␛[32m(absent)␛[0m

      If it changes on every run, recording again does not help: make it constant, or `normalize` what varies.
      If the change is on purpose, record the test again (this calls openai and needs OPENAI_API_KEY):
          LLMOCK_MODE=record cargo test --test api -- summarize --exact
    "#);
    let pattern = regex::Regex::new("\u{1b}\\[[0-9;]+m").expect("a constant pattern");
    // Without colours, marks below a line stand for them.
    let plain = plain(&report);
    let lines =
        plain.lines().filter(|line| !line.trim_matches([' ', '^']).is_empty() || line.is_empty());
    let plain = lines.collect::<Vec<_>>().join("\n");
    assert_eq!(pattern.replace_all(&colourful, ""), plain);
}

#[test]
fn a_knob_may_be_left_out_by_a_rule() {
    let knob = vec![difference("$.temperature", Some("0.2"), Some("0.7"))];
    let mut report = with_misses([miss(body_differs(knob))]);
    insta::assert_snapshot!(plain(&report), @r#"
    llmock: 1 request is not in tests/fixtures/summarize.json

      × POST /v1/chat/completions   openai gpt-4o · 3rd request of this test
        prompt: "Summarise: The quick brown foxes"
        no recorded request matches this body; the closest is #3 in the file (recorded 2026-05-02)
        - recorded, + sent

          $.temperature
        -   0.2
              ^
        +   0.7
              ^

      If it changes on every run, recording again does not help: make it constant.
      If the change is on purpose, record the test again (this calls openai and needs OPENAI_API_KEY):
          LLMOCK_MODE=record cargo test --test api -- summarize --exact
    "#);
    report.surface = Surface::Builder;
    report.command = Command::Program;
    insta::assert_snapshot!(plain(&report), @r#"
    llmock: 1 request is not in tests/fixtures/summarize.json

      × POST /v1/chat/completions   openai gpt-4o · 3rd request of this test
        prompt: "Summarise: The quick brown foxes"
        no recorded request matches this body; the closest is #3 in the file (recorded 2026-05-02)
        - recorded, + sent

          $.temperature
        -   0.2
              ^
        +   0.7
              ^

      If it changes on every run, recording again does not help: make it constant.
      If the change is on purpose, record the test again (this calls openai and needs OPENAI_API_KEY):
          set LLMOCK_MODE=record and run the program again
    "#);
}

#[test]
fn a_date_in_a_prompt_may_be_evened() {
    let filler = "You are a careful assistant who answers in one paragraph. ".repeat(30);
    let side = |day: &str| format!("\"{filler}Today is {day}. {filler}\"");
    let differences = vec![difference(
        "$.messages[0].content",
        Some(&side("2026-04-23")),
        Some(&side("2026-05-02")),
    )];
    let report = with_misses([miss(body_differs(differences))]);
    insta::assert_snapshot!(plain(&report), @r#"
    llmock: 1 request is not in tests/fixtures/summarize.json

      × POST /v1/chat/completions   openai gpt-4o · 3rd request of this test
        prompt: "Summarise: The quick brown foxes"
        no recorded request matches this body; the closest is #3 in the file (recorded 2026-05-02)
        - recorded, + sent; JSON paths count from 0

          $.messages[0].content
        -   "…aragraph. Today is 2026-04-23. You are a careful assi…"
                                      ^^^^^
        +   "…aragraph. Today is 2026-05-02. You are a careful assi…"
                                      ^^^^^

      A date usually changes on every run, so recording again does not help. Let it vary, in #[llm_replay(..)]:
          normalize("$.messages[0].content", "[0-9]{4}-[0-9]{2}-[0-9]{2}" => "<date>")
      If the change is on purpose, record the test again (this calls openai and needs OPENAI_API_KEY):
          LLMOCK_MODE=record cargo test --test api -- summarize --exact
    "#);
}

#[test]
fn what_was_added_to_a_conversation_is_shortened() {
    let long = "word ".repeat(2_000);
    let differences = vec![difference(
        "$.messages[3]",
        None,
        Some(&format!(r#"{{"role":"tool","tool_call_id":"call_1","content":"{long}"}}"#)),
    )];
    let closest = Closest {
        owner: Some("api::other_test".into()),
        used_by: Some(1),
        divergence: None,
        resembles: true,
        others: Vec::new(),
        ..closest()
    };
    let report = with_misses([miss(MissReason::BodyDiffers { closest, differences })]);
    insta::assert_snapshot!(plain(&report), @r#"
    llmock: 1 request is not in tests/fixtures/summarize.json

      × POST /v1/chat/completions   openai gpt-4o · 3rd request of this test
        prompt: "Summarise: The quick brown foxes"
        no recorded request matches this body; the closest is #3 in the file (recorded 2026-05-02, by `api::other_test`, used by the 1st request)
        - recorded, + sent; JSON paths count from 0

          $.messages[3]   added
        +   {"role":"tool","tool_call_id":"call_1","content":"word word word word word word …rd word word word word word "} (10,052 characters)

      If it changes on every run, recording again does not help: make it constant.
      If the change is on purpose, record the test again (this calls openai and needs OPENAI_API_KEY):
          LLMOCK_MODE=record cargo test --test api -- summarize --exact
    "#);
}

#[test]
fn a_client_that_tries_again_is_told_once() {
    let again = |request| Miss { request, ..miss(body_differs(prompt_and_knob())) };
    let report = with_misses([again(3), again(4), again(5)]);
    let text = plain(&report);
    assert!(text.starts_with("llmock: 3 requests are not in tests/fixtures/summarize.json"));
    assert_eq!(text.matches('×').count(), 1);
    assert!(text.contains("3rd, 4th, and 5th request of this test"), "{text}");
    let often = plain(&with_misses((3..=20).map(again)));
    assert!(often.contains("18 requests of this test, from the 3rd on"), "{often}");
}

#[test]
fn at_most_three_misses_are_shown_in_full() {
    let other = |request: usize| Miss {
        request,
        prompt: Some(format!("question {request}")),
        ..miss(body_differs(vec![difference("$.seed", Some("1"), Some(&request.to_string()))]))
    };
    let report = with_misses((2..=8).map(other));
    insta::assert_snapshot!(plain(&report), @r#"
    llmock: 7 requests are not in tests/fixtures/summarize.json

      × POST /v1/chat/completions   openai gpt-4o · 2nd request of this test
        prompt: "question 2"
        no recorded request matches this body; the closest is #3 in the file (recorded 2026-05-02)
        - recorded, + sent

          $.seed
        -   1
        +   2

      × POST /v1/chat/completions   openai gpt-4o · 3rd request of this test
        prompt: "question 3"
        no recorded request matches this body; the closest is #3 in the file (recorded 2026-05-02)

          $.seed
        -   1
        +   3

      × POST /v1/chat/completions   openai gpt-4o · 4th request of this test
        prompt: "question 4"
        no recorded request matches this body; the closest is #3 in the file (recorded 2026-05-02)

          $.seed
        -   1
        +   4

      and 4 more requests without a response

      If it changes on every run, recording again does not help: make it constant.
      If the change is on purpose, record the test again (this calls openai and needs OPENAI_API_KEY):
          LLMOCK_MODE=record cargo test --test api -- summarize --exact
    "#);
}

#[test]
fn notes_and_rules_stand_last() {
    let mut report = with_misses([miss(body_differs(prompt_and_knob()))]);
    report.outcome = Outcome::Cancelled;
    report.mode = "auto";
    report.rules = vec![
        Rule {
            rule: "ignore(\"$.metadata.run\")".into(),
            origin: "llmock.toml of the workspace".into(),
        },
        Rule { rule: "mode = \"auto\"".into(), origin: "LLMOCK_MODE".into() },
    ];
    report.notes = vec![
        Note::OnlyReplayedInCi { mode: "auto" },
        Note::Unused { interactions: vec![(1, None)], why_kept: None },
        Note::Stray { method: "POST".into(), path: "/v1/messages".into(), test: None },
        Note::LeftBehind {
            request: 3,
            sign: Sign::Connection { test: Some("api::earlier".into()) },
        },
    ];
    insta::assert_snapshot!(plain(&report), @r#"
    llmock: 1 request is not in tests/fixtures/summarize.json
      the test was cancelled before it ended

      × POST /v1/chat/completions   openai gpt-4o · 3rd request of this test
        prompt: "Summarise: The quick brown foxes"
        no recorded request matches this body; the closest is #3 in the file (recorded 2026-05-02)
        - recorded, + sent; JSON paths count from 0

          $.messages[1].content
        -   "Summarise: The quick brown fox"
        +   "Summarise: The quick brown foxes"
                                           ^^
          $.temperature
        -   0.2
        +   (absent)

      rules in force: mode = "auto" (LLMOCK_MODE)

      note: POST /v1/messages started before this test, so llmock refused it and did not count it
      note: the 3rd request used a connection that was opened while test `api::earlier` was running, so that test may have sent it

      If it changes on every run, recording again does not help: make it constant, or `normalize` what varies.
      If the change is on purpose, record the test again (this calls openai and needs OPENAI_API_KEY):
          LLMOCK_MODE=record cargo test --test api -- summarize --exact
    "#);
}
