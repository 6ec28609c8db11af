//! Chat completions that requests with `store: true` keep:
//! <https://platform.openai.com/docs/api-reference/chat/list>.

use serde_json::{Value, json};

use super::{Call, Item, Kind, Made, Shelf, deleted, pages, with};
use crate::serve::answer::{Answer, AnswerBody};
use crate::serve::api_request::ApiRequest;

pub(super) fn answer(call: &Call<'_>) -> Option<Made> {
    Some(match (call.method(), &call.segments[2..]) {
        ("GET", [id]) => shown(call.get(Kind::Completion, id), id),
        ("POST", [id]) => {
            let metadata = call.body["metadata"].clone();
            let changed = call.change(Kind::Completion, id, |item| {
                item.shown["metadata"] = metadata;
                item.clone()
            });
            shown(changed, id)
        }
        ("DELETE", [id]) if call.remove(Kind::Completion, id) => {
            deleted(id, "chat.completion.deleted")
        }
        ("DELETE", [id]) => missing(id),
        ("GET", [id, "messages"]) => match call.get(Kind::Completion, id) {
            Some(item) => {
                let all = item.more.as_array().cloned().unwrap_or_default();
                let named = all
                    .into_iter()
                    .enumerate()
                    .map(|(at, message)| with(message, json!({"id": format!("{id}-{at}")})));
                let named: Vec<Value> = named.collect();
                pages::list(call, named)
            }
            None => missing(id),
        },
        _ => return None,
    })
}

fn shown(item: Option<Item>, id: &str) -> Made {
    item.map_or_else(|| missing(id), |item| Made::Json(item.shown))
}

fn missing(id: &str) -> Made {
    Made::error(404, format!("Completion {id} not found"))
}

/// Stores a completion in one piece, if its request wants that.
pub(crate) fn keep(shelf: &Shelf, request: &ApiRequest, answer: &Answer) {
    let AnswerBody::Whole(bytes) = &answer.body else { return };
    let wants = |body: &Value| body["store"] == true;
    let body = serde_json::from_slice::<Value>(&request.body).ok().filter(wants);
    let (Some(body), Ok(completion)) = (body, serde_json::from_slice::<Value>(bytes)) else {
        return;
    };
    if let Some(id) = completion["id"].as_str().map(str::to_owned) {
        let metadata = json!({"metadata": body["metadata"]});
        let item = Item::new(&id, with(completion, metadata));
        let item = Item { more: body["messages"].clone(), ..item };
        shelf.put(&request.session.to_string(), Kind::Completion, item);
    }
}
