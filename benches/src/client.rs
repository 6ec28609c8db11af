//! A client that costs next to nothing: one connection a request, plain sockets, no runtime.

use std::io::{self, Read as _, Write as _};
use std::net::{SocketAddr, TcpStream};
use std::time::{Duration, Instant};

/// A POST request with a JSON body, ready to be sent many times.
#[derive(Clone, Debug)]
pub struct Post {
    address: SocketAddr,
    bytes: Vec<u8>,
}

impl Post {
    /// `base` is a base URL such as `http://127.0.0.1:4000/s/0123/openai/v1`.
    pub fn new(base: &str, path: &str, body: &str) -> Self {
        let rest = base.strip_prefix("http://").unwrap_or(base);
        let (host, prefix) = rest.find('/').map_or((rest, ""), |at| rest.split_at(at));
        let bytes = format!(
            "POST {prefix}{path} HTTP/1.1\r\nhost: {host}\r\ncontent-type: application/json\r\n\
             accept: */*\r\nauthorization: Bearer none\r\ncontent-length: {}\r\n\r\n{body}",
            body.len()
        );
        Self { address: host.parse().expect("an address and a port"), bytes: bytes.into() }
    }

    /// Sends it, reads the answer to its end, and says how long that took.
    pub fn send(&self) -> Duration {
        self.exchange(200).expect("the server answers").1
    }

    /// The same for a request that nothing responds to.
    pub fn refused(&self) -> Duration {
        self.exchange(418).expect("the server answers").1
    }

    /// Sends it, and says when the first byte of the body came; reads the rest without counting it.
    pub fn first_byte(&self) -> Duration {
        self.exchange(200).expect("the server answers").0
    }

    fn exchange(&self, status: u16) -> io::Result<(Duration, Duration)> {
        let started = Instant::now();
        let mut socket = TcpStream::connect(self.address)?;
        socket.set_nodelay(true)?;
        socket.write_all(&self.bytes)?;
        let mut answer = Vec::with_capacity(64 * 1024);
        let mut buffer = [0; 16 * 1024];
        let mut first = None;
        loop {
            let read = socket.read(&mut buffer)?;
            if read == 0 {
                break;
            }
            answer.extend_from_slice(&buffer[..read]);
            if first.is_none() && has_body(&answer) {
                first = Some(started.elapsed());
            }
        }
        let whole = started.elapsed();
        let head = String::from_utf8_lossy(&answer[..answer.len().min(400)]);
        let expected = format!("HTTP/1.1 {status}");
        assert!(head.starts_with(&expected), "an answer that is not one: {head}");
        Ok((first.expect("the answer has a body"), whole))
    }
}

/// Whether anything follows the empty line.
fn has_body(answer: &[u8]) -> bool {
    let end = answer.windows(4).position(|window| window == b"\r\n\r\n");
    end.is_some_and(|end| answer.len() > end + 4)
}
