//! `llmock check`, `prune`, `rename`, `adopt`, and `diff`: what keeps fixtures in order.

use crate::command::Desk;

/// A fixture of two tests, in its canonical form.
fn desk() -> Desk {
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
fn check_finds_orphans_and_prune_removes_them() {
    let desk = desk();
    let checked = desk.run(&["check", "--tests", "tests.txt"]);
    assert_eq!(checked.code, 1, "{checked:?}");
    assert_eq!(checked.out.matches("error[orphan] ").count(), 2, "{}", checked.out);
    assert!(checked.out.ends_with("checked 2 fixtures: 2 errors, 0 warnings\n"), "{}", checked.out);
    assert_eq!(desk.run(&["check", "--tests", "tests.txt", "--allow", "orphan"]).code, 0);
    assert_eq!(desk.run(&["check", "--no-tests"]).code, 0);

    let before = desk.read("f/a.json");
    desk.prints(&["prune", "--tests", "tests.txt", "--dry-run"]);
    let asked = desk
        .command(&["prune", "--tests", "tests.txt"])
        .stdin(std::process::Stdio::null())
        .output();
    let asked = asked.unwrap();
    assert_eq!(asked.status.code(), Some(1));
    assert!(
        String::from_utf8_lossy(&asked.stderr).contains("is not a terminal: nothing was removed")
    );
    assert_eq!(desk.read("f/a.json"), before);
    let shown = desk.prints(&["prune", "--tests", "tests.txt", "--yes"]);
    assert!(
        shown.ends_with("removed 1 interaction from f/a.json\nremoved f/b.json (1 interaction)\n"),
        "{shown}"
    );
    assert!(!desk.path("f/b.json").exists());
    assert_eq!(desk.run(&["check", "--tests", "tests.txt"]).code, 0);
}

#[test]
fn check_fixes_owners_of_renamed_tests_and_the_form() {
    let desk = desk();
    desk.write("tests.txt", "api::greets\nmoved::gone\napi::also_gone\n");
    let checked = desk.run(&["check", "--tests", "tests.txt"]);
    assert!(
        checked.out.contains("error[renamed_owner] f/a.json#2: test `api::gone` does not exist"),
        "{}",
        checked.out
    );
    assert_eq!(desk.run(&["check", "--tests", "tests.txt", "--fix"]).code, 0);
    assert!(desk.read("f/a.json").contains("\"test\": \"moved::gone\""));

    desk.write("f/b.json", &desk.read("f/b.json").replace("  ", " "));
    let checked = desk.run(&["check", "--no-tests"]);
    assert!(checked.out.contains("error[not_canonical] f/b.json"), "{}", checked.out);
    assert_eq!(desk.run(&["check", "--no-tests", "--fix"]).code, 0);
}

#[test]
fn check_finds_secrets_and_broken_files_in_every_format() {
    let desk = desk();
    desk.write(
        "f/b.json",
        &desk.read("f/b.json").replace("Once more.", "sk-proj-Zk3vR8qLw2NnT6yBdF1hJ9cXs5mPa7gQ"),
    );
    desk.write("f/c.json", "{\"llmock\": 1, \"interactions\": [");
    let codes = |format: &str| desk.run(&["check", "--no-tests", "--format", format]);
    let text = codes("text");
    assert_eq!(text.code, 1);
    assert!(
        text.out.contains("error[secret] f/b.json#1: ")
            && text.out.contains("error[unreadable] f/c.json: "),
        "{}",
        text.out
    );
    assert!(!text.out.contains("sk-proj-Zk3v"), "{}", text.out);
    assert!(codes("json").out.contains("\"code\": \"secret\""));
    assert!(codes("sarif").out.contains("\"ruleId\": \"unreadable\""));
    let junit = codes("junit").out;
    assert!(
        junit.contains("tests=\"3\" failures=\"2\"") && junit.contains("name=\"f/a.json\"/>"),
        "{junit}"
    );
}

#[test]
fn renames_tests_modules_and_files_without_overwriting() {
    let desk = desk();
    desk.prints(&["rename", "api::gone", "api::here"]);
    assert!(desk.read("f/a.json").contains("\"test\": \"api::here\""));
    desk.prints(&["rename", "api::here", "web::here"]);
    assert!(desk.read("f/a.json").contains("\"test\": \"web::here\""));
    assert_eq!(
        desk.fails(&["rename", "no::test", "x::y"]),
        "error: no interaction belongs to `no::test`\n"
    );
    assert_eq!(
        desk.fails(&["rename", "f/a", "f/b"]),
        "error: `f/b.json` exists and is not overwritten\n"
    );
    assert_eq!(desk.prints(&["rename", "f/a", "g/c"]), "moved f/a.json to g/c.json\n");
    assert!(desk.path("g/c.json").exists() && !desk.path("f/a.json").exists());
}

#[test]
fn adopts_tests_and_imported_fixtures() {
    let desk = Desk::with(&["shop.json"]);
    desk.write("Cargo.toml", "[package]\nname = \"app\"\n");
    desk.write(
        "tests/api.rs",
        "#[test]\nfn a() {}\n\nmod inner {\n    #[tokio::test]\n    async fn b() {}\n}\n",
    );
    assert_eq!(
        desk.prints(&["adopt", "tests/api.rs"]),
        "added the attribute to 2 tests of tests/api.rs\n"
    );
    assert_eq!(
        desk.read("tests/api.rs"),
        "#[llmock::llm_replay]\n#[test]\nfn a() {}\n\nmod inner {\n    #[llmock::llm_replay]\n    #[tokio::test]\n    async fn b() {}\n}\n"
    );
    assert_eq!(
        desk.prints(&["adopt", "tests/api.rs"]),
        "tests/api.rs: no test lacks the attribute\n"
    );
    desk.write("cassettes/chat/shop.json", &desk.read("shop.json"));
    assert_eq!(
        desk.prints(&["adopt", "cassettes", "--owner", "api::{dir}::{name}"]),
        "cassettes/chat/shop.json: 4 interactions belong to api::chat::shop\n"
    );
    let wrong = desk.fails(&["adopt", "cassettes", "--owner", "{nonsense}"]);
    assert!(wrong.starts_with("error: invalid owner `{nonsense}`"), "{wrong}");
}

#[test]
fn diff_pairs_interactions_and_names_paths() {
    let desk = desk();
    desk.write("new.json", &desk.read("f/a.json").replace("\"Hi.\"", "\"Hello.\""));
    assert_eq!(desk.prints(&["diff", "f/a", "f/a"]), "no differences\n");
    let shown = desk.prints(&["diff", "f/a", "new"]);
    assert!(shown.starts_with("changed #1 \"Say hi.\" (api::greets)\n  response\n"), "{shown}");
    assert!(shown.contains("$.choices[0].message.content"), "{shown}");
    assert!(shown.ends_with("\n1 interaction differ\n"), "{shown}");
    assert_eq!(desk.run(&["diff", "f/a", "new", "--exit-code"]).code, 1);
    let all = desk.json(&["diff", "f/a", "f/b", "--json"]);
    assert_eq!(all.as_array().unwrap().len(), 3);
}

/// A recording of a day, with this model.
fn recording(test: &str, day: &str, model: &str) -> String {
    format!(
        r#"{{"provider":"anthropic","test":"{test}","recorded_at":"{day}T10:00:00Z","request":{{"path":"/v1/messages","body":{{"model":"{model}","max_tokens":5,"messages":[{{"role":"user","content":"hi"}}]}}}},"response":{{"body":{{"type":"message"}}}}}}"#
    )
}

#[test]
fn check_finds_old_recordings_and_what_the_provider_would_reject() {
    let desk = Desk::with(&[]);
    let file = |interactions: &[String]| {
        format!("{{\"llmock\":1,\"interactions\":[{}]}}", interactions.join(","))
    };
    let fresh = recording("api::new", "2026-11-20", "claude-opus-4-7");
    let gone = recording("api::gone", "2026-11-21", "claude-3-haiku-20240307");
    let old = recording("api::old", "2026-01-02", "claude-opus-4-7");
    desk.write("fixtures/a.json", &file(&[fresh.clone(), old, gone]));
    desk.write("fixtures/b.json", &file(&[fresh]));
    let check = |arguments: &[&str]| {
        let words: Vec<&str> = ["check", "fixtures"].iter().chain(arguments).copied().collect();
        desk.run(&words)
    };
    let quiet = ["--no-tests", "--allow", "not_canonical"];
    let ran = check(&quiet);
    assert_eq!(ran.code, 0, "warnings alone: {}", ran.out);
    assert!(!ran.out.contains("[stale]"), "nothing sets an age: {}", ran.out);
    let told = [
        "1 of 4 requests would be rejected by their provider, 1 of them because model or endpoint was turned off",
        "warning[retired_model] fixtures/a.json#3: the provider would reject $.model: \"model: claude-3-haiku-20240307. Requests to retired models will fail.\" (since 2026-04-20, https://",
    ];
    for told in told {
        assert!(ran.out.contains(told), "{told}: {}", ran.out);
    }

    let stale = check(&["--stale"]);
    assert_eq!(stale.code, 1, "{}", stale.out);
    let told = "warning[stale] fixtures/a.json#2: recorded on 2026-01-02, which is longer ago than 90 days\n  record again: LLMOCK_MODE=record cargo test -- old --exact\n";
    assert!(stale.out.starts_with(told), "{}", stale.out);
    assert_eq!(check(&["--stale", "--format", "names"]).out, "old\n");
    assert_eq!(check(&["--stale", "--max-age", "52w"]).code, 0);
    let retired = check(&["--retired", "--json"]);
    let raw = desk.command(&["check", "fixtures", "--retired", "--json"]).output().unwrap().stdout;
    let found: serde_json::Value = serde_json::from_slice(&raw).unwrap();
    assert_eq!((retired.code, found.as_array().unwrap().len()), (1, 1), "{found}");
    assert_eq!(check(&["--retired", "--allow", "retired_model"]).code, 0);

    desk.write("llmock.toml", "max_age = \"fail after 100d\"\n");
    let ran = check(&quiet);
    assert_eq!(ran.code, 1, "{}", ran.out);
    assert!(ran.out.contains("longer ago than 100 days"), "{}", ran.out);
    let wrong = check(&["--max-age", "a while"]);
    assert_eq!(wrong.code, 2);
    assert!(wrong.err.contains("expected a value such as `90d`"), "{}", wrong.err);
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
