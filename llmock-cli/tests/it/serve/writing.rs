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
