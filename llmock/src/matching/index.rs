//! Which interaction answers a request: a queue for each key, and which interactions are used.

use std::collections::HashMap;

use llmock_rules::Order;

use super::key::Key;

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

/// The answer to one request; positions are those of the entries given to [`Index::new`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Claim {
    /// An interaction not used before; `borrowed` if another test recorded it.
    Fresh { at: usize, borrowed: bool },
    /// Every interaction of this request is used; `last` was the last of them.
    Spent { last: usize },
    /// The request was recorded, but this session's next interaction is another one.
    OutOfOrder { expected: usize },
    /// No such request was recorded.
    Unknown,
}

/// The interactions of a fixture under one session's rules.
#[derive(Clone, Debug)]
pub(crate) struct Index {
    queues: HashMap<Key, Queue>,
    entries: Vec<Slot>,
    /// The session's own interactions in the order of the file.
    own: Vec<usize>,
    /// How many of `own`, from the start, are used.
    own_taken: usize,
}

#[derive(Clone, Debug, Default)]
struct Queue {
    /// In the order in which they are used.
    entries: Vec<usize>,
    given: usize,
}

#[derive(Clone, Copy, Debug)]
struct Slot {
    ownership: Ownership,
    taken: bool,
}

impl Index {
    /// Adds the entries in the order of the file.
    pub(crate) fn new(entries: impl IntoIterator<Item = (Key, Ownership)>) -> Self {
        let mut index =
            Self { queues: HashMap::new(), entries: Vec::new(), own: Vec::new(), own_taken: 0 };
        for (at, (key, ownership)) in entries.into_iter().enumerate() {
            index.entries.push(Slot { ownership, taken: false });
            index.queues.entry(key).or_default().entries.push(at);
            if ownership == Ownership::Own {
                index.own.push(at);
            }
        }
        for queue in index.queues.values_mut() {
            queue.entries.sort_by_key(|at| index.entries[*at].ownership);
        }
        index
    }

    /// Uses the next interaction of a request.
    pub(crate) fn claim(&mut self, key: Key, order: Order) -> Claim {
        let next_own = self.next_own();
        let Some(queue) = self.queues.get_mut(&key) else { return Claim::Unknown };
        let Some(&at) = queue.entries.get(queue.given) else {
            return queue
                .entries
                .last()
                .map_or(Claim::Unknown, |last| Claim::Spent { last: *last });
        };
        let entry = &mut self.entries[at];
        if let (Order::Strict, Ownership::Own, Some(expected)) = (order, entry.ownership, next_own)
            && expected != at
        {
            return Claim::OutOfOrder { expected };
        }
        entry.taken = true;
        queue.given += 1;
        let borrowed = entry.ownership == Ownership::Other;
        self.skip_taken();
        Claim::Fresh { at, borrowed }
    }

    fn skip_taken(&mut self) {
        while self.next_own().is_some_and(|at| self.entries[at].taken) {
            self.own_taken += 1;
        }
    }

    /// The session's first unused interaction in the order of the file.
    pub(crate) fn next_own(&self) -> Option<usize> {
        self.own.get(self.own_taken).copied()
    }

    /// The session's own unused interactions.
    pub(crate) fn unused_own(&self) -> Vec<usize> {
        self.own.iter().copied().filter(|at| !self.entries[*at].taken).collect()
    }

    /// Every interaction of this request, in the order in which they are used.
    pub(crate) fn of_key(&self, key: Key) -> &[usize] {
        self.queues.get(&key).map_or(&[], |queue| &queue.entries)
    }
}

#[cfg(test)]
mod tests {
    use super::Claim::{Fresh, OutOfOrder, Spent, Unknown};
    use super::Ownership::{Other, Own, Ownerless};
    use super::*;
    use crate::fixture::interaction::{Body, Request};
    use crate::matching::{Rules, key};
    use crate::provider::Provider;

    fn key_of(name: &str) -> Key {
        let request =
            Request { method: "POST".into(), path: "/".into(), body: Body::Text(name.into()) };
        key(Provider::OpenAI, &request, &Rules::default())
    }

    fn index(entries: &[(&str, Ownership)]) -> Index {
        Index::new(entries.iter().map(|(name, ownership)| (key_of(name), *ownership)))
    }

    fn fresh(at: usize) -> Claim {
        Fresh { at, borrowed: false }
    }

    #[test]
    fn replays_repeated_requests_in_order_and_then_the_last() {
        let mut index = index(&[("a", Own), ("b", Own), ("a", Own)]);
        for (name, expected) in [
            ("a", fresh(0)),
            ("a", fresh(2)),
            ("b", fresh(1)),
            ("a", Spent { last: 2 }),
            ("a", Spent { last: 2 }),
            ("c", Unknown),
        ] {
            assert_eq!(index.claim(key_of(name), Order::Any), expected, "{name}");
        }
    }

    #[test]
    fn uses_own_before_ownerless_before_borrowed() {
        let mut index =
            index(&[("a", Other), ("a", Ownerless), ("a", Own), ("a", Other), ("a", Own)]);
        let claims: Vec<_> = (0..6).map(|_| index.claim(key_of("a"), Order::Any)).collect();
        assert_eq!(
            claims,
            [
                fresh(2),
                fresh(4),
                fresh(1),
                Fresh { at: 0, borrowed: true },
                Fresh { at: 3, borrowed: true },
                Spent { last: 3 },
            ]
        );
    }

    #[test]
    fn strict_order_applies_to_own_interactions_only() {
        let mut index =
            index(&[("x", Other), ("a", Own), ("y", Ownerless), ("b", Own), ("a", Own)]);
        for (name, expected) in [
            ("b", OutOfOrder { expected: 1 }),
            ("y", fresh(2)),
            ("a", fresh(1)),
            ("a", OutOfOrder { expected: 3 }),
            ("x", Fresh { at: 0, borrowed: true }),
            ("b", fresh(3)),
            ("a", fresh(4)),
            ("a", Spent { last: 4 }),
        ] {
            assert_eq!(index.claim(key_of(name), Order::Strict), expected, "{name}");
        }
    }

    #[test]
    fn lists_unused_interactions() {
        let mut index = index(&[("a", Own), ("a", Own), ("b", Own), ("c", Other)]);
        index.claim(key_of("unknown"), Order::Any);
        index.claim(key_of("a"), Order::Any);
        assert_eq!(index.unused_own(), [1, 2]);
        assert_eq!(index.next_own(), Some(1));
        assert_eq!(index.of_key(key_of("a")), [0, 1]);
    }
}
