//! `llmock export` writes what `llmock import` reads back.

use llmock::{Fixture, Interaction};
use serde_json::Value;

use super::samples;
use crate::command::Desk;

/// Requests and responses of a file.
fn exchanges(desk: &Desk, fixture: &str) -> Vec<(String, String, String, u16, Vec<u8>)> {
    let fixture = Fixture::load(desk.path(fixture)).unwrap();
    let exchange = |one: &Interaction| {
        let response = one.response();
        let kind = response.header("content-type").unwrap_or_default().to_owned();
        let body = response.body().into_owned();
        (one.provider().to_string(), one.hash(), kind, one.status(), body)
    };
    fixture.interactions().iter().map(exchange).collect()
}

#[test]
fn every_sample_survives_an_export_and_an_import() {
    let desk = Desk::with(&[]);
    let rig = samples("rig").display().to_string();
    desk.prints(&["import", &rig, "--out", "rig"]);
    for file in ["vcr_py/plain.yaml", "vcr_ruby/binary.yml", "nock/binary.json", "har/browser.har"]
    {
        let path = samples("import").join(file).display().to_string();
        desk.prints(&["import", &path, "--out", &format!("other/{file}")]);
    }
    let mut fixtures = Vec::new();
    for folder in ["rig", "other"] {
        let below = walk(&desk.path(folder));
        fixtures.extend(below.into_iter().map(|path| path.display().to_string()));
    }
    assert_eq!(fixtures.len(), 24, "{fixtures:?}");
    for (to, file) in [("vcr", "x.yaml"), ("har", "x.har"), ("wiremock", "x.json")] {
        for fixture in &fixtures {
            desk.prints(&["export", fixture, "--to", to, "--out", file, "--force"]);
            desk.prints(&["import", file, "--out", "again", "--force"]);
            assert_eq!(
                exchanges(&desk, "again/x.json"),
                exchanges(&desk, fixture),
                "{to}: {fixture}"
            );
        }
    }
}

fn walk(folder: &std::path::Path) -> Vec<std::path::PathBuf> {
    let mut all = Vec::new();
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() { all.extend(walk(&path)) } else { all.push(path) }
    }
    all.sort();
    all
}

#[test]
fn aimock_gets_texts_calls_and_errors_and_gives_the_requests_back() {
    let desk = Desk::with(&[]);
    let path = samples("import/aimock/basic.json").display().to_string();
    desk.prints(&["import", &path, "--out", "a"]);
    desk.prints(&["export", "a/basic", "--to", "aimock", "--out", "b.json"]);
    let written: Value = serde_json::from_str(&desk.read("b.json")).unwrap();
    let fixtures = written["fixtures"].as_array().unwrap();
    assert_eq!(fixtures[0]["match"]["userMessage"], "hello");
    assert_eq!(fixtures[0]["response"]["content"], "Hello! How can I help?");
    let losses = desk.prints(&["import", "b.json", "--out", "c"]);
    assert!(losses.contains("(aimock)"), "{losses}");
    let requests = |file: &str| -> Vec<String> {
        let all = exchanges(&desk, file).into_iter();
        // A vector has no rule in aimock that an export makes.
        all.filter(|(.., body)| !String::from_utf8_lossy(body).contains("embedding"))
            .map(|one| one.1)
            .collect()
    };
    assert_eq!(requests("c/b.json"), requests("a/basic.json"));
}

#[test]
fn an_export_goes_to_standard_output_or_to_a_new_file() {
    let desk = Desk::with(&[]);
    let path = samples("import/vcr_py/plain.yaml").display().to_string();
    desk.prints(&["import", &path, "--out", "."]);
    let ran = desk.command(&["export", "plain", "--to", "har"]).output().unwrap();
    assert!(ran.status.success(), "{ran:?}");
    let har: Value = serde_json::from_slice(&ran.stdout).unwrap();
    assert_eq!(har["log"]["entries"].as_array().unwrap().len(), 5);
    let err = String::from_utf8(ran.stderr).unwrap();
    assert_eq!(err, "llmock: not kept: the times and the chunks of the stream\n");
    desk.write("x.har", "mine");
    let err = desk.fails(&["export", "plain", "--to", "har", "--out", "x.har"]);
    assert_eq!(err, "error: `x.har` exists\nhint: `--force` overwrites it\n");
    assert_eq!(desk.read("x.har"), "mine");
    let err = desk.fails(&["export", "none", "--to", "har"]);
    assert_eq!(err, "error: there is no fixture `none.json`\n");
}
