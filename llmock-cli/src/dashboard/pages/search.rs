//! Recorded requests that are like the text of a search, by their words.

use super::Board;
use crate::dashboard::library::{File, Row};
use crate::likeness::{Stems, ranked};
use crate::output::text::{shortened, visible};

/// How many are shown.
const MOST: usize = 10;
/// Those with the most words in common are compared.
const COMPARED: usize = 500;
const TEXT: usize = 120;

pub(crate) struct Found {
    pub(crate) href: String,
    pub(crate) place: String,
    pub(crate) prompt: String,
    pub(crate) response: String,
    /// Two digits, from 0 to 1.
    pub(crate) score: String,
}

/// The recordings of a suite that are most like a text; nothing without a text.
pub(crate) fn found(board: &Board, suite: &str, text: &str) -> Vec<Found> {
    if text.is_empty() {
        return Vec::new();
    }
    let stems = Stems::of(text);
    let files =
        board.snapshot.files.iter().filter(|file| suite.is_empty() || file.suite() == suite);
    let mut all: Vec<(usize, &File, usize, &Row)> = files
        .flat_map(|file| file.numbered().map(move |(number, _, row)| (file, number, row)))
        .map(|(file, number, row)| {
            let shared = texts(row).map(|text| stems.shared_with(text)).sum();
            (shared, &**file, number, row)
        })
        .filter(|(shared, ..)| *shared > 0)
        .collect();
    // The order of the files decides between equals.
    all.sort_by_key(|(shared, ..)| std::cmp::Reverse(*shared));
    all.truncate(COMPARED);
    let compared: Vec<Vec<String>> =
        all.iter().map(|(.., row)| texts(row).map(str::to_owned).collect()).collect();
    let view = |(at, score): (usize, f32)| {
        let (_, file, number, row) = all[at];
        Found {
            href: board.links.conversation(&file.name, number),
            place: visible(&format!("{}#{number}", file.name)),
            prompt: shortened(row.summary.prompt.as_deref().unwrap_or_default(), TEXT),
            response: shortened(row.summary.response.as_deref().unwrap_or_default(), TEXT),
            score: format!("{score:.2}"),
        }
    };
    ranked(text, &compared, MOST).into_iter().map(view).collect()
}

fn texts(row: &Row) -> impl Iterator<Item = &str> {
    [&row.summary.prompt, &row.summary.response].into_iter().filter_map(|text| text.as_deref())
}
