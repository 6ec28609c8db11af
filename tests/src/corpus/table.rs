//! What came out: a line a provider, and a sentence for whatever is not exact.

use std::collections::BTreeMap;
use std::fmt;

use super::judge::Finding;
use super::row::{Cassette, Row};

/// The result of playing a corpus.
#[derive(Clone, Debug, Default)]
pub struct Table {
    providers: BTreeMap<String, Counts>,
    remarks: Vec<String>,
}

/// How many interactions ended how.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Counts {
    /// Exact on every road.
    pub exact: usize,
    /// Exact but for what nobody could or should replay.
    pub explained: usize,
    /// Not exact.
    pub wrong: usize,
}

impl Table {
    /// Enters an interaction with what is wrong with it.
    pub fn enter(&mut self, cassette: &Cassette, row: &Row, finding: Option<Finding>) {
        let counts = self.providers.entry(row.provider.clone()).or_default();
        let Some(finding) = finding else {
            counts.exact += 1;
            return;
        };
        let (count, word) = match finding {
            Finding::Explained(_) => (&mut counts.explained, "explained"),
            Finding::Wrong(_) => (&mut counts.wrong, "wrong"),
        };
        *count += 1;
        let (Finding::Explained(why) | Finding::Wrong(why)) = finding;
        let Cassette { repo, path, .. } = cassette;
        self.remarks.push(format!("{word}: {repo} {path} #{}: {why}", row.index));
    }

    /// All providers together.
    pub fn total(&self) -> Counts {
        self.providers.values().fold(Counts::default(), |sum, counts| Counts {
            exact: sum.exact + counts.exact,
            explained: sum.explained + counts.explained,
            wrong: sum.wrong + counts.wrong,
        })
    }

    /// A sentence for each interaction that is not exact.
    pub fn remarks(&self) -> &[String] {
        &self.remarks
    }
}

impl Counts {
    /// All of them.
    pub fn interactions(self) -> usize {
        self.exact + self.explained + self.wrong
    }
}

impl fmt::Display for Table {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let names = self.providers.keys().map(String::len);
        let width = names.max().unwrap_or_default().max("provider".len());
        let line = |f: &mut fmt::Formatter<'_>, name: &str, cells: [&str; 4]| {
            let [interactions, exact, explained, wrong] = cells;
            writeln!(f, "{name:width$} {interactions:>12} {exact:>7} {explained:>9} {wrong:>7}")
        };
        line(f, "provider", ["interactions", "exact", "explained", "wrong"])?;
        let total = self.total();
        let rows = self.providers.iter().map(|(name, counts)| (name.as_str(), counts));
        for (name, counts) in rows.chain([("total", &total)]) {
            let cells = [counts.interactions(), counts.exact, counts.explained, counts.wrong];
            let cells = cells.map(|count| count.to_string());
            line(f, name, [&cells[0], &cells[1], &cells[2], &cells[3]])?;
        }
        Ok(())
    }
}
