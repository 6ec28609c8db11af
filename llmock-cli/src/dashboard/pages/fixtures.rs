//! The list of fixtures, and the list of the interactions of one.

use std::collections::BTreeSet;
use std::sync::Arc;

use askama::Template;

use super::search::{self, Found};
use super::{Board, Paging};
use crate::dashboard::library::{File, Row};
use crate::dashboard::links::{fixture_anchor, suite_anchor};
use crate::dashboard::sums::{Sums, age_of, dollars, tokens};
use crate::output::listing::DIGITS;
use crate::output::text::{count, shortened, size, thousands, visible};

/// Texts of a row are shortened to this.
const TEXT: usize = 120;

/// What a person wants to see of the list.
#[derive(Clone, Debug, Default)]
pub(crate) struct Wanted {
    pub(crate) suite: String,
    pub(crate) text: String,
    pub(crate) page: usize,
}

impl Wanted {
    fn selects(&self, file: &File) -> bool {
        (self.suite.is_empty() || file.suite() == self.suite)
            && (self.text.is_empty() || contains(file, &self.text.to_lowercase()))
    }
}

/// Whether the name, a test, a model, or the beginning of a prompt or response has this text, in lower case.
fn contains(file: &File, text: &str) -> bool {
    let has = |other: &str| other.to_lowercase().contains(text);
    has(&file.name)
        || file.numbered().any(|(_, interaction, row)| {
            let summary = &row.summary;
            let texts = [&summary.model, &summary.prompt, &summary.response];
            interaction.test().is_some_and(has)
                || has(interaction.provider().id())
                || row.hash.starts_with(text)
                || texts.into_iter().flatten().any(|other| has(other))
        })
}

#[derive(Template)]
#[template(path = "fixtures.html")]
pub(crate) struct Fixtures {
    anchor: String,
    title: String,
    action: String,
    suite: String,
    text: String,
    has_form: bool,
    summary: String,
    rows: Vec<FixtureRow>,
    paging: Paging,
    /// The recorded requests that are most like the text.
    alike: Vec<Found>,
}

struct FixtureRow {
    title: String,
    folder: String,
    layer: String,
    href: String,
    providers: String,
    models: String,
    interactions: String,
    tests: Vec<String>,
    more_tests: usize,
    age: String,
    tokens: String,
    price: String,
    note: String,
}

impl Fixtures {
    pub(crate) fn new(board: &Board, wanted: &Wanted) -> Self {
        let is_wanted = |file: &&Arc<File>| wanted.selects(file);
        let files: Vec<&Arc<File>> = board.snapshot.files.iter().filter(is_wanted).collect();
        let link = |page| board.links.fixtures(&wanted.suite, &wanted.text, page);
        let (rows, paging) = if board.is_file() {
            Paging::all(files.len())
        } else {
            Paging::of(files.len(), wanted.page, link)
        };
        let interactions = files.iter().map(|file| file.rows.len()).sum();
        Self {
            anchor: suite_anchor(&wanted.suite),
            title: match wanted.suite.as_str() {
                "" => "Fixtures".to_owned(),
                suite => visible(suite),
            },
            action: board.links.page("fixtures"),
            suite: visible(&wanted.suite),
            text: visible(&wanted.text),
            has_form: !board.is_file(),
            summary: format!(
                "{} with {}",
                count(files.len(), "fixture"),
                count(interactions, "recorded request")
            ),
            rows: files[rows].iter().map(|file| row_of(board, file)).collect(),
            paging,
            alike: search::found(board, &wanted.suite, &wanted.text),
        }
    }
}

fn row_of(board: &Board, file: &File) -> FixtureRow {
    const TESTS: usize = 2;
    let sums = Sums::of_file(file);
    let providers: BTreeSet<&str> =
        file.fixture.interactions().iter().map(|one| one.provider().id()).collect();
    let models: BTreeSet<&str> =
        file.rows.iter().filter_map(|row| row.summary.model.as_deref()).collect();
    let list = |names: &BTreeSet<&str>| {
        let names: Vec<&str> = names.iter().copied().collect();
        shortened(&names.join(", "), TEXT / 2)
    };
    FixtureRow {
        title: visible(file.title()),
        folder: visible(file.suite()),
        layer: file.layer.as_deref().map(visible).unwrap_or_default(),
        href: board.links.fixture(&file.name, 1),
        providers: list(&providers),
        models: list(&models),
        interactions: thousands(sums.interactions),
        tests: sums.tests.iter().take(TESTS).map(|test| shortened(test, TEXT)).collect(),
        more_tests: sums.tests.len().saturating_sub(TESTS),
        age: sums.age(),
        tokens: sums.tokens(),
        price: sums.price(),
        note: sums.unpriced_note(),
    }
}

#[derive(Template)]
#[template(path = "fixture.html")]
pub(crate) struct Interactions {
    anchor: String,
    title: String,
    list: String,
    suite: String,
    suite_href: String,
    facts: Vec<String>,
    problems: Vec<String>,
    rows: Vec<InteractionRow>,
    paging: Paging,
}

pub(crate) struct InteractionRow {
    pub(crate) number: usize,
    pub(crate) href: String,
    pub(crate) hash: String,
    pub(crate) prompt: String,
    pub(crate) response: String,
    pub(crate) provider: String,
    pub(crate) model: String,
    pub(crate) status: u16,
    pub(crate) marks: Vec<&'static str>,
    pub(crate) test: String,
    pub(crate) age: String,
    pub(crate) tokens: String,
    pub(crate) price: String,
    pub(crate) size: String,
}

impl Interactions {
    /// `last` is the highest number that has a page of its own.
    pub(crate) fn new(board: &Board, file: &File, page: usize, last: usize) -> Self {
        let link = |page| board.links.fixture(&file.name, page);
        let (rows, paging) = if board.is_file() {
            Paging::all(file.rows.len())
        } else {
            Paging::of(file.rows.len(), page, link)
        };
        let sums = Sums::of_file(file);
        let mut facts = vec![
            count(sums.interactions, "recorded request"),
            count(sums.tests.len(), "test"),
            format!("{} tokens", sums.tokens()),
            format!("{} live", sums.price()),
            sums.size(),
        ];
        if let Some(layer) = &file.layer {
            facts.push(format!("layer {}, read-only", visible(layer)));
        }
        if file.is_hidden {
            facts.push("encrypted: a report shows digests, `llmock show` the texts".to_owned());
        } else if file.is_encrypted() {
            facts.push("encrypted".to_owned());
        }
        if sums.oldest.is_some() {
            facts.push(format!("oldest recording {} ago", sums.age()));
        }
        let finding = |one: &crate::finding::Finding| {
            let place = one.number.map(|number| format!("#{number}: ")).unwrap_or_default();
            visible(&format!("{place}{}", one.message))
        };
        Self {
            anchor: fixture_anchor(&file.name),
            title: visible(file.title()),
            list: board.links.page("fixtures"),
            suite: visible(file.suite()),
            suite_href: board.links.fixtures(file.suite(), "", 1),
            facts,
            problems: file.findings().iter().map(finding).collect(),
            rows: file
                .numbered()
                .skip(rows.start)
                .take(rows.len())
                .map(|(number, interaction, row)| {
                    let href = board.links.conversation(&file.name, number);
                    let href = if number <= last { href } else { String::new() };
                    interaction_row(number, interaction, row, href)
                })
                .collect(),
            paging,
        }
    }
}

pub(crate) fn interaction_row(
    number: usize,
    interaction: &llmock::Interaction,
    row: &Row,
    href: String,
) -> InteractionRow {
    let summary = &row.summary;
    let mut marks = Vec::new();
    if interaction.is_streaming() {
        marks.push("streamed");
    }
    if interaction.is_written() {
        marks.push("written by hand");
    }
    if !interaction.is_complete() {
        marks.push("cut off");
    }
    let address = || format!("{} {}", interaction.method(), interaction.path());
    InteractionRow {
        number,
        href,
        hash: row.hash.chars().take(DIGITS).collect(),
        prompt: shortened(&summary.prompt.clone().unwrap_or_else(address), TEXT),
        response: shortened(summary.response.as_deref().unwrap_or_default(), TEXT),
        provider: visible(interaction.provider().id()),
        model: shortened(summary.model.as_deref().unwrap_or("–"), TEXT / 2),
        status: interaction.status(),
        marks,
        test: interaction.test().map(visible).unwrap_or_default(),
        age: age_of(interaction.recorded_at()),
        tokens: tokens(summary.usage.input, summary.usage.output),
        price: row.cost.map_or_else(|| "–".to_owned(), dollars),
        size: size(summary.bytes as u64),
    }
}
