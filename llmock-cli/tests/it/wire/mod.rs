//! Both sides of a server as bytes on sockets: a provider that says what a test scripts, a client that
//! sees every chunk.

pub(crate) mod server;

use std::fmt::Write as _;
use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::{Shutdown, TcpListener, TcpStream};
use std::sync::mpsc::{Receiver, Sender, channel};
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::Duration;

/// Nothing here takes so long unless it hangs.
const PATIENCE: Duration = Duration::from_secs(30);

/// A request as the provider received it.
#[derive(Clone, Debug)]
pub(crate) struct Received {
    pub(crate) target: String,
    pub(crate) headers: Vec<(String, String)>,
    pub(crate) body: Vec<u8>,
}

impl Received {
    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(known, _)| known == name).map(|(_, value)| value.as_str())
    }
}

/// What a provider does with a connection, step by step.
#[derive(Debug)]
pub(crate) enum Step {
    Send(Vec<u8>),
    /// Goes on when the test says so.
    Wait(Receiver<()>),
}

/// An answer with a length.
pub(crate) fn whole(status: &str, headers: &str, body: &[u8]) -> Vec<Step> {
    let head = format!(
        "HTTP/1.1 {status}\r\n{headers}content-length: {}\r\nconnection: close\r\n\r\n",
        body.len()
    );
    vec![Step::Send([head.as_bytes(), body].concat())]
}

/// The head of an answer in chunks.
pub(crate) fn chunked(headers: &str) -> Step {
    let framing = "transfer-encoding: chunked\r\nconnection: close\r\n\r\n";
    Step::Send(format!("HTTP/1.1 200 OK\r\n{headers}{framing}").into_bytes())
}

/// One chunk; an empty one is the end.
pub(crate) fn chunk(bytes: &[u8]) -> Step {
    Step::Send([format!("{:x}\r\n", bytes.len()).as_bytes(), bytes, b"\r\n"].concat())
}

/// A provider on this machine; it goes away when it is dropped.
#[derive(Debug)]
pub(crate) struct Upstream {
    pub(crate) origin: String,
    seen: Arc<Mutex<Vec<Received>>>,
    listener: TcpListener,
}

impl Upstream {
    /// `script` is asked for every request; each has a connection of its own.
    pub(crate) fn start(script: impl Fn(&Received) -> Vec<Step> + Send + Sync + 'static) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let origin = format!("http://{}", listener.local_addr().unwrap());
        let seen: Arc<Mutex<Vec<Received>>> = Arc::default();
        let (accepting, noted) = (listener.try_clone().unwrap(), Arc::clone(&seen));
        let script = Arc::new(script);
        thread::spawn(move || {
            for socket in accepting.incoming() {
                let Ok(socket) = socket else { return };
                let (noted, script) = (Arc::clone(&noted), Arc::clone(&script));
                thread::spawn(move || serve(socket, &noted, &*script));
            }
        });
        Self { origin, seen, listener }
    }

    pub(crate) fn seen(&self) -> Vec<Received> {
        self.seen.lock().unwrap().clone()
    }
}

impl Drop for Upstream {
    fn drop(&mut self) {
        // The clone in the thread shares this socket, so its next `accept` fails.
        let _ = self.listener.set_nonblocking(true);
        let address = self.listener.local_addr();
        let _ = address.map(TcpStream::connect);
    }
}

fn serve(
    socket: TcpStream,
    seen: &Mutex<Vec<Received>>,
    script: &(dyn Fn(&Received) -> Vec<Step> + Send + Sync),
) {
    socket.set_nodelay(true).unwrap();
    let mut reader = BufReader::new(socket.try_clone().unwrap());
    let Some((line, headers)) = head(&mut reader) else { return };
    let mut words = line.split(' ').map(str::to_owned);
    let target = words.nth(1).unwrap();
    let length = headers.iter().find(|(name, _)| name == "content-length");
    let mut body = vec![0; length.map_or(0, |(_, length)| length.parse().unwrap())];
    reader.read_exact(&mut body).unwrap();
    let received = Received { target, headers, body };
    seen.lock().unwrap().push(received.clone());
    let mut socket = socket;
    for step in script(&received) {
        match step {
            Step::Send(bytes) => {
                if socket.write_all(&bytes).is_err() {
                    return;
                }
            }
            // A test that has failed says nothing any more.
            Step::Wait(gate) => drop(gate.recv_timeout(PATIENCE)),
        }
    }
    let _ = socket.shutdown(Shutdown::Both);
}

/// Start line and headers, names in lower case.
fn head(reader: &mut impl std::io::BufRead) -> Option<(String, Vec<(String, String)>)> {
    let mut line = String::new();
    let mut next = || {
        line.clear();
        let length = reader.read_line(&mut line).ok()?;
        (length > 0).then(|| line.trim_end().to_owned())
    };
    let start = next()?;
    let mut headers = Vec::new();
    loop {
        let line = next()?;
        let Some((name, value)) = line.split_once(':') else { break };
        headers.push((name.to_ascii_lowercase(), value.trim().to_owned()));
    }
    Some((start, headers))
}

/// A way for a test to let a provider go on.
pub(crate) fn gate() -> (Sender<()>, Step) {
    let (open, wait) = channel();
    (open, Step::Wait(wait))
}

/// A request to be sent.
#[derive(Clone, Debug)]
pub(crate) struct Ask {
    pub(crate) method: &'static str,
    pub(crate) path: String,
    pub(crate) headers: Vec<(&'static str, String)>,
    pub(crate) body: Vec<u8>,
}

impl Ask {
    pub(crate) fn post(path: &str, body: impl Into<Vec<u8>>) -> Self {
        let headers = vec![("content-type", "application/json".to_owned())];
        Self { method: "POST", path: path.to_owned(), headers, body: body.into() }
    }

    pub(crate) fn get(path: &str) -> Self {
        Self { method: "GET", path: path.to_owned(), headers: Vec::new(), body: Vec::new() }
    }

    pub(crate) fn delete(path: &str) -> Self {
        Self { method: "DELETE", ..Self::get(path) }
    }

    pub(crate) fn header(mut self, name: &'static str, value: &str) -> Self {
        self.headers.push((name, value.to_owned()));
        self
    }

    /// Sends it on a connection of its own, whose answer is yet to be read.
    pub(crate) fn begin(&self, origin: &str) -> Answering {
        let address = origin.strip_prefix("http://").unwrap();
        let mut socket = TcpStream::connect(address).unwrap();
        socket.set_read_timeout(Some(PATIENCE)).unwrap();
        let mut head = format!("{} {} HTTP/1.1\r\nhost: {address}\r\n", self.method, self.path);
        for (name, value) in &self.headers {
            write!(head, "{name}: {value}\r\n").unwrap();
        }
        write!(head, "connection: close\r\ncontent-length: {}\r\n\r\n", self.body.len()).unwrap();
        socket.write_all(&[head.as_bytes(), &self.body].concat()).unwrap();
        let mut reader = BufReader::new(socket);
        let (line, headers) = self::head(&mut reader).expect("the head of an answer");
        let status = line.split(' ').nth(1).unwrap().parse().unwrap();
        Answering { status, headers, reader }
    }

    /// Sends it and reads the whole answer.
    pub(crate) fn send(&self, origin: &str) -> Heard {
        self.begin(origin).finish()
    }
}

/// An answer whose head has come.
#[derive(Debug)]
pub(crate) struct Answering {
    pub(crate) status: u16,
    pub(crate) headers: Vec<(String, String)>,
    reader: BufReader<TcpStream>,
}

/// A whole answer.
#[derive(Debug)]
pub(crate) struct Heard {
    pub(crate) status: u16,
    pub(crate) headers: Vec<(String, String)>,
    /// As they were divided on the wire; an answer with a length is one.
    pub(crate) chunks: Vec<Vec<u8>>,
    /// The connection was closed before the end of the answer.
    pub(crate) cut: bool,
}

impl Answering {
    fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(known, _)| known == name).map(|(_, value)| value.as_str())
    }

    /// The next chunk; `None` is the end, an error a cut.
    pub(crate) fn chunk(&mut self) -> std::io::Result<Option<Vec<u8>>> {
        let mut line = String::new();
        if self.reader.read_line(&mut line)? == 0 {
            return Err(std::io::ErrorKind::UnexpectedEof.into());
        }
        let size = usize::from_str_radix(line.trim_end(), 16).expect("the size of a chunk");
        let mut bytes = vec![0; size + 2];
        self.reader.read_exact(&mut bytes)?;
        bytes.truncate(size);
        Ok((size > 0).then_some(bytes))
    }

    pub(crate) fn finish(mut self) -> Heard {
        let (mut chunks, mut cut) = (Vec::new(), false);
        if self.header("transfer-encoding") == Some("chunked") {
            loop {
                match self.chunk() {
                    Ok(Some(chunk)) => chunks.push(chunk),
                    Ok(None) => break,
                    Err(_) => {
                        cut = true;
                        break;
                    }
                }
            }
        } else {
            let length = self.header("content-length").map(|length| length.parse().unwrap());
            let mut body = Vec::new();
            cut = self.reader.read_to_end(&mut body).is_err()
                || length.is_some_and(|length: usize| length != body.len());
            chunks.push(body);
        }
        Heard { status: self.status, headers: self.headers, chunks, cut }
    }
}

impl Heard {
    pub(crate) fn bytes(&self) -> Vec<u8> {
        self.chunks.concat()
    }

    pub(crate) fn text(&self) -> String {
        String::from_utf8_lossy(&self.bytes()).into_owned()
    }

    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(known, _)| known == name).map(|(_, value)| value.as_str())
    }
}

/// What a test must see within a while, looked at again and again.
pub(crate) fn soon<T>(what: &str, mut look: impl FnMut() -> Option<T>) -> T {
    let begun = std::time::Instant::now();
    loop {
        if let Some(found) = look() {
            return found;
        }
        assert!(begun.elapsed() < PATIENCE, "{what} has not happened");
        thread::sleep(Duration::from_millis(5));
    }
}
