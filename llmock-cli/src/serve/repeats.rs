//! Serves repeated requests, such as those of a load test, from templates of their answers.
//!
//! Only where the answer depends on nothing but the request and the configuration: not on recordings, and not on a
//! provider. Each answer still has a time and ids of its own.

use std::hash::BuildHasher as _;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use arc_swap::ArcSwapOption;
use foldhash::fast::RandomState;
use http::header::UPGRADE;
use llmock::reply::{Reading, Reply, Template};

use super::answer::Decided;
use super::ask::Ask;
use super::routes::Route;

/// How many requests are known at a time; at most 10 MB with everything they hold.
const KEPT: usize = 128;

/// Longer bodies are not kept.
const LONGEST_BODY: usize = 16 * 1024;

/// The repeated requests since the configuration took effect.
#[derive(Debug)]
pub(crate) struct Repeats {
    slots: Box<[Slot]>,
    hasher: RandomState,
}

#[derive(Debug, Default)]
struct Slot {
    /// The digest of the last unknown request.
    last: AtomicU64,
    known: ArcSwapOption<Known>,
}

#[derive(Debug)]
struct Known {
    route: Arc<Route>,
    body: Box<[u8]>,
    /// `None` if answers have no template, so that none is searched again.
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
    /// The place of a request; `None` if it is never kept.
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

    /// Keeps a request at its second arrival in a row: a client whose requests all differ pays nothing.
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
