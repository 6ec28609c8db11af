//! What a running `llmock serve` has received: its `GET /history`.

use std::fmt;
use std::str::FromStr;
use std::time::Duration;

use bytes::Bytes;
use http::Request;
use http_body_util::{BodyExt as _, Empty, Limited};
use hyper::client::conn::http1;
use hyper_util::rt::TokioIo;
use tokio::net::TcpStream;
use tokio::time::timeout;

/// Requests that are shown.
const SHOWN: usize = 100;
/// A server on the same machine takes no longer.
const PATIENCE: Duration = Duration::from_secs(3);
/// The bodies of so many requests are shorter.
const LONGEST: usize = 32 << 20;

/// The address of a server without encryption: `http://HOST:PORT`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct ServerUrl {
    authority: String,
}

impl FromStr for ServerUrl {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        const EXPECTED: &str = "expected an address such as `http://127.0.0.1:8000`";
        let url: http::Uri = text.parse().map_err(|_| EXPECTED)?;
        if url.scheme_str() == Some("https") {
            return Err(
                "the dashboard does not read servers with TLS: expected `http://HOST:PORT`",
            );
        }
        let authority = url.authority().ok_or(EXPECTED)?;
        if url.scheme_str() != Some("http") || authority.as_str().contains('@') {
            return Err(EXPECTED);
        }
        let port = authority.port_u16().unwrap_or(80);
        Ok(Self { authority: format!("{}:{port}", authority.host()) })
    }
}

impl fmt::Display for ServerUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "http://{}", self.authority)
    }
}

/// The last requests as JSON, or why there are none.
pub(crate) async fn history(server: &ServerUrl, key: Option<&str>) -> Result<Vec<u8>, String> {
    match timeout(PATIENCE, read(server, key)).await {
        Ok(read) => read,
        Err(_) => Err(format!("{server} does not respond")),
    }
}

async fn read(server: &ServerUrl, key: Option<&str>) -> Result<Vec<u8>, String> {
    let failed = |why: &dyn fmt::Display| format!("{server} does not respond: {why}");
    let socket = TcpStream::connect(&server.authority)
        .await
        .map_err(|why| format!("nothing listens on {server}: {why}"))?;
    let (mut sender, connection) =
        http1::handshake(TokioIo::new(socket)).await.map_err(|why| failed(&why))?;
    let running = tokio::spawn(connection);
    let mut request = Request::get(format!("/history?limit={SHOWN}"))
        .header("host", &server.authority)
        .header("connection", "close");
    if let Some(key) = key {
        request = request.header("authorization", format!("Bearer {key}"));
    }
    let request = request.body(Empty::<Bytes>::new()).map_err(|why| failed(&why))?;
    let response = sender.send_request(request).await.map_err(|why| failed(&why))?;
    let status = response.status().as_u16();
    let body = Limited::new(response.into_body(), LONGEST).collect().await;
    running.abort();
    let body = body.map_err(|why| failed(&why))?.to_bytes();
    match status {
        200 => Ok(body.to_vec()),
        401 => Err(format!("{server} needs its key: start the dashboard with `--server-key KEY`")),
        404 | 405 => Err(format!("{server} is not a `llmock serve`")),
        other => Err(format!("{server} responded with status {other}")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_addresses_of_servers() {
        for (text, expected) in [
            ("http://127.0.0.1:8000", "http://127.0.0.1:8000"),
            ("http://localhost:9/history", "http://localhost:9"),
            ("http://[::1]:8000/", "http://[::1]:8000"),
            ("http://host", "http://host:80"),
        ] {
            assert_eq!(text.parse::<ServerUrl>().unwrap().to_string(), expected);
        }
        for text in [
            "",
            "8000",
            "127.0.0.1:8000",
            "https://host:1",
            "http://a@b:1",
            "ftp://host",
            "http://",
        ] {
            assert!(text.parse::<ServerUrl>().is_err(), "{text}");
        }
    }
}
