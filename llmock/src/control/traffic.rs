//! The responses of one session on their way: what is in force for them, and how many there are.

use std::panic::Location;
use std::sync::{Arc, Mutex};

use llmock_rules::{FaultKind, FaultRule, StreamRule};
use tokio::sync::watch;

use super::gate::GateState;
use super::requests::Selected;
use super::sweep::ran::{RanRequest, RanResponse};
use crate::random::SplitMix64;
use crate::report::InVain;
use crate::sync::lock;

/// Pace, chunks, gates and faults in force.
#[derive(Debug)]
pub(crate) struct Traffic {
    inner: Mutex<Inner>,
    /// Nothing is held back any more: the session ends.
    is_closed: watch::Sender<bool>,
    /// What happened to each request, in one run of a sweep.
    log: Option<Mutex<Vec<RanRequest>>>,
}

#[derive(Debug)]
struct Inner {
    stream: StreamRule,
    faults: Vec<Armed>,
    gates: Vec<Arc<GateState>>,
}

/// Where a fault was set, if that is a line of the test.
pub(crate) type Line = Option<&'static Location<'static>>;

/// A fault that waits for its requests.
#[derive(Debug)]
struct Armed {
    rule: FaultRule,
    line: Line,
    /// Whether it is a mistake if it never happens.
    is_expected: bool,
    fitting: usize,
    hits: u32,
    /// It changed a response, which a place behind its end does not.
    happened: bool,
    /// The most events and bytes of a response in which it did not happen.
    most: (usize, usize),
    random: SplitMix64,
}

/// A fault of one response.
#[derive(Clone, Debug)]
pub(crate) struct Hit {
    pub(crate) kind: FaultKind,
    index: usize,
}

#[cfg(feature = "server")]
impl Hit {
    /// Of the fault that was set first.
    pub(super) fn first(kind: FaultKind) -> Self {
        Self { kind, index: 0 }
    }
}

/// A response on its way.
#[derive(Debug)]
pub(crate) struct OnItsWay {
    traffic: Arc<Traffic>,
    /// The place of its request in the log.
    logged: Option<usize>,
}

impl Traffic {
    /// `seed` is for adversarial chunks that have none.
    pub(crate) fn new(
        stream: StreamRule,
        faults: impl IntoIterator<Item = (FaultRule, bool)>,
        seed: impl FnOnce() -> u64,
    ) -> Self {
        let stream = StreamRule { seed: stream.seed.or_else(|| Some(seed())), ..stream };
        let armed = |(rule, is_expected)| Armed::new(rule, None, is_expected);
        let faults = faults.into_iter().map(armed).collect();
        let inner = Mutex::new(Inner { stream, faults, gates: Vec::new() });
        Self { inner, is_closed: watch::channel(false).0, log: None }
    }

    /// Keeps what happens to each request.
    pub(crate) fn logging(self) -> Self {
        Self { log: Some(Mutex::default()), ..self }
    }

    pub(crate) fn is_logging(&self) -> bool {
        self.log.is_some()
    }

    /// What happened to each request.
    pub(crate) fn logged(&self) -> Vec<RanRequest> {
        self.log.as_ref().map(|log| lock(log).clone()).unwrap_or_default()
    }

    /// Of no session.
    pub(crate) fn idle() -> Self {
        Self::new(StreamRule::default(), [], || 0)
    }

    pub(crate) fn set_stream(&self, rule: StreamRule) {
        let mut inner = lock(&self.inner);
        let earlier = std::mem::take(&mut inner.stream);
        inner.stream = rule.or(earlier);
    }

    pub(crate) fn stream(&self) -> StreamRule {
        lock(&self.inner).stream.clone()
    }

    pub(crate) fn add_fault(&self, rule: FaultRule, line: Line) {
        lock(&self.inner).faults.push(Armed::new(rule, line, true));
    }

    pub(super) fn add_gate(&self, gate: Arc<GateState>) {
        lock(&self.inner).gates.push(gate);
    }

    /// The fault of the response to this request; the first that was set wins.
    pub(crate) fn fault(&self, request: &Selected<'_>) -> Option<Hit> {
        let mut hit = None;
        for (index, armed) in lock(&self.inner).faults.iter_mut().enumerate() {
            if request.fits(&armed.rule.selector) && armed.is_due(hit.is_none()) {
                hit = Some(Hit { kind: armed.rule.kind.clone(), index });
            }
        }
        hit
    }

    /// Notes that a fault has changed a response.
    pub(crate) fn note_happened(&self, hit: &Hit) {
        lock(&self.inner).faults[hit.index].happened = true;
    }

    /// Notes that a response ended, after so many events and bytes, before its fault.
    pub(super) fn note_behind_end(&self, hit: &Hit, events: usize, bytes: usize) {
        let (known_events, known_bytes) = &mut lock(&self.inner).faults[hit.index].most;
        *known_events = events.max(*known_events);
        *known_bytes = bytes.max(*known_bytes);
    }

    /// The gates of the response to this request.
    pub(crate) fn gates(&self, request: &Selected<'_>) -> Vec<Arc<GateState>> {
        let gates = lock(&self.inner).gates.clone();
        gates.into_iter().filter(|gate| request.fits(&gate.selector) && gate.take()).collect()
    }

    /// A response begins; `request` is for the log.
    pub(crate) fn begin(self: &Arc<Self>, request: Option<RanRequest>) -> OnItsWay {
        let logged = self.log.as_ref().zip(request).map(|(log, request)| {
            let mut log = lock(log);
            log.push(request);
            log.len() - 1
        });
        OnItsWay { traffic: Arc::clone(self), logged }
    }

    /// Releases everything that is held back.
    pub(crate) fn close(&self) {
        self.is_closed.send_replace(true);
        let gates = lock(&self.inner).gates.clone();
        for gate in &gates {
            gate.open();
        }
    }

    /// Waits until the session ends.
    pub(crate) async fn closed(&self) {
        let _ = self.is_closed.subscribe().wait_for(|is_closed| *is_closed).await;
    }

    /// What was set and had no effect.
    pub(crate) fn in_vain(&self) -> Vec<InVain> {
        let inner = lock(&self.inner);
        let gates = inner.gates.iter().filter_map(|gate| gate.in_vain());
        let idle = inner.faults.iter().filter(|armed| armed.is_expected && !armed.happened);
        gates.chain(idle.filter_map(Armed::in_vain)).collect()
    }
}

impl Armed {
    fn new(rule: FaultRule, line: Line, is_expected: bool) -> Self {
        let random = SplitMix64(rule.seed.unwrap_or_default());
        let (fitting, hits, happened, most) = (0, 0, false, (0, 0));
        Self { rule, line, is_expected, fitting, hits, happened, most, random }
    }

    /// Counts a request that fits; whether its response gets the fault. `is_free`: no other fault has it.
    fn is_due(&mut self, is_free: bool) -> bool {
        self.fitting += 1;
        let is_meant = self.rule.selector.request.is_none_or(|number| number == self.fitting);
        // Drawn for every request, so that one draw does not depend on another.
        let draw = self.random.signed().midpoint(1.0);
        let is_drawn = self.rule.probability.is_none_or(|share| draw < share);
        let is_left = self.rule.times.is_none_or(|times| self.hits < times);
        let is_due = is_free && is_meant && is_drawn && is_left;
        self.hits += u32::from(is_due);
        is_due
    }

    fn in_vain(&self) -> Option<InVain> {
        let rule = format!("fault({})", self.rule);
        let line = self.line.map(ToString::to_string);
        match self.rule.probability {
            _ if self.hits > 0 => {
                let (events, bytes) = self.most;
                Some(InVain::FaultBehindEnd { rule, line, events, bytes })
            }
            // Chance may draw none.
            Some(_) => None,
            None => Some(InVain::FaultWithoutRequest { rule, line }),
        }
    }
}

impl OnItsWay {
    pub(super) fn traffic(&self) -> &Arc<Traffic> {
        &self.traffic
    }

    /// Whether what its client is sent has to be known.
    pub(super) fn is_logged(&self) -> bool {
        self.logged.is_some()
    }

    pub(crate) fn note_faulty(&self) {
        self.note(|request| request.is_faulty = true);
    }

    pub(crate) fn note_response(&self, note: impl FnOnce(&mut RanResponse)) {
        self.note(|request| note(&mut request.response));
    }

    fn note(&self, note: impl FnOnce(&mut RanRequest)) {
        if let Some((log, at)) = self.traffic.log.as_ref().zip(self.logged) {
            note(&mut lock(log)[at]);
        }
    }
}
