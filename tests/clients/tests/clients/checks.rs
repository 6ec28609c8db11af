//! What every client must have seen, whichever it is.

use serde_json::Value;

use crate::apps::Seen;

pub(crate) fn names_paris(seen: &Seen) {
    assert!(seen.text.contains("Paris"), "{seen:?}");
}

pub(crate) fn arrived_in_pieces(seen: &Seen) {
    assert!(seen.pieces.len() > 1, "one piece is no stream: {seen:?}");
    assert_eq!(seen.pieces.concat(), seen.text);
}

pub(crate) fn asked_the_tool_twice(seen: &Seen) {
    let city = |(tool, arguments): &(String, String)| {
        assert_eq!(tool, "weather");
        serde_json::from_str::<Value>(arguments).unwrap()["city"].clone()
    };
    let cities: Vec<_> = seen.calls.iter().map(city).collect();
    assert_eq!(cities, ["Paris", "Oslo"], "{seen:?}");
    assert!(!seen.text.is_empty());
}
