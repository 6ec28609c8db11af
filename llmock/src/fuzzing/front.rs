//! The path of a request through the front: any bytes of a client get a response or a closed connection.

use std::sync::Arc;
use std::time::Duration;

use http::Method;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};

#[cfg(all(feature = "intercept", target_os = "linux"))]
use crate::exchange::in_flight::{InFlight, InFlightGuard};
use crate::exchange::response;
use crate::fixture::redact::Redactor;
use crate::front::handler::{Handler, Incoming, Responding};
use crate::front::in_memory;
use crate::matching::{self, MatchRules};
use crate::provider::Provider;

/// No response takes longer.
const PATIENCE: Duration = Duration::from_secs(10);

const MAX_BODY: usize = 1 << 16;

thread_local! {
    static RUNTIME: tokio::runtime::Runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .expect("a runtime");
}

/// A session that reads each request as a test does, and responds with its key.
#[derive(Debug)]
struct Reader;

impl Handler for Reader {
    fn max_body(&self) -> usize {
        MAX_BODY
    }

    fn provider_at(&self, origin: &str, target: &str) -> Option<(Provider, String)> {
        origin.contains("openai").then(|| (Provider::OpenAI, target.to_owned()))
    }

    fn intercepts(&self) -> bool {
        false
    }

    #[cfg(all(feature = "intercept", target_os = "linux"))]
    fn begin_handshake(&self) -> InFlightGuard {
        Arc::new(InFlight::default()).begin()
    }

    #[cfg(all(feature = "intercept", target_os = "linux"))]
    fn note_distrust(&self, _: &str) {}

    fn note_incomplete(&self, _: &Method, _: Provider, _: &str) {}

    fn respond(self: Arc<Self>, incoming: Incoming) -> Responding {
        let redactor = Redactor::new([]);
        let shown = match incoming.raw().read(&redactor, MAX_BODY) {
            Ok((request, _)) => {
                matching::key(incoming.provider, &request, &MatchRules::default()).to_string()
            }
            Err(error) => error.to_string(),
        };
        Box::pin(std::future::ready(Ok(response::json(format!("{shown:?}")))))
    }
}

/// Sends the bytes on a connection of their own.
pub(super) fn request(data: &[u8]) {
    RUNTIME.with(|runtime| runtime.block_on(connection(data)));
}

async fn connection(data: &[u8]) {
    let (mut client, server) = tokio::io::duplex(1 << 16);
    let serving = tokio::spawn(in_memory::serve(server, "fuzz", Arc::new(Reader)));
    let exchange = async {
        // The front may close the connection before it has read everything.
        let _ = client.write_all(data).await;
        let _ = client.shutdown().await;
        let mut received = Vec::new();
        let _ = client.read_to_end(&mut received).await;
        received
    };
    let received = tokio::time::timeout(PATIENCE, exchange).await.expect("a response in time");
    let is_http2 = data.starts_with(b"PRI * HTTP/2.0");
    let is_response = received.is_empty() || received.starts_with(b"HTTP/1.") || is_http2;
    assert!(is_response, "{:?}", String::from_utf8_lossy(&received));
    tokio::time::timeout(PATIENCE, serving).await.expect("an end in time").expect("no panic");
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test(start_paused = true)]
    async fn clients_that_stop_sending_are_disconnected() {
        for half in [
            "",
            "POST /s/fuzz/openai/v1/chat/completions HTTP/1.1\r\nhost:",
            "POST /s/fuzz/openai/v1/chat/completions HTTP/1.1\r\nhost: localhost\r\ncontent-length: 9\r\n\r\n{",
            "POST /s/fuzz/openai/v1/files HTTP/1.1\r\nhost: localhost\r\ntransfer-encoding: chunked\r\n\r\n5\r\nab",
        ] {
            let (mut client, server) = tokio::io::duplex(1 << 10);
            let serving = tokio::spawn(in_memory::serve(server, "fuzz", Arc::new(Reader)));
            client.write_all(half.as_bytes()).await.expect("a connection");
            // The clock is paused and jumps to the next timer.
            let limit = Duration::from_secs(600);
            let mut received = Vec::new();
            let read = tokio::time::timeout(limit, client.read_to_end(&mut received)).await;
            assert!(read.is_ok(), "{half:?}");
            assert!(!received.starts_with(b"HTTP/1.1 200"), "{half:?}");
            tokio::time::timeout(limit, serving).await.expect("an end").expect("no panic");
        }
    }

    #[tokio::test(start_paused = true)]
    async fn slow_clients_that_go_on_sending_are_served() {
        let (mut client, server) = tokio::io::duplex(1 << 10);
        let serving = tokio::spawn(in_memory::serve(server, "fuzz", Arc::new(Reader)));
        let head =
            "POST /s/fuzz/openai/v1/files HTTP/1.1\r\nhost: localhost\r\ncontent-length: 8\r\n\r\n";
        client.write_all(head.as_bytes()).await.expect("a connection");
        for byte in b"01234567" {
            tokio::time::sleep(Duration::from_secs(40)).await;
            client.write_all(&[*byte]).await.expect("a connection");
        }
        let mut received = Vec::new();
        client.read_to_end(&mut received).await.expect("a response");
        assert!(received.starts_with(b"HTTP/1.1 200"), "{}", received.escape_ascii());
        serving.await.expect("no panic");
    }
}
