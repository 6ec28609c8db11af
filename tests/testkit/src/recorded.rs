//! Fixtures that a test has just recorded: where they lie and what stands in them.

use std::fs;
use std::path::{Path, PathBuf};

use llmock::Fixture;
use tempfile::TempDir;

/// A folder of its own, and the fixture in it that does not exist yet.
pub fn place() -> (TempDir, PathBuf) {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let fixture = folder.path().join("fixture.json");
    (folder, fixture)
}

/// Where the traffic of a test goes that has not passed.
pub fn failed(fixture: &Path) -> PathBuf {
    fixture.with_extension("json.failed")
}

/// The text of a file.
pub fn read(path: &Path) -> String {
    fs::read_to_string(path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

/// The interactions of a file as they are written there.
pub fn interactions(path: &Path) -> Vec<serde_json::Value> {
    let file: serde_json::Value = serde_json::from_str(&read(path)).expect("JSON");
    file["interactions"].as_array().expect("a list of interactions").clone()
}

/// The prompt of each interaction.
pub fn prompts(path: &Path) -> Vec<String> {
    let fixture = Fixture::load(path).expect("a fixture");
    fixture.interactions().iter().filter_map(llmock::Interaction::prompt).collect()
}
