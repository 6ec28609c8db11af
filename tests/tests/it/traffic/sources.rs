//! Every fault on responses of every source.

use llmock::control::{Chunks, Fault, StreamControl};
use llmock::reply::Reply;
use llmock::wiremock::matchers::any;
use llmock::wiremock::{Mock, ResponseTemplate};
use llmock::{LlmMock, MockSession, Mode, Provider};
use llmock_testkit::client::{End, JSON, prompt, start};
use llmock_testkit::process::alone;
use llmock_testkit::recorded::place;
use llmock_testkit::upstream::{Response, Upstream, replay};

use super::{EVENTS, TEST, record, try_ask};

const JSON_BODY: &str = "{\"n\":1}";

/// Where a response comes from.
const SOURCES: [&str; 6] =
    ["streamed fixture", "fixture", "streamed mock", "mock", "streamed upstream", "upstream"];

fn is_streamed(source: &str) -> bool {
    source.starts_with("streamed")
}

/// What a client sees of a response: nothing, or its status, its type, its body, and its end.
type Seen = Option<(u16, String, String, End)>;

fn seen(mock: &LlmMock) -> Seen {
    let response = try_ask(mock)?;
    let content_type = response.header("content-type").unwrap_or_default().to_owned();
    let response = response.collect();
    Some((response.status, content_type, response.text(), response.end))
}

/// A session with a response from this source, and what keeps it alive.
fn session(source: &str) -> (MockSession, Box<dyn std::any::Any>) {
    let (folder, fixture) = place();
    let response = || {
        if is_streamed(source) { Response::sse(EVENTS) } else { Response::json(JSON_BODY) }
    };
    if source.ends_with("upstream") {
        let upstream = Upstream::start([response(), response(), response()]);
        let mock = upstream.session(Mode::Record, &fixture, TEST).start().unwrap();
        return (mock, Box::new((folder, upstream)));
    }
    record(&fixture, [response()]);
    let mock = replay(&fixture, TEST).ignore_unused().start().unwrap();
    if source.ends_with("mock") {
        let (body, content_type) = if is_streamed(source) {
            (EVENTS.concat(), "text/event-stream")
        } else {
            (JSON_BODY.to_owned(), "application/json")
        };
        let response = ResponseTemplate::new(200).set_body_raw(body, content_type);
        let mounted = Mock::given(any()).respond_with(response).mount(mock.wiremock());
        tokio::runtime::Builder::new_current_thread().build().unwrap().block_on(mounted);
    }
    (mock, Box::new(folder))
}

/// What a client sees of this source without a fault.
fn plain(source: &str) -> Seen {
    expected(source, "none")
}

/// What a client sees of this source under a fault.
fn expected(source: &str, fault: &str) -> Seen {
    let (body, content_type) = if is_streamed(source) {
        (EVENTS.concat(), "text/event-stream")
    } else {
        (JSON_BODY.to_owned(), "application/json")
    };
    let seen = |text: &str, end| Some((200, content_type.to_owned(), text.to_owned(), end));
    let first = if is_streamed(source) { EVENTS[0] } else { JSON_BODY };
    match fault {
        "refused" => None,
        "content type" => Some((200, "text/html".to_owned(), body, End::Complete)),
        "empty body" => seen("", End::Complete),
        "malformed event" => {
            let broken = first.replace('{', "!");
            seen(&body.replacen(first, &broken, 1), End::Complete)
        }
        "cut after event" if is_streamed(source) => seen(first, End::Truncated),
        "cut after byte" | "reset" => seen(&body[..3], End::Truncated),
        // A body in one piece is one event, after which it is complete.
        _ => seen(&body, End::Complete),
    }
}

#[test]
fn every_fault_works_on_every_source() {
    alone(&[], |_| {
        let mut table = Vec::new();
        for source in SOURCES {
            for (name, fault) in [
                ("refused", Fault::refused()),
                ("content type", Fault::content_type("text/html")),
                ("empty body", Fault::empty_body()),
                ("malformed event", Fault::malformed_event(1)),
                ("cut after event", Fault::cut_after_event(1)),
                ("cut after byte", Fault::cut_after_byte(3)),
                ("reset", Fault::cut_after_byte(3).reset()),
                ("slow", Fault::slow(std::time::Duration::from_millis(1))),
            ] {
                let (mock, _kept) = session(source);
                mock.fault(fault);
                let got = seen(&mock);
                let mut expected = expected(source, name);
                if let ("reset", Some(expected), Some(got)) = (name, &mut expected, &got) {
                    // A client may lose what it has not read yet.
                    assert!(expected.2.starts_with(&got.2), "{got:?}");
                    expected.2.clone_from(&got.2);
                }
                table.push((source, name, got == expected, got));
                // The next request gets the response of the source.
                let whole = seen(&mock);
                table.push((source, "none", whole == plain(source), whole));
                mock.fail();
            }
            let (mock, _kept) = session(source);
            mock.fault(Fault::status(529));
            let status = seen(&mock).map(|seen| seen.0);
            table.push((source, "status", status == Some(529), None));
            mock.fail();
        }
        let wrong: Vec<_> = table.iter().filter(|row| !row.2).collect();
        assert!(wrong.is_empty(), "{wrong:#?}");
        assert_eq!(table.len(), SOURCES.len() * 17);
    });
}

#[test]
fn streams_of_every_source_are_cut_into_chunks() {
    alone(&[], |_| {
        for source in SOURCES.into_iter().filter(|source| is_streamed(source)) {
            let (mock, _kept) = session(source);
            mock.stream(StreamControl::new().chunks(Chunks::Lengths(vec![7])));
            let (chunks, end) = try_ask(&mock).unwrap().rest();
            assert_eq!(end, End::Complete, "{source}");
            assert_eq!(chunks.concat(), EVENTS.concat().as_bytes(), "{source}");
            let (last, others) = chunks.split_last().unwrap();
            assert!(others.iter().all(|chunk| chunk.len() == 7) && last.len() <= 7, "{source}");
            mock.fail();
        }
    });
}

#[test]
fn gates_hold_streams_of_every_source() {
    alone(&[], |_| {
        for source in SOURCES.into_iter().filter(|source| is_streamed(source)) {
            let (mock, _kept) = session(source);
            let gate = mock.hold_stream().at_event(2).start();
            let response = try_ask(&mock).unwrap();
            gate.reached_blocking();
            gate.release_all();
            assert_eq!(response.bytes(), EVENTS.concat().as_bytes(), "{source}");
            mock.settled_blocking();
            mock.fail();
        }
    });
}

/// What a client sees of a reply to the prompt `x`, streamed or not.
fn seen_reply(mock: &LlmMock, streams: bool) -> Seen {
    let url = format!("{}/chat/completions", mock.base_url(Provider::OpenAI));
    let body = prompt("x").replacen('{', &format!("{{\"stream\":{streams},"), 1);
    let response = start("POST", &url, &JSON, body.as_bytes())?;
    let content_type = response.header("content-type").unwrap_or_default().to_owned();
    let response = response.collect();
    Some((response.status, content_type, response.text(), response.end))
}

#[test]
fn every_fault_works_on_replies() {
    alone(&[], |_| {
        for streams in [false, true] {
            let replied = || {
                let mock = LlmMock::builder().scripted(true).start().unwrap();
                mock.reply([Reply::text("good morning"), Reply::text("good evening")]);
                mock
            };
            let mock = replied();
            let whole = seen_reply(&mock, streams).unwrap();
            mock.fail();
            let faulty = |fault: Fault| {
                let mock = replied();
                mock.fault(fault);
                let seen = seen_reply(&mock, streams);
                // The request is repeated, and gets the reply that the fault has changed.
                assert_eq!(seen_reply(&mock, streams).unwrap(), whole);
                assert!(seen_reply(&mock, streams).unwrap().2.contains("evening"));
                mock.finish().unwrap();
                seen
            };
            assert_eq!(faulty(Fault::refused()), None);
            assert_eq!(faulty(Fault::status(503)).unwrap().0, 503);
            assert_eq!(faulty(Fault::content_type("text/html")).unwrap().1, "text/html");
            assert_eq!(faulty(Fault::empty_body()).unwrap().2, "");
            let malformed = faulty(Fault::malformed_event(1)).unwrap().2;
            assert!(malformed != whole.2 && malformed.len() == whole.2.len(), "{malformed}");
            for fault in [Fault::cut_after_byte(3), Fault::cut_after_byte(3).reset()] {
                let (_, _, text, end) = faulty(fault).unwrap();
                // After a reset, a client may lose what it has not read yet.
                assert!(whole.2[..3].starts_with(&text), "{text}");
                assert_eq!(end, End::Truncated);
            }
            let (_, _, text, end) = faulty(Fault::cut_after_event(1)).unwrap();
            if streams {
                assert!(whole.2.starts_with(&text) && text.ends_with("\n\n"), "{text}");
                assert_eq!(end, End::Truncated);
            }
        }
    });
}
