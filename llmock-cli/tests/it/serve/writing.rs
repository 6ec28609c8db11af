//! When `llmock serve --record` writes what it recorded: at its end, after it was killed, and where it cannot write.

use llmock_testkit::upstream::{Gate, Response, Upstream};

use crate::server::{Server, Workdir, chat, soon};

const FILE: &str = "all/recorded.json";

fn serve(workdir: &Workdir, upstream: &Upstream) -> Server {
    workdir
        .serve(&["--fixtures", "all", "--record"], &[("OPENAI_BASE_URL", &upstream.openai_url())])
}

#[cfg(unix)]
#[test]
fn shutdown_writes_responses_that_are_still_arriving() {
    let gate = Gate::default();
    let response = Response::sse(["data: {\"n\":1}\n\n"]);
    let upstream = Upstream::start([response.wait(&gate).chunk("data: [DONE]\n\n")]);
    let workdir = Workdir::new();
    let server = serve(&workdir, &upstream);
    let mut response = chat("hello").begin(&server.origin);
    assert!(response.chunk().is_some());
    drop(response);
    // what was begun before a reload counts after it
    server.signal("-HUP");
    server.wait_for_stderr("reload");
    server.signal("-TERM");
    // It accepts no connections any more but is still running.
    soon("the closing of the port", || {
        std::net::TcpStream::connect(server.origin.strip_prefix("http://").unwrap()).err()
    });
    assert!(workdir.interactions(FILE).is_empty());
    gate.open();
    server.wait_for_exit();
    assert_eq!(workdir.interactions(FILE).len(), 1);
}

#[cfg(unix)]
#[test]
fn killed_server_has_written_every_finished_response() {
    let upstream = Upstream::start([Response::json("{}")]);
    let workdir = Workdir::new();
    let server = serve(&workdir, &upstream);
    for turn in 0..3 {
        server.send(&chat(&turn.to_string()));
        workdir.recorded(FILE, turn + 1);
    }
    server.signal("-KILL");
    server.wait_for_exit();
    assert_eq!(workdir.interactions(FILE).len(), 3);
}

#[cfg(unix)]
#[test]
fn responses_that_a_killed_server_had_not_written_are_recovered() {
    let upstream = Upstream::scripted(|_, request| Response::json(request.text()));
    let workdir = Workdir::new();
    // Writing a file of this size takes longer than the test.
    let old: Vec<_> = (0..5_000).map(|at| (format!("old {at}"), "x".repeat(500))).collect();
    let old: Vec<_> = old.iter().map(|(prompt, response)| (&**prompt, &**response)).collect();
    workdir.fixture(FILE, &old);
    let server = serve(&workdir, &upstream);
    for turn in 0..3 {
        assert_eq!(server.send(&chat(&format!("new {turn}"))).status, 200);
    }
    server.signal("-KILL");
    server.wait_for_exit();
    assert_eq!(workdir.interactions(FILE).len(), 5_000, "nothing is written yet");

    let server = serve(&workdir, &upstream);
    server.wait_for_stderr("recovered 3 interactions of a killed server");
    assert_eq!(workdir.interactions(FILE).len(), 5_003);
    assert_eq!(server.send(&chat("new 1")).bytes(), chat("new 1").body);
    assert_eq!(upstream.requests().len(), 3, "it is replayed");
    let left = std::fs::read_dir(workdir.path("all")).unwrap().count();
    assert_eq!(left, 1, "the journal is gone");
}

#[test]
fn servers_forward_nothing_that_they_cannot_record() {
    let upstream = Upstream::start([Response::json("{}")]);
    let workdir = Workdir::new();
    workdir.fixture(FILE, &[("before", "before")]);
    let path = workdir.path(FILE);
    let set = |read_only: bool| {
        let mut permissions = std::fs::metadata(&path).unwrap().permissions();
        permissions.set_readonly(read_only);
        std::fs::set_permissions(&path, permissions).unwrap();
    };
    set(true);
    let server = serve(&workdir, &upstream);
    let got = server.send(&chat("q"));
    assert_eq!((got.status, got.header("x-should-retry")), (502, Some("false")));
    let text = got.text();
    assert!(text.contains("read-only") && text.contains("recorded.json"), "{text}");
    assert!(upstream.requests().is_empty());
    // It looks again with the next request.
    set(false);
    assert_eq!(server.send(&chat("q")).status, 200);
    assert_eq!(workdir.recorded(FILE, 2).len(), 2);
}

#[test]
fn unwritable_files_lose_no_responses() {
    let upstream = Upstream::start([Response::json("{\"n\":1}")]);
    let workdir = Workdir::new();
    workdir.fixture(FILE, &[("before", "before")]);
    let server = serve(&workdir, &upstream);
    // somebody edits it, and is not done
    workdir.write(FILE, "{\"llmock\":1,\"interactions\":[");
    assert_eq!(server.send(&chat("q")).text(), "{\"n\":1}");
    server.wait_for_stderr("recorded.json.failed`");
    assert_eq!(workdir.read(FILE), "{\"llmock\":1,\"interactions\":[");
    assert_eq!(workdir.interactions("all/recorded.json.failed").len(), 1);
}

/// A name that leaves no room for that of a journal, which is longer.
#[cfg(target_os = "linux")]
#[test]
fn a_journal_that_cannot_be_created_is_named_once() {
    let upstream = Upstream::scripted(|at, _| Response::json(format!("{{\"n\":{at}}}")));
    let workdir = Workdir::new();
    let fixture = format!("all/{}.json", "x".repeat(230));
    let base = upstream.openai_url();
    let server =
        workdir.serve(&["--fixtures", &fixture, "--record"], &[("OPENAI_BASE_URL", &base)]);
    for text in ["a", "b", "c"] {
        assert_eq!(server.send(&chat(text)).status, 200);
    }
    workdir.recorded(&fixture, 3);
    let lines: Vec<String> = server
        .stderr()
        .lines()
        .filter(|line| line.contains("no journal"))
        .map(str::to_owned)
        .collect();
    assert_eq!(lines.len(), 1, "{lines:?}");
    assert!(lines[0].contains("File name too long"), "{lines:?}");
    assert!(lines[0].contains("if the server is killed"), "{lines:?}");
}

/// Files cannot grow beyond 32 kB, as on a full disk.
#[cfg(target_os = "linux")]
#[test]
fn full_disks_are_reported_and_clients_get_their_responses() {
    let large = format!("[\"{}\"]", "x".repeat(60_000));
    let sent = large.clone();
    let upstream = Upstream::scripted(move |_, request| {
        let is_large = request.text().contains("large");
        Response::json(if is_large { sent.clone() } else { "{}".to_owned() })
    });
    let workdir = Workdir::new();
    let base = upstream.openai_url();
    let plain = workdir.command(&["--fixtures", "all", "--record"], &[("OPENAI_BASE_URL", &base)]);
    let mut command = std::process::Command::new("sh");
    // Without the signal, writing fails with an error. The unit is 512 bytes.
    command.args(["-c", "trap '' XFSZ; ulimit -f 64; exec \"$0\" \"$@\""]);
    command.arg(plain.get_program()).args(plain.get_args()).current_dir(&workdir).env_clear();
    for (name, value) in plain.get_envs() {
        command.env(name, value.unwrap_or_default());
    }
    let server = Server::started(command);
    assert_eq!(server.send(&chat("small")).text(), "{}");
    server.wait_for_recordings(1);
    assert_eq!(server.send(&chat("large")).text(), large);
    server.wait_for_stderr("not recorded: ");
    server.wait_for_stderr("no journal next to `all/recorded.json`: File too large");
    assert_eq!(workdir.interactions("all/recorded.json").len(), 1, "the fixture is whole");
    assert_eq!(server.send(&chat("another small one")).text(), "{}");
    server.wait_for_recordings(2);
    assert_eq!(server.stderr().matches("no journal").count(), 1, "{}", server.stderr());
}
