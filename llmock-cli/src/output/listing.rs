//! What `llmock list` prints.

use std::io;
use std::path::Path;

use llmock::Fixture;
use serde_json::{Value, json};
use unicode_width::UnicodeWidthStr as _;

use super::text::{age, padded, shortened, since, size, thousands, visible};
use super::{Screen, Style, style};
use crate::source;
use crate::workspace::Entry;

/// Digits of a hash that are shown.
pub(crate) const DIGITS: usize = 12;
/// Prompts are shortened to this many characters, models and responses to less.
const PROMPT: usize = 60;
const RESPONSE: usize = 40;

impl Screen {
    /// A fixture with a line for each of these interactions.
    pub(crate) fn listing(&mut self, fixture: &Fixture, entries: &[Entry<'_>]) -> io::Result<()> {
        self.gap()?;
        let all = fixture.interactions().len();
        let path = crate::workspace::shown(fixture.path());
        let title = |name: &str| format!("{name:<14}");
        self.line(&format!("{}{}", title("Fixture:"), self.paint(style::BOLD, &visible(&path))))?;
        self.line(&format!("{}{}", title("Provider:"), providers(fixture)))?;
        if let Some(owner) = only_owner(entries) {
            self.line(&format!("{}{}", title("Test:"), visible(owner)))?;
        }
        let shown = entries.len();
        let number = if shown == all { all.to_string() } else { format!("{shown} of {all}") };
        self.line(&format!("{}{number}", title("Interactions:")))?;
        if !entries.is_empty() {
            self.gap()?;
        }
        for line in lines(entries, self.style, Columns::All) {
            self.line(&line)?;
        }
        Ok(())
    }

    /// A folder without fixtures, which is not an error.
    pub(crate) fn no_fixtures(&mut self, folder: &Path) -> io::Result<()> {
        self.line(&format!("no fixtures in `{}`", folder.display()))
    }
}

fn only_owner<'f>(entries: &[Entry<'f>]) -> Option<&'f str> {
    let first = entries.first()?.interaction.test()?;
    entries.iter().all(|entry| entry.interaction.test() == Some(first)).then_some(first)
}

fn providers(fixture: &Fixture) -> String {
    let mut names: Vec<&str> = Vec::new();
    for interaction in fixture.interactions() {
        let name = interaction.provider().id();
        if !names.contains(&name) {
            names.push(name);
        }
    }
    if names.is_empty() { "-".to_owned() } else { visible(&names.join(", ")) }
}

/// Which columns lines have.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Columns {
    All,
    /// Without the age: enough to tell interactions apart.
    Numbered,
    /// Without its number, which an interaction that was removed no longer has.
    Alone,
}

/// One line for each interaction, in columns.
pub(crate) fn lines(entries: &[Entry<'_>], style: Style, columns: Columns) -> Vec<String> {
    let owner = only_owner(entries);
    let rows: Vec<Row> = entries.iter().map(|entry| Row::of(entry, owner, columns)).collect();
    let width =
        |text: fn(&Row) -> &str| rows.iter().map(|row| text(row).width()).max().unwrap_or_default();
    let widths = [
        width(|row| &row.model),
        width(|row| &row.time),
        width(|row| &row.age),
        width(|row| &row.tokens),
        width(|row| &row.size),
    ];
    let digits =
        entries.iter().map(|entry| entry.number.to_string().len()).max().unwrap_or_default();
    rows.iter().map(|row| row.line(digits, widths, style)).collect()
}

struct Row {
    /// `None` without the column.
    number: Option<usize>,
    digits: String,
    model: String,
    time: String,
    age: String,
    tokens: String,
    size: String,
    marks: String,
    texts: String,
    owner: String,
}

impl Row {
    fn of(entry: &Entry<'_>, owner: Option<&str>, columns: Columns) -> Self {
        let Entry { interaction, summary, .. } = entry;
        let streaming = if interaction.is_streaming() { "[streaming] " } else { "" };
        let error = match interaction.status() {
            status @ 400.. => format!("[{status}] "),
            _ => String::new(),
        };
        let written = if interaction.is_written() { "[written] " } else { "" };
        let quoted =
            |text: &str, limit| format!("\"{}\"", shortened(text, limit).replace('"', "\\\""));
        let prompt = match &summary.prompt {
            Some(prompt) => quoted(prompt, PROMPT),
            None => shortened(&format!("{} {}", interaction.method(), interaction.path()), PROMPT),
        };
        let response = summary.response.as_deref().map(|text| quoted(text, RESPONSE));
        let usage = summary.usage;
        let tokens = match usage.total() {
            0 => "-".to_owned(),
            _ => format!("{}+{}", thousands_of(usage.input), thousands_of(usage.output)),
        };
        let own = interaction.test().filter(|test| Some(*test) != owner);
        let recorded_at = interaction.recorded_at();
        let age = match since(recorded_at) {
            Some(time) if columns == Columns::All => age(time),
            _ => String::new(),
        };
        Self {
            number: (columns != Columns::Alone).then_some(entry.number),
            digits: entry.hash.chars().take(DIGITS).collect(),
            model: summary
                .model
                .as_deref()
                .map_or("-".into(), |model| shortened(model, PROMPT / 2)),
            time: shortened(recorded_at.unwrap_or("-"), PROMPT / 2),
            age,
            tokens,
            size: size(summary.bytes as u64),
            marks: format!("{streaming}{error}{written}"),
            texts: response
                .map_or_else(|| prompt.clone(), |response| format!("{prompt} → {response}")),
            owner: own.map(|test| format!("  ({})", visible(test))).unwrap_or_default(),
        }
    }

    fn line(&self, number: usize, widths: [usize; 5], style: Style) -> String {
        let [model, time, age, tokens, size] = widths;
        let right = |text: &str, columns: usize| {
            format!("{}{text}", " ".repeat(columns.saturating_sub(text.width())))
        };
        let mut columns = vec![
            style.paint(style::YELLOW, &self.digits),
            style.paint(style::CYAN, &padded(&self.model, model)),
            style.paint(style::DIM, &padded(&self.time, time)),
        ];
        if let Some(own) = self.number {
            columns.insert(0, format!("{own:>number$}"));
        }
        if age > 0 {
            columns.push(right(&self.age, age));
        }
        columns.push(right(&self.tokens, tokens));
        columns.push(right(&self.size, size));
        let marks = style.paint(style::MAGENTA, &self.marks);
        let owner = style.paint(style::DIM, &self.owner);
        columns.push(format!("{marks}{}{owner}", self.texts));
        format!("  {}", columns.join("  "))
    }
}

fn thousands_of(number: u64) -> String {
    thousands(usize::try_from(number).unwrap_or(usize::MAX))
}

/// An interaction for programs.
pub(crate) fn as_json(entry: &Entry<'_>) -> Value {
    let Entry { fixture, number, interaction, hash, summary } = entry;
    let usage = summary.usage;
    let age = since(interaction.recorded_at()).map(|age| age.as_secs() / 86_400);
    json!({
        "file": crate::workspace::shown(fixture.path()),
        "number": number,
        "hash": hash,
        "provider": interaction.provider().id(),
        "method": interaction.method(),
        "path": interaction.path(),
        "model": summary.model,
        "test": interaction.test(),
        "source": source::of(interaction).name(),
        "recorded_at": interaction.recorded_at(),
        "age_days": age,
        "status": interaction.status(),
        "streaming": interaction.is_streaming(),
        "complete": interaction.is_complete(),
        "tokens": {
            "input": usage.input,
            "cached": usage.cached,
            "output": usage.output,
            "reasoning": usage.reasoning,
        },
        "bytes": summary.bytes,
        "prompt": summary.prompt,
        "response": summary.response,
    })
}
