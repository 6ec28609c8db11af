//! Responses that were made: retrieved, cancelled, removed, continued; token counts, and compaction.
//! <https://platform.openai.com/docs/api-reference/responses>

use http::header::SEC_WEBSOCKET_KEY;
use llmock::reply::Reply;
use serde_json::{Value, json};

use super::{Call, Item, Kind, Made, Shelf, deleted, pages, with};
use crate::serve::answer::{Answer, AnswerBody};
use crate::serve::api_request::ApiRequest;

/// How many looks at a response in the background find it unfinished.
const LOOKS: u32 = 1;

pub(super) fn answer(call: &Call<'_>) -> Option<Made> {
    match (call.method(), &call.segments[1..]) {
        ("POST", ["input_tokens"]) => {
            let reading = call.request.route.target.read(&call.request.body);
            let tokens = reading.input_tokens();
            Some(Made::Json(json!({"object": "response.input_tokens", "input_tokens": tokens})))
        }
        ("POST", ["compact"]) => Some(compact(call)),
        ("GET", [id]) => Some(retrieve(call, id)),
        ("DELETE", [id]) if call.remove(Kind::Response, id) => {
            Some(deleted(id, "response.deleted"))
        }
        ("POST", [id, "cancel"]) => Some(cancel(call, id)),
        ("GET", [id, "input_items"]) => Some(match call.get(Kind::Response, id) {
            Some(item) => {
                let items = item.more.as_array().cloned().unwrap_or_default();
                pages::list(call, items.into_iter().rev().collect())
            }
            None => missing(id),
        }),
        ("DELETE", [id]) => Some(missing(id)),
        _ => None,
    }
}

fn missing(id: &str) -> Made {
    Made::error(404, format!("Response with id '{id}' not found."))
}

fn retrieve(call: &Call<'_>, id: &str) -> Made {
    let found = call.change(Kind::Response, id, |item| {
        item.looks += 1;
        if item.looks <= LOOKS && is_in_background(&item.shown) {
            return unfinished(&item.shown, "in_progress");
        }
        item.shown.clone()
    });
    match found {
        Some(response) if call.query("stream").as_deref() == Some("true") => {
            events(&response, call.query("starting_after").and_then(|at| at.parse().ok()))
        }
        Some(response) => Made::Json(response),
        None => missing(id),
    }
}

/// The last event of the response's stream; those before it were sent already.
fn events(response: &Value, after: Option<u64>) -> Made {
    let kind = format!("response.{}", response["status"].as_str().unwrap_or("completed"));
    let number = after.map_or(0, |after| after + 1);
    let data = json!({"type": kind, "sequence_number": number, "response": response});
    let content = format!("event: {kind}\ndata: {data}\n\n").into();
    Made::Bytes { content_type: "text/event-stream; charset=utf-8".to_owned(), content }
}

fn cancel(call: &Call<'_>, id: &str) -> Made {
    let cancelled = call.change(Kind::Response, id, |item| {
        if !is_in_background(&item.shown) {
            return None;
        }
        if item.looks <= LOOKS {
            item.shown = unfinished(&item.shown, "cancelled");
            item.looks = LOOKS + 1;
        }
        Some(item.shown.clone())
    });
    match cancelled {
        Some(Some(response)) => Made::Json(response),
        Some(None) => Made::error(400, "Cannot cancel a synchronous response."),
        None => missing(id),
    }
}

fn is_in_background(response: &Value) -> bool {
    response["background"] == true
}

/// A response without its output.
fn unfinished(response: &Value, status: &str) -> Value {
    let none = json!({"status": status, "output": [], "usage": null, "incomplete_details": null});
    with(response.clone(), none)
}

/// A conversation in a shorter form, which clients send in place of it.
fn compact(call: &Call<'_>) -> Made {
    let id = call.id("resp_");
    let previous = call.body["previous_response_id"].as_str();
    let earlier = match previous.map(|id| call.get(Kind::Response, id)) {
        Some(None) => return missing_previous(previous.unwrap_or_default()),
        Some(Some(item)) => item.more.as_array().cloned().unwrap_or_default(),
        None => Vec::new(),
    };
    let input = items(&call.body["input"], &mut |prefix| call.id(prefix));
    let of_user = earlier.into_iter().chain(input).filter(|item| item["role"] == "user");
    let mut output: Vec<Value> = of_user.collect();
    let tokens = call.request.route.target.read(&call.request.body).input_tokens();
    output.push(json!({
        "id": call.id("cmp_"), "type": "compaction", "encrypted_content": call.id("gAAAAA"),
    }));
    Made::Json(json!({
        "id": id, "object": "response.compaction", "created_at": call.created(), "output": output,
        "usage": {
            "input_tokens": tokens, "input_tokens_details": {"cached_tokens": 0},
            "output_tokens": 1, "output_tokens_details": {"reasoning_tokens": 0},
            "total_tokens": tokens + 1,
        },
    }))
}

fn missing_previous(id: &str) -> Made {
    let error = Reply::error(400, format!("Previous response with id '{id}' not found."));
    Made::Error(Box::new(error.code("previous_response_not_found")))
}

/// The error of a request that continues what is not stored.
pub(crate) fn refusal(shelf: &Shelf, request: &ApiRequest) -> Option<Reply> {
    let (session, body) = continued(request)?;
    if let Some(id) = body["previous_response_id"].as_str()
        && shelf.get(&session, Kind::Response, id).is_none()
    {
        let error = Reply::error(400, format!("Previous response with id '{id}' not found."));
        return Some(error.code("previous_response_not_found"));
    }
    let id = body["conversation"].as_str().or(body["conversation"]["id"].as_str())?;
    let is_unknown = shelf.get(&session, Kind::Conversation, id).is_none();
    is_unknown.then(|| Reply::error(404, format!("Conversation with id '{id}' not found.")))
}

/// The session and the body of a request that may continue what is stored.
fn continued(request: &ApiRequest) -> Option<(String, Value)> {
    let text = std::str::from_utf8(&request.body).ok()?;
    if !text.contains("\"previous_response_id\"") && !text.contains("\"conversation\"") {
        return None;
    }
    Some((request.session.to_string(), serde_json::from_str(text).ok()?))
}

/// The tokens of the turns that a request continues: they are part of its prompt.
pub(crate) fn earlier_tokens(shelf: &Shelf, request: &ApiRequest) -> u64 {
    let Some((session, body)) = continued(request) else { return 0 };
    if let Some(id) = body["previous_response_id"].as_str() {
        let earlier = shelf.get(&session, Kind::Response, id);
        let tokens = earlier.and_then(|item| item.shown["usage"]["total_tokens"].as_u64());
        return tokens.unwrap_or_default();
    }
    let id = body["conversation"].as_str().or(body["conversation"]["id"].as_str());
    let stored = id.and_then(|id| shelf.get(&session, Kind::Conversation, id));
    stored.map_or(0, |item| {
        let items = json!({ "input": item.more }).to_string();
        request.route.target.read(items.as_bytes()).input_tokens()
    })
}

/// Stores a response that was made, unless the request declines, and changes what the client gets of one in the
/// background.
pub(crate) fn keep(shelf: &Shelf, request: &ApiRequest, number: u64, answer: &mut Answer) {
    let Ok(body) = serde_json::from_slice::<Value>(&request.body) else { return };
    let Some(response) = finished(&answer.body).filter(|response| response["id"].is_string())
    else {
        return;
    };
    let (session, mut made) = (request.session.to_string(), 0_u64);
    let mut id = |prefix: &str| {
        made += 1;
        format!("{prefix}{:016x}{made:08x}", number.wrapping_mul(0x9e37_79b9_7f4a_7c15))
    };
    let input = items(&body["input"], &mut id);
    let conversation = body["conversation"].as_str().or(body["conversation"]["id"].as_str());
    if let Some(conversation) = conversation {
        let output = response["output"].as_array().cloned().unwrap_or_default();
        shelf.change(&session, Kind::Conversation, conversation, |item| {
            if let Value::Array(all) = &mut item.more {
                all.extend(input.iter().cloned().chain(output));
            }
        });
    }
    let is_background = body["background"] == true;
    // A WebSocket continues its own responses, stored or not.
    let is_on_socket = request.headers.contains_key(SEC_WEBSOCKET_KEY);
    if body["store"] == false && !is_background && !is_on_socket {
        return;
    }
    let earlier = body["previous_response_id"].as_str();
    let earlier = earlier.and_then(|id| shelf.get(&session, Kind::Response, id));
    let mut all = earlier.map(|item| {
        let output = item.shown["output"].as_array().cloned().unwrap_or_default();
        let input = item.more.as_array().cloned().unwrap_or_default();
        input.into_iter().chain(output).collect::<Vec<_>>()
    });
    all.get_or_insert_default().extend(input);
    if let (AnswerBody::Whole(bytes), true) = (&mut answer.body, is_background) {
        *bytes = unfinished(&response, "queued").to_string().into();
    }
    let id = response["id"].as_str().unwrap_or_default().to_owned();
    let item = Item { more: all.unwrap_or_default().into(), ..Item::new(&id, response) };
    shelf.put(&session, Kind::Response, item);
}

/// The whole response, also the one in the last event of a stream.
fn finished(body: &AnswerBody) -> Option<Value> {
    match body {
        AnswerBody::Whole(bytes) => serde_json::from_slice(bytes).ok(),
        AnswerBody::Stream { pieces, .. } => {
            let text = std::str::from_utf8(&pieces.last()?.bytes).ok()?;
            let data = text.lines().find_map(|line| line.strip_prefix("data: "))?;
            let mut event: Value = serde_json::from_str(data).ok()?;
            Some(event["response"].take())
        }
        AnswerBody::Live(_) | AnswerBody::Nothing => None,
    }
}

/// The items of an input, each with an id. A text is a message of the user.
pub(super) fn items(input: &Value, id: &mut impl FnMut(&str) -> String) -> Vec<Value> {
    let message = |id: String, text: &str, role: &str| {
        let content = json!([{"type": "input_text", "text": text}]);
        json!({"id": id, "type": "message", "status": "completed", "role": role, "content": content})
    };
    match input {
        Value::String(text) => vec![message(id("msg_"), text, "user")],
        Value::Array(items) => items
            .iter()
            .map(|item| {
                let role = item["role"].as_str().unwrap_or("user");
                match item["content"].as_str() {
                    Some(text) if item["type"].is_null() || item["type"] == "message" => {
                        message(id("msg_"), text, role)
                    }
                    _ if item["id"].is_string() => item.clone(),
                    _ => {
                        let kind = item["type"].as_str().unwrap_or("message");
                        let prefix = if kind == "message" { "msg_" } else { "item_" };
                        with(json!({"type": kind, "id": id(prefix)}), item.clone())
                    }
                }
            })
            .collect(),
        _ => Vec::new(),
    }
}
