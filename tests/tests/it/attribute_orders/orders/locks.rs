//! `#[serial]` above `#[llm_replay]` in one place and below it in another: two locks, taken in different orders.

use std::sync::atomic::{AtomicBool, Ordering::SeqCst};

use super::*;

/// A variable that a turn writes, so that others see that it has begun.
const TURN_IS_TAKEN: &str = "TURN_OF_THE_OTHER_ORDER";

static SERIAL_IS_HELD: AtomicBool = AtomicBool::new(false);

fn wait_until(is_so: impl Fn() -> bool) {
    for _ in 0..20_000 {
        if is_so() {
            return;
        }
        std::thread::sleep(Duration::from_millis(1));
    }
    panic!("the other test does not come");
}

/// Comes after the lock of the test that takes it, and before the turn.
#[rstest::fixture]
fn each_holds_one() {
    SERIAL_IS_HELD.store(true, SeqCst);
    wait_until(|| std::env::var_os(TURN_IS_TAKEN).is_some());
}

#[llm_replay(calls = 0)]
#[rstest::rstest]
#[serial_test::serial(crossed)]
#[ignore = "waits for the next one, which waits for it: run by the one after that"]
fn serial_first(#[from(each_holds_one)] (): ()) {
    unreachable!("the turn does not come");
}

#[test]
#[ignore = "waits for the one before, which waits for it: run by the next one"]
fn turn_first() {
    wait_until(|| SERIAL_IS_HELD.load(SeqCst));
    the_other_order();
}

#[serial_test::serial(crossed)]
#[llm_replay(calls = 0, env(TURN_OF_THE_OTHER_ORDER = "{base}"))]
fn the_other_order() {}

#[test]
fn crossed_locks_end_with_a_report() {
    if std::env::var_os(LEDGER).is_some() {
        return;
    }
    let ran = this()
        .args(["attribute_orders::orders::locks::", "--ignored", "--test-threads=2"])
        .env("LLMOCK_TURN_TIMEOUT", "500ms")
        .output()
        .unwrap();
    let stdout = String::from_utf8(ran.stdout).unwrap();
    let stderr = String::from_utf8(ran.stderr).unwrap();
    for line in [
        "test attribute_orders::orders::locks::serial_first ... FAILED",
        "test attribute_orders::orders::locks::turn_first ... ok",
        "llmock: waited 1 s for the environment guard, held by test `it::attribute_orders::orders::locks::the_other_order`",
        "  two locks taken in different orders deadlock: put #[llm_replay] above #[serial]",
        "  in every test, or take a handle, which needs no guard: `mock: LlmMock`",
        "  if that test is only slow: LLMOCK_TURN_TIMEOUT=600",
    ] {
        assert!(
            stdout.lines().any(|printed| printed.starts_with(line)),
            "{line}\n{stdout}\n{stderr}"
        );
    }
    let line = "llmock: waiting for the environment guard, held by test `it::attribute_orders::orders::locks::the_other_order` \
                for 1 s; if both tests use #[serial], put #[llm_replay] above it\n";
    assert_eq!(stderr, line);
}
