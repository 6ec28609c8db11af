//! More, larger, and stranger requests than a person would send: the output stays short, and a terminal executes
//! nothing of it.

use llmock_testkit::scratch::Ran;

use super::museum::{Museum, SOURCES};
use super::outputs::{without_carets, without_colours};

const TESTS: &[(&str, &[&str])] = &[
    ("stress::misses_many_times", &["499 requests", "stress/many.json", "object 1 of basalt"]),
    ("stress::sends_ten_megabytes", &["stress/large.json", "099999", "kept", "sold"]),
    ("stress::sends_what_a_terminal_executes", &["stress/hostile.json", "Read the"]),
    ("stress::sends_fields_that_a_terminal_executes", &["stress/hostile_keys.json"]),
    ("stress::recorded_what_a_terminal_executes", &["stress/hostile_recording.json", "Copy the"]),
    ("stress::sends_long_lines", &["stress/wide.json", "bowl", "vase"]),
];

/// Terminals in which people read.
const TERMINALS: &[&[(&str, &str)]] = &[
    &[],
    &[("CLICOLOR_FORCE", "1")],
    &[("COLUMNS", "40")],
    &[("LC_ALL", "C"), ("LANG", "C")],
    &[("LC_ALL", "de_DE.ISO-8859-1"), ("TERM", "dumb")],
];

/// Whether a terminal would execute it, or show what follows in another order.
fn is_executed(c: char) -> bool {
    (c.is_control() && c != '\n')
        || matches!(c, '\u{61c}' | '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
}

fn check(test: &str, ran: &Ran, cause: &[&str], is_coloured: bool) -> String {
    assert!(!ran.success, "{test}: {}", ran.everything());
    let failure = ran.failure(test);
    let shown = if is_coloured { without_colours(&failure) } else { failure };
    let executed: Vec<char> = shown.chars().filter(|c| is_executed(*c)).collect();
    assert!(executed.is_empty(), "{test}: {executed:?} in {shown:?}");
    for word in cause {
        assert!(shown.contains(word), "{test}: no {word:?} in {shown}");
    }
    assert!(shown.lines().count() <= 60, "{test}: {shown}");
    assert!(shown.len() <= 8_000, "{test}: {} bytes in {shown}", shown.len());
    shown
}

#[test]
#[ignore = "takes minutes with the others; `.ci/run mistakes` runs them"]
fn outputs_stay_short_and_harmless() {
    let museum = Museum::open("museum", SOURCES);
    for (test, cause) in TESTS {
        museum.record_one(test);
        let mut plain = None;
        for terminal in TERMINALS {
            let ran = museum.run_in(test, terminal);
            let is_coloured = terminal.iter().any(|(name, _)| *name == "CLICOLOR_FORCE");
            let shown = check(test, &ran, cause, is_coloured);
            let plain: &mut String = plain.get_or_insert_with(|| shown.clone());
            if is_coloured {
                assert_eq!(shown, without_carets(plain), "{test} in {terminal:?}");
            } else if terminal.iter().any(|(name, _)| *name == "LC_ALL") {
                assert!(shown.is_ascii(), "{test} in {terminal:?}: {shown}");
            } else {
                assert_eq!(&shown, plain, "{test} in {terminal:?}");
            }
        }
    }
    museum.restore();
}
