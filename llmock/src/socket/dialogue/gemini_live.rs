//! Gemini Live: <https://ai.google.dev/api/live>. Each turn of the user becomes a request for streamed content.
//!
//! Names of members come in both spellings: `live.py` in version 3.6.1 of `google-genai` for Python sends
//! `client_content`, the reference has `clientContent`.

use serde_json::{Value, json};

use super::{Dialogue, Ids, Step, events, object};
use crate::socket::audio;

#[derive(Debug)]
pub(super) struct GeminiLive {
    version: String,
    ids: Ids,
    setup: Option<Value>,
    /// The conversation so far.
    contents: Vec<Value>,
    /// Whether audio came that no turn has ended yet.
    has_audio: bool,
}

impl GeminiLive {
    pub(super) fn new(path: &str, seed: u64) -> Self {
        let version = ["v1alpha", "v1beta1", "v1beta", "v1"];
        let in_path = |version: &&&str| path.contains(&format!(".{version}."));
        let version = version.iter().find(in_path).copied().unwrap_or("v1beta");
        Self {
            version: version.to_owned(),
            ids: Ids::new(seed),
            setup: None,
            contents: Vec::new(),
            has_audio: false,
        }
    }

    fn set_up(&mut self, setup: &Value) -> Vec<Step> {
        if setup["model"].as_str().is_none_or(str::is_empty) {
            return closed("`setup` has no `model`");
        }
        self.setup = Some(setup.clone());
        vec![Step::Send(
            json!({"setupComplete": {"sessionId": self.ids.next("session")}}).to_string(),
        )]
    }

    fn client_content(&mut self, content: &Value) -> Vec<Step> {
        let turns = member(content, "turns").as_array().cloned().unwrap_or_default();
        self.contents.extend(turns);
        if member(content, "turnComplete") == &Value::Bool(true) { self.turn() } else { Vec::new() }
    }

    fn realtime_input(&mut self, input: &Value) -> Vec<Step> {
        if let Some(text) = input["text"].as_str() {
            self.contents.push(json!({"role": "user", "parts": [{"text": text}]}));
            return self.turn();
        }
        let has = |name: &str| !member(input, name).is_null();
        self.has_audio |= has("audio") || has("mediaChunks");
        let ends = has("audioStreamEnd") || has("activityEnd");
        if ends && std::mem::take(&mut self.has_audio) {
            let blob = json!({"inlineData": {"mimeType": "audio/pcm", "data": ""}});
            self.contents.push(json!({"role": "user", "parts": [blob]}));
            return self.turn();
        }
        Vec::new()
    }

    fn tool_response(&mut self, response: &Value) -> Vec<Step> {
        let responses = member(response, "functionResponses").as_array().cloned();
        let part = |response: Value| json!({"functionResponse": response});
        let parts: Vec<Value> = responses.unwrap_or_default().into_iter().map(part).collect();
        if parts.is_empty() {
            return closed("`toolResponse` has no `functionResponses`");
        }
        self.contents.push(json!({"role": "user", "parts": parts}));
        self.turn()
    }

    /// The request that a turn of the user stands for.
    fn turn(&self) -> Vec<Step> {
        let setup = self.setup.clone().unwrap_or_default();
        let mut body = json!({"contents": self.contents});
        for name in ["systemInstruction", "tools", "toolConfig"] {
            if let Some(value) = Some(member(&setup, name)).filter(|value| !value.is_null()) {
                body[name] = value.clone();
            }
        }
        if let Some(config) = member(&setup, "generationConfig").as_object() {
            let of_audio =
                ["responseModalities", "speechConfig", "response_modalities", "speech_config"];
            let mut config = config.clone();
            config.retain(|name, _| !of_audio.contains(&name.as_str()));
            body["generationConfig"] = config.into();
        }
        let model = setup["model"].as_str().unwrap_or_default();
        let model = if model.contains('/') { model.to_owned() } else { format!("models/{model}") };
        let path = format!("/{}/{model}:streamGenerateContent?alt=sse", self.version);
        vec![Step::Request { path, body: body.to_string() }]
    }

    fn wants_audio(&self) -> bool {
        let setup = self.setup.as_ref().unwrap_or(&Value::Null);
        let in_config = member(member(setup, "generationConfig"), "responseModalities");
        in_config.as_array().is_some_and(|all| all.iter().any(|one| one == "AUDIO"))
    }

    /// The messages for the text of one event.
    fn text(&self, part: &Value) -> Vec<Value> {
        if !self.wants_audio() || part["text"].is_null() {
            return vec![
                json!({"serverContent": {"modelTurn": {"role": "model", "parts": [part]}}}),
            ];
        }
        let blob = json!({"mimeType": "audio/pcm;rate=24000", "data": audio::silence("audio/pcm")});
        let spoken = json!({"modelTurn": {"role": "model", "parts": [{"inlineData": blob}]}});
        let mut all = vec![json!({"serverContent": spoken})];
        let setup = self.setup.as_ref().unwrap_or(&Value::Null);
        if !member(setup, "outputAudioTranscription").is_null() {
            let transcription = json!({"outputTranscription": {"text": part["text"]}});
            all.push(json!({"serverContent": transcription}));
        }
        all
    }

    fn calls(&mut self, parts: &[Value]) -> Option<Value> {
        let mut calls = Vec::new();
        for call in parts.iter().filter_map(|part| part.get("functionCall")) {
            let mut call = call.clone();
            if call["id"].is_null() {
                call["id"] = self.ids.next("function-call").into();
            }
            calls.push(call);
        }
        (!calls.is_empty()).then(|| json!({"toolCall": {"functionCalls": calls}}))
    }
}

impl Dialogue for GeminiLive {
    fn receive(&mut self, message: &str) -> Vec<Step> {
        let Some(message) = object(message) else { return closed("the message is no JSON object") };
        let setup = member(&message, "setup");
        match (&self.setup, setup.is_null()) {
            (None, true) => return closed("the first message must be `setup`"),
            (None, false) => return self.set_up(&setup.clone()),
            (Some(_), false) => return closed("`setup` can be the first message only"),
            (Some(_), true) => {}
        }
        for (name, take) in [
            ("clientContent", Self::client_content as fn(&mut Self, &Value) -> Vec<Step>),
            ("realtimeInput", Self::realtime_input),
            ("toolResponse", Self::tool_response),
        ] {
            let value = member(&message, name);
            if !value.is_null() {
                return take(self, &value.clone());
            }
        }
        closed("the message has none of `clientContent`, `realtimeInput`, and `toolResponse`")
    }

    fn responded(&mut self, status: u16, body: &[u8]) -> Vec<Step> {
        if status >= 400 {
            let text = String::from_utf8_lossy(body);
            let error = serde_json::from_str::<Value>(&text).ok();
            let message = error.as_ref().and_then(|error| error["error"]["message"].as_str());
            // 1007: data that is not valid; 1011: the server has a problem.
            let code = if status < 500 && status != 429 { 1007 } else { 1011 };
            return vec![Step::Close { code, reason: message.unwrap_or(&text).to_owned() }];
        }
        let (mut sent, mut parts, mut usage) = (Vec::new(), Vec::new(), Value::Null);
        for event in events(body) {
            for part in event["candidates"][0]["content"]["parts"].as_array().into_iter().flatten()
            {
                if part.get("functionCall").is_none() {
                    sent.extend(self.text(part));
                }
                parts.push(part.clone());
            }
            if event["usageMetadata"].is_object() {
                usage = event["usageMetadata"].clone();
            }
        }
        if let Some(members) = usage.as_object_mut() {
            let tokens = members.remove("candidatesTokenCount").unwrap_or(0.into());
            members.insert("responseTokenCount".to_owned(), tokens);
        }
        if let Some(calls) = self.calls(&parts) {
            // The turn goes on with the results.
            sent.push(calls);
        } else {
            sent.push(json!({"serverContent": {"generationComplete": true}}));
            let mut last = json!({"serverContent": {"turnComplete": true}});
            if !usage.is_null() {
                last["usageMetadata"] = usage;
            }
            sent.push(last);
        }
        self.contents.push(json!({"role": "model", "parts": parts}));
        sent.into_iter().map(|message| Step::Send(message.to_string())).collect()
    }

    fn is_binary(&self) -> bool {
        true
    }
}

/// A member under its name in either spelling; null if there is none.
fn member<'v>(value: &'v Value, name: &str) -> &'v Value {
    let mut snake = String::with_capacity(name.len() + 2);
    for char in name.chars() {
        if char.is_ascii_uppercase() {
            snake.push('_');
        }
        snake.push(char.to_ascii_lowercase());
    }
    value.get(name).or_else(|| value.get(&snake)).unwrap_or(&Value::Null)
}

fn closed(why: &str) -> Vec<Step> {
    vec![Step::Close { code: 1007, reason: format!("llmock: {why}") }]
}
