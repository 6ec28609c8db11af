//! The first page: what is there, and what needs attention.

use std::collections::BTreeMap;

use askama::Template;

use super::Board;
use super::findings;
use crate::dashboard::sums::Sums;
use crate::output::text::{count, thousands, visible};

#[derive(Template)]
#[template(path = "overview.html")]
pub(crate) struct Overview {
    place: String,
    tiles: Vec<Tile>,
    attention: Vec<Attention>,
    suites: Vec<Suite>,
    is_empty: bool,
}

struct Tile {
    label: &'static str,
    value: String,
    detail: String,
}

struct Attention {
    tone: &'static str,
    text: String,
    href: String,
}

struct Suite {
    name: String,
    href: String,
    fixtures: String,
    interactions: String,
    tests: String,
    age: String,
    tokens: String,
    price: String,
    note: String,
    size: String,
}

impl Overview {
    pub(crate) fn new(board: &Board) -> Self {
        let mut all = Sums::default();
        let mut suites: BTreeMap<&str, Sums<'_>> = BTreeMap::new();
        for file in &board.snapshot.files {
            all.add_file(file);
            suites.entry(file.suite()).or_default().add_file(file);
        }
        let suite = |(name, sums): (&&str, &Sums<'_>)| Suite {
            name: visible(name),
            href: board.links.fixtures(name, "", 1),
            fixtures: thousands(sums.fixtures),
            interactions: thousands(sums.interactions),
            tests: thousands(sums.tests.len()),
            age: sums.age(),
            tokens: sums.tokens(),
            price: sums.price(),
            note: sums.unpriced_note(),
            size: sums.size(),
        };
        Self {
            place: visible(&board.place),
            tiles: tiles(&all),
            attention: attention(board),
            suites: suites.iter().map(suite).collect(),
            is_empty: board.snapshot.files.is_empty(),
        }
    }
}

fn tiles(all: &Sums<'_>) -> Vec<Tile> {
    let tile = |label, value, detail| Tile { label, value, detail };
    vec![
        tile("Fixtures", thousands(all.fixtures), all.size()),
        tile(
            "Recorded requests",
            thousands(all.interactions),
            format!("{} streamed", thousands(all.streaming)),
        ),
        tile("Tests", thousands(all.tests.len()), "own a recording".to_owned()),
        tile("Oldest recording", all.age(), all.oldest.map(visible).unwrap_or_default()),
        tile(
            "Saved in each run",
            all.price(),
            if all.unpriced > 0 {
                all.unpriced_note()
            } else {
                "that the providers would charge".to_owned()
            },
        ),
    ]
}

fn attention(board: &Board) -> Vec<Attention> {
    let mut found = Vec::new();
    let mut add = |tone, text: String, page: &str| {
        found.push(Attention { tone, text, href: board.links.page(page) });
    };
    if let Some(run) = &board.run {
        let when = run.when();
        match (run.failed(), run.misses()) {
            (0, _) => {}
            (failed, 0) => add("bad", format!("{} failed{when}", count(failed, "test")), "run"),
            (failed, misses) => add(
                "bad",
                format!(
                    "{} failed: {} without a recording{when}",
                    count(failed, "test"),
                    count(misses, "request")
                ),
                "run",
            ),
        }
    }
    match board.attempts.len() {
        0 => {}
        1 => add("warn", "1 file waits for a decision".to_owned(), "review"),
        many => add("warn", format!("{} files wait for a decision", thousands(many)), "review"),
    }
    let (errors, warnings) = findings::numbers(board);
    if errors > 0 {
        add("bad", format!("{} in fixtures", count(errors, "error")), "findings");
    }
    if warnings > 0 {
        add("warn", format!("{} about fixtures", count(warnings, "warning")), "findings");
    }
    found
}
