//! A provider that sends scripted responses, chunk by chunk, and keeps the requests it received.
//!
//! It uses threads and sockets, so llmock receives exactly the bytes of the script. A response waits for a
//! [`Gate`] that the test opens, not for the clock.

use std::io::{BufReader, Read as _, Write as _};
use std::net::{Shutdown, SocketAddr, TcpListener, TcpStream};
use std::path::Path;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Condvar, Mutex};
use std::time::Duration;

use llmock::{LlmMock, LlmMockBuilder, Mode, Provider};

use crate::PATIENCE;
use crate::client::{find, read_head};
use crate::scratch::answered;

/// A request as it arrived.
#[derive(Clone, Debug, Default)]
pub struct Request {
    /// In upper case.
    pub method: String,
    /// Path and query.
    pub target: String,
    /// Names in lower case.
    pub headers: Vec<(String, String)>,
    /// As sent, compressed or not.
    pub body: Vec<u8>,
}

impl Request {
    /// The first value of a header.
    pub fn header(&self, name: &str) -> Option<&str> {
        find(&self.headers, name)
    }

    /// The body as text.
    pub fn text(&self) -> String {
        String::from_utf8_lossy(&self.body).into_owned()
    }
}

/// A point at which a response waits until the test opens the gate.
#[derive(Clone, Debug, Default)]
pub struct Gate(Arc<(Mutex<bool>, Condvar)>);

impl Gate {
    /// Opens the gate for good.
    pub fn open(&self) {
        *self.0.0.lock().unwrap() = true;
        self.0.1.notify_all();
    }

    /// Returns when the gate is open.
    pub fn wait(&self) {
        let open = self.0.0.lock().unwrap();
        let (open, _) = self.0.1.wait_timeout_while(open, PATIENCE, |open| !*open).unwrap();
        assert!(*open, "the gate was not opened");
    }
}

#[derive(Clone, Debug)]
enum Step {
    /// Bytes as they go over the wire, in one write.
    Send(Vec<u8>),
    Pause(Duration),
    Wait(Gate),
}

/// The response to one request. The connection closes after it.
#[derive(Clone, Debug)]
pub struct Response {
    status: u16,
    headers: Vec<(String, String)>,
    before: Vec<Step>,
    body: Vec<Step>,
    chunked: bool,
    truncated: bool,
    /// Without a head: the steps are the whole message.
    raw: bool,
}

impl Response {
    /// A status and no body.
    pub fn status(status: u16) -> Self {
        let (headers, before, body) = (Vec::new(), Vec::new(), Vec::new());
        Self { status, headers, before, body, chunked: false, truncated: false, raw: false }
    }

    /// A JSON body in one piece, with a length.
    pub fn json(body: impl Into<Vec<u8>>) -> Self {
        Self::status(200).header("content-type", "application/json").body(body)
    }

    /// A stream of server-sent events, one chunk each.
    pub fn sse<T: Into<Vec<u8>>>(chunks: impl IntoIterator<Item = T>) -> Self {
        Self::status(200).header("content-type", "text/event-stream").chunks(chunks)
    }

    /// An error in `OpenAI`'s shape.
    pub fn error(status: u16, message: &str) -> Self {
        let body = format!(r#"{{"error":{{"message":"{message}","type":"scripted"}}}}"#);
        Self { status, ..Self::json(body) }
    }

    /// Closes the connection without a response.
    pub fn hang_up() -> Self {
        Self { raw: true, ..Self::status(0) }
    }

    /// Recorded bytes, with their heads and framing.
    pub fn raw(reads: impl IntoIterator<Item = Vec<u8>>) -> Self {
        Self { body: reads.into_iter().map(Step::Send).collect(), ..Self::hang_up() }
    }

    /// Replaces the status.
    #[must_use]
    pub fn with_status(self, status: u16) -> Self {
        Self { status, ..self }
    }

    /// Adds a header, also one that is there already.
    #[must_use]
    pub fn header(mut self, name: &str, value: &str) -> Self {
        self.headers.push((name.to_owned(), value.to_owned()));
        self
    }

    /// The whole body, with a length.
    #[must_use]
    pub fn body(mut self, body: impl Into<Vec<u8>>) -> Self {
        self.body = vec![Step::Send(body.into())];
        self
    }

    /// More of a body that has a length.
    #[must_use]
    pub fn then(mut self, bytes: impl Into<Vec<u8>>) -> Self {
        self.body.push(Step::Send(bytes.into()));
        self
    }

    /// One more HTTP chunk.
    #[must_use]
    pub fn chunk(mut self, bytes: impl Into<Vec<u8>>) -> Self {
        let bytes = bytes.into();
        let mut chunk = format!("{:x}\r\n", bytes.len()).into_bytes();
        chunk.extend(bytes);
        chunk.extend(b"\r\n");
        self.chunked = true;
        self.body.push(Step::Send(chunk));
        self
    }

    /// More HTTP chunks.
    #[must_use]
    pub fn chunks<T: Into<Vec<u8>>>(self, chunks: impl IntoIterator<Item = T>) -> Self {
        chunks.into_iter().fold(self, Self::chunk)
    }

    /// Waits until the gate opens.
    #[must_use]
    pub fn wait(mut self, gate: &Gate) -> Self {
        self.body.push(Step::Wait(gate.clone()));
        self
    }

    /// Waits a while.
    #[must_use]
    pub fn pause(mut self, pause: Duration) -> Self {
        self.body.push(Step::Pause(pause));
        self
    }

    /// Waits with the head of the response until the gate opens.
    #[must_use]
    pub fn after(mut self, gate: &Gate) -> Self {
        self.before.push(Step::Wait(gate.clone()));
        self
    }

    /// Closes the connection without the last chunk, or before the promised length.
    #[must_use]
    pub fn truncated(mut self) -> Self {
        self.truncated = true;
        self
    }

    fn head(&self, with_length: bool) -> Vec<u8> {
        let mut head = format!("HTTP/1.1 {} Scripted\r\nconnection: close\r\n", self.status);
        for (name, value) in &self.headers {
            head = format!("{head}{name}: {value}\r\n");
        }
        if self.chunked {
            head.push_str("transfer-encoding: chunked\r\n");
        } else if with_length {
            let sent = self.body.iter().map(|step| match step {
                Step::Send(bytes) => bytes.len(),
                _ => 0,
            });
            let promised = sent.sum::<usize>() + usize::from(self.truncated) * 100;
            head = format!("{head}content-length: {promised}\r\n");
        }
        head.push_str("\r\n");
        head.into_bytes()
    }

    fn send(&self, method: &str, connection: &mut TcpStream) -> std::io::Result<()> {
        perform(&self.before, connection)?;
        if !self.raw {
            connection.write_all(&self.head(self.status != 204 && self.status >= 200))?;
        }
        if method != "HEAD" {
            perform(&self.body, connection)?;
            if self.chunked && !self.truncated {
                connection.write_all(b"0\r\n\r\n")?;
            }
        }
        connection.shutdown(Shutdown::Write)
    }
}

fn perform(steps: &[Step], connection: &mut TcpStream) -> std::io::Result<()> {
    for step in steps {
        match step {
            Step::Send(bytes) => connection.write_all(bytes)?,
            Step::Pause(pause) => std::thread::sleep(*pause),
            Step::Wait(gate) => gate.wait(),
        }
    }
    Ok(())
}

type Script = dyn Fn(usize, &Request) -> Response + Send + Sync;

/// The provider. It lives until it is stopped or the process ends.
#[derive(Clone, Debug)]
pub struct Upstream {
    address: SocketAddr,
    shared: Arc<Shared>,
}

#[derive(Debug, Default)]
struct Shared {
    requests: Mutex<Vec<Request>>,
    arrived: Condvar,
    stopped: AtomicBool,
}

impl Upstream {
    /// Sends these responses in order of arrival, and the last one to every further request.
    pub fn start(responses: impl IntoIterator<Item = Response>) -> Self {
        let responses: Vec<Response> = responses.into_iter().collect();
        Self::scripted(move |at, _| responses[at.min(responses.len() - 1)].clone())
    }

    /// Responds to every `OpenAI` chat with this text.
    pub fn chat(text: &str) -> Self {
        Self::start([Response::json(answered(text))])
    }

    /// Computes each response from the request and its number, which counts from zero.
    pub fn scripted(script: impl Fn(usize, &Request) -> Response + Send + Sync + 'static) -> Self {
        let listener = TcpListener::bind(("127.0.0.1", 0)).unwrap();
        let address = listener.local_addr().unwrap();
        let upstream = Self { address, shared: Arc::default() };
        let (script, server) = (Arc::new(script) as Arc<Script>, upstream.clone());
        std::thread::spawn(move || {
            for connection in listener.incoming().map_while(Result::ok) {
                if server.shared.stopped.load(Ordering::SeqCst) {
                    return;
                }
                let (script, server) = (Arc::clone(&script), server.clone());
                std::thread::spawn(move || server.serve(connection, &*script));
            }
        });
        upstream
    }

    fn serve(&self, mut connection: TcpStream, script: &Script) {
        let _ = connection.set_nodelay(true);
        let Some(request) = read(&connection) else { return };
        let at = {
            let mut requests = self.shared.requests.lock().unwrap();
            requests.push(request.clone());
            self.shared.arrived.notify_all();
            requests.len() - 1
        };
        // A client may leave in the middle.
        let _ = script(at, &request).send(&request.method, &mut connection);
    }

    /// Refuses connections from now on.
    pub fn stop(self) {
        self.shared.stopped.store(true, Ordering::SeqCst);
        // Wakes the thread that accepts; it closes the listener.
        drop(TcpStream::connect(self.address));
        while TcpStream::connect(self.address).is_ok() {
            std::thread::sleep(Duration::from_millis(1));
        }
    }

    /// `http://127.0.0.1:PORT`.
    pub fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// The same with the path of `OpenAI`, for `OPENAI_BASE_URL`.
    pub fn openai_url(&self) -> String {
        format!("{}/v1", self.url())
    }

    /// Every request so far.
    pub fn requests(&self) -> Vec<Request> {
        self.shared.requests.lock().unwrap().clone()
    }

    /// Waits until this many requests have arrived.
    pub fn wait_for(&self, count: usize) {
        let requests = self.shared.requests.lock().unwrap();
        let waiting = |requests: &mut Vec<Request>| requests.len() < count;
        let (requests, _) =
            self.shared.arrived.wait_timeout_while(requests, PATIENCE, waiting).unwrap();
        assert!(requests.len() >= count, "{} of {count} requests arrived", requests.len());
    }

    /// A session of this test with this provider as its upstream.
    pub fn session(&self, mode: Mode, fixture: &Path, test: &str) -> LlmMockBuilder {
        LlmMock::builder()
            .fixture(fixture)
            .mode(mode)
            .test(test)
            .upstream(Provider::OpenAI, self.openai_url())
            .upstream(Provider::Anthropic, self.url())
            .upstream(Provider::Gemini, self.url())
            .upstream(Provider::Ollama, self.url())
    }

    /// The same in mode `record`.
    pub fn record(&self, fixture: &Path, test: &str) -> LlmMockBuilder {
        self.session(Mode::Record, fixture, test)
    }
}

/// A session without an upstream.
pub fn replay(fixture: &Path, test: &str) -> LlmMockBuilder {
    LlmMock::builder().fixture(fixture).test(test)
}

fn read(connection: &TcpStream) -> Option<Request> {
    let mut reader = BufReader::new(connection);
    let (line, headers) = read_head(&mut reader)?;
    let mut words = line.split(' ');
    let (method, target) = (words.next()?.to_owned(), words.next()?.to_owned());
    let mut request = Request { method, target, headers, body: Vec::new() };
    let length = request.header("content-length").and_then(|length| length.parse().ok());
    request.body = vec![0; length.unwrap_or(0)];
    reader.read_exact(&mut request.body).ok()?;
    Some(request)
}
