//! Clients that ask again as soon as they have their answer.
//!
//! They speak just as much HTTP as these answers need: a client on the same cores as the server must cost
//! little, or it is the client that is measured.

use std::io;
use std::time::{Duration, Instant};

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;

use super::Ask;

/// What some clients saw.
#[derive(Clone, Debug, Default)]
pub struct Seen {
    /// How long each answer took.
    pub times: Vec<Duration>,
    /// Connections that broke, and answers that were none.
    pub failed: usize,
    /// From the first question to the last answer.
    pub took: Duration,
    /// How long the server had a core for them.
    pub cpu: Duration,
}

impl Seen {
    /// Answers in a second.
    #[expect(clippy::cast_precision_loss, reason = "some million answers at most")]
    pub fn per_second(&self) -> f64 {
        self.times.len() as f64 / self.took.as_secs_f64()
    }

    /// What an answer costs the server.
    pub fn cpu_of_one(&self) -> Duration {
        let answers = u32::try_from(self.times.len()).unwrap_or(u32::MAX);
        self.cpu / answers.max(1)
    }
}

/// Lets that many clients ask for so long, each on a connection of its own that is kept open.
pub fn ask(ask: &Ask, clients: usize, during: Duration) -> Seen {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
    runtime.expect("a runtime").block_on(async {
        let started = Instant::now();
        let until = started + during;
        let tasks: Vec<_> =
            (0..clients).map(|at| tokio::spawn(client(ask.clone(), at as u64, until))).collect();
        let mut seen = Seen::default();
        for task in tasks {
            let one = task.await.expect("clients do not panic");
            seen.times.extend(one.times);
            seen.failed += one.failed;
        }
        seen.took = started.elapsed();
        seen.times.sort_unstable();
        seen
    })
}

async fn client(mut ask: Ask, at: u64, until: Instant) -> Seen {
    // numbers that no other client has
    let mut numbers = at * 100_000..;
    let mut seen = Seen::default();
    let mut connection = None;
    while Instant::now() < until {
        if connection.is_none() {
            connection = Connection::open(&ask).await.ok();
        }
        let Some(mut current) = connection.take() else {
            seen.failed += 1;
            tokio::time::sleep(Duration::from_millis(5)).await;
            continue;
        };
        let started = Instant::now();
        match current.exchange(ask.numbered(numbers.next().unwrap_or_default())).await {
            Ok(stays) => {
                seen.times.push(started.elapsed());
                connection = stays.then_some(current);
            }
            Err(_) => seen.failed += 1,
        }
    }
    seen
}

/// One answer, on a connection of its own: how a server is asked whether it is there.
pub async fn once(ask: &Ask) -> io::Result<()> {
    Connection::open(ask).await?.exchange(&ask.bytes).await.map(|_| ())
}

struct Connection {
    socket: TcpStream,
    answer: Vec<u8>,
}

impl Connection {
    async fn open(ask: &Ask) -> io::Result<Self> {
        let socket = TcpStream::connect(ask.address).await?;
        socket.set_nodelay(true)?;
        Ok(Self { socket, answer: Vec::with_capacity(16 << 10) })
    }

    /// Asks and reads the answer; whether the connection may be used again.
    async fn exchange(&mut self, bytes: &[u8]) -> io::Result<bool> {
        self.socket.write_all(bytes).await?;
        self.answer.clear();
        loop {
            if self.socket.read_buf(&mut self.answer).await? == 0 {
                return Err(io::ErrorKind::UnexpectedEof.into());
            }
            if let Some(head) = Head::of(&self.answer)?
                && head.is_over(&self.answer)
            {
                return Ok(head.stays);
            }
        }
    }
}

/// What the head of an answer says about its end.
struct Head {
    body: usize,
    length: Option<usize>,
    stays: bool,
}

impl Head {
    fn of(answer: &[u8]) -> io::Result<Option<Self>> {
        let Some(end) = answer.windows(4).position(|window| window == b"\r\n\r\n") else {
            return Ok(None);
        };
        let head = String::from_utf8_lossy(&answer[..end]).to_ascii_lowercase();
        if !head.starts_with("http/1.1 200") {
            return Err(io::Error::other(head));
        }
        let field = |name: &str| head.lines().find_map(|line| line.strip_prefix(name));
        let length = field("content-length:").and_then(|value| value.trim().parse().ok());
        let stays = field("connection:").is_none_or(|value| value.trim() != "close");
        Ok(Some(Self { body: end + 4, length, stays }))
    }

    fn is_over(&self, answer: &[u8]) -> bool {
        match self.length {
            Some(length) => answer.len() >= self.body + length,
            None => answer.ends_with(b"\r\n0\r\n\r\n"),
        }
    }
}
