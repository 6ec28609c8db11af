//! What clients have stored, by session and id. Bounded: the oldest objects make room for new ones.

use std::collections::VecDeque;

use bytes::Bytes;
use parking_lot::Mutex;
use serde_json::Value;

/// How many objects are kept at a time, of all sessions together.
const MOST: usize = 10_000;

/// The bytes of all contents together.
const MOST_BYTES: usize = 256 << 20;

/// A kind of object; each has ids of its own.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    Response,
    Conversation,
    Completion,
    File,
    Batch,
    Cache,
    Interaction,
    /// A file whose upload has begun.
    Upload,
}

/// A stored object.
#[derive(Clone, Debug)]
pub(crate) struct Item {
    pub(crate) id: String,
    /// As the provider shows it.
    pub(crate) shown: Value,
    /// What belongs to it and is not shown: the input of a response, the items of a conversation.
    pub(crate) more: Value,
    /// The content of a file.
    pub(crate) content: Bytes,
    /// How often a client has looked at it: what takes time at a provider goes on with each look.
    pub(crate) looks: u32,
}

impl Item {
    pub(crate) fn new(id: &str, shown: Value) -> Self {
        Self { id: id.to_owned(), shown, more: Value::Null, content: Bytes::new(), looks: 0 }
    }

    fn size(&self) -> usize {
        // texts of objects are as long as requests may be, so their number alone is no bound
        self.content.len() + weight(&self.shown) + weight(&self.more)
    }
}

/// About how many bytes a value takes.
fn weight(value: &Value) -> usize {
    match value {
        Value::String(text) => text.len() + 32,
        Value::Array(items) => 32 + items.iter().map(weight).sum::<usize>(),
        Value::Object(members) => {
            32 + members.iter().map(|(name, value)| name.len() + weight(value)).sum::<usize>()
        }
        _ => 32,
    }
}

#[derive(Debug)]
struct Place {
    session: String,
    kind: Kind,
    size: usize,
    item: Item,
}

#[derive(Debug, Default)]
pub(crate) struct Shelf(Mutex<Places>);

#[derive(Debug, Default)]
struct Places {
    /// In the order in which they were stored.
    all: VecDeque<Place>,
    bytes: usize,
}

impl Shelf {
    pub(crate) fn put(&self, session: &str, kind: Kind, item: Item) {
        let mut places = self.0.lock();
        let size = item.size();
        places.bytes += size;
        places.all.push_back(Place { session: session.to_owned(), kind, size, item });
        while places.all.len() > MOST || (places.bytes > MOST_BYTES && places.all.len() > 1) {
            let oldest = places.all.pop_front();
            places.bytes -= oldest.map_or(0, |oldest| oldest.size);
        }
    }

    pub(crate) fn get(&self, session: &str, kind: Kind, id: &str) -> Option<Item> {
        self.change(session, kind, id, |item| item.clone())
    }

    /// Changes an object in its place.
    pub(crate) fn change<T>(
        &self,
        session: &str,
        kind: Kind,
        id: &str,
        change: impl FnOnce(&mut Item) -> T,
    ) -> Option<T> {
        let mut places = self.0.lock();
        // what was stored last is looked for most
        let is_it = |place: &Place| place.is(session, kind) && place.item.id == id;
        let at = places.all.iter().rposition(is_it)?;
        let changed = change(&mut places.all[at].item);
        let size = places.all[at].item.size();
        places.bytes = places.bytes + size - places.all[at].size;
        places.all[at].size = size;
        Some(changed)
    }

    /// All objects of a kind, the newest first.
    pub(crate) fn all(&self, session: &str, kind: Kind) -> Vec<Item> {
        let places = self.0.lock();
        let found = places.all.iter().rev().filter(|place| place.is(session, kind));
        found.map(|place| place.item.clone()).collect()
    }

    /// Removes an object; `false` if there is none.
    pub(crate) fn remove(&self, session: &str, kind: Kind, id: &str) -> bool {
        self.retain(|place| !(place.is(session, kind) && place.item.id == id))
    }

    pub(crate) fn end(&self, session: &str) {
        self.retain(|place| place.session != session);
    }

    pub(crate) fn end_all(&self) {
        self.retain(|_| false);
    }

    fn retain(&self, keep: impl Fn(&Place) -> bool) -> bool {
        let mut places = self.0.lock();
        let before = places.all.len();
        places.all.retain(keep);
        places.bytes = places.all.iter().map(|place| place.size).sum();
        places.all.len() < before
    }
}

impl Place {
    fn is(&self, session: &str, kind: Kind) -> bool {
        self.kind == kind && self.session == session
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn ids(shelf: &Shelf, session: &str) -> Vec<String> {
        shelf.all(session, Kind::File).into_iter().map(|item| item.id).collect()
    }

    #[test]
    fn keeps_objects_by_session_kind_and_id() {
        let shelf = Shelf::default();
        for (session, id) in [("a", "1"), ("a", "2"), ("b", "1")] {
            shelf.put(session, Kind::File, Item::new(id, json!({"session": session})));
        }
        assert_eq!(ids(&shelf, "a"), ["2", "1"]);
        assert!(shelf.get("a", Kind::Batch, "1").is_none());
        assert_eq!(shelf.get("b", Kind::File, "1").expect("stored").shown["session"], "b");
        assert!(shelf.remove("a", Kind::File, "1") && !shelf.remove("a", Kind::File, "1"));
        shelf.end("b");
        assert_eq!((ids(&shelf, "a").len(), ids(&shelf, "b").len()), (1, 0));
    }

    #[test]
    fn the_oldest_objects_make_room() {
        let shelf = Shelf::default();
        for number in 0..=MOST {
            shelf.put("a", Kind::File, Item::new(&number.to_string(), Value::Null));
        }
        assert!(shelf.get("a", Kind::File, "0").is_none());
        assert!(shelf.get("a", Kind::File, "1").is_some());
        let large = |id: &str| Item {
            content: vec![0; MOST_BYTES / 2].into(),
            ..Item::new(id, Value::Null)
        };
        for id in ["x", "y", "z"] {
            shelf.put("b", Kind::File, large(id));
        }
        assert_eq!(ids(&shelf, "b"), ["z"]);
    }
}
