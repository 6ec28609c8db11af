//! What the commands that keep fixtures in order have in common: fixtures of tests that exist and that do not, and the changes that programs read.

use crate::command::Desk;

/// A fixture of two tests, in its canonical form.
pub(crate) fn desk() -> Desk {
    let desk = Desk::with(&[]);
    let one = |test: &str, prompt: &str, text: &str| {
        format!(
            r#"{{"provider": "openai", "test": "{test}", "request": {{"path": "/v1/chat/completions", "body": {{"model": "m",
            "messages": [{{"role": "user", "content": "{prompt}"}}]}}}}, "response": {{"body": {{"choices": [{{"message":
            {{"role": "assistant", "content": "{text}"}}}}]}}}}}}"#
        )
    };
    let file = |interactions: &[String]| {
        format!(r#"{{"llmock": 1, "interactions": [{}]}}"#, interactions.join(","))
    };
    desk.write(
        "f/a.json",
        &file(&[one("api::greets", "Say hi.", "Hi."), one("api::gone", "Bye?", "Bye.")]),
    );
    desk.write("f/b.json", &file(&[one("api::also_gone", "Once more.", "No.")]));
    desk.prints(&["fmt"]);
    desk.write("tests.txt", "api::greets: test\napi::other: test\n");
    desk
}

#[test]
fn programs_read_what_changed() {
    let desk = desk();
    let change = |arguments: &[&str]| {
        let changes = desk.json(&[arguments, &["--json"]].concat());
        let actions = changes.as_array().unwrap().iter();
        actions
            .map(|one| {
                format!("{} {}", one["action"].as_str().unwrap(), one["file"].as_str().unwrap())
            })
            .collect::<Vec<_>>()
    };
    assert_eq!(
        change(&["rename", "api::greets", "api::hails", "--dry-run"]),
        ["renamed_owner f/a.json"]
    );
    assert_eq!(
        change(&["prune", "--tests", "tests.txt", "--dry-run"]),
        ["removed f/a.json", "deleted f/b.json"]
    );
    assert!(desk.run(&["prune", "--tests", "tests.txt", "--json"]).err.contains("--yes"));
    assert_eq!(change(&["rename", "f/b", "f/c"]), ["moved f/b.json"]);
    assert_eq!(change(&["fmt"]), [""; 0]);
    assert_eq!(change(&["clear", "f/a", "--number", "1"]), ["removed f/a.json"]);
    assert_eq!(change(&["clear", "f/a"]), ["deleted f/a.json"]);
    assert_eq!(change(&["prune", "--tests", "tests.txt", "--yes"]), ["deleted f/c.json"]);
    desk.write("Cargo.toml", "[package]\nname = \"app\"\n");
    desk.write("tests/api.rs", "#[test]\nfn a() {}\n");
    assert_eq!(change(&["adopt", "tests/api.rs"]), ["added_attribute tests/api.rs"]);
}
