//! Who may see a page, and what a server that cannot start says.

use std::net::TcpListener;

use llmock_testkit::client::{Request, send};

use super::{Dashboard, desk};
use crate::command::Desk;

#[test]
fn shows_nothing_without_the_token() {
    let desk = desk();
    let board = Dashboard::start(&desk, &[]);
    assert_eq!(board.base.len(), 33, "{}", board.base);
    let wrong = format!("/{}/", "0".repeat(32));
    let longer = format!("{}0/", board.base);
    for (path, why) in [
        ("/", "The token is missing"),
        ("/favicon.ico", "The token is missing"),
        (&*wrong, "is not that of the running dashboard"),
        (&*longer, "is not that of the running dashboard"),
        ("/fixtures", "is not that of the running dashboard"),
        ("//", "The token is missing"),
    ] {
        for method in ["GET", "POST"] {
            let response = Request { method, ..Request::get(path) }.send(&board.origin);
            assert_eq!(response.status, 403, "{method} {path}");
            let text = response.text();
            assert!(text.contains(why), "{method} {path}: {text}");
            assert!(!text.contains("agent") && !text.contains(&board.base[1..]), "{text}");
        }
    }
    // Each start has another token.
    assert_ne!(Dashboard::start(&desk, &[]).base, board.base);
}

#[test]
fn refuses_other_hosts_and_pages() {
    let board = Dashboard::start(&desk(), &["--edit"]);
    let url = format!("{}{}/", board.origin, board.base);
    let port = board.origin.rsplit(':').next().unwrap();
    let refused = |headers: &[(&str, &str)]| send("GET", &url, headers, b"").collect().status;
    let localhost = format!("localhost:{port}");
    assert_eq!(refused(&[("host", &localhost)]), 200);
    for host in ["evil.example", "127.0.0.1.evil.example", "", "localhost.evil.example:80"] {
        assert_eq!(refused(&[("host", host)]), 403, "{host}");
    }
    assert_eq!(refused(&[("host", &localhost), ("host", "evil.example")]), 403);
    let own = format!("http://127.0.0.1:{port}");
    assert_eq!(refused(&[("origin", &own)]), 200);
    for origin in ["http://evil.example", "null", "http://127.0.0.1:1", "https://127.0.0.1"] {
        assert_eq!(refused(&[("origin", origin)]), 403, "{origin}");
    }
    assert_eq!(refused(&[("sec-fetch-site", "same-origin")]), 200);
    assert_eq!(refused(&[("sec-fetch-site", "cross-site")]), 403);
    let followed = [("sec-fetch-site", "cross-site"), ("sec-fetch-mode", "navigate")];
    assert_eq!(refused(&followed), 200);
    let posted = send("POST", &format!("{url}keep"), &followed, b"file=x").collect();
    assert_eq!(posted.status, 403);
}

#[test]
fn every_response_forbids_foreign_scripts() {
    let board = Dashboard::start(&desk(), &[]);
    for page in ["", "app.css", "app.js", "fixtures", "live", "live/rows", "no-such-page"] {
        let response = board.get(page);
        let policy = response.header("content-security-policy").unwrap();
        assert!(
            policy.starts_with("default-src 'none';") && !policy.contains("unsafe"),
            "{policy}"
        );
        for (name, value) in [
            ("x-content-type-options", "nosniff"),
            ("referrer-policy", "same-origin"),
            ("cache-control", "no-store"),
            ("x-frame-options", "DENY"),
        ] {
            assert_eq!(response.header(name), Some(value), "{page}");
        }
    }
    let put = Request { method: "PUT", ..Request::get(&format!("{}/", board.base)) };
    let put = put.send(&board.origin);
    assert_eq!((put.status, put.header("allow")), (405, Some("GET, HEAD, POST")));
    let head = Request { method: "HEAD", ..Request::get(&format!("{}/", board.base)) };
    assert_eq!(head.send(&board.origin).status, 200);
}

#[test]
fn says_why_it_cannot_start() {
    let desk = desk();
    let taken = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = taken.local_addr().unwrap().port().to_string();
    assert_eq!(
        desk.fails(&["dashboard", "--port", &port]),
        format!(
            "error: port {port} is in use\nhint: without `--port` the dashboard takes a free one\n"
        )
    );
    assert_eq!(
        desk.fails(&["dashboard", "agnt.json"]),
        "error: fixture `agnt.json` does not exist; did you mean `agent.json`?\n"
    );
    assert_eq!(
        desk.fails(&["dashboard", "--last-run", "none.jsonl"]),
        "error: there is no file `none.jsonl`\n"
    );
    for (url, why) in [
        ("127.0.0.1:8000", "expected an address such as `http://127.0.0.1:8000`"),
        ("https://127.0.0.1:8000", "the dashboard does not read servers with TLS"),
    ] {
        let ran = desk.run(&["dashboard", "--server", url]);
        assert_eq!(ran.code, 2, "{ran:?}");
        assert!(ran.err.contains(why), "{ran:?}");
    }
}

#[test]
fn an_empty_folder_says_how_to_begin() {
    let desk = Desk::with(&[]);
    desk.write("fixtures/README", "");
    let board = Dashboard::start(&desk, &["fixtures"]);
    let page = board.page("");
    assert!(page.contains("No recordings yet") && page.contains("LLMOCK_MODE=record"), "{page}");
    for (page, text) in [
        ("fixtures", "No fixture has this text"),
        ("run", "No test has run here"),
        ("review", "Nothing to decide"),
        ("findings", "Nothing is wrong with the fixtures."),
        ("cost", "$0"),
        ("live", "No server"),
    ] {
        let shown = board.page(page);
        assert!(shown.contains(text), "{page}: {shown}");
    }
}
