//! Where secrets come from, and what is said about them.

use std::fs;
use std::path::{Path, PathBuf};

use llmock::{LlmMock, Provider};
use llmock_testkit::client::{JSON, chat, send, start};
use llmock_testkit::process::alone;
use llmock_testkit::recorded::{failed, place, read};
use llmock_testkit::upstream::{Response, Upstream, replay};
use serde_json::json;

const TEST: &str = "secrets::cases";
const SECRET: &str = "Zq8s7Df6gH5jK4lM3nB2vC1xX0yYwWvV";
const FORM: [(&str, &str); 1] = [("content-type", "application/x-www-form-urlencoded")];

fn prompt(text: &str) -> String {
    json!({"model": "m", "messages": [{"role": "user", "content": text}]}).to_string()
}

fn post(mock: &LlmMock, path: &str, headers: &[(&str, &str)], body: &str) -> String {
    let url = format!("{}{path}", mock.base_url(Provider::OpenAI));
    send("POST", &url, headers, body.as_bytes()).text()
}

/// Everything in the folder of a fixture.
fn written(fixture: &Path) -> String {
    let entries = fs::read_dir(fixture.parent().unwrap()).unwrap();
    entries.map(|entry| read(&entry.unwrap().path())).collect()
}

#[test]
fn tokens_of_a_login_are_redacted_and_fresh_ones_match() {
    alone(&[], |_| {
        let (_folder, fixture) = place();
        let login = r#"{"token_type":"Bearer","access_token":"opaqueAccessToken0123456789abcdef","refresh_token":"opaqueRefreshToken0123456789","expires_in":3599}"#;
        let upstream = Upstream::start([Response::json(login), Response::json("{\"ok\":true}")]);
        let grant = |secret: &str, assertion: &str| {
            format!(
                "grant_type=client_credentials&client_id=app&client_secret={secret}&assertion={assertion}"
            )
        };
        let ask = |mock: &LlmMock, secret: &str, assertion: &str| {
            let answer = post(mock, "/oauth/token", &FORM, &grant(secret, assertion));
            let answer: serde_json::Value = serde_json::from_str(&answer).unwrap();
            let token = format!("Bearer {}", answer["access_token"].as_str().unwrap());
            let headers = [JSON[0], ("authorization", token.as_str())];
            assert_eq!(post(mock, "/chat/completions", &headers, &prompt("hi")), r#"{"ok":true}"#);
        };
        let mock = upstream.record(&fixture, TEST).start().unwrap();
        ask(&mock, "Sup3rS3cretValue~.123456", "eyJhbGciOiJSUzI1NiJ9.eyJpYXQiOjF9.c2lnbmF0dXJl");
        mock.finish().unwrap();
        let text = written(&fixture);
        for secret in ["Sup3rS3cret", "eyJhbGci", "opaqueAccess", "opaqueRefresh"] {
            assert!(!text.contains(secret), "{secret}: {text}");
        }
        assert!(text.contains("client_id=app"), "what is no secret stays");
        let mock = replay(&fixture, TEST).fail_on_unused().start().unwrap();
        ask(&mock, "another", "eyJhbGciOiJSUzI1NiJ9.eyJpYXQiOjJ9.YW5vdGhlcg");
        mock.finish().unwrap();
    });
}

#[test]
fn values_of_variables_are_redacted_in_every_spelling() {
    const VALUE: &str = "ab+cD/efGh=1jK~lMn0pQ8rS";
    alone(&[("AZURE_CLIENT_SECRET", VALUE)], |_| {
        let (_folder, fixture) = place();
        let upstream = Upstream::start([Response::json("{}")]);
        let mock = upstream.record(&fixture, TEST).start().unwrap();
        for spelling in
            ["ab%2BcD%2FefGh%3D1jK~lMn0pQ8rS", "ab%2bcD%2fefGh%3d1jK%7ElMn0pQ8rS", VALUE]
        {
            post(&mock, "/form", &FORM, &format!("a=b&note={spelling}"));
            post(&mock, &format!("/files/{spelling}?who={spelling}"), &[], "");
            post(&mock, "/chat/completions", &JSON, &prompt(&format!("see {spelling} please")));
        }
        let basic = "dXNlcjphYitjRC9lZkdoPTFqS35sTW4wcFE4clM=";
        post(&mock, "/chat/completions", &JSON, &prompt(basic));
        mock.finish().unwrap();
        let text = read(&fixture);
        for part in ["lMn0pQ8rS", "cD/efGh", "cD%2FefGh", "jRC9lZkdoPTFqS35sTW4wcFE4"] {
            assert!(!text.contains(part), "{part}: {text}");
        }
        assert!(text.contains("[REDACTED:AZURE_CLIENT_SECRET]"));
    });
}

#[test]
fn credentials_of_the_request_itself_are_secrets() {
    alone(&[], |_| {
        let quoting = |value: &str| json!({"error": {"message": format!("bad key: {value}")}});
        for (name, value) in [
            ("authorization", "Bearer opaque-key-from-a-keychain"),
            ("x-api-key", "opaque-key-from-a-keychain"),
            ("api-key", "opaque-key-from-a-keychain"),
            ("cookie", "lang=en; session=Zq8s7Df6gH5jK4lM3nB2vC1xX0yYwWvV"),
        ] {
            let (_folder, fixture) = place();
            let secret = value.rsplit([' ', '=']).next().unwrap();
            let upstream =
                Upstream::start([Response::json(quoting(secret).to_string()).with_status(400)]);
            let mock = upstream.record(&fixture, TEST).start().unwrap();
            let body = prompt(&format!("why is {secret} bad?"));
            post(&mock, "/chat/completions", &[JSON[0], (name, value)], &body);
            let error = mock.finish().unwrap_err().to_string();
            let text = written(&fixture) + &error;
            assert!(!text.contains(secret), "{name}: {text}");
            assert!(text.contains("[REDACTED:"), "{name}: {text}");
        }
    });
}

#[test]
fn variables_that_a_test_loads_are_secrets() {
    alone(&[], |process| {
        if process.part() == "main" {
            let (_folder, fixture) = place();
            let output = process.again("late").env("FIXTURE", &fixture).output().unwrap();
            assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
            return;
        }
        let fixture = PathBuf::from(std::env::var_os("FIXTURE").unwrap());
        let upstream = Upstream::start([Response::json("{}")]);
        let mock = upstream.record(&fixture, TEST).start().unwrap();
        post(&mock, "/chat/completions", &JSON, &prompt(&format!("before: {SECRET}")));
        load_variable("MISTRAL_API_KEY", SECRET);
        post(&mock, "/chat/completions", &JSON, &prompt(&format!("after: {SECRET}")));
        mock.finish().unwrap();
        let text = read(&fixture);
        assert!(!text.contains(SECRET), "{text}");
        assert!(text.contains("before: [REDACTED:MISTRAL_API_KEY]"), "{text}");
        assert!(text.contains("after: [REDACTED:MISTRAL_API_KEY]"), "{text}");
    });
}

#[test]
fn attempts_lose_secrets_that_become_known_later() {
    alone(&[], |process| {
        if process.part() == "main" {
            for run in ["fails", "dropped"] {
                let (_folder, fixture) = place();
                let mut command = process.again("late");
                let output = command.env("FIXTURE", &fixture).env("RUN", run).output().unwrap();
                assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
                let kept = read(&failed(&fixture));
                assert!(!kept.contains(SECRET), "{run}: {kept}");
                assert!(kept.contains("it is [REDACTED:MISTRAL_API_KEY]"), "{run}: {kept}");
            }
            return;
        }
        let fixture = PathBuf::from(std::env::var_os("FIXTURE").unwrap());
        let answer = json!({"text": format!("it is {SECRET}")}).to_string();
        let upstream = Upstream::start([Response::json(answer)]);
        let mock = upstream.record(&fixture, TEST).calls(7).start().unwrap();
        post(&mock, "/chat/completions", &JSON, &prompt(&format!("is it {SECRET}?")));
        load_variable("MISTRAL_API_KEY", SECRET);
        if std::env::var("RUN").unwrap() == "fails" {
            mock.finish().unwrap_err();
        } else {
            drop(mock);
        }
    });
}

/// As `dotenvy::dotenv()` does in the body of a test.
#[expect(unsafe_code, reason = "programs under test load variables while they run")]
fn load_variable(name: &str, value: &str) {
    // SAFETY: the process runs this test alone, and no C code of it reads the environment meanwhile.
    unsafe { std::env::set_var(name, value) };
}

#[test]
fn recording_says_what_was_redacted_and_where() {
    alone(&[("GATEWAY_TOKEN", SECRET)], |process| {
        if process.part() == "records" {
            let fixture = PathBuf::from(std::env::var_os("FIXTURE").unwrap());
            let upstream = Upstream::start([Response::json("{}")]);
            let mock = upstream.record(&fixture, TEST).start().unwrap();
            chat(&mock, &prompt(&format!("use {SECRET}"))).bytes();
            return mock.finish().unwrap();
        }
        let (_folder, fixture) = place();
        let output = process.again("records").env("FIXTURE", &fixture).output().unwrap();
        let text = String::from_utf8(output.stderr).unwrap();
        let note = "redacted GATEWAY_TOKEN in the request of #1 ($.messages[0].content)";
        assert!(output.status.success() && text.contains(note), "{text}");
    });
}

#[test]
fn a_redacted_response_fails_unless_it_is_allowed() {
    alone(&[("GATEWAY_TOKEN", SECRET)], |_| {
        let (_folder, fixture) = place();
        let answer = json!({"choices": [{"text": format!("it is {SECRET}")}]}).to_string();
        let upstream = Upstream::start([Response::json("{}"), Response::json(answer)]);
        let run = |allowed: &str| {
            let mock = upstream.record(&fixture, TEST).allow_redacted(allowed).start().unwrap();
            chat(&mock, &prompt("hello")).bytes();
            chat(&mock, &prompt("what is it?")).bytes();
            mock.finish()
        };
        let error = run("ANOTHER_TOKEN").unwrap_err().to_string();
        for part in [
            "redaction changed 1 response that this test received",
            "#2 POST /v1/chat/completions: `GATEWAY_TOKEN` at $.choices[0].text",
            "allow_redacted(\"GATEWAY_TOKEN\")",
        ] {
            assert!(error.contains(part), "{part}: {error}");
        }
        assert!(!error.contains(SECRET) && !fixture.exists());
        assert!(!read(&failed(&fixture)).contains(SECRET));
        let upstream_again = run("GATEWAY_TOKEN");
        upstream_again.unwrap();
        assert!(read(&fixture).contains("it is [REDACTED:GATEWAY_TOKEN]"));
    });
}

#[test]
fn requests_without_a_session_are_redacted() {
    alone(&[("GATEWAY_TOKEN", SECRET)], |_| {
        let (_folder, fixture) = place();
        let upstream = Upstream::start([Response::json("{}")]);
        let mock = upstream.record(&fixture, TEST).start().unwrap();
        let base = mock.url().unwrap();
        let (origin, _) = base.split_at(base.find("/s/").unwrap());
        let key = format!("sk-proj-{SECRET}");
        let url = format!("{origin}/s/0/openai/v1/keys/{SECRET}/{key}");
        let answer = send("GET", &url, &[], b"").text();
        let url = format!("{origin}/nowhere/{SECRET}/{key}");
        let answer = answer + &send("GET", &url, &[], b"").text();
        assert!(!answer.contains(SECRET), "{answer}");
        let error = mock.finish().unwrap_err();
        let text = format!("{error} {error:?}");
        assert!(!text.contains(SECRET), "{text}");
        assert!(text.contains("was refused"), "{text}");
        let run = std::env::current_exe().unwrap();
        let run = run.ancestors().nth(2).unwrap().parent().unwrap().join("llmock/last-run.jsonl");
        assert!(!fs::read_to_string(run).unwrap_or_default().contains(SECRET));
    });
}

#[test]
fn addresses_of_upstreams_are_redacted_in_their_path() {
    alone(&[], |_| {
        let (_folder, fixture) = place();
        let key = format!("sk-proj-{SECRET}");
        let builder = LlmMock::builder().fixture(&fixture).test(TEST).mode(llmock::Mode::Record);
        let builder = builder.upstream(Provider::OpenAI, format!("http://127.0.0.1:9/gw/{key}/v1"));
        let mock = builder.start().unwrap();
        let url = format!("{}/chat/completions", mock.base_url(Provider::OpenAI));
        // The client sees the fault of the network.
        let response = start("POST", &url, &JSON, prompt("hi").as_bytes());
        drop(response);
        let error = mock.finish().unwrap_err().to_string();
        assert!(error.contains("could not be reached") && !error.contains(&key), "{error}");
    });
}

#[test]
fn keys_are_found_in_everyday_surroundings() {
    let key = format!("sk-proj-{SECRET}");
    let github = format!("ghp_{SECRET}aBc4");
    let aws = format!("AKIA{}", "QWERTYUIOP234567");
    let texts = [
        format!("git clone https://{github}@github.com/o/r.git"),
        format!("git clone https://oauth2:{github}@github.com/o/r.git"),
        format!("GET https://h.example/keys/{key} now"),
        format!("Credential={aws}/20260101/us-east-1/bedrock/aws4_request"),
        format!("[default]\naws_access_key_id = {aws}\n"),
        format!("{key}/x {key}=x a+{key} b `{key}` <b>{key}</b> ({key}) [{key}] {key}."),
        format!("curl -H 'X-Api-Key: {SECRET}' https://h"),
        format!("AUTHORIZATION: BEARER {SECRET}"),
        format!("A=1\nOPENAI_API_KEY={key}\n"),
        format!("https://h.example/x?a=b&key={SECRET}&z=1"),
    ];
    alone(&[], |_| {
        let (_folder, fixture) = place();
        let upstream = Upstream::start([Response::json("{}")]);
        let mock = upstream.record(&fixture, TEST).start().unwrap();
        for text in &texts {
            post(&mock, "/chat/completions", &JSON, &prompt(text));
            let escaped = prompt(text).replace('&', "\\u0026");
            post(&mock, "/chat/completions", &JSON, &escaped);
            post(&mock, "/chat/completions", &[], &format!("{{\"a\": \"x\\n{text}\" "));
        }
        for body in [
            json!({"tools_input": {"aws_access_key_id": aws}}),
            json!({"extra": {"api_key": "opaque"}}),
            json!({"tools": [{"headers": {"Authorization": "Bearer opaque-token"}}]}),
            json!({"tools": [{"type": "mcp", "authorization": "opaque-token"}]}),
            json!({"mcp_servers": [{"name": "n", "authorization_token": "opaque-token"}]}),
            json!({"x": {&key: 1}}),
        ] {
            post(&mock, "/chat/completions", &JSON, &body.to_string());
        }
        mock.finish().unwrap();
        let text = read(&fixture);
        for secret in [SECRET, &aws, "opaque"] {
            assert!(!text.contains(secret), "{secret}: {text}");
        }
    });
}
