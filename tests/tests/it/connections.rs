//! Clients that speak HTTP in another way than most, and connections that bring no request.

use std::io::{Read as _, Write as _};
use std::net::TcpStream;

use llmock::{MockSession, Provider};
use llmock_testkit::client::{End, chat, prompt};
use llmock_testkit::process::alone;
use llmock_testkit::recorded::{interactions, place};
use llmock_testkit::upstream::{Response, Upstream, replay};

const TEST: &str = "connections::test";
const HELLO: [&str; 2] = ["data: {\"choices\":[]}\n\n", "data: [DONE]\n\n"];

fn url(mock: &MockSession) -> String {
    format!("{}/chat/completions", mock.base_url(Provider::OpenAI))
}

#[test]
fn clients_may_speak_http2_without_asking() {
    /// Sends requests one after the other, then some at once, over one client.
    async fn run(mock: &MockSession) -> Vec<(u16, reqwest::Version, String)> {
        let client = reqwest::Client::builder().http2_prior_knowledge().build().unwrap();
        let send = |text: &str| {
            let request = client.post(url(mock)).header("content-type", "application/json");
            let sent = request.body(prompt(text)).send();
            async move {
                let response = sent.await.unwrap();
                let (status, version) = (response.status().as_u16(), response.version());
                (status, version, response.text().await.unwrap())
            }
        };
        let mut all = Vec::new();
        for text in ["a", "b", "c"] {
            all.push(send(text).await);
        }
        let (d, e, f) = tokio::join!(send("d"), send("e"), send("f"));
        all.extend([d, e, f]);
        all
    }

    alone(&[], |_| {
        let (_folder, fixture) = place();
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        let upstream = Upstream::start([Response::sse(HELLO)]);
        let mock = upstream.record(&fixture, TEST).start().unwrap();
        let live = runtime.block_on(run(&mock));
        mock.finish().unwrap();
        for (status, version, text) in &live {
            assert_eq!((*status, *version), (200, reqwest::Version::HTTP_2));
            assert_eq!(*text, HELLO.concat());
        }
        assert_eq!(interactions(&fixture).len(), 6);
        let mock = replay(&fixture, TEST).start().unwrap();
        assert_eq!(runtime.block_on(run(&mock)), live);
        mock.finish().unwrap();
        // A client of HTTP/1 gets the same.
        let mock = replay(&fixture, TEST).start().unwrap();
        let expected = (HELLO.map(|chunk| chunk.as_bytes().to_vec()).to_vec(), End::Complete);
        assert_eq!(chat(&mock, &prompt("a")).rest(), expected);
        mock.finish().unwrap();
    });
}

#[test]
fn misses_and_cuts_reach_http2_clients() {
    alone(&[], |_| {
        let (_folder, fixture) = place();
        let upstream = Upstream::start([Response::sse([HELLO[0]]).truncated()]);
        let mock = upstream.record(&fixture, TEST).start().unwrap();
        chat(&mock, &prompt("cut")).rest();
        mock.finish().unwrap();
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        let mock = replay(&fixture, TEST).start().unwrap();
        runtime.block_on(async {
            let client = reqwest::Client::builder().http2_prior_knowledge().build().unwrap();
            let send = |text: &str| client.post(url(&mock)).body(prompt(text)).send();
            assert_eq!(send("another").await.unwrap().status(), 418);
            let mut response = send("cut").await.unwrap();
            assert_eq!(response.chunk().await.unwrap().unwrap(), HELLO[0]);
            response.chunk().await.unwrap_err();
        });
        let report = mock.finish().unwrap_err().to_string();
        assert!(report.contains("1 request is not in"), "{report}");
    });
}

#[test]
fn connections_without_a_request_are_named() {
    let too_many: String = (0..150).map(|at| format!("x-header-{at}: 1\r\n")).collect();
    let too_many = format!("GET / HTTP/1.1\r\nhost: a\r\n{too_many}\r\n");
    let cases: [(&[u8], bool, &str); 5] = [
        (b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03", false, "began TLS"),
        (too_many.as_bytes(), true, "more than 100 headers"),
        (b"POST /v1/chat/completions HTTP/1.1\r\nhost: a\r\nconte", false, "only the beginning"),
        (b"POST /v1/chat", false, "only the beginning"),
        (b"\x00\x01\x02\x03 hello\r\n\r\n", true, "something other than HTTP"),
    ];
    for (bytes, reads, expected) in cases {
        for stays in [false, true] {
            let (_folder, fixture) = place();
            std::fs::write(&fixture, r#"{"llmock": 1, "interactions": []}"#).unwrap();
            let mock = replay(&fixture, TEST).start().unwrap();
            let host = url(&mock);
            let host = host.strip_prefix("http://").unwrap().split('/').next().unwrap().to_owned();
            let mut socket = TcpStream::connect(host).unwrap();
            socket.write_all(bytes).unwrap();
            if reads {
                let _ = socket.read(&mut [0; 64]);
            } else {
                // llmock reads it.
                std::thread::sleep(std::time::Duration::from_millis(50));
            }
            let socket = stays.then_some(socket);
            let report = mock.finish().unwrap_err().to_string();
            assert!(report.contains(expected), "{expected}:\n{report}");
            assert!(!report.contains("your client probably"), "{report}");
            drop(socket);
        }
    }
}
