//! Addresses of a provider's API inside responses: clients of `llmock serve` follow them to the server.

use std::io::Write as _;

use crate::server::{Server, Workdir};
use llmock_testkit::client::Request;
use llmock_testkit::upstream::{self, Upstream};

const BATCH: &str = "/v1/messages/batches/b1";
const RESULTS: &str = "{\"custom_id\":\"1\"}\n";

fn batch(results: &str) -> String {
    format!("{{\"id\": \"b1\",  \"results_url\": \"{results}\"}}")
}

fn anthropic(path: &str) -> Request {
    Request::get(path).header("anthropic-version", "2023-06-01")
}

#[test]
fn rewrites_recorded_links_only_in_responses() {
    let theirs = "https://api.anthropic.com/v1/messages/batches/b1/results";
    let workdir = Workdir::new();
    let batch_of_file = batch(theirs);
    let file = format!(
        r#"{{"llmock":1,"interactions":[
        {{"provider":"anthropic","request":{{"method":"GET","path":"{BATCH}"}},
          "response":{{"status":200,"headers":{{"content-type":"application/json"}},"body":{batch_of_file}}}}},
        {{"provider":"anthropic","request":{{"method":"GET","path":"{BATCH}/results"}},
          "response":{{"status":200,"text":"done"}}}},
        {{"provider":"anthropic","request":{{"method":"POST","path":"/v1/messages","body":{{"model":"m","at":"{theirs}"}}}},
          "response":{{"status":200,"text":"known"}}}}]}}"#
    );
    workdir.write("all.json", &file);
    let server = workdir.serve(&["--fixtures", "all.json"], &[]);

    let ours = format!("{}/anthropic{BATCH}/results", server.origin);
    let seen = server.send(&anthropic(BATCH)).text();
    assert!(seen.contains(&format!("\"{ours}\"")), "{seen}");
    assert_eq!(
        Request::get(&format!("/anthropic{BATCH}/results")).send(&server.origin).text(),
        "done"
    );
    let quoted = Request::post("/v1/messages", format!("{{\"model\":\"m\",\"at\":\"{ours}\"}}"));
    assert_eq!(server.send(&quoted).text(), "known");
    // a client is led to where it came to
    let known_as = server.origin.replace("127.0.0.1", "localhost");
    let seen = anthropic(BATCH).send(&known_as).text();
    assert!(seen.contains(&format!("\"{known_as}/anthropic{BATCH}/results\"")), "{seen}");
    assert_eq!(workdir.read("all.json"), file);
}

#[test]
fn rewrites_forwarded_links_and_records_the_original() {
    let upstream = Upstream::scripted(|_, request| {
        let origin = request.header("host").map(|host| format!("http://{host}")).unwrap();
        let (kind, body) = match request.target.as_str() {
            BATCH => ("application/json", batch(&format!("{origin}{BATCH}/results"))),
            _ => ("application/x-jsonl", RESULTS.to_owned()),
        };
        upstream::Response::status(200).header("content-type", kind).body(body)
    });
    let workdir = Workdir::new();
    let variables = [("ANTHROPIC_BASE_URL", &*upstream.url())];
    let server = workdir.serve(&["--fixtures", "all", "--record"], &variables);
    let ours = format!("/anthropic{BATCH}/results");
    let seen = server.send(&anthropic(BATCH)).text();
    assert_eq!(seen, batch(&format!("{}{ours}", server.origin)));
    assert_eq!(server.send(&Request::get(&ours)).text(), RESULTS);
    workdir.recorded("all/recorded.json", 2);
    let file = workdir.read("all/recorded.json");
    assert!(file.contains(&format!("{}{BATCH}/results", upstream.url())), "{file}");
    assert!(!file.contains(&server.origin), "{file}");
}

/// The batch's address as a client at this server hears it.
fn results_of(server: &Server) -> String {
    let seen = server.send(&anthropic(BATCH)).text();
    let seen: serde_json::Value = serde_json::from_str(&seen).unwrap();
    seen["results_url"].as_str().unwrap().to_owned()
}

/// A message that quotes an address.
fn about(address: &str) -> String {
    format!(
        r#"{{"model":"m","max_tokens":1,"messages":[{{"role":"user","content":"see {address}"}}]}}"#
    )
}

pub(super) fn gzip(text: &str) -> Vec<u8> {
    let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::default());
    encoder.write_all(text.as_bytes()).unwrap();
    encoder.finish().unwrap()
}

#[test]
fn restores_links_that_clients_send_back() {
    for (slash, compressed) in [("/", false), ("\\/", false), ("/", true)] {
        let spelt = |address: &str| about(&address.replace('/', slash));
        let upstream = Upstream::scripted(|_, request| {
            let origin = request.header("host").map(|host| format!("http://{host}")).unwrap();
            let body = match request.target.as_str() {
                BATCH => batch(&format!("{origin}{BATCH}/results")),
                _ => "{\"type\":\"message\"}".to_owned(),
            };
            upstream::Response::json(body)
        });
        let quoting = |address: &str| {
            let body = spelt(address);
            if compressed {
                Request::post("/v1/messages", gzip(&body)).header("content-encoding", "gzip")
            } else {
                Request::post("/v1/messages", body)
            }
        };
        let workdir = Workdir::new();
        let variables = [("ANTHROPIC_BASE_URL", &*upstream.url())];
        let server = workdir.serve(&["--fixtures", "all", "--record"], &variables);
        let path = format!("/anthropic{BATCH}/results");
        let ours = results_of(&server);
        assert_eq!(ours, format!("{}{path}", server.origin));
        assert_eq!(server.send(&Request::get(&path)).status, 200);
        assert_eq!(server.send(&quoting(&ours)).status, 200);
        workdir.recorded("all/recorded.json", 3);

        let theirs = format!("{}{BATCH}/results", upstream.url());
        let sent = upstream.requests().remove(2);
        assert_eq!(String::from_utf8_lossy(&sent.body), spelt(&theirs));
        assert_eq!(sent.header("content-encoding"), None);
        assert_eq!(sent.header("content-length"), Some(&*sent.body.len().to_string()));
        let file = workdir.read("all/recorded.json");
        assert!(file.contains(&format!("see {theirs}").replace('/', slash)), "{file}");
        assert!(!file.contains(server.origin.trim_start_matches("http://")), "{file}");

        // it answers from now on, and at a server with another address
        assert_eq!(server.send(&quoting(&ours)).status, 200);
        assert_eq!(upstream.requests().len(), 3);
        drop((server, upstream));
        let replaying =
            workdir.serve(&["--fixtures", "all"], &[("LLMOCK_STRATEGIES", "FixtureStrategy")]);
        let ours = results_of(&replaying);
        assert_eq!(ours, format!("{}{path}", replaying.origin));
        let response = replaying.send(&quoting(&ours));
        assert_eq!(response.status, 200, "{}", response.text());
    }
}
