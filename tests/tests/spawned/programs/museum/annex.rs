//! A member of the workspace, below its root.

use llmock::llm_replay;
use museum::{Guide, seeded};

#[llm_replay(fixture = "annex")]
#[tokio::test]
async fn opens_the_annex() {
    Guide::from_env().ask(seeded("Open the annex.", "Open the orangery.")).await.unwrap();
}

#[llm_replay(fixture = "nightly")]
#[tokio::test]
async fn closes_the_annex() {
    Guide::from_env().ask("Close the annex for the night.").await.unwrap();
}

/// The path begins at the root of the workspace.
#[llm_replay(fixture = "annex/tests/fixtures/nightly")]
#[tokio::test]
async fn closes_the_annex_again() {
    Guide::from_env().ask("Close the annex for the night.").await.unwrap();
}
