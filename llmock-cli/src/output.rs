//! Output of the commands for fixtures; that of the server is below.

mod importing;
pub(crate) mod progress;
pub(crate) mod server;
pub(crate) mod serving;

use std::io::{self, BufWriter, Stdout, Write};
use std::path::Path;

use llmock::{Fixture, Interaction};
use serde_json::json;
use unicode_width::UnicodeWidthStr as _;

use crate::notes::{Noted, Tested};
use crate::problem::Problem;

/// Digits of a hash that are shown.
const DIGITS: usize = 12;
/// Prompts are shortened to this many characters, models to half of it.
const PROMPT: usize = 60;

/// Standard output and standard error, and whether an error was printed.
#[derive(Debug)]
pub(crate) struct Screen {
    out: BufWriter<Stdout>,
    shown: bool,
    failed: bool,
}

impl Screen {
    pub(crate) fn new() -> Self {
        Self { out: BufWriter::new(io::stdout()), shown: false, failed: false }
    }

    pub(crate) fn flush(&mut self) -> io::Result<()> {
        self.out.flush()
    }

    pub(crate) fn has_failed(&self) -> bool {
        self.failed
    }

    /// A fixture with a line for each interaction.
    pub(crate) fn fixture(&mut self, fixture: &Fixture) -> io::Result<()> {
        if std::mem::replace(&mut self.shown, true) {
            writeln!(self.out)?;
        }
        let interactions = fixture.interactions();
        writeln!(self.out, "Fixture:      {}", fixture.path().display())?;
        writeln!(self.out, "Provider:     {}", providers(interactions))?;
        writeln!(self.out, "Interactions: {}", interactions.len())?;
        if !interactions.is_empty() {
            writeln!(self.out)?;
        }
        for line in lines(interactions) {
            writeln!(self.out, "{line}")?;
        }
        Ok(())
    }

    /// A folder without fixtures, which is not an error.
    pub(crate) fn no_fixtures(&mut self, folder: &Path) -> io::Result<()> {
        self.shown = true;
        writeln!(self.out, "no fixtures in `{}`", folder.display())
    }

    pub(crate) fn deleted(&mut self, fixture: &Fixture) -> io::Result<()> {
        let held = interactions(fixture.interactions().len());
        writeln!(self.out, "removed {} ({held})", fixture.path().display())
    }

    pub(crate) fn removed(&mut self, removed: &Interaction, fixture: &Fixture) -> io::Result<()> {
        writeln!(self.out, "removed from {}:", fixture.path().display())?;
        let facts = Facts::of(removed);
        writeln!(self.out, "  {}", facts.line(facts.model.width(), facts.time.width()))?;
        let left = match fixture.interactions().len() {
            0 => "no interactions are left".to_owned(),
            1 => "1 interaction is left".to_owned(),
            many => format!("{many} interactions are left"),
        };
        writeln!(self.out, "{left}")
    }

    /// The notes of each test that has some.
    pub(crate) fn notes(&mut self, tests: &[Tested]) -> io::Result<()> {
        let noted: Vec<&Tested> = tests.iter().filter(|tested| !tested.notes.is_empty()).collect();
        for (at, Tested { test, fixture, notes }) in noted.iter().enumerate() {
            if at > 0 {
                writeln!(self.out)?;
            }
            writeln!(self.out, "{}  {}", visible(test), visible(fixture))?;
            for Noted { name, sentence, remedy } in notes {
                writeln!(self.out, "  {}: {}", visible(name), visible(sentence))?;
                if let Some(remedy) = remedy {
                    writeln!(self.out, "    {}", visible(remedy))?;
                }
            }
        }
        if noted.is_empty() {
            let ran = if tests.len() == 1 {
                "1 test".to_owned()
            } else {
                format!("{} tests", tests.len())
            };
            writeln!(self.out, "no notes in the last run ({ran} with llmock)")?;
        }
        Ok(())
    }

    /// The same for programs.
    pub(crate) fn notes_as_json(&mut self, tests: &[Tested]) -> io::Result<()> {
        let note = |Noted { name, sentence, remedy }: &Noted| {
            let mut object = json!({ "name": name, "sentence": sentence });
            if let Some(remedy) = remedy {
                object["remedy"] = json!(remedy);
            }
            object
        };
        let test = |Tested { test, fixture, notes }: &Tested| json!({ "test": test, "fixture": fixture, "notes": notes.iter().map(note).collect::<Vec<_>>() });
        let tests: Vec<_> =
            tests.iter().filter(|tested| !tested.notes.is_empty()).map(test).collect();
        writeln!(self.out, "{:#}", json!(tests))
    }

    pub(crate) fn problem(&mut self, problem: &Problem) -> io::Result<()> {
        self.failed = true;
        // Keeps the order of messages where both streams go to one terminal.
        self.out.flush()?;
        writeln!(io::stderr().lock(), "error: {problem}")
    }

    /// Standard output cannot be written. Standard error may be closed too.
    pub(crate) fn unwritable(&mut self, error: &io::Error) {
        self.failed = true;
        let _ = writeln!(io::stderr().lock(), "error: failed to write the output: {error}");
    }
}

/// One line for each interaction, in columns.
pub(crate) fn lines(interactions: &[Interaction]) -> Vec<String> {
    let all: Vec<Facts> = interactions.iter().map(Facts::of).collect();
    let model = all.iter().map(|facts| facts.model.width()).max().unwrap_or_default();
    let time = all.iter().map(|facts| facts.time.width()).max().unwrap_or_default();
    let number = all.len().to_string().len();
    all.iter()
        .enumerate()
        .map(|(at, facts)| format!("  {:>number$}  {}", at + 1, facts.line(model, time)))
        .collect()
}

struct Facts {
    digits: String,
    model: String,
    time: String,
    marks: String,
    prompt: String,
}

impl Facts {
    fn of(interaction: &Interaction) -> Self {
        let hash = interaction.hash();
        let digits = hash.split_once(':').map_or(hash.as_str(), |(_, digits)| digits);
        let streaming = if interaction.is_streaming() { "[streaming] " } else { "" };
        let error = match interaction.status() {
            status @ 400.. => format!("[{status}] "),
            _ => String::new(),
        };
        let prompt = match interaction.prompt() {
            Some(prompt) => format!("\"{}\"", shortened(&prompt, PROMPT).replace('"', "\\\"")),
            None => shortened(&format!("{} {}", interaction.method(), interaction.path()), PROMPT),
        };
        Self {
            digits: digits.chars().take(DIGITS).collect(),
            model: interaction.model().map_or("-".into(), |model| shortened(&model, PROMPT / 2)),
            time: shortened(interaction.recorded_at().unwrap_or("-"), PROMPT / 2),
            marks: format!("{streaming}{error}"),
            prompt,
        }
    }

    fn line(&self, model: usize, time: usize) -> String {
        let Self { digits, marks, prompt, .. } = self;
        let (model, time) = (padded(&self.model, model), padded(&self.time, time));
        format!("{digits}  {model}  {time}  {marks}{prompt}")
    }
}

/// Padded with blanks to a number of terminal columns, which are not characters.
fn padded(text: &str, columns: usize) -> String {
    format!("{text}{}", " ".repeat(columns.saturating_sub(text.width())))
}

/// Text on one line, with at most `limit` characters and without control characters or bidirectional overrides.
fn shortened(text: &str, limit: usize) -> String {
    let words: Vec<&str> = text.split_whitespace().take(limit).collect();
    let line = words.join(" ");
    let mut kept: Vec<char> = line.chars().take(limit + 1).collect();
    if kept.len() > limit {
        kept.truncate(limit - 1);
        kept.push('…');
    }
    visible(&kept.into_iter().collect::<String>())
}

/// Text without control characters or bidirectional overrides, which a terminal would interpret.
fn visible(text: &str) -> String {
    text.chars()
        .map(|char| {
            if char.is_control()
                || matches!(char, '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
            {
                char.escape_unicode().to_string()
            } else {
                char.to_string()
            }
        })
        .collect()
}

fn providers(interactions: &[Interaction]) -> String {
    let mut names: Vec<&str> = Vec::new();
    for interaction in interactions {
        let name = interaction.provider().id();
        if !names.contains(&name) {
            names.push(name);
        }
    }
    if names.is_empty() { "-".to_owned() } else { names.join(", ") }
}

fn interactions(number: usize) -> String {
    if number == 1 { "1 interaction".to_owned() } else { format!("{number} interactions") }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn shortens_text_to_one_line() {
        let cases = [
            ("  Say\n\thello. ", 20, "Say hello."),
            ("", 5, ""),
            ("exact", 5, "exact"),
            ("longer", 5, "long…"),
            ("数据库的迁移", 5, "数据库的…"),
            ("a b c d e f", 5, "a b …"),
            ("\u{1b}[31mred", 20, "\\u{1b}[31mred"),
            ("\u{202e}evil", 20, "\\u{202e}evil"),
        ];
        for (text, limit, expected) in cases {
            assert_eq!(shortened(text, limit), expected, "{text:?}");
        }
    }

    #[test]
    fn wide_characters_take_two_columns() {
        assert_eq!(padded("模型", 6), "模型  ");
        assert_eq!(padded("model", 6), "model ");
        assert_eq!(padded("longer", 2), "longer");
    }
}
