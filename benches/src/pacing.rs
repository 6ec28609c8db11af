//! Many paced streams in the process of a test: how far from its recorded time each event comes, beside a thread that only
//! sleeps.

use std::fmt::Write as _;
use std::fs;
use std::time::Duration;

use llmock::control::{Pace, StreamControl};
use llmock::{LlmMock, Provider};

use crate::load::Ask;
use crate::load::paced::{self, Plan};
use crate::{Effort, table};

const STREAMS: usize = 1000;
const EVENTS: usize = 40;
const GAP: Duration = Duration::from_millis(50);

/// How much later than the machine alone 99 of 100 events may come.
const BOUND: Duration = Duration::from_millis(5);

/// Holds the streams open to their end.
pub fn figures(effort: Effort) {
    let streams = if effort == Effort::Measure { STREAMS } else { 10 };
    let folder = tempfile::tempdir().expect("a temporary directory");
    let path = folder.path().join("paced.json");
    fs::write(&path, fixture()).expect("a writable directory");
    let control = StreamControl::new().pace(Pace::Recorded);
    let mock = LlmMock::builder().fixture(&path).stream(control).start().expect("a fixture");
    let base = mock.base_url(Provider::OpenAI);
    let rest = base.trim_start_matches("http://");
    let (host, base_path) = rest.split_once('/').expect("a path");
    let address = host.parse().expect("an address");
    let ask = Ask::new(address, "hello", true, &["connection: close".to_owned()]);
    let ask = ask.at(&format!("/{base_path}/chat/completions"));
    let ramp = Duration::from_secs(u64::from(effort == Effort::Measure));
    let held = paced::hold(&ask, Plan { streams, ramp, first: GAP, gap: GAP });
    mock.finish().expect("every request is in the fixture");
    assert_eq!(held.failed, 0, "streams broke");
    let title = format!("distance from the recorded time, {streams} streams");
    table::figure(&title, &percentiles(&held.errors));
    table::figure("lateness of a thread that only sleeps", &percentiles(&held.machine));
    if effort == Effort::Measure {
        let own = percentile(&held.errors, 99).saturating_sub(percentile(&held.machine, 99));
        assert!(own < BOUND, "99 of 100 events have to come within {BOUND:?} of their time");
    }
}

fn percentile(sorted: &[Duration], share: usize) -> Duration {
    let last = sorted.len().saturating_sub(1);
    sorted.get(last * share / 100).copied().unwrap_or_default()
}

fn percentiles(sorted: &[Duration]) -> String {
    let at = |share| format!("{:.2} ms", percentile(sorted, share).as_secs_f64() * 1e3);
    format!("p50 {}, p99 {}", at(50), at(99))
}

/// A stream whose events came at even times.
fn fixture() -> String {
    let mut events = String::new();
    for at in 0..EVENTS {
        let comma = if at == 0 { "" } else { "," };
        let ms = GAP.as_millis() * (at as u128 + 1);
        let _ = write!(events, r#"{comma}{{"ms":{ms},"data":{{"n":{at}}}}}"#);
    }
    let request =
        r#"{"model":"gpt-4o","stream":true,"messages":[{"role":"user","content":"hello"}]}"#;
    format!(
        r#"{{"llmock":1,"interactions":[{{"provider":"openai","request":{{"method":"POST","path":"/v1/chat/completions","body":{request}}},"response":{{"status":200,"headers":{{"content-type":"text/event-stream"}},"stream":{{"framing":"sse","events":[{events}]}}}}}}]}}"#
    )
}
