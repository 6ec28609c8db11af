//! Original cassettes of other projects, where `LLMOCK_CORPUS` names a folder with them in `raw`.

use std::fs;
use std::path::Path;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use llmock_testkit::process::skipped;
use serde_json::Value;

use super::{Expected, replay, serve};
use crate::server::Workdir;

#[test]
fn original_cassettes_replay_their_responses() {
    let Ok(folder) = std::env::var("LLMOCK_CORPUS") else {
        return skipped("original cassettes, as `LLMOCK_CORPUS` names no folder of them");
    };
    let raw = Path::new(&folder).join("raw");
    let workdir = Workdir::new();
    let output = std::process::Command::new(env!("CARGO_BIN_EXE_llmock"))
        .args(["import", "--out", "out", "--json"])
        .arg(&raw)
        .current_dir(&workdir)
        .output()
        .unwrap();
    let files: Vec<Value> = serde_json::from_slice(&output.stdout).unwrap();
    let refused: Vec<&Value> = files.iter().filter(|file| !file["error"].is_null()).collect();
    assert!(refused.len() <= 3, "{refused:#?}");
    for file in &refused {
        assert!(file["error"].as_str().unwrap().contains("not HTTP"), "{file}");
    }
    let rows = rows(Path::new(&folder));
    let (mut judged, mut replayed) = (0, 0);
    for file in files.iter().filter(|file| file["error"].is_null()) {
        let fixture = file["fixture"].as_str().unwrap();
        let interactions = workdir.interactions(fixture);
        assert_eq!(file["interactions"], interactions.len(), "{file}");
        let own = own_rows(&rows, &raw, file);
        judged += judge(&own, file, &interactions);
        let requests = interactions.iter().enumerate().filter_map(|(at, interaction)| {
            let row = own.iter().find(|row| row["index"] == at);
            stored(interaction, row.copied())
        });
        let requests: Vec<Expected> = requests.collect();
        replayed += requests.len();
        replay(&serve(&workdir, fixture), &requests, fixture);
    }
    assert!(judged > 40, "{judged} interactions have another reading to compare with");
    assert!(replayed > 100, "{replayed} interactions were replayed");
}

/// What the server must replay. The request is that of a row if there is one; otherwise it is the fixture's, which does
/// not have the files of a form.
fn stored(interaction: &llmock::Interaction, row: Option<&Value>) -> Option<Expected> {
    let response = interaction.response();
    let own = || llmock::__server::imported::request_body(interaction).map(|body| body.to_vec());
    let body = row.map_or_else(own, |row| Some(bytes(row, "request_body")))?;
    let headers = row.and_then(|row| row["request_headers"].as_array()).into_iter().flatten();
    let mut kinds = headers.filter(|pair| {
        pair[0].as_str().is_some_and(|name| name.eq_ignore_ascii_case("content-type"))
    });
    let sent_as = kinds.next().and_then(|pair| pair[1].as_str()).unwrap_or("application/json");
    Some(Expected {
        method: interaction.method().to_owned(),
        path: format!("/{}{}", interaction.provider(), interaction.path()),
        body,
        sent_as: sent_as.to_owned(),
        content_type: response.header("content-type").map(str::to_owned),
        status: interaction.status(),
        response: response.body().into_owned(),
    })
}

fn bytes(row: &Value, name: &str) -> Vec<u8> {
    let text = row[name].as_str().unwrap_or_default();
    match row[format!("{name}_encoding")].as_str() {
        Some("base64") => STANDARD.decode(text).unwrap(),
        _ => text.as_bytes().to_vec(),
    }
}

/// The rows of a corpus: the same exchanges, read by other people's code.
fn rows(folder: &Path) -> Vec<Value> {
    let files = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    let lines = files.filter(|path| path.extension().is_some_and(|it| it == "jsonl"));
    let texts: Vec<String> = lines.map(|path| fs::read_to_string(path).unwrap()).collect();
    texts
        .iter()
        .flat_map(|text| text.lines())
        .map(|line| serde_json::from_str(line).unwrap())
        .collect()
}

/// The rows of a file.
fn own_rows<'r>(rows: &'r [Value], raw: &Path, file: &Value) -> Vec<&'r Value> {
    let manifest = fs::read_to_string(raw.join("MANIFEST.json")).unwrap();
    let manifest: Vec<Value> = serde_json::from_str(&manifest).unwrap();
    let source = Path::new(file["source"].as_str().unwrap());
    let name = source.file_name().unwrap().to_string_lossy();
    let Some(entry) = manifest.iter().find(|entry| entry["file"] == *name) else {
        return Vec::new();
    };
    let is_own = |row: &&Value| {
        row["source_repo"] == entry["source_repo"] && row["cassette_path"] == entry["path"]
    };
    rows.iter().filter(is_own).collect()
}

/// Compares the interactions of a file with its rows; returns how many were compared.
fn judge(rows: &[&Value], file: &Value, interactions: &[llmock::Interaction]) -> usize {
    let name = &file["source"];
    let mut compared = 0;
    for row in rows {
        let at = usize::try_from(row["index"].as_u64().unwrap()).unwrap();
        let Some(interaction) = interactions.get(at) else { panic!("{name} has no {at}") };
        let body = bytes(row, "response_body");
        let stored = interaction.response().body().into_owned();
        let is_tree = file["losses"].to_string().contains("kept its JSON as a tree");
        let is_equal = stored == body
            || (is_tree && json(&stored).is_some() && json(&stored) == json(&body))
            || String::from_utf8_lossy(&stored).contains("[REDACTED:");
        assert!(is_equal, "{name}, {at}: {} instead of {}", shown(&stored), shown(&body));
        assert_eq!(interaction.status(), row["status"], "{name}, {at}");
        compared += 1;
    }
    compared
}

fn json(bytes: &[u8]) -> Option<Value> {
    serde_json::from_slice(bytes).ok()
}

fn shown(bytes: &[u8]) -> String {
    String::from_utf8_lossy(&bytes[..bytes.len().min(300)]).into_owned()
}
