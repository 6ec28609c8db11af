//! `llmock grep`: finds text in what was sent and received.

mod like;

use std::io;
use std::path::PathBuf;

use clap::Args;
use llmock::__command::{Conversation, conversation};
use regex::{Regex, RegexBuilder};
use serde_json::{Value, json};

use crate::layers::reading;
use crate::output::Screen;
use crate::output::style::{BLUE, FOUND, GREEN};
use crate::output::text::visible;
use crate::problem::Problem;
use crate::workspace::{self, Entry};

const EXIT_CODES: &str = "\
Exit codes:
  0  something was found
  1  nothing was found, or a fixture could not be read; standard error has the reason
  2  invalid arguments";

/// Find text in recorded conversations
///
/// Searches the messages of requests and responses: text, tool calls and results, reasoning, and streams put together.
/// The pattern is a regular expression in the syntax of the crate `regex`.
#[derive(Args, Debug)]
#[command(after_help = super::help_with(&[
    ("llmock grep 'order \\d+'", "in the workspace"),
    ("llmock grep -i paris tests/fixtures/chat", "in one fixture, in any case"),
    ("llmock grep -F 'f(x)' -l", "a plain text; only the files with it"),
    ("llmock grep --like 'refund a customer'", "the most similar interactions, best first"),
], EXIT_CODES))]
#[expect(clippy::struct_excessive_bools, reason = "flags of a command line")]
pub(crate) struct Grep {
    #[arg(required_unless_present = "like")]
    pattern: Option<String>,

    /// Fixtures, with or without `.json`, or folders of fixtures; by default the workspace
    #[arg(value_name = "PATH")]
    paths: Vec<PathBuf>,

    /// Letters match in either case
    #[arg(short, long)]
    ignore_case: bool,

    /// The pattern is a plain text
    #[arg(short = 'F', long)]
    fixed_strings: bool,

    /// Instead of a pattern: the ten interactions whose texts are most like this one, by their words
    #[arg(long, value_name = "TEXT", conflicts_with_all = ["ignore_case", "fixed_strings"])]
    like: Option<String>,

    /// Print only the paths of fixtures
    #[arg(short = 'l', long)]
    files_with_matches: bool,

    /// Print JSON: an array with an object for each line
    #[arg(long, conflicts_with = "files_with_matches")]
    json: bool,
}

/// A line in which the pattern was found.
struct Line {
    number: usize,
    turn: usize,
    role: &'static str,
    text: String,
}

pub(crate) fn grep(screen: &mut Screen, arguments: &Grep) -> io::Result<()> {
    if let Some(text) = &arguments.like {
        return like::like(screen, arguments, text);
    }
    let pattern = match pattern(arguments) {
        Ok(pattern) => pattern,
        Err(error) => return screen.problem(&Problem::Pattern(error)),
    };
    let found = reading::read(&arguments.paths);
    let entries = found.entries();
    let lines = workspace::parallel(&entries, |entry| lines(entry, &pattern));
    let mut all: Vec<Value> = Vec::new();
    let mut is_found = false;
    let mut last = String::new();
    for (entry, lines) in entries.iter().zip(&lines) {
        let path = workspace::shown(entry.fixture.path());
        for line in lines {
            is_found = true;
            if arguments.json {
                all.push(line.as_json(&path, &entry.hash));
            } else if !arguments.files_with_matches {
                print(screen, &path, line, &pattern)?;
            } else if path != last {
                screen.line(&visible(&path))?;
                path.clone_into(&mut last);
            }
        }
    }
    if arguments.json {
        screen.json(&all.into())?;
    }
    if !is_found && found.problems.is_empty() {
        screen.problem(&Problem::Other(format!(
            "nothing matches `{}`",
            visible(arguments.pattern.as_deref().unwrap_or_default())
        )))?;
    }
    screen.unread(&found)
}

fn pattern(arguments: &Grep) -> Result<Regex, regex::Error> {
    let text = if arguments.fixed_strings {
        regex::escape(arguments.pattern.as_deref().unwrap_or_default())
    } else {
        arguments.pattern.clone().unwrap_or_default()
    };
    RegexBuilder::new(&text).case_insensitive(arguments.ignore_case).build()
}

fn lines(entry: &Entry<'_>, pattern: &Regex) -> Vec<Line> {
    let Conversation { turns, .. } = conversation(entry.interaction);
    let mut found = Vec::new();
    for (turn, at) in turns.iter().zip(1..) {
        for part in &turn.parts {
            for text in part.to_string().lines().filter(|line| pattern.is_match(line)) {
                let (number, role, text) = (entry.number, turn.speaker.name(), text.to_owned());
                found.push(Line { number, turn: at, role, text });
            }
        }
    }
    found
}

/// What is left of a long line on each side of a match.
const CONTEXT: usize = 80;

fn print(screen: &mut Screen, path: &str, line: &Line, pattern: &Regex) -> io::Result<()> {
    let Line { number, turn, role, text } = line;
    let place = format!("{}#{number}", visible(path));
    let place = format!("{}:{turn}:{}: ", screen.paint(BLUE, &place), screen.paint(GREEN, role));
    let mut shown = String::new();
    let mut end = 0;
    for part in pattern.find_iter(text) {
        shown.push_str(&visible(&between(&text[end..part.start()], end == 0)));
        shown.push_str(&screen.paint(FOUND, &visible(part.as_str())));
        end = part.end();
    }
    let rest: String = text[end..].chars().take(CONTEXT).collect();
    shown.push_str(&visible(&rest));
    if text[end..].chars().nth(CONTEXT).is_some() {
        shown.push('…');
    }
    screen.line(&format!("{place}{shown}"))
}

/// The text before a match, shortened where it is far from one.
fn between(text: &str, is_first: bool) -> String {
    let length = text.chars().count();
    let tail = |text: &str| text.chars().skip(length - CONTEXT).collect::<String>();
    if is_first && length > CONTEXT {
        format!("…{}", tail(text))
    } else if length > 2 * CONTEXT {
        format!("{}…{}", text.chars().take(CONTEXT).collect::<String>(), tail(text))
    } else {
        text.to_owned()
    }
}

impl Line {
    fn as_json(&self, file: &str, hash: &str) -> Value {
        let Self { number, turn, role, text } = self;
        json!({ "file": file, "number": number, "hash": hash, "turn": turn, "role": role, "text": text })
    }
}
