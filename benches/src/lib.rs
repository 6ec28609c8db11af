//! What llmock costs, always beside a rival in the same run.
//!
//! A machine that does other things too makes absolute times worth little, so contenders take turns in
//! [`race`] and the tables of [`table`] show how many times one is the other, with the spread.
//! [`fixtures`] makes the files, [`client`] asks, [`rivals`] answer; [`load`] is for `llmock serve`.

use std::time::Duration;

pub mod client;
pub mod fixtures;
pub mod load;
pub mod misses;
pub mod opening;
pub mod pacing;
pub mod race;
pub mod recording;
pub mod replay;
pub mod rivals;
pub mod sessions;
#[cfg(feature = "websocket")]
pub mod sockets;
pub mod table;

/// How long a race may take.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Effort {
    /// As many rounds as are worth it.
    Measure,
    /// Once, to see that everything works: `cargo test --benches`.
    Try,
}

impl Effort {
    /// Rounds of a race that should not take longer than the budget.
    pub fn plan(self, rounds: usize, budget: Duration) -> race::Plan {
        match self {
            Self::Measure => race::Plan { rounds, budget },
            Self::Try => race::Plan { rounds: 2, budget: Duration::ZERO },
        }
    }
}

/// What a bench's `main` calls: prints a group of figures if Cargo measures, and else only tries it.
pub fn bench(group: fn(Effort)) {
    let measures = std::env::args().any(|argument| argument == "--bench");
    run(&[group], if measures { Effort::Measure } else { Effort::Try });
}

/// Prints some groups of figures.
pub fn run(groups: &[fn(Effort)], effort: Effort) {
    table::heading(&machine());
    for group in groups {
        group(effort);
    }
}

fn machine() -> String {
    let cores = std::thread::available_parallelism().map_or(1, std::num::NonZero::get);
    let profile = if cfg!(debug_assertions) { "debug" } else { "release" };
    format!("{profile} build, {cores} cores, {}", std::env::consts::OS)
}
