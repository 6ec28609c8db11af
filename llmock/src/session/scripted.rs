//! Replies that a test wrote: which one a request gets, and its response.

use std::panic::Location;
use std::sync::{Arc, Mutex};

use http::{HeaderMap, StatusCode};

use crate::exchange::body::ResponseBody;
use crate::exchange::quiet::quietly;
use crate::exchange::response::{self, Response};
use crate::exchange::{RespondedBy, SentRequest};
use crate::reply::replies::{Replies, Scripted};
use crate::reply::rules::{Chosen, Rule, RuleNumber, Rules, Turn};
use crate::reply::{RenderedBody, Reply, RequestMatcher, RequestShape, schema};
use crate::report::{Failure, MissReason, UnmetRule, UnusedReply};
use crate::session::pending::Pending;
use crate::session::refuse::refuse;
use crate::session::state::State;
use crate::sync::lock;

/// The rules of one session.
#[derive(Debug, Default)]
pub(crate) struct Scripts {
    rules: Mutex<Rules>,
    /// Rules that matched the same request, each pair once.
    ambiguous: Mutex<Vec<(RuleNumber, RuleNumber)>>,
}

/// What the rules say to a request.
pub(crate) enum Outcome {
    /// This is its response, or the refusal of it.
    Response(Response),
    /// A rule matches it, and has no reply left.
    UsedUp(RuleNumber),
    None,
}

/// The rules that a request matches, found once for both turns.
pub(crate) type Matching = Result<Vec<RuleNumber>, String>;

impl Scripts {
    pub(crate) fn add(
        &self,
        location: &Location<'_>,
        condition: Option<RequestMatcher>,
        replies: Replies,
        turn: Turn,
    ) -> RuleNumber {
        let place = format!("{}:{}", location.file(), location.line());
        lock(&self.rules).add(Rule { condition, turn, ..Rule::new(place, replies) })
    }

    /// Gives the last reply of a rule once more: a fault has changed it on its way.
    pub(crate) fn offer_again(&self, rule: RuleNumber) {
        lock(&self.rules).offer_again(rule);
    }

    pub(crate) fn is_empty(&self) -> bool {
        lock(&self.rules).is_empty()
    }

    /// Finds the rules that a request matches; the message of a condition that panicked is an error.
    pub(crate) async fn matching(&self, request: &SentRequest) -> Matching {
        let rules = lock(&self.rules).clone();
        if rules.is_empty() {
            return Ok(Vec::new());
        }
        if !rules.has_closures() {
            return Ok(rules.matching(request));
        }
        let request = request.clone();
        apart(move || rules.matching(&request)).await
    }

    /// Where the test wrote replies that may repeat, and that no request got.
    pub(crate) fn never_given(&self) -> Vec<String> {
        let rules = lock(&self.rules);
        let unused = rules.all().iter().filter(|rule| rule.given == 0 && rule.missing() == 0);
        unused.map(|rule| rule.place.clone()).collect()
    }

    /// Why a request gets no reply of a rule whose replies were all given.
    pub(crate) fn used_up(&self, rule: RuleNumber) -> MissReason {
        let rules = lock(&self.rules);
        let rule = rules.get(rule);
        let (place, replies) = (rule.place.clone(), rule.given);
        MissReason::RepliesUsed { place, rule: rule.shown(), replies }
    }

    /// Why no rule matched.
    pub(crate) fn unmet(&self, request: &SentRequest) -> Vec<UnmetRule> {
        let rules = lock(&self.rules).clone();
        let unmet = |rule: &Rule| {
            let part = quietly(|| rule.condition.as_ref()?.unmet(request)).ok().flatten()?;
            Some(UnmetRule { place: rule.place.clone(), rule: rule.shown(), part })
        };
        rules.all().iter().filter_map(unmet).collect()
    }

    /// The failures of replies that were not given, and of rules that match the same request.
    pub(crate) fn failures(&self, has_passed: bool) -> Vec<Failure> {
        let rules = lock(&self.rules);
        let mut failures = Vec::new();
        for (first, second) in lock(&self.ambiguous).iter() {
            let shown = |number: &RuleNumber| {
                let rule = rules.get(*number);
                format!("{}: {}", rule.place, rule.shown())
            };
            let rules = [shown(first), shown(second)];
            failures.push(Failure::AmbiguousReplies { rules });
        }
        let unused = rules.all().iter().filter(|rule| rule.missing() > 0).map(|rule| UnusedReply {
            place: rule.place.clone(),
            rule: rule.shown(),
            given: rule.given,
            expected: rule.replies.required(),
        });
        let replies: Vec<_> = unused.collect();
        if has_passed && !replies.is_empty() {
            failures.push(Failure::UnusedReplies { replies });
        }
        failures
    }
}

/// Runs code of the test on a thread that serves nothing else; its panic is an error.
async fn apart<T: Send + 'static>(run: impl FnOnce() -> T + Send + 'static) -> Result<T, String> {
    match tokio::task::spawn_blocking(move || quietly(run)).await {
        Ok(Ok(value)) => Ok(value),
        Ok(Err(panic)) => Err(panic.to_string()),
        Err(_) => Err("it was cancelled".to_owned()),
    }
}

/// Responds to a request by the rules of this turn.
pub(crate) async fn respond(
    state: &Arc<State>,
    pending: &Pending,
    sent: &SentRequest,
    matching: &Matching,
    turn: Turn,
) -> Outcome {
    let matching = match matching {
        Ok(matching) if matching.is_empty() => return Outcome::None,
        Ok(matching) => matching,
        Err(why) => {
            let reason = MissReason::ClosurePanicked { why: why.clone() };
            return Outcome::Response(refuse(state, pending, reason));
        }
    };
    let is_side = state.ledger().exchange(pending.number).is_side;
    let chosen = lock(&state.scripts.rules).take(matching, turn, is_side);
    let (number, reply) = match chosen {
        Chosen::None => return Outcome::None,
        Chosen::UsedUp(rule) => return Outcome::UsedUp(rule),
        Chosen::Reply { rule, reply, other } => {
            if let Some(other) = other {
                let pair = (rule, other);
                let mut ambiguous = lock(&state.scripts.ambiguous);
                if !ambiguous.contains(&pair) {
                    ambiguous.push(pair);
                }
            }
            (rule, reply)
        }
    };
    let place = lock(&state.scripts.rules).get(number).place.clone();
    let response = match written(reply, sent).await {
        Ok(reply) => rendered(&reply, sent),
        Err(reason) => Err(reason),
    };
    {
        let mut ledger = state.ledger();
        let exchange = ledger.exchange(pending.number);
        exchange.rule = Some(number);
        if response.is_ok() {
            exchange.sent.responded_by = RespondedBy::Reply;
        }
    }
    Outcome::Response(response.unwrap_or_else(|reason| {
        let reason = match reason {
            Unrenderable::Panicked(why) => MissReason::ClosurePanicked { why },
            Unrenderable::Refused(why) => MissReason::ReplyRefused { place, why },
        };
        refuse(state, pending, reason)
    }))
}

/// Why a reply becomes no response.
enum Unrenderable {
    Panicked(String),
    Refused(String),
}

/// The reply that a rule gives to this request.
async fn written(reply: Scripted, sent: &SentRequest) -> Result<Reply, Unrenderable> {
    match reply {
        Scripted::Written(reply) => Ok(*reply),
        Scripted::BySchema => {
            schema::reply(sent).map_err(|error| Unrenderable::Refused(error.to_string()))
        }
        Scripted::Computed(reply) => {
            let sent = sent.clone();
            apart(move || reply(&sent)).await.map_err(Unrenderable::Panicked)
        }
    }
}

fn rendered(reply: &Reply, sent: &SentRequest) -> Result<Response, Unrenderable> {
    let shape = RequestShape::new(&sent.method, &sent.path, &sent.body);
    let reading = shape.read(sent.provider);
    if let Some(why) = reading.inexpressible(reply) {
        return Err(Unrenderable::Refused(why));
    }
    let rendered = reading.render(reply);
    let status = StatusCode::from_u16(rendered.status).unwrap_or(StatusCode::OK);
    let headers: HeaderMap = rendered.headers;
    let body = match rendered.body {
        RenderedBody::Whole(bytes) => ResponseBody::full(bytes),
        RenderedBody::Stream(events) => ResponseBody::chunks(events, false),
    };
    Ok(response::response(status, headers, body))
}
