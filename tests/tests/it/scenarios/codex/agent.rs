//! A small agent in codex's manner: Responses of OpenAI, streamed by `reqwest`, tools of four kinds, and retries.
//! <https://github.com/openai/codex/blob/main/codex-rs/codex-api/src/common.rs>

use std::time::Duration;

use llmock::{LlmMock, Provider};
use serde_json::{Value, json};

/// How often a request is sent at most.
const ATTEMPTS: usize = 4;

/// How long the agent waits for the next bytes of a stream.
const IDLE: Duration = Duration::from_secs(20);

pub(super) struct Agent {
    client: reqwest::Client,
    base: String,
    key: String,
    idle: Duration,
    /// The conversation so far.
    pub(super) input: Vec<Value>,
    /// Each piece of text, as it came.
    pub(super) deltas: Vec<String>,
    /// Events that the agent knows nothing about.
    pub(super) others: Vec<Value>,
    /// The header with the rest of the quota.
    pub(super) used_percent: Option<String>,
}

/// Why a turn has failed.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Failure {
    Status(u16, String),
    Failed(String),
    Incomplete(String),
    Disconnected,
}

/// Whether another attempt may succeed.
enum Sampled {
    Items(Vec<Value>),
    Final(Failure),
    Again(Failure, Duration),
}

impl Agent {
    pub(super) fn new(mock: &LlmMock) -> Self {
        Self {
            client: reqwest::Client::new(),
            base: mock.base_url(Provider::OpenAI),
            key: mock.api_key(Provider::OpenAI),
            idle: IDLE,
            input: Vec::new(),
            deltas: Vec::new(),
            others: Vec::new(),
            used_percent: None,
        }
    }

    pub(super) fn impatient(mut self, idle: Duration) -> Self {
        self.idle = idle;
        self
    }

    /// One turn: requests until the model calls no tool any more. Returns its last message.
    pub(super) async fn turn(&mut self, text: &str) -> Result<String, Failure> {
        let content = json!([{"type": "input_text", "text": text}]);
        self.input.push(json!({"type": "message", "role": "user", "content": content}));
        loop {
            let items = self.sample().await?;
            let outputs: Vec<Value> = items.iter().filter_map(output).collect();
            let said = items.iter().rev().find_map(message);
            self.input.extend(items);
            if outputs.is_empty() {
                return Ok(said.unwrap_or_default());
            }
            self.input.extend(outputs);
        }
    }

    /// The summary of the conversation, which takes its place.
    pub(super) async fn compact(&mut self) -> Result<(), Failure> {
        let summary = self.turn("Summarize the conversation.").await?;
        let content = json!([{"type": "input_text", "text": summary}]);
        self.input = vec![json!({"type": "message", "role": "user", "content": content})];
        Ok(())
    }

    async fn sample(&mut self) -> Result<Vec<Value>, Failure> {
        let mut last = Failure::Disconnected;
        for _ in 0..ATTEMPTS {
            match self.attempt().await {
                Sampled::Items(items) => return Ok(items),
                Sampled::Final(failure) => return Err(failure),
                Sampled::Again(failure, wait) => {
                    last = failure;
                    tokio::time::sleep(wait).await;
                }
            }
        }
        Err(last)
    }

    async fn attempt(&mut self) -> Sampled {
        let disconnected = || Sampled::Again(Failure::Disconnected, Duration::ZERO);
        let request = self.client.post(format!("{}/responses", self.base)).bearer_auth(&self.key);
        let request = request.header("originator", "codex_cli_rs").header("session_id", "s1");
        let Ok(mut response) = request.json(&self.body()).send().await else {
            return disconnected();
        };
        if !response.status().is_success() {
            return refused(response).await;
        }
        let used = response.headers().get("x-codex-primary-used-percent");
        self.used_percent = used.map(|used| used.to_str().unwrap().to_owned());
        let (mut buffer, mut items) = (Vec::new(), Vec::new());
        loop {
            let Ok(Ok(Some(bytes))) = tokio::time::timeout(self.idle, response.chunk()).await
            else {
                return disconnected();
            };
            buffer.extend_from_slice(&bytes);
            while let Some(end) = buffer.windows(2).position(|two| two == b"\n\n") {
                let event: Vec<u8> = buffer.drain(..end + 2).collect();
                if let Some(ended) = self.event(&event, &mut items) {
                    return ended;
                }
            }
        }
    }

    /// Reads one event; returns what the stream ends with.
    fn event(&mut self, event: &[u8], items: &mut Vec<Value>) -> Option<Sampled> {
        let text = String::from_utf8_lossy(event);
        let data = text.lines().find_map(|line| line.strip_prefix("data: "))?;
        let Ok(event) = serde_json::from_str::<Value>(data) else {
            return Some(Sampled::Again(Failure::Disconnected, Duration::ZERO));
        };
        let text = |pointer: &str| {
            event.pointer(pointer).and_then(Value::as_str).unwrap_or_default().to_owned()
        };
        match event["type"].as_str().unwrap_or_default() {
            "response.output_text.delta" => self.deltas.push(text("/delta")),
            "response.output_item.done" => items.push(event["item"].clone()),
            "response.completed" => return Some(Sampled::Items(std::mem::take(items))),
            "response.failed" => {
                let code = text("/response/error/code");
                let failure = Failure::Failed(code.clone());
                return Some(match code.as_str() {
                    "rate_limit_exceeded" => Sampled::Again(failure, Duration::ZERO),
                    _ => Sampled::Final(failure),
                });
            }
            "response.incomplete" => {
                let reason = text("/response/incomplete_details/reason");
                return Some(Sampled::Final(Failure::Incomplete(reason)));
            }
            "response.metadata" | "response.rate_limits" => self.others.push(event),
            _ => {}
        }
        None
    }

    fn body(&self) -> Value {
        let schema = json!({"type": "object"});
        json!({
            "model": "gpt-5", "stream": true, "store": false, "input": self.input,
            "instructions": "You are codex.", "include": ["reasoning.encrypted_content"],
            "tools": [
                {"type": "function", "name": "shell", "parameters": schema},
                {"type": "custom", "name": "apply_patch"},
                {"type": "web_search"},
            ],
        })
    }
}

/// A status that is no success: whether it is worth another attempt, and when.
async fn refused(response: reqwest::Response) -> Sampled {
    let status = response.status().as_u16();
    let wait =
        response.headers().get("retry-after").and_then(|wait| wait.to_str().ok()?.parse().ok());
    let body = response.text().await.unwrap_or_default();
    let body: Value = serde_json::from_str(&body).unwrap_or_default();
    let message = body["error"]["message"].as_str().unwrap_or_default().to_owned();
    let failure = Failure::Status(status, message);
    match status {
        429 | 500.. => Sampled::Again(failure, Duration::from_secs(wait.unwrap_or(0))),
        _ => Sampled::Final(failure),
    }
}

/// The text of a message.
fn message(item: &Value) -> Option<String> {
    let parts = item["content"].as_array().filter(|_| item["type"] == "message")?;
    let text = |part: &Value| part["text"].as_str().or(part["refusal"].as_str()).map(str::to_owned);
    Some(parts.iter().filter_map(text).collect())
}

/// What the agent sends back for an item: the result of a call.
fn output(item: &Value) -> Option<Value> {
    let id = &item["call_id"];
    let name = item["name"].as_str().unwrap_or_default();
    let (kind, result) = match (item["type"].as_str()?, name) {
        ("function_call", "shell") => ("function_call_output", "src".to_owned()),
        ("function_call", _) if item["namespace"] == "mcp__files" => {
            ("function_call_output", format!("{name} of files"))
        }
        ("function_call", other) => ("function_call_output", format!("unsupported call: {other}")),
        ("custom_tool_call", _) => {
            let patch = item["input"].as_str().unwrap_or_default();
            ("custom_tool_call_output", format!("applied {} lines", patch.lines().count()))
        }
        ("local_shell_call", _) => ("local_shell_call_output", "src".to_owned()),
        _ => return None,
    };
    Some(json!({"type": kind, "call_id": id, "output": result}))
}
