//! Requests that come again and again, as those of a load test do: read and decided about once.
//!
//! Only where the answer follows from the request and the configuration alone: not from recordings, and not from a
//! provider. Answers still have a moment and ids of their own.

use std::hash::BuildHasher as _;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use arc_swap::ArcSwapOption;
use foldhash::fast::RandomState;
use http::header::UPGRADE;
use llmock::reply::{Reading, Reply, Template};

use super::ask::Ask;
use super::dispatch::Decided;
use super::routes::Route;

/// Requests that are known at a time. With what they may hold these are 10 MB at most.
const KEPT: usize = 128;

/// Longer bodies are not kept.
const LONGEST_BODY: usize = 16 * 1024;

/// The requests that came again since the configuration was put in force.
#[derive(Debug)]
pub(crate) struct Repeats {
    slots: Box<[Slot]>,
    hasher: RandomState,
}

#[derive(Debug, Default)]
struct Slot {
    /// The digest of the last request that was not known.
    last: AtomicU64,
    known: ArcSwapOption<Known>,
}

#[derive(Debug)]
struct Known {
    route: Arc<Route>,
    body: Box<[u8]>,
    /// `None` where answers have no template, so that nobody looks for one again.
    answer: Option<Template>,
    by: &'static str,
    model: Option<String>,
}

impl Known {
    fn is(&self, ask: &Ask) -> bool {
        Arc::ptr_eq(&self.route, &ask.route) && self.body[..] == ask.body[..]
    }
}

/// Where a request is kept, or would be.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Place<'a> {
    slot: &'a Slot,
    digest: u64,
}

impl Default for Repeats {
    fn default() -> Self {
        let slots = (0..KEPT).map(|_| Slot::default()).collect();
        Self { slots, hasher: RandomState::default() }
    }
}

impl Repeats {
    /// The place of a request; `None` for those that are never kept.
    pub(crate) fn place(&self, ask: &Ask) -> Option<Place<'_>> {
        if ask.body.len() > LONGEST_BODY || ask.headers.contains_key(UPGRADE) {
            return None;
        }
        let digest = self.hasher.hash_one((Arc::as_ptr(&ask.route), &*ask.body));
        #[expect(clippy::cast_possible_truncation, reason = "of a digest any bits will do")]
        let slot = &self.slots[digest as usize % KEPT];
        Some(Place { slot, digest })
    }
}

impl Place<'_> {
    /// The answer to a request that is known.
    pub(crate) fn answer(&self, ask: &Ask, created: u64, number: u64) -> Option<Decided> {
        let known = self.slot.known.load();
        let known = known.as_ref().filter(|known| known.is(ask))?;
        Some(Decided {
            answer: known.answer.as_ref()?.render(created, number).into(),
            by: known.by,
            model: known.model.clone(),
            recorded: None,
        })
    }

    /// Keeps a request when it comes for the second time in a row; whoever asks something else each time pays
    /// nothing for what is never asked again.
    pub(crate) fn keep(
        &self,
        ask: &Ask,
        reading: &Reading<'_>,
        reply: &Reply,
        by: &'static str,
        model: Option<&str>,
    ) {
        let came_before = self.slot.last.swap(self.digest, Ordering::Relaxed) == self.digest;
        if !came_before || self.slot.known.load().as_ref().is_some_and(|known| known.is(ask)) {
            return;
        }
        let answer = reading.template(reply);
        let (route, body) = (Arc::clone(&ask.route), ask.body[..].into());
        let known = Known { route, body, answer, by, model: model.map(str::to_owned) };
        self.slot.known.store(Some(Arc::new(known)));
    }
}
