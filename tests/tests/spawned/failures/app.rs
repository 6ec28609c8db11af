//! The application whose tests fail, and what is recorded for it.

use llmock_testkit::scratch::{App, fixture, owned_fixture};

/// Its tests.
const SOURCE: &str = include_str!("../programs/failing.rs");

const DAY_AND_ID: &str = "on 2026-04-23 for 3f2504e0-4f89-11d3-9a0c-0305e82c3301";

pub(super) fn app() -> App {
    let known = fixture(&[
        ("Summarise: the quick brown fox", "A fox."),
        ("Translate: bread and butter", "Brot und Butter."),
    ]);
    let answers = [("first", "one"), ("second", "two")];
    let of = |test: &str| owned_fixture(Some(&format!("api::{test}")), &answers);
    App::open(
        "failures",
        &[
            ("tests/api.rs", SOURCE),
            ("tests/fixtures/known.json", &known),
            ("tests/fixtures/two.json", &fixture(&answers)),
            ("tests/fixtures/of/another.json", &of("somebody_else")),
            ("tests/fixtures/of/left.json", &of("one_left_and_that_is_wrong")),
            ("tests/fixtures/of/left/by_note.json", &of("one_left")),
            ("tests/fixtures/of/order.json", &of("the_wrong_order")),
            ("tests/fixtures/of/often.json", &of("asked_once_too_often")),
            ("tests/fixtures/days.json", &fixture(&[(DAY_AND_ID, "Noted.")])),
            (
                "tests/fixtures/api/its_old_name.json",
                &owned_fixture(
                    Some("api::its_old_name"),
                    &[("before the test was renamed", "Still here.")],
                ),
            ),
        ],
    )
}

/// The line of the attribute of a test.
pub(super) fn attribute_line(test: &str) -> usize {
    let lines: Vec<&str> = SOURCE.lines().collect();
    let function = format!("fn {test}(");
    let at = lines.iter().position(|line| line.contains(&function)).expect("a test");
    let above = lines[..at].iter().rposition(|line| line.contains("#[llm_replay"));
    above.expect("an attribute") + 1
}

/// A prompt that no recording has, and the recording that is most similar.
pub(super) struct Miss {
    pub(super) sent: &'static str,
    pub(super) interaction: usize,
    pub(super) recorded: &'static str,
    /// What stands below both sides.
    pub(super) marks: [&'static str; 2],
}

/// The miss of most tests of this application.
pub(super) const SLOW_FOX: Miss = Miss {
    sent: "Summarise: the slow fox",
    interaction: 1,
    recorded: "Summarise: the quick brown fox",
    marks: ["                ^^^^^^^^^^^", "                ^^^^"],
};

impl Miss {
    /// The report of a test whose only request is this miss.
    pub(super) fn report(&self, test: &str) -> String {
        let Self { sent, interaction, recorded, marks } = self;
        format!(
            r#"llmock: 1 request is not in tests/fixtures/known.json

  × POST /v1/chat/completions   openai gpt-5 · 1st request of this test
    last user message: "{sent}"
    no recorded request matches this body; the closest is #{interaction} in the file
    - recorded, + sent; JSON paths count from 0

      $.messages[0].content   user message, turn 1 of 1
    -   "{recorded}"
        {}
    +   "{sent}"
        {}

  If it changes on every run, recording again does not help: make it constant, or `normalize` what varies.
  If the change is on purpose, record the test again (this calls openai and needs OPENAI_API_KEY):
      LLMOCK_MODE=record cargo test --test api -- {test} --exact"#,
            marks[0], marks[1]
        )
    }

    /// The panic of that test, which has the location of the attribute.
    pub(super) fn panic(&self, test: &str) -> String {
        let (line, report) = (attribute_line(test), self.report(test));
        format!("thread '{test}' panicked at tests/api.rs:{line}:1:\n\n{report}")
    }
}
