//! Differences with names: elements that moved, roles and tools beside paths, characters, files, orders.

use super::*;
use crate::matching::binary::{BinaryDifference, Blob};
use crate::matching::labels::{Label, LabelKind};
use crate::matching::{ElementChange, Elements, Reordered};
use crate::report::Arrivals;

#[test]
fn an_order_is_one_entry_with_names() {
    let tool =
        |name: &str| Label { kind: LabelKind::Tool, tool: Some(name.into()), ..Label::default() };
    let message = |role: &str, text: &str| Label {
        kind: LabelKind::Message,
        role: Some(role.into()),
        text: Some(text.into()),
        ..Label::default()
    };
    let elements = |changes: Vec<ElementChange>, reversed: Option<Vec<Label>>| {
        Some(Elements { recorded: 4, sent: 4, reversed, changes, more: 0 })
    };
    let moved = ElementChange::Moved {
        element: tool("track_parcel"),
        from: 2,
        to: 1,
        past: Some(tool("stock")),
    };
    let report = with_misses([miss(body_differs(vec![
        Difference {
            reordered: Some(Reordered::Elements),
            elements: elements(vec![moved], None),
            ..difference("$.tools", Some("[1,2]"), Some("[2,1]"))
        },
        Difference {
            elements: elements(
                vec![
                    ElementChange::Added { element: message("user", "It is A-1009."), at: 2 },
                    ElementChange::Removed { element: message("assistant", "Its number?"), at: 3 },
                    ElementChange::Swapped {
                        elements: [message("user", "Hi"), message("user", "Bye")],
                        positions: [1, 4],
                    },
                ],
                None,
            ),
            ..difference("$.messages", Some("[1,2]"), Some("[2,1]"))
        },
        Difference {
            reordered: Some(Reordered::Elements),
            elements: elements(Vec::new(), Some(vec![tool("c"), tool("b"), tool("a")])),
            ..difference("$.documents", Some("[1,2]"), Some("[2,1]"))
        },
    ]))]);
    insta::assert_snapshot!(plain(&report), @r#"
    llmock: 1 request is not in tests/fixtures/summarize.json

      × POST /v1/chat/completions   openai gpt-4o · 3rd request of this test
        prompt: "Summarise: The quick brown foxes"
        no recorded request matches this body; the closest is #3 in the file (recorded 2026-05-02)
        - recorded, + sent

          $.tools
        ≠   the same tools in a different order: track_parcel moved from position 2 to 1, before stock
            a `HashMap` has another order in each process
          $.messages
        +   user message "It is A-1009." was added at position 2
        -   assistant message "Its number?" was removed from position 3
        ≠   user message "Hi" and user message "Bye" swapped places (positions 1 and 4)
          $.documents
        ≠   the same documents in a different order: reversed, now c, b, a, and 1 more
            a `HashMap` has another order in each process

      If the order changes on every run, as that of a `HashMap`, recording again does not help. Let it vary, in #[llm_replay(..)]:
          unordered("$.tools"),
          unordered("$.documents")
      If the change is on purpose, record the test again (this calls openai and needs OPENAI_API_KEY):
          LLMOCK_MODE=record cargo test --test api -- summarize --exact
    "#);
}

#[test]
fn paths_stand_beside_what_they_lead_to() {
    let label = |kind, tool: Option<&str>, turn| Label {
        kind,
        role: Some("user".into()),
        tool: tool.map(Into::into),
        text: None,
        turn: Some(turn),
    };
    let blob = |bytes| Some(Blob { media: "image/png".into(), bytes, is_base64: true });
    let report = with_misses([miss(body_differs(vec![
        Difference {
            label: Some(label(LabelKind::ToolCall, Some("track"), (2, 3))),
            inside: vec![difference("$.place", Some("\"Lyon\""), Some("\"Paris\""))],
            ..difference("$.messages[1].tool_calls[0].function.arguments", Some("1"), Some("2"))
        },
        Difference {
            label: Some(label(LabelKind::Message, None, (3, 3))),
            binary: Some(BinaryDifference {
                recorded: blob(12_345),
                sent: blob(12_346),
                first_byte: Some(1_234),
            }),
            ..difference("$.messages[2].content[1].image_url.url", Some("1"), Some("2"))
        },
        Difference {
            label: Some(label(LabelKind::ToolResult, Some("track"), (4, 4))),
            ..difference("$.messages[3]", None, Some(r#"{"role":"tool","content":"delivered"}"#))
        },
        difference("$.system", Some("\"caf\u{e9}\""), Some("\"cafe\u{301}\"")),
        difference("$.prompt", Some("\"one line\""), Some("\"one\u{a0}line\\n\"")),
    ]))]);
    insta::assert_snapshot!(plain(&report), @r#"
    llmock: 1 request is not in tests/fixtures/summarize.json

      × POST /v1/chat/completions   openai gpt-4o · 3rd request of this test
        prompt: "Summarise: The quick brown foxes"
        no recorded request matches this body; the closest is #3 in the file (recorded 2026-05-02)
        - recorded, + sent; JSON paths count from 0

          $.messages[1].tool_calls[0].function.arguments   call of tool `track`, turn 2 of 3, JSON in a string
            in it, $.place
        -   "Lyon"
        +   "Paris"
          $.messages[2].content[1].image_url.url   user message, turn 3 of 3
        -   image/png, 12,345 bytes (base64)
        +   image/png, 12,346 bytes (base64)
        ≠   the first byte that differs is byte 1,234
          $.messages[3]   result of tool `track`, turn 4 of 4, added
        +   {"role":"tool","content":"delivered"}
          $.system
        -   "caf\u{00e9}"
                ^^^^^^^^
        +   "cafe\u{0301}"
                ^^^^^^^^^
        ≠   recorded: `é` (U+00E9); sent: `e` and COMBINING ACUTE ACCENT (U+0301)
          $.prompt
        -   "one line"
                ^
        +   "one\u{00a0}line\n"
                ^^^^^^^^    ^^
        ≠   recorded: SPACE; sent: NO-BREAK SPACE (U+00A0)
        ≠   sent has a trailing newline (LINE FEED) that was not recorded

      If it changes on every run, recording again does not help: make it constant, or `normalize` what varies.
      If the change is on purpose, record the test again (this calls openai and needs OPENAI_API_KEY):
          LLMOCK_MODE=record cargo test --test api -- summarize --exact
    "#);
}

#[test]
fn a_prompt_that_nothing_resembles_is_set_beside_what_is_recorded() {
    let others = vec![(4, "Where is the shop?".to_owned()), (5, "When does it open?".to_owned())];
    let reason = |others: Vec<(usize, String)>| MissReason::BodyDiffers {
        closest: Closest { resembles: false, others, ..closest() },
        differences: vec![difference("$.prompt", Some("\"first\""), Some("\"second\""))],
    };
    insta::assert_snapshot!(plain(&with_misses([miss(reason(others))])), @r#"
    llmock: 1 request is not in tests/fixtures/summarize.json

      × POST /v1/chat/completions   openai gpt-4o · 3rd request of this test
        prompt: "Summarise: The quick brown foxes"
        no recorded request resembles this prompt
        recorded, and not requested so far:
          #4 "Where is the shop?"
          #5 "When does it open?"

      If it changes on every run, recording again does not help: make it constant, or `normalize` what varies.
      If the change is on purpose, record the test again (this calls openai and needs OPENAI_API_KEY):
          LLMOCK_MODE=record cargo test --test api -- summarize --exact
    "#);
    insta::assert_snapshot!(plain(&with_misses([miss(reason(Vec::new()))])), @r#"
    llmock: 1 request is not in tests/fixtures/summarize.json

      × POST /v1/chat/completions   openai gpt-4o · 3rd request of this test
        prompt: "Summarise: The quick brown foxes"
        no recorded request resembles this prompt; the least different is #3 in the file (recorded 2026-05-02)
        - recorded, + sent

          $.prompt
        -   "first"
        +   "second"

      If it changes on every run, recording again does not help: make it constant, or `normalize` what varies.
      If the change is on purpose, record the test again (this calls openai and needs OPENAI_API_KEY):
          LLMOCK_MODE=record cargo test --test api -- summarize --exact
    "#);
}

#[test]
fn requests_that_only_came_in_another_order_are_one_entry() {
    let early = |request: usize, interaction: usize| Miss {
        request,
        prompt: Some(format!("question {interaction}")),
        ..miss(MissReason::WrongOrder {
            interaction: Some(interaction),
            expected: 1,
            endpoint: endpoint("POST", "/v1/chat/completions", 1),
            prompt: Some("question 1".into()),
            differences: Vec::new(),
        })
    };
    let mut report = with_misses([early(1, 4), early(2, 3), early(3, 2)]);
    report.arrivals = Some(Arrivals { order: vec![4, 3, 2, 1], recorded: 4 });
    insta::assert_snapshot!(plain(&report), @r#"
    llmock: 4 requests arrived in a different order than in tests/fixtures/summarize.json

      × POST /v1/chat/completions   openai gpt-4o · 1st, 2nd, and 3rd request of this test
        prompt: "question 4"
        the same 4 requests arrived in the order 4, 3, 2, 1 (`order = "strict"`)
        it matches #4 in the file, but #1 "question 1" comes next (POST /v1/chat/completions, `order = "strict"`)

      If the order of the requests changes on every run, take `order = "strict"` off.
      If the change is on purpose, record the test again (this calls openai and needs OPENAI_API_KEY):
          LLMOCK_MODE=record cargo test --test api -- summarize --exact
    "#);
}

#[test]
fn a_locale_without_other_characters_gets_escapes() {
    let miss = Miss {
        prompt: Some("\u{dc}bersetze \u{1b}[31m\u{202e}".into()),
        ..miss(body_differs(vec![difference("$.prompt", Some("\"\u{e9}\""), Some("\"\u{e8}\""))]))
    };
    let text = block(&with_misses([miss]), Style { ascii: true, ..Style::default() }).unwrap();
    assert!(text.is_ascii(), "{text}");
    assert!(
        text.contains("  x POST /v1/chat/completions") && text.contains(r"\u{dc}bersetze"),
        "{text}"
    );
}
