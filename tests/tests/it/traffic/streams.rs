//! Pace and chunks.

use std::time::{Duration, Instant};

use llmock::control::{Chunks, Pace, StreamControl};
use llmock::{LlmMock, MockSession};
use llmock_testkit::client::End;
use llmock_testkit::process::alone;
use llmock_testkit::upstream::Response;

use super::{EVENTS, ask, recorded};

/// The chunks of the recorded stream under this control.
fn chunks(mock: &LlmMock, control: StreamControl) -> Vec<Vec<u8>> {
    mock.stream(control);
    let (chunks, end) = ask(mock).rest();
    assert_eq!(end, End::Complete);
    assert_eq!(chunks.concat(), EVENTS.concat().as_bytes());
    chunks
}

fn only(chunks: Chunks) -> StreamControl {
    StreamControl::new().chunks(chunks)
}

#[test]
fn the_handle_decides_about_chunks() {
    alone(&[], |_| {
        let whole = EVENTS.concat();
        let (first, rest) = whole.as_bytes().split_at(30);
        let (_folder, builder) = recorded([Response::sse([first, rest])]);
        let mock = builder.ignore_unused().start().unwrap();
        assert_eq!(chunks(&mock, StreamControl::new()), [first, rest]);
        assert_eq!(chunks(&mock, only(Chunks::Event)), EVENTS.map(str::as_bytes));
        assert_eq!(chunks(&mock, only(Chunks::Whole)), [whole.as_bytes()]);
        let lengths = chunks(&mock, only(Chunks::Lengths(vec![1, 5, 2])));
        let lengths: Vec<usize> = lengths.iter().map(Vec::len).collect();
        assert_eq!(lengths[..6], [1, 5, 2, 1, 5, 2]);
        assert_eq!(chunks(&mock, only(Chunks::Recorded)), [first, rest]);
        mock.finish().unwrap();
    });
}

#[test]
fn adversarial_chunks_follow_their_seed() {
    alone(&[], |_| {
        let (_folder, builder) = recorded([Response::sse(EVENTS)]);
        let mock = builder.start().unwrap();
        let of = |seed| chunks(&mock, only(Chunks::Adversarial).seed(seed));
        let first = of(1);
        assert_eq!(first, of(1));
        assert_ne!(first, of(2));
        assert!(first.iter().any(|chunk| std::str::from_utf8(chunk).is_err()), "{first:?}");
        assert!(first.iter().any(|chunk| chunk.ends_with(b"\r")), "{first:?}");
        mock.finish().unwrap();
    });
}

#[test]
fn the_report_names_the_seed_of_adversarial_chunks() {
    alone(&[], |_| {
        let (_folder, builder) = recorded([Response::sse(EVENTS)]);
        let report = |mock: MockSession| {
            llmock_testkit::client::chat(&mock, "{}").rest();
            mock.finish().unwrap_err().to_string()
        };
        let seeded = builder.clone().stream(only(Chunks::Adversarial).seed(77));
        let text = report(seeded.start().unwrap());
        assert!(text.contains("`stream(chunks = \"adversarial\", seed = 77)`"), "{text}");
        let text = report(builder.clone().stream(only(Chunks::Adversarial)).start().unwrap());
        assert!(text.contains("`stream(chunks = \"adversarial\", seed = "), "{text}");
        let text = report(builder.start().unwrap());
        assert!(!text.contains("seed = "), "{text}");
    });
}

#[test]
fn recorded_pace_keeps_the_times_of_the_recording() {
    alone(&[], |_| {
        // The recording has a pause; that it lasts at least so long is no matter of how busy the machine is.
        let pause = Duration::from_millis(120);
        let stream = Response::sse([EVENTS[0]]).pause(pause).chunks(EVENTS[1..].iter().copied());
        let whole = Response::json("{\"n\"").pause(pause).then(":1}");
        let (_folder, builder) = recorded([stream, whole]);
        for (control, least) in [
            (StreamControl::new().pace(Pace::Recorded), pause),
            (StreamControl::new().pace(Pace::Times(2.0)), pause / 2),
            (StreamControl::new().pace(Pace::Times(0.5)), 2 * pause),
        ] {
            let mock = builder.clone().stream(control).start().unwrap();
            for _ in 0..2 {
                let begun = Instant::now();
                ask(&mock).rest();
                // Recorded times are rounded to milliseconds.
                assert!(begun.elapsed() + Duration::from_millis(5) >= least);
            }
            mock.finish().unwrap();
        }
    });
}
