//! The guide of a museum. It answers visitors through language models; its tests contain one mistake each, which
//! the variable `SEEDED` switches on.

use std::sync::atomic::{AtomicU64, Ordering};

pub mod curator;
pub mod guide;
pub mod tour;

pub use curator::Curator;
pub use guide::{Guide, question};

/// Whether the tests make their mistakes.
pub fn is_seeded() -> bool {
    std::env::var_os("SEEDED").is_some()
}

/// What was recorded, or what a mistake makes of it.
pub fn seeded<T>(right: T, wrong: T) -> T {
    if is_seeded() { wrong } else { right }
}

/// An id that is new on every visit, if the mistakes are switched on. `VISIT` is a number that is new on every run.
pub fn visit_id() -> String {
    static NEXT: AtomicU64 = AtomicU64::new(0);
    if !is_seeded() {
        return "0d9c6f3e-77b1-4c0a-9e55-2f1b8a64d310".to_owned();
    }
    let run: u64 = std::env::var("VISIT").ok().and_then(|run| run.parse().ok()).unwrap_or_default();
    let mut state = (run * 1000 + NEXT.fetch_add(1, Ordering::Relaxed)) ^ 0x5bd1_e995_9d1b_54a3;
    let mut next = || {
        state = state.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mixed = (state ^ (state >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed ^ (mixed >> 29)
    };
    let (a, b) = (next(), next());
    format!(
        "{:08x}-{:04x}-4{:03x}-a{:03x}-{:012x}",
        a >> 32,
        (a >> 16) & 0xffff,
        a & 0xfff,
        b >> 52,
        b & 0xffff_ffff_ffff
    )
}

/// The day, which has changed if the mistakes are switched on.
pub fn today() -> &'static str {
    seeded("2026-03-02", "2026-07-19")
}
