//! `llmock serve`: small bodies that become large when they are decompressed or parsed.

use crate::server::{Server, Workdir, chat};
use llmock_testkit::bombs;
use llmock_testkit::client::Request;
use llmock_testkit::upstream::{Response, Upstream};

fn has_bounded_memory(server: &Server, mebibytes: usize) {
    #[cfg(target_os = "linux")]
    {
        let peak = bombs::peak_memory(server.id());
        assert!(peak < mebibytes, "{peak} MiB");
    }
    let _ = (server, mebibytes);
}

#[test]
fn compressed_requests_that_become_too_large_get_413() {
    let server = Workdir::new().serve(&[], &[]);
    for (coding, bomb) in bombs::all() {
        let request =
            Request::post("/v1/chat/completions", bomb).header("content-encoding", coding);
        let response = server.send(&request);
        assert_eq!(response.status, 413, "{coding}: {}", response.text());
        assert!(response.text().contains("\"message\""), "{coding}: {}", response.text());
        assert_eq!(server.send(&chat("Hi")).status, 200);
    }
    has_bounded_memory(&server, 400);
}

#[test]
fn compressed_responses_that_become_too_large_replay_as_they_came() {
    let bombs = bombs::all();
    let sent = bombs.clone();
    let upstream = Upstream::scripted(move |at, _| {
        let (coding, bomb) = &sent[at];
        Response::json(bomb.clone()).header("content-encoding", coding)
    });
    let workdir = Workdir::new();
    let base = upstream.openai_url();
    let server = workdir.serve(&["--fixtures", "all", "--record"], &[("OPENAI_BASE_URL", &base)]);
    for (at, (coding, bomb)) in bombs.iter().enumerate() {
        let request = chat(&format!("{at}"));
        assert!(server.send(&request).bytes() == *bomb, "{coding}");
        server.wait_for_recordings(at + 1);
        let replayed = server.send(&request);
        assert!(replayed.bytes() == *bomb, "{coding}");
        assert_eq!(replayed.header("content-encoding"), Some(*coding));
    }
    assert_eq!(upstream.requests().len(), bombs.len());
    has_bounded_memory(&server, 600);
}

#[test]
fn deeply_nested_bodies_are_answered_and_recorded() {
    let nested = "[".repeat(200_000) + &"]".repeat(200_000);
    let server = Workdir::new().serve(&[], &[]);
    for body in [nested.clone(), format!("{{\"model\":\"m\",\"messages\":{nested}}}")] {
        let response = server.send(&Request::post("/v1/chat/completions", body));
        assert_eq!(response.status, 400, "{}", response.text());
    }
    assert_eq!(server.send(&chat("Hi")).status, 200);

    let sent = nested.clone();
    let upstream = Upstream::scripted(move |_, _| Response::json(sent.clone()));
    let workdir = Workdir::new();
    let base = upstream.openai_url();
    let server = workdir.serve(&["--fixtures", "all", "--record"], &[("OPENAI_BASE_URL", &base)]);
    let request = Request::post("/v1/embeddings", format!("{{\"input\":{nested}}}"));
    assert!(server.send(&request).text() == nested);
    server.wait_for_recordings(1);
    assert!(server.send(&request).text() == nested);
    assert_eq!(upstream.requests().len(), 1);
}
