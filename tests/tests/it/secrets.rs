//! Keys never reach a file, a report, or what a test is shown; and what was redacted still matches.

mod cases;
mod kinds;
mod symmetry;
mod table;

use std::fs;
use std::path::{Path, PathBuf};

use llmock::{LlmMock, MockSession, Mode, Provider};
use llmock_testkit::client::{JSON, chat, send};
use llmock_testkit::process::alone;
use llmock_testkit::recorded::{failed, place};
use llmock_testkit::upstream::{Response, Upstream, replay};

const TEST: &str = "secrets::test";
const VARIABLE: &str = "OPENAI_API_KEY";
/// No known shape: only the variable tells that it is a key.
const KEY: &str = "correct-horse-battery-staple";
/// A key of a known shape that no variable holds.
const SHAPED: &str = "sk-proj-aB3dE6gH9jK2mN5pQ8sT1vW4yZ7cF0";
const BARE: &str = "token-a1b2c3d4e5f6g7h8";

/// Every text that llmock leaves behind or shows.
fn traces(fixture: &Path, mock: &LlmMock) -> String {
    let mut all = String::new();
    for entry in fs::read_dir(fixture.parent().unwrap()).unwrap() {
        all.push_str(&fs::read_to_string(entry.unwrap().path()).unwrap());
    }
    for sent in mock.requests() {
        let headers: Vec<_> = sent.headers().collect();
        all = format!("{all}{} {headers:?} {}\n{sent:?}", sent.path(), sent.text());
    }
    all
}

fn assert_clean(text: &str) {
    for secret in [KEY, SHAPED, BARE] {
        let at = text.find(secret);
        let around =
            |at: usize| text[at.saturating_sub(80)..].chars().take(200).collect::<String>();
        assert!(at.is_none(), "{secret} stands in: {}", around(at.unwrap_or_default()));
    }
}

const SLOTS: [&str; 6] = [
    r#"{"messages":[{"role":"user","content":"my key is KEY, mind"}],"max_tokens":5}"#,
    r#"{"messages":[{"role":"assistant","tool_calls":[{"id":"call_1","type":"function","function":{"name":"f","arguments":"{\"token\":\"KEY\"}"}}]}]}"#,
    r#"{"KEY":1,"metadata":{"user":"KEY"},"user":"KEY"}"#,
    r#"{"image_url":"https://example.test/a.png?sig=token-a1b2c3d4e5f6g7h8&x=1"}"#,
    r#"{"tools":[{"function":{"parameters":{"description":"Bearer KEY"}}}],"api_key":"KEY"}"#,
    "not json, but KEY all the same",
];

#[test]
fn keys_in_requests_are_forwarded_but_never_stored() {
    alone(&[(VARIABLE, KEY)], |_| {
        let (_folder, fixture) = place();
        let upstream = Upstream::start([Response::json("{}")]);
        let mock = upstream.record(&fixture, TEST).start().unwrap();
        let url = format!("{}/chat/completions", mock.base_url(Provider::OpenAI));
        let mut sent = Vec::new();
        for slot in SLOTS {
            for key in [KEY, SHAPED] {
                let body = slot.replace("KEY", key);
                assert_eq!(send("POST", &url, &JSON, body.as_bytes()).status, 200);
                sent.push(body.into_bytes());
            }
        }
        let headers =
            ["authorization", "x-api-key", "api-key", "cookie", "x-anything", "user-agent"];
        for name in headers {
            send("GET", &format!("{url}/{name}"), &[(name, &format!("Bearer {KEY}"))], b"").bytes();
        }
        let query = format!("{url}/query?api_key={KEY}&key={BARE}&token={BARE}&x={KEY}");
        send("GET", &query, &[], b"").bytes();
        send("GET", &format!("{url}/{KEY}/in/path"), &[], b"").bytes();
        let form =
            format!("--b\r\ncontent-disposition: form-data; name=\"k\"\r\n\r\n{KEY}\r\n--b--\r\n");
        let kind = [("content-type", "multipart/form-data; boundary=b")];
        send("POST", &format!("{url}/form"), &kind, form.as_bytes()).bytes();
        let bytes = [b"\xff\xfe ".as_slice(), KEY.as_bytes()].concat();
        send("POST", &format!("{url}/bytes"), &[], &bytes).bytes();
        // While `.failed` is still there.
        let during = traces(&fixture, &mock);
        assert!(during.contains("fixture") || during.contains("\"hash\""));
        assert_clean(&during);
        mock.finish().unwrap();

        let text = fs::read_to_string(&fixture).unwrap();
        assert_clean(&text);
        assert!(
            text.contains("[REDACTED:OPENAI_API_KEY]") && text.contains("[REDACTED:OPENAI_KEY]")
        );
        assert!(text.contains("\"max_tokens\": 5"), "what is no secret stays");
        assert_bytes_are_clean(&text);
        let seen = upstream.requests();
        for (request, body) in seen.iter().zip(&sent) {
            assert_eq!(&request.body, body, "the provider gets what the client sent");
        }
        let authorization = seen[sent.len()].header("authorization");
        assert_eq!(authorization, Some(format!("Bearer {KEY}").as_str()));
        let query = seen.iter().find(|request| request.target.contains("/query")).unwrap();
        assert!(query.target.contains(&format!("api_key={KEY}")), "{}", query.target);
    });
}

/// Bodies that are no text stand in the file as base64.
fn assert_bytes_are_clean(text: &str) {
    // The key at each of the three places that base64 knows, without the letters its neighbours share.
    for coded in [
        "Y29ycmVjdC1ob3JzZS1iYXR0ZXJ5LXN0YXBsZ",
        "NvcnJlY3QtaG9yc2UtYmF0dGVyeS1zdGFwbG",
        "jb3JyZWN0LWhvcnNlLWJhdHRlcnktc3RhcGxl",
    ] {
        assert!(!text.contains(coded), "{coded}");
    }
}

#[test]
fn keys_in_responses_are_never_stored() {
    alone(&[(VARIABLE, KEY)], |_| {
        let (_folder, fixture) = place();
        let echo = |key: &str| {
            format!(
                r#"{{"echo":"{key}","nested":{{"url":"https://x.test/?key={BARE}","{KEY}":[1.0,"\u00e9 {key}"]}}}}"#
            )
        };
        let upstream = Upstream::start([
            Response::json(echo(KEY)).header("x-request-id", KEY).header("x-ratelimit-key", SHAPED),
            Response::json(echo(SHAPED)).header("location", &format!("/v1/x?key={KEY}")),
            Response::sse([
                format!(": comment {KEY}\n\n"),
                format!("event: {KEY}\nid: {KEY}\ndata: {}\n\n", echo(KEY)),
                format!("data: {}\n\ndata: plain {SHAPED}\n\n", echo(SHAPED)),
                format!("nonsense {KEY}\n\n"),
            ]),
            Response::status(200).header("content-type", "text/plain").body(format!("is {KEY}.")),
            Response::status(200)
                .header("content-type", "audio/mpeg")
                .body([b"\xff ".as_slice(), KEY.as_bytes(), b" \xfe"].concat()),
        ]);
        let mut builder = upstream.record(&fixture, TEST);
        for name in ["OPENAI_API_KEY", "OPENAI_KEY"] {
            builder = builder.allow_redacted(name);
        }
        let mock = builder.start().unwrap();
        let live: Vec<Vec<u8>> =
            (0..5).map(|n| chat(&mock, &format!("{{\"n\":{n}}}")).bytes()).collect();
        assert!(
            live[0].windows(KEY.len()).any(|window| window == KEY.as_bytes()),
            "live as it was said"
        );
        mock.finish().unwrap();
        let text = fs::read_to_string(&fixture).unwrap();
        assert_clean(&text);
        assert_bytes_are_clean(&text);

        let mock = replay(&fixture, TEST).fail_on_unused().start().unwrap();
        for (n, live) in live.iter().enumerate() {
            let replayed = chat(&mock, &format!("{{\"n\":{n}}}")).bytes();
            let redacted = String::from_utf8_lossy(live)
                .replace(KEY, "[REDACTED:OPENAI_API_KEY]")
                .replace(SHAPED, "[REDACTED:OPENAI_KEY]")
                .replace(BARE, "[REDACTED:KEY]");
            assert_eq!(
                String::from_utf8_lossy(&replayed),
                redacted,
                "and nothing else has changed"
            );
        }
        mock.finish().unwrap();
    });
}

#[test]
fn redacts_keys_quoted_in_provider_errors() {
    alone(&[(VARIABLE, KEY)], |process| {
        if process.part() == "fails" {
            let fixture = PathBuf::from(std::env::var_os("FIXTURE").unwrap());
            let message = format!("Incorrect API key provided: {KEY}, or {SHAPED}");
            // The first is kept as an attempt, the others are refused.
            let upstream = Upstream::scripted(move |at, _| {
                Response::error(if at == 0 { 400 } else { 401 }, &message)
            });
            let named =
                format!("http://user:{KEY}@{}/v1", upstream.url().trim_start_matches("http://"));
            let builder = upstream.record(&fixture, TEST).upstream(Provider::Mistral, named);
            let mock = builder.start().unwrap();
            chat(&mock, "{\"first\":true}").bytes();
            chat(&mock, "{}").bytes();
            let url = format!("{}/chat/completions", mock.base_url(Provider::Mistral));
            send("POST", &url, &JSON, b"{}").bytes();
            let error = mock.finish().unwrap_err();
            assert!(error.to_string().contains("[REDACTED:OPENAI_API_KEY]"), "{error}");
            assert!(error.to_string().contains("`OPENAI_API_KEY`"), "{error}");
            eprintln!("{error}\n{error:?}");
            return;
        }
        let (_folder, fixture) = place();
        let output = process.again("fails").env("FIXTURE", &fixture).output().unwrap();
        let stderr = String::from_utf8(output.stderr).unwrap();
        assert!(output.status.success(), "{stderr}");
        assert_clean(&stderr);
        let kept = fs::read_to_string(failed(&fixture)).unwrap();
        assert!(kept.contains("Incorrect API key provided"));
        assert_clean(&kept);
    });
}

#[test]
fn misses_show_no_key() {
    alone(&[(VARIABLE, KEY)], |_| {
        let (_folder, fixture) = place();
        let upstream = Upstream::start([Response::json("{}")]);
        let mock = upstream.record(&fixture, TEST).start().unwrap();
        chat(&mock, r#"{"messages":[{"role":"user","content":"recorded"}]}"#).bytes();
        mock.finish().unwrap();
        let mock = replay(&fixture, TEST).start().unwrap();
        let other = format!(r#"{{"messages":[{{"role":"user","content":"{KEY} {SHAPED}"}}]}}"#);
        let answer = chat(&mock, &other).text();
        assert_clean(&answer);
        let error = mock.finish().unwrap_err();
        assert!(error.to_string().contains("[REDACTED:OPENAI_API_KEY]"), "{error}");
        assert_clean(&format!("{error} {error:?}"));
    });
}

/// One prompt with the key of whoever runs it, as production code would build it.
fn ask_with_key(mock: &MockSession, key: &str) -> u16 {
    let text = format!("curl -H 'authorization: Bearer {key}' and {key}");
    let body = serde_json::json!({"model": "m", "messages": [{"role": "user", "content": text}]});
    chat(mock, &body.to_string()).status
}

#[test]
fn redacted_requests_match_with_any_key() {
    alone(&[(VARIABLE, KEY)], |process| {
        let fixture = || PathBuf::from(std::env::var_os("FIXTURE").unwrap());
        let replays = |key: &str| {
            let mock = replay(&fixture(), TEST).fail_on_unused().start().unwrap();
            assert_eq!(ask_with_key(&mock, key), 200);
            mock.finish().unwrap();
        };
        match process.part() {
            "same" => return replays(KEY),
            "other" => return replays("another-key-of-a-colleague"),
            // Without a key the program under test gets llmock's own placeholder.
            "none" => {
                let mock = replay(&fixture(), TEST).provider(Provider::OpenAI).start().unwrap();
                let envs = mock.envs();
                let key = envs.iter().find(|(name, _)| name == VARIABLE);
                let (_, key) = key.expect("a placeholder for the child");
                assert_eq!(ask_with_key(&mock, key), 200);
                return mock.finish().unwrap();
            }
            _ => {}
        }
        let (_folder, path) = place();
        let upstream = Upstream::start([Response::json("{}")]);
        let mock = upstream.session(Mode::Record, &path, TEST).start().unwrap();
        assert_eq!(ask_with_key(&mock, KEY), 200);
        mock.finish().unwrap();
        for (part, key) in
            [("same", Some(KEY)), ("other", Some("another-key-of-a-colleague")), ("none", None)]
        {
            let mut command = process.again(part);
            command.env("FIXTURE", &path).env_remove(VARIABLE);
            command.envs(key.map(|key| (VARIABLE, key)));
            let output = command.output().unwrap();
            let stderr = String::from_utf8_lossy(&output.stderr);
            assert!(output.status.success(), "{part}: {stderr}");
        }
    });
}

#[test]
fn keeps_opaque_values_that_clients_send_back() {
    alone(&[(VARIABLE, KEY)], |_| {
        let (_folder, fixture) = place();
        let blob = format!("gAAAA{SHAPED}");
        let body = format!(
            r#"{{"id":"chatcmpl-9aB3dE6gH9jK2mN5pQ8sT1","output":[{{"type":"reasoning","encrypted_content":"{blob}"}},{{"type":"thinking","signature":"{SHAPED}"}},{{"tool_use_id":"toolu_01aB3dE6gH9jK2mN5pQ8sT1v"}}],"max_tokens":1,"usage":{{"prompt_tokens":3,"total_tokens":4}},"token":"short","key":"value"}}"#
        );
        let upstream = Upstream::start([Response::json(body.clone())]);
        let mock = upstream.record(&fixture, TEST).start().unwrap();
        chat(&mock, &body).bytes();
        mock.finish().unwrap();
        let mock = replay(&fixture, TEST).start().unwrap();
        assert_eq!(chat(&mock, &body).text(), body);
        mock.finish().unwrap();
        assert!(!fs::read_to_string(&fixture).unwrap().contains("REDACTED"));
    });
}
