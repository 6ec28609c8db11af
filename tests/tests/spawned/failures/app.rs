//! The application whose tests fail, and what is recorded for it.

use llmock_testkit::scratch::{App, fixture, owned_fixture};

/// Its tests.
const SOURCE: &str = include_str!("../programs/failing.rs");

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
