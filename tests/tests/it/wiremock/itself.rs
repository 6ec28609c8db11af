//! The same scenario on wiremock itself and on the wiremock server inside a session: what a suite knows of
//! the one holds for the other.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::time::Duration;

use futures::FutureExt as _;
use llmock::wiremock::matchers::{
    any, bearer_token, body_json, body_partial_json, body_string_contains, header, method, path,
    query_param,
};
use llmock::wiremock::{Mock, MockServer, Request, ResponseTemplate, Times};
use llmock::{LlmMock, Provider};
use llmock_testkit::client::{self, JSON, prompt};
use serde_json::json;

/// What a client sees.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Said {
    Mock(u16, String),
    /// wiremock's bare 404; in a session, the fixture's answer.
    NotMocked,
    /// The connection was closed without an answer.
    Closed,
}

/// A server to mount Mocks on, and the address that clients talk to.
struct Stage<'a> {
    server: &'a MockServer,
    base: String,
}

/// Plays a scenario on both, which must go the same way.
async fn both<T: PartialEq + std::fmt::Debug>(scenario: impl AsyncFn(&Stage<'_>) -> T) -> T {
    let server = MockServer::start().await;
    let alone = scenario(&Stage { server: &server, base: format!("{}/v1", server.uri()) }).await;
    server.reset().await;

    let folder = tempfile::tempdir().unwrap();
    let fixture = folder.path().join("answers.json");
    let answer = |prompt: &str| {
        json!({
            "provider": "openai",
            "request": { "path": "/v1/chat/completions", "body": {
                "model": "m", "messages": [{ "role": "user", "content": prompt }] } },
            "response": { "status": 200, "body": { "from": "the fixture" } },
        })
    };
    let interactions = [answer("a"), answer("b")];
    std::fs::write(&fixture, json!({ "llmock": 1, "interactions": interactions }).to_string())
        .unwrap();
    let mock = LlmMock::builder().fixture(fixture).calls(0).start().unwrap();
    let inside =
        scenario(&Stage { server: mock.wiremock(), base: mock.base_url(Provider::OpenAI) }).await;
    // Whether it ends well is not the question here, but nothing may panic.
    let _ = mock.finish();

    assert_eq!(alone, inside, "on wiremock itself, and in a session");
    inside
}

impl Stage<'_> {
    /// Asks a chat model.
    fn ask(&self, text: &str) -> Said {
        self.send("POST", "/chat/completions", &JSON, prompt(text).as_bytes())
    }

    fn send(&self, method: &str, path: &str, headers: &[(&str, &str)], body: &[u8]) -> Said {
        let url = format!("{}{path}", self.base);
        let Some(reply) = client::start(method, &url, headers, body) else { return Said::Closed };
        let (status, text) = (reply.status, reply.text());
        match text.as_str() {
            "" if status == 404 => Said::NotMocked,
            r#"{"from":"the fixture"}"# => Said::NotMocked,
            _ => Said::Mock(status, text),
        }
    }
}

fn text(body: &str) -> ResponseTemplate {
    ResponseTemplate::new(200).set_body_string(body)
}

fn said(body: &str) -> Said {
    Said::Mock(200, body.to_owned())
}

#[tokio::test]
async fn scoped_mocks_respond_while_their_guard_lives() {
    let seen = both(async |stage| {
        let before = stage.ask("a");
        let guard = Mock::given(method("POST")).respond_with(text("scoped"));
        let guard = stage.server.register_as_scoped(guard.expect(1)).await;
        let during = stage.ask("a");
        let counted = guard.received_requests().await.len();
        guard.wait_until_satisfied().await;
        drop(guard);
        (before, during, counted, stage.ask("a"))
    })
    .await;
    assert_eq!(seen, (Said::NotMocked, said("scoped"), 1, Said::NotMocked));
}

#[tokio::test]
async fn scoped_mock_guards_verify_expectations() {
    let message = both(async |stage| {
        let mock = Mock::given(method("POST")).respond_with(text("x")).expect(2).named("twice");
        let guard = mock.mount_as_scoped(stage.server).await;
        stage.ask("a");
        let panic = catch_unwind(AssertUnwindSafe(|| drop(guard))).unwrap_err();
        let message = panic.downcast_ref::<String>().unwrap();
        message.lines().take(3).map(str::to_owned).collect::<Vec<_>>()
    })
    .await;
    assert_eq!(message[0], "Verification failed for a scoped mock:");
    assert!(message[1].contains("twice"), "{message:?}");
}

#[tokio::test]
async fn verify_reports_unmet_expectations() {
    let passes = both(async |stage| {
        let mut passes = Vec::new();
        for (times, asked) in [
            (Times::from(1), 0),
            (Times::from(1), 1),
            (Times::from(1), 2),
            (Times::from(0), 0),
            (Times::from(1..3), 2),
            (Times::from(..2), 2),
        ] {
            Mock::given(any()).respond_with(text("x")).expect(times).mount(stage.server).await;
            for _ in 0..asked {
                stage.ask("a");
            }
            passes.push(AssertUnwindSafe(stage.server.verify()).catch_unwind().await.is_ok());
            stage.server.reset().await;
        }
        passes
    })
    .await;
    assert_eq!(passes, [false, true, false, true, true, false]);
}

#[tokio::test]
async fn reset_removes_mocks_and_requests() {
    let seen = both(async |stage| {
        Mock::given(any()).respond_with(text("before")).expect(7).mount(stage.server).await;
        let before = stage.ask("a");
        stage.server.reset().await;
        let requests = stage.server.received_requests().await.unwrap().len();
        let after = stage.ask("a");
        Mock::given(any()).respond_with(text("again")).mount(stage.server).await;
        (before, requests, after, stage.ask("a"))
    })
    .await;
    assert_eq!(seen, (said("before"), 0, Said::NotMocked, said("again")));
}

#[tokio::test]
async fn mocks_are_ordered_by_priority_then_mounting() {
    let seen = both(async |stage| {
        let mock = |body: &str| Mock::given(method("POST")).respond_with(text(body));
        mock("late").with_priority(9).mount(stage.server).await;
        mock("first").mount(stage.server).await;
        mock("second").mount(stage.server).await;
        let by_default = stage.ask("a");
        mock("urgent").with_priority(1).mount(stage.server).await;
        (by_default, stage.ask("a"))
    })
    .await;
    assert_eq!(seen, (said("first"), said("urgent")));
}

#[tokio::test]
async fn mocks_can_limit_their_responses() {
    let seen = both(async |stage| {
        let mock = |body: &str| Mock::given(any()).respond_with(text(body));
        mock("twice").up_to_n_times(2).mount(stage.server).await;
        mock("once").up_to_n_times(1).mount(stage.server).await;
        ["a", "b", "a", "b"].map(|prompt| stage.ask(prompt))
    })
    .await;
    assert_eq!(seen, [said("twice"), said("twice"), said("once"), Said::NotMocked]);
}

#[tokio::test]
async fn mocks_can_close_the_connection() {
    let seen = both(async |stage| {
        let broken = |_: &Request| std::io::Error::from(std::io::ErrorKind::ConnectionReset);
        Mock::given(any()).respond_with_err(broken).up_to_n_times(1).mount(stage.server).await;
        (stage.ask("a"), stage.ask("a"))
    })
    .await;
    assert_eq!(seen, (Said::Closed, Said::NotMocked));
}

#[tokio::test]
async fn mocks_can_delay_responses() {
    let seen = both(async |stage| {
        let endless = text("late").set_delay(Duration::from_secs(3600));
        Mock::given(body_string_contains("\"a\"")).respond_with(endless).mount(stage.server).await;
        let client = reqwest::Client::builder().no_proxy().timeout(Duration::from_millis(100));
        let request = client.build().unwrap().post(format!("{}/chat/completions", stage.base));
        let waited = request.body(prompt("a")).send().await.unwrap_err();
        // Meanwhile others are served.
        (waited.is_timeout(), stage.ask("b"))
    })
    .await;
    assert_eq!(seen, (true, Said::NotMocked));
}

#[tokio::test]
async fn mocks_can_stream_responses() {
    const EVENTS: &str =
        "data: {\"choices\":[{\"delta\":{\"content\":\"a\"}}]}\n\ndata: [DONE]\n\n";
    let seen = both(async |stage| {
        let events = ResponseTemplate::new(200).set_body_raw(EVENTS, "text/event-stream");
        Mock::given(any()).respond_with(events).mount(stage.server).await;
        let url = format!("{}/chat/completions", stage.base);
        let reply = client::send("POST", &url, &JSON, prompt("a").as_bytes());
        (reply.header("content-type").map(str::to_owned), reply.text())
    })
    .await;
    assert_eq!(seen, (Some("text/event-stream".to_owned()), EVENTS.to_owned()));
}

#[tokio::test]
async fn mocks_can_set_every_status_and_header() {
    let seen = both(async |stage| {
        let mut seen = Vec::new();
        for (method_, template) in [
            ("GET", ResponseTemplate::new(204)),
            ("HEAD", ResponseTemplate::new(200)),
            ("DELETE", ResponseTemplate::new(404).set_body_json(json!({ "error": "gone" }))),
            ("POST", ResponseTemplate::new(404).insert_header("x-reason", "gone")),
            ("POST", ResponseTemplate::new(429).insert_header("retry-after", "7")),
            (
                "PUT",
                ResponseTemplate::new(500)
                    .append_header("set-cookie", "a=1")
                    .append_header("set-cookie", "b=2")
                    .set_body_bytes([0, 159, 146, 150]),
            ),
        ] {
            Mock::given(method(method_)).respond_with(template).mount(stage.server).await;
            let url = format!("{}/files/7", stage.base);
            let reply = client::send(method_, &url, &[], b"");
            let headers: Vec<_> = reply
                .headers
                .iter()
                .filter(|(name, _)| {
                    !["connection", "content-length", "date"].contains(&name.as_str())
                })
                .cloned()
                .collect();
            seen.push((reply.status, headers, reply.bytes()));
            stage.server.reset().await;
        }
        seen
    })
    .await;
    let statuses: Vec<u16> = seen.iter().map(|(status, ..)| *status).collect();
    assert_eq!(statuses, [204, 200, 404, 404, 429, 500]);
    assert_eq!(seen[5].1.len(), 2, "{seen:?}");
    assert_eq!(seen[5].2, [0, 159, 146, 150]);
}

#[tokio::test]
async fn matchers_see_the_original_request() {
    let seen = both(async |stage| {
        let body = json!({ "model": "m", "messages": [{ "role": "user", "content": "a" }] });
        let whole = Mock::given(method("POST"))
            .and(path("/v1/chat/completions"))
            .and(query_param("api-version", "1"))
            .and(bearer_token("sk-0123456789abcdef0123"))
            .and(header("x-team", "blue"))
            .and(body_json(&body))
            .and(body_partial_json(json!({ "model": "m" })))
            .and(|request: &Request| request.body.starts_with(b"{"));
        whole.respond_with(text("matched")).mount(stage.server).await;
        let url = "/chat/completions?api-version=1";
        let headers = [
            ("content-type", "application/json"),
            ("authorization", "Bearer sk-0123456789abcdef0123"),
            ("x-team", "blue"),
        ];
        let matched = stage.send("POST", url, &headers, prompt("a").as_bytes());
        let requests = stage.server.received_requests().await.unwrap();
        let [request] = requests.as_slice() else { panic!("{requests:?}") };
        let value = |name| request.headers.get(name).unwrap().to_str().unwrap().to_owned();
        let sent = headers.map(|(name, _)| value(name));
        let path = request.url.path().to_owned();
        (matched, path, request.url.query().map(str::to_owned), sent, request.body.clone())
    })
    .await;
    assert_eq!(seen.0, said("matched"));
    assert_eq!(
        (seen.1.as_str(), seen.2.as_deref()),
        ("/v1/chat/completions", Some("api-version=1"))
    );
}

#[tokio::test]
async fn responders_compute_responses_from_requests() {
    let seen = both(async |stage| {
        let echo = |request: &Request| {
            ResponseTemplate::new(201).set_body_string(request.body.len().to_string())
        };
        Mock::given(any()).respond_with(echo).mount(stage.server).await;
        stage.send(
            "POST",
            "/files",
            &[("content-type", "application/octet-stream")],
            &vec![7; 100_000],
        )
    })
    .await;
    assert_eq!(seen, Said::Mock(201, "100000".to_owned()));
}

#[tokio::test]
async fn unmatched_requests_are_received_too() {
    let seen = both(async |stage| {
        Mock::given(path("/v1/models")).respond_with(text("models")).mount(stage.server).await;
        let answers = [stage.ask("a"), stage.send("GET", "/models", &[], b""), stage.ask("b")];
        let requests = stage.server.received_requests().await.unwrap();
        let paths: Vec<_> = requests.iter().map(|request| request.url.path().to_owned()).collect();
        (answers, paths)
    })
    .await;
    assert_eq!(seen.0, [Said::NotMocked, said("models"), Said::NotMocked]);
    assert_eq!(seen.1, ["/v1/chat/completions", "/v1/models", "/v1/chat/completions"]);
}
