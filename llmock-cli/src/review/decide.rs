//! Asks for each interaction: by single keys on a terminal, else by lines.

use std::io::{self, BufRead as _, IsTerminal as _, Write as _};

use console::{Key, Term};

use super::apply::Decision;

/// What a person answered. The keys are those of cargo-insta:
/// <https://github.com/mitsuhiko/insta/blob/024400d93bde5676d1f466d2e9aa80ebdd45ef16/cargo-insta/src/cli.rs>
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Answer {
    One(Decision),
    /// For this one and all that follow.
    All(Decision),
    /// Shows or hides where it comes from.
    Info,
    /// Shows or hides what differs.
    Diff,
}

/// Where answers come from.
#[derive(Debug)]
pub(crate) enum Input {
    Terminal(Term),
    Lines(io::Stdin),
}

impl Input {
    pub(crate) fn new() -> Self {
        let is_terminal = io::stdin().is_terminal() && io::stdout().is_terminal();
        if is_terminal { Self::Terminal(Term::stdout()) } else { Self::Lines(io::stdin()) }
    }

    pub(crate) fn is_terminal(&self) -> bool {
        matches!(self, Self::Terminal(_))
    }

    /// The next answer; the end of the input skips what is left.
    pub(crate) fn answer(&mut self) -> io::Result<Answer> {
        loop {
            let answer = match self {
                // `read_key` would end the process at Ctrl-C, with what was decided before.
                Self::Terminal(term) => match term.read_key_raw() {
                    Ok(key) => of_key(&key),
                    // The terminal was closed.
                    Err(error) if error.kind() == io::ErrorKind::UnexpectedEof => {
                        Some(Answer::All(Decision::Skip))
                    }
                    Err(error) => return Err(error),
                },
                Self::Lines(stdin) => {
                    let mut line = String::new();
                    if stdin.lock().read_line(&mut line)? == 0 {
                        return Ok(Answer::All(Decision::Skip));
                    }
                    let answer = of_line(line.trim());
                    if answer.is_none() {
                        let hint = "expected a, r, s, i, d, or A, R, S for all that follow";
                        writeln!(io::stderr(), "{hint}")?;
                    }
                    answer
                }
            };
            if let Some(answer) = answer {
                return Ok(answer);
            }
        }
    }
}

fn of_key(key: &Key) -> Option<Answer> {
    match key {
        Key::Char(char) => of_char(*char),
        Key::Enter => Some(Answer::One(Decision::Accept)),
        Key::Escape => Some(Answer::One(Decision::Reject)),
        Key::CtrlC => Some(Answer::All(Decision::Skip)),
        _ => None,
    }
}

/// Ctrl-D.
const END_OF_INPUT: char = '\u{4}';

fn of_char(char: char) -> Option<Answer> {
    Some(match char {
        'a' => Answer::One(Decision::Accept),
        'r' => Answer::One(Decision::Reject),
        's' | ' ' => Answer::One(Decision::Skip),
        'A' => Answer::All(Decision::Accept),
        'R' => Answer::All(Decision::Reject),
        'S' | 'q' | END_OF_INPUT => Answer::All(Decision::Skip),
        'i' => Answer::Info,
        'd' => Answer::Diff,
        _ => return None,
    })
}

/// A key, or its word.
fn of_line(line: &str) -> Option<Answer> {
    let mut chars = line.chars();
    match (chars.next(), chars.next()) {
        (Some(char), None) => of_char(char),
        _ => match line.to_ascii_lowercase().as_str() {
            "accept" => of_char('a'),
            "reject" => of_char('r'),
            "skip" => of_char('s'),
            "info" => of_char('i'),
            "diff" => of_char('d'),
            _ => None,
        },
    }
}
