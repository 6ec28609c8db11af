//! The tables of rooms in `docs/internals/architecture.md`.

use std::collections::BTreeSet;
use std::fs;

use super::source::repository;

/// A row: a room, whether it does I/O, and the rooms that it uses.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(super) struct Room {
    pub(super) name: String,
    pub(super) is_pure: bool,
    pub(super) uses: BTreeSet<String>,
}

/// The rows of the table behind a comment, in cells without their quotes.
fn table(comment: &str) -> Vec<Vec<String>> {
    let path = repository().join("docs/internals/architecture.md");
    let page = fs::read_to_string(&path);
    let page = page.unwrap_or_else(|error| panic!("{}: {error}", path.display()));
    let begin = format!("<!-- {comment} -->");
    let (_, rest) = page.split_once(&begin).unwrap_or_else(|| panic!("the page has no {begin}"));
    let (rows, _) = rest.split_once("<!-- end -->").expect("the table has an end");
    let cells = |row: &str| {
        row.trim_matches('|').split('|').map(|cell| cell.trim().replace('`', "")).collect()
    };
    rows.trim().lines().skip(2).map(cells).collect()
}

fn names(cell: &str) -> BTreeSet<String> {
    cell.split(", ").filter(|name| !name.is_empty()).map(str::to_owned).collect()
}

/// The crates, and the crates of the workspace that each of them uses.
pub(super) fn crates() -> Vec<(String, BTreeSet<String>)> {
    table("crates").into_iter().map(|row| (row[0].clone(), names(&row[2]))).collect()
}

/// The rooms of a crate, each below those that it uses.
pub(super) fn rooms(package: &str) -> Vec<Room> {
    let room = |row: Vec<String>| {
        let [name, _, io, uses] = &row[..] else { panic!("a row of four cells: {row:?}") };
        Room { name: name.clone(), is_pure: io.is_empty(), uses: names(uses) }
    };
    table(&format!("rooms of {package}")).into_iter().map(room).collect()
}

/// The room of a module: the one with the longest name that begins its own.
pub(super) fn room_of<'a>(rooms: &'a [Room], module: &[String]) -> Option<&'a Room> {
    let path = module[1..].join("::");
    let is_inside = |room: &&Room| {
        path.strip_prefix(&room.name).is_some_and(|rest| rest.is_empty() || rest.starts_with("::"))
    };
    rooms.iter().filter(is_inside).max_by_key(|room| room.name.len())
}

impl Room {
    /// The row that the page should have.
    pub(super) fn row(&self, duty: &str) -> String {
        let uses: Vec<_> = self.uses.iter().map(|name| format!("`{name}`")).collect();
        let io = if self.is_pure { "" } else { "yes" };
        format!("| `{}` | {duty} | {io} | {} |", self.name, uses.join(", "))
    }
}
