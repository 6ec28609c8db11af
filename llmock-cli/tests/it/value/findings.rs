//! Each code that `llmock check` concludes: in every format, and allowed in one way.

use std::collections::BTreeSet;

use serde_json::{Value, json};

use crate::command::Desk;

fn interaction(test: &str, provider: &str, path: &str, body: &Value, day: &str) -> Value {
    json!({
        "provider": provider, "test": test, "recorded_at": format!("{day}T12:00:00Z"),
        "request": { "method": "POST", "path": path, "body": body },
        "response": { "status": 200, "body": { "ok": true } },
    })
}

/// Files with every kind of finding, and how many codes there are.
fn desk() -> (Desk, BTreeSet<&'static str>) {
    let desk = Desk::with(&[]);
    let chat = |model: &str, prompt: &str| json!({ "model": model, "messages": [{ "role": "user", "content": prompt }] });
    let claude = |model: &str, max: u64| json!({ "model": model, "max_tokens": max, "messages": [{ "role": "user", "content": "p" }] });
    let file = |all: &[Value]| json!({ "llmock": 1, "interactions": all }).to_string();
    let (chats, today) = ("/v1/chat/completions", "2026-11-30");
    let one = |body: &Value| interaction("api::a", "openai", chats, body, today);
    desk.write("f/key.json", &file(&[one(&chat("m", "sk-proj-Zk3vR8qLw2NnT6yBdF1hJ9cXs5mPa7gQ"))]));
    desk.write("f/large.json", &file(&[one(&chat("m", &"long ".repeat(300)))]));
    desk.write(
        "f/gone.json",
        &file(&[interaction("api::gone", "openai", chats, &chat("m", "p"), today)]),
    );
    desk.write(
        "f/old.json",
        &file(&[interaction("api::a", "openai", chats, &chat("m", "old"), "2020-01-01")]),
    );
    desk.write(
        "f/contract.json",
        &file(&[
            one(&json!({ "model": "m", "messages": [] })),
            one(&chat("gpt-3.5-turbo", "p")),
            interaction("api::a", "openai", "/v1/threads", &json!({}), today),
            interaction(
                "api::a",
                "anthropic",
                "/v1/messages",
                &claude("claude-haiku-4-5", 99_999),
                today,
            ),
        ]),
    );
    desk.prints(&["fmt"]);
    desk.write("f/loose.json", "{\"llmock\": 1, \"interactions\": []}");
    desk.write("f/broken.json", "{\"llmock\": 1, \"interactions\": [");
    desk.write("f/large.json.pending", &file(&[one(&chat("m", "edited"))]));
    desk.write("tests.txt", "api::a: test\n");
    let codes = [
        "secret",
        "large",
        "orphan",
        "stale",
        "contract",
        "retired_model",
        "retired_endpoint",
        "context_size",
        "not_canonical",
        "unreadable",
        "pending",
    ];
    (desk, codes.into())
}

const ALL: [&str; 7] = ["check", "--tests", "tests.txt", "--max-age", "90d", "--max-size", "1kB"];

/// What the command prints as JSON, which escapes with backslashes.
fn json_of(desk: &Desk, more: &[&str]) -> Value {
    let output = desk.command(&[&ALL, more].concat()).output().unwrap();
    serde_json::from_slice(&output.stdout).unwrap_or_else(|error| panic!("{error}: {output:?}"))
}

fn in_json(desk: &Desk, more: &[&str]) -> BTreeSet<String> {
    let found = json_of(desk, &[more, &["--json"]].concat());
    let found = found.as_array().unwrap();
    found.iter().map(|one| one["code"].as_str().unwrap().to_owned()).collect()
}

#[test]
fn every_code_has_every_format_and_is_allowed_in_one_way() {
    let (desk, codes) = desk();
    let owned: BTreeSet<String> = codes.iter().map(|code| (*code).to_owned()).collect();
    assert_eq!(in_json(&desk, &[]), owned);

    let text = desk.run(&ALL).out;
    let sarif = json_of(&desk, &["--format", "sarif"]);
    let results = sarif["runs"][0]["results"].as_array().unwrap();
    let junit = desk.run(&[&ALL, &["--format", "junit"][..]].concat()).out;
    let page = include_str!("../../../../docs/findings.md");
    for code in &codes {
        assert!(text.contains(&format!("[{code}] f/")), "{code}: {text}");
        assert!(results.iter().any(|one| one["ruleId"] == *code), "{code}: {sarif:#}");
        let row = page.lines().find(|line| line.starts_with(&format!("| [`{code}`](")));
        let is_error = row.unwrap_or_else(|| panic!("no row for {code}")).contains("| error |");
        // JUnit knows no warnings: only errors fail a test case.
        assert_eq!(junit.contains(&format!(": {code}: ")), is_error, "{code}: {junit}");
        // On the command line, and for all files below a folder.
        let mut others = owned.clone();
        others.remove(*code);
        assert_eq!(in_json(&desk, &["--allow", code]), others);
    }
    desk.write("llmock.toml", "allow = [\"stale\", \"secret\"]\n");
    desk.write("f/llmock.toml", "allow = [\"pending\"]\n");
    let left = in_json(&desk, &[]);
    let gone: Vec<_> = owned.difference(&left).map(String::as_str).collect();
    assert_eq!(gone, ["pending", "secret", "stale"]);
    let unknown = desk.run(&["check", "--allow", "stail"]);
    assert!(unknown.code == 2 && unknown.err.contains("did you mean `stale`?"), "{unknown:?}");
}
