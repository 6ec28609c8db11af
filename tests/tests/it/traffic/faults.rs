//! Faults: which responses they change, and what a repeated request gets.

use std::time::{Duration, Instant};

use llmock::control::Fault;
use llmock::{LlmMock, RespondedBy};
use llmock_testkit::client::{End, chat, prompt};
use llmock_testkit::process::alone;
use llmock_testkit::upstream::Response;

use super::{EVENTS, ask, recorded, try_ask};

#[test]
fn an_error_replaces_a_response_so_often() {
    alone(&[], |_| {
        let (_folder, builder) = recorded([Response::json("{\"n\":1}")]);
        let mock = builder.strict_order().fail_on_unused().calls(1).start().unwrap();
        mock.fault(Fault::status(429).retry_after(1).times(2));
        for _ in 0..2 {
            let response = ask(&mock);
            assert_eq!((response.status, response.header("retry-after")), (429, Some("1")));
            let text = response.text();
            assert!(text.contains("\"code\":\"rate_limit_exceeded\""), "{text}");
            assert!(text.contains("a fault of this test"), "{text}");
        }
        assert_eq!(ask(&mock).text(), "{\"n\":1}");
        let by: Vec<_> = mock.requests().iter().map(llmock::SentRequest::responded_by).collect();
        assert_eq!(by, [RespondedBy::Fault, RespondedBy::Fault, RespondedBy::Fixture]);
        mock.finish().unwrap();
    });
}

#[test]
fn a_repeated_request_gets_the_response_that_a_fault_has_changed() {
    alone(&[], |_| {
        let second = Response::json("{\"n\":2}");
        let (_folder, builder) = recorded([Response::sse(EVENTS), second]);
        for fault in [
            Fault::cut_after_event(2),
            Fault::cut_after_byte(7).reset(),
            Fault::malformed_event(1),
            Fault::empty_body(),
            Fault::content_type("text/html"),
        ] {
            let mock = builder.clone().fail_on_unused().calls(2).start().unwrap();
            mock.fault(fault);
            ask(&mock).rest();
            assert_eq!(ask(&mock).bytes(), EVENTS.concat().as_bytes());
            assert_eq!(ask(&mock).text(), "{\"n\":2}");
            mock.finish().unwrap();
        }
    });
}

#[test]
fn a_fault_chooses_its_request() {
    alone(&[], |_| {
        let (_folder, builder) = recorded([Response::json("{\"n\":1}")]);
        let statuses = |fault: Fault| {
            let mock = builder.clone().start().unwrap();
            mock.fault(fault);
            let status = |mock: &LlmMock| {
                let response = ask(mock);
                let status = response.status;
                response.rest();
                status
            };
            let statuses = [status(&mock), status(&mock), status(&mock)];
            (statuses, mock.finish().map_err(|error| error.to_string()))
        };
        for (fault, expected) in [
            (Fault::status(503).request(2), [200, 503, 200]),
            (Fault::status(503).always(), [503, 503, 503]),
            (Fault::status(503).model("m").times(2), [503, 503, 200]),
            (
                Fault::status(503).path("*/completions").provider(llmock::Provider::OpenAI),
                [503, 200, 200],
            ),
            (Fault::status(503).probability(1.0, 7), [503, 503, 503]),
            (Fault::status(503).probability(0.0, 7), [200, 200, 200]),
        ] {
            assert_eq!(statuses(fault.clone()), (expected, Ok(())), "{fault:?}");
        }
        for fault in [Fault::status(503).model("gpt-*"), Fault::status(503).request(4)] {
            let (statuses, finished) = statuses(fault);
            assert_eq!(statuses, [200, 200, 200]);
            let text = finished.unwrap_err();
            assert!(text.contains("no request met `fault(status = 503, "), "{text}");
            assert!(text.contains("it/traffic/faults.rs:"), "{text}");
        }
    });
}

#[test]
fn a_fault_behind_the_end_fails_the_test() {
    alone(&[], |_| {
        let (_folder, builder) = recorded([Response::sse(EVENTS)]);
        for fault in [Fault::cut_after_event(6), Fault::malformed_event(6)] {
            let mock = builder.clone().start().unwrap();
            mock.fault(fault);
            assert_eq!(ask(&mock).bytes(), EVENTS.concat().as_bytes());
            let text = mock.finish().unwrap_err().to_string();
            assert!(text.contains("did not happen: the response has 5 events and "), "{text}");
        }
    });
}

#[test]
fn a_stalled_stream_ends_with_the_session() {
    alone(&[], |_| {
        let (_folder, builder) = recorded([Response::sse(EVENTS)]);
        let mock = builder.start().unwrap();
        mock.fault(Fault::stall_after_event(2));
        let mut response = ask(&mock);
        let two = [response.chunk().unwrap(), response.chunk().unwrap()].concat();
        assert_eq!(two, EVENTS[..2].concat().as_bytes());
        mock.finish().unwrap();
        assert_eq!(response.rest(), (Vec::new(), End::Truncated));
    });
}

#[test]
fn a_slow_response_is_late() {
    alone(&[], |_| {
        let (_folder, builder) = recorded([Response::json("{\"n\":1}")]);
        let mock = builder.start().unwrap();
        let late = Duration::from_millis(150);
        mock.fault(Fault::slow(late));
        let begun = Instant::now();
        assert_eq!(ask(&mock).text(), "{\"n\":1}");
        assert!(begun.elapsed() >= late);
        mock.finish().unwrap();
    });
}

#[test]
fn a_miss_has_no_fault() {
    alone(&[], |_| {
        let (_folder, builder) = recorded([Response::json("{\"n\":1}")]);
        let mock = builder.start().unwrap();
        mock.fault(Fault::cut_after_byte(1).always());
        let response = chat(&mock, &prompt("y"));
        assert_eq!(response.status, 418);
        assert!(response.text().contains("llmock"));
        assert!(try_ask(&mock).unwrap().collect().is_truncated());
        mock.fail();
    });
}
