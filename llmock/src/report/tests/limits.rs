//! However large, broken, or hostile the data, the report stays a report.

use super::*;
use crate::report::{Failure, IdleInteraction, Note, Rule};

/// Misses fit one screen; everything at once, two.
const SCREEN: usize = 48;
const LONGEST_LINE: usize = 1_000;

/// A small generator: the same texts on every run.
struct Random(u64);

impl Random {
    fn next(&mut self, below: usize) -> usize {
        self.0 =
            self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        usize::try_from(self.0 >> 33).expect("31 bits") % below
    }

    fn text(&mut self) -> String {
        const PIECES: [&str; 16] = [
            "a",
            " ",
            "word ",
            "\n",
            "\t",
            "\"",
            "\\",
            "é",
            "日本語",
            "👩‍👩‍👧",
            "\u{1b}[2J",
            "\u{202e}",
            "\u{0}",
            "{\"a\":[1,2]}",
            "0123456789abcdef0123456789abcdef0123456789abcdef",
            "…",
        ];
        let length = [0, 1, 3, 40, 700][self.next(5)];
        (0..length).map(|_| PIECES[self.next(PIECES.len())]).collect()
    }

    fn value(&mut self) -> Option<String> {
        match self.next(6) {
            0 => None,
            1 => Some(self.text()),
            2 => Some("\"broken \\u12".to_owned()),
            3 => Some("-0.5e400".to_owned()),
            _ => Some(serde_json::to_string(&self.text()).expect("a string is JSON")),
        }
    }

    fn miss(&mut self, request: usize) -> Miss {
        let differences = (0..self.next(40))
            .map(|_| Difference {
                path: self.text(),
                recorded: self.value(),
                sent: self.value(),
                ..Difference::default()
            })
            .collect();
        let text = self.text();
        let reason = match self.next(5) {
            0 => MissReason::EndpointUnknown {
                recorded: (0..self.next(30)).map(|n| endpoint("GET", &self.text(), n)).collect(),
            },
            1 => MissReason::UpstreamFailed { upstream: self.text(), why: text },
            2 => MissReason::Late { test: text },
            _ => body_differs(differences),
        };
        Miss { path: self.text(), prompt: Some(self.text()), request, ..miss(reason) }
    }
}

fn check(text: &str, lines: usize) {
    assert!(text.lines().count() <= lines, "{} lines:\n{text}", text.lines().count());
    for line in text.lines() {
        assert!(line.chars().count() <= LONGEST_LINE, "{line}");
        let hidden = line.chars().find(|c| c.is_control() || ('\u{202a}'..='\u{202e}').contains(c));
        assert_eq!(hidden, None, "{line}");
    }
    assert!(!text.contains("\n\n\n"));
    assert_eq!(text.trim_end(), text);
}

#[test]
fn misses_of_any_shape_fit_one_screen() {
    let mut random = Random(1);
    for round in 0..60 {
        let misses: Vec<Miss> = (0..=random.next(6)).map(|at| random.miss(at + 1)).collect();
        let mut report = with_misses(misses);
        report.mode = ["replay", "auto", "record"][round % 3];
        check(&plain(&report), SCREEN);
    }
}

#[test]
fn everything_at_once_stays_readable() {
    let mut random = Random(7);
    let mut report = with_misses((1..50).map(|at| random.miss(at)));
    let idle = |at| IdleInteraction {
        lane: None,
        interaction: at,
        method: "POST".into(),
        path: "/x".repeat(900),
        prompt: Some("p".repeat(90_000)),
    };
    report.failures = vec![
        Failure::Unused { interactions: (0..500).map(idle).collect() },
        Failure::MockExpectations { text: "line\n".repeat(1_000), sent: Vec::new() },
        Failure::Settings { error: "e".repeat(10_000) },
        Failure::CiRecord { mode: crate::mode::Mode::Record, set_by: "`LLMOCK_MODE`".into() },
    ];
    report.rules = vec![Rule { rule: "r".repeat(5_000), origin: "o".repeat(5_000) }; 40];
    report.notes = vec![Note::Repeated { interaction: 1, prompt: None, times: 3 }; 40];
    check(&plain(&report), 2 * SCREEN);
}

#[test]
fn huge_bodies_are_compared_in_passing() {
    let prompt = |day: &str| {
        format!("\"{}{day}{}\"", "lorem ipsum ".repeat(60_000), "\\u0041".repeat(60_000))
    };
    let blob = |fill: &str| format!("\"{}\"", fill.repeat(1_000_000));
    let differences = vec![
        difference("$.messages[0].content", Some(&prompt("Monday")), Some(&prompt("Friday"))),
        difference("$.messages[1].image", Some(&blob("QUJD")), Some(&blob("QUJE"))),
        difference("$.messages[2]", None, Some(&format!("[{}]", "0,".repeat(1_000_000)))),
    ];
    let text = plain(&with_misses([miss(body_differs(differences))]));
    check(&text, SCREEN);
    assert!(text.contains("Monday") && text.contains("Friday"), "{text}");
}
