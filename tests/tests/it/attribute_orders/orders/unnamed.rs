//! Cases of one test are told apart by the names of their threads; some test attributes move a body elsewhere.

use super::*;

/// What a test attribute does that gives up on a body after a while.
fn on_a_thread_without_name(body: impl FnOnce() + Send + 'static) {
    std::thread::spawn(body).join().unwrap();
}

#[rstest::rstest]
#[case("unnamed::case 1")]
#[case("unnamed::case 2")]
fn cases(#[case] name: &'static str) {
    #[llm_replay(calls = 0)]
    fn case() {}
    on_a_thread_without_name(case);
    ran(name);
}

/// How many of these tests pass, and what is printed, when they record.
fn recording(tests: &str, mode: &str) -> (usize, String) {
    let ran = this()
        .args([tests, "--test-threads=1"])
        .env("LLMOCK_MODE", mode)
        .env("LLMOCK_ALLOW_CI_RECORD", "1")
        .output()
        .unwrap();
    let stdout = String::from_utf8(ran.stdout).unwrap();
    (stdout.lines().filter(|line| line.ends_with(" ... ok")).count(), stdout)
}

#[test]
fn cases_on_unnamed_threads_are_not_recorded() {
    if std::env::var_os(LEDGER).is_some() {
        return;
    }
    for mode in ["record", "auto"] {
        for named in [
            "attribute_orders::above::by_rstest::",
            "attribute_orders::above::by_rstest_with_timeout::",
        ] {
            let (passed, shown) = recording(named, mode);
            assert_eq!(passed, 2, "{shown}");
        }
        let (passed, shown) = recording("attribute_orders::orders::unnamed::cases::", mode);
        assert_eq!(passed, 1, "the first may be the only one: {shown}");
        for line in [
            "llmock: cannot tell the cases of `it::attribute_orders::orders::unnamed::case` apart: its thread has no name",
            "  run the body on the test's own thread, or make each case a test function",
        ] {
            assert!(shown.contains(line), "{line}\n{shown}");
        }
    }
}
