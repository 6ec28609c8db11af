//! Written samples of every format: each is recognized, and replays what it records.

use std::collections::BTreeSet;
use std::fs;

use llmock_testkit::client::Request;
use serde_json::Value;

use super::{Expected, replay, samples, serve};
use crate::command::Desk;
use crate::server::Workdir;

fn expected(folder: &str) -> Vec<Value> {
    let text = fs::read_to_string(samples(folder).join("expected.json")).unwrap();
    serde_json::from_str(&text).unwrap()
}

#[test]
fn every_format_replays_what_it_recorded() {
    let root = samples("import");
    let mut formats = BTreeSet::new();
    for sample in expected("import") {
        let workdir = Workdir::new();
        let file = sample["file"].as_str().unwrap();
        let mut arguments = vec![root.join(file).display().to_string()];
        for argument in sample["args"].as_array().into_iter().flatten() {
            let argument = argument.as_str().unwrap();
            let is_path = !argument.starts_with('-');
            let path = root.join(argument).display().to_string();
            arguments.push(if is_path { path } else { argument.to_owned() });
        }
        let mut all = vec!["import", "--out", "out", "--json"];
        all.extend(arguments.iter().map(String::as_str));
        let ran = run(&workdir, &all);
        let format = sample["format"].as_str().unwrap();
        assert_eq!(ran[0]["format"], format, "{file}: {ran}");
        formats.insert(format.to_owned());
        let expected: Vec<Expected> =
            sample["exchanges"].as_array().unwrap().iter().map(Expected::of).collect();
        assert_eq!(ran[0]["interactions"], expected.len(), "{file}: {ran}");
        replay(&serve(&workdir, "out"), &expected, file);
    }
    let all = [
        "dd-apm",
        "go-vcr",
        "har",
        "httpmock",
        "llm-mock",
        "mitmproxy",
        "nock",
        "pairs",
        "response",
        "vcr-py",
        "vcr-ruby",
        "wiremock",
    ];
    let missing: Vec<_> = all.iter().filter(|name| !formats.contains(**name)).collect();
    assert_eq!(missing, [&"httpmock"], "rig's cassettes are its samples");
}

/// Runs the command and reads the JSON that it prints.
fn run(workdir: &Workdir, arguments: &[&str]) -> Value {
    let mut command = std::process::Command::new(env!("CARGO_BIN_EXE_llmock"));
    let output = command.args(arguments).current_dir(workdir).output().unwrap();
    let (out, err) =
        (String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    assert!(output.status.success(), "{arguments:?}: {out}{err}");
    serde_json::from_str(&out).unwrap()
}

#[test]
fn the_cassettes_of_rig_replay_as_one_tree() {
    let workdir = Workdir::new();
    let root = samples("rig").display().to_string();
    let owner = "cassettes::{dir}::{name}";
    let ran = run(&workdir, &["import", &root, "--out", "out", "--owner", owner, "--json"]);
    let ran = ran.as_array().unwrap();
    assert_eq!(ran.iter().filter(|file| file["format"] == "httpmock").count(), 20, "{ran:?}");
    for sample in expected("rig") {
        let file = sample["file"].as_str().unwrap();
        let fixture = format!("out/{}", file.replace(".yaml", ".json"));
        let expected: Vec<Expected> =
            sample["exchanges"].as_array().unwrap().iter().map(Expected::of).collect();
        let interactions = workdir.interactions(&fixture);
        assert_eq!(interactions.len(), expected.len(), "{file}");
        let test = format!("cassettes::{}", file.replace('/', "::").replace(".yaml", ""));
        assert!(interactions.iter().all(|one| one.test() == Some(test.as_str())), "{file}");
        replay(&serve(&workdir, &fixture), &expected, file);
    }
}

#[test]
fn rules_of_aimock_become_replies() {
    let workdir = Workdir::new();
    let file = samples("import/aimock/basic.json").display().to_string();
    let ran = run(&workdir, &["import", &file, "--out", "out", "--json"]);
    assert_eq!(ran[0]["format"], "aimock");
    let losses = ran[0]["losses"].to_string();
    for word in ["a part of the prompt", "toolName", "turnIndex"] {
        assert!(losses.contains(word), "{word}: {losses}");
    }
    let server = serve(&workdir, "out");
    let chat = |path: &str, body: &str| server.send(&Request::post(path, body)).text();
    let ask = |prompt: &str, more: &str| {
        let body = format!(
            r#"{{"model":"gpt-5","messages":[{{"role":"user","content":"{prompt}"}}]{more}}}"#
        );
        chat("/v1/chat/completions", &body)
    };
    let plain: Value = serde_json::from_str(&ask("hello", "")).unwrap();
    assert_eq!(plain["choices"][0]["message"]["content"], "Hello! How can I help?");
    let streamed = ask("hello", r#","stream":true"#);
    assert!(streamed.contains("data: [DONE]") && streamed.contains("Hello!"), "{streamed}");
    let called: Value = serde_json::from_str(&ask("weather in SF", "")).unwrap();
    let call = &called["choices"][0]["message"]["tool_calls"][0];
    assert_eq!(call["id"], "call_1");
    assert_eq!(call["function"]["arguments"], r#"{"city":"SF"}"#);
    let embedding =
        chat("/v1/embeddings", r#"{"model":"text-embedding-3-small","input":"embed me"}"#);
    assert!(embedding.contains("[0.1,0.25,-1]"), "{embedding}");
    let body = r#"{"model":"claude-sonnet-4-6","max_tokens":1024,"messages":[{"role":"user","content":"fail"}]}"#;
    let failed = server.send(&Request::post("/v1/messages", body));
    assert_eq!((failed.status, failed.text().contains("overloaded_error")), (529, true));
}

#[test]
fn a_line_tells_what_a_fixture_does_not_keep() {
    let desk = Desk::with(&[]);
    let cassette = r#"{"version": 1, "interactions": [{
        "request": {"method": "POST", "uri": "https://gateway.example/v1/chat/completions?key=abcdefghijklmnop",
            "headers": {"Authorization": ["Bearer sk-proj-a1B2c3D4e5F6g7H8i9J0k1L2m3N4"]},
            "body": "{\"model\": \"m\", \"user\": \"sk-proj-a1B2c3D4e5F6g7H8i9J0k1L2m3N4\"}"},
        "response": {"status": {"code": 200}, "headers": {"x-acme-trace": ["1"], "x-request-id": ["r"]},
            "body": {"string": "{\"a\" :1}"}}}]}"#;
    desk.write("in/a.json", cassette);
    desk.write("in/package.json", r#"{"name": "x"}"#);
    desk.write("in/notes.txt", "no recording");
    let out = desk.prints(&["import", "in", "--out", "out"]);
    assert!(out.starts_with("in/a.json (vcr-py): 1 interaction -> out/a.json\n"), "{out}");
    for line in [
        "  note: `gateway.example` is no host of a known provider: its path looks like openai's \
         (`--provider gateway.example=ID` names another)\n",
        "  not kept: response headers x-acme-trace, as in a recording\n",
        "  redacted: ",
        "skipped, as they are no recordings: in/package.json\n",
    ] {
        assert!(out.contains(line), "{line}: {out}");
    }
    let fixture = desk.read("out/a.json");
    assert!(!fixture.contains("a1B2c3D4") && !fixture.contains("abcdefgh"), "{fixture}");
    assert!(
        fixture.contains(r#""text": "{\"a\" :1}""#) && fixture.contains("x-request-id"),
        "{fixture}"
    );
    assert!(!fixture.contains("\"test\""), "{fixture}");
    let named =
        desk.prints(&["import", "in/a.json", "--out", "b", "--provider", "gateway.example=acme"]);
    assert!(!named.contains("note:"), "{named}");
    assert!(desk.read("b/a.json").contains("\"provider\": \"acme\""));
}
