//! Batches of requests in a file: <https://platform.openai.com/docs/api-reference/batch>.
//!
//! The responses are made when a batch is created, and shown when it is completed: at the second look at it.

use std::fmt::Write as _;

use bytes::Bytes;
use serde_json::{Value, json};

use super::{Call, Item, Kind, Made, files, pages, with};
use crate::serve::answer::{Answer, AnswerBody};
use crate::serve::dispatch;

/// How many looks at a batch find it unfinished.
const LOOKS: u32 = 1;

pub(super) async fn answer(call: &Call<'_>) -> Option<Made> {
    Some(match (call.method(), &call.segments[1..]) {
        ("POST", []) => create(call).await,
        ("GET", []) => {
            let all = call.all(Kind::Batch).into_iter().map(|item| item.shown);
            pages::list(call, all.collect())
        }
        ("GET", [id]) => look(call, id),
        ("POST", [id, "cancel"]) => {
            let now = call.created();
            let cancelled = call.change(Kind::Batch, id, |item| {
                if item.looks <= LOOKS {
                    item.looks = LOOKS + 1;
                    let times =
                        json!({"status": "cancelled", "cancelling_at": now, "cancelled_at": now});
                    item.shown = with(item.shown.clone(), times);
                    item.more = Value::Null;
                    return with(item.shown.clone(), json!({"status": "cancelling"}));
                }
                item.shown.clone()
            });
            cancelled.map_or_else(|| missing(id), Made::Json)
        }
        _ => return None,
    })
}

fn missing(id: &str) -> Made {
    Made::error(404, format!("No batch found with id '{id}'."))
}

async fn create(call: &Call<'_>) -> Made {
    for name in ["input_file_id", "endpoint", "completion_window"] {
        if !call.body[name].is_string() {
            return Made::error(400, format!("Missing required parameter: '{name}'."));
        }
    }
    let input = call.body["input_file_id"].as_str().unwrap_or_default();
    let Some(file) = call.get(Kind::File, input) else {
        return Made::error(404, format!("No such File object: {input}"));
    };
    let (mut output, mut errors, mut counts) = (String::new(), String::new(), [0, 0]);
    for line in
        String::from_utf8_lossy(&file.content).lines().filter(|line| !line.trim().is_empty())
    {
        let (response, is_good) = respond(call, line).await;
        counts[usize::from(!is_good)] += 1;
        let text = if is_good { &mut output } else { &mut errors };
        let _ = writeln!(text, "{response}");
    }
    let (id, now) = (call.id("batch_"), call.created());
    let mut done = json!({
        "status": "completed", "in_progress_at": now, "finalizing_at": now, "completed_at": now,
        "request_counts": {"total": counts[0] + counts[1], "completed": counts[0], "failed": counts[1]},
    });
    for (name, text) in [("output_file_id", output), ("error_file_id", errors)] {
        if !text.is_empty() {
            let filename = format!("{id}_{}.jsonl", name.trim_end_matches("_file_id"));
            let stored = files::store(call, &filename, "batch_output", Bytes::from(text));
            done[name] = stored["id"].clone();
        }
    }
    let shown = json!({
        "id": id, "object": "batch", "endpoint": call.body["endpoint"], "errors": null,
        "input_file_id": input, "completion_window": call.body["completion_window"],
        "status": "validating", "output_file_id": null, "error_file_id": null, "created_at": now,
        "in_progress_at": null, "expires_at": now + 86_400, "finalizing_at": null,
        "completed_at": null, "failed_at": null, "expired_at": null, "cancelling_at": null,
        "cancelled_at": null, "request_counts": {"total": 0, "completed": 0, "failed": 0},
        "metadata": call.body["metadata"],
    });
    call.put(Kind::Batch, Item { more: done, ..Item::new(&id, shown.clone()) });
    Made::Json(shown)
}

fn look(call: &Call<'_>, id: &str) -> Made {
    let shown = call.change(Kind::Batch, id, |item| {
        item.looks += 1;
        if item.looks <= LOOKS {
            let total = item.more["request_counts"]["total"].clone();
            let counts = json!({"total": total, "completed": 0, "failed": 0});
            let begun = json!({
                "status": "in_progress", "in_progress_at": item.shown["created_at"],
                "request_counts": counts,
            });
            return with(item.shown.clone(), begun);
        }
        item.shown = with(item.shown.clone(), item.more.take());
        item.shown.clone()
    });
    shown.map_or_else(|| missing(id), Made::Json)
}

/// The line of a batch's output for one of its input, and whether the request succeeded.
async fn respond(call: &Call<'_>, line: &str) -> (Value, bool) {
    let request: Value = serde_json::from_str(line).unwrap_or_default();
    let (status, body) = match request["url"].as_str() {
        Some(path) => run(call, path, &request["body"]).await,
        None => (
            400,
            json!({"error": {"message": "the line has no `url`", "type": "invalid_request_error"}}),
        ),
    };
    let response = json!({"status_code": status, "request_id": call.id("req_"), "body": body});
    let response = json!({
        "id": call.id("batch_req_"), "custom_id": request["custom_id"], "response": response,
        "error": null,
    });
    (response, status < 400)
}

/// The response to a request that is part of another one: its status and its body.
pub(super) async fn run(call: &Call<'_>, path: &str, body: &Value) -> (u16, Value) {
    let mut body = body.clone();
    if let Value::Object(members) = &mut body {
        members.remove("stream");
    }
    let inner = call.request.within(path, body.to_string().into());
    let decided = dispatch::within(&inner, call.running, call.number()).await;
    let Answer { status, body, .. } = decided.answer;
    let json = match body {
        AnswerBody::Whole(bytes) => serde_json::from_slice(&bytes).unwrap_or_default(),
        _ => Value::Null,
    };
    (status.as_u16(), json)
}
