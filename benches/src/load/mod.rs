//! Many clients at once, on a server in a process of its own.
//!
//! [`clients`] ask as fast as they are answered, [`paced`] holds many slow streams open, [`bare`] is the
//! limit that any server on hyper has, [`slow`] paces streams without llmock, [`process`] starts and weighs the contenders.

pub mod bare;
pub mod clients;
pub mod paced;
pub mod process;
pub mod slow;

use std::net::SocketAddr;
use std::ops::Range;

/// A request of chat completions, as the bytes that every client sends.
#[derive(Clone, Debug)]
pub struct Ask {
    /// Of the server.
    pub address: SocketAddr,
    bytes: Vec<u8>,
    /// Where in them a number stands that is another one each time.
    number: Option<Range<usize>>,
}

/// Stands in the words of a question that is asked with another number each time.
pub const NUMBER: &str = "00000000";

impl Ask {
    /// Asks for these words back, streamed or not; `headers` are whole lines.
    pub fn new(address: SocketAddr, words: &str, streams: bool, headers: &[String]) -> Self {
        let stream = if streams { r#","stream":true"# } else { "" };
        Self::demanding(address, words, stream, headers)
    }

    /// The same with further members of the body: `,"n":2`.
    pub fn demanding(address: SocketAddr, words: &str, more: &str, headers: &[String]) -> Self {
        let body = format!(
            r#"{{"model":"gpt-4o"{more},"messages":[{{"role":"user","content":"{words}"}}]}}"#
        );
        let headers: String = headers.iter().map(|line| format!("{line}\r\n")).collect();
        let bytes: Vec<u8> = format!(
            "POST /v1/chat/completions HTTP/1.1\r\nhost: {address}\r\ncontent-type: application/json\r\n\
             accept: */*\r\nauthorization: Bearer none\r\n{headers}content-length: {}\r\n\r\n{body}",
            body.len()
        )
        .into();
        let number = bytes.windows(NUMBER.len()).rposition(|window| window == NUMBER.as_bytes());
        Self { address, bytes, number: number.map(|at| at..at + NUMBER.len()) }
    }

    /// Sends the same to another path; the bytes have no number then.
    #[must_use]
    pub fn at(mut self, path: &str) -> Self {
        let text = String::from_utf8_lossy(&self.bytes);
        self.bytes = text.replacen("/v1/chat/completions", path, 1).into_bytes();
        self.number = None;
        self
    }

    /// The bytes to send, with that number if they have one.
    fn numbered(&mut self, mut number: u64) -> &[u8] {
        if let Some(digits) = self.number.clone() {
            for digit in self.bytes[digits].iter_mut().rev() {
                *digit = b'0' + (number % 10) as u8;
                number /= 10;
            }
        }
        &self.bytes
    }
}
