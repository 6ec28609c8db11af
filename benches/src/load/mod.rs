//! Many clients at once, on a server in a process of its own.
//!
//! [`clients`] ask as fast as they are answered, [`paced`] holds many slow streams open, [`bare`] is the
//! limit that any server on hyper has, [`process`] starts and weighs the contenders.

pub mod bare;
pub mod clients;
pub mod paced;
pub mod process;

use std::net::SocketAddr;

/// A request of chat completions, as the bytes that every client sends.
#[derive(Clone, Debug)]
pub struct Ask {
    /// Of the server.
    pub address: SocketAddr,
    bytes: Vec<u8>,
}

impl Ask {
    /// Asks for these words back, streamed or not; `headers` are whole lines.
    pub fn new(address: SocketAddr, words: &str, streams: bool, headers: &[String]) -> Self {
        let stream = if streams { r#","stream":true"# } else { "" };
        let body = format!(
            r#"{{"model":"gpt-4o"{stream},"messages":[{{"role":"user","content":"{words}"}}]}}"#
        );
        let headers: String = headers.iter().map(|line| format!("{line}\r\n")).collect();
        let bytes = format!(
            "POST /v1/chat/completions HTTP/1.1\r\nhost: {address}\r\ncontent-type: application/json\r\n\
             accept: */*\r\nauthorization: Bearer none\r\n{headers}content-length: {}\r\n\r\n{body}",
            body.len()
        );
        Self { address, bytes: bytes.into() }
    }
}
