//! Many WebSockets, large messages, and servers that are killed.

use llmock_testkit::socket_client::SocketClient;
use llmock_testkit::sockets::{SocketServer, Step};

use crate::server::{Server, Workdir};

const REALTIME: &str = "/v1/realtime?model=gpt-realtime";

fn open(server: &Server, target: &str) -> SocketClient {
    SocketClient::open(&server.origin, target, &[("authorization", "Bearer any")]).unwrap()
}

/// How many sockets are recorded through a server. `LLMOCK_TEST_SOCKETS` sets another number.
const SOCKETS: usize = 200;

#[test]
fn many_sockets_are_recorded_and_replayed() {
    let sockets = std::env::var("LLMOCK_TEST_SOCKETS").ok();
    let sockets = sockets.map_or(SOCKETS, |count| count.parse().unwrap());
    let steps = vec![
        Step::text(r#"{"type":"hello"}"#),
        Step::Receive,
        Step::Receive,
        Step::Answer(|sent| {
            let is_large = sent.windows(5).any(|five| five == b"large");
            let text = "x".repeat(if is_large { 10_000_000 } else { 0 });
            format!("{{\"text\":\"{text}\",\"echo\":{}}}", String::from_utf8_lossy(sent)).into()
        }),
        Step::Frame(0x01, b"{\"a\":".to_vec()),
        Step::Frame(0x89, b"ping".to_vec()),
        Step::Frame(0x80, b"1}".to_vec()),
        Step::binary(vec![7; 300]),
        Step::close(4001, "enough"),
    ];
    let upstream = SocketServer::start(None, steps);
    let workdir = Workdir::new();
    let base = format!("{}/v1", upstream.url());
    // The client sends its messages in the other order if they are turned.
    let talk = |server: &Server, number: usize, is_turned: bool| {
        let mut client = open(server, REALTIME);
        let mut received = vec![client.read().unwrap()];
        let kind = if number == 0 { "large" } else { "second" };
        let mut messages =
            ["first", kind].map(|kind| format!(r#"{{"type":"{kind}","n":{number}}}"#));
        if is_turned {
            messages.reverse();
        }
        for message in messages {
            client.send(message);
        }
        for _ in 0..4 {
            received.push(client.read().unwrap());
        }
        received
    };
    let server = workdir.serve(&["--fixtures", "all", "--record"], &[("OPENAI_BASE_URL", &*base)]);
    let live: Vec<_> = (0..sockets).map(|number| talk(&server, number, false)).collect();
    assert!(live[0][1].len() > 10_000_000);
    assert!(live[0][4].is_close(), "{:?}", live[0][4]);
    server.wait_for_recordings(sockets);
    drop(server);
    let server = workdir.serve(&["--fixtures", "all"], &[]);
    for (number, live) in live.iter().enumerate() {
        assert!(talk(&server, number, true) == *live, "socket {number}");
    }
}

/// Five messages, the second and the fourth of them from the client.
fn turns() -> Vec<Step> {
    vec![
        Step::text("hello"),
        Step::Receive,
        Step::text("one"),
        Step::Receive,
        Step::binary(vec![1; 2000]),
    ]
}

/// The first messages of the client's side of [`turns`].
fn take_turns(client: &mut SocketClient, messages: usize) {
    for number in 0..messages {
        if number % 2 == 0 {
            client.read().unwrap();
        } else {
            client.send("go");
        }
    }
}

#[test]
fn a_kill_at_any_message_leaves_the_old_file() {
    let upstream = SocketServer::start(None, [turns(), vec![Step::close(1000, "bye")]].concat());
    let base = format!("{}/v1", upstream.url());
    let workdir = Workdir::new();
    workdir.fixture("all/recorded.json", &[("kept", "kept")]);
    let before = workdir.read("all/recorded.json");
    for messages in 0..5 {
        let server =
            workdir.serve(&["--fixtures", "all", "--record"], &[("OPENAI_BASE_URL", &*base)]);
        let mut client = open(&server, REALTIME);
        take_turns(&mut client, messages);
        // Killed, not stopped.
        drop(server);
        assert_eq!(workdir.read("all/recorded.json"), before, "after {messages} messages");
    }
    let server = workdir.serve(&["--fixtures", "all"], &[]);
    assert_eq!(server.send(&crate::server::chat("kept")).status, 200);
}

#[cfg(target_os = "linux")]
#[test]
fn a_thousand_idle_sockets_take_little_memory() {
    const IDLE: usize = 1000;
    let resident = |server: &Server| -> u64 {
        let status = std::fs::read_to_string(format!("/proc/{}/status", server.id())).unwrap();
        let line = status.lines().find(|line| line.starts_with("VmRSS:")).unwrap();
        line.split_whitespace().nth(1).unwrap().parse().unwrap()
    };
    let server = Workdir::new().serve(&["--history", "0"], &[]);
    open(&server, REALTIME).text();
    let before = resident(&server);
    let mut idle = Vec::with_capacity(IDLE);
    for _ in 0..IDLE {
        let mut client = open(&server, REALTIME);
        client.text();
        idle.push(client);
    }
    let more = resident(&server).saturating_sub(before) / 1024;
    assert!(more < 50, "{more} MiB for {IDLE} sockets");
    drop(idle);
}

/// Killed while its socket is open. What was received is an attempt of the fixture, and the fixture is as it was.
#[test]
fn what_an_open_socket_received_survives_a_kill() {
    let upstream = SocketServer::start(None, turns());
    let base = format!("{}/v1", upstream.url());
    for messages in [1, 3, 5] {
        let workdir = Workdir::new();
        workdir.fixture("all/recorded.json", &[("kept", "kept")]);
        let before = workdir.read("all/recorded.json");
        let record =
            || workdir.serve(&["--fixtures", "all", "--record"], &[("OPENAI_BASE_URL", &*base)]);
        let server = record();
        let mut client = open(&server, REALTIME);
        take_turns(&mut client, messages);
        let folder = workdir.path("all");
        let kept = || {
            let mut files = std::fs::read_dir(&folder).unwrap().flatten();
            let is_kept =
                |file: &std::fs::DirEntry| file.file_name().to_string_lossy().contains("socket-");
            let text = std::fs::read_to_string(files.find(is_kept)?.path()).ok()?;
            (text.matches("\"from\"").count() == messages).then_some(())
        };
        crate::server::soon("what the open socket has received", kept);
        // Killed, not stopped.
        drop(server);
        drop(client);
        assert_eq!(workdir.read("all/recorded.json"), before, "after {messages} messages");
        drop(record());
        let attempts = workdir.interactions("all/recorded.json.failed");
        assert_eq!(attempts.len(), 1, "after {messages} messages");
        assert_eq!(workdir.read("all/recorded.json"), before, "after {messages} messages");
        assert!(kept().is_none());
    }
}
