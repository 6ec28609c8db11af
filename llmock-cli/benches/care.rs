//! The commands that read much: `list` over 10,000 interactions, `show` of a stream of 2 MB, `import` of 100 MB, each beside
//! its bound and a control that only parses the same bytes, on all cores too: `serde_json`, and for YAML the reader that
//! `import` has. Both take turns, so that what disturbs one disturbs the other.
//!
//! `cargo bench -p llmock-cli --bench care` fails above a bound; as a test (`cargo test --bench care`) it runs once on
//! little data.

#![allow(clippy::print_stdout, reason = "the table is its result")]
#![allow(clippy::cast_precision_loss, reason = "bytes as megabytes")]

use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use granit_parser::Parser;
use serde_json::{Value, json};

/// How much there is to read, and how often.
struct Plan {
    rounds: usize,
    interactions: usize,
    stream: usize,
    import: usize,
}

const BENCH: Plan =
    Plan { rounds: 15, interactions: 10_000, stream: 2_000_000, import: 100_000_000 };
const TEST: Plan = Plan { rounds: 1, interactions: 100, stream: 20_000, import: 200_000 };

/// Interactions of a file.
const PER_FILE: usize = 20;

/// What a command may take.
#[derive(Clone, Copy)]
enum Bound {
    Time(Duration),
    /// Megabytes a second.
    Speed(f64),
}

fn main() {
    let plan = if std::env::args().any(|argument| argument == "--bench") { BENCH } else { TEST };
    let folder = tempfile::tempdir().expect("a folder");
    let root = folder.path();
    println!(
        "{:<34} {:>10} {:>10} {:>10} {:>6} {:>6}",
        "", "llmock", "at most", "control", "ratio", "MB/s"
    );
    let mut keeps = vec![list(root, &plan), show(root, &plan)];
    for (name, write) in [("VCR.py, YAML", vcr_yaml as fn(&Path, usize)), ("HAR, JSON", har)] {
        keeps.push(import(root, &plan, name, write));
    }
    assert!(plan.rounds == 1 || keeps.iter().all(|keeps| *keeps), "a bound is exceeded");
}

fn chat(number: usize, text: &str) -> Value {
    json!({
        "provider": "openai",
        "test": format!("api::module_{}::test_{number}", number / 7),
        "recorded_at": "2026-11-30T10:00:00Z",
        "request": { "method": "POST", "path": "/v1/chat/completions", "body": {
            "model": "gpt-4o-mini",
            "messages": [
                { "role": "system", "content": "You answer support tickets of a parcel service in one sentence." },
                { "role": "user", "content": format!("Ticket {number}: my parcel arrived damaged. What should I do?") },
            ],
            "temperature": 0.0,
        } },
        "response": { "status": 200, "headers": { "content-type": "application/json" }, "ms": 912, "body": {
            "id": format!("chatcmpl-{number}"),
            "object": "chat.completion",
            "created": 1_796_000_000,
            "model": "gpt-4o-mini-2024-07-18",
            "choices": [{ "index": 0, "message": { "role": "assistant", "content": text, "refusal": null }, "finish_reason": "stop" }],
            "usage": { "prompt_tokens": 38, "completion_tokens": 27, "total_tokens": 65 },
        } },
    })
}

fn list(root: &Path, plan: &Plan) -> bool {
    let folder = root.join("list");
    fs::create_dir(&folder).expect("a folder");
    let text = "Please send us a photo of the damage, and we will replace the parcel.";
    for file in 0..plan.interactions / PER_FILE {
        let interactions: Vec<Value> =
            (0..PER_FILE).map(|at| chat(file * PER_FILE + at, text)).collect();
        let fixture = json!({ "llmock": 1, "interactions": interactions }).to_string();
        fs::write(folder.join(format!("{file}.json")), fixture).expect("a file");
    }
    llmock(root, &["fmt", "list"]);
    let bound = Bound::Time(Duration::from_millis(200));
    race(plan, &format!("list of {} interactions", plan.interactions), bound, &folder, || {
        llmock(root, &["list", "list"]);
    })
}

fn show(root: &Path, plan: &Plan) -> bool {
    let folder = root.join("show");
    fs::create_dir(&folder).expect("a folder");
    let event = |at: usize| {
        json!({ "ms": at, "data": { "id": "c", "object": "chat.completion.chunk", "created": 1, "model": "m",
        "choices": [{ "index": 0, "delta": { "content": format!("word{at} ") }, "finish_reason": null }] } })
    };
    let one = event(0).to_string().len();
    let events: Vec<Value> = (0..plan.stream / one).map(event).collect();
    let mut interaction = chat(0, "");
    interaction["request"]["body"]["stream"] = true.into();
    interaction["response"] = json!({ "status": 200, "headers": { "content-type": "text/event-stream" }, "stream": { "framing": "sse", "events": events } });
    let fixture = json!({ "llmock": 1, "interactions": [interaction] }).to_string();
    fs::write(folder.join("stream.json"), fixture).expect("a file");
    // Shorter than what a person takes for a delay.
    let bound = Bound::Time(Duration::from_millis(100));
    race(plan, "show of a stream of 2 MB", bound, &folder, || {
        llmock(root, &["show", "show/stream.json"]);
    })
}

fn import(root: &Path, plan: &Plan, name: &str, write: fn(&Path, usize)) -> bool {
    let folder = root.join("cassettes");
    fs::create_dir_all(&folder).expect("a folder");
    for file in 0..20 {
        write(
            &folder.join(format!("{file}.{}", if name.contains("YAML") { "yaml" } else { "har" })),
            plan.import / 20,
        );
    }
    let keeps = race(plan, &format!("import of {name}"), Bound::Speed(100.0), &folder, || {
        llmock(root, &["import", "cassettes", "--out", "out", "--force"]);
    });
    fs::remove_dir_all(&folder).expect("removed");
    keeps
}

/// Pairs of a request and its response, as texts, of about `size` bytes.
fn exchanges(size: usize) -> Vec<(String, String)> {
    let text = "Please send us a photo of the damage, and we will replace the parcel. ".repeat(20);
    let pair = |at: usize| {
        let chat = chat(at, &text);
        (chat["request"]["body"].to_string(), chat["response"]["body"].to_string())
    };
    let one = pair(0);
    (0..size / (one.0.len() + one.1.len())).map(pair).collect()
}

fn vcr_yaml(path: &Path, size: usize) {
    let mut out = "interactions:\n".to_owned();
    for (request, response) in exchanges(size) {
        let _ = write!(
            out,
            "- request:\n    body: '{}'\n    headers:\n      Content-Type:\n      - application/json\n    method: POST\n    uri: https://api.openai.com/v1/chat/completions\n  \
             response:\n    body:\n      string: '{}'\n    headers:\n      Content-Type:\n      - application/json\n    status:\n      code: 200\n      message: OK\n",
            request.replace('\'', "''"),
            response.replace('\'', "''")
        );
    }
    out.push_str("version: 1\n");
    fs::write(path, out).expect("a file");
}

fn har(path: &Path, size: usize) {
    let entry = |(request, response): (String, String)| {
        json!({
            "startedDateTime": "2026-11-30T10:00:00Z", "time": 1,
            "request": { "method": "POST", "url": "https://api.openai.com/v1/chat/completions", "headers": [{ "name": "content-type", "value": "application/json" }],
                "postData": { "mimeType": "application/json", "text": request } },
            "response": { "status": 200, "headers": [{ "name": "content-type", "value": "application/json" }],
                "content": { "mimeType": "application/json", "text": response } },
        })
    };
    let entries: Vec<Value> = exchanges(size).into_iter().map(entry).collect();
    fs::write(path, json!({ "log": { "version": "1.2", "entries": entries } }).to_string())
        .expect("a file");
}

fn llmock(root: &Path, arguments: &[&str]) {
    let mut command = Command::new(env!("CARGO_BIN_EXE_llmock"));
    command.args(arguments).current_dir(root).stdout(Stdio::null());
    let status = command.status().expect("the command runs");
    assert!(status.success(), "{arguments:?}");
}

/// The control: reads and parses every file, and keeps nothing.
fn parse(folder: &Path) -> u64 {
    let entries = fs::read_dir(folder).expect("a folder");
    let paths: Vec<PathBuf> = entries.map(|entry| entry.expect("an entry").path()).collect();
    let cores = thread::available_parallelism().map_or(1, usize::from);
    thread::scope(|scope| {
        let parts = paths.chunks(paths.len().div_ceil(cores));
        let parts: Vec<_> = parts
            .map(|part| scope.spawn(move || part.iter().map(|path| parse_file(path)).sum::<u64>()))
            .collect();
        parts.into_iter().map(|part| part.join().expect("a sum")).sum::<u64>()
    })
}

fn parse_file(path: &Path) -> u64 {
    let text = fs::read_to_string(path).expect("a text");
    if path.extension().is_some_and(|extension| extension == "yaml") {
        for event in Parser::new_from_str(&text) {
            std::hint::black_box(event.expect("YAML"));
        }
    } else {
        let value: Value = serde_json::from_str(&text).expect("JSON");
        std::hint::black_box(value);
    }
    text.len() as u64
}

fn timed(run: impl FnOnce()) -> Duration {
    let start = Instant::now();
    run();
    start.elapsed()
}

/// Returns whether the command keeps its bound.
fn race(plan: &Plan, name: &str, bound: Bound, folder: &Path, command: impl Fn()) -> bool {
    let (mut own, mut control, mut bytes) = (Vec::new(), Vec::new(), 0);
    for round in 0..=plan.rounds {
        let (mut first, mut second) = (Duration::ZERO, Duration::ZERO);
        if round % 2 == 0 {
            first = timed(&command);
        }
        second += timed(|| bytes = parse(folder));
        if round % 2 == 1 {
            first = timed(&command);
        }
        // The first round fills caches.
        if round > 0 {
            own.push(first);
            control.push(second);
        }
    }
    let median = |times: &mut Vec<Duration>| {
        times.sort_unstable();
        times[times.len() / 2].as_secs_f64() * 1000.0
    };
    let (own, control) = (median(&mut own), median(&mut control));
    let most = match bound {
        Bound::Time(most) => most.as_secs_f64() * 1000.0,
        Bound::Speed(least) => bytes as f64 / 1e3 / least,
    };
    let speed = bytes as f64 / 1e3 / own;
    let ratio = own / control;
    println!("{name:<34} {own:>7.1} ms {most:>7.1} ms {control:>7.1} ms {ratio:>6.2} {speed:>6.1}");
    own <= most
}
