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

use llmock::{LlmMock, Provider, llm_replay};

/// Set in the process that [`every_test_is_listed_once_and_runs_once`] starts.
const LEDGER: &str = "LLMOCK_TEST_LEDGER";

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
    async fn an_owned_handle_moves_into_a_task(mock: LlmMock) {
        let task = tokio::spawn(async move {
            pause().await;
            ran_with(&mock, "above::an_owned_handle_moves_into_a_task");
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
}

mod returns {
    use std::error::Error;
    use std::process::{ExitCode, Termination};

    use super::*;

    struct Mute;

    impl From<std::num::ParseIntError> for Mute {
        fn from(_: std::num::ParseIntError) -> Self {
            Self
        }
    }

    impl std::fmt::Debug for Mute {
        fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
            f.write_str("Mute")
        }
    }

    #[llm_replay(calls = 0)]
    #[tokio::test]
    async fn a_boxed_error() -> Result<(), Box<dyn Error>> {
        pause().await;
        let number: u8 = "7".parse()?;
        ran("returns::a_boxed_error");
        match number {
            7 => Ok(()),
            8 => return Err("eight".into()),
            _ => Err(Box::new(std::fmt::Error)),
        }
    }

    #[llm_replay(calls = 0)]
    #[test]
    fn an_error_of_ones_own() -> Result<(), Mute> {
        let _: u8 = "7".parse()?;
        ran("returns::an_error_of_ones_own");
        Ok(())
    }

    #[llm_replay(calls = 0)]
    #[tokio::test]
    async fn an_exit_code(_mock: LlmMock) -> ExitCode {
        ran("returns::an_exit_code");
        pause().await;
        ExitCode::SUCCESS
    }

    #[llm_replay(calls = 0)]
    #[test]
    fn something_that_terminates() -> impl Termination {
        ran("returns::something_that_terminates");
        Ok::<(), String>(())
    }
}

mod bodies {
    use std::rc::Rc;

    use super::*;

    #[llm_replay(calls = 0)]
    #[test]
    #[should_panic(expected = "the body's own words")]
    fn a_panic_keeps_its_text() {
        ran("bodies::a_panic_keeps_its_text");
        panic!("the body's own words");
    }

    #[llm_replay(calls = 0)]
    #[tokio::test]
    #[should_panic]
    #[expect(clippy::should_panic_without_expect, reason = "the bare form is what is tested")]
    async fn a_bare_should_panic_is_met_by_the_body() {
        pause().await;
        panic!("any");
    }

    #[llm_replay(calls = 0)]
    #[test]
    #[ignore = "shows that `ignore` stays"]
    fn ignored() {
        unreachable!("it is ignored");
    }

    #[llm_replay(calls = 0)]
    #[tokio::test]
    async fn an_early_return() {
        ran("bodies::an_early_return");
        if std::hint::black_box(true) {
            return;
        }
        pause().await;
    }

    #[llm_replay(calls = 0)]
    #[tokio::test]
    async fn values_that_stay_on_one_thread_live_across_an_await() {
        let shared = Rc::new(1);
        pause().await;
        assert_eq!(*shared, 1);
        ran("bodies::values_that_stay_on_one_thread_live_across_an_await");
    }

    #[llm_replay(calls = 0)]
    #[test]
    fn names_of_the_body_are_its_own(session: &LlmMock) {
        #![allow(clippy::items_after_statements)]
        let outcome = session.base_url(Provider::OpenAI);
        const SITE: &str = "/s/";
        let returned = outcome.contains(SITE);
        assert!(returned);
        ran("bodies::names_of_the_body_are_its_own");
    }

    #[llm_replay(calls = 0)]
    #[test]
    fn r#match(#[allow(unused_variables)] mut_is_fine: LlmMock) {
        ran("bodies::match");
    }
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

#[test]
fn every_test_is_listed_once_and_runs_once() {
    if std::env::var_os(LEDGER).is_some() {
        return;
    }
    let this = || {
        let mut command = Command::new(std::env::current_exe().unwrap());
        // What the surroundings ask for is not the point here.
        command.env(LEDGER, "1").env_remove("LLMOCK_MODE").env_remove("LLMOCK_DISABLED");
        command
    };
    let listed = this().args(["--list", "--format=terse"]).output().unwrap();
    let listed = String::from_utf8(listed.stdout).unwrap();
    let listed: Vec<_> = listed.lines().filter_map(|line| line.strip_suffix(": test")).collect();
    let names: BTreeSet<_> = listed.iter().collect();
    assert_eq!(listed.len(), names.len(), "a test is registered twice: {listed:?}");

    let ran = this().output().unwrap();
    assert!(ran.status.success(), "{}", String::from_utf8_lossy(&ran.stdout));
    let ran = String::from_utf8(ran.stderr).unwrap();
    let ran: Vec<_> = ran.lines().filter_map(|line| line.strip_prefix("ran ")).collect();
    let bodies: BTreeSet<_> = ran.iter().collect();
    assert_eq!(ran.len(), bodies.len(), "a body runs twice: {ran:?}");
    // This one, the ignored one, and the one that only panics say nothing.
    assert_eq!(ran.len(), listed.len() - 3, "{listed:?}\n{ran:?}");
}
