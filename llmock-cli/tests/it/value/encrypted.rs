//! A suite with encrypted fixtures that is recorded, planned, and compared: nothing of it is readable on disk.

use std::fs;
use std::path::Path;
use std::process::Command;

use serde_json::Value;

use super::place::Place;
use super::program::Upstreams;
use super::record;
use crate::command::Ran;
use crate::encrypted::{IDENTITY, RECIPIENT};

/// Each request and each response of the suite has one of these words.
const WORDS: [&str; 5] = ["lighthouse", "museum", "kindly", "coast", "Of course"];

/// The program of the suite has all words.
#[track_caller]
fn nothing_is_readable(folder: &Path) {
    for entry in fs::read_dir(folder).unwrap().map(Result::unwrap) {
        let path = entry.path();
        if path.is_dir() {
            nothing_is_readable(&path);
        } else if path.file_name().is_none_or(|name| name != "suite") {
            let text = String::from_utf8_lossy(&fs::read(&path).unwrap()).into_owned();
            let word = WORDS.iter().find(|word| text.contains(**word));
            assert_eq!(word, None, "{}: {text}", path.display());
        }
    }
}

#[test]
fn commands_that_run_tests_leave_nothing_readable() {
    let upstreams = Upstreams::scripted();
    let place = Place::new(1);
    place.write("llmock.toml", &format!("recipients = [{RECIPIENT:?}]\n"));
    fs::create_dir_all(place.path("tmp")).unwrap();
    let run = |mut command: Command| -> Ran {
        command.envs(upstreams.variables()).env("LLMOCK_AGE_IDENTITY", IDENTITY);
        command.env("TMPDIR", place.path("tmp"));
        let done = Ran::of(command);
        assert_eq!(done.code, 0, "{done:?}");
        nothing_is_readable(&place.path(""));
        done
    };
    let recorded = run(place.llmock(&["record"], ""));
    assert!(recorded.out.contains("5 tests passed"), "{recorded:?}");
    assert!(place.path("f/b.json.age").exists());
    let sent = upstreams.received().tests.len();

    // The request that stood in is in a line of the plan's file, encrypted.
    let planned = run(place.llmock(&["plan", "--json"], "system"));
    let planned: Value = serde_json::from_str(&planned.out).unwrap();
    let tests: Vec<&Value> =
        planned["requests"].as_array().unwrap().iter().map(|one| &one["test"]).collect();
    assert_eq!(tests, ["suite::b0"; 3], "{planned:#}");
    assert_eq!(upstreams.received().tests.len(), 0);
    run(record::llmock(&place, true, &["record", "--planned"], "system"));
    assert_eq!(upstreams.received().tests, ["b0"; 3]);
    let again = run(place.llmock(&["plan"], "system"));
    assert!(again.out.contains("nothing has to be recorded again"), "{again:?}");

    let model = ["compare", "--model", "openai:gpt-4.1-nano", "--json"];
    let compared = run(place.llmock(&model, "system"));
    let compared: Value = serde_json::from_str(&compared.out).unwrap();
    assert_eq!(upstreams.received().tests.len(), sent);
    let folder = place.path(compared["folder"].as_str().unwrap());
    assert!(folder.join("f/b.json.age").exists(), "{compared:#}");
}
