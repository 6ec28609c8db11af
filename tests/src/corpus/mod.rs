//! Recorded traffic of real clients with real providers, played through the library.
//!
//! A corpus is a folder of `*.jsonl` files, a recorded HTTP interaction a line ([`row`]). Every cassette becomes
//! a fixture on two roads ([`roads`]): written by the norm of the file format ([`written`]), and recorded from a
//! server that plays its answers ([`provider`]). Every request must get its own recorded answer ([`judge`]).

pub mod chunks;
pub mod judge;
pub mod layout;
pub mod provider;
pub mod roads;
pub mod row;
pub mod serve;
pub mod table;
pub mod target;
pub mod written;

use std::path::Path;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use self::roads::{Findings, Roads};
use self::table::Table;

/// Sessions that are open at the same time; their clients mostly wait.
const WORKERS: usize = 6;

/// Plays every `every`-th cassette of a folder on both roads.
///
/// # Errors
///
/// If the folder is no corpus, or nothing can be played at all.
pub fn play(folder: &Path, every: usize) -> Result<Table, String> {
    let cassettes = Arc::new(row::load(folder).map_err(|error| error.to_string())?);
    let scratch = tempfile::tempdir().map_err(|error| error.to_string())?;
    let roads = Roads::open(Arc::clone(&cassettes), scratch.path())?;
    let chosen: Vec<usize> = (0..cassettes.len()).step_by(every.max(1)).collect();
    let (next, done) = (AtomicUsize::new(0), Mutex::new(Vec::<(usize, Findings)>::new()));
    std::thread::scope(|scope| {
        for _ in 0..WORKERS {
            scope.spawn(|| {
                while let Some(at) = chosen.get(next.fetch_add(1, Ordering::Relaxed)) {
                    let findings = roads.travel(*at);
                    done.lock().unwrap_or_else(PoisonError::into_inner).push((*at, findings));
                }
            });
        }
    });
    let mut done = done.into_inner().unwrap_or_else(PoisonError::into_inner);
    done.sort_by_key(|(at, _)| *at);
    let mut table = Table::default();
    for (at, findings) in done {
        let cassette = &cassettes[at];
        for (row, finding) in cassette.rows.iter().zip(findings) {
            table.enter(cassette, row, finding);
        }
    }
    Ok(table)
}
