//! Describing a miss with a large body: it is bounded, happens once, and stops no other request.

use std::time::{Duration, Instant};

use llmock::Provider;
use llmock_testkit::client::{chat, prompt, start};
use llmock_testkit::process::alone;
use llmock_testkit::recorded::place;
use llmock_testkit::upstream::{Response, Upstream, replay};

use super::TEST;

/// A prompt with an image, in which four characters are other ones.
fn image(megabytes: usize, marked: &str) -> String {
    let mut state = 1_u32;
    let mut letters = String::with_capacity(megabytes << 20);
    while letters.len() < megabytes << 20 {
        state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        let letter = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"
            [(state >> 26) as usize];
        letters.push(char::from(letter));
    }
    let middle = letters.len() / 2;
    letters.replace_range(middle..middle + marked.len(), marked);
    format!(
        r#"{{"model":"m","messages":[{{"role":"user","content":[{{"type":"image_url","image_url":{{"url":"data:image/png;base64,{letters}"}}}}]}}]}}"#
    )
}

#[test]
fn describing_a_large_miss_stops_no_other_request() {
    alone(&[], |_| {
        let (_folder, fixture) = place();
        let upstream = Upstream::start([Response::json(r#"{"choices":[]}"#)]);
        let mock = upstream.record(&fixture, TEST).start().unwrap();
        chat(&mock, &image(3, "AAAA")).bytes();
        chat(&mock, &prompt("small")).bytes();
        mock.finish().unwrap();

        let mock = replay(&fixture, TEST).start().unwrap();
        let missing = image(3, "ZZZZ");
        let url = format!("{}/chat/completions", mock.base_url(Provider::OpenAI));
        let large = std::thread::spawn(move || {
            let reply =
                start("POST", &url, &[("content-type", "application/json")], missing.as_bytes());
            reply.map(|reply| (reply.status, reply.text()))
        });
        let mut longest = Duration::ZERO;
        while !large.is_finished() {
            let started = Instant::now();
            assert_eq!(chat(&mock, &prompt("small")).status, 200);
            longest = longest.max(started.elapsed());
        }
        let (status, text) = large.join().unwrap().expect("a response");
        assert_eq!(status, 418);
        assert!(text.contains("the report at the end of this test has the details"), "{text}");
        let report = mock.finish().unwrap_err().to_string();
        assert!(report.contains("$.messages[0].content[0].image_url.url"), "{report}");
        assert!(report.contains("the first byte that differs is byte 1,179,649"), "{report}");
        assert!(report.len() < 10_000, "{}", report.len());
        // Debug builds and busy machines included; comparing word by word took many seconds.
        assert!(longest < Duration::from_secs(3), "{longest:?}");
    });
}

#[test]
fn retries_of_a_miss_are_described_once() {
    alone(&[], |_| {
        let (_folder, fixture) = place();
        let upstream = Upstream::start([Response::json(r#"{"choices":[]}"#)]);
        let mock = upstream.record(&fixture, TEST).start().unwrap();
        chat(&mock, &prompt("one")).bytes();
        mock.finish().unwrap();
        let mock = replay(&fixture, TEST).start().unwrap();
        let texts = [(); 3].map(|()| chat(&mock, &prompt("two")).text());
        assert_eq!(texts[0], texts[2]);
        let report = mock.finish().unwrap_err().to_string();
        assert!(report.contains("1st, 2nd, and 3rd request of"), "{report}");
    });
}
