//! Every cassette at an address of its own, for clients in other languages to judge.

use std::fs;
use std::io::Write;
use std::path::Path;

use llmock::{LlmMock, MockSession};
use serde_json::json;

use super::row;
use super::{target, written};

/// Opens a session a cassette and prints a line of JSON for each: where it comes from, and the base URL to put in
/// place of scheme and host of its URLs, one for each provider.
///
/// The answers are there as long as what is returned.
///
/// # Errors
///
/// If the folder is no corpus or a session does not open.
pub fn open(folder: &Path, out: &mut impl Write) -> Result<Vec<MockSession>, String> {
    let cassettes = row::load(folder).map_err(|error| error.to_string())?;
    let scratch = tempfile::tempdir().map_err(|error| error.to_string())?;
    let mut sessions = Vec::with_capacity(cassettes.len());
    for (at, cassette) in cassettes.iter().enumerate() {
        // Read when the session opens; nothing is left behind when the process is killed.
        let file = scratch.path().join(format!("{at}.json"));
        fs::write(&file, written::fixture(cassette)).map_err(|error| error.to_string())?;
        let providers = target::providers(cassette);
        let builder = LlmMock::builder().fixture(&file);
        let builder = providers.iter().fold(builder, |builder, known| builder.provider(*known));
        let session = builder.start().map_err(|error| format!("{}: {error}", cassette.path))?;
        let base = |row: &row::Row| session.host_url(target::provider(row));
        let bases: serde_json::Map<_, _> =
            cassette.rows.iter().map(|row| (row.provider.clone(), json!(base(row)))).collect();
        let line = json!({
            "source_repo": cassette.repo,
            "cassette_path": cassette.path,
            "interactions": cassette.rows.len(),
            "base_url": base(&cassette.rows[0]),
            "base_urls": bases,
        });
        writeln!(out, "{line}").map_err(|error| error.to_string())?;
        sessions.push(session);
        let _ = fs::remove_file(&file);
    }
    out.flush().map_err(|error| error.to_string())?;
    Ok(sessions)
}
