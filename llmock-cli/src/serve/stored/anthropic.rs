//! Anthropic's message batches and files: <https://docs.claude.com/en/api/creating-message-batches>,
//! <https://docs.claude.com/en/api/files-create>.

use std::fmt::Write as _;

use serde_json::{Value, json};

use super::pages::{Page, page};
use super::{Call, Item, Kind, Made, batches::run, multipart, with};

/// How many looks at a batch find it unfinished.
const LOOKS: u32 = 1;

pub(super) async fn batches(call: &Call<'_>) -> Option<Made> {
    Some(match (call.method(), &call.segments[2..]) {
        ("POST", []) => create(call).await,
        ("GET", []) => {
            list(call, call.all(Kind::Batch).into_iter().map(|item| item.shown).collect())
        }
        ("GET", [id]) => look(call, id),
        ("POST", [id, "cancel"]) => cancel(call, id),
        ("GET", [id, "results"]) => results(call, id),
        ("DELETE", [id]) => match call.get(Kind::Batch, id) {
            Some(item) if item.shown["processing_status"] != "ended" => Made::error(
                400,
                format!("Message batch {id} cannot be deleted while it is still processing."),
            ),
            Some(_) => {
                call.remove(Kind::Batch, id);
                Made::Json(json!({"id": id, "type": "message_batch_deleted"}))
            }
            None => missing(id),
        },
        _ => return None,
    })
}

fn missing(id: &str) -> Made {
    Made::error(404, format!("Message batch {id} not found."))
}

/// A list as Anthropic writes it.
fn list(call: &Call<'_>, newest_first: Vec<Value>) -> Made {
    let Page { data, has_more } = page(call, newest_first, 20);
    let id = |item: Option<&Value>| item.map(|item| item["id"].clone());
    let (first, last) = (id(data.first()), id(data.last()));
    Made::Json(json!({"data": data, "has_more": has_more, "first_id": first, "last_id": last}))
}

async fn create(call: &Call<'_>) -> Made {
    let Some(requests) = call.body["requests"].as_array().filter(|all| !all.is_empty()) else {
        return Made::error(400, "requests: Field required");
    };
    let mut ids: Vec<&str> = Vec::new();
    let mut lines = String::new();
    let (mut succeeded, mut errored) = (0, 0);
    for (at, request) in requests.iter().enumerate() {
        let Some(custom_id) = request["custom_id"].as_str() else {
            return Made::error(400, format!("requests.{at}.custom_id: Field required"));
        };
        if ids.contains(&custom_id) {
            return Made::error(
                400,
                format!("requests.{at}.custom_id: `{custom_id}` is not unique"),
            );
        }
        ids.push(custom_id);
        let (status, body) = run(call, "/v1/messages", &request["params"]).await;
        let result = if status < 400 {
            succeeded += 1;
            json!({"type": "succeeded", "message": body})
        } else {
            errored += 1;
            json!({"type": "errored", "error": body})
        };
        let _ = writeln!(lines, "{}", json!({"custom_id": custom_id, "result": result}));
    }
    let id = call.id("msgbatch_");
    let counts = |processing: usize, succeeded: usize, errored: usize| {
        json!({
            "processing": processing, "succeeded": succeeded, "errored": errored, "canceled": 0,
            "expired": 0,
        })
    };
    let shown = json!({
        "id": id, "type": "message_batch", "processing_status": "in_progress",
        "request_counts": counts(ids.len(), 0, 0), "ended_at": null, "created_at": call.time(0),
        "expires_at": call.time(86_400), "archived_at": null, "cancel_initiated_at": null,
        "results_url": null,
    });
    let origin = call.request.origin().unwrap_or_default();
    let more = json!({
        "processing_status": "ended", "request_counts": counts(0, succeeded, errored),
        "ended_at": call.time(1),
        "results_url": format!("{origin}/v1/messages/batches/{id}/results"),
    });
    let item = Item { more, content: lines.into(), ..Item::new(&id, shown.clone()) };
    call.put(Kind::Batch, item);
    Made::Json(shown)
}

fn look(call: &Call<'_>, id: &str) -> Made {
    let shown = call.change(Kind::Batch, id, |item| {
        item.looks += 1;
        if item.looks > LOOKS && !item.more.is_null() {
            item.shown = with(item.shown.clone(), item.more.take());
        }
        item.shown.clone()
    });
    shown.map_or_else(|| missing(id), Made::Json)
}

fn cancel(call: &Call<'_>, id: &str) -> Made {
    let now = call.time(0);
    let shown = call.change(Kind::Batch, id, |item| {
        if item.shown["processing_status"] == "in_progress" {
            let lines = String::from_utf8_lossy(&item.content).into_owned();
            let canceled = lines.lines().filter_map(|line| {
                let line: Value = serde_json::from_str(line).ok()?;
                Some(json!({"custom_id": line["custom_id"], "result": {"type": "canceled"}}))
            });
            let canceled: Vec<String> = canceled.map(|line| format!("{line}\n")).collect();
            item.content = canceled.concat().into();
            let counts = json!({
                "processing": 0, "succeeded": 0, "errored": 0, "canceled": canceled.len(), "expired": 0,
            });
            item.more = with(item.more.take(), json!({"request_counts": counts}));
            let begun = json!({"processing_status": "canceling", "cancel_initiated_at": now});
            item.shown = with(item.shown.clone(), begun);
            item.looks = LOOKS;
        }
        item.shown.clone()
    });
    shown.map_or_else(|| missing(id), Made::Json)
}

fn results(call: &Call<'_>, id: &str) -> Made {
    match call.get(Kind::Batch, id) {
        Some(item) if item.shown["processing_status"] == "ended" => {
            Made::Bytes { content_type: "application/x-jsonl".to_owned(), content: item.content }
        }
        Some(_) => Made::error(
            404,
            format!("Message batch {id} has no results yet: it is still processing."),
        ),
        None => missing(id),
    }
}

pub(super) fn files(call: &Call<'_>) -> Option<Made> {
    let missing = |id: &str| Made::error(404, format!("File not found: {id}"));
    Some(match (call.method(), &call.segments[1..]) {
        ("POST", []) => {
            let fields = call.form();
            let Some(file) = multipart::file(&fields) else {
                return Some(Made::error(400, "file: Field required"));
            };
            let id = call.id("file_");
            let mime = file.content_type.as_deref().unwrap_or("application/octet-stream");
            let shown = json!({
                "id": id, "type": "file", "filename": file.filename, "mime_type": mime,
                "size_bytes": file.content.len(), "created_at": call.time(0), "downloadable": false,
            });
            let item = Item { content: file.content.clone(), ..Item::new(&id, shown.clone()) };
            call.put(Kind::File, item);
            Made::Json(shown)
        }
        ("GET", []) => {
            list(call, call.all(Kind::File).into_iter().map(|item| item.shown).collect())
        }
        ("GET", [id]) => match call.get(Kind::File, id) {
            Some(item) => Made::Json(item.shown),
            None => missing(id),
        },
        ("GET", [id, "content"]) => match call.get(Kind::File, id) {
            Some(item) => {
                let mime = item.shown["mime_type"].as_str().unwrap_or_default().to_owned();
                Made::Bytes { content_type: mime, content: item.content }
            }
            None => missing(id),
        },
        ("DELETE", [id]) if call.remove(Kind::File, id) => {
            Made::Json(json!({"id": id, "type": "file_deleted"}))
        }
        ("DELETE", [id]) => missing(id),
        _ => return None,
    })
}
