//! Variables of one machine change nothing on another: requests are redacted when they are recorded, when they are
//! loaded, and when they are sent.

use std::path::{Path, PathBuf};

use llmock::Fixture;
use llmock_testkit::client::chat;
use llmock_testkit::process::{Process, alone};
use llmock_testkit::recorded::{place, read};
use llmock_testkit::upstream::{Response, Upstream, replay};
use serde_json::json;

const TEST: &str = "secrets::symmetry";
const SECRET: &str = "Zq8s7Df6gH5jK4lM3nB2vC1xX0yYwWvV";

fn prompt(text: &str) -> String {
    json!({"model": "m", "messages": [{"role": "user", "content": text}]}).to_string()
}

fn fixture() -> PathBuf {
    PathBuf::from(std::env::var_os("FIXTURE").expect("a part of a test"))
}

fn record(fixture: &Path, text: &str, answer: &str) {
    let upstream = Upstream::start([Response::json(json!({"text": answer}).to_string())]);
    let mock = upstream.record(fixture, TEST).start().unwrap();
    assert_eq!(chat(&mock, &prompt(text)).status, 200);
    mock.finish().unwrap();
}

fn replayed(fixture: &Path, text: &str) -> String {
    let mock = replay(fixture, TEST).fail_on_unused().start().unwrap();
    let answer = chat(&mock, &prompt(text)).text();
    mock.finish().unwrap_or_else(|error| panic!("{error}"));
    answer
}

/// Runs a part of the test in a process that has these variables and no others of ours.
fn run(process: &Process, part: &str, fixture: &Path, variables: &[(&str, &str)]) {
    let mut command = process.again(part);
    command.env("FIXTURE", fixture).env_remove("GATEWAY_TOKEN").env_remove("DEPLOY_TOKEN");
    let output = command.envs(variables.iter().copied()).output().unwrap();
    let text = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{part} {variables:?}: {text}");
}

#[test]
fn a_variable_on_one_machine_only_changes_nothing() {
    alone(&[], |process| {
        let text = format!("curl -H 'x-gateway: {SECRET}' please");
        let with = [("GATEWAY_TOKEN", SECRET)];
        match process.part() {
            "record" => return record(&fixture(), &text, "fine"),
            "replay" => return assert_eq!(replayed(&fixture(), &text), r#"{"text":"fine"}"#),
            _ => {}
        }
        for (recorded, replayed) in
            [(&with[..], &[][..]), (&[][..], &with[..]), (&with[..], &with[..])]
        {
            let (_folder, path) = place();
            run(process, "record", &path, recorded);
            assert_eq!(read(&path).contains(SECRET), recorded.is_empty());
            run(process, "replay", &path, replayed);
        }
    });
}

#[test]
fn another_value_in_the_place_of_a_placeholder_matches() {
    alone(&[("GATEWAY_TOKEN", SECRET)], |process| {
        let text = |value: &str| format!("the key is {value}, use it");
        if process.part() == "replay" {
            for value in ["dummy", SECRET, "a key of a colleague"] {
                assert_eq!(replayed(&fixture(), &text(value)), r#"{"text":"fine"}"#);
            }
            let mock = replay(&fixture(), TEST).ignore_unused().start().unwrap();
            assert_eq!(chat(&mock, &prompt("the key is , use it")).status, 418);
            assert_eq!(chat(&mock, &prompt("the key is x, do not use it")).status, 418);
            mock.finish().unwrap_err();
            return;
        }
        let (_folder, path) = place();
        record(&path, &text(SECRET), "fine");
        run(process, "replay", &path, &[]);
    });
}

#[test]
fn words_in_secret_variables_are_no_secrets() {
    let variables = [
        ("DEPLOY_TOKEN", "production-environment"),
        ("TABLE_PARTITION_KEY", "customer_identifier"),
        ("SSH_KEY", "/home/dev/.ssh/id_ed25519"),
        ("CACHE_KEY", "cargo-registry-linux"),
        ("PUBLIC_KEY", "https://app.example.com"),
        ("JWT_SECRET", "your-secret-key-here"),
        ("OBJECT_KEY", "chat.completion.chunk"),
        ("MODEL_KEY", "claude-sonnet-4-5"),
    ];
    alone(&variables, |_| {
        for (_, value) in variables {
            let (_folder, path) = place();
            let text = format!("Where is {value}?");
            record(&path, &text, value);
            assert!(!read(&path).contains("REDACTED"), "{value}");
            assert_eq!(replayed(&path, &text), json!({"text": value}).to_string());
        }
    });
}

#[test]
fn links_that_the_provider_signed_replay_when_quoted() {
    alone(&[], |_| {
        for parameter in ["sig", "X-Amz-Signature", "X-Goog-Signature"] {
            let (_folder, path) = place();
            let link = format!(
                "https://files.example.com/a.png?se=2026&{parameter}=mK8%2B3kLzQw9R7tYpXvBn4%3D&sv=1"
            );
            let answers = [json!({"data": [{"url": link}]}), json!({"text": "a cat"})];
            let image = json!({"type": "image_url", "image_url": {"url": link}});
            let second = json!({"messages": [{"role": "user", "content": [image]}]}).to_string();
            let upstream = Upstream::start(answers.map(|body| Response::json(body.to_string())));
            let ask = |mock: &llmock::LlmMock| {
                let first = chat(mock, r#"{"prompt":"a cat"}"#).text();
                assert!(first.contains(&link), "{first}");
                assert!(chat(mock, &second).text().contains("a cat"));
            };
            let mock = upstream.record(&path, TEST).start().unwrap();
            ask(&mock);
            mock.finish().unwrap();
            let mock = replay(&path, TEST).fail_on_unused().start().unwrap();
            ask(&mock);
            mock.finish().unwrap_or_else(|error| panic!("{parameter}: {error}"));
        }
    });
}

#[test]
fn replay_puts_no_value_of_a_variable_into_a_response() {
    alone(&[("GATEWAY_TOKEN", SECRET)], |_| {
        let (_folder, path) = place();
        let answer = json!({"text": format!("it is {SECRET}")}).to_string();
        let upstream = Upstream::start([Response::json(answer)]);
        let mock = upstream.record(&path, TEST).allow_redacted("GATEWAY_TOKEN").start().unwrap();
        chat(&mock, &prompt("what is it?")).bytes();
        mock.finish().unwrap();
        assert_eq!(replayed(&path, "what is it?"), r#"{"text":"it is [REDACTED:GATEWAY_TOKEN]"}"#);
    });
}

#[tokio::test]
async fn mounted_fixtures_match_in_both_orders() {
    let (_folder, path) = place();
    let body = |value: &str| prompt(&format!("the key is {value}"));
    for (stored, sent) in [("[REDACTED:GATEWAY_TOKEN]", SECRET), (SECRET, SECRET)] {
        let request = json!({"method": "POST", "path": "/v1/chat/completions", "body":
            serde_json::from_str::<serde_json::Value>(&body(stored)).unwrap()});
        let response = json!({"status": 200, "body": {"text": "fine"}});
        let interaction = json!({"provider": "openai", "request": request, "response": response});
        let file = json!({"llmock": 1, "interactions": [interaction]});
        std::fs::write(&path, file.to_string()).unwrap();
        let server = llmock::wiremock::MockServer::start().await;
        Fixture::load(&path).unwrap().mount(&server).await;
        let url = format!("{}/v1/chat/completions", server.uri());
        let sent = reqwest::Client::new().post(url).body(body(sent)).send().await.unwrap();
        assert_eq!(sent.status(), 200, "{stored}");
    }
}
