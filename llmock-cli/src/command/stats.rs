//! `llmock stats`: what a suite has recorded, by provider and model.

use std::collections::BTreeMap;
use std::io;
use std::path::PathBuf;

use clap::Args;
use serde_json::{Value, json};

use crate::cached::Cached;
use crate::layers::reading;
use crate::output::Screen;
use crate::output::style::{BOLD, DIM};
use crate::output::text::{age, count, padded, shortened, since, size, thousands, visible};
use crate::workspace::{self, Entry, Found};

/// Count what fixtures hold
///
/// The numbers of files, interactions, and tests, the tokens that responses report, and the size, by provider and model; and
/// whether conversations keep the provider's prompt cache.
#[derive(Args, Debug)]
#[command(after_help = super::help(&[
    ("llmock stats", "the fixtures of the workspace"),
    ("llmock stats tests/fixtures/agent --json", "a folder, for programs"),
]))]
pub(crate) struct Stats {
    /// Fixtures, with or without `.json`, or folders of fixtures; by default the workspace
    #[arg(value_name = "PATH")]
    paths: Vec<PathBuf>,

    /// Print JSON
    #[arg(long)]
    json: bool,
}

/// Sums of several interactions.
#[derive(Debug, Default)]
struct Sums {
    interactions: usize,
    streaming: usize,
    errors: usize,
    input: u64,
    output: u64,
    bytes: u64,
}

impl Sums {
    fn add(&mut self, entry: &Entry<'_>) {
        self.interactions += 1;
        self.streaming += usize::from(entry.interaction.is_streaming());
        self.errors += usize::from(entry.interaction.status() >= 400);
        self.input += entry.summary.usage.input;
        self.output += entry.summary.usage.output;
        self.bytes += entry.summary.bytes as u64;
    }

    /// `1,200 + 300 tokens, 12 kB of bodies`
    fn tokens(&self) -> String {
        let number = |number: u64| thousands(usize::try_from(number).unwrap_or(usize::MAX));
        let (input, output) = (number(self.input), number(self.output));
        format!("{input} + {output} tokens, {} of bodies", size(self.bytes))
    }

    fn json(&self) -> Value {
        json!({
            "interactions": self.interactions,
            "streaming": self.streaming,
            "errors": self.errors,
            "tokens": { "input": self.input, "output": self.output },
            "bytes": self.bytes,
        })
    }
}

/// By provider and model.
type Groups = BTreeMap<(String, String), Sums>;

/// Files that are named as the largest.
const LARGEST: usize = 5;

pub(crate) fn stats(screen: &mut Screen, arguments: &Stats) -> io::Result<()> {
    let found = reading::read(&arguments.paths);
    if found.fixtures.is_empty() && !found.problems.is_empty() {
        return screen.unread(&found);
    }
    let entries = found.entries();
    let mut all = Sums::default();
    let mut groups = Groups::new();
    let mut tests: Vec<&str> = Vec::new();
    for entry in &entries {
        all.add(entry);
        let provider = entry.interaction.provider().id().to_owned();
        let model = entry.summary.model.clone().unwrap_or_else(|| "-".to_owned());
        groups.entry((provider, model)).or_default().add(entry);
        tests.extend(entry.interaction.test());
    }
    tests.sort_unstable();
    tests.dedup();
    let dates = || entries.iter().filter_map(|entry| entry.interaction.recorded_at());
    let (oldest, newest) = (dates().min(), dates().max());
    let files = largest(&found);
    let cached = Cached::of(&found.fixtures);
    if arguments.json {
        let mut object = all.json();
        object["files"] = json!(found.fixtures.len());
        object["tests"] = json!(tests.len());
        object["oldest"] = json!(oldest);
        object["newest"] = json!(newest);
        object["models"] = models(&groups);
        object["cache"] = cached.json();
        let file = |(path, bytes): &(String, u64)| json!({ "file": path, "bytes": bytes });
        object["largest"] = files.iter().map(file).collect();
        screen.json(&object)?;
        return screen.unread(&found);
    }
    screen.line(&format!(
        "{}, {} ({} streamed, {}) of {}",
        screen.paint(BOLD, &count(found.fixtures.len(), "fixture")),
        count(all.interactions, "interaction"),
        thousands(all.streaming),
        count(all.errors, "error"),
        count(tests.len(), "test"),
    ))?;
    screen.line(&all.tokens())?;
    if let (Some(oldest), Some(newest)) = (oldest, newest) {
        let old = since(Some(oldest)).map(|time| format!(" ({} ago)", age(time)));
        let old = screen.paint(DIM, &old.unwrap_or_default());
        screen.line(&format!("recorded from {}{old} to {}", visible(oldest), visible(newest)))?;
    }
    cached.print(screen)?;
    table(screen, &groups)?;
    if files.len() > 1 {
        screen.gap()?;
        screen.line("largest files:")?;
        for (path, bytes) in &files {
            screen.line(&format!("  {}  {}", padded(&size(*bytes), 7), visible(path)))?;
        }
    }
    screen.unread(&found)
}

fn models(groups: &Groups) -> Value {
    let model = |((provider, model), sums): (&(String, String), &Sums)| {
        let mut object = sums.json();
        object["provider"] = json!(provider);
        object["model"] = json!(model);
        object
    };
    groups.iter().map(model).collect()
}

fn table(screen: &mut Screen, groups: &Groups) -> io::Result<()> {
    if groups.is_empty() {
        return Ok(());
    }
    let number = |number: u64| thousands(usize::try_from(number).unwrap_or(usize::MAX));
    let mut rows = vec![
        ["provider", "model", "interactions", "streamed", "tokens in", "tokens out", "size"]
            .map(str::to_owned),
    ];
    rows.extend(groups.iter().map(|((provider, model), sums)| {
        [
            shortened(provider, 40),
            shortened(model, 40),
            thousands(sums.interactions),
            thousands(sums.streaming),
            number(sums.input),
            number(sums.output),
            size(sums.bytes),
        ]
    }));
    screen.gap()?;
    let width =
        |at: usize| rows.iter().map(|row| row[at].chars().count()).max().unwrap_or_default();
    let widths: Vec<usize> = (0..rows[0].len()).map(width).collect();
    for (row, is_head) in rows.iter().zip(std::iter::once(true).chain(std::iter::repeat(false))) {
        let cells = row.iter().zip(&widths).enumerate().map(|(at, (cell, width))| {
            if at < 2 { padded(cell, *width) } else { format!("{cell:>width$}") }
        });
        let line = cells.collect::<Vec<_>>().join("  ");
        let line = line.trim_end();
        screen.line(&if is_head { screen.paint(DIM, line) } else { line.to_owned() })?;
    }
    Ok(())
}

fn largest(found: &Found) -> Vec<(String, u64)> {
    let length = |path: &std::path::Path| std::fs::metadata(path).map_or(0, |file| file.len());
    let files = found.fixtures.iter();
    let mut files: Vec<(String, u64)> =
        files.map(|fixture| (workspace::shown(fixture.path()), length(fixture.path()))).collect();
    files.sort_by(|(_, left), (_, right)| right.cmp(left));
    files.truncate(LARGEST);
    files
}
