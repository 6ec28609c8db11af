//! Which interaction responds to a request: a queue for each key, and what has been used.

use std::collections::{HashMap, VecDeque};

use crate::fixture::Position;
use crate::matching::{Key, Order};

/// The owner of an interaction, from the view of the session that replays it.
///
/// An interaction that may stay unused and may be used in any order, such as that of a background call, is
/// [`Ownership::Ownerless`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Ownership {
    Own,
    Ownerless,
    Other,
}

/// What responds to one request; positions are those of the entries given to [`Queues::new`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Claim {
    /// An interaction that was not used before; `is_borrowed` if another test recorded it.
    Fresh { at: Position, is_borrowed: bool },
    /// Every response to this request was used; `last` was the last of them.
    Spent { last: Position },
    /// The request was recorded, but this session's next interaction is another one.
    OutOfOrder { expected: Position },
    /// No such request was recorded.
    Unknown,
}

/// The interactions of a fixture under one session's rules.
#[derive(Clone, Debug)]
pub(crate) struct Queues {
    by_key: HashMap<Key, Queue>,
    /// In the order of the file.
    entries: Vec<Slot>,
}

#[derive(Clone, Debug, Default)]
struct Queue {
    /// In the order in which they are given out.
    entries: Vec<Position>,
    /// How many of them, from the first on, are known to be taken.
    given: usize,
    /// Given before, but the response was changed on its way.
    again: VecDeque<Position>,
}

#[derive(Clone, Copy, Debug)]
struct Slot {
    ownership: Ownership,
    taken: bool,
    /// Interactions of one lane have an order of their own.
    lane: usize,
}

impl Queues {
    /// Takes the entries in the order of the file.
    pub(crate) fn new(entries: impl IntoIterator<Item = (Key, Ownership)>) -> Self {
        let mut all = Self { by_key: HashMap::new(), entries: Vec::new() };
        for (at, (key, ownership)) in entries.into_iter().enumerate() {
            let at = Position::from_index(at);
            all.entries.push(Slot { ownership, taken: false, lane: 0 });
            all.by_key.entry(key).or_default().entries.push(at);
        }
        for queue in all.by_key.values_mut() {
            queue.entries.sort_by_key(|at| all.entries[at.index()].ownership);
        }
        all
    }

    /// Puts each entry into a lane, by its number: a strict order holds inside a lane.
    pub(crate) fn in_lanes(mut self, lanes: impl IntoIterator<Item = usize>) -> Self {
        for (slot, lane) in self.entries.iter_mut().zip(lanes) {
            slot.lane = lane;
        }
        self
    }

    /// Uses the next of these interactions, whatever their keys: those of the test first, in the order of the file.
    pub(crate) fn claim_among(&mut self, mut accepted: Vec<Position>, order: Order) -> Claim {
        let mut queues = self.by_key.values_mut();
        let again = queues.find_map(|queue| {
            let at = queue.again.iter().position(|at| accepted.contains(at))?;
            queue.again.remove(at)
        });
        if let Some(at) = again {
            return self.fresh(at);
        }
        accepted.sort_by_key(|at| (self.entries[at.index()].ownership, *at));
        match accepted.iter().find(|at| !self.entries[at.index()].taken) {
            Some(at) => self.take(*at, order),
            None => accepted.last().map_or(Claim::Unknown, |last| Claim::Spent { last: *last }),
        }
    }

    fn fresh(&self, at: Position) -> Claim {
        Claim::Fresh { at, is_borrowed: self.entries[at.index()].ownership == Ownership::Other }
    }

    /// Uses an interaction, unless another one of its lane comes next.
    fn take(&mut self, at: Position, order: Order) -> Claim {
        let Slot { ownership, lane, .. } = self.entries[at.index()];
        if ownership == Ownership::Own
            && order == Order::Strict
            && let Some(expected) = self.next_own(lane).filter(|expected| *expected != at)
        {
            return Claim::OutOfOrder { expected };
        }
        self.entries[at.index()].taken = true;
        self.fresh(at)
    }

    /// Uses the next response to a request.
    pub(crate) fn claim(&mut self, key: Key, order: Order) -> Claim {
        let Some(queue) = self.by_key.get_mut(&key) else { return Claim::Unknown };
        if let Some(at) = queue.again.pop_front() {
            return self.fresh(at);
        }
        let entries = &self.entries;
        let is_taken = |at: &Position| entries[at.index()].taken;
        while queue.entries.get(queue.given).is_some_and(is_taken) {
            queue.given += 1;
        }
        let Some(&at) = queue.entries.get(queue.given) else {
            return queue
                .entries
                .last()
                .map_or(Claim::Unknown, |last| Claim::Spent { last: *last });
        };
        self.take(at, order)
    }

    /// Gives an interaction to the next request with its key once more: a fault has changed the response. Its place in the
    /// order is used.
    pub(crate) fn offer_again(&mut self, key: Key, at: Position) {
        if let Some(queue) = self.by_key.get_mut(&key) {
            queue.again.push_back(at);
        }
    }

    /// The session's first interaction of a lane in the order of the file that no request has taken.
    fn next_own(&self, lane: usize) -> Option<Position> {
        let is_next =
            |slot: &Slot| slot.ownership == Ownership::Own && !slot.taken && slot.lane == lane;
        self.entries.iter().position(is_next).map(Position::from_index)
    }

    /// Whether any interaction responds to this request.
    #[cfg(any(test, feature = "wiremock"))]
    pub(crate) fn contains(&self, key: Key) -> bool {
        self.by_key.contains_key(&key)
    }
}

#[cfg(test)]
mod tests {
    use super::Claim::{Fresh, OutOfOrder, Spent, Unknown};
    use super::Ownership::{Other, Own, Ownerless};
    use super::*;
    use crate::fixture::interaction::{Body, Request};
    use crate::matching::{MatchRules, key};
    use crate::provider::Provider;

    fn key_of(name: &str) -> Key {
        let request = Request {
            method: "POST".into(),
            path: "/".into(),
            range: None,
            headers: Vec::new(),
            body: Body::Text(name.into()),
        };
        key(Provider::OpenAI, &request, &MatchRules::default())
    }

    fn queues(entries: &[(&str, Ownership)]) -> Queues {
        Queues::new(entries.iter().map(|(name, ownership)| (key_of(name), *ownership)))
    }

    fn at(index: usize) -> Position {
        Position::from_index(index)
    }

    fn fresh(index: usize) -> Claim {
        Fresh { at: at(index), is_borrowed: false }
    }

    #[test]
    fn repeats_the_last_response_of_a_used_up_queue() {
        let mut queues = queues(&[("a", Own), ("b", Own), ("a", Own)]);
        for (name, expected) in [
            ("a", fresh(0)),
            ("a", fresh(2)),
            ("b", fresh(1)),
            ("a", Spent { last: at(2) }),
            ("a", Spent { last: at(2) }),
            ("c", Unknown),
        ] {
            assert_eq!(queues.claim(key_of(name), Order::Any), expected, "{name}");
        }
    }

    #[test]
    fn prefers_own_to_ownerless_to_borrowed() {
        let mut queues =
            queues(&[("a", Other), ("a", Ownerless), ("a", Own), ("a", Other), ("a", Own)]);
        let claims: Vec<_> = (0..6).map(|_| queues.claim(key_of("a"), Order::Any)).collect();
        assert_eq!(
            claims,
            [
                fresh(2),
                fresh(4),
                fresh(1),
                Fresh { at: at(0), is_borrowed: true },
                Fresh { at: at(3), is_borrowed: true },
                Spent { last: at(3) },
            ]
        );
    }

    #[test]
    fn strict_order_applies_to_own_interactions_only() {
        let mut queues =
            queues(&[("x", Other), ("a", Own), ("y", Ownerless), ("b", Own), ("a", Own)]);
        for (name, expected) in [
            ("b", OutOfOrder { expected: at(1) }),
            ("y", fresh(2)),
            ("a", fresh(1)),
            ("a", OutOfOrder { expected: at(3) }),
            ("x", Fresh { at: at(0), is_borrowed: true }),
            ("b", fresh(3)),
            ("a", fresh(4)),
            ("a", Spent { last: at(4) }),
        ] {
            assert_eq!(queues.claim(key_of(name), Order::Strict), expected, "{name}");
        }
    }

    #[test]
    fn a_strict_order_holds_inside_a_lane() {
        let mut queues =
            queues(&[("a", Own), ("e", Own), ("b", Own), ("f", Own)]).in_lanes([0, 1, 0, 1]);
        for (name, expected) in [
            ("f", OutOfOrder { expected: at(1) }),
            ("e", fresh(1)),
            ("f", fresh(3)),
            ("b", OutOfOrder { expected: at(0) }),
            ("a", fresh(0)),
            ("b", fresh(2)),
        ] {
            assert_eq!(queues.claim(key_of(name), Order::Strict), expected, "{name}");
        }
    }

    #[test]
    fn claims_among_accepted_interactions_take_each_once() {
        let mut queues = queues(&[("a", Other), ("b", Own), ("c", Own)]);
        let accepted = || vec![at(0), at(2), at(1)];
        let claims: Vec<_> = (0..4).map(|_| queues.claim_among(accepted(), Order::Any)).collect();
        let borrowed = Fresh { at: at(0), is_borrowed: true };
        assert_eq!(claims, [fresh(1), fresh(2), borrowed, Spent { last: at(0) }]);
        assert_eq!(queues.claim(key_of("b"), Order::Any), Spent { last: at(1) });
        assert_eq!(queues.claim_among(Vec::new(), Order::Any), Unknown);
    }

    #[test]
    fn a_changed_response_is_offered_again() {
        for order in [Order::Any, Order::Strict] {
            let mut queues = queues(&[("a", Own), ("b", Own), ("a", Own)]);
            assert_eq!(queues.claim(key_of("a"), order), fresh(0));
            queues.offer_again(key_of("a"), at(0));
            assert_eq!(queues.claim(key_of("a"), order), fresh(0));
            assert_eq!(queues.claim(key_of("b"), order), fresh(1));
            assert_eq!(queues.claim(key_of("a"), order), fresh(2));
        }
    }

    #[test]
    fn knows_which_requests_are_recorded() {
        let queues = queues(&[("a", Own), ("b", Other)]);
        assert!(queues.contains(key_of("a")) && queues.contains(key_of("b")));
        assert!(!queues.contains(key_of("c")));
    }
}
