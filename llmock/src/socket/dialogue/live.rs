//! GPT-Live: a model that speaks, and a model of Responses to which it delegates. What the delegated model responds comes in
//! events of Responses, and is spoken.
//!
//! Events: <https://learn.microsoft.com/azure/foundry/openai/gpt-live-reference>. Members are those of `types/live` in version
//! 3.57.0 of `openai` for Python. The codes of errors are llmock's choice.

use std::collections::VecDeque;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};

use super::realtime::merge;
use super::{Dialogue, Ids, Step, events, object};
use crate::socket::audio;

/// A session needs the time at which it expires, and a dialogue has no clock: 2100.
const EXPIRES: u64 = 4_102_444_800;

/// How much of the session a piece of speech is.
const PIECE_MS: u64 = 50;

#[derive(Debug)]
pub(super) struct Live {
    /// Where responses are created.
    path: String,
    ids: Ids,
    session: Option<Value>,
    /// The conversation with the delegated model.
    items: Vec<Value>,
    /// Responses that are still to come: whether each is that of the delegated model.
    pending: VecDeque<bool>,
    /// How long the session has spoken.
    ms: u64,
}

impl Live {
    pub(super) fn new(path: &str, seed: u64) -> Self {
        Self {
            path: format!("{}/responses", path.trim_end_matches("/live/sessions")),
            ids: Ids::new(seed),
            session: None,
            items: Vec::new(),
            pending: VecDeque::new(),
            ms: 0,
        }
    }

    fn event(&mut self, kind: &str, members: Value, of: &Value) -> Step {
        let mut event = json!({"type": kind, "event_id": self.ids.next("event")});
        if let Some(id) = of.get("event_id").filter(|id| id.is_string()) {
            event["client_event_id"] = id.clone();
        }
        merge(&mut event, members);
        Step::Send(event.to_string())
    }

    fn error(&mut self, code: &str, why: &str, of: &Value) -> Vec<Step> {
        let error = json!({
            "type": "invalid_request_error", "code": code, "message": why, "param": null,
            "client_event_id": of.get("event_id"),
        });
        vec![self.event("error", json!({"error": error}), of)]
    }

    fn start(&mut self, message: &Value) -> Vec<Step> {
        if self.session.is_some() {
            return self.error("invalid_value", "The session has already started.", message);
        }
        if message["session"]["model"].as_str().is_none_or(str::is_empty) {
            let why = "Missing required parameter: 'session.model'.";
            return self.error("missing_required_parameter", why, message);
        }
        let mut session = json!({
            "id": self.ids.next("live"), "expires_at": EXPIRES, "status": "active",
            "audio": {"format": {"type": "audio/pcm", "rate": 24000}, "output": {"voice": "marin"}},
        });
        merge(&mut session, message["session"].clone());
        self.session = Some(session.clone());
        vec![self.event("session.started", json!({"session": session}), message)]
    }

    /// A session can change how it delegates.
    fn update(&mut self, mut session: Value, message: &Value) -> Vec<Step> {
        if let Some(delegation) = message["session"].get("delegation") {
            merge(&mut session["delegation"], delegation.clone());
        }
        self.session = Some(session.clone());
        vec![self.event("session.updated", json!({"session": session}), message)]
    }

    fn append(&mut self, session: &Value, kind: &str, message: &Value) -> Vec<Step> {
        let Some(content) = message["content"].as_str() else {
            let why = "Missing required parameter: 'content'.";
            return self.error("missing_required_parameter", why, message);
        };
        let place = json!({"start_ms": self.ms, "end_ms": self.ms});
        let mut all = vec![self.event(&format!("{kind}ed"), place, message)];
        if kind == "session.commentary.append" {
            // What the model is to tell the user.
            let content = json!([{"type": "input_text", "text": content}]);
            let input = json!([{"type": "message", "role": "user", "content": content}]);
            let mut body = json!({"model": session["model"], "stream": true, "input": input});
            if session["instructions"].is_string() {
                body["instructions"] = session["instructions"].clone();
            }
            self.pending.push_back(false);
            all.push(Step::Request { path: self.path.clone(), body: body.to_string() });
        }
        all
    }

    /// What concerns the delegated model.
    fn delegated(&mut self, session: &Value, message: &Value) -> Vec<Step> {
        let delegation = &session["delegation"];
        if delegation["type"] != "responses" {
            let why = "The session does not delegate to Responses.";
            return self.error("invalid_value", why, message);
        }
        if message["type"] == "response.item.create" {
            let Some(item) = message.get("item").filter(|item| item.is_object()) else {
                let why = "Missing required parameter: 'item'.";
                return self.error("missing_required_parameter", why, message);
            };
            self.items.push(item.clone());
            return Vec::new();
        }
        let mut body = delegation["responses"].clone();
        merge(&mut body, json!({"stream": true, "input": self.items}));
        self.pending.push_back(true);
        vec![Step::Request { path: self.path.clone(), body: body.to_string() }]
    }

    /// An event of the delegated model. Snapshots of its response have no content.
    fn wrapped(&mut self, mut event: Value) -> Step {
        if event["type"] == "response.output_item.done" {
            self.items.push(event["item"].clone());
        }
        if let Some(response) = event.get_mut("response").and_then(Value::as_object_mut) {
            response.remove("input");
            for (name, empty) in
                [("instructions", Value::Null), ("tools", json!([])), ("output", json!([]))]
            {
                response.insert(name.to_owned(), empty);
            }
        }
        let members = json!({"event": event, "delegation_id": null});
        self.event("response.event", members, &Value::Null)
    }

    /// A piece of text, aloud.
    fn spoken(&mut self, text: &Value) -> [Step; 2] {
        let (start, end) = (self.ms, self.ms + PIECE_MS);
        self.ms = end;
        let session = self.session.as_ref();
        let format = session.and_then(|it| it["audio"]["format"]["type"].as_str());
        let audio = audio::silence(format.unwrap_or("audio/pcm"));
        let audio = json!({"type": "session.output_audio.delta", "delta": audio});
        let transcript = json!({"delta": text, "start_ms": start, "end_ms": end});
        [
            Step::Send(audio.to_string()),
            self.event("session.output_transcript.delta", transcript, &Value::Null),
        ]
    }
}

impl Dialogue for Live {
    fn receive(&mut self, message: &str) -> Vec<Step> {
        let Some(message) = object(message) else {
            let why = "Could not parse your JSON payload.";
            return self.error("invalid_json", why, &Value::Null);
        };
        let kind = message["type"].as_str().unwrap_or_default();
        if kind == "session.start" {
            return self.start(&message);
        }
        let Some(session) = self.session.clone() else {
            let why = "The first event must be 'session.start'.";
            return self.error("session_not_started", why, &message);
        };
        match kind {
            "session.update" => self.update(session, &message),
            "session.input_audio.append" => {
                let audio = message["audio"].as_str().and_then(|text| STANDARD.decode(text).ok());
                let why = "Invalid 'audio'. Expected base64-encoded audio bytes.";
                audio.map_or_else(|| self.error("invalid_value", why, &message), |_| Vec::new())
            }
            "session.input_audio.mute" | "session.input_audio.unmute" => {
                vec![self.event(&format!("{kind}d"), json!({}), &message)]
            }
            "session.instructions.append"
            | "session.thinking.append"
            | "session.commentary.append" => self.append(&session, kind, &message),
            "response.item.create" | "response.create" => self.delegated(&session, &message),
            "session.close" => {
                #[expect(clippy::cast_precision_loss, reason = "seconds of a session")]
                let usage = json!({"seconds": self.ms as f64 / 1e3});
                let members =
                    json!({"reason": "close_requested", "session": session, "usage": usage});
                let closed = self.event("session.closed", members, &message);
                vec![closed, Step::Close { code: 1000, reason: String::new() }]
            }
            other => {
                let why = format!("Invalid value: '{other}'. It is the type of no client event.");
                self.error("invalid_value", &why, &message)
            }
        }
    }

    fn responded(&mut self, status: u16, body: &[u8]) -> Vec<Step> {
        let is_delegated = self.pending.pop_front().unwrap_or_default();
        if status >= 400 {
            let text = String::from_utf8_lossy(body);
            let tree: Value = serde_json::from_str(&text).unwrap_or_default();
            let message = tree["error"]["message"].as_str().unwrap_or(&text).to_owned();
            let code = tree["error"]["code"].as_str().unwrap_or("invalid_request").to_owned();
            return self.error(&code, &message, &Value::Null);
        }
        let (mut sent, mut texts) = (Vec::new(), Vec::new());
        for event in events(body) {
            if event["type"] == "response.output_text.delta" {
                texts.push(event["delta"].clone());
            }
            if is_delegated {
                sent.push(self.wrapped(event));
            }
        }
        for text in texts {
            sent.extend(self.spoken(&text));
        }
        sent
    }
}
