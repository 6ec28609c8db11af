//! A real model server to record from, and a wire that can be tapped and cut.

use std::io::{Read as _, Write as _};
use std::net::{Shutdown, SocketAddr, TcpListener, TcpStream};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread::{self, JoinHandle};

use crate::process;

/// Names the root of a model server that speaks the APIs of `OpenAI` (below `/v1`) and Anthropic.
pub const VARIABLE: &str = "LLMOCK_TEST_MODEL_URL";

/// The model server to record from; without one, says loudly that the test did nothing.
pub fn url() -> Option<String> {
    let url = std::env::var(VARIABLE).ok().filter(|url| !url.is_empty());
    if url.is_none() {
        process::skipped(&format!(
            "recording from a real model: {VARIABLE} is not set (scripts/local-model starts one)"
        ));
    }
    url.map(|url| url.trim_end_matches('/').to_owned())
}

/// A port that leads to a server until it is cut, and keeps what the server says.
#[derive(Debug)]
pub struct Wire {
    address: SocketAddr,
    shared: Arc<Shared>,
    accepting: Option<JoinHandle<()>>,
}

#[derive(Debug)]
struct Shared {
    server: SocketAddr,
    cut: AtomicBool,
    calls: Mutex<Vec<Call>>,
}

/// One connection.
#[derive(Debug)]
struct Call {
    sockets: [TcpStream; 2],
    heard: JoinHandle<Vec<u8>>,
}

impl Wire {
    /// Leads to this server.
    pub fn to(server: SocketAddr) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a port on 127.0.0.1");
        let address = listener.local_addr().expect("a bound port");
        let calls = Mutex::default();
        let shared = Arc::new(Shared { server, cut: AtomicBool::new(false), calls });
        let accepting = thread::spawn({
            let shared = Arc::clone(&shared);
            move || shared.accept(&listener)
        });
        Self { address, shared, accepting: Some(accepting) }
    }

    /// Leads to the server of a URL. Returns the URL that leads there through the wire.
    pub fn through(url: &str) -> (Self, String) {
        let rest = url.strip_prefix("http://").expect("an address of http");
        let (host, path) = rest.split_at(rest.find('/').unwrap_or(rest.len()));
        let wire = Self::to(host.parse().expect("an address and a port"));
        let url = format!("http://{}{path}", wire.address);
        (wire, url)
    }

    /// Where it listens.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// What the server has said since the last call, connection by connection, each to its end.
    pub fn heard(&self) -> Vec<Vec<u8>> {
        let calls: Vec<_> = self.shared.calls().drain(..).collect();
        calls.into_iter().map(|call| call.heard.join().expect("a listener")).collect()
    }

    /// Ends every connection and refuses new ones: the server is gone.
    pub fn cut(mut self) {
        self.end();
    }

    fn end(&mut self) {
        let Some(accepting) = self.accepting.take() else { return };
        self.shared.cut.store(true, Ordering::SeqCst);
        // Wakes the thread that accepts.
        drop(TcpStream::connect(self.address));
        let _ = accepting.join();
        for call in self.shared.calls().drain(..) {
            for socket in call.sockets {
                let _ = socket.shutdown(Shutdown::Both);
            }
            let _ = call.heard.join();
        }
    }
}

impl Drop for Wire {
    fn drop(&mut self) {
        self.end();
    }
}

impl Shared {
    fn calls(&self) -> MutexGuard<'_, Vec<Call>> {
        self.calls.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn accept(&self, listener: &TcpListener) {
        for client in listener.incoming() {
            if self.cut.load(Ordering::SeqCst) {
                return;
            }
            let Ok(client) = client else { continue };
            let Ok(server) = TcpStream::connect(self.server) else { continue };
            let sockets = [clone(&client), clone(&server)];
            let (from, to) = (clone(&client), clone(&server));
            thread::spawn(move || {
                // A client that hangs up does not keep us from hearing the server out.
                copy(from, to);
            });
            let heard = thread::spawn(move || {
                let heard = copy(server, clone(&client));
                let _ = client.shutdown(Shutdown::Both);
                heard
            });
            self.calls().push(Call { sockets, heard });
        }
    }
}

fn clone(socket: &TcpStream) -> TcpStream {
    let _ = socket.set_nodelay(true);
    socket.try_clone().expect("a handle on a socket")
}

/// Copies to the end, even when nobody takes it any more, and returns what passed.
fn copy(mut from: TcpStream, mut to: TcpStream) -> Vec<u8> {
    let mut passed = Vec::new();
    let mut buffer = [0; 16 * 1024];
    while let Ok(read) = from.read(&mut buffer)
        && read > 0
    {
        passed.extend_from_slice(&buffer[..read]);
        let _ = to.write_all(&buffer[..read]);
    }
    passed
}
