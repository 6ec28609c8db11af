//! `llmock serve`: its memory does not grow with the number of requests, however much they differ.

use std::fs;
use std::io::{BufReader, Read as _, Write as _};
use std::net::TcpStream;
use std::thread;
use std::time::Duration;

use crate::server::{Server, Workdir, chat};
use llmock_testkit::client::Request;

/// How many requests are sent. `LLMOCK_TEST_REQUESTS` sets another number, as `.ci/run` does.
const REQUESTS: usize = 20_000;

/// The most memory that the server may ever have used, in MiB.
const MOST: u64 = 40;

/// The most of it that may be beside the pages of its program file, of which a debug build has 35 MiB.
const MOST_OF_ITS_OWN: u64 = 20;

/// How many requests are on their way at a time, on each of two connections.
const BATCH: usize = 64;

/// The most memory that a process has used so far, in MiB.
struct Peak {
    all: u64,
    /// Without the pages of its program file.
    own: u64,
}

impl Peak {
    fn of(server: &Server) -> Self {
        let status = fs::read_to_string(format!("/proc/{}/status", server.id())).unwrap();
        let kib = |name: &str| -> u64 {
            let line = status.lines().find(|line| line.starts_with(name)).unwrap();
            line.split_whitespace().nth(1).unwrap().parse().unwrap()
        };
        let (all, file) = (kib("VmHWM:"), kib("RssFile:"));
        Self { all: all / 1024, own: all.saturating_sub(file) / 1024 }
    }
}

/// What becomes of a request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    /// The rules of the server make it equal to a recorded one.
    Recorded,
    /// No recording has its body.
    Unrecorded,
    /// No recording has its path.
    Elsewhere,
}

impl Kind {
    /// Explaining why a body is not recorded takes a hundred times as long as everything else.
    fn of(number: usize) -> Self {
        match number % 64 {
            0 => Self::Unrecorded,
            rest if rest.is_multiple_of(3) => Self::Elsewhere,
            _ => Self::Recorded,
        }
    }
}

/// A request that differs from every other one in its query or its path, in headers, session, and signed links.
fn request(number: usize) -> String {
    let (model, path) = match Kind::of(number) {
        Kind::Recorded => ("m".to_owned(), "/v1/chat/completions".to_owned()),
        Kind::Unrecorded => (format!("m{number}"), "/v1/chat/completions".to_owned()),
        Kind::Elsewhere => {
            (format!("m{number}"), format!("/p{number}/v1/threads/{number}?after={number}"))
        }
    };
    let link = format!("https://b{number}.example.com/f?se=1&sig=abcdefghijklmnopqrst{number:012}");
    let other = format!("https://h.example.com/f?x-amz-signature=0123456789abcdef{number:012}");
    let body = format!(
        r#"{{"model":"{model}","messages":[{{"role":"user","content":"recorded"}}],"user":"{link} {other}"}}"#
    );
    format!(
        "POST {path} HTTP/1.1\r\nhost: h{number}.localhost\r\nauthorization: Bearer sk-{number}\r\n\
         x-llmock-session: s{number}\r\nx-a{number}: {number}\r\ncontent-type: application/json\r\n\
         content-length: {}\r\n\r\n{body}",
        body.len()
    )
}

/// Sends the requests with these numbers, in batches, and returns how many were answered from a recording.
fn send_all(address: &str, numbers: impl Iterator<Item = usize>) -> usize {
    let mut socket = TcpStream::connect(address).unwrap();
    socket.set_read_timeout(Some(Duration::from_secs(60))).unwrap();
    let mut reader = BufReader::new(socket.try_clone().unwrap());
    let numbers: Vec<usize> = numbers.collect();
    let mut hits = 0;
    for batch in numbers.chunks(BATCH) {
        let text: String = batch.iter().copied().map(request).collect();
        socket.write_all(text.as_bytes()).unwrap();
        for number in batch {
            let status = response(&mut reader);
            let expected = if Kind::of(*number) == Kind::Recorded { 200 } else { 418 };
            assert_eq!(status, expected, "{}", request(*number));
            hits += usize::from(status == 200);
        }
    }
    hits
}

fn response(reader: &mut impl std::io::BufRead) -> u16 {
    let mut line = String::new();
    reader.read_line(&mut line).unwrap();
    let status = line.split(' ').nth(1).unwrap_or_else(|| panic!("{line:?}")).parse().unwrap();
    let mut length = 0;
    loop {
        line.clear();
        reader.read_line(&mut line).unwrap();
        let Some((name, value)) = line.split_once(':') else { break };
        if name.eq_ignore_ascii_case("content-length") {
            length = value.trim().parse().unwrap();
        }
    }
    std::io::copy(&mut reader.by_ref().take(length), &mut std::io::sink()).unwrap();
    status
}

#[test]
#[cfg_attr(not(target_os = "linux"), ignore = "it reads /proc")]
fn distinct_requests_do_not_fill_the_memory() {
    let workdir = Workdir::new();
    // Several responses: the server keeps the position of each session.
    workdir.fixture("f/a.json", &[("recorded", "one"), ("recorded", "two"), ("other", "three")]);
    let server = workdir.serve(&["--fixtures", "f", "--set", "matching.ignore=$.user"], &[]);
    let count = std::env::var("LLMOCK_TEST_REQUESTS").ok().and_then(|text| text.parse().ok());
    let count = count.unwrap_or(REQUESTS);
    let address = server.origin.trim_start_matches("http://").to_owned();
    let halves = [0, 1].map(|half| {
        let address = address.clone();
        thread::spawn(move || send_all(&address, (half..count).step_by(2)))
    });
    let hits: usize = halves.into_iter().map(|half| half.join().unwrap()).sum();
    assert_eq!(hits, (0..count).filter(|number| Kind::of(*number) == Kind::Recorded).count());
    let Peak { all, own } = Peak::of(&server);
    println!(
        "after {count} requests the server has used {all} MiB, {own} MiB beside its program file"
    );
    assert!(own < MOST_OF_ITS_OWN, "{own} MiB");
    assert!(all < MOST || cfg!(debug_assertions), "{all} MiB");
}

#[test]
#[cfg_attr(not(target_os = "linux"), ignore = "it reads /proc")]
fn long_names_do_not_fill_the_history() {
    let server = Workdir::new().serve(&[], &[]);
    let long = "m".repeat(4 << 20);
    let body = format!(r#"{{"model":"{long}","messages":[{{"role":"user","content":"Hi"}}]}}"#);
    let once = Request::post("/v1/chat/completions", body);
    assert_eq!(server.send(&once).status, 200);
    let before = Peak::of(&server).own;
    for _ in 0..40 {
        server.send(&once);
    }
    let after = Peak::of(&server).own;
    assert!(after < before + 60, "{before} MiB after one request, {after} MiB after 41");
    assert_eq!(server.send(&chat("Hi")).status, 200);
}
