//! Prints every figure, or the groups that are named, in the profile that this program was built with:
//! `cargo run -p llmock-benches` says what a test pays in a debug build.

use llmock_benches::{Effort, misses, opening, recording, replay, run, sessions};

type Group = (&'static str, fn(Effort));

/// Memory first: it is read from the process, which later figures make larger.
const GROUPS: [Group; 5] = [
    ("sessions", sessions::figures),
    ("opening", opening::figures),
    ("replay", replay::figures),
    ("recording", recording::figures),
    ("misses", misses::figures),
];

fn main() {
    let named: Vec<String> = std::env::args().skip(1).collect();
    let wanted = |name: &str| named.is_empty() || named.iter().any(|wanted| wanted == name);
    let groups: Vec<_> =
        GROUPS.iter().filter(|(name, _)| wanted(name)).map(|(_, group)| *group).collect();
    run(&groups, Effort::Measure);
}
