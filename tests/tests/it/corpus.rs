//! Recorded traffic of real clients with real providers: every answer comes back as it was.

use std::path::Path;

use llmock_testkit::process::{alone, skipped};
use llmock_tests::corpus::play;

/// Names the folder of the corpus.
const FOLDER: &str = "LLMOCK_CORPUS";

/// Without optimisation a part of the corpus takes as long as all of it with.
const EVERY: usize = if cfg!(debug_assertions) { 3 } else { 1 };

#[test]
fn every_corpus_response_replays_exactly() {
    let Ok(folder) = std::env::var(FOLDER) else {
        return skipped("recorded traffic, as `LLMOCK_CORPUS` names no folder of it");
    };
    alone(&[(FOLDER, &folder), ("LLMOCK_ALLOW_CI_RECORD", "1")], |_| {
        if EVERY > 1 {
            skipped(&format!(
                "all but every {EVERY}rd cassette of recorded traffic, as this build is not optimised; \
                 `cargo run --release -p llmock-tests --bin corpus` plays them all"
            ));
        }
        let table = play(Path::new(&folder), EVERY).expect("the folder is a corpus");
        let total = table.total();
        assert_eq!(total.wrong, 0, "{}\n{table}", table.remarks().join("\n"));
        assert!(total.explained * 50 <= total.interactions(), "explained over 2 %:\n{table}");
    });
}
