//! `llmock serve` is told what to do by a file, by variables, and by flags, and shows what it did.

use crate::server::{Server, Workdir, chat, soon};
use llmock_testkit::client::Request;
use serde_json::Value;

type Variables<'a> = &'a [(&'a str, &'a str)];

fn json(server: &Server, request: &Request) -> Value {
    let response = server.send(request);
    serde_json::from_slice(&response.bytes()).unwrap_or_else(|_| panic!("{}", response.text()))
}

fn requests(server: &Server, query: &str) -> Vec<Value> {
    let shown = json(server, &Request::get(&format!("/history{query}")));
    shown["requests"].as_array().unwrap_or_else(|| panic!("{shown}")).clone()
}

fn models(server: &Server) -> Vec<String> {
    let listed = json(server, &Request::get("/v1/models"));
    let ids = listed["data"].as_array().unwrap().iter();
    ids.map(|model| model["id"].as_str().unwrap().to_owned()).collect()
}

#[test]
fn flags_override_variables_and_variables_the_file() {
    let workdir = Workdir::new();
    workdir.write("llmock.yaml", "models: [of-the-file]\nport: 1\n");
    let file = ["--config", "llmock.yaml"];
    let variable = ("LLMOCK_MODELS", "of;the;variable");
    assert_eq!(models(&workdir.serve(&file, &[])), ["of-the-file"]);
    assert_eq!(models(&workdir.serve(&file, &[variable])), ["of", "the", "variable"]);
    let server =
        workdir.serve(&[&file[..], &["--set", "models=of-the-flag"]].concat(), &[variable]);
    assert_eq!(models(&server), ["of-the-flag"]);
    let named = ("LLMOCK_CONFIG", "llmock.yaml");
    assert_eq!(models(&workdir.serve(&[], &[named])), ["of-the-file"]);
}

#[test]
fn invalid_configuration_fails_at_startup_with_its_position() {
    let workdir = Workdir::new();
    workdir.write("typo.yaml", "host: 127.0.0.1\nstrategy: []\n");
    workdir.write("broken.yaml", "models: [a\n");
    let cases: [(&[&str], Variables<'_>, &str); 9] = [
        (&["--config", "typo.yaml"], &[], "typo.yaml:2:1: unknown key `strategy`"),
        (&["--config", "broken.yaml"], &[], "broken.yaml:"),
        (&["--config", "absent.yaml"], &[], "cannot read `absent.yaml`"),
        (&[], &[("LLMOCK_CONFIG", "absent.yaml")], "cannot read `absent.yaml`"),
        (&[], &[("LLMOCK_STRATEGIES", "[]")], "variable `LLMOCK_STRATEGIES`: empty list"),
        (&["--strategies", "MirorStrategy"], &[], "did you mean `MirrorStrategy`?"),
        (
            &[],
            &[("LLMOCK_WATCH", "perhaps")],
            "variable `LLMOCK_WATCH`: invalid switch `perhaps`: ",
        ),
        (&["--record"], &[], "configuration: `record` needs `fixtures`"),
        (&["--set", "pace.jitter=2"], &[], "flag `--set pace.jitter`: invalid share `2`: expected"),
    ];
    for (arguments, variables, expected) in cases {
        let stderr = workdir.fails_to_start(arguments, variables);
        assert!(stderr.starts_with("error: ") && stderr.contains(expected), "{expected}: {stderr}");
        assert_eq!(stderr.lines().count(), 1, "{stderr}");
    }
}

#[test]
fn reports_unknown_variables_of_the_server_only() {
    let workdir = Workdir::new();
    let variables = [
        ("LLMOCK_PROT", "1"),
        ("LLMOCK_MODE", "no mode"),
        ("LLMOCK_DISABLED", "1"),
        ("OTHER", "1"),
    ];
    let server = workdir.serve(&[], &variables);
    server
        .wait_for_stderr("unknown environment variable `LLMOCK_PROT`; did you mean `LLMOCK_PORT`?");
    assert_eq!(server.stderr().lines().count(), 1, "{}", server.stderr());
}

#[test]
fn history_shows_requests_and_their_strategies() {
    let server = Workdir::new().serve(&[], &[]);
    server.send(&chat("Hello!"));
    server.send(&chat("raise error {\\\"code\\\": 429, \\\"message\\\": \\\"slow down\\\"}"));
    server.send(&Request::get("/health"));
    server.send(&Request::get("/metrics"));
    server.send(&Request { method: "OPTIONS", ..Request::get("/v1/models") });
    server.send(&Request::post("/v1/messages", "not json").header("x-llmock-session", "mine"));
    let all = requests(&server, "");
    let facts: Vec<[&str; 5]> = all
        .iter()
        .map(|one| {
            ["method", "path", "provider", "session", "answered_by"]
                .map(|k| one[k].as_str().unwrap())
        })
        .collect();
    assert_eq!(facts[0], ["POST", "/v1/chat/completions", "openai", "default", "MirrorStrategy"]);
    assert_eq!(facts[1], ["POST", "/v1/chat/completions", "openai", "default", "ErrorStrategy"]);
    assert_eq!(facts[2][..4], ["POST", "/v1/messages", "anthropic", "mine"]);
    assert_eq!(all.len(), 3, "{all:?}");
    assert_eq!(all.iter().map(|one| one["status"].clone()).collect::<Vec<_>>(), [200, 429, 400]);
    assert_eq!(all[0]["body"]["messages"][0]["content"], "Hello!");
    assert_eq!(all[0]["model"], "m");
    assert_eq!(all[2]["body"], "not json");

    assert_eq!(requests(&server, "?status=429"), all[1..2]);
    assert_eq!(requests(&server, "?provider=anthropic&method=POST"), all[2..]);
    assert_eq!(requests(&server, "?path=/v1/chat&limit=1"), all[1..2]);
    assert_eq!(server.send(&Request::get("/history?colour=red")).status, 400);

    assert_eq!(server.send(&Request::delete("/history")).status, 204);
    assert_eq!(requests(&server, ""), Vec::<Value>::new());
}

#[test]
fn history_can_be_limited_or_disabled() {
    let server = Workdir::new().serve(&["--set", "history=2"], &[]);
    for prompt in ["1", "2", "3"] {
        server.send(&chat(prompt));
    }
    let kept = requests(&server, "");
    let prompts: Vec<&Value> =
        kept.iter().map(|one| &one["body"]["messages"][0]["content"]).collect();
    assert_eq!(prompts, ["2", "3"]);
    let server = Workdir::new().serve(&[], &[("LLMOCK_HISTORY", "0")]);
    server.send(&chat("1"));
    assert_eq!(requests(&server, ""), Vec::<Value>::new());
}

#[test]
fn history_and_metrics_redact_and_require_keys() {
    const KEY: &str = "sk-the-one-key-of-this-server";
    let server = Workdir::new().serve(&["--api-key", KEY], &[]);
    let bearer = format!("Bearer {KEY}");
    assert_eq!(server.send(&chat("in a header").header("authorization", &bearer)).status, 200);
    let path = format!("/v1beta/models/m:generateContent?alt=json&key={KEY}");
    let body = r#"{"contents":[{"parts":[{"text":"in the query"}]}]}"#;
    assert_eq!(server.send(&Request::post(&path, body)).status, 200);
    for path in ["/history", "/metrics", "/v1/models"] {
        assert_eq!(server.send(&Request::get(path)).status, 401, "{path}");
        assert_eq!(server.send(&Request::get(&format!("{path}?key=wrong"))).status, 401, "{path}");
    }
    assert_eq!(server.send(&Request::delete("/history")).status, 401);
    assert_eq!(server.send(&Request::get("/health")).status, 200);

    let shown = server.send(&Request::get("/history").header("authorization", &bearer)).text();
    assert!(shown.contains("in a header") && shown.contains("in the query"), "{shown}");
    assert!(shown.contains("alt=json&key=[REDACTED]") && !shown.contains(KEY), "{shown}");
    let planted = "sk-proj-Zq8s7Df6gH5jK4lM3nB2vC1xX0yYwWvV";
    let prompt = chat(&format!("my key is {planted}, or {KEY}")).header("authorization", &bearer);
    server.send(&prompt);
    let path = format!("/v1/files/{planted}?alt=json");
    server.send(&Request::get(&path).header("authorization", &bearer));
    let shown = server.send(&Request::get("/history").header("authorization", &bearer)).text();
    assert!(!shown.contains(planted) && !shown.contains(KEY), "{shown}");
    assert!(
        shown.contains("my key is [REDACTED:OPENAI_KEY], or [REDACTED:LLMOCK_API_KEY]"),
        "{shown}"
    );
    let counted = server.send(&Request::get(&format!("/metrics?key={KEY}")));
    assert!(counted.status == 200 && !counted.text().contains(KEY));
}

#[test]
fn metrics_count_requests_streams_fixtures_and_faults() {
    let workdir = Workdir::new();
    workdir.fixture("all/a.json", &[("known", "1")]);
    let strategies = "FixtureStrategy,MirrorStrategy";
    let server = workdir.serve(&["--fixtures", "all", "--strategies", strategies], &[]);
    server.send(&chat("known"));
    server.send(&chat("unknown"));
    server.send(&chat("unknown").header("x-llmock-fault", "status=503"));
    server.send(&Request::get("/no/such/route"));
    let slow = Request::post(
        "/v1/chat/completions",
        r#"{"model":"m","stream":true,"messages":[{"role":"user","content":"a b c"}]}"#,
    )
    .header("x-llmock-pace", "tps=2");
    let open = slow.begin(&server.origin);
    let shown = server.send(&Request::get("/metrics"));
    assert_eq!(
        shown.header("content-type"),
        Some("application/openmetrics-text; version=1.0.0; charset=utf-8")
    );
    let shown = shown.text();
    for line in [
        "llmock_requests_total{provider=\"openai\",route=\"chat/completions\",status=\"200\"} 3",
        "llmock_requests_total{provider=\"openai\",route=\"chat/completions\",status=\"503\"} 1",
        "llmock_latency_seconds_count{provider=\"openai\",route=\"chat/completions\"} 4",
        "llmock_open_streams 1",
        "llmock_fixtures_total{result=\"hit\"} 1",
        "llmock_faults_total{kind=\"status\"} 1",
    ] {
        assert!(shown.lines().any(|one| one == line), "{line} in\n{shown}");
    }
    assert!(!shown.contains("nobody"), "a client cannot make up labels:\n{shown}");
    drop(open);
    soon("the end of the stream", || {
        let shown = server.send(&Request::get("/metrics")).text();
        shown.contains("llmock_open_streams 0").then_some(())
    });
}

#[test]
fn only_configured_origins_can_read_responses() {
    let server = Workdir::new().serve(
        &["--api-key", "k"],
        &[("LLMOCK_CORS_ALLOW_ORIGINS", "http://localhost:3000;https://app.example")],
    );
    for (origin, allowed) in [
        ("http://localhost:3000", true),
        ("https://app.example", true),
        ("http://localhost:3001", false),
        ("https://app.example.evil", false),
    ] {
        let response = server.send(&chat("Hello!").header("origin", origin));
        assert_eq!(response.status, 401);
        let expected = allowed.then_some(origin);
        assert_eq!(response.header("access-control-allow-origin"), expected, "{origin}");
    }
    let unnamed = Workdir::new().serve(&[], &[]);
    let response = unnamed.send(&chat("Hello!").header("origin", "http://localhost:3000"));
    assert_eq!(response.header("access-control-allow-origin"), None);
}
