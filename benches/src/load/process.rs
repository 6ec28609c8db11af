//! Servers as their users start them.

use std::io;
use std::net::{Ipv4Addr, SocketAddr, TcpListener};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use super::{Ask, clients};

/// How long a server may take until it answers.
const PATIENCE: Duration = Duration::from_secs(20);

/// How a server is started: the words of a command, in which `{port}` stands for the port.
#[derive(Clone, Debug)]
pub struct Recipe {
    /// What it is called in tables.
    pub name: String,
    /// The program and its arguments.
    pub words: Vec<String>,
}

/// A running server, ended when dropped.
#[derive(Debug)]
pub struct Server {
    child: Child,
    /// Where it listens.
    pub address: SocketAddr,
    /// From the start of its process to its first answer.
    pub started_in: Duration,
}

impl Recipe {
    /// `name=program argument …`.
    pub fn parse(text: &str) -> Option<Self> {
        let (name, words) = text.split_once('=')?;
        let words: Vec<String> = words.split_whitespace().map(str::to_owned).collect();
        (!words.is_empty()).then(|| Self { name: name.to_owned(), words })
    }

    /// Starts it and waits for its first answer.
    pub fn start(&self) -> io::Result<Server> {
        let port = TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?.local_addr()?.port();
        let address = SocketAddr::from((Ipv4Addr::LOCALHOST, port));
        let words = self.words.iter().map(|word| word.replace("{port}", &port.to_string()));
        let words: Vec<String> = words.collect();
        let (program, arguments) = words.split_first().expect("a recipe has a program");
        let started = Instant::now();
        let mut command = Command::new(program);
        command.args(arguments).stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
        let mut server = Server { child: command.spawn()?, address, started_in: Duration::ZERO };
        server.wait(started)?;
        Ok(server)
    }
}

impl Server {
    fn wait(&mut self, started: Instant) -> io::Result<()> {
        let ask = Ask::new(self.address, "hello", false, &[]);
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
        loop {
            match runtime.block_on(clients::once(&ask)) {
                Ok(()) => break,
                Err(error) if started.elapsed() > PATIENCE => return Err(error),
                Err(_) => {}
            }
            if let Some(status) = self.child.try_wait()? {
                return Err(io::Error::other(format!("it ended with {status}")));
            }
            std::thread::sleep(Duration::from_micros(200));
        }
        self.started_in = started.elapsed();
        Ok(())
    }

    /// How long it has had a core, all its threads together; zero where `/proc` is not.
    pub fn cpu(&self) -> Duration {
        let threads = std::fs::read_dir(format!("/proc/{}/task", self.child.id()));
        let nanoseconds = threads.into_iter().flatten().flatten().filter_map(|thread| {
            let times = std::fs::read_to_string(thread.path().join("schedstat")).ok()?;
            times.split(' ').next()?.parse::<u64>().ok()
        });
        Duration::from_nanos(nanoseconds.sum())
    }

    /// Kilobytes in memory now, and the most there were; `None` where `/proc` is not.
    pub fn memory(&self) -> Option<(u64, u64)> {
        let status = std::fs::read_to_string(format!("/proc/{}/status", self.child.id())).ok()?;
        let field = |name: &str| -> Option<u64> {
            let line = status.lines().find_map(|line| line.strip_prefix(name))?;
            line.trim().trim_end_matches(" kB").parse().ok()
        };
        Some((field("VmRSS:")?, field("VmHWM:")?))
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
