//! Which reply responds to a request: rules in the order in which they were made, each with a condition and replies.
//!
//! A rule with a condition comes before one without. Once the replies of a rule are used up, others take its place.
//! What was given is kept apart from the rules: the clients of a server share rules, and each has its own progress.

use super::condition::RequestMatcher;
use super::replies::{Replies, Scripted};
use super::seen::Seen;
use crate::exchange::sent::SentRequest;

/// The place of a rule among those of its session.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) struct RuleNumber(usize);

#[cfg(feature = "server")]
impl RuleNumber {
    pub(crate) fn at(index: usize) -> Self {
        Self(index)
    }

    pub(crate) fn index(self) -> usize {
        self.0
    }
}

/// Whether a rule responds before the fixture is looked up, or only if that has no response.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum Turn {
    #[default]
    BeforeFixture,
    AfterFixture,
}

#[derive(Clone, Debug)]
pub(crate) struct Rule {
    /// Where the test made it: `tests/agent.rs:12`.
    pub(crate) place: String,
    pub(crate) condition: Option<RequestMatcher>,
    pub(crate) replies: Replies,
    pub(crate) turn: Turn,
}

/// How far one client is in one rule.
#[derive(Clone, Debug, Default)]
struct RuleProgress {
    /// How many requests have got a reply.
    given: usize,
    /// Replies that faults have changed on their way: each is given once more.
    again: Vec<usize>,
}

/// How far one client is in each rule.
#[derive(Clone, Debug, Default)]
pub(crate) struct Progress(Vec<RuleProgress>);

impl Progress {
    fn of(&mut self, rule: RuleNumber) -> &mut RuleProgress {
        if self.0.len() <= rule.0 {
            self.0.resize_with(rule.0 + 1, RuleProgress::default);
        }
        &mut self.0[rule.0]
    }

    fn given(&self, rule: RuleNumber) -> usize {
        self.0.get(rule.0).map_or(0, |rule| rule.given)
    }

    fn is_used_up(&self, number: RuleNumber, rule: &Rule) -> bool {
        self.0.get(number.0).is_none_or(|rule| rule.again.is_empty())
            && rule.replies.get(self.given(number)).is_none()
    }
}

impl Rule {
    pub(crate) fn new(place: String, replies: Replies) -> Self {
        Self { place, condition: None, replies, turn: Turn::default() }
    }

    /// As it is written, without its replies.
    pub(crate) fn shown(&self) -> String {
        match &self.condition {
            Some(condition) => format!("when({condition:?})"),
            None => "reply(..)".to_owned(),
        }
    }
}

/// The rules of one session.
#[derive(Clone, Debug, Default)]
pub(crate) struct Rules {
    rules: Vec<Rule>,
    progress: Progress,
}

/// What the rules say to a request.
#[derive(Clone, Debug)]
pub(crate) enum Chosen {
    Reply {
        rule: RuleNumber,
        /// The place of the reply among those of the rule.
        #[cfg_attr(
            not(feature = "server"),
            expect(dead_code, reason = "servers have more for each")
        )]
        number: usize,
        reply: Scripted,
        /// Another rule that matches too, and is not used up.
        other: Option<RuleNumber>,
    },
    /// Rules match, and all of their replies were given.
    UsedUp(RuleNumber),
    None,
}

impl Rules {
    pub(crate) fn add(&mut self, rule: Rule) -> RuleNumber {
        self.rules.push(rule);
        RuleNumber(self.rules.len() - 1)
    }

    pub(crate) fn all(&self) -> &[Rule] {
        &self.rules
    }

    /// The rules with how many replies each has given.
    pub(crate) fn with_given(&self) -> impl Iterator<Item = (&Rule, usize)> {
        let given = |(at, rule)| (rule, self.progress.given(RuleNumber(at)));
        self.rules.iter().enumerate().map(given)
    }

    pub(crate) fn get(&self, number: RuleNumber) -> &Rule {
        &self.rules[number.0]
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.rules.is_empty()
    }

    pub(crate) fn has_closures(&self) -> bool {
        let has = |rule: &Rule| {
            rule.replies.has_closure()
                || rule.condition.as_ref().is_some_and(RequestMatcher::has_closure)
        };
        self.rules.iter().any(has)
    }

    /// The rules that a request matches. Runs closures of the test.
    pub(crate) fn matching(&self, request: &SentRequest) -> Vec<RuleNumber> {
        let seen = Seen::of(request);
        let matches = |rule: &Rule| rule.condition.as_ref().is_none_or(|one| one.holds(&seen));
        let all = self.rules.iter().enumerate();
        all.filter(|(_, rule)| matches(rule)).map(|(at, _)| RuleNumber(at)).collect()
    }

    /// Gives the last reply of a rule once more: a fault has changed it on its way.
    pub(crate) fn offer_again(&mut self, rule: RuleNumber) {
        let progress = self.progress.of(rule);
        progress.again.extend(progress.given.checked_sub(1));
    }

    /// How many replies a rule has given.
    pub(crate) fn given(&self, number: RuleNumber) -> usize {
        self.progress.given(number)
    }

    /// Takes the next reply of one of these rules. A background call gets no reply of a rule without a condition.
    pub(crate) fn take(&mut self, matching: &[RuleNumber], turn: Turn, is_side: bool) -> Chosen {
        take(&self.rules, &mut self.progress, matching, turn, is_side)
    }
}

/// The same for a client with a progress of its own.
pub(crate) fn take(
    rules: &[Rule],
    progress: &mut Progress,
    matching: &[RuleNumber],
    turn: Turn,
    is_side: bool,
) -> Chosen {
    let get = |number: RuleNumber| &rules[number.0];
    let in_turn: Vec<RuleNumber> = matching
        .iter()
        .copied()
        .filter(|number| get(*number).turn == turn)
        .filter(|number| !is_side || get(*number).condition.is_some())
        .collect();
    let is_open = |number: &&RuleNumber| !progress.is_used_up(**number, get(**number));
    let has_condition = |number: &&RuleNumber| get(**number).condition.is_some();
    let mut narrow = in_turn.iter().filter(is_open).filter(has_condition).copied();
    // Several without a condition follow one another.
    let (first, other) = match narrow.next() {
        Some(first) => (Some(first), narrow.next()),
        None => (in_turn.iter().find(is_open).copied(), None),
    };
    let Some(rule) = first else {
        return in_turn.last().map_or(Chosen::None, |last| Chosen::UsedUp(*last));
    };
    let taken = progress.of(rule);
    let again = taken.again.pop();
    let number = again.unwrap_or(taken.given);
    let replies = &get(rule).replies;
    let Some(reply) = replies.get(number).cloned() else { return Chosen::None };
    taken.given += usize::from(again.is_none());
    Chosen::Reply { rule, number, reply, other }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::provider::Provider;
    use crate::reply::{Reply, request};

    fn sent(text: &str) -> SentRequest {
        let body = format!(r#"{{"model":"m","messages":[{{"role":"user","content":"{text}"}}]}}"#);
        SentRequest::for_tests(Provider::OpenAI, "/v1/chat/completions", body)
    }

    fn when(text: &str, replies: impl Into<Replies>) -> Rule {
        let condition = Some(request().last_user(text));
        Rule { condition, ..Rule::new("here".to_owned(), replies.into()) }
    }

    /// The text of the reply to each request; `-` for none, `.` for used up, `!` before the text if it is ambiguous.
    fn answers(rules: &mut Rules, texts: &[&str]) -> Vec<String> {
        let answer = |text: &&str| {
            let matching = rules.matching(&sent(text));
            match rules.take(&matching, Turn::BeforeFixture, false) {
                Chosen::Reply { reply: Scripted::Written(reply), other, .. } => {
                    let mark = if other.is_some() { "!" } else { "" };
                    format!("{mark}{}", reply.text.unwrap())
                }
                Chosen::Reply { .. } => "computed".to_owned(),
                Chosen::UsedUp(_) => ".".to_owned(),
                Chosen::None => "-".to_owned(),
            }
        };
        texts.iter().map(answer).collect()
    }

    fn of(rules: impl IntoIterator<Item = Rule>) -> Rules {
        Rules { rules: rules.into_iter().collect(), ..Rules::default() }
    }

    fn plain(replies: impl Into<Replies>) -> Rule {
        Rule::new("here".to_owned(), replies.into())
    }

    #[test]
    fn conditions_come_first_and_used_up_rules_last() {
        let [a, b, c] = ["a", "b", "c"].map(Reply::text);
        let mut rules = of([plain(a.clone()), when("x", b.clone()), plain(c.clone())]);
        assert_eq!(answers(&mut rules, &["x", "x", "y", "x"]), ["b", "a", "c", "."]);
        let mut rules = of([when("x", a.clone())]);
        assert_eq!(answers(&mut rules, &["y", "x", "x"]), ["-", "a", "."]);
        let mut rules = of([when("x", a.clone()), when("xy", b.clone())]);
        assert_eq!(answers(&mut rules, &["xy", "xy", "xy"]), ["!a", "b", "."]);
        assert_eq!(rules.given(RuleNumber(0)), 1);
        let mut rules = of([plain(a.repeat())]);
        assert_eq!(answers(&mut rules, &["x", "y"]), ["a", "a"]);
    }

    #[test]
    fn background_calls_get_no_unconditional_reply() {
        let mut rules = of([plain(Reply::text("a"))]);
        let matching = rules.matching(&sent("x"));
        let chosen = rules.take(&matching, Turn::BeforeFixture, true);
        assert!(matches!(chosen, Chosen::None), "{chosen:?}");
        assert_eq!(rules.given(RuleNumber(0)), 0);
    }
}
