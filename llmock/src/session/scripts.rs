//! The rules of one session: replies that its test wrote.

use std::panic::Location;
use std::sync::Mutex;

use crate::exchange::SentRequest;
use crate::exchange::quiet::quietly;
use crate::reply::RequestMatcher;
use crate::reply::replies::Replies;
use crate::reply::rules::{Chosen, Rule, RuleNumber, Rules, Turn};
use crate::report::{Failure, MissReason, UnmetRule, UnusedReply};
use crate::sync::lock;

/// The rules of one session.
#[derive(Debug, Default)]
pub(crate) struct Scripts {
    rules: Mutex<Rules>,
    /// Rules that matched the same request, each pair once.
    ambiguous: Mutex<Vec<(RuleNumber, RuleNumber)>>,
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
        let unused =
            rules.with_given().filter(|(rule, given)| *given == 0 && rule.replies.required() == 0);
        unused.map(|(rule, _)| rule.place.clone()).collect()
    }

    /// Takes the next reply of one of these rules, and notes if two of them may reply; with the place of the rule.
    pub(super) fn take(
        &self,
        matching: &[RuleNumber],
        turn: Turn,
        is_side: bool,
    ) -> (Chosen, String) {
        let mut rules = lock(&self.rules);
        let chosen = rules.take(matching, turn, is_side);
        let Chosen::Reply { rule, other, .. } = &chosen else { return (chosen, String::new()) };
        let place = rules.get(*rule).place.clone();
        if let Some(other) = other {
            let pair = (*rule, *other);
            let mut ambiguous = lock(&self.ambiguous);
            if !ambiguous.contains(&pair) {
                ambiguous.push(pair);
            }
        }
        (chosen, place)
    }

    /// Why a request gets no reply of a rule whose replies were all given.
    pub(crate) fn used_up(&self, rule: RuleNumber) -> MissReason {
        let rules = lock(&self.rules);
        let replies = rules.given(rule);
        let rule = rules.get(rule);
        let place = rule.place.clone();
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
        let unused = rules.with_given().filter(|(rule, given)| rule.replies.required() > *given);
        let unused = unused.map(|(rule, given)| UnusedReply {
            place: rule.place.clone(),
            rule: rule.shown(),
            given,
            expected: rule.replies.required(),
            what: "reply",
        });
        let replies: Vec<_> = unused.collect();
        if has_passed && !replies.is_empty() {
            failures.push(Failure::UnusedReplies { replies });
        }
        failures
    }
}

/// Runs code of the test on a thread that serves nothing else; its panic is an error.
pub(super) async fn apart<T: Send + 'static>(
    run: impl FnOnce() -> T + Send + 'static,
) -> Result<T, String> {
    match tokio::task::spawn_blocking(move || quietly(run)).await {
        Ok(Ok(value)) => Ok(value),
        Ok(Err(panic)) => Err(panic.to_string()),
        Err(_) => Err("it was cancelled".to_owned()),
    }
}
