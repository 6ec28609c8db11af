//! Lists, a page at a time.

use serde_json::{Value, json};

use super::{Call, Made};

/// A page of a list, newest first, as OpenAI's and Anthropic's endpoints have it.
pub(super) struct Page {
    pub(super) data: Vec<Value>,
    pub(super) has_more: bool,
}

/// The part of a list that a request asks for, by `after` (or `after_id`), `before_id`, `limit` and `order`.
pub(super) fn page(call: &Call<'_>, newest_first: Vec<Value>, usual: usize) -> Page {
    let mut all = newest_first;
    if call.query("order").as_deref() == Some("asc") {
        all.reverse();
    }
    let place = |id: &str| all.iter().position(|item| item["id"] == id);
    let after = call.query("after").or_else(|| call.query("after_id"));
    let start = after.and_then(|id| place(&id)).map_or(0, |at| at + 1);
    let end = call.query("before_id").and_then(|id| place(&id)).unwrap_or(all.len());
    let limit = call.query("limit").and_then(|limit| limit.parse().ok()).unwrap_or(usual).max(1);
    let wanted = end.saturating_sub(start);
    let data: Vec<Value> = all.into_iter().skip(start).take(wanted.min(limit)).collect();
    Page { data, has_more: wanted > limit }
}

/// The same as OpenAI writes it.
pub(super) fn list(call: &Call<'_>, newest_first: Vec<Value>) -> Made {
    let Page { data, has_more } = page(call, newest_first, 20);
    let id = |item: Option<&Value>| item.map(|item| item["id"].clone());
    let (first, last) = (id(data.first()), id(data.last()));
    Made::Json(json!({
        "object": "list", "data": data, "first_id": first, "last_id": last, "has_more": has_more,
    }))
}
