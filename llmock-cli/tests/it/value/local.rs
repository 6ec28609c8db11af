//! Plans and comparisons on a real model, and a plan of a workspace that Cargo builds. `.ci/run plan` runs them.

use std::fmt::Write as _;
use std::fs;
use std::path::Path;
use std::process::Command;

use llmock_testkit::model;
use llmock_testkit::scratch::Scratch;
use serde_json::Value;

use super::compare::compare;
use super::place::Place;
use super::program::{BRIEF, EDITS, Upstreams};
use crate::command::Ran;

/// The texts of all files below a folder.
pub(super) fn texts(folder: &Path) -> String {
    let mut all = String::new();
    for entry in fs::read_dir(folder).unwrap().map(Result::unwrap) {
        let path = entry.path();
        all += &if path.is_dir() { texts(&path) } else { fs::read_to_string(&path).unwrap() };
    }
    all
}

#[test]
#[ignore = "takes a minute on a model server; `.ci/run plan` starts one and runs it"]
fn a_plan_predicts_the_tokens_of_a_real_recording() {
    let Some(url) = model::url() else { return };
    let upstreams = Upstreams::relayed(url);
    let place = Place::recorded(4, &upstreams);
    let recorded = place.fixtures();
    for edit in EDITS {
        let planned = Ran::of(place.llmock(&["plan", "--json"], edit));
        let planned: Value = serde_json::from_str(&planned.out).unwrap();
        let usage = &planned["usage"];
        let predicted = usage["input"].as_u64().unwrap() + usage["output"].as_u64().unwrap();
        upstreams.received();
        let ran = place.run_suite("refresh", edit, Some(&upstreams));
        assert_eq!(ran.code, 0, "{edit}: {ran:?}");
        let received = upstreams.received();
        println!("{edit}: {predicted} tokens planned, {} recorded", received.tokens);
        assert_eq!(received.tests.len(), planned["requests"].as_array().unwrap().len(), "{edit}");
        let is_close = predicted.abs_diff(received.tokens) * 10 <= received.tokens;
        assert!(is_close || edit == "more_turns", "{edit}: {predicted}, {}", received.tokens);
        place.restore(&recorded);
    }
}

#[test]
#[ignore = "takes a minute on a model server; `.ci/run plan` starts one and runs it"]
fn two_settings_of_a_real_model_are_compared() {
    let Some(url) = model::url() else { return };
    let upstreams = Upstreams::relayed(url);
    let place = Place::recorded(2, &upstreams);
    let before = place.fixtures();
    let done = compare(&place, &format!("openai:{BRIEF}"), &["--json"], &upstreams);
    assert_eq!(done.code, 0, "{done:?}");
    let compared: Value = serde_json::from_str(&done.out).unwrap();
    let output = ["before", "after"].map(|side| compared[side]["output"].as_u64().unwrap());
    println!("{} tokens written, and {} with the brief setting", output[0], output[1]);
    assert!(output[1] < output[0] && output[1] > 0, "{compared:#}");
    assert_eq!(place.fixtures(), before);
}

const LIBRARY: &str = r#"//! An application with five prompts.
use client::send;

pub const COAST: &str = "You explain things of the coast.";
pub const GUIDE: &str = "You are the guide of a small museum, and you answer tersely.";
pub const SEARCH: &str = "Finds a work";
pub const MODEL: &str = "gpt-4.1-mini";
pub const FORMAT: &str = "markdown";

fn ask(body: &str) -> String {
    let base = std::env::var("OPENAI_BASE_URL").unwrap();
    let (status, answer) = send(&base, "POST", "/chat/completions", body);
    assert_eq!(status, 200, "{answer}");
    let text = answer.split("\"content\":\"").nth(1).and_then(|rest| rest.split('"').next());
    text.unwrap_or_default().to_owned()
}

fn talk(more: &str, system: &str, name: &str, prompts: &[&str]) {
    let mut messages = format!("{{\"role\":\"system\",\"content\":\"{system}\"}}");
    for prompt in prompts {
        messages += &format!(",{{\"role\":\"user\",\"content\":\"{name}: {prompt}\"}}");
        let answer = ask(&format!("{{\"model\":\"{MODEL}\",\"max_tokens\":16{more},\"messages\":[{messages}]}}"));
        messages += &format!(",{{\"role\":\"assistant\",\"content\":\"{answer}\"}}");
    }
}

pub fn coast(name: &str) {
    talk(",\"temperature\":0", COAST, name, &["What is a lighthouse?"]);
}

pub fn guide(name: &str) {
    talk("", GUIDE, name, &["When do you open?", "And on Sundays?", "What may I bring?"]);
}

pub fn tools(name: &str) {
    let more = format!(",\"tools\":[{{\"type\":\"function\",\"function\":{{\"name\":\"search\",\"description\":\"{SEARCH}\",\"parameters\":{{\"type\":\"object\",\"properties\":{{}}}}}}}}]");
    talk(&more, COAST, name, &["Where is the old map?"]);
}

pub fn formats(name: &str) {
    talk("", &format!("Write {FORMAT}."), name, &["Name a sea.", "Name another."]);
}

pub fn plain(name: &str) {
    talk(",\"user\":\"u\"", "Be brief.", name, &["Describe a river."]);
}
"#;

/// Edits of the source: what is replaced, by what, the group whose tests miss, and how often each test then sends. The
/// answers fill their limit of tokens before and after: how many words a model chooses for another prompt is not planned.
const SOURCES: [(&str, &str, &str, usize); 10] = [
    ("things of the coast.\"", "things of the sea.\"", "coast,tools", 1),
    ("you answer tersely", "you answer kindly", "guide", 3),
    ("Finds a work", "Finds a work by its title", "tools", 1),
    ("\"temperature\\\":0", "\"temperature\\\":0.5", "coast", 1),
    ("markdown", "plain text", "formats", 2),
    ("And on Sundays?", "And on Mondays?", "guide", 2),
    ("What may I bring?", "What is forbidden?", "guide", 1),
    ("Describe a river.", "Describe a lake.", "plain", 1),
    ("\\\"user\\\":\\\"u\\\"", "\\\"user\\\":\\\"v\\\"", "", 0),
    ("\"Name a sea.\", \"Name another.\"", "\"Name a sea.\"", "", 0),
];

const TESTS: [&str; 5] = ["coast", "guide", "tools", "formats", "plain"];

/// Fifty tests, ten of each group.
fn tests() -> String {
    let mut tests = String::from("use llmock::llm_replay;\n");
    for group in TESTS {
        for at in 0..10 {
            let _ = writeln!(
                tests,
                "#[llm_replay(fixture = \"{group}\")]\n#[test]\nfn {group}_{at}() {{ planned::{group}(\"{group}_{at}\"); }}"
            );
        }
    }
    tests
}

#[test]
#[ignore = "builds a workspace ten times, a minute or more; `.ci/run plan` runs it"]
fn ten_edits_of_a_workspace_are_planned_exactly() {
    let tests = tests();
    let manifest = "[package]\nname = \"planned\"\nversion = \"0.0.0\"\nedition = \"2024\"\n\n[workspace]\n\n\
        [dependencies]\nclient.path = \"client\"\n\n[dev-dependencies]\nllmock = { path = \"$LLMOCK\" }\n";
    let client = "[package]\nname = \"client\"\nversion = \"0.0.0\"\nedition = \"2024\"\n";
    let scratch = Scratch::open(
        "planned",
        &[
            ("Cargo.toml", manifest),
            ("client/Cargo.toml", client),
            ("client/src/lib.rs", llmock_testkit::scratch::CLIENT),
            ("src/lib.rs", LIBRARY),
            ("tests/api.rs", &tests),
        ],
    );
    let upstreams = match model::url() {
        Some(url) => Upstreams::relayed(url),
        None => Upstreams::scripted(),
    };
    let llmock = |arguments: &[&str]| {
        let mut command = Command::new(env!("CARGO_BIN_EXE_llmock"));
        command.args(arguments).args(["--", "--offline"]).current_dir(scratch.root());
        let run = scratch.run(command);
        upstreams
            .variables()
            .into_iter()
            .fold(run, |run, (name, value)| run.env(name, value))
            .output()
    };
    let recorded = llmock(&["record"]);
    assert!(recorded.success, "{}", recorded.everything());
    let fixtures = TESTS.map(|group| format!("tests/fixtures/{group}.json"));
    let kept = fixtures.clone().map(|file| scratch.read(&file));
    let mut report = String::new();
    for (old, new, groups, each) in SOURCES {
        let changed = LIBRARY.replace(old, new);
        assert_ne!(changed, LIBRARY, "{old}");
        scratch.write("src/lib.rs", &changed);
        let plan = llmock(&["plan", "--json"]);
        let plan: Value = serde_json::from_str(&plan.stdout)
            .unwrap_or_else(|error| panic!("{error}: {}", plan.everything()));
        let mut found: Vec<&str> = plan["requests"]
            .as_array()
            .unwrap()
            .iter()
            .filter_map(|one| one["test"].as_str())
            .collect();
        found.sort_unstable();
        let mut wanted: Vec<String> = groups
            .split(',')
            .filter(|group| !group.is_empty())
            .flat_map(|group| (0..10 * each).map(move |at| format!("api::{group}_{}", at / each)))
            .collect();
        wanted.sort_unstable();
        assert_eq!(found, wanted, "{old}");
        let usage = &plan["usage"];
        let predicted = usage["input"].as_u64().unwrap() + usage["output"].as_u64().unwrap();
        upstreams.received();
        let done = llmock(&["record", "--planned"]);
        assert!(done.success, "{old}: {}", done.everything());
        let received = upstreams.received();
        assert_eq!(received.tests.len(), wanted.len(), "{old}");
        let _ = writeln!(
            report,
            "{old:?}: {} requests, {predicted} tokens planned, {} recorded",
            wanted.len(),
            received.tokens
        );
        assert!(predicted.abs_diff(received.tokens) * 10 <= received.tokens, "{old}: {report}");
        fixtures.iter().zip(&kept).for_each(|(file, text)| scratch.write(file, text));
    }
    println!("{report}");
}
