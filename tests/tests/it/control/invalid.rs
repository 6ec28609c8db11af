//! What a test does wrong with replies, gates, faults, and sweeps is reported with its line.

use std::panic;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use llmock::control::Fault;
use llmock::reply::{Reply, request};
use llmock::{LlmMock, MockSession, llm_replay};
use llmock_testkit::client::{chat, prompt};
use llmock_testkit::process::alone;

/// The report of a test that fails, with the file and the line at which it does.
fn failure(test: fn()) -> (String, String) {
    let place = Arc::new(Mutex::new(String::new()));
    let seen = Arc::clone(&place);
    let hook = panic::take_hook();
    panic::set_hook(Box::new(move |info| {
        let at = info.location().map(|at| format!("{}:{}", at.file(), at.line()));
        *seen.lock().unwrap() = at.unwrap_or_default();
    }));
    let panicked = panic::catch_unwind(test).expect_err("the test fails");
    panic::set_hook(hook);
    let report = panicked.downcast_ref::<String>().expect("a report").clone();
    let place = place.lock().unwrap().clone();
    (report, place)
}

fn here(line: u32) -> String {
    format!("{}:{line}", file!())
}

fn ask_current() {
    let mock = llmock::current();
    mock.reply(Reply::text("Hi"));
    let url = std::env::var("OPENAI_BASE_URL").unwrap() + "/chat/completions";
    let json = llmock_testkit::client::JSON;
    llmock_testkit::client::send("POST", &url, &json, prompt("a").as_bytes()).rest();
}

const REPLIES: u32 = line!() + 1;
#[llm_replay(scripted = true)]
fn without_replies() {}

const FAULT: u32 = line!() + 1;
#[llm_replay(scripted = true, fault(malformed_event = 99))]
fn fault_behind_the_end() {
    ask_current();
}

const UNLISTED: u32 = line!() + 1;
#[llm_replay(scripted = true, sweep = "errors")]
fn not_a_test_of_the_binary() {
    ask_current();
}

#[test]
fn a_mistake_in_an_attribute_has_its_line() {
    alone(&[], |_| {
        let cases: [(fn(), u32, &str); 3] = [
            (without_replies, REPLIES, "`scripted = true`, but the test set no reply"),
            (fault_behind_the_end, FAULT, "did not happen: the response has 1 event"),
            (not_a_test_of_the_binary, UNLISTED, "not_a_test_of_the_binary"),
        ];
        for (test, line, told) in cases {
            let (report, place) = failure(test);
            assert!(report.contains(told), "{report}");
            assert_eq!(place, here(line), "{report}");
        }
    });
}

fn scripted() -> MockSession {
    LlmMock::builder().scripted(true).start().unwrap()
}

#[test]
fn a_mistake_with_the_handle_has_its_line() {
    type Mistake = fn(&LlmMock) -> [u32; 2];
    let cases: [(Mistake, &str); 4] = [
        (
            |mock| {
                mock.reply(Reply::text("Hi"));
                mock.fault(Fault::malformed_event(99));
                [line!() - 1; 2]
            },
            "did not happen",
        ),
        (
            |mock| {
                mock.when(request().model("*")).reply(Reply::text("one"));
                mock.when(request().last_user("x")).reply(Reply::text("two"));
                [line!() - 2, line!() - 1]
            },
            "a request matches two rules of this test",
        ),
        (
            |mock| {
                mock.reply(Reply::text("Hi").namespace("n").tool_call("t", "{}").namespace("n"));
                [line!() - 1; 2]
            },
            "has nothing for `.namespace(..)`",
        ),
        (
            |mock| {
                mock.reply([Reply::text("one"), Reply::text("two")]);
                [line!() - 1; 2]
            },
            "1 reply of this test was not requested",
        ),
    ];
    alone(&[], |_| {
        for (mistake, told) in cases {
            let mock = scripted();
            let lines = mistake(&mock);
            chat(&mock, &prompt("x")).rest();
            let report = mock.finish().unwrap_err().to_string();
            assert!(report.contains(told), "{report}");
            for line in lines {
                assert!(report.contains(&here(line)), "{line}: {report}");
            }
        }
    });
}

/// A gate opens after half a minute, which `.ci/run control` waits for.
#[test]
#[ignore = "waits half a minute for a gate; `.ci/run control` runs it"]
fn a_gate_that_is_never_released_has_its_line() {
    let mock = scripted();
    mock.reply(Reply::text("Hi"));
    let gate = mock.hold_stream().start();
    let line = line!() - 1;
    let body = prompt("x").replacen('{', "{\"stream\":true,", 1);
    let begun = std::time::Instant::now();
    assert!(chat(&mock, &body).text().contains("[DONE]"));
    assert!(begun.elapsed() > Duration::from_secs(29));
    let report = mock.finish().unwrap_err().to_string();
    assert!(report.contains("and was not released"), "{report}");
    assert!(report.contains(&here(line)), "{report}");
    drop(gate);
}
