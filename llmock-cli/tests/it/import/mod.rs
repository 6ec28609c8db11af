//! `llmock import`: recordings of other tools become fixtures, which `llmock serve` replays.

mod alone;
mod exports;
mod originals;
mod samples;
mod sockets;
mod wrong;

use std::path::{Path, PathBuf};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use llmock_testkit::client;
use serde_json::Value;

use crate::server::{Server, Workdir};

/// The folder with samples of this name.
fn samples(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/samples").join(name)
}

/// An exchange as it must be replayed.
#[derive(Debug)]
pub(crate) struct Expected {
    pub(crate) method: String,
    /// Behind the provider's segment of the server.
    pub(crate) path: String,
    pub(crate) body: Vec<u8>,
    /// The content type of the request.
    pub(crate) sent_as: String,
    pub(crate) content_type: Option<String>,
    pub(crate) status: u16,
    pub(crate) response: Vec<u8>,
}

impl Expected {
    fn of(value: &Value) -> Self {
        let text = |name: &str| value[name].as_str().unwrap_or_default().to_owned();
        let response = &value["response"];
        let response = match response["base64"].as_str() {
            Some(base64) => STANDARD.decode(base64).expect("Base64"),
            None => response["text"].as_str().expect("a response").as_bytes().to_vec(),
        };
        Self {
            method: text("method"),
            path: text("path"),
            body: text("body").into_bytes(),
            sent_as: "application/json".to_owned(),
            content_type: Some(text("content_type")),
            status: u16::try_from(value["status"].as_u64().expect("a status")).expect("a status"),
            response,
        }
    }
}

/// Sends every request in order, and compares every response.
fn replay(server: &Server, expected: &[Expected], name: &str) {
    for (at, exchange) in expected.iter().enumerate() {
        let Expected { method, path, body, sent_as, content_type, status, response } = exchange;
        let headers = [("content-type", sent_as.as_str()), ("connection", "close")];
        let url = format!("{}{path}", server.origin);
        let received = client::send(method, &url, &headers, body).collect();
        let what = format!("{name}, exchange {}: {method} {path}", at + 1);
        let shown = String::from_utf8_lossy(&received.bytes()).into_owned();
        assert_eq!(received.status, *status, "{what}: {shown}");
        let wanted = String::from_utf8_lossy(response);
        if at_home(&shown, &server.origin, path) != shown {
            assert_eq!(at_home(&shown, &server.origin, path), wanted, "{what}");
            continue;
        }
        assert_eq!(shown, wanted, "{what}");
        assert_eq!(&received.bytes(), response, "{what}");
        if let Some(kind) = content_type {
            assert_eq!(received.header("content-type"), Some(kind.as_str()), "{what}");
        }
    }
}

/// A response with the provider's links to its own API in place of the server's.
fn at_home(text: &str, origin: &str, path: &str) -> String {
    let id = path.trim_start_matches('/').split('/').next().unwrap_or_default();
    let home = llmock::__server::imported::known_provider(id)
        .and_then(llmock::__server::imported::origin_of)
        .unwrap_or_default();
    text.replace(&format!("{origin}/{id}"), &home)
}

/// A server that has nothing but the fixtures below this folder.
fn serve(workdir: &Workdir, fixtures: &str) -> Server {
    workdir.serve(&["--fixtures", fixtures], &[("LLMOCK_STRATEGIES", "FixtureStrategy")])
}
