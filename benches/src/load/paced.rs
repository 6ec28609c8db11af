//! Thousands of slow streams at once: does each event come when it is due?

use std::io;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;

use super::Ask;

/// What to hold open.
#[derive(Clone, Copy, Debug)]
pub struct Plan {
    /// Streams, each on a connection of its own.
    pub streams: usize,
    /// Until all of them are asked for, evenly.
    pub ramp: Duration,
    /// Until the first event.
    pub first: Duration,
    /// From event to event.
    pub gap: Duration,
}

/// What came of it.
#[derive(Clone, Debug, Default)]
pub struct Held {
    /// How far from its time each event came, sorted.
    pub errors: Vec<Duration>,
    /// Streams that broke.
    pub failed: usize,
    /// The most streams that were open at once.
    pub most: usize,
    /// How late something would have come, each millisecond, that a thread without other work had to send: what the
    /// machine alone is late. Sorted.
    pub machine: Vec<Duration>,
}

/// Holds the streams open to their end.
pub fn hold(ask: &Ask, plan: Plan) -> Held {
    let over = Arc::new(AtomicBool::new(false));
    let watch = std::thread::spawn({
        let over = Arc::clone(&over);
        move || lateness(&over)
    });
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
    let mut held = runtime.expect("a runtime").block_on(streams(ask, plan));
    over.store(true, Ordering::Relaxed);
    held.machine = watch.join().expect("a thread that sleeps does not panic");
    held
}

/// How late a thread is that does nothing but sleep, for each millisecond until it is `over`.
fn lateness(over: &AtomicBool) -> Vec<Duration> {
    const STEP: Duration = Duration::from_millis(1);
    let mut lateness = Vec::new();
    while !over.load(Ordering::Relaxed) {
        let asleep = Instant::now();
        std::thread::sleep(STEP);
        // who was late by ten steps was late by nine for what was due in the next one
        let mut late = asleep.elapsed().saturating_sub(STEP);
        lateness.push(late);
        while late > STEP {
            late -= STEP;
            lateness.push(late);
        }
    }
    lateness.sort_unstable();
    lateness
}

async fn streams(ask: &Ask, plan: Plan) -> Held {
    let (open, most) = (Arc::new(AtomicUsize::new(0)), Arc::new(AtomicUsize::new(0)));
    let begin = Instant::now();
    let streams = u32::try_from(plan.streams).unwrap_or(u32::MAX).max(1);
    let tasks: Vec<_> = (0..streams)
        .map(|number| {
            let at = begin + plan.ramp * number / streams;
            let (ask, open, most) = (ask.clone(), Arc::clone(&open), Arc::clone(&most));
            tokio::spawn(async move {
                tokio::time::sleep_until(at.into()).await;
                stream(&ask, plan, &open, &most).await
            })
        })
        .collect();
    let mut held = Held::default();
    for task in tasks {
        match task.await.expect("clients do not panic") {
            Ok(errors) => held.errors.extend(errors),
            Err(_) => held.failed += 1,
        }
    }
    held.most = most.load(Ordering::Relaxed);
    held.errors.sort_unstable();
    held
}

async fn stream(
    ask: &Ask,
    plan: Plan,
    open: &AtomicUsize,
    most: &AtomicUsize,
) -> io::Result<Vec<Duration>> {
    let mut socket = TcpStream::connect(ask.address).await?;
    socket.set_nodelay(true)?;
    let asked = Instant::now();
    socket.write_all(&ask.bytes).await?;
    most.fetch_max(open.fetch_add(1, Ordering::Relaxed) + 1, Ordering::Relaxed);
    let errors = events(&mut socket, asked, plan).await;
    open.fetch_sub(1, Ordering::Relaxed);
    errors
}

async fn events(socket: &mut TcpStream, asked: Instant, plan: Plan) -> io::Result<Vec<Duration>> {
    let (mut errors, mut number, mut last) = (Vec::new(), 0_u32, 0);
    let (mut tail, mut buffer) = (Vec::new(), [0; 4096]);
    loop {
        let read = socket.read(&mut buffer).await?;
        if read == 0 {
            return Err(io::ErrorKind::UnexpectedEof.into());
        }
        let elapsed = asked.elapsed();
        for byte in &buffer[..read] {
            // an event ends with an empty line; the lines of the framing around it end with a return
            if *byte == b'\n' && last == b'\n' {
                let due = plan.first + plan.gap * number;
                errors.push(elapsed.abs_diff(due));
                number += 1;
            }
            last = *byte;
        }
        tail.extend_from_slice(&buffer[..read]);
        let end = b"\r\n0\r\n\r\n";
        if tail.ends_with(end) {
            return Ok(errors);
        }
        tail.drain(..tail.len().saturating_sub(end.len()));
    }
}
