//! Many paced streams in the process of a test: how far from its recorded time each event comes, beside the same streams
//! without llmock and a thread that only sleeps.
//!
//! Streams begin one after the other within a second and have an event each 50 ms, so 20 events are due in each millisecond.
//! Timers of tokio have a granularity of one.

use std::fmt::Write as _;
use std::fs::{self, File};
use std::net::SocketAddr;
use std::path::Path;
use std::time::Duration;

use llmock::control::{Pace, StreamControl};
use llmock::{LlmMock, Provider};

use crate::load::paced::{self, Held, Plan};
use crate::load::{Ask, slow};
use crate::{Effort, table};

const STREAMS: usize = 1000;
const EVENTS: usize = 40;
const GAP: Duration = Duration::from_millis(50);
const ROUNDS: usize = 15;

/// How far from its time 99 of 100 events may come, in half of the rounds.
const BOUND: Duration = Duration::from_millis(5);

/// The percentiles of each round.
#[derive(Default)]
struct Rounds {
    middle: Vec<Duration>,
    last: Vec<Duration>,
}

impl Rounds {
    fn add(&mut self, sorted: &[Duration]) {
        self.middle.push(percentile(sorted, 50));
        self.last.push(percentile(sorted, 99));
    }

    fn show(&self, title: &str) {
        let ms = |times| median(times).as_secs_f64() * 1e3;
        let text = format!("p50 {:.2} ms, p99 {:.2} ms", ms(&self.middle), ms(&self.last));
        table::figure(title, &text);
    }
}

/// Holds the streams open to their end, in turns with and without llmock.
pub fn figures(effort: Effort) {
    let measures = effort == Effort::Measure;
    let (streams, rounds) = if measures { (STREAMS, ROUNDS) } else { (10, 1) };
    let ramp = Duration::from_secs(u64::from(measures));
    let plan = Plan { streams, ramp, first: GAP, gap: GAP };
    let folder = tempfile::tempdir().expect("a temporary directory");
    let path = folder.path().join("paced.json");
    fs::write(&path, fixture()).expect("a writable directory");
    let bare = slow::serve(EVENTS, GAP);
    make_room(&path, 2 * streams);
    let (mut own, mut control, mut machine) =
        (Rounds::default(), Rounds::default(), Rounds::default());
    for _ in 0..rounds {
        let held = replayed(&path, plan);
        own.add(&held.errors);
        machine.add(&held.machine);
        control.add(&hold(&asking(bare, "/v1/chat/completions"), plan).errors);
    }
    own.show(&format!("distance from the recorded time, {streams} streams"));
    control.show("the same streams of a server of tokio alone");
    machine.show("lateness of a thread that only sleeps");
    if measures {
        let late = median(&own.last);
        assert!(late < BOUND, "99 of 100 events have to come within {BOUND:?} of their time");
    }
}

/// Makes the process's table of files as large as it will be. While Linux makes it larger, all threads that open a file wait
/// some 20 ms, at 256, 512, and 1,024 files: the streams that begin then are late from their first event to their last,
/// llmock's as well as any other server's.
fn make_room(file: &Path, count: usize) {
    let open: Result<Vec<File>, _> = (0..count).map(|_| File::open(file)).collect();
    drop(open.expect("a limit of open files that the streams need too"));
}

fn asking(address: SocketAddr, path: &str) -> Ask {
    Ask::new(address, "hello", true, &["connection: close".to_owned()]).at(path)
}

fn hold(ask: &Ask, plan: Plan) -> Held {
    let held = paced::hold(ask, plan);
    assert_eq!(held.failed, 0, "streams broke");
    assert_eq!(held.errors.len(), plan.streams * EVENTS, "events are missing");
    held
}

fn replayed(fixture: &Path, plan: Plan) -> Held {
    let control = StreamControl::new().pace(Pace::Recorded);
    let mock = LlmMock::builder().fixture(fixture).stream(control).start().expect("a fixture");
    let base = mock.base_url(Provider::OpenAI);
    let rest = base.trim_start_matches("http://");
    let (host, base_path) = rest.split_once('/').expect("a path");
    let address = host.parse().expect("an address");
    let held = hold(&asking(address, &format!("/{base_path}/chat/completions")), plan);
    mock.finish().expect("every request is in the fixture");
    held
}

fn percentile(sorted: &[Duration], share: usize) -> Duration {
    let last = sorted.len().saturating_sub(1);
    sorted.get(last * share / 100).copied().unwrap_or_default()
}

fn median(times: &[Duration]) -> Duration {
    let mut times = times.to_vec();
    times.sort_unstable();
    percentile(&times, 50)
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
