//! The events of Responses as those of Realtime:
//! <https://developers.openai.com/api/reference/resources/realtime/server-events>.

use serde_json::{Value, json};

use super::realtime::Realtime;
use super::{Ids, events};
use crate::socket::audio;

/// A response that was demanded.
#[derive(Clone, Debug, Default)]
pub(super) struct Pending {
    /// Whether its output becomes part of the conversation.
    pub(super) is_in_conversation: bool,
    pub(super) modality: Modality,
    pub(super) metadata: Value,
    pub(super) conversation: Value,
    pub(super) audio_format: String,
    /// The client's own id of the demand.
    pub(super) event_id: Value,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) enum Modality {
    Text,
    #[default]
    Audio,
}

/// One response.
#[derive(Debug)]
pub(super) struct Rewritten {
    pending: Pending,
    id: String,
    /// The items so far: the index that Responses gave each, and the item.
    items: Vec<(Value, Value)>,
}

impl Rewritten {
    pub(super) fn new(pending: Pending, ids: &mut Ids) -> Self {
        Self { pending, id: ids.next("resp"), items: Vec::new() }
    }

    /// All events of the response.
    pub(super) fn events(
        &mut self,
        socket: &mut Realtime,
        status: u16,
        body: &[u8],
    ) -> Vec<String> {
        let created = self.response("in_progress", &Value::Null, &Value::Null);
        let mut all = vec![socket.event("response.created", json!({"response": created}))];
        if status >= 400 {
            let tree: Value = serde_json::from_slice(body).unwrap_or_default();
            let error = json!({"type": tree["error"]["type"], "code": tree["error"]["code"],
                "message": tree["error"]["message"]});
            let details = json!({"type": "failed", "error": error});
            let done = self.response("failed", &details, &Value::Null);
            all.push(socket.event("response.done", json!({"response": done})));
            return all;
        }
        for event in events(body) {
            all.extend(self.event(socket, &event));
        }
        all
    }

    /// The last event of a response that the client has cancelled.
    pub(super) fn cancelled(&self, socket: &mut Realtime, _sent: usize) -> String {
        let details = json!({"type": "cancelled", "reason": "client_cancelled"});
        let done = self.response("cancelled", &details, &Value::Null);
        socket.event("response.done", json!({"response": done}))
    }

    fn event(&mut self, socket: &mut Realtime, event: &Value) -> Vec<String> {
        let kind = event["type"].as_str().unwrap_or_default();
        match kind {
            "response.output_item.added" => self.item_added(socket, event),
            "response.output_item.done" => self.item_done(socket, event),
            "response.content_part.added" => self.part(socket, event, "added", ""),
            "response.content_part.done" => {
                let text = event["part"]["text"].as_str().or(event["part"]["refusal"].as_str());
                self.part(socket, event, "done", text.unwrap_or_default())
            }
            "response.output_text.delta" | "response.refusal.delta" => self.delta(socket, event),
            "response.output_text.done" | "response.refusal.done" => self.text_done(socket, event),
            "response.function_call_arguments.delta" => {
                self.of_item(socket, event, kind, json!({"delta": event["delta"]}))
            }
            "response.function_call_arguments.done" => {
                self.of_item(socket, event, kind, json!({"arguments": event["arguments"]}))
            }
            "response.completed" | "response.incomplete" | "response.failed" => {
                self.done(socket, &event["response"])
            }
            _ => Vec::new(),
        }
    }

    fn item_added(&mut self, socket: &mut Realtime, event: &Value) -> Vec<String> {
        let from = &event["item"];
        let mut item = json!({"id": socket.ids.next("item"), "object": "realtime.item",
            "status": "in_progress", "type": from["type"]});
        match from["type"].as_str() {
            Some("message") => {
                item["role"] = "assistant".into();
                item["content"] = json!([]);
            }
            Some("function_call") => {
                item["call_id"] = from["call_id"].clone();
                item["name"] = from["name"].clone();
                item["arguments"] = "".into();
            }
            // Realtime has no items for reasoning and tools of the provider.
            _ => return Vec::new(),
        }
        let index = self.items.len();
        self.items.push((event["output_index"].clone(), item.clone()));
        let members = json!({"response_id": self.id, "output_index": index, "item": item});
        let mut all = vec![socket.event("response.output_item.added", members)];
        if self.pending.is_in_conversation {
            let kind = if socket.is_beta {
                "conversation.item.created"
            } else {
                "conversation.item.added"
            };
            let members = json!({"previous_item_id": socket.last_id(), "item": item});
            all.push(socket.event(kind, members));
        }
        all
    }

    fn item_done(&mut self, socket: &mut Realtime, event: &Value) -> Vec<String> {
        let Some(index) = self.index(event) else { return Vec::new() };
        let from = &event["item"];
        let mut item = self.items[index].1.clone();
        item["status"] = "completed".into();
        if item["type"] == "message" {
            let part = |part: &Value| {
                let text = part["text"].as_str().or(part["refusal"].as_str()).unwrap_or_default();
                self.content(socket.is_beta, text)
            };
            let parts = from["content"].as_array().into_iter().flatten();
            item["content"] = parts.map(part).collect();
        } else {
            item["arguments"] = from["arguments"].clone();
        }
        self.items[index].1 = item.clone();
        let mut all = Vec::new();
        if self.pending.is_in_conversation {
            let members = json!({"previous_item_id": socket.last_id(), "item": item});
            socket.keep(item.clone());
            if !socket.is_beta {
                all.push(socket.event("conversation.item.done", members));
            }
        }
        let members = json!({"response_id": self.id, "output_index": index, "item": item});
        all.push(socket.event("response.output_item.done", members));
        all
    }

    fn part(&self, socket: &mut Realtime, event: &Value, end: &str, text: &str) -> Vec<String> {
        let part = match self.pending.modality {
            Modality::Text => json!({"type": "text", "text": text}),
            Modality::Audio => json!({"type": "audio", "transcript": text}),
        };
        let kind = format!("response.content_part.{end}");
        let members = json!({"content_index": event["content_index"], "part": part});
        self.of_item(socket, event, &kind, members)
    }

    fn delta(&self, socket: &mut Realtime, event: &Value) -> Vec<String> {
        let place = &event["content_index"];
        let members = json!({"content_index": place, "delta": event["delta"]});
        let kind = format!("response.{}.delta", self.name(socket.is_beta));
        let mut all = self.of_item(socket, event, &kind, members);
        if self.pending.modality == Modality::Audio {
            let kind = format!("response.{}.delta", spoken(socket.is_beta));
            let silence = audio::silence(&self.pending.audio_format);
            let members = json!({"content_index": place, "delta": silence});
            all.extend(self.of_item(socket, event, &kind, members));
        }
        all
    }

    fn text_done(&self, socket: &mut Realtime, event: &Value) -> Vec<String> {
        let text = event["text"].as_str().or(event["refusal"].as_str()).unwrap_or_default();
        let place = &event["content_index"];
        let name = self.name(socket.is_beta);
        let member = if self.pending.modality == Modality::Text { "text" } else { "transcript" };
        let mut all = Vec::new();
        if self.pending.modality == Modality::Audio {
            let kind = format!("response.{}.done", spoken(socket.is_beta));
            all.extend(self.of_item(socket, event, &kind, json!({"content_index": place})));
        }
        let members = json!({"content_index": place, member: text});
        all.extend(self.of_item(socket, event, &format!("response.{name}.done"), members));
        all
    }

    fn done(&self, socket: &mut Realtime, from: &Value) -> Vec<String> {
        let status = from["status"].as_str().unwrap_or("completed");
        let details = match status {
            "incomplete" => json!({"type": status, "reason": from["incomplete_details"]["reason"]}),
            "failed" => json!({"type": status, "error": {"code": from["error"]["code"],
                "message": from["error"]["message"]}}),
            _ => Value::Null,
        };
        let response = self.response(status, &details, &self.usage(&from["usage"]));
        vec![socket.event("response.done", json!({"response": response}))]
    }

    /// An event about the item of another event.
    fn of_item(
        &self,
        socket: &mut Realtime,
        event: &Value,
        kind: &str,
        mut members: Value,
    ) -> Vec<String> {
        let Some(index) = self.index(event) else { return Vec::new() };
        let item = &self.items[index].1;
        members["response_id"] = self.id.as_str().into();
        members["item_id"] = item["id"].clone();
        members["output_index"] = index.into();
        if item["type"] == "function_call" {
            members["call_id"] = item["call_id"].clone();
            if kind.ends_with("done") {
                members["name"] = item["name"].clone();
            }
        }
        vec![socket.event(kind, members)]
    }

    fn index(&self, event: &Value) -> Option<usize> {
        self.items.iter().position(|(index, _)| *index == event["output_index"])
    }

    /// The middle of the name of events for text.
    fn name(&self, is_beta: bool) -> &'static str {
        match (self.pending.modality, is_beta) {
            (Modality::Text, false) => "output_text",
            (Modality::Text, true) => "text",
            (Modality::Audio, false) => "output_audio_transcript",
            (Modality::Audio, true) => "audio_transcript",
        }
    }

    fn content(&self, is_beta: bool, text: &str) -> Value {
        match (self.pending.modality, is_beta) {
            (Modality::Text, false) => json!({"type": "output_text", "text": text}),
            (Modality::Text, true) => json!({"type": "text", "text": text}),
            (Modality::Audio, false) => json!({"type": "output_audio", "transcript": text}),
            (Modality::Audio, true) => json!({"type": "audio", "transcript": text}),
        }
    }

    fn response(&self, status: &str, details: &Value, usage: &Value) -> Value {
        let modality = if self.pending.modality == Modality::Text { "text" } else { "audio" };
        let output: Vec<&Value> = self.items.iter().map(|(_, item)| item).collect();
        json!({
            "id": self.id, "object": "realtime.response", "status": status,
            "status_details": details, "output": output, "usage": usage,
            "output_modalities": [modality], "metadata": self.pending.metadata,
            "conversation_id": self.pending.conversation,
        })
    }

    fn usage(&self, from: &Value) -> Value {
        let number = |value: &Value| value.as_u64().unwrap_or_default();
        let (input, output) = (number(&from["input_tokens"]), number(&from["output_tokens"]));
        let cached = number(&from["input_tokens_details"]["cached_tokens"]);
        let is_spoken = self.pending.modality == Modality::Audio;
        let (text, audio) = if is_spoken { (0, output) } else { (output, 0) };
        json!({
            "input_tokens": input, "output_tokens": output, "total_tokens": input + output,
            "input_token_details": {
                "text_tokens": input, "audio_tokens": 0, "image_tokens": 0, "cached_tokens": cached,
                "cached_tokens_details": {"text_tokens": cached, "audio_tokens": 0, "image_tokens": 0},
            },
            "output_token_details": {"text_tokens": text, "audio_tokens": audio},
        })
    }
}

/// The middle of the name of events for audio.
fn spoken(is_beta: bool) -> &'static str {
    if is_beta { "audio" } else { "output_audio" }
}
