//! What recording adds until a client has the first message of a WebSocket.

use std::time::{Duration, Instant};

use llmock_testkit::socket_client::SocketClient;
use llmock_testkit::sockets::{SocketServer, Step};

use crate::recording::beside;
use crate::{Effort, table};

/// What recording may add.
const BOUND: Duration = Duration::from_millis(1);

const TARGET: &str = "/realtime?model=gpt-realtime";

/// The provider sends a message at once. Opening the socket, which is a connection of its own on each side, counts in the
/// first figure and not in the second.
pub fn figures(effort: Effort) {
    let server = SocketServer::start(None, vec![Step::text(r#"{"type":"session.created"}"#)]);
    let upstream = format!("{}/v1", server.url());
    let title = "time to the first message of a WebSocket, with its handshake";
    within_bound(effort, beside(effort, 300, title, &upstream, |base| first_message(base, true)));
    let server = SocketServer::start(
        None,
        vec![Step::Receive, Step::text(r#"{"type":"response.created"}"#)],
    );
    let upstream = format!("{}/v1", server.url());
    let title = "time from a message to its first response on an open WebSocket";
    within_bound(effort, beside(effort, 300, title, &upstream, |base| first_message(base, false)));
}

/// Prints what recording adds, and fails above the bound.
fn within_bound(effort: Effort, added: Option<Duration>) {
    let Some(added) = added else { return };
    let millis = added.as_secs_f64() * 1e3;
    table::figure("added by recording; the bound is 1 ms", &format!("{millis:.2} ms"));
    if effort == Effort::Measure {
        assert!(added < BOUND, "recording adds {added:?}, and may add {BOUND:?}");
    }
}

fn first_message(base: &str, with_handshake: bool) -> Duration {
    let mut started = Instant::now();
    let mut client = SocketClient::open(base, TARGET, &[]).expect("a socket");
    if !with_handshake {
        started = Instant::now();
        client.send(r#"{"type":"response.create"}"#);
    }
    client.text();
    let took = started.elapsed();
    client.close();
    took
}
