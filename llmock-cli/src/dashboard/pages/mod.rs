//! The pages: what each shows, computed as plain text, and the template that shows it.
//!
//! A template escapes everything it is given. What comes from a recording has its control characters and changes of
//! direction replaced before, as on a terminal. Nothing here knows whether a page is served or written to a file.

pub(crate) mod conversation;
pub(crate) mod cost;
pub(crate) mod findings;
pub(crate) mod fixtures;
pub(crate) mod live;
pub(crate) mod overview;
pub(crate) mod review;
pub(crate) mod run;
pub(crate) mod search;

use super::attempts::Attempt;
use super::last_run::LastRun;
use super::library::Snapshot;
use super::links::Links;
use crate::output::text::{thousands, visible_lines};

/// Rows of a table on one page.
pub(crate) const ROWS: usize = 100;

/// Everything that pages are made from.
#[derive(Debug)]
pub(crate) struct Board {
    pub(crate) snapshot: Snapshot,
    pub(crate) attempts: Vec<Attempt>,
    pub(crate) run: Option<LastRun>,
    pub(crate) links: Links,
    /// Whether forms change files.
    pub(crate) edit: bool,
    /// Whether the whole workspace is shown, and not a part of it.
    pub(crate) is_workspace: bool,
    /// What is shown, as a person named it.
    pub(crate) place: String,
}

impl Board {
    /// Whether a page is a part of a larger file, which has no forms and shows all rows.
    pub(crate) fn is_file(&self) -> bool {
        matches!(self.links, Links::File)
    }
}

/// The rows of a table that are shown, and the way to the others.
#[derive(Debug, Default)]
pub(crate) struct Paging {
    pub(crate) first: String,
    pub(crate) last: String,
    pub(crate) total: String,
    pub(crate) page: usize,
    pub(crate) pages: usize,
    pub(crate) previous: Option<String>,
    pub(crate) next: Option<String>,
}

impl Paging {
    /// The rows of page `page`, counted from one; a page that does not exist becomes the nearest one.
    pub(crate) fn of(
        total: usize,
        page: usize,
        link: impl Fn(usize) -> String,
    ) -> (std::ops::Range<usize>, Self) {
        let pages = total.div_ceil(ROWS).max(1);
        let page = page.clamp(1, pages);
        let rows = (page - 1) * ROWS..(page * ROWS).min(total);
        let paging = Self {
            first: thousands((rows.start + 1).min(total)),
            last: thousands(rows.end),
            total: thousands(total),
            page,
            pages,
            previous: (page > 1).then(|| link(page - 1)),
            next: (page < pages).then(|| link(page + 1)),
        };
        (rows, paging)
    }

    /// All rows at once.
    pub(crate) fn all(total: usize) -> (std::ops::Range<usize>, Self) {
        (0..total, Self { pages: 1, page: 1, ..Self::default() })
    }
}

/// Text of several lines, at most so long: a page of many megabytes stalls a browser.
pub(crate) fn limited(text: &str, limit: usize) -> String {
    if text.len() <= limit {
        return visible_lines(text);
    }
    let end = (0..=limit).rev().find(|end| text.is_char_boundary(*end)).unwrap_or_default();
    let rest = thousands(text.len() - end);
    format!("{}\n… {rest} more bytes: `llmock show` prints them", visible_lines(&text[..end]))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pages_stay_inside_of_their_table() {
        let link = |page: usize| page.to_string();
        let (rows, paging) = Paging::of(10_000, 3, link);
        assert_eq!((rows, paging.pages), (200..300, 100));
        assert_eq!((paging.previous.as_deref(), paging.next.as_deref()), (Some("2"), Some("4")));
        for (total, page, expected) in
            [(0, 1, 0..0), (0, 9, 0..0), (5, 0, 0..5), (150, 99, 100..150)]
        {
            assert_eq!(Paging::of(total, page, link).0, expected);
        }
    }

    #[test]
    fn long_texts_end_with_their_length() {
        let text = limited(&"ä".repeat(100), 11);
        assert!(text.starts_with("äääää\n… 190 more bytes"), "{text}");
        assert_eq!(limited("a\u{1b}[31m\nb", 100), "a\\u{1b}[31m\nb");
    }
}
