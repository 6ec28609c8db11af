//! Conversations and their items: <https://platform.openai.com/docs/api-reference/conversations>.

use serde_json::{Value, json};

use super::responses::items;
use super::{Call, Item, Kind, Made, deleted, pages};

pub(super) fn answer(call: &Call<'_>) -> Option<Made> {
    Some(match (call.method(), &call.segments[1..]) {
        ("POST", []) => create(call),
        ("GET", [id]) => shown(call.get(Kind::Conversation, id), id),
        ("POST" | "PATCH", [id]) => {
            let metadata = call.body["metadata"].clone();
            let changed = call.change(Kind::Conversation, id, |item| {
                item.shown["metadata"] = metadata;
                item.clone()
            });
            shown(changed, id)
        }
        ("DELETE", [id]) if call.remove(Kind::Conversation, id) => {
            deleted(id, "conversation.deleted")
        }
        ("POST", [id, "items"]) => add(call, id),
        ("GET", [id, "items"]) => match call.get(Kind::Conversation, id) {
            Some(item) => {
                let items = item.more.as_array().cloned().unwrap_or_default();
                pages::list(call, items.into_iter().rev().collect())
            }
            None => missing(id),
        },
        ("GET", [id, "items", wanted]) => match call.get(Kind::Conversation, id) {
            Some(item) => match of_id(&item.more, wanted) {
                Some(found) => Made::Json(found.clone()),
                None => missing_item(wanted),
            },
            None => missing(id),
        },
        ("DELETE", [id, "items", unwanted]) => {
            let removed = call.change(Kind::Conversation, id, |item| {
                let known = of_id(&item.more, unwanted).is_some();
                if let Value::Array(all) = &mut item.more {
                    all.retain(|item| item["id"] != **unwanted);
                }
                known.then(|| item.clone())
            });
            match removed {
                Some(Some(item)) => shown(Some(item), id),
                Some(None) => missing_item(unwanted),
                None => missing(id),
            }
        }
        ("DELETE", [id]) => missing(id),
        _ => return None,
    })
}

fn of_id<'a>(items: &'a Value, id: &str) -> Option<&'a Value> {
    items.as_array()?.iter().find(|item| item["id"] == id)
}

fn create(call: &Call<'_>) -> Made {
    let id = call.id("conv_");
    let metadata = match &call.body["metadata"] {
        Value::Null => json!({}),
        given => given.clone(),
    };
    let shown = json!({
        "id": id, "object": "conversation", "created_at": call.created(), "metadata": metadata,
    });
    let more = items(&call.body["items"], &mut |prefix| call.id(prefix));
    call.put(Kind::Conversation, Item { more: more.into(), ..Item::new(&id, shown.clone()) });
    Made::Json(shown)
}

fn add(call: &Call<'_>, id: &str) -> Made {
    let added = items(&call.body["items"], &mut |prefix| call.id(prefix));
    let known = call.change(Kind::Conversation, id, |item| {
        if let Value::Array(all) = &mut item.more {
            all.extend(added.iter().cloned());
        }
    });
    match known {
        Some(()) => {
            let id = |item: Option<&Value>| item.map(|item| item["id"].clone());
            let (first, last) = (id(added.first()), id(added.last()));
            Made::Json(json!({
                "object": "list", "data": added, "first_id": first, "last_id": last,
                "has_more": false,
            }))
        }
        None => missing(id),
    }
}

fn shown(item: Option<Item>, id: &str) -> Made {
    item.map_or_else(|| missing(id), |item| Made::Json(item.shown))
}

fn missing(id: &str) -> Made {
    Made::error(404, format!("Conversation with id '{id}' not found."))
}

fn missing_item(id: &str) -> Made {
    Made::error(404, format!("Item with id '{id}' not found."))
}
