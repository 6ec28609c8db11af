//! Gates: streams that wait for the test.

use llmock::MockSession;
use llmock_testkit::client::End;
use llmock_testkit::process::alone;
use llmock_testkit::upstream::Response;

use super::{EVENTS, ask, recorded};

/// A session whose fixture has the stream of [`EVENTS`].
fn streaming() -> (tempfile::TempDir, MockSession) {
    let (folder, builder) = recorded([Response::sse(EVENTS)]);
    (folder, builder.start().unwrap())
}

#[test]
fn a_gate_holds_a_stream_until_it_is_released() {
    alone(&[], |_| {
        let (_folder, mock) = streaming();
        let gate = mock.hold_stream().at_event(3).start();
        let mut response = ask(&mock);
        let three: Vec<_> = (0..3).filter_map(|_| response.chunk()).collect();
        assert_eq!(three.concat(), EVENTS[..3].concat().as_bytes());
        gate.reached_blocking();
        gate.release(1);
        assert_eq!(response.chunk().unwrap(), EVENTS[3].as_bytes());
        gate.reached_blocking();
        gate.release_all();
        let (rest, end) = response.rest();
        assert_eq!((rest.concat(), end), (EVENTS[4].as_bytes().to_vec(), End::Complete));
        mock.settled_blocking();
        mock.finish().unwrap();
    });
}

#[test]
fn a_gate_waits_in_async_tests_without_a_runtime_of_llmock() {
    alone(&[], |_| {
        let (_folder, mock) = streaming();
        let gate = mock.hold_stream().at_event(2).start();
        let url = format!("{}/chat/completions", mock.base_url(llmock::Provider::OpenAI));
        let body = llmock_testkit::client::prompt("x");
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        let text = runtime.block_on(async {
            let client = reqwest::Client::new();
            let request = client.post(url).header("content-type", "application/json").body(body);
            let program = tokio::spawn(async { request.send().await?.text().await });
            gate.reached().await;
            assert!(!program.is_finished());
            gate.release_all();
            let text = program.await.unwrap().unwrap();
            mock.settled().await;
            text
        });
        assert_eq!(text, EVENTS.concat());
        mock.finish().unwrap();
    });
}

#[test]
fn dropping_a_gate_releases_the_stream() {
    alone(&[], |_| {
        let (_folder, mock) = streaming();
        let gate = mock.hold_stream().start();
        let response = ask(&mock);
        gate.reached_blocking();
        drop(gate);
        assert_eq!(response.bytes(), EVENTS.concat().as_bytes());
        mock.finish().unwrap();
    });
}

#[test]
fn a_gate_sees_its_client_leave() {
    alone(&[], |_| {
        let (_folder, mock) = streaming();
        let gate = mock.hold_stream().at_event(2).start();
        let response = ask(&mock);
        gate.reached_blocking();
        drop(response);
        gate.client_disconnected_blocking();
        assert!(mock.exchanges()[0].disconnected_early());
        gate.release_all();
        mock.settled_blocking();
        mock.finish().unwrap();
    });
}

#[test]
fn a_gate_is_for_the_next_stream_or_for_all() {
    alone(&[], |_| {
        let (_folder, mock) = streaming();
        let next = mock.hold_stream().at_event(1).path("/v1/chat/*").model("m*").start();
        let (first, second) = (ask(&mock), ask(&mock));
        next.reached_blocking();
        assert_eq!(second.bytes(), EVENTS.concat().as_bytes());
        next.release_all();
        assert_eq!(first.bytes(), EVENTS.concat().as_bytes());

        let all = mock.hold_stream().at_event(1).all().start();
        let mut both = [ask(&mock), ask(&mock)];
        for response in &mut both {
            assert_eq!(response.chunk().unwrap(), EVENTS[0].as_bytes());
        }
        all.reached_blocking();
        drop(all);
        for response in both {
            assert_eq!(response.bytes(), EVENTS[1..].concat().as_bytes());
        }
        mock.finish().unwrap();
    });
}

#[test]
fn a_gate_that_holds_nothing_fails_the_test_at_its_line() {
    alone(&[], |_| {
        let (_folder, mock) = streaming();
        let line = line!() + 1;
        let late = mock.hold_stream().at_event(9).start();
        ask(&mock).rest();
        let text = mock.finish().unwrap_err().to_string();
        let place = format!("the gate at event 9 ({}:{line}:", file!());
        assert!(text.contains(&place), "{text}");
        assert!(text.contains("it ended after 5 events"), "{text}");
        drop(late);

        let (_folder, mock) = streaming();
        let other = mock.hold_stream().provider(llmock::Provider::Anthropic).start();
        ask(&mock).rest();
        let text = mock.finish().unwrap_err().to_string();
        assert!(text.contains("no stream reached the gate at event 0 ("), "{text}");
        drop(other);
    });
}

#[test]
fn waiting_for_a_gate_behind_the_end_panics() {
    alone(&[], |_| {
        let (_folder, mock) = streaming();
        let gate = mock.hold_stream().at_event(9).start();
        ask(&mock).rest();
        mock.settled_blocking();
        let waiting = std::panic::AssertUnwindSafe(|| gate.reached_blocking());
        let panic = std::panic::catch_unwind(waiting).unwrap_err();
        let text = panic.downcast_ref::<String>().unwrap();
        assert!(text.contains("the stream has ended after 5 events, awaited at "), "{text}");
    });
}
