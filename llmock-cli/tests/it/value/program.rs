//! The suite that `llmock` runs: tests of five groups, each group with a prompt of its own, and ten edits.
//!
//! * `a`: one chat each, the first test sends it twice
//! * `b`: a conversation of three turns
//! * `c`: a call of a tool and its result
//! * `d`: a message of Anthropic's
//! * `e`: a response of OpenAI's

use std::fmt::Write as _;
use std::sync::{Arc, Mutex};

use llmock::{LlmMock, Provider};
use llmock_testkit::client::send;
use llmock_testkit::upstream::{Request, Response, Upstream, replay};
use serde_json::{Value, json};

pub(super) const GROUPS: [&str; 5] = ["a", "b", "c", "d", "e"];

pub(super) const ARGUMENTS: [&str; 3] = ["value::program::suite", "--exact", "--nocapture"];

/// What a developer may change.
pub(super) const EDITS: [&str; 10] = [
    "system",
    "one_message",
    "tool",
    "model",
    "temperature",
    "middle_turn",
    "fewer_turns",
    "more_turns",
    "annotation",
    "tool_result",
];

/// Runs all tests as a test runner does; nothing unless `llmock` or a test of this program asks for it.
#[test]
fn suite() {
    let Ok(each) = std::env::var("SUITE_EACH") else { return };
    let each: usize = each.parse().unwrap();
    let edit = std::env::var("SUITE_EDIT").unwrap_or_default();
    let only = std::env::var("SUITE_ONLY").ok();
    let is_chosen =
        |name: &str| only.as_ref().is_none_or(|only| only.split(' ').any(|chosen| chosen == name));
    let mut failed = Vec::new();
    for group in GROUPS {
        for at in 0..each {
            let name = format!("{group}{at}");
            if is_chosen(&name)
                && let Err(error) = run(&name, &edit)
            {
                failed.push(format!("{name}: {error}"));
            }
        }
    }
    assert!(failed.is_empty(), "{}", failed.join("\n"));
}

fn run(name: &str, edit: &str) -> Result<(), String> {
    let fixture = std::path::PathBuf::from(format!("f/{}.json", &name[..1]));
    let mock = replay(&fixture, &format!("suite::{name}")).start().map_err(|e| e.to_string())?;
    let talked = match &name[..1] {
        "a" => chat(&mock, name, edit),
        "b" => conversation(&mock, name, edit),
        "c" => tools(&mock, name, edit),
        "d" => message(&mock, name, edit),
        _ => response(&mock, name, edit),
    };
    // A test that panics drops its handle.
    talked?;
    mock.finish().map_err(|error| error.to_string())
}

/// The new text if this edit is made.
fn edited<'t>(edit: &str, name: &str, old: &'t str, new: &'t str) -> &'t str {
    if edit == name { new } else { old }
}

fn post(mock: &LlmMock, provider: Provider, path: &str, body: &Value) -> Result<Value, String> {
    let url = format!("{}{path}", mock.base_url(provider));
    let headers = [("content-type", "application/json")];
    let answer = send("POST", &url, &headers, body.to_string().as_bytes()).collect();
    let text = answer.text();
    if answer.status != 200 {
        return Err(format!("status {}: {text}", answer.status));
    }
    serde_json::from_str(&text).map_err(|error| format!("{error}: {text}"))
}

/// One turn of a chat; the answer becomes a message of the conversation.
fn turn(mock: &LlmMock, messages: &mut Vec<Value>, more: &Value) -> Result<(), String> {
    let mut body = json!({ "model": "gpt-4.1-mini", "max_tokens": 16, "messages": messages });
    body.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    let answer = post(mock, Provider::OpenAI, "/chat/completions", &body)?;
    let text = answer["choices"][0]["message"]["content"].as_str().unwrap_or_default();
    messages.push(json!({ "role": "assistant", "content": text }));
    Ok(())
}

fn system(text: &str) -> Value {
    json!({ "role": "system", "content": text })
}

fn user(text: impl Into<String>) -> Value {
    json!({ "role": "user", "content": text.into() })
}

fn chat(mock: &LlmMock, name: &str, edit: &str) -> Result<(), String> {
    let is_one = name == "a1" && edit == "one_message";
    let what = if is_one { "a harbour, and who works there" } else { "a lighthouse" };
    let mut more = json!({ "temperature": if edit == "temperature" { 0.5 } else { 0.0 } });
    if edit == "annotation" {
        more["user"] = json!("somebody");
        more["prompt_cache_key"] = json!("lighthouses");
    }
    for _ in 0..if name == "a0" { 2 } else { 1 } {
        let mut messages = vec![
            system("You explain things of the coast."),
            user(format!("{name}: What is {what}?")),
        ];
        turn(mock, &mut messages, &more)?;
    }
    Ok(())
}

fn conversation(mock: &LlmMock, name: &str, edit: &str) -> Result<(), String> {
    let terse = "You are the guide of a small museum, and you answer tersely and politely.";
    let kind = "You are the guide of a small museum, and you answer kindly and at length.";
    let mut messages = vec![system(edited(edit, "system", terse, kind))];
    let mut prompts =
        vec!["When do you open?", "And on Sundays?", "What may I bring?", "Is there tea?"];
    prompts.truncate(match edit {
        "fewer_turns" if name == "b0" => 2,
        "more_turns" if name == "b0" => 4,
        _ => 3,
    });
    if edit == "middle_turn" && name == "b1" {
        prompts[1] = "And on the first Monday of the month?";
    }
    for prompt in prompts {
        messages.push(user(format!("{name}: {prompt}")));
        turn(mock, &mut messages, &json!({}))?;
    }
    Ok(())
}

fn tools(mock: &LlmMock, name: &str, edit: &str) -> Result<(), String> {
    let described = edited(edit, "tool", "Finds a work", "Finds a work in the whole catalogue");
    let parameters = json!({ "type": "object", "properties": { "title": { "type": "string" } } });
    let function = json!({ "name": "search", "description": described, "parameters": parameters });
    let more = json!({ "tools": [{ "type": "function", "function": function }] });
    let mut messages = vec![user(format!("{name}: Where is the old map?"))];
    turn(mock, &mut messages, &more)?;
    let call = json!({ "name": "search", "arguments": "{\"title\":\"map\"}" });
    let call = json!({ "id": "call_1", "type": "function", "function": call });
    messages.pop();
    messages.push(json!({ "role": "assistant", "content": null, "tool_calls": [call] }));
    let is_other = name == "c1" && edit == "tool_result";
    let found = if is_other { "room 7, second floor" } else { "room 3" };
    messages.push(json!({ "role": "tool", "tool_call_id": "call_1", "content": found }));
    turn(mock, &mut messages, &more)
}

fn message(mock: &LlmMock, name: &str, edit: &str) -> Result<(), String> {
    let model = edited(edit, "model", "claude-haiku-4-5", "claude-sonnet-4-6");
    let prompt = format!("{name}: Name a sea.");
    let body = json!({ "model": model, "max_tokens": 16, "system": "Be brief.", "messages": [user(prompt)] });
    post(mock, Provider::Anthropic, "/v1/messages", &body).map(drop)
}

fn response(mock: &LlmMock, name: &str, _: &str) -> Result<(), String> {
    let input = format!("{name}: Name a river.");
    let body = json!({ "model": "gpt-4.1-mini", "instructions": "Be brief.", "input": input });
    post(mock, Provider::OpenAI, "/responses", &body).map(drop)
}

/// The providers of the suite, and the prompts that they received.
#[derive(Debug)]
pub(super) struct Upstreams {
    upstream: Upstream,
    sums: Arc<Mutex<Received>>,
}

/// A model that the scripted providers do not have.
pub(super) const UNKNOWN: &str = "gpt-nope";

/// What arrived since the last look.
#[derive(Clone, Debug, Default)]
pub(super) struct Received {
    /// Names of tests, one for each request.
    pub(super) tests: Vec<String>,
    pub(super) tokens: u64,
}

impl Upstreams {
    /// Providers whose answers have as many tokens as a request of their length has.
    pub(super) fn scripted() -> Self {
        let sums = Arc::new(Mutex::new(Received::default()));
        let shared = Arc::clone(&sums);
        let upstream = Upstream::scripted(move |_, request| {
            let (input, output) = (request.body.len() as u64 / 4, 7);
            let mut received = shared.lock().unwrap();
            received.tests.push(test_of(request));
            received.tokens += input + output;
            answer(request, input, output)
        });
        Self { upstream, sums }
    }

    /// A real model, which is more brief under another name.
    pub(super) fn relayed(url: String) -> Self {
        let sums = Arc::new(Mutex::new(Received::default()));
        let shared = Arc::clone(&sums);
        let upstream = Upstream::scripted(move |_, request| {
            let text = if request.text().contains(BRIEF) {
                request.text().replace("\"max_tokens\":16", "\"max_tokens\":6")
            } else {
                request.text()
            };
            let endpoint = request.target.rsplit("/v1/").next().unwrap_or_default();
            let url = format!("{url}/v1/{endpoint}");
            let headers = [("content-type", "application/json")];
            let answer = send("POST", &url, &headers, text.as_bytes()).collect();
            let mut received = shared.lock().unwrap();
            received.tests.push(test_of(request));
            received.tokens += used(&answer.text());
            Response::status(answer.status)
                .header("content-type", "application/json")
                .body(answer.text())
        });
        Self { upstream, sums }
    }

    /// No provider listens any more.
    pub(super) fn stop(self) -> [(&'static str, String); 2] {
        let variables = self.variables();
        self.upstream.stop();
        variables
    }

    pub(super) fn variables(&self) -> [(&'static str, String); 2] {
        [
            ("OPENAI_BASE_URL", self.upstream.openai_url()),
            ("ANTHROPIC_BASE_URL", self.upstream.url()),
        ]
    }

    pub(super) fn received(&self) -> Received {
        let mut received = std::mem::take(&mut *self.sums.lock().unwrap());
        received.tests.sort();
        received
    }
}

/// The second setting of a real model.
pub(super) const BRIEF: &str = "brief-model";

/// The tokens that a response reports. Anthropic counts those of its cache apart.
fn used(response: &str) -> u64 {
    let response: Value = serde_json::from_str(response).unwrap_or_default();
    let names = [
        "prompt_tokens",
        "completion_tokens",
        "input_tokens",
        "output_tokens",
        "cache_read_input_tokens",
        "cache_creation_input_tokens",
    ];
    names.iter().filter_map(|name| response["usage"][name].as_u64()).sum()
}

/// The name of a test stands before its prompts.
fn test_of(request: &Request) -> String {
    let text = request.text();
    let ends = text.match_indices(": ").map(|(at, _)| &text[..at]);
    let mut names = ends.filter_map(|text| text.rsplit('"').next());
    let is_name =
        |name: &&str| name.len() < 4 && GROUPS.iter().any(|group| name.starts_with(group));
    names.find(is_name).unwrap_or_default().to_owned()
}

fn answer(request: &Request, input: u64, output: u64) -> Response {
    let mut text = String::from("Of course; ");
    let _ = write!(text, "that was {} bytes.", request.body.len());
    let model: Value = serde_json::from_str(&request.text()).unwrap();
    let model = &model["model"];
    if *model == UNKNOWN {
        return Response::error(404, "The model `gpt-nope` does not exist");
    }
    let body = match request.target.rsplit('/').next().unwrap_or_default() {
        "completions" => json!({
            "id": "chatcmpl-1", "object": "chat.completion", "created": 1, "model": model,
            "choices": [{ "index": 0, "message": { "role": "assistant", "content": text }, "finish_reason": "stop" }],
            "usage": { "prompt_tokens": input, "completion_tokens": output, "total_tokens": input + output },
        }),
        "messages" => json!({
            "id": "msg_1", "type": "message", "role": "assistant", "model": model, "stop_reason": "end_turn",
            "stop_sequence": null, "content": [{ "type": "text", "text": text }],
            "usage": { "input_tokens": input, "output_tokens": output },
        }),
        _ => json!({
            "id": "resp_1", "object": "response", "created_at": 1, "status": "completed", "model": model,
            "output": [{ "type": "message", "id": "msg_1", "status": "completed", "role": "assistant",
                "content": [{ "type": "output_text", "text": text, "annotations": [] }] }],
            "usage": { "input_tokens": input, "output_tokens": output, "total_tokens": input + output },
        }),
    };
    Response::json(body.to_string())
}
