//! What recording adds until a client has the first message of a WebSocket.

use std::time::{Duration, Instant};

use llmock::{LlmMock, Mode, Provider};
use llmock_testkit::socket_client::SocketClient;
use llmock_testkit::sockets::{SocketServer, Step};

use crate::race::{race, timed};
use crate::{Effort, table};

const TARGET: &str = "/realtime?model=gpt-realtime";

/// The provider sends a message at once. Opening the socket counts too.
pub fn figures(effort: Effort) {
    let folder = tempfile::tempdir().expect("a temporary directory");
    let server = SocketServer::start(None, vec![Step::text(r#"{"type":"session.created"}"#)]);
    let upstream = format!("{}/v1", server.url());
    let mut sessions = 0;
    let mut open = || {
        sessions += 1;
        LlmMock::builder()
            .fixture(folder.path().join(format!("recorded-{sessions}")))
            .mode(Mode::Record)
            .upstream(Provider::OpenAI, upstream.clone())
            .start()
    };
    if let Err(error) = open().map(llmock::MockSession::fail) {
        return table::skipped(&format!("recording of WebSockets: {error}"));
    }
    let through = || {
        let mock = open().expect("as the first");
        let took = first_message(&mock.base_url(Provider::OpenAI));
        assert!(mock.fail().is_none(), "the upstream answers");
        took
    };
    let direct = || first_message(&upstream);
    let contenders = vec![timed("recording through llmock", through), timed("direct", direct)];
    let times = race(effort.plan(300, Duration::from_secs(15)), contenders);
    table::compare("time to the first message of a WebSocket", &times);
}

fn first_message(base: &str) -> Duration {
    let started = Instant::now();
    let mut client = SocketClient::open(base, TARGET, &[]).expect("a socket");
    client.text();
    let took = started.elapsed();
    client.close();
    took
}
