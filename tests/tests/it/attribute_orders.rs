//! `#[llm_replay]` above and below every test attribute that it is documented to work with.
//!
//! What is tested is mostly that this compiles, without a warning and under `forbid(unsafe_code)`; each body also
//! says that it runs, and none may run twice. No test sends a request, hence `calls = 0`.

#![forbid(unsafe_code)]
#![deny(warnings, clippy::pedantic, clippy::significant_drop_tightening)]

use std::collections::BTreeSet;
use std::io::Write as _;
use std::process::Command;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use llmock::{LlmMock, Provider, llm_replay};

/// Set in the process that [`every_test_is_registered_and_runs_once`] starts.
const LEDGER: &str = "LLMOCK_TEST_LEDGER";

/// Where the names of these tests begin.
const MODULE: &str = "attribute_orders::";

/// Notes that a body runs; a second time is a test that was registered twice.
#[track_caller]
fn ran(name: &'static str) {
    static NAMES: Mutex<BTreeSet<&str>> = Mutex::new(BTreeSet::new());
    let fresh = NAMES.lock().unwrap_or_else(PoisonError::into_inner).insert(name);
    assert!(fresh, "`{name}` runs twice");
    if std::env::var_os(LEDGER).is_some() {
        // Past libtest's capture, for the run that counts.
        std::io::stderr().lock().write_all(format!("ran {name}\n").as_bytes()).unwrap();
    }
}

/// The same, for a test with a handle: the handle leads to a session of its own.
#[track_caller]
fn ran_with(mock: &LlmMock, name: &'static str) {
    ran(name);
    let base = mock.base_url(Provider::OpenAI);
    assert!(base.contains("/s/"), "{base}");
}

async fn pause() {
    tokio::task::yield_now().await;
}

mod above {
    use super::*;

    #[llm_replay(calls = 0)]
    #[test]
    fn plain() {
        ran("above::plain");
    }

    #[llm_replay(calls = 0)]
    #[test]
    fn plain_with_handle(mock: &LlmMock) {
        ran_with(mock, "above::plain_with_handle");
    }

    #[llm_replay(calls = 0)]
    #[tokio::test]
    async fn on_tokio() {
        pause().await;
        ran("above::on_tokio");
    }

    #[llm_replay(calls = 0)]
    #[tokio::test]
    async fn on_tokio_with_handle(mock: &LlmMock) {
        pause().await;
        ran_with(mock, "above::on_tokio_with_handle");
    }

    #[llm_replay(calls = 0)]
    #[tokio::test(flavor = "multi_thread")]
    async fn owned_handles_move_into_tasks(mock: LlmMock) {
        let task = tokio::spawn(async move {
            pause().await;
            ran_with(&mock, "above::owned_handles_move_into_tasks");
        });
        task.await.unwrap();
    }

    #[llm_replay(calls = 0)]
    #[rstest::rstest]
    #[case("above::by_rstest 1")]
    #[case("above::by_rstest 2")]
    fn by_rstest(#[case] name: &'static str) {
        ran(name);
    }

    #[llm_replay(calls = 0)]
    #[rstest::rstest]
    #[case("above::by_rstest_with_handle 1")]
    #[case("above::by_rstest_with_handle 2")]
    #[tokio::test]
    async fn by_rstest_with_handle(#[case] name: &'static str, mock: &LlmMock) {
        pause().await;
        ran_with(mock, name);
    }

    #[llm_replay(calls = 0)]
    #[rstest::rstest]
    #[timeout(Duration::from_mins(1))]
    #[case("above::by_rstest_with_timeout 1")]
    #[case("above::by_rstest_with_timeout 2")]
    fn by_rstest_with_timeout(#[case] name: &'static str) {
        ran(name);
    }

    #[llm_replay(calls = 0)]
    #[test_case::test_case("above::by_test_case 1"; "one")]
    #[test_case::test_case("above::by_test_case 2"; "two")]
    fn by_test_case(name: &'static str) {
        ran(name);
    }

    #[llm_replay(calls = 0)]
    #[test_case::test_case("above::by_test_case_with_handle 1"; "one")]
    #[test_case::test_case("above::by_test_case_with_handle 2"; "two")]
    #[tokio::test]
    async fn by_test_case_with_handle(mock: &LlmMock, name: &'static str) {
        pause().await;
        ran_with(mock, name);
    }

    #[llm_replay(calls = 0)]
    #[test_log::test]
    fn by_test_log() {
        ran("above::by_test_log");
    }

    #[llm_replay(calls = 0)]
    #[test_log::test(tokio::test)]
    async fn by_test_log_with_handle(mock: &LlmMock) {
        pause().await;
        ran_with(mock, "above::by_test_log_with_handle");
    }

    #[llm_replay(calls = 0)]
    #[serial_test::serial]
    #[test]
    fn in_series() {
        ran("above::in_series");
    }

    #[llm_replay(calls = 0)]
    #[serial_test::serial]
    #[tokio::test]
    async fn in_series_with_handle(mock: &LlmMock) {
        pause().await;
        ran_with(mock, "above::in_series_with_handle");
    }
}

mod below {
    use super::*;

    #[test]
    #[llm_replay(calls = 0)]
    fn plain() {
        ran("below::plain");
    }

    #[tokio::test]
    #[llm_replay(calls = 0)]
    async fn on_tokio() {
        pause().await;
        ran("below::on_tokio");
    }

    #[tokio::test]
    #[llm_replay(calls = 0)]
    async fn on_tokio_with_handle(mock: &LlmMock) {
        pause().await;
        ran_with(mock, "below::on_tokio_with_handle");
    }

    #[rstest::rstest]
    #[case("below::by_rstest 1")]
    #[case("below::by_rstest 2")]
    #[llm_replay(calls = 0)]
    fn by_rstest(#[case] name: &'static str) {
        ran(name);
    }

    #[rstest::rstest]
    #[case("below::by_rstest_on_tokio 1")]
    #[tokio::test]
    #[llm_replay(calls = 0)]
    async fn by_rstest_on_tokio(#[case] name: &'static str) {
        pause().await;
        ran(name);
    }

    #[test_case::test_case("below::by_test_case 1"; "one")]
    #[test_case::test_case("below::by_test_case 2"; "two")]
    #[llm_replay(calls = 0)]
    fn by_test_case(name: &'static str) {
        ran(name);
    }

    #[test_log::test]
    #[llm_replay(calls = 0)]
    fn by_test_log() {
        ran("below::by_test_log");
    }

    #[test_log::test(tokio::test)]
    #[llm_replay(calls = 0)]
    async fn by_test_log_with_handle(mock: &LlmMock) {
        pause().await;
        ran_with(mock, "below::by_test_log_with_handle");
    }

    #[serial_test::serial]
    #[llm_replay(calls = 0)]
    #[test]
    fn in_series() {
        ran("below::in_series");
    }

    #[serial_test::serial]
    #[llm_replay(calls = 0)]
    #[tokio::test]
    async fn in_series_on_tokio() {
        pause().await;
        ran("below::in_series_on_tokio");
    }
}

mod orders {
    use super::*;

    mod bodies;
    mod locks;
    mod returns;
    mod unnamed;
}

#[llm_replay(calls = 0)]
mod whole {
    use super::*;

    const fn helper() -> &'static str {
        "whole::plain"
    }

    #[test]
    fn plain() {
        ran(helper());
    }

    #[tokio::test]
    async fn on_tokio_with_handle(mock: &LlmMock) {
        pause().await;
        ran_with(mock, "whole::on_tokio_with_handle");
    }

    #[llm_replay(unused = "ignore")]
    #[rstest::rstest]
    #[case("whole::by_rstest 1")]
    #[case("whole::by_rstest 2")]
    fn by_rstest(#[case] name: &'static str) {
        ran(name);
    }

    mod nested {
        use super::*;

        #[test]
        fn plain() {
            ran("whole::nested::plain");
        }
    }
}

/// This program, to run some of its tests in another process.
fn this() -> Command {
    let mut command = Command::new(std::env::current_exe().unwrap());
    // What the surroundings ask for is not the point here.
    command.env_remove("LLMOCK_MODE").env_remove("LLMOCK_DISABLED");
    command
}

#[test]
fn every_test_is_registered_and_runs_once() {
    if std::env::var_os(LEDGER).is_some() {
        return;
    }
    let listed = this().args([MODULE, "--list", "--format=terse"]).output().unwrap();
    let listed = String::from_utf8(listed.stdout).unwrap();
    let listed = listed.lines().filter_map(|line| line.strip_suffix(": test"));
    let listed: Vec<_> = listed.filter_map(|name| name.strip_prefix(MODULE)).collect();
    let names: BTreeSet<_> = listed.iter().collect();
    assert_eq!(listed.len(), names.len(), "a test is registered twice: {listed:?}");

    let ran = this().arg(MODULE).env(LEDGER, "1").output().unwrap();
    assert!(ran.status.success(), "{}", String::from_utf8_lossy(&ran.stdout));
    let ran = String::from_utf8(ran.stderr).unwrap();
    let ran: Vec<_> = ran.lines().filter_map(|line| line.strip_prefix("ran ")).collect();
    let bodies: BTreeSet<_> = ran.iter().collect();
    assert_eq!(ran.len(), bodies.len(), "a body runs twice: {ran:?}");
    // Those that only panic or are ignored say nothing, nor do this one and its like.
    let silent = [
        "every_test_is_registered_and_runs_once",
        "orders::bodies::body_satisfies_a_bare_should_panic",
        "orders::bodies::ignored",
        "orders::locks::serial_first",
        "orders::locks::turn_first",
        "orders::locks::crossed_locks_end_with_a_report",
        "orders::unnamed::cases_on_unnamed_threads_are_not_recorded",
    ];
    for name in silent {
        assert!(listed.contains(&name), "{name}: {listed:?}");
    }
    assert_eq!(ran.len(), listed.len() - silent.len(), "{listed:?}\n{ran:?}");
}
