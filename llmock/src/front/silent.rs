//! Connections that have brought no request: their clients ask the right server in the wrong way.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use crate::report::Silence;
use crate::sync::lock;

/// More than a report shows.
const REMEMBERED: usize = 32;

/// How long a report waits for connections that are about to end.
const SETTLING: Duration = Duration::from_millis(100);

/// The last of them, and those that may yet bring a request.
#[derive(Debug, Default)]
pub(crate) struct SilentConnections(Mutex<VecDeque<Arc<SilentConnection>>>);

/// A connection without a request so far.
#[derive(Debug)]
pub(super) struct SilentConnection {
    opened: Instant,
    state: Mutex<State>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum State {
    Waiting,
    Served,
    Ended(Silence),
}

impl SilentConnections {
    pub(super) fn begin(&self) -> Arc<SilentConnection> {
        let state = Mutex::new(State::Waiting);
        let connection = Arc::new(SilentConnection { opened: Instant::now(), state });
        let mut all = lock(&self.0);
        all.retain(|one| *lock(&one.state) != State::Served);
        if all.len() == REMEMBERED {
            all.pop_front();
        }
        all.push_back(Arc::clone(&connection));
        connection
    }

    /// Why those since that moment have brought no request, each reason once.
    pub(crate) fn since(&self, moment: Instant) -> Vec<Silence> {
        let deadline = Instant::now() + SETTLING;
        loop {
            let states: Vec<State> = {
                let all = lock(&self.0);
                let recent = all.iter().filter(|one| one.opened >= moment);
                recent.map(|one| *lock(&one.state)).collect()
            };
            if !states.contains(&State::Waiting) || Instant::now() >= deadline {
                return reasons(&states);
            }
            std::thread::sleep(Duration::from_millis(5));
        }
    }
}

fn reasons(states: &[State]) -> Vec<Silence> {
    let mut reasons = Vec::new();
    for state in states {
        let reason = match state {
            State::Served => continue,
            State::Waiting => Silence::Incomplete,
            State::Ended(reason) => *reason,
        };
        if !reasons.contains(&reason) {
            reasons.push(reason);
        }
    }
    reasons
}

impl SilentConnection {
    /// It has brought a request.
    pub(super) fn serve(&self) {
        *lock(&self.state) = State::Served;
    }

    pub(super) fn is_served(&self) -> bool {
        *lock(&self.state) == State::Served
    }

    /// It has ended, after these first bytes.
    pub(super) fn end(&self, first: &[u8], error: Option<&hyper::Error>) {
        let mut state = lock(&self.state);
        if *state == State::Served {
            return;
        }
        *state = match error {
            _ if first.is_empty() => State::Served,
            _ if is_tls(first) => State::Ended(Silence::Tls),
            Some(error) if error.is_parse_too_large() => State::Ended(Silence::HeadTooLarge),
            Some(error) if error.is_parse() => State::Ended(Silence::NotHttp),
            _ => State::Ended(Silence::Incomplete),
        };
    }
}

/// Whether a connection begins with a handshake of TLS (RFC 8446 §5.1).
fn is_tls(first: &[u8]) -> bool {
    first.starts_with(&[0x16, 0x03])
}
