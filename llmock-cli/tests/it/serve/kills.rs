//! `llmock serve --record` is killed at any moment, again and again.

use std::collections::BTreeSet;
use std::io::{Read as _, Write as _};
use std::net::TcpStream;
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use crate::server::{Workdir, chat};
use llmock_testkit::upstream::{Response, Upstream};

/// How often a server is killed. `LLMOCK_TEST_KILLS` sets another number, as `.ci/run` does.
const KILLS: usize = 10;

const CLIENTS: usize = 4;

/// A file with more interactions is begun again, so that the server has time for new ones.
const LONGEST: usize = 400;

fn prompts(workdir: &Workdir) -> BTreeSet<String> {
    let interactions = workdir.interactions("all/recorded.json");
    interactions.iter().filter_map(llmock::Interaction::prompt).collect()
}

/// Whether a client received a response completely. The server may be gone at any moment.
fn is_answered(origin: &str, text: &str) -> bool {
    let Ok(mut stream) = TcpStream::connect(origin.trim_start_matches("http://")) else {
        return false;
    };
    let body = chat(text).body;
    let head = "POST /v1/chat/completions HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\n\
                content-type: application/json\r\n";
    let head = format!("{head}content-length: {}\r\n\r\n", body.len());
    let mut received = Vec::new();
    let sent = stream.write_all(head.as_bytes()).and_then(|()| stream.write_all(&body));
    // A connection that breaks after the response makes it no less complete.
    let _ = sent.and_then(|()| stream.read_to_end(&mut received));
    let received = String::from_utf8_lossy(&received).to_ascii_lowercase();
    let Some((head, body)) = received.split_once("\r\n\r\n") else { return false };
    let length = head.lines().find_map(|line| line.strip_prefix("content-length: "));
    let is_complete = match length.and_then(|length| length.parse::<usize>().ok()) {
        Some(length) => body.len() == length,
        None => body.ends_with("0\r\n\r\n"),
    };
    is_complete && head.starts_with("http/1.1 200")
}

#[test]
fn killed_servers_lose_no_response_that_was_received() {
    let kills = std::env::var("LLMOCK_TEST_KILLS").ok().and_then(|kills| kills.parse().ok());
    let kills = kills.unwrap_or(KILLS);
    let upstream = Upstream::scripted(|at, request| match at % 3 {
        0 => Response::json(request.body.clone()),
        1 => Response::sse(["data: {\"a\":1}\n\n", "data: [DONE]\n\n"]),
        _ => Response::json("{\"text\":\"").then("x".repeat(3_000)).then("\"}"),
    });
    let workdir = Workdir::new();
    let base = upstream.openai_url();
    let (mut expected, mut total) = (BTreeSet::new(), 0);
    let mut random = 7_u64;
    for run in 0..=kills {
        random =
            random.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        let server =
            workdir.serve(&["--fixtures", "all", "--record"], &[("OPENAI_BASE_URL", &base)]);
        // It has picked up what the previous one left.
        let written = prompts(&workdir);
        let lost: Vec<_> = expected.difference(&written).collect();
        assert!(lost.is_empty(), "run {run}: {lost:?} are lost");
        if run == kills {
            break;
        }
        let (received, is_stopped) = (Mutex::new(BTreeSet::new()), AtomicBool::new(false));
        std::thread::scope(|scope| {
            for client in 0..CLIENTS {
                let (received, is_stopped, origin) = (&received, &is_stopped, &server.origin);
                scope.spawn(move || {
                    for number in 0.. {
                        let text = format!("{run} {client} {number}");
                        if is_stopped.load(Ordering::SeqCst) || !is_answered(origin, &text) {
                            return;
                        }
                        received.lock().unwrap().insert(text);
                    }
                });
            }
            std::thread::sleep(Duration::from_micros(2_000 + (random >> 33) % 148_000));
            server.signal("-KILL");
            is_stopped.store(true, Ordering::SeqCst);
        });
        server.wait_for_exit();
        let received = received.into_inner().unwrap();
        total += received.len();
        expected.extend(received);
        if expected.len() > LONGEST {
            // Read what the killed server left before the file is removed.
            drop(workdir.serve(&["--fixtures", "all", "--record"], &[("OPENAI_BASE_URL", &base)]));
            let written = prompts(&workdir);
            assert!(expected.is_subset(&written), "run {run}");
            std::fs::remove_file(workdir.path("all/recorded.json")).unwrap();
            expected.clear();
        }
    }
    println!("{kills} kills, {total} responses received");
    assert!(total > kills, "the servers were killed too early to record anything");
    let left: Vec<_> = std::fs::read_dir(workdir.path("all")).unwrap().collect();
    assert!(left.len() <= 2, "remains of killed servers: {left:?}");
}
