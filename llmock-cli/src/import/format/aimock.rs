//! Fixtures of aimock: `fixtures` of rules (`match`) and responses without a provider's format.
//!
//! A rule becomes the smallest request that it matches, in the format of OpenAI or Anthropic, plain and streamed, and its
//! response becomes a `reply`. Rules about an earlier conversation name no request and are skipped. Recordings of GPT-Live
//! become [sockets](live).

mod live;

use serde_json::{Map, Value, json};

use super::super::request::Asked;
use super::super::source::Source;
use super::super::tree::Node;
use super::{ReadError, Recording, root};

/// The model where a rule names none.
const MODEL: &str = "gpt-4o";

pub(super) fn detect(source: &Source<'_>) -> bool {
    let fixtures = source.root().and_then(|root| root.get("fixtures"));
    fixtures
        .is_some_and(|all| all.items().iter().any(|one| one.has("match") && one.has("response")))
}

pub(super) fn read(source: &Source<'_>, asked: &Asked) -> Result<Recording, ReadError> {
    let fixtures = root(source)?.get("fixtures").map(Node::items).unwrap_or_default();
    let mut numbered: Vec<(usize, &Node<'_>)> = fixtures.iter().enumerate().collect();
    // Equal requests are answered in this order.
    numbered.sort_by_key(|(_, one)| {
        let rule = one.get("match").and_then(|rule| rule.get("sequenceIndex"));
        rule.and_then(Node::text).and_then(|number| number.parse::<u32>().ok()).unwrap_or(0)
    });
    let mut recording = Recording::default();
    let mut interactions = Vec::new();
    let mut losses = Vec::new();
    for (at, fixture) in numbered {
        let recorded = fixture.get("response").and_then(|response| response.some("live"));
        if let Some(recorded) = recorded {
            match live::socket(recorded) {
                Ok(socket) => recording.exchanges.push(socket.complete()),
                Err(why) => recording.skipped.push(format!("entry {}: {why}", at + 1)),
            }
            continue;
        }
        match entry(fixture, asked, source, &mut losses) {
            Ok(entries) => interactions.extend(entries),
            Err(why) => recording.skipped.push(format!("entry {}: {why}", at + 1)),
        }
    }
    if interactions.is_empty()
        && recording.exchanges.is_empty()
        && let Some(first) = recording.skipped.first()
    {
        return Err(ReadError::Malformed(first.clone()));
    }
    if interactions.is_empty() {
        return Ok(recording);
    }
    losses.push(
        "aimock's matching by a part of the prompt: a fixture compares whole requests".to_owned(),
    );
    losses.sort();
    losses.dedup();
    recording.losses = losses;
    recording.fixture = Some(json!({ "llmock": 1, "interactions": interactions }).to_string());
    Ok(recording)
}

fn entry(
    fixture: &Node<'_>,
    asked: &Asked,
    source: &Source<'_>,
    losses: &mut Vec<String>,
) -> Result<Vec<Value>, String> {
    let rule = fixture.some("match").ok_or("it has no `match`")?;
    let response = fixture.some("response").ok_or("it has no `response`")?;
    // What `llmock export` has added: the request that the rule was made from.
    let exact = fixture.get("metadata").and_then(|metadata| metadata.get("llmock"));
    if let Some(exact) = exact
        && let Ok(Value::Object(mut interaction)) = serde_json::from_str(&exact.to_json())
    {
        interaction.insert("reply".to_owned(), reply(response)?);
        return Ok(vec![Value::Object(interaction)]);
    }
    for name in ["turnIndex", "hasToolResult", "toolCallId", "toolResultContains", "context"] {
        let is_first = |value: &Node<'_>| matches!(value.text(), Some("0" | "false"));
        if rule.some(name).is_some_and(|value| !is_first(value)) {
            return Err(format!(
                "its rule `{name}` is about the conversation before, which the file does not have"
            ));
        }
    }
    for name in ["toolName", "responseFormat"] {
        if rule.some(name).is_some() {
            losses.push(format!(
                "the rule `{name}`: the file does not have the request's tools and schema"
            ));
        }
    }
    if let Some(vector) = response.some("embedding") {
        return Ok(vec![embedding(rule, vector)?]);
    }
    let reply = reply(response)?;
    let asked =
        asked.request_for(source.path).and_then(|one| serde_json::from_slice(&one.body).ok());
    let (provider, path, body) = request(rule, response, asked, losses)?;
    let interaction = |body: &Value| {
        json!({
            "provider": provider,
            "request": { "method": "POST", "path": path, "body": body },
            "reply": reply,
        })
    };
    if response.some("error").is_some() {
        return Ok(vec![interaction(&body)]);
    }
    let mut streamed = body.clone();
    streamed["stream"] = Value::Bool(true);
    Ok(vec![interaction(&body), interaction(&streamed)])
}

fn request(
    rule: &Node<'_>,
    response: &Node<'_>,
    asked: Option<Value>,
    losses: &mut Vec<String>,
) -> Result<(&'static str, &'static str, Value), String> {
    let prompt = rule.text_of("userMessage").ok_or("it does not match by `userMessage`")?;
    let named = rule.text_of("model").or_else(|| response.text_of("model"));
    if named.is_none() && asked.is_none() {
        losses.push(format!(
            "any model: `{MODEL}` is assumed (`--request FILE` names another request)"
        ));
    }
    let model = named.unwrap_or(MODEL);
    let is_anthropic = model.starts_with("claude");
    let mut body = asked.unwrap_or_else(|| {
        let mut body = json!({ "model": model, "messages": [] });
        if is_anthropic {
            body["max_tokens"] = json!(1024);
        }
        body
    });
    let mut messages = Vec::new();
    let system = rule.some("systemMessage").map(|system| match system {
        Node::List(parts) => parts.iter().filter_map(Node::text).collect::<Vec<_>>().join("\n"),
        other => other.text().unwrap_or_default().to_owned(),
    });
    match system {
        Some(system) if is_anthropic => body["system"] = Value::String(system),
        Some(system) => messages.push(json!({ "role": "system", "content": system })),
        None => {}
    }
    messages.push(json!({ "role": "user", "content": prompt }));
    if !body.is_object() {
        return Err("the request is no JSON object".to_owned());
    }
    body["messages"] = Value::Array(messages);
    let (provider, path) = if is_anthropic {
        ("anthropic", "/v1/messages")
    } else {
        ("openai", "/v1/chat/completions")
    };
    Ok((provider, path, body))
}

fn embedding(rule: &Node<'_>, vector: &Node<'_>) -> Result<Value, String> {
    let input = rule.text_of("inputText").ok_or("it does not match by `inputText`")?;
    let model = rule.text_of("model").unwrap_or("text-embedding-3-small");
    let vector: Value = serde_json::from_str(&vector.to_json()).map_err(|why| why.to_string())?;
    Ok(json!({
        "provider": "openai",
        "request": {
            "method": "POST",
            "path": "/v1/embeddings",
            "body": { "model": model, "input": input },
        },
        "response": {
            "headers": { "content-type": "application/json" },
            "body": {
                "object": "list",
                "data": [{ "object": "embedding", "index": 0, "embedding": vector }],
                "model": model,
                "usage": { "prompt_tokens": 0, "total_tokens": 0 },
            },
        },
    }))
}

/// The response as the `reply` of a fixture.
fn reply(response: &Node<'_>) -> Result<Value, String> {
    for name in
        ["image", "images", "audio", "transcription", "video", "json", "blocks", "webSearches"]
    {
        if response.some(name).is_some() {
            return Err(format!("a response with `{name}` has no counterpart in a reply"));
        }
    }
    let mut reply = Map::new();
    if let Some(error) = response.some("error") {
        reply.insert("error".to_owned(), failure(response, error));
        return Ok(Value::Object(reply));
    }
    let content = match response.some("content") {
        Some(tree) if tree.is_collection() => Some(tree.to_json()),
        other => other.and_then(Node::text).map(str::to_owned),
    };
    let calls = response.get("toolCalls").map(Node::items).unwrap_or_default();
    if content.is_none() && calls.is_empty() {
        return Err("its response has neither `content` nor `toolCalls`".to_owned());
    }
    if let Some(content) = content.filter(|content| !content.is_empty() || calls.is_empty()) {
        reply.insert("text".to_owned(), Value::String(content));
    }
    if let Some(reasoning) = response.text_of("reasoning") {
        reply.insert("reasoning".to_owned(), json!(reasoning));
    }
    if !calls.is_empty() {
        let calls: Result<Vec<_>, String> = calls.iter().map(call).collect();
        reply.insert("tool_calls".to_owned(), Value::Array(calls?));
    }
    if let Some(finish) = response.text_of("finishReason") {
        let known = ["stop", "length", "tool_calls", "content_filter", "refusal"];
        if known.contains(&finish) {
            reply.insert("finish".to_owned(), json!(finish));
        }
    }
    for name in ["id", "model"] {
        if let Some(text) = response.text_of(name) {
            reply.insert(name.to_owned(), json!(text));
        }
    }
    if let Some(usage) = response.some("usage") {
        let tokens = |names: [&str; 3]| {
            let number = names.iter().find_map(|name| usage.text_of(name)?.parse::<u64>().ok());
            number.unwrap_or(0)
        };
        let input = tokens(["prompt_tokens", "input_tokens", "input"]);
        let output = tokens(["completion_tokens", "output_tokens", "output"]);
        reply.insert("usage".to_owned(), json!({ "input": input, "output": output }));
    }
    Ok(Value::Object(reply))
}

fn failure(response: &Node<'_>, error: &Node<'_>) -> Value {
    let status = response.get("status").or_else(|| error.get("status")).and_then(Node::number);
    let mut value =
        json!({ "status": status.and_then(super::super::message::whole).unwrap_or(500) });
    for (ours, theirs) in [("message", "message"), ("kind", "type"), ("code", "code")] {
        if let Some(text) = error.text_of(theirs) {
            value[ours] = Value::String(text.to_owned());
        }
    }
    if value["message"].is_null() {
        value["message"] = json!("error");
    }
    value
}

fn call(call: &Node<'_>) -> Result<Value, String> {
    let name = call.text_of("name").ok_or("a tool call has no name")?;
    let arguments = match call.some("arguments") {
        Some(tree) if tree.is_collection() => tree.to_json(),
        other => other.and_then(Node::text).unwrap_or("{}").to_owned(),
    };
    let mut value = json!({ "name": name, "arguments": arguments });
    if let Some(id) = call.text_of("id") {
        value["id"] = json!(id);
    }
    Ok(value)
}
