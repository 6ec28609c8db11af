//! Realtime: a session with a conversation, whose responses are those of Responses in other events.
//!
//! Messages of the client: <https://developers.openai.com/api/reference/resources/realtime/client-events>. Members are those
//! of `types/realtime` in version 3.57.0 of `openai` for Python.

use std::collections::VecDeque;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};

use super::realtime_events::{Modality, Pending, Rewritten};
use super::{Dialogue, Ids, Step, object};

#[derive(Debug)]
pub(super) struct Realtime {
    /// Where responses are created.
    path: String,
    pub(super) is_beta: bool,
    pub(super) ids: Ids,
    session: Value,
    conversation: String,
    items: Vec<Value>,
    /// Bytes of audio that were not committed.
    audio: usize,
    /// Responses that are still to come.
    pending: VecDeque<Pending>,
    /// The response that is being sent.
    current: Option<Rewritten>,
}

impl Realtime {
    /// `target` has the model in its query.
    pub(super) fn new(target: &str, is_beta: bool, seed: u64) -> Self {
        let (path, query) = target.split_once('?').unwrap_or((target, ""));
        let path = path.trim_end_matches('/').trim_end_matches("/realtime");
        let value = |name: &str| {
            let mut pairs = url::form_urlencoded::parse(query.as_bytes());
            pairs.find(|(known, _)| known == name).map(|(_, value)| value.into_owned())
        };
        let model = value("model").or_else(|| value("deployment"));
        let mut ids = Ids::new(seed);
        let mut session = json!({
            "id": ids.next("sess"), "object": "realtime.session",
            "model": model.as_deref().unwrap_or("gpt-realtime"), "instructions": "",
            "tools": [], "tool_choice": "auto",
        });
        // Some clients require these members.
        let turns = json!({
            "type": "server_vad", "threshold": 0.5, "prefix_padding_ms": 300, "silence_duration_ms": 500,
            "create_response": true, "interrupt_response": true,
        });
        let more = if is_beta {
            json!({
                "modalities": ["text", "audio"], "voice": "alloy", "input_audio_format": "pcm16",
                "output_audio_format": "pcm16", "input_audio_transcription": null,
                "turn_detection": turns, "temperature": 0.8,
                "max_response_output_tokens": "inf",
            })
        } else {
            let format = json!({"type": "audio/pcm", "rate": 24000});
            json!({
                "type": "realtime", "output_modalities": ["audio"], "max_output_tokens": "inf",
                "truncation": "auto", "prompt": null, "tracing": null, "include": null,
                "audio": {
                    "input": {"format": format, "transcription": null, "noise_reduction": null,
                        "turn_detection": turns},
                    "output": {"format": format, "voice": "marin", "speed": 1.0},
                },
            })
        };
        merge(&mut session, more);
        let conversation = ids.next("conv");
        Self {
            path: format!("{path}/responses"),
            is_beta,
            ids,
            session,
            conversation,
            items: Vec::new(),
            audio: 0,
            pending: VecDeque::new(),
            current: None,
        }
    }

    /// An event of the server.
    pub(super) fn event(&mut self, kind: &str, members: Value) -> String {
        let mut event = json!({"type": kind, "event_id": self.ids.next("event")});
        merge(&mut event, members);
        event.to_string()
    }

    fn error(&mut self, code: &str, why: &str, param: Option<&str>, of: &Value) -> Vec<Step> {
        let event_id = of.get("event_id").cloned().unwrap_or_default();
        let error = json!({
            "type": "invalid_request_error", "code": code, "message": why, "param": param,
            "event_id": event_id,
        });
        vec![Step::Send(self.event("error", json!({"error": error})))]
    }

    fn update(&mut self, message: &Value) -> Vec<Step> {
        let Some(session) = message.get("session").filter(|session| session.is_object()) else {
            return self.error(
                "missing_required_parameter",
                "Missing required parameter: 'session'.",
                Some("session"),
                message,
            );
        };
        merge(&mut self.session, session.clone());
        let session = self.session.clone();
        vec![Step::Send(self.event("session.updated", json!({"session": session})))]
    }

    fn append(&mut self, message: &Value) -> Vec<Step> {
        let audio = message["audio"].as_str().and_then(|text| STANDARD.decode(text).ok());
        match audio {
            Some(bytes) => {
                self.audio += bytes.len();
                Vec::new()
            }
            None => self.error(
                "invalid_value",
                "Invalid 'audio'. Expected base64-encoded audio bytes.",
                Some("audio"),
                message,
            ),
        }
    }

    fn commit(&mut self, message: &Value) -> Vec<Step> {
        if std::mem::take(&mut self.audio) == 0 {
            return self.error(
                "input_audio_buffer_commit_empty",
                "Error committing input audio buffer: the buffer has no audio.",
                None,
                message,
            );
        }
        let item = json!({"type": "message", "role": "user",
            "content": [{"type": "input_audio", "transcript": null}]});
        let item = self.with_id(item);
        let committed = json!({"item_id": item["id"], "previous_item_id": self.last_id()});
        let mut all = vec![Step::Send(self.event("input_audio_buffer.committed", committed))];
        all.extend(self.add(item, &Value::Null).into_iter().map(Step::Send));
        all
    }

    fn create_item(&mut self, message: &Value) -> Vec<Step> {
        let Some(item) = message.get("item").filter(|item| item["type"].is_string()) else {
            let why = "Missing required parameter: 'item.type'.";
            return self.error("missing_required_parameter", why, Some("item.type"), message);
        };
        if let Some(id) = item["id"].as_str().filter(|id| self.place(id).is_some()) {
            let why = format!("Error adding item: an item with the id '{id}' already exists.");
            return self.error("item_create_duplicate_item_id", &why, None, message);
        }
        let before = &message["previous_item_id"];
        if let Some(id) = before.as_str().filter(|id| *id != "root" && self.place(id).is_none()) {
            let why =
                format!("Error adding item: the previous item with id '{id}' does not exist.");
            return self.error("item_create_invalid_previous_item_id", &why, None, message);
        }
        let item = self.with_id(item.clone());
        self.add(item, before).into_iter().map(Step::Send).collect()
    }

    fn with_id(&mut self, mut item: Value) -> Value {
        if item["id"].as_str().is_none() {
            item["id"] = self.ids.next("item").into();
        }
        item["object"] = "realtime.item".into();
        item["status"] = "completed".into();
        item
    }

    /// Puts a complete item behind another one, or at the end.
    pub(super) fn add(&mut self, item: Value, before: &Value) -> Vec<String> {
        let place = match before.as_str() {
            Some("root") => 0,
            Some(id) => self.place(id).map_or(self.items.len(), |place| place + 1),
            None => self.items.len(),
        };
        let previous = place.checked_sub(1).map(|at| self.items[at]["id"].clone());
        let members = json!({"previous_item_id": previous, "item": item});
        self.items.insert(place, item);
        if self.is_beta {
            return vec![self.event("conversation.item.created", members)];
        }
        vec![
            self.event("conversation.item.added", members.clone()),
            self.event("conversation.item.done", members),
        ]
    }

    /// Notes an item of a response, whose events are its own.
    pub(super) fn keep(&mut self, item: Value) {
        self.items.push(item);
    }

    pub(super) fn last_id(&self) -> Value {
        self.items.last().map(|item| item["id"].clone()).unwrap_or_default()
    }

    fn place(&self, id: &str) -> Option<usize> {
        self.items.iter().position(|item| item["id"] == id)
    }

    /// Something happens to an item that must exist.
    fn change(&mut self, message: &Value, kind: &str) -> Vec<Step> {
        let id = message["item_id"].as_str().unwrap_or_default().to_owned();
        let Some(place) = self.place(&id) else {
            let code = format!("item_{kind}_invalid_item_id");
            let why = format!("Error: the item with id '{id}' does not exist.");
            return self.error(&code, &why, Some("item_id"), message);
        };
        let (kind, members) = match kind {
            "retrieve" => ("retrieved", json!({"item": self.items[place]})),
            "delete" => {
                self.items.remove(place);
                ("deleted", json!({"item_id": id}))
            }
            _ => {
                let end = message.get("audio_end_ms").cloned().unwrap_or(0.into());
                let content = message.get("content_index").cloned().unwrap_or(0.into());
                ("truncated", json!({"item_id": id, "content_index": content, "audio_end_ms": end}))
            }
        };
        vec![Step::Send(self.event(&format!("conversation.item.{kind}"), members))]
    }

    /// A response is demanded: the request that it stands for.
    fn respond(&mut self, message: &Value) -> Vec<Step> {
        let own = message.get("response").cloned().unwrap_or_default();
        let of = |name: &str| own.get(name).or_else(|| self.session.get(name)).cloned();
        let modalities = if self.is_beta { "modalities" } else { "output_modalities" };
        let is_spoken = of(modalities)
            .and_then(|all| Some(all.as_array()?.iter().any(|one| one == "audio")))
            .unwrap_or(true);
        let is_in_conversation = own["conversation"] != "none";
        let input = match own.get("input").and_then(Value::as_array) {
            Some(input) => input.clone(),
            None => self.items.clone(),
        };
        let mut body = json!({
            "model": self.session["model"], "stream": true,
            "input": input.iter().filter_map(|item| self.input_item(item)).collect::<Vec<_>>(),
        });
        if body["input"] == json!([]) {
            body["input"] = "".into();
        }
        for name in ["instructions", "tools", "tool_choice", "metadata"] {
            let empty = |value: &Value| value == "" || value == &json!([]) || value.is_null();
            if let Some(value) = of(name).filter(|value| !empty(value)) {
                body[name] = value;
            }
        }
        if body.get("tools").is_none() {
            body.as_object_mut().map(|members| members.remove("tool_choice"));
        }
        let limit = if self.is_beta { "max_response_output_tokens" } else { "max_output_tokens" };
        if let Some(most) = own.get("max_output_tokens").cloned().or_else(|| of(limit))
            && most.is_number()
        {
            body["max_output_tokens"] = most;
        }
        let format = if self.is_beta {
            self.session["output_audio_format"].as_str()
        } else {
            self.session["audio"]["output"]["format"]["type"].as_str()
        };
        self.pending.push_back(Pending {
            is_in_conversation,
            modality: if is_spoken { Modality::Audio } else { Modality::Text },
            metadata: own.get("metadata").cloned().unwrap_or_default(),
            conversation: if is_in_conversation {
                self.conversation.clone().into()
            } else {
                Value::Null
            },
            audio_format: format.unwrap_or("audio/pcm").to_owned(),
            event_id: message.get("event_id").cloned().unwrap_or_default(),
        });
        vec![Step::Request { path: self.path.clone(), body: body.to_string() }]
    }

    /// An item of the conversation as input of Responses.
    fn input_item(&self, item: &Value) -> Option<Value> {
        let is_reference = item["type"] == "item_reference";
        let place = is_reference.then(|| self.place(item["id"].as_str().unwrap_or_default()));
        let item = place.map_or(Some(item), |place| Some(&self.items[place?]))?;
        match item["type"].as_str()? {
            "message" => {
                let role = item["role"].as_str().unwrap_or("user");
                let kind = if role == "assistant" { "output_text" } else { "input_text" };
                let part = |part: &Value| {
                    if part["type"] == "input_image" {
                        return Some(part.clone());
                    }
                    let text = part["text"].as_str().or(part["transcript"].as_str())?;
                    Some(json!({"type": kind, "text": text}))
                };
                let parts: Vec<Value> =
                    item["content"].as_array().into_iter().flatten().filter_map(part).collect();
                Some(json!({"type": "message", "role": role, "content": parts}))
            }
            "function_call" => Some(json!({
                "type": "function_call", "call_id": item["call_id"], "name": item["name"],
                "arguments": item["arguments"],
            })),
            "function_call_output" => Some(json!({
                "type": "function_call_output", "call_id": item["call_id"], "output": item["output"],
            })),
            _ => None,
        }
    }
}

impl Dialogue for Realtime {
    fn opening(&mut self) -> Vec<String> {
        let session = self.session.clone();
        vec![self.event("session.created", json!({"session": session}))]
    }

    fn receive(&mut self, message: &str) -> Vec<Step> {
        let Some(message) = object(message) else {
            let why = "Could not parse your JSON payload.";
            return self.error("invalid_json", why, None, &Value::Null);
        };
        match message["type"].as_str().unwrap_or_default() {
            "session.update" => self.update(&message),
            "input_audio_buffer.append" => self.append(&message),
            "input_audio_buffer.commit" => self.commit(&message),
            "input_audio_buffer.clear" => {
                self.audio = 0;
                vec![Step::Send(self.event("input_audio_buffer.cleared", json!({})))]
            }
            "output_audio_buffer.clear" => Vec::new(),
            "conversation.item.create" => self.create_item(&message),
            "conversation.item.retrieve" => self.change(&message, "retrieve"),
            "conversation.item.delete" => self.change(&message, "delete"),
            "conversation.item.truncate" => self.change(&message, "truncate"),
            "response.create" => self.respond(&message),
            "response.cancel" => {
                let why = "Cancellation failed: no active response found";
                self.error("response_cancel_not_active", why, None, &message)
            }
            "" => {
                let why = "Missing required parameter: 'type'.";
                self.error("missing_required_parameter", why, Some("type"), &message)
            }
            other => {
                let why = format!("Invalid value: '{other}'. It is the type of no client event.");
                self.error("invalid_value", &why, Some("type"), &message)
            }
        }
    }

    fn responded(&mut self, status: u16, body: &[u8]) -> Vec<Step> {
        let pending = self.pending.pop_front().unwrap_or_default();
        if status >= 400 && status != 429 && status < 500 {
            let text = String::from_utf8_lossy(body);
            let tree: Value = serde_json::from_str(&text).unwrap_or_default();
            let error = &tree["error"];
            let message = error["message"].as_str().unwrap_or(&text).to_owned();
            let code = error["code"].as_str().unwrap_or("invalid_request").to_owned();
            let of = json!({"event_id": pending.event_id});
            return self.error(&code, &message, error["param"].as_str(), &of);
        }
        let mut rewritten = Rewritten::new(pending, &mut self.ids);
        let all = rewritten.events(self, status, body);
        self.current = Some(rewritten);
        all.into_iter().map(Step::Send).collect()
    }

    fn interrupted(&mut self, message: &str, sent: usize) -> Option<Vec<String>> {
        let is_cancel = object(message).is_some_and(|it| it["type"] == "response.cancel");
        let current = self.current.take_if(|_| is_cancel)?;
        Some(vec![current.cancelled(self, sent)])
    }
}

/// Puts the members of an object into another one, and those of objects in it alike.
pub(super) fn merge(into: &mut Value, from: Value) {
    match (into, from) {
        (Value::Object(into), Value::Object(from)) => {
            for (name, value) in from {
                merge(into.entry(name).or_insert(Value::Null), value);
            }
        }
        (into, from) => *into = from,
    }
}
