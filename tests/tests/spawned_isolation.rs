//! Tests of one process do not disturb each other: turns, handles, locks, proxies, and who prints.

use llmock_tests::scratch::{App, fixture, has_nextest};

fn app() -> App {
    App::open(
        "isolation",
        &[
            ("tests/api.rs", include_str!("../scratch/patient.rs")),
            ("tests/preloaded.rs", include_str!("../scratch/preloaded.rs")),
            ("tests/fixtures/hello.json", &fixture(&[("hello", "hi there")])),
        ],
    )
}

/// 40 repetitions take a while; this many show in every run that the way is open.
fn repetitions() -> usize {
    let named = std::env::var("LLMOCK_TEST_REPETITIONS").ok();
    named.and_then(|number| number.parse().ok()).unwrap_or(5)
}

#[test]
fn forty_tests_share_a_static_client_and_never_overlap() {
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
fn tests_with_a_handle_run_at_the_same_time() {
    let app = app();
    // Each waits for the other: in turns they would wait for ever.
    let ran = app.scratch().test(app.program("api"), ["pair::", "--test-threads=2"]).output();
    assert!(ran.success, "{}", ran.everything());
    assert_eq!(ran.passed(), ["pair::one", "pair::two"]);
}

#[test]
fn two_locks_in_different_orders_end_with_a_report() {
    let app = app();
    let run = app.scratch().test(app.program("api"), ["crossed::", "--test-threads=2"]);
    let ran = run.env("LLMOCK_TURN_TIMEOUT", "500ms").output();
    assert_eq!(ran.failed(), ["crossed::serial_first"], "{}", ran.everything());
    assert_eq!(ran.passed(), ["crossed::turn_first"], "{}", ran.everything());
    insta::assert_snapshot!(ran.stderr(), @"llmock: waiting for the turn held by test `api::crossed::turn_first` for 1 s; if both use #[serial], put #[llm_replay] above it");
    insta::assert_snapshot!(ran.failure("crossed::serial_first"), @"
    thread 'crossed::serial_first' panicked at tests/api.rs:76:9:

    llmock: waited 1 s for the turn held by test `api::crossed::turn_first`

      two locks taken in different orders wait for ever: put #[llm_replay] above #[serial]
      in every test, or take a handle, which needs no turn: `mock: LlmMock`
      if that test only takes long: LLMOCK_TURN_TIMEOUT=600
    ");
}

#[test]
fn a_proxy_does_not_swallow_requests() {
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
fn preload_writes_the_variables_before_main() {
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
fn every_test_of_nextest_has_a_process_and_needs_no_turn() {
    if !has_nextest() {
        return;
    }
    let app = app();
    let words = ["nextest", "run", "--offline", "--test", "api", "--test-threads=8", "many::"];
    let ran = app.scratch().cargo(".", words).output();
    assert!(ran.success, "{}", ran.everything());
    assert!(ran.stderr().contains("40 tests run: 40 passed"), "{}", ran.everything());
}
