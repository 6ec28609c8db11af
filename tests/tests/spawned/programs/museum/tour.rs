//! Tours that an agent plans with tools.

use async_openai::error::OpenAIError;
use serde_json::{Value, json};

use crate::guide::{Guide, question};

/// What the tools of a tour are, in the order in which the model sees them.
pub fn tools() -> Vec<Value> {
    ["find_work", "opening_hours", "reserve_slot"].map(tool).to_vec()
}

/// One tool with one parameter.
pub fn tool(name: &str) -> Value {
    json!({
        "type": "function",
        "function": {
            "name": name,
            "description": format!("Does `{name}` for a visitor"),
            "parameters": {
                "type": "object",
                "properties": { "work": { "type": "string" } },
                "required": ["work"],
            },
        },
    })
}

/// Plans a tour: each tool is called once, then the plan follows.
pub async fn plan(
    guide: &Guide,
    prompt: &str,
    tools: &[Value],
    result: impl Fn(&str) -> String,
) -> Result<String, OpenAIError> {
    let mut body = question(prompt);
    body["tools"] = json!(tools);
    loop {
        let message = guide.exchange(body.clone()).await?;
        let calls = message["tool_calls"].as_array().cloned().unwrap_or_default();
        let messages = body["messages"].as_array_mut().expect("a list");
        if calls.is_empty() {
            return Ok(message["content"].as_str().unwrap_or_default().to_owned());
        }
        messages.push(json!({ "role": "assistant", "content": null, "tool_calls": calls }));
        for call in calls {
            let name = call["function"]["name"].as_str().expect("a name");
            messages.push(json!({
                "role": "tool",
                "tool_call_id": call["id"],
                "content": result(name),
            }));
        }
    }
}

/// What the tools of the museum answer.
pub fn result(tool: &str) -> String {
    match tool {
        "find_work" => json!({ "work": "The Lighthouse", "room": 12 }),
        "opening_hours" => json!({ "opens": "10:00", "closes": "18:00" }),
        _ => json!({ "reserved": true }),
    }
    .to_string()
}
