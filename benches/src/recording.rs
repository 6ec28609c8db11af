//! What recording adds until a client sees the first byte.

use std::time::Duration;

use llmock::{LlmMock, Mode, Provider};

use crate::client::Post;
use crate::race::{race, timed};
use crate::rivals::Answer;
use crate::{Effort, fixtures, rivals, table};

/// The upstream sends the first event at once and the others later, so that whoever waits for all of
/// them is found out.
pub fn figures(effort: Effort) {
    let mut answer = Answer::events(fixtures::events());
    answer.pause = Duration::from_millis(5);
    let upstream = rivals::hyper(answer);
    let request = fixtures::streaming_request();
    let first_byte = |base: &str| Post::new(base, "/chat/completions", &request).first_byte();
    beside(effort, 600, "time to the first byte of a stream", &upstream, first_byte);
}

/// Compares the time that something takes at the base URL of a session that records, a new one each time, with the time
/// that it takes at the upstream. Returns how much more the median is.
pub fn beside(
    effort: Effort,
    rounds: usize,
    title: &str,
    upstream: &str,
    took: impl Fn(&str) -> Duration,
) -> Option<Duration> {
    let folder = tempfile::tempdir().expect("a temporary directory");
    let mut sessions = 0;
    let mut open = || {
        sessions += 1;
        LlmMock::builder()
            .fixture(folder.path().join(format!("recorded-{sessions}")))
            .mode(Mode::Record)
            .upstream(Provider::OpenAI, upstream)
            .start()
    };
    if let Err(error) = open().map(llmock::MockSession::fail) {
        table::skipped(&format!("{title} while recording: {error}"));
        return None;
    }
    let through = || {
        let mock = open().expect("as the first");
        let took = took(&mock.base_url(Provider::OpenAI));
        // Not `finish`, which would say what it wrote; the recording is waited for either way.
        assert!(mock.fail().is_none(), "the upstream answers");
        took
    };
    let contenders =
        vec![timed("recording through llmock", through), timed("direct", || took(upstream))];
    let times = race(effort.plan(rounds, Duration::from_secs(15)), contenders);
    table::compare(title, &times);
    let [own, direct] = [&times[0], &times[1]].map(|times| times.percentile(0.5));
    Some(own.saturating_sub(direct))
}
