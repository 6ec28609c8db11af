//! Tests of one process do not disturb each other: turns, handles, locks, proxies, and who prints.

use llmock_testkit::scratch::{App, fixture, has_nextest};

fn app() -> App {
    App::open(
        "isolation",
        &[
            ("tests/api.rs", include_str!("programs/patient.rs")),
            ("tests/preloaded.rs", include_str!("programs/preloaded.rs")),
            ("tests/fixtures/hello.json", &fixture(&[("hello", "hi there")])),
            (
                "tests/fixtures/left/later.json",
                &fixture(&[("hello", "hi there"), ("later", "at last")]),
            ),
        ],
    )
}

/// 40 repetitions take a while; this many show in every run that the way is open.
fn repetitions() -> usize {
    let named = std::env::var("LLMOCK_TEST_REPETITIONS").ok();
    named.and_then(|number| number.parse().ok()).unwrap_or(5)
}

#[test]
fn tests_with_a_static_client_never_overlap() {
    let app = app();
    for _ in 0..repetitions() {
        let ran = app.scratch().test(app.program("api"), ["many::", "--test-threads=8"]).output();
        assert!(ran.success, "{}", ran.everything());
        assert_eq!(ran.passed().len(), 40);
        // Nor does the server's thread say anything that would end up in some test's output.
        assert_eq!(ran.stderr(), "");
    }
    let shown = ["many::", "--test-threads=8", "--nocapture"];
    let ran = app.scratch().test(app.program("api"), shown).output();
    assert!(!ran.everything().contains("llmock"), "{}", ran.everything());
}

#[test]
fn tests_with_handles_run_in_parallel() {
    let app = app();
    // Each waits for the other: in turns they would wait for ever.
    let ran = app.scratch().test(app.program("api"), ["pair::", "--test-threads=2"]).output();
    assert!(ran.success, "{}", ran.everything());
    assert_eq!(ran.passed(), ["pair::one", "pair::two"]);
}

#[test]
fn mode_off_restores_variables_between_other_tests() {
    let app = app();
    let test = "off::between_others";
    let run = app.one(test).env("OPENAI_BASE_URL", "http://gateway.example/v1");
    let ran = run.env("LLMOCK_TURN_TIMEOUT", "200ms").output();
    assert_eq!(ran.passed(), [test], "{}", ran.everything());
}

#[test]
fn stray_requests_are_told_apart_from_later_tests() {
    let app = app();
    let api = app.alone("api", "alone");
    let ran = app.scratch().test(&api, ["left::", "--test-threads=1"]).output();
    let (asks_on_it, its_request) =
        ("left::t3_a_request_on_the_connection", "left::t5_its_request");
    assert_eq!(ran.failed(), [asks_on_it, its_request], "{}", ran.everything());
    assert_eq!(ran.passed().len(), 4, "{}", ran.everything());
    // What began before is refused and fails nobody.
    insta::assert_snapshot!(ran.stderr(), @"llmock: api::left::t2_the_other_half: POST /v1/chat/completions started while test `api::left::t1_half_a_request_and_a_connection` was running, so llmock refused it and did not count it; wait for all tasks of a test before it ends");
    // Where that is not known, the report says what speaks for another test.
    let note = |test: &str| {
        let failure = ran.failure(test);
        let note = failure.lines().find(|line| line.starts_with("  note: ")).map(str::to_owned);
        note.unwrap_or(failure)
    };
    insta::assert_snapshot!(note(asks_on_it), @"  note: the 2nd request used a connection that was opened while test `api::left::t1_half_a_request_and_a_connection` was running, so that test may have sent it");
    insta::assert_snapshot!(note(its_request), @"  note: the 2nd request is recorded for test `api::left::t4_a_thread`, which ran before and did not send it, so that test may have sent it late");
    // And what was for nobody is kept for whoever looks.
    let ledger = app.scratch().read("alone/llmock/last-run.jsonl");
    let refused: Vec<serde_json::Value> = ledger
        .lines()
        .filter_map(|line| serde_json::from_str::<serde_json::Value>(line).ok())
        .filter_map(|line| line.get("refused").cloned())
        .collect();
    let expected = [
        (
            "openai",
            "no test is running; OPENAI_BASE_URL of this process points to llmock; annotate the test with #[llm_replay] or set LLMOCK_MODE=off",
        ),
        ("openai", "the test that this address belonged to has ended"),
        (
            "",
            "`/v1/chat/completions` is not an address of this mock server; use the URL in a base-URL variable or from `mock.base_url(..)`",
        ),
    ];
    let expected = expected.map(|(provider, sentence)| {
        let path = "/v1/chat/completions";
        serde_json::json!({"provider": provider, "method": "POST", "path": path, "sentence": sentence})
    });
    assert_eq!(refused, expected, "{ledger}");
}

#[test]
fn configured_proxies_do_not_swallow_requests() {
    let app = app();
    // Nobody listens there.
    let dead = "http://127.0.0.1:9";
    for no_proxy in ["", "example.org"] {
        let mut run = app.scratch().test(app.program("api"), ["many::t01", "--exact"]);
        for name in ["HTTP_PROXY", "http_proxy", "HTTPS_PROXY", "https_proxy", "ALL_PROXY"] {
            run = run.env(name, dead);
        }
        let ran = run.env("NO_PROXY", no_proxy).output();
        assert!(ran.success, "{}", ran.everything());
        assert_eq!(ran.passed(), ["many::t01"]);
    }
}

#[test]
fn preload_sets_variables_before_main() {
    let app = app();
    let preloaded = app.program("preloaded");
    let ran = app.scratch().test(preloaded, [""; 0]).output();
    assert!(ran.success, "{}", ran.everything());
    assert_eq!(ran.passed(), ["replays", "variables_are_there_without_a_session"]);
    // Switched off, it leaves them alone.
    let ran = app
        .scratch()
        .test(preloaded, ["variables_are_there_without_a_session"])
        .env("LLMOCK_MODE", "off")
        .output();
    assert!(!ran.success, "{}", ran.everything());
}

#[test]
fn preload_blocks_the_network_for_every_test() {
    let app = app();
    let run = |test: &str, toml: &str, mode: &str| {
        app.scratch().write("llmock.toml", toml);
        let words = [test, "--exact", "--include-ignored", "--nocapture"];
        app.scratch().test(app.program("preloaded"), words).env("LLMOCK_MODE", mode).output()
    };
    let block = "network = 'block'";
    let ran = run("guarded", block, "");
    assert!(ran.success, "{}", ran.everything());
    let told =
        "llmock: connections to `api.openai.com:443` are refused, because of `network = \"block\"`";
    assert!(ran.stderr().contains(told), "{}", ran.everything());
    for test in ["guarded_and_replayed", "allowed", "replays"] {
        let ran = run(test, block, "");
        assert!(ran.success, "{test}: {}", ran.everything());
    }
    for (toml, mode) in [("", ""), (block, "off")] {
        let ran = run("guarded", toml, mode);
        assert!(ran.everything().contains("a proxy"), "{toml} {mode}: {}", ran.everything());
    }
}

#[test]
fn nextest_runs_tests_in_parallel() {
    if !has_nextest() {
        return;
    }
    let app = app();
    let words = ["nextest", "run", "--offline", "--test", "api", "--test-threads=8", "many::"];
    let ran = app.scratch().cargo(".", words).output();
    assert!(ran.success, "{}", ran.everything());
    assert!(ran.stderr().contains("40 tests run: 40 passed"), "{}", ran.everything());
}
