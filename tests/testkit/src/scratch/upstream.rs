//! A provider to record from: answers every request on a port of this process.

use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::{TcpListener, TcpStream};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread;

use super::fixture::answered;

/// A server that says the same to everybody, and remembers how often.
#[derive(Debug)]
pub struct Upstream {
    url: String,
    requests: Arc<Mutex<usize>>,
}

impl Upstream {
    /// Answers every chat with this text.
    pub fn start(answer: &str) -> Self {
        Self::with_status(200, &answered(answer))
    }

    /// Answers every request with this status and JSON body.
    pub fn with_status(status: u16, body: &str) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a port on this machine");
        let address = listener.local_addr().expect("a bound port has an address");
        let requests = Arc::new(Mutex::new(0));
        let (counter, body) = (Arc::clone(&requests), body.to_owned());
        // Ends with the process: there is nothing to clean up.
        thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                *counter.lock().unwrap_or_else(PoisonError::into_inner) += 1;
                let _ = serve(stream, status, &body);
            }
        });
        Self { url: format!("http://{address}/v1"), requests }
    }

    /// What `OPENAI_BASE_URL` is set to.
    pub fn url(&self) -> &str {
        &self.url
    }

    /// How many requests have come.
    pub fn requests(&self) -> usize {
        *self.requests.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn serve(stream: TcpStream, status: u16, body: &str) -> std::io::Result<()> {
    let mut reader = BufReader::new(stream);
    let mut length = 0;
    loop {
        let mut line = String::new();
        if reader.read_line(&mut line)? == 0 || line == "\r\n" {
            break;
        }
        if let Some(value) = line.to_ascii_lowercase().strip_prefix("content-length:") {
            length = value.trim().parse().unwrap_or(0);
        }
    }
    std::io::copy(&mut reader.by_ref().take(length), &mut std::io::sink())?;
    write!(
        reader.get_mut(),
        "HTTP/1.1 {status} Said\r\ncontent-type: application/json\r\nconnection: close\r\n\
         content-length: {}\r\n\r\n{body}",
        body.len()
    )
}
