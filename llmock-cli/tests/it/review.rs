//! `llmock review`, `accept` and `reject`, as a shell and a script run them.

use std::io::{BufRead as _, BufReader, Write as _};
use std::process::Stdio;

use crate::command::{Desk, Ran};

fn interaction(test: &str, prompt: &str, answer: &str) -> String {
    format!(
        r#"{{"provider": "openai", "test": "{test}",
          "request": {{"method": "POST", "path": "/v1/chat/completions",
            "body": {{"model": "m", "messages": [{{"role": "user", "content": "{prompt}"}}]}}}},
          "response": {{"status": 200, "body": {{"choices": [{{"message": {{"role": "assistant", "content": "{answer}"}}}}]}}}}}}"#
    )
}

fn file(interactions: &[String]) -> String {
    format!(r#"{{"llmock": 1, "interactions": [{}]}}"#, interactions.join(", "))
}

/// A fixture with an attempt beside it: one request recorded again, and a new one.
fn desk() -> Desk {
    let desk = Desk::with(&[]);
    desk.write(
        "f/chat.json",
        &file(&[interaction("a", "first", "old"), interaction("b", "first", "other")]),
    );
    let attempts = [interaction("a", "first", "new"), interaction("a", "second", "more")];
    desk.write("f/chat.json.failed", &file(&attempts));
    desk
}

/// Runs the command with these lines on standard input.
fn with_lines(desk: &Desk, arguments: &[&str], lines: &str) -> Ran {
    let mut command = desk.command(arguments);
    let mut child = command
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    child.stdin.take().unwrap().write_all(lines.as_bytes()).unwrap();
    let output = child.wait_with_output().unwrap();
    let text = |bytes: Vec<u8>| String::from_utf8(bytes).unwrap();
    Ran { code: output.status.code().unwrap(), out: text(output.stdout), err: text(output.stderr) }
}

#[test]
fn lines_decide_one_by_one() {
    let desk = desk();
    let ran = with_lines(&desk, &["review"], "i\nd\nwhat\na\nr\n");
    assert_eq!(ran.code, 0, "{ran:?}");
    assert!(ran.out.contains("1/2  failed attempt  f/chat.json.failed#1"), "{}", ran.out);
    assert!(ran.out.contains("$.choices[0].message.content"), "{}", ran.out);
    assert!(
        ran.out
            .contains("f/chat.json.failed: accepted 1 failed attempt, rejected 1 failed attempt"),
        "{}",
        ran.out
    );
    assert!(ran.err.contains("expected a, r, s"), "{}", ran.err);
    let fixture = desk.read("f/chat.json");
    let places = ["\"new\"", "\"other\""].map(|text| fixture.find(text));
    assert!(places.iter().all(Option::is_some) && places.is_sorted(), "{fixture}");
    assert!(!fixture.contains("\"old\"") && !fixture.contains("\"more\""), "{fixture}");
    assert!(!desk.path("f/chat.json.failed").exists());
}

#[test]
fn what_is_skipped_stays() {
    let desk = desk();
    let before = desk.read("f/chat.json");
    let ran = with_lines(&desk, &["review", "f/chat"], "s\nr\n");
    assert!(
        ran.out.contains("skipped 1 failed attempt") || ran.out.contains("rejected 1"),
        "{ran:?}"
    );
    let left = desk.read("f/chat.json.failed");
    assert!(left.contains("\"new\"") && !left.contains("\"more\""), "{left}");
    // The end of the input skips all.
    assert_eq!(with_lines(&desk, &["review"], "").code, 0);
    assert_eq!(desk.read("f/chat.json.failed"), left);
    assert_eq!(desk.read("f/chat.json"), before);
}

#[test]
fn accept_and_reject_decide_without_a_question() {
    let desk = desk();
    desk.prints(&["accept", "f/chat.json.failed"]);
    assert!(desk.read("f/chat.json").contains("\"more\""));
    assert_eq!(desk.prints(&["review"]), "nothing waits for a decision\n");
    let one = || interaction("a", "third", "gone");
    desk.write("f/chat.json.removed", &file(&[one()]));
    desk.prints(&["reject"]);
    assert!(
        desk.read("f/chat.json").contains("\"gone\"") && !desk.path("f/chat.json.removed").exists()
    );
    desk.write("f/new.json.failed", &file(&[one()]));
    desk.prints(&["accept", "f"]);
    assert!(desk.path("f/new.json").exists());
}

#[test]
fn a_hash_chooses_one_interaction() {
    let desk = desk();
    let items = desk.json(&["review", "--json"]);
    let hash = items[1]["hash"].as_str().unwrap()[..12].to_owned();
    assert_eq!(
        (items[0]["kind"].as_str(), items[1]["prompt"].as_str()),
        (Some("failed"), Some("second"))
    );
    desk.prints(&["accept", "--hash", &hash]);
    let fixture = desk.read("f/chat.json");
    assert!(fixture.contains("\"more\"") && fixture.contains("\"old\""), "{fixture}");
    assert!(desk.path("f/chat.json.failed").exists());
    let unknown = desk.fails(&["accept", "--hash", "ffffffffffff"]);
    assert!(unknown.contains("nothing that waits has a hash"), "{unknown}");
}

#[test]
fn pending_requests_take_the_place_of_their_recordings() {
    let desk = desk();
    desk.prints(&["reject"]);
    desk.prints(&["fmt"]);
    let hash = desk.json(&["list", "f", "--json"])[0]["hash"].as_str().unwrap().to_owned();
    let pending = interaction("a", "first, kindly", "old");
    let pending = pending.replacen('{', &format!("{{\"hash\": \"2:{hash}\", "), 1);
    let listed = desk.read("f/chat.json");
    let full = listed.split("\"hash\": \"").nth(1).unwrap().split('"').next().unwrap().to_owned();
    let pending = pending.replace(&format!("2:{hash}"), &full);
    desk.write("f/chat.json.pending", &file(&[pending]));
    let shown = with_lines(&desk, &["review"], "s\n");
    assert!(shown.out.contains("pending request") && shown.out.contains("kindly"), "{}", shown.out);
    desk.prints(&["accept"]);
    let fixture = desk.read("f/chat.json");
    assert!(fixture.contains("first, kindly") && fixture.contains("\"old\""), "{fixture}");
    assert!(!desk.path("f/chat.json.pending").exists());
}

#[test]
fn wrong_files_and_paths_have_messages() {
    let desk = desk();
    desk.write("g/lost.json.pending", &file(&[interaction("a", "x", "y")]));
    let lost = desk.fails(&["review"]);
    assert!(
        lost.contains("`g/lost.json.pending` has no fixture: `g/lost.json` does not exist"),
        "{lost}"
    );
    let missing = desk.fails(&["accept", "nowhere"]);
    assert!(missing.contains("fixture `nowhere.json` does not exist"), "{missing}");
    desk.write("h/bad.json.removed", "no JSON");
    assert!(desk.fails(&["review", "h"]).contains("h/bad.json.removed"));
}

#[test]
fn what_changes_while_it_is_reviewed_is_not_overwritten() {
    for changed in ["f/chat.json", "f/chat.json.failed"] {
        let desk = desk();
        let mut child = desk
            .command(&["review"])
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let mut shown = BufReader::new(child.stdout.take().unwrap());
        let mut line = String::new();
        while !line.contains("[S]kip all") {
            line.clear();
            assert!(shown.read_line(&mut line).unwrap() > 0, "it asks");
        }
        let other = file(&[interaction("a", "first", "of someone else")]);
        desk.write(changed, &other);
        let before = ["f/chat.json", "f/chat.json.failed"].map(|name| desk.read(name));
        child.stdin.take().unwrap().write_all(b"A\n").unwrap();
        std::io::copy(&mut shown, &mut std::io::sink()).unwrap();
        let output = child.wait_with_output().unwrap();
        let error = String::from_utf8_lossy(&output.stderr).replace('\\', "/");
        assert_eq!(output.status.code(), Some(1), "{error}");
        let expected =
            format!("error: `{changed}` has changed while it was reviewed; nothing was written\n");
        assert_eq!(error, expected);
        assert_eq!(["f/chat.json", "f/chat.json.failed"].map(|name| desk.read(name)), before);
    }
}

#[test]
fn programs_read_what_was_decided() {
    let desk = desk();
    let hash = desk.json(&["review", "--json"])[1]["hash"].as_str().unwrap()[..12].to_owned();
    let decided = desk.json(&["reject", "--hash", &hash, "--json"]);
    let action = |one: &serde_json::Value| format!("{} {}", one["action"], one["interactions"]);
    let all: Vec<String> = decided.as_array().unwrap().iter().map(action).collect();
    assert_eq!(all, ["\"rejected\" 1", "\"skipped\" 1"]);
    let decided = desk.json(&["accept", "--json"]);
    assert_eq!(decided[0]["fixture"], "f/chat.json");
    assert_eq!(desk.json(&["accept", "--json"]), serde_json::json!([]));
    desk.write("f/chat.json.failed", &file(&[interaction("a", "fourth", "kept")]));
    assert_eq!(desk.json(&["keep", "f/chat", "--json"])[0]["action"], "kept");
}
