//! Serves repeated requests, such as those of a load test, from templates of their answers.
//!
//! Only where the answer depends on nothing but the request and the configuration: not on recordings, and not on a
//! provider. Each answer still has a time and ids of its own. Where scenarios reply, what is kept is which of them match,
//! and a template for each of their replies: the position belongs to the session.

use std::hash::BuildHasher as _;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use arc_swap::ArcSwapOption;
use foldhash::fast::RandomState;
use http::header::UPGRADE;
use llmock::reply::{Reading, Reply, Template};
use parking_lot::RwLock;

use super::answer::{Decided, Scripted};
use super::api_request::ApiRequest;
use super::config::StrategyName;
use super::routes::Route;
use super::state::Running;

/// How many requests are known at a time; at most 10 MB with everything they hold.
const KEPT: usize = 128;

/// Longer bodies are not kept.
const LONGEST_BODY: usize = 16 * 1024;

/// Further replies of scenarios to one request are rendered each time.
const MOST_REPLIES: usize = 16;

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
    scenarios: Option<KnownScenarios>,
}

/// What scenarios reply to a request.
#[derive(Debug)]
struct KnownScenarios {
    matching: Vec<usize>,
    /// By scenario and reply; `None` if it has no template.
    replies: RwLock<Vec<(Step, Option<Template>)>>,
}

/// A scenario, and the number of its reply.
type Step = (usize, usize);

/// What is known of the answer to a request that came again.
pub(crate) enum Repeated {
    Decided(Decided),
    /// The reply of a scenario that has no template yet, and the scenarios that match.
    Scripted(Box<Scripted>, Vec<usize>),
}

impl Known {
    fn new(
        api_request: &ApiRequest,
        answer: Option<Template>,
        by: &'static str,
        model: Option<&str>,
    ) -> Self {
        let (route, body) = (Arc::clone(&api_request.route), api_request.body[..].into());
        Self { route, body, answer, by, model: model.map(str::to_owned), scenarios: None }
    }

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
        running: &Running,
        created: u64,
        number: u64,
    ) -> Option<Repeated> {
        let known = self.slot.known.load();
        let known = known.as_ref().filter(|known| known.is(api_request))?;
        if let Some(scenarios) = &known.scenarios {
            return scenarios.answer(api_request, known, running, (created, number));
        }
        Some(Repeated::Decided(Decided {
            answer: known.answer.as_ref()?.render(created, number).into(),
            by: known.by,
            model: known.model.clone(),
            is_own: true,
            recorded: None,
            detail: None,
        }))
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
        let known = Known::new(api_request, answer, by, model);
        self.slot.known.store(Some(Arc::new(known)));
    }

    /// Keeps the reply of a scenario to a request that comes again.
    pub(crate) fn keep_step(
        &self,
        api_request: &ApiRequest,
        matching: &[usize],
        step: Step,
        reading: &Reading<'_>,
        reply: &Reply,
    ) {
        if self.slot.last.swap(self.digest, Ordering::Relaxed) != self.digest {
            return;
        }
        let known = self.slot.known.load();
        let known = known.as_ref().filter(|known| known.is(api_request));
        if let Some(scenarios) = known.and_then(|known| known.scenarios.as_ref()) {
            let is_known = |replies: &[(Step, _)]| replies.iter().any(|(known, _)| *known == step);
            let is_full = |replies: &[_]| replies.len() >= MOST_REPLIES;
            let replies = scenarios.replies.read();
            if is_known(&replies) || is_full(&replies) {
                return;
            }
            drop(replies);
            let template = reading.template(reply);
            let mut replies = scenarios.replies.write();
            if !is_known(&replies) && !is_full(&replies) {
                replies.push((step, template));
            }
            return;
        }
        let replies = RwLock::new(vec![(step, reading.template(reply))]);
        let model = reading.model();
        let known = Known {
            scenarios: Some(KnownScenarios { matching: matching.to_vec(), replies }),
            ..Known::new(api_request, None, StrategyName::Scenario.name(), model.as_deref())
        };
        self.slot.known.store(Some(Arc::new(known)));
    }
}

impl KnownScenarios {
    fn answer(
        &self,
        api_request: &ApiRequest,
        known: &Known,
        running: &Running,
        (created, number): (u64, u64),
    ) -> Option<Repeated> {
        let scripted = running.scenarios()?.give(api_request, &self.matching)?;
        let replies = self.replies.read();
        let template = replies.iter().find(|(step, _)| *step == scripted.step);
        let Some(template) = template.and_then(|(_, template)| template.as_ref()) else {
            return Some(Repeated::Scripted(Box::new(scripted), self.matching.clone()));
        };
        Some(Repeated::Decided(Decided {
            answer: template.render(created, number).into(),
            by: known.by,
            model: known.model.clone(),
            is_own: true,
            recorded: None,
            detail: Some(Box::new(scripted.detail)),
        }))
    }
}
