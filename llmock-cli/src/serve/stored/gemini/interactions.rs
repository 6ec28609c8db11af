//! Interactions, Google's newer interface: steps in place of contents, stored and continued by id.
//! <https://ai.google.dev/api/interactions-api>

use std::fmt::Write as _;

use serde_json::{Value, json};

use super::super::{Call, Item, Kind, Made, batches::run, with};
use super::missing;

/// How many looks at an interaction in the background find it unfinished.
const LOOKS: u32 = 1;

pub(super) async fn answer(call: &Call<'_>) -> Option<Made> {
    let missing = |id: &str| missing("Interaction", id);
    Some(match (call.method(), &call.segments[1..]) {
        ("POST", []) => create(call).await,
        ("GET", [id]) => {
            let shown = call.change(Kind::Interaction, id, |item| {
                item.looks += 1;
                let is_unfinished = item.looks <= LOOKS && item.more["background"] == true;
                if is_unfinished { unfinished(&item.shown) } else { item.shown.clone() }
            });
            match shown {
                Some(shown) if call.query("stream").as_deref() == Some("true") => stream(&shown),
                Some(shown) => Made::Json(shown),
                None => missing(id),
            }
        }
        ("POST", [id, "cancel"]) => {
            let shown = call.change(Kind::Interaction, id, |item| {
                if item.more["background"] == true && item.looks <= LOOKS {
                    item.looks = LOOKS;
                    item.shown = with(unfinished(&item.shown), json!({"status": "cancelled"}));
                }
                item.shown.clone()
            });
            shown.map_or_else(|| missing(id), Made::Json)
        }
        ("DELETE", [id]) if call.remove(Kind::Interaction, id) => Made::Json(json!({})),
        ("DELETE", [id]) => missing(id),
        _ => return None,
    })
}

fn unfinished(interaction: &Value) -> Value {
    with(interaction.clone(), json!({"status": "in_progress", "steps": []}))
}

async fn create(call: &Call<'_>) -> Made {
    let body = &call.body;
    let model = body["model"].as_str().or(body["agent"].as_str()).unwrap_or_default();
    if model.is_empty() || body["input"].is_null() {
        let name = if model.is_empty() { "model" } else { "input" };
        return Made::error(400, format!("* CreateInteractionRequest.{name}: {name} is required"));
    }
    let mut contents = match body["previous_interaction_id"].as_str() {
        Some(id) => match call.get(Kind::Interaction, id) {
            Some(item) => item.more["contents"].as_array().cloned().unwrap_or_default(),
            None => return missing("Interaction", id),
        },
        None => Vec::new(),
    };
    contents.extend(contents_of(&body["input"]));
    let mut request = json!({"contents": contents});
    if let Some(text) = body["system_instruction"].as_str() {
        request["systemInstruction"] = json!({"parts": [{"text": text}]});
    }
    if let Value::Array(tools) = &body["tools"] {
        let functions = tools.iter().filter(|tool| tool["type"] == "function").cloned();
        request["tools"] = json!([{"functionDeclarations": functions.collect::<Vec<_>>()}]);
    }
    request["generationConfig"] = generation_config(body);
    let path = format!("/v1beta/models/{}:generateContent", model.trim_start_matches("models/"));
    let (status, response) = run(call, &path, &request).await;
    if status >= 400 {
        let message = response["error"]["message"].as_str().unwrap_or_default();
        return Made::error(status, message);
    }
    let content = response["candidates"][0]["content"].clone();
    let steps = steps(&content["parts"]);
    let waits = steps.iter().any(|step| step["type"] == "function_call");
    let id = call.id("v1_");
    let mut shown = json!({
        "id": id, "object": "interaction", "model": model, "role": "model",
        "status": if waits { "requires_action" } else { "completed" },
        "created": call.time(0), "updated": call.time(0), "steps": steps,
        "usage": usage(&response["usageMetadata"]),
    });
    if let Some(previous) = body["previous_interaction_id"].as_str() {
        shown["previous_interaction_id"] = previous.into();
    }
    contents.push(content);
    let is_background = body["background"] == true;
    if body["store"] != false {
        let more = json!({"contents": contents, "background": is_background});
        call.put(Kind::Interaction, Item { more, ..Item::new(&id, shown.clone()) });
    }
    match (body["stream"] == true, is_background) {
        (true, _) => stream(&shown),
        (false, true) => Made::Json(unfinished(&shown)),
        (false, false) => Made::Json(shown),
    }
}

/// The configuration under the names of `generateContent`.
fn generation_config(body: &Value) -> Value {
    let given = &body["generation_config"];
    let mut config = json!({});
    for (name, other) in [
        ("max_output_tokens", "maxOutputTokens"),
        ("stop_sequences", "stopSequences"),
        ("temperature", "temperature"),
        ("seed", "seed"),
    ] {
        if !given[name].is_null() {
            config[other] = given[name].clone();
        }
    }
    if given["thinking_summaries"] == "auto" {
        config["thinkingConfig"] = json!({"includeThoughts": true});
    }
    let formats = match &body["response_format"] {
        Value::Array(formats) => formats.clone(),
        Value::Null => Vec::new(),
        one => vec![one.clone()],
    };
    if let Some(format) = formats.iter().find(|format| format.is_object()) {
        let schema = if format["schema"].is_object() { &format["schema"] } else { format };
        config["responseMimeType"] = "application/json".into();
        config["responseJsonSchema"] = schema.clone();
    }
    config
}

/// An input as contents: a text, parts, turns, or steps.
fn contents_of(input: &Value) -> Vec<Value> {
    let user = |parts: Vec<Value>| json!({"role": "user", "parts": parts});
    match input {
        Value::String(text) => vec![user(vec![json!({"text": text})])],
        Value::Array(items)
            if items.iter().any(|item| item["role"].is_string() || is_step(item)) =>
        {
            items.iter().map(content_of).collect()
        }
        Value::Array(items) => vec![user(items.iter().map(part).collect())],
        one => vec![user(vec![part(one)])],
    }
}

fn is_step(item: &Value) -> bool {
    let kinds = ["user_input", "model_output", "function_call", "function_result", "thought"];
    item["type"].as_str().is_some_and(|kind| kinds.contains(&kind))
}

/// A turn or a step as a content.
fn content_of(item: &Value) -> Value {
    let is_model = item["role"] == "model"
        || ["model_output", "function_call", "thought"].iter().any(|kind| item["type"] == *kind);
    let role = if is_model { "model" } else { "user" };
    let parts = match &item["content"] {
        Value::String(text) => vec![json!({"text": text})],
        Value::Array(parts) => parts.iter().map(part).collect(),
        _ => vec![part(item)],
    };
    json!({"role": role, "parts": parts})
}

fn part(item: &Value) -> Value {
    match item["type"].as_str() {
        Some("function_call") => {
            let call = json!({"id": item["id"], "name": item["name"], "args": item["arguments"]});
            json!({"functionCall": call})
        }
        Some("function_result") => {
            let result = match &item["result"] {
                Value::Object(_) => item["result"].clone(),
                other => json!({"result": other}),
            };
            json!({"functionResponse": {"id": item["call_id"], "name": item["name"], "response": result}})
        }
        Some("image" | "audio" | "video" | "document") => {
            json!({"inlineData": {"mimeType": item["mime_type"], "data": item["data"]}})
        }
        _ => json!({"text": item["text"].as_str().or(item.as_str()).unwrap_or_default()}),
    }
}

/// The parts of a response as steps.
fn steps(parts: &Value) -> Vec<Value> {
    let parts = parts.as_array().cloned().unwrap_or_default();
    let step = |part: Value| {
        if part["thought"] == true {
            let summary = json!([{"type": "text", "text": part["text"]}]);
            return json!({"type": "thought", "signature": "c2lnbmF0dXJl", "summary": summary});
        }
        let call = &part["functionCall"];
        if call.is_object() {
            let (id, name) = (&call["id"], &call["name"]);
            return json!({"type": "function_call", "id": id, "name": name, "arguments": call["args"]});
        }
        json!({"type": "model_output", "content": [{"type": "text", "text": part["text"]}]})
    };
    parts.into_iter().map(step).collect()
}

fn usage(metadata: &Value) -> Value {
    let count = |name: &str| metadata[name].as_u64().unwrap_or_default();
    let input = count("promptTokenCount");
    json!({
        "total_input_tokens": input, "total_output_tokens": count("candidatesTokenCount"),
        "total_thought_tokens": count("thoughtsTokenCount"), "total_cached_tokens": 0,
        "total_tool_use_tokens": 0, "total_tokens": count("totalTokenCount"),
        "input_tokens_by_modality": [{"modality": "text", "tokens": input}],
    })
}

/// All events of an interaction.
fn stream(interaction: &Value) -> Made {
    let mut events = vec![
        json!({"event_type": "interaction.created", "interaction": unfinished(interaction)}),
        json!({
            "event_type": "interaction.status_update", "interaction_id": interaction["id"],
            "status": "in_progress",
        }),
    ];
    let steps = interaction["steps"].as_array().cloned().unwrap_or_default();
    for (index, step) in steps.iter().enumerate() {
        let (begun, deltas) = pieces(step);
        events.push(json!({"event_type": "step.start", "index": index, "step": begun}));
        for delta in deltas {
            events.push(json!({"event_type": "step.delta", "index": index, "delta": delta}));
        }
        events.push(json!({"event_type": "step.stop", "index": index}));
    }
    let end = with(interaction.clone(), json!({"steps": []}));
    events.push(json!({"event_type": "interaction.completed", "interaction": end}));
    let mut text = String::new();
    for (number, mut event) in events.into_iter().enumerate() {
        event["event_id"] = format!("event_{number}").into();
        let kind = event["event_type"].as_str().unwrap_or_default().to_owned();
        let _ = write!(text, "event: {kind}\ndata: {event}\n\n");
    }
    text.push_str("event: done\ndata: [DONE]\n\n");
    Made::Bytes { content_type: "text/event-stream".to_owned(), content: text.into() }
}

/// A step as it begins, and what is added to it.
fn pieces(step: &Value) -> (Value, Vec<Value>) {
    match step["type"].as_str() {
        Some("function_call") => {
            let arguments = step["arguments"].to_string();
            let begun = with(step.clone(), json!({"arguments": {}}));
            (begun, vec![json!({"type": "arguments_delta", "arguments": arguments})])
        }
        Some("thought") => {
            let summary = json!({"type": "thought_summary", "content": step["summary"][0]});
            let signature = json!({"type": "thought_signature", "signature": step["signature"]});
            (json!({"type": "thought"}), vec![summary, signature])
        }
        _ => {
            let text = step["content"][0]["text"].as_str().unwrap_or_default();
            let words = text.split_inclusive(' ');
            let deltas = words.map(|word| json!({"type": "text", "text": word})).collect();
            (json!({"type": "model_output"}), deltas)
        }
    }
}
