//! A provider that says what a test tells it to say, chunk by chunk, and remembers what it was asked.
//!
//! Plain threads and sockets: what arrives at llmock is exactly what stands in the script, and waiting is
//! done on a [`Gate`] that the test opens, never on the clock.

use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::{Shutdown, SocketAddr, TcpListener, TcpStream};
use std::path::Path;
use std::sync::{Arc, Condvar, Mutex};
use std::time::Duration;

use llmock::{Builder, LlmMock, Mode, Provider};

/// Whoever waits longer than this waits for something that does not come.
const PATIENCE: Duration = Duration::from_secs(60);

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
        self.headers.iter().find(|(known, _)| known == name).map(|(_, value)| value.as_str())
    }

    /// The body as text.
    pub fn text(&self) -> String {
        String::from_utf8_lossy(&self.body).into_owned()
    }
}

/// Something to wait for until the test lets it pass.
#[derive(Clone, Debug, Default)]
pub struct Gate(Arc<(Mutex<bool>, Condvar)>);

impl Gate {
    /// Lets everyone pass from here on.
    pub fn open(&self) {
        *self.0.0.lock().unwrap() = true;
        self.0.1.notify_all();
    }

    /// Returns when it is open.
    pub fn wait(&self) {
        let open = self.0.0.lock().unwrap();
        let (open, _) = self.0.1.wait_timeout_while(open, PATIENCE, |open| !*open).unwrap();
        assert!(*open, "nobody opened the gate");
    }
}

#[derive(Clone, Debug)]
enum Step {
    /// Bytes as they go over the wire, in one write.
    Send(Vec<u8>),
    Pause(Duration),
    Wait(Gate),
}

/// What is said to one request: steps, then the connection closes.
#[derive(Clone, Debug)]
pub struct Answer {
    status: u16,
    headers: Vec<(String, String)>,
    before: Vec<Step>,
    body: Vec<Step>,
    chunked: bool,
    cut: bool,
    /// Without a head: the steps are the whole message.
    raw: bool,
}

impl Answer {
    /// A status and no body.
    pub fn status(status: u16) -> Self {
        let (headers, before, body) = (Vec::new(), Vec::new(), Vec::new());
        Self { status, headers, before, body, chunked: false, cut: false, raw: false }
    }

    /// A JSON body in one piece, with a length.
    pub fn json(body: impl Into<Vec<u8>>) -> Self {
        Self::status(200).header("content-type", "application/json").body(body)
    }

    /// A stream of server-sent events, one chunk each.
    pub fn sse<T: Into<Vec<u8>>>(chunks: impl IntoIterator<Item = T>) -> Self {
        let answer = Self::status(200).header("content-type", "text/event-stream");
        chunks.into_iter().fold(answer, Self::chunk)
    }

    /// An error in `OpenAI`'s shape.
    pub fn error(status: u16, message: &str) -> Self {
        let body = format!(r#"{{"error":{{"message":"{message}","type":"scripted"}}}}"#);
        Self { status, ..Self::json(body) }
    }

    /// Closes the connection before a byte was said.
    pub fn hang_up() -> Self {
        Self { raw: true, ..Self::status(0) }
    }

    /// Whole messages, heads and framing included, as somebody has recorded them.
    pub fn raw(reads: impl IntoIterator<Item = Vec<u8>>) -> Self {
        Self { body: reads.into_iter().map(Step::Send).collect(), ..Self::hang_up() }
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

    /// Goes on when the gate opens.
    #[must_use]
    pub fn wait(mut self, gate: &Gate) -> Self {
        self.body.push(Step::Wait(gate.clone()));
        self
    }

    /// Goes on after a while.
    #[must_use]
    pub fn pause(mut self, pause: Duration) -> Self {
        self.body.push(Step::Pause(pause));
        self
    }

    /// Says nothing at all until the gate opens.
    #[must_use]
    pub fn after(mut self, gate: &Gate) -> Self {
        self.before.push(Step::Wait(gate.clone()));
        self
    }

    /// Closes the connection without the last chunk, or before the promised length.
    #[must_use]
    pub fn cut(mut self) -> Self {
        self.cut = true;
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
            let promised = sent.sum::<usize>() + usize::from(self.cut) * 100;
            head = format!("{head}content-length: {promised}\r\n");
        }
        head.push_str("\r\n");
        head.into_bytes()
    }

    fn say(&self, method: &str, connection: &mut TcpStream) -> std::io::Result<()> {
        perform(&self.before, connection)?;
        if !self.raw {
            connection.write_all(&self.head(self.status != 204 && self.status >= 200))?;
        }
        if method != "HEAD" {
            perform(&self.body, connection)?;
            if self.chunked && !self.cut {
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

type Script = dyn Fn(usize, &Request) -> Answer + Send + Sync;

/// The provider; it lives as long as the process.
#[derive(Clone, Debug)]
pub struct Upstream {
    address: SocketAddr,
    seen: Arc<(Mutex<Vec<Request>>, Condvar)>,
}

impl Upstream {
    /// Gives these answers in order of arrival, the last one for ever.
    pub fn start(answers: impl IntoIterator<Item = Answer>) -> Self {
        let answers: Vec<Answer> = answers.into_iter().collect();
        Self::answering(move |at, _| answers[at.min(answers.len() - 1)].clone())
    }

    /// Answers by the request and its number, from zero.
    pub fn answering(script: impl Fn(usize, &Request) -> Answer + Send + Sync + 'static) -> Self {
        let listener = TcpListener::bind(("127.0.0.1", 0)).unwrap();
        let address = listener.local_addr().unwrap();
        let upstream = Self { address, seen: Arc::default() };
        let (script, desk) = (Arc::new(script) as Arc<Script>, upstream.clone());
        std::thread::spawn(move || {
            for connection in listener.incoming().map_while(Result::ok) {
                let (script, desk) = (Arc::clone(&script), desk.clone());
                std::thread::spawn(move || desk.serve(connection, &*script));
            }
        });
        upstream
    }

    fn serve(&self, mut connection: TcpStream, script: &Script) {
        let Some(request) = read(&connection) else { return };
        let at = {
            let mut seen = self.seen.0.lock().unwrap();
            seen.push(request.clone());
            self.seen.1.notify_all();
            seen.len() - 1
        };
        // A client may leave in the middle.
        let _ = script(at, &request).say(&request.method, &mut connection);
    }

    /// `http://127.0.0.1:PORT`.
    pub fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// Every request so far.
    pub fn requests(&self) -> Vec<Request> {
        self.seen.0.lock().unwrap().clone()
    }

    /// Waits until this many requests have arrived.
    pub fn wait_for(&self, requests: usize) {
        let seen = self.seen.0.lock().unwrap();
        let (seen, _) =
            self.seen.1.wait_timeout_while(seen, PATIENCE, |seen| seen.len() < requests).unwrap();
        assert!(seen.len() >= requests, "{} of {requests} requests arrived", seen.len());
    }

    /// A session of this test that asks this provider.
    pub fn session(&self, mode: Mode, fixture: &Path, test: &str) -> Builder {
        LlmMock::builder()
            .fixture(fixture)
            .mode(mode)
            .test(test)
            .upstream(Provider::OpenAI, format!("{}/v1", self.url()))
            .upstream(Provider::Anthropic, self.url())
            .upstream(Provider::Gemini, self.url())
            .upstream(Provider::Ollama, self.url())
    }

    /// The same in mode `record`.
    pub fn record(&self, fixture: &Path, test: &str) -> Builder {
        self.session(Mode::Record, fixture, test)
    }
}

/// A session that asks nobody.
pub fn replay(fixture: &Path, test: &str) -> Builder {
    LlmMock::builder().fixture(fixture).test(test)
}

fn read(connection: &TcpStream) -> Option<Request> {
    let mut reader = BufReader::new(connection);
    let mut lines = Vec::new();
    loop {
        let mut line = String::new();
        reader.read_line(&mut line).ok().filter(|read| *read > 0)?;
        match line.trim_end() {
            "" => break,
            line => lines.push(line.to_owned()),
        }
    }
    let mut words = lines.first()?.split(' ');
    let (method, target) = (words.next()?.to_owned(), words.next()?.to_owned());
    let headers: Vec<(String, String)> = lines[1..]
        .iter()
        .filter_map(|line| line.split_once(':'))
        .map(|(name, value)| (name.to_ascii_lowercase(), value.trim().to_owned()))
        .collect();
    let mut request = Request { method, target, headers, body: Vec::new() };
    let length = request.header("content-length").and_then(|length| length.parse().ok());
    request.body = vec![0; length.unwrap_or(0)];
    reader.read_exact(&mut request.body).ok()?;
    Some(request)
}
