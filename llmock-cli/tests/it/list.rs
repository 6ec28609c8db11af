//! `llmock list`, as a shell runs it. The hashes are the test vectors of `docs/matching.md`.

use std::process::Stdio;

use serde_json::Value;

use crate::command::Desk;

const SHOP: &str = r#"Fixture:      shop.json
Provider:     openai, anthropic
Interactions: 4

  1  540f2d6f6f77  gpt-4o  2026-04-23T10:00:00Z  7mo  -  127 B  "hi" → "Hello!"
  2  c6f066d51d75  gpt-4o  2026-04-23T10:00:02Z  7mo  -  155 B  [streaming] POST /v1/chat/completions
  3  c66ca070e4fc  claude  -                          -  299 B  [529] "grün" → "error: Overloaded"
  4  9c41d2c79a07  -       2026-04-23T10:00:03Z  7mo  -   27 B  GET /v1/models → "<0 items>"
"#;

#[test]
fn lists_interactions_with_or_without_the_extension() {
    let desk = Desk::with(&["shop.json"]);
    assert_eq!(desk.prints(&["list", "shop.json"]), SHOP);
    assert_eq!(desk.prints(&["list", "shop"]), SHOP);
}

#[test]
fn keeps_dots_in_fixture_names() {
    let desk = Desk::with(&[]);
    desk.write("gpt-4.1.json", r#"{"llmock": 1, "interactions": []}"#);
    let empty = "Fixture:      gpt-4.1.json\nProvider:     -\nInteractions: 0\n";
    assert_eq!(desk.prints(&["list", "gpt-4.1"]), empty);
}

#[test]
fn reads_llm_mock_fixtures_without_changing_them() {
    let desk = Desk::with(&["llm-mock-1.json", "llm-mock-2.json"]);
    let before = (desk.read("llm-mock-1.json"), desk.read("llm-mock-2.json"));
    let shown = desk.prints(&["list", "llm-mock-1", "llm-mock-2"]);
    let first: Vec<&str> = shown.lines().take(5).collect();
    assert_eq!(
        first[..3],
        ["Fixture:      llm-mock-1.json", "Provider:     anthropic", "Interactions: 1"]
    );
    assert!(
        first[4].ends_with(
            r#"  claude-3-5-haiku  2025-11-05T08:09:10Z  13mo  -  186 B  "Say yes." → "Yes.""#
        ),
        "{shown}"
    );
    let last = shown.lines().last().unwrap();
    assert!(last.ends_with(r#"  168 B  [streaming] "Count." → "1""#), "{shown}");
    assert_eq!((desk.read("llm-mock-1.json"), desk.read("llm-mock-2.json")), before);
}

#[test]
fn prints_every_prompt_on_one_line() {
    let desk = Desk::with(&["texts.json"]);
    let shown = desk.prints(&["list", "texts"]);
    // Without the hashes, which say nothing about texts.
    let lines: Vec<String> =
        shown.lines().skip(4).map(|line| line.chars().skip(19).collect()).collect();
    assert_eq!(
        lines,
        [
            "模型    -  -  273 B  \"把这份报告的要点总结成三句话，不要遗漏任何数字，也不要添加报告里没有的内容；\
             如果某个数字看起来有误，请在最后单独指出，…\"",
            "gpt-4o  -  -  277 B  \"What is in this /\"picture/\"? /u{1b}[31mAnswer in one word.\"",
            "m       -  -   35 B  \"one two\"",
        ]
    );
}

#[test]
fn lists_all_fixtures_below_a_folder() {
    let desk = Desk::with(&["shop.json"]);
    let one = |id: &str| {
        format!(
            r#"{{"llmock": 1, "interactions": [{{"provider": "{id}", "request": {{"path": "/x"}}, "response": {{}}}}]}}"#
        )
    };
    desk.write("all/b.json", &one("gemini"));
    desk.write("all/a/deep.json", &one("ollama"));
    desk.write("all/package.json", r#"{"name": "no fixture"}"#);
    desk.write("all/notes.txt", "no fixture either");
    desk.write("all/target/c.json", &one("cohere"));
    desk.write("all/.cache/d.json", &one("cohere"));
    let fixtures = |path: &str| -> Vec<String> {
        let shown = desk.prints(&["list", path]);
        let named = shown.lines().filter_map(|line| line.strip_prefix("Fixture:      "));
        named.map(str::to_owned).collect()
    };
    assert_eq!(fixtures("all"), ["all/a/deep.json", "all/b.json"]);
    // A name that is a fixture and a folder is the fixture.
    desk.write("all.json", &one("groq"));
    assert_eq!(fixtures("all"), ["all.json"]);
    assert_eq!(fixtures("all/"), ["all/a/deep.json", "all/b.json"]);
    assert_eq!(fixtures("."), ["./all/a/deep.json", "./all/b.json", "./all.json", "./shop.json"]);
}

#[test]
fn folder_without_fixtures_is_not_an_error() {
    let desk = Desk::with(&[]);
    desk.write("empty/readme", "");
    assert_eq!(desk.prints(&["list", "empty"]), "no fixtures in `empty`\n");
}

#[test]
fn names_unreadable_files_and_lists_the_rest() {
    let desk = Desk::with(&["shop.json"]);
    desk.write("broken/a.json", "");
    desk.write("broken/b.json", r#"{"llmock": 1, "interactions": ["#);
    desk.write("broken/c.json", r#"{"llmock": 3, "interactions": []}"#);
    let ran = desk.run(&["list", "shop", "broken", "nowhere"]);
    assert_eq!((ran.code, ran.out.as_str()), (1, SHOP));
    let errors: Vec<&str> = ran.err.lines().filter(|line| line.starts_with("error: ")).collect();
    assert_eq!(errors.len(), 4, "{}", ran.err);
    for (error, name) in errors.iter().zip(["a.json", "b.json", "c.json"]) {
        let start = format!("error: failed to load fixture `broken/{name}`: line 1, column ");
        assert!(error.starts_with(&start), "{error}");
    }
    assert_eq!(errors[3], "error: fixture `nowhere.json` does not exist");
}

#[test]
fn suggests_a_similar_name() {
    let desk = Desk::with(&["shop.json"]);
    assert_eq!(
        desk.fails(&["list", "shpo"]),
        "error: fixture `shpo.json` does not exist; did you mean `shop.json`?\n"
    );
    desk.write("notes.txt", "hello");
    assert_eq!(
        desk.fails(&["list", "notes.txt"]),
        "error: `notes.txt` is not a fixture: the name of a fixture ends in `.json`\n"
    );
}

#[test]
fn lists_files_of_failed_recordings() {
    let desk = Desk::with(&["shop.json"]);
    std::fs::rename(desk.path("shop.json"), desk.path("shop.json.failed")).unwrap();
    let shown = desk.prints(&["list", "shop.json.failed"]);
    assert_eq!(shown, SHOP.replace("shop.json", "shop.json.failed"));
}

#[test]
fn closed_output_pipe_is_not_an_error() {
    let desk = Desk::with(&["shop.json"]);
    // More than a pipe holds, so that the command writes after the reader has gone.
    let paths = ["shop"; 1000];
    let arguments: Vec<&str> = std::iter::once("list").chain(paths).collect();
    let mut command = desk.command(&arguments);
    let mut child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    drop(child.stdout.take());
    let output = child.wait_with_output().unwrap();
    assert_eq!(String::from_utf8_lossy(&output.stderr), "");
    assert_eq!(output.status.code(), Some(0));
}

#[test]
fn unknown_arguments_are_usage_errors() {
    let desk = Desk::with(&["shop.json"]);
    for arguments in [
        &["list", "--colour", "shop"][..],
        &["list", "--stale", "5 parsecs"],
        &["list", "--source", "nowhere"],
        &["show"],
        &["clear"],
        &["clear", "shop", "--hash", ""],
        &["clear", "shop", "--hash", "main"],
        &["clear", "shop", "--hash", "54", "--number", "1"],
        &["clear", "shop", "--number", "one"],
        &["remove", "shop"],
        &[],
    ] {
        let ran = desk.run(arguments);
        assert_eq!((ran.code, ran.out.as_str()), (2, ""), "{arguments:?}");
        assert!(ran.err.contains("--help"), "{arguments:?}: {}", ran.err);
    }
    assert_eq!(desk.prints(&["list", "shop"]), SHOP);
}

#[test]
fn help_lists_the_exit_codes() {
    let desk = Desk::with(&[]);
    for arguments in [&["--help"][..], &["list", "--help"], &["clear", "-h"]] {
        let help = desk.prints(arguments);
        assert!(help.contains("  1  failure; standard error has the reason"), "{help}");
    }
    let version = concat!("llmock ", env!("CARGO_PKG_VERSION"), "\n");
    assert_eq!(desk.prints(&["--version"]), version);
}

#[test]
fn filters_by_age_origin_model_test_and_secrets() {
    let desk = Desk::with(&["agent.json", "shop.json"]);
    desk.write(
        "leak.json",
        r#"{"llmock": 1, "interactions": [{"provider": "openai", "request": {"path": "/v1/chat/completions", "body": {
           "model": "m", "messages": [{"role": "user", "content": "key sk-proj-Zk3vR8qLw2NnT6yBdF1hJ9cXs5mPa7gQ"}]}}, "response": {"body": {}}}]}"#,
    );
    let numbers = |arguments: &[&str]| -> Vec<String> {
        let listed = desk.json(&[&["list", "--json"], arguments].concat());
        let place = |one: &Value| format!("{}#{}", one["file"].as_str().unwrap(), one["number"]);
        listed.as_array().unwrap().iter().map(place).collect()
    };
    assert_eq!(numbers(&["agent"]).len(), 4);
    assert_eq!(numbers(&[]).len(), 9);
    assert_eq!(numbers(&["--stale", "300d"]), ["agent.json#2"]);
    assert_eq!(numbers(&["--source", "written"]), ["agent.json#4"]);
    assert_eq!(numbers(&["--model", "sonnet"]), ["agent.json#1"]);
    assert_eq!(numbers(&["--test", "agent::counts"]), ["agent.json#2"]);
    assert_eq!(numbers(&["--provider", "anthropic"]), ["agent.json#1", "shop.json#3"]);
    assert_eq!(numbers(&["--secrets"]), ["leak.json#1"]);
    assert!(numbers(&["--retired"]).is_empty());
    desk.write(
        "old.json",
        &desk.read("shop.json").replace("\"claude\"", "\"claude-3-haiku-20240307\""),
    );
    assert_eq!(numbers(&["--retired"]), ["old.json#3"]);
    std::fs::remove_file(desk.path("old.json")).unwrap();
    assert_eq!(desk.prints(&["list", "--model", "nothing"]), "no interaction is like that\n");
}
