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
use super::api_request::ApiRequest;
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
    fn is(&self, api_request: &ApiRequest) -> bool {
        Arc::ptr_eq(&self.route, &api_request.route) && self.body[..] == api_request.body[..]
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
    pub(crate) fn place(&self, api_request: &ApiRequest) -> Option<Place<'_>> {
        if api_request.body.len() > LONGEST_BODY || api_request.headers.contains_key(UPGRADE) {
            return None;
        }
        let digest = self.hasher.hash_one((Arc::as_ptr(&api_request.route), &*api_request.body));
        #[expect(clippy::cast_possible_truncation, reason = "of a digest any bits will do")]
        let slot = &self.slots[digest as usize % KEPT];
        Some(Place { slot, digest })
    }
}

impl Place<'_> {
    pub(crate) fn answer(
        &self,
        api_request: &ApiRequest,
        created: u64,
        number: u64,
    ) -> Option<Decided> {
        let known = self.slot.known.load();
        let known = known.as_ref().filter(|known| known.is(api_request))?;
        Some(Decided {
            answer: known.answer.as_ref()?.render(created, number).into(),
            by: known.by,
            model: known.model.clone(),
            is_own: true,
            recorded: None,
            detail: None,
        })
    }

    /// Keeps a request at its second arrival in a row: a client whose requests all differ pays nothing.
    pub(crate) fn keep(
        &self,
        api_request: &ApiRequest,
        reading: &Reading<'_>,
        reply: &Reply,
        by: &'static str,
        model: Option<&str>,
    ) {
        let came_before = self.slot.last.swap(self.digest, Ordering::Relaxed) == self.digest;
        if !came_before
            || self.slot.known.load().as_ref().is_some_and(|known| known.is(api_request))
        {
            return;
        }
        let answer = reading.template(reply);
        let (route, body) = (Arc::clone(&api_request.route), api_request.body[..].into());
        let known = Known { route, body, answer, by, model: model.map(str::to_owned) };
        self.slot.known.store(Some(Arc::new(known)));
    }
}
