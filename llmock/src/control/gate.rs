//! [`Gate`]: a point at which a stream waits until the test lets it go on.

use std::fmt;
use std::panic::Location;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use llmock_rules::RequestSelector;
use tokio::runtime::Handle;
use tokio::sync::watch;

use crate::report::InVain;
use crate::sync::lock;
use crate::waiting::block_on;

/// How long a gate holds a stream, and how long a test waits for one. A test that needs more hangs.
pub(super) const PATIENCE: Duration = Duration::from_secs(30);

/// A point at which a streamed response waits; made by [`Hold::start`](crate::control::Hold::start).
///
/// Dropping it releases everything that it holds. Functions that wait have a twin for tests that are not `async`: they block
/// the thread, so a client on the same thread makes no progress meanwhile.
///
/// ```no_run
/// # use llmock::LlmMock;
/// # async fn program() {}
/// # async fn test(mock: &LlmMock) {
/// let gate = mock.hold_stream().at_event(3).start();
/// let program = tokio::spawn(program());
/// gate.reached().await;
/// program.abort();
/// gate.client_disconnected().await;
/// # }
/// ```
///
/// # Errors
///
/// A gate that no stream reaches fails the test at its end, and so does one that holds a stream for longer than 30 seconds,
/// which it then releases.
#[must_use = "dropping a gate releases what it holds"]
pub struct Gate {
    state: Arc<GateState>,
    /// Where timers run: the test may have no runtime of its own.
    timers: Handle,
}

/// The gate as the streams that it holds see it.
#[derive(Debug)]
pub(crate) struct GateState {
    pub(super) selector: RequestSelector,
    /// For every stream that fits, not only the next one.
    pub(super) is_for_all: bool,
    place: Place,
    inner: Mutex<Inner>,
    /// Counts changes.
    changed: watch::Sender<u64>,
}

/// Where a gate stands, in the test and in the stream.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Place {
    pub(crate) line: &'static Location<'static>,
    /// After this event.
    pub(crate) event: usize,
}

#[derive(Debug, Default)]
struct Inner {
    /// How many events may pass; `None` once it is open for good.
    allowed: Option<usize>,
    /// Requests that fit, whether or not it took their responses.
    fitting: usize,
    /// Streams that it has taken, and those of them that have ended.
    taken: usize,
    ended: usize,
    holding: usize,
    was_reached: bool,
    has_disconnected: bool,
    /// The test did not release a stream in time.
    was_forgotten: bool,
    /// The most events of a stream that ended.
    most_events: usize,
}

/// What a test waits for.
#[derive(Clone, Copy, Debug)]
enum Awaited {
    Held,
    Disconnected,
}

impl Gate {
    pub(super) fn new(state: Arc<GateState>, timers: Handle) -> Self {
        Self { state, timers }
    }

    /// Waits until a stream waits at the gate: its client has been sent all events before it.
    ///
    /// After [`release`](Self::release), until a stream waits again.
    ///
    /// # Panics
    ///
    /// At the line of the call, if the stream ends before, or if none arrives within 30 seconds.
    #[track_caller]
    pub fn reached(&self) -> impl Future<Output = ()> + use<> {
        self.wait(Awaited::Held, Location::caller())
    }

    /// [`reached`](Self::reached) for tests that are not `async`.
    #[track_caller]
    pub fn reached_blocking(&self) {
        block_on(self.wait(Awaited::Held, Location::caller()));
    }

    /// Waits until the client of a stream with this gate has disconnected before the stream ended.
    ///
    /// # Panics
    ///
    /// At the line of the call, if the stream ends before, or if that takes longer than 30 seconds.
    #[track_caller]
    pub fn client_disconnected(&self) -> impl Future<Output = ()> + use<> {
        self.wait(Awaited::Disconnected, Location::caller())
    }

    /// [`client_disconnected`](Self::client_disconnected) for tests that are not `async`.
    #[track_caller]
    pub fn client_disconnected_blocking(&self) {
        block_on(self.wait(Awaited::Disconnected, Location::caller()));
    }

    /// Lets this many more events pass; then the stream waits again.
    pub fn release(&self, events: usize) {
        self.state.change(|inner| {
            inner.allowed = inner.allowed.map(|allowed| allowed.saturating_add(events));
        });
    }

    /// Lets everything pass.
    pub fn release_all(&self) {
        self.state.open();
    }

    fn wait(
        &self,
        awaited: Awaited,
        line: &'static Location<'static>,
    ) -> impl Future<Output = ()> + use<> {
        let (state, timers) = (Arc::clone(&self.state), self.timers.clone());
        async move {
            let late = timers.spawn(async { tokio::time::sleep(PATIENCE).await });
            let mut late = std::pin::pin!(late);
            let mut changed = state.changed.subscribe();
            loop {
                match state.look(awaited) {
                    Ok(true) => break,
                    Ok(false) => {}
                    Err(problem) => panic!("{problem}, awaited at {line}"),
                }
                let next = std::pin::pin!(changed.changed());
                if !either(next, late.as_mut()).await {
                    let place = &state.place;
                    panic!("{place}: nothing happened within {PATIENCE:?}, awaited at {line}");
                }
            }
            late.abort();
        }
    }
}

impl Drop for Gate {
    fn drop(&mut self) {
        self.state.open();
    }
}

impl fmt::Debug for Gate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.state.fmt(f)
    }
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "the gate at event {} ({})", self.event, self.line)
    }
}

/// Waits for the first of two; whether it is the one on the left.
async fn either(
    left: std::pin::Pin<&mut impl Future>,
    right: std::pin::Pin<&mut impl Future>,
) -> bool {
    tokio::select! {
        biased;
        _ = left => true,
        _ = right => false,
    }
}

impl GateState {
    pub(super) fn new(selector: RequestSelector, is_for_all: bool, place: Place) -> Self {
        let inner = Inner { allowed: Some(place.event), ..Inner::default() };
        let (changed, _) = watch::channel(0);
        Self { selector, is_for_all, place, inner: Mutex::new(inner), changed }
    }

    fn change<T>(&self, change: impl FnOnce(&mut Inner) -> T) -> T {
        let changed = change(&mut lock(&self.inner));
        self.changed.send_modify(|count| *count += 1);
        changed
    }

    pub(crate) fn open(&self) {
        self.change(|inner| inner.allowed = None);
    }

    /// Whether what the test waits for has happened, or why it cannot any more.
    fn look(&self, awaited: Awaited) -> Result<bool, String> {
        let inner = lock(&self.inner);
        let has_happened = match awaited {
            Awaited::Held => inner.holding > 0 || (inner.was_reached && inner.allowed.is_none()),
            Awaited::Disconnected => inner.has_disconnected,
        };
        let has_ended = inner.taken > 0 && inner.ended == inner.taken && !self.is_for_all;
        if !has_happened && has_ended {
            let (place, events) = (self.place, inner.most_events);
            return Err(format!("{place}: the stream has ended after {events} events"));
        }
        Ok(has_happened)
    }

    /// Takes the response to a request that fits; `false` if the gate is for another one.
    pub(super) fn take(&self) -> bool {
        self.change(|inner| {
            inner.fitting += 1;
            let is_next = self.selector.request.is_none_or(|number| number == inner.fitting);
            let takes = is_next && inner.allowed.is_some() && (self.is_for_all || inner.taken == 0);
            inner.taken += usize::from(takes);
            takes
        })
    }

    /// Whether a stream that has sent so many events has to wait.
    pub(super) fn blocks(&self, events: usize) -> bool {
        lock(&self.inner).allowed.is_some_and(|allowed| events >= allowed)
    }

    /// Waits until a stream that has sent so many events may go on.
    pub(crate) async fn hold(&self, events: usize) {
        let mut changed = self.changed.subscribe();
        self.change(|inner| {
            inner.holding += 1;
            inner.was_reached = true;
        });
        let holding = Holding(self);
        let released = async {
            while self.blocks(events) {
                if changed.changed().await.is_err() {
                    return;
                }
            }
        };
        if tokio::time::timeout(PATIENCE, released).await.is_err() {
            self.change(|inner| inner.was_forgotten = true);
            self.open();
        }
        drop(holding);
    }

    pub(super) fn note_disconnected(&self) {
        self.change(|inner| inner.has_disconnected = true);
    }

    pub(super) fn note_end(&self, events: usize) {
        self.change(|inner| {
            inner.ended += 1;
            inner.most_events = inner.most_events.max(events);
        });
    }

    /// What was wrong with the gate, if the test has ended.
    pub(super) fn in_vain(&self) -> Option<InVain> {
        let (event, line) = (self.place.event, self.place.line.to_string());
        let inner = lock(&self.inner);
        if inner.was_forgotten {
            return Some(InVain::GateNotReleased { event, line, seconds: PATIENCE.as_secs() });
        }
        if inner.was_reached || inner.has_disconnected {
            return None;
        }
        let events = inner.most_events;
        Some(match inner.taken {
            0 => InVain::GateWithoutStream { event, line },
            _ => InVain::GateBehindEnd { event, line, events },
        })
    }
}

/// A stream at a gate, also if its client leaves there.
struct Holding<'a>(&'a GateState);

impl Drop for Holding<'_> {
    fn drop(&mut self) {
        self.0.change(|inner| inner.holding -= 1);
    }
}
