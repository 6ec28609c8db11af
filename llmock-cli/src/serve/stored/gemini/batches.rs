//! Batches of requests: <https://ai.google.dev/api/batch-api>.

use std::fmt::Write as _;

use serde_json::{Value, json};

use super::super::{Call, Item, Kind, Made, batches::run, with};
use super::{missing, store};

/// How many looks at a batch find it unfinished.
const LOOKS: u32 = 1;

const METADATA: &str =
    "type.googleapis.com/google.ai.generativelanguage.v1main.GenerateContentBatch";
const OUTPUT: &str =
    "type.googleapis.com/google.ai.generativelanguage.v1main.GenerateContentBatchOutput";

pub(super) fn answer(call: &Call<'_>) -> Option<Made> {
    let id = call.segments.get(1).copied();
    let missing = |id: &str| missing("Batch", id);
    Some(match (call.method(), id) {
        ("GET", None) => {
            let all: Vec<Value> =
                call.all(Kind::Batch).into_iter().map(|item| item.shown).collect();
            Made::Json(if all.is_empty() { json!({}) } else { json!({"operations": all}) })
        }
        ("GET", Some(id)) => {
            let shown = call.change(Kind::Batch, id, |item| {
                item.looks += 1;
                if item.looks <= LOOKS {
                    set_state(&mut item.shown, "BATCH_STATE_RUNNING");
                } else if !item.more.is_null() {
                    set_state(&mut item.shown, "BATCH_STATE_SUCCEEDED");
                    item.shown["metadata"]["batchStats"] = item.more["stats"].take();
                    let response = item.more["response"].take();
                    item.shown["metadata"]["output"] = response.clone();
                    item.shown = with(
                        item.shown.clone(),
                        json!({"done": true, "response": with(json!({"@type": OUTPUT}), response)}),
                    );
                    item.more = Value::Null;
                }
                item.shown.clone()
            });
            shown.map_or_else(|| missing(id), Made::Json)
        }
        ("POST", Some(action)) => {
            let id = action.strip_suffix(":cancel")?;
            let known = call.change(Kind::Batch, id, |item| {
                if !item.more.is_null() {
                    set_state(&mut item.shown, "BATCH_STATE_CANCELLED");
                    item.shown["done"] = true.into();
                    item.more = Value::Null;
                    item.looks = LOOKS;
                }
            });
            known.map_or_else(|| missing(id), |()| Made::Json(json!({})))
        }
        ("DELETE", Some(id)) if call.remove(Kind::Batch, id) => Made::Json(json!({})),
        ("DELETE", Some(id)) => missing(id),
        _ => return None,
    })
}

fn set_state(operation: &mut Value, state: &str) {
    operation["metadata"]["state"] = state.into();
}

pub(super) async fn create(call: &Call<'_>) -> Made {
    let model = call.segments[1].split(':').next().unwrap_or_default();
    let batch = &call.body["batch"];
    let config =
        if batch["inputConfig"].is_null() { &batch["input_config"] } else { &batch["inputConfig"] };
    let file = config["fileName"].as_str().or(config["file_name"].as_str());
    let requests: Vec<Value> = match (&config["requests"]["requests"], file) {
        (Value::Array(requests), _) => requests.clone(),
        (_, Some(name)) => {
            let id = name.trim_start_matches("files/");
            let Some(item) = call.get(Kind::File, id) else { return missing("File", id) };
            let text = String::from_utf8_lossy(&item.content).into_owned();
            text.lines().filter_map(|line| serde_json::from_str(line).ok()).collect()
        }
        _ => return Made::error(400, "* BatchGenerateContentRequest.batch.input_config: required"),
    };
    let path = format!("/v1beta/models/{model}:generateContent");
    let (mut responses, mut failed, mut lines) = (Vec::new(), 0, String::new());
    for request in &requests {
        let (status, body) = run(call, &path, &request["request"]).await;
        failed += usize::from(status >= 400);
        let name = if status < 400 { "response" } else { "error" };
        let body = if status < 400 { body } else { body["error"].clone() };
        let mut line = json!({name: body});
        for key in ["metadata", "key"] {
            if !request[key].is_null() {
                line[key] = request[key].clone();
            }
        }
        let _ = writeln!(lines, "{line}");
        responses.push(line);
    }
    let response = if file.is_some() {
        let output = store(call, &json!({"mimeType": "application/jsonl"}), lines.into());
        json!({"responsesFile": output["name"]})
    } else {
        json!({"inlinedResponses": {"inlinedResponses": responses}})
    };
    let (id, count) = (call.id(""), requests.len());
    let name = format!("batches/{id}");
    let stats = json!({
        "requestCount": count.to_string(), "successfulRequestCount": (count - failed).to_string(),
        "failedRequestCount": failed.to_string(),
    });
    let pending =
        json!({"requestCount": count.to_string(), "pendingRequestCount": count.to_string()});
    let shown = json!({"name": name, "metadata": {
        "@type": METADATA, "name": name, "model": format!("models/{model}"),
        "displayName": batch["displayName"], "createTime": call.time(0), "updateTime": call.time(0),
        "batchStats": pending, "state": "BATCH_STATE_PENDING",
    }});
    let more = json!({"stats": stats, "response": response});
    call.put(Kind::Batch, Item { more, ..Item::new(&id, shown.clone()) });
    Made::Json(shown)
}
