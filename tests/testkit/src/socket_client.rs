//! A blocking client of WebSockets.

use std::io::{Read as _, Write as _};
use std::net::TcpStream;

use tokio_tungstenite::tungstenite::client::IntoClientRequest as _;
use tokio_tungstenite::tungstenite::handshake::HandshakeError;
use tokio_tungstenite::tungstenite::http::{HeaderName, HeaderValue};
use tokio_tungstenite::tungstenite::{Error, Message, WebSocket, client};

use crate::PATIENCE;

/// An open socket.
#[derive(Debug)]
pub struct SocketClient(pub WebSocket<TcpStream>);

/// Why a socket was not opened: status and body.
pub type Refused = (u16, String);

impl SocketClient {
    /// Opens a socket at a server (`http://127.0.0.1:8000`), with these headers.
    pub fn open(origin: &str, target: &str, headers: &[(&str, &str)]) -> Result<Self, Refused> {
        let url = format!("{}{target}", origin.replacen("http", "ws", 1));
        let mut request = url.into_client_request().unwrap();
        for (name, value) in headers {
            let name = HeaderName::from_bytes(name.as_bytes()).unwrap();
            request.headers_mut().insert(name, HeaderValue::from_str(value).unwrap());
        }
        let stream = TcpStream::connect(request.uri().authority().unwrap().as_str()).unwrap();
        stream.set_read_timeout(Some(PATIENCE)).unwrap();
        stream.set_nodelay(true).unwrap();
        match client(request, stream) {
            Ok((client, _)) => Ok(Self(client)),
            Err(HandshakeError::Failure(Error::Http(response))) => {
                let body = response.body().clone().unwrap_or_default();
                Err((response.status().as_u16(), String::from_utf8_lossy(&body).into_owned()))
            }
            Err(error) => panic!("{error}"),
        }
    }

    /// Sends a text message.
    pub fn send(&mut self, text: impl Into<String>) {
        self.0.send(Message::text(text.into())).unwrap();
    }

    /// The next message that is no ping.
    pub fn read(&mut self) -> Result<Message, Error> {
        loop {
            match self.0.read() {
                Ok(Message::Ping(_) | Message::Pong(_)) => {}
                other => return other,
            }
        }
    }

    /// The text of the next message.
    #[track_caller]
    pub fn text(&mut self) -> String {
        match self.read() {
            Ok(message) => message.into_text().unwrap().to_string(),
            Err(error) => panic!("no message: {error}"),
        }
    }

    /// The next message as JSON.
    #[track_caller]
    pub fn json(&mut self) -> serde_json::Value {
        let text = self.text();
        serde_json::from_str(&text).unwrap_or_else(|error| panic!("{error}: {text:?}"))
    }

    /// All messages up to the one whose `type` this is.
    #[track_caller]
    pub fn until(&mut self, kind: &str) -> Vec<serde_json::Value> {
        let mut all = Vec::new();
        loop {
            all.push(self.json());
            let last = &all[all.len() - 1];
            if last["type"] == kind {
                return all;
            }
            assert!(last["type"] != "error" || kind == "error", "{last}");
        }
    }

    /// Code and reason with which the server closes the socket; what comes before is left out.
    #[track_caller]
    pub fn closed(&mut self) -> (u16, String) {
        loop {
            match self.read() {
                Ok(Message::Close(Some(frame))) => {
                    return (frame.code.into(), frame.reason.to_string());
                }
                Ok(_) => {}
                Err(error) => panic!("not closed: {error}"),
            }
        }
    }

    /// Closes the socket, and waits until the server has confirmed it.
    pub fn close(mut self) {
        let _ = self.0.close(None);
        while self.0.read().is_ok() {}
    }
}

/// Opens a socket and sends these bytes as they are. Returns what the server sends until it explains itself.
#[track_caller]
pub fn explanation_of(origin: &str, target: &str, bytes: &[u8]) -> String {
    let host = origin.trim_start_matches("http://");
    let mut stream = TcpStream::connect(host).unwrap();
    stream.set_read_timeout(Some(PATIENCE)).unwrap();
    let head = format!(
        "GET {target} HTTP/1.1\r\nHost: {host}\r\nAuthorization: Bearer any\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\
         Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n\r\n"
    );
    stream.write_all(&[head.as_bytes(), bytes].concat()).unwrap();
    let (mut all, mut buffer) = (Vec::new(), [0; 1024]);
    loop {
        let text = String::from_utf8_lossy(&all).into_owned();
        if text.contains("llmock: ") {
            return text;
        }
        let count = stream.read(&mut buffer).unwrap();
        assert!(count > 0, "no explanation: {text}");
        all.extend_from_slice(&buffer[..count]);
    }
}
