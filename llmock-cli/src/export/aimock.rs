//! Fixtures of aimock: chats whose response is text, tool calls, or an error.
//!
//! aimock keeps no request; the one of the interaction is in `metadata`, which aimock does not read and an import does.

use llmock::__server::imported::text_of;
use serde_json::{Value, json};

use super::Exchange;

pub(super) fn text(exchanges: &[Exchange<'_>], losses: &mut Vec<String>) -> String {
    let mut fixtures = Vec::new();
    for (at, exchange) in exchanges.iter().enumerate() {
        match fixture(exchange) {
            Ok(fixture) => fixtures.push(fixture),
            Err(why) => losses.push(format!("interaction {}: skipped: {why}", at + 1)),
        }
    }
    if !fixtures.is_empty() {
        losses.push(
            "not kept: everything but texts, tool calls, and errors: aimock renders the responses itself"
                .to_owned(),
        );
    }
    format!("{:#}\n", json!({ "fixtures": fixtures }))
}

fn fixture(exchange: &Exchange<'_>) -> Result<Value, &'static str> {
    let prompt = exchange.interaction.prompt().ok_or("its request has no prompt")?;
    let mut rule = json!({ "userMessage": prompt });
    if let Some(model) = exchange.interaction.model() {
        rule["model"] = json!(model);
    }
    let text = text_of(&mut [exchange.interaction.clone()]);
    let file: Value = serde_json::from_str(&text).map_err(|_| "it is not JSON")?;
    let own = &file["interactions"][0];
    let response = response(exchange, own)?;
    let mut request = json!({ "provider": own["provider"], "request": own["request"] });
    for name in ["test", "recorded_at"] {
        if !own[name].is_null() {
            request[name] = own[name].clone();
        }
    }
    Ok(json!({ "match": rule, "response": response, "metadata": { "llmock": request } }))
}

fn response(exchange: &Exchange<'_>, own: &Value) -> Result<Value, &'static str> {
    let body: Value = serde_json::from_slice(&exchange.response_body).unwrap_or_default();
    if exchange.status >= 400 {
        let error = if body["error"].is_object() { &body["error"] } else { &body };
        let mut failure = json!({ "message": error["message"].as_str().unwrap_or("error") });
        for name in ["type", "code"] {
            if let Some(text) = error[name].as_str() {
                failure[name] = json!(text);
            }
        }
        return Ok(json!({ "status": exchange.status, "error": failure }));
    }
    if let Some(text) = own["response"]["stream"]["preview"].as_str() {
        return Ok(json!({ "content": text }));
    }
    let reply = &own["reply"];
    let mut calls: Vec<Value> = reply["tool_calls"].as_array().cloned().unwrap_or_default();
    let mut content = reply["text"].as_str().map(str::to_owned);
    let message = &body["choices"][0]["message"];
    content = content.or_else(|| message["content"].as_str().map(str::to_owned));
    for call in message["tool_calls"].as_array().into_iter().flatten().filter(|_| reply.is_null()) {
        let function = &call["function"];
        calls.push(json!({ "id": call["id"], "name": function["name"], "arguments": function["arguments"] }));
    }
    for block in body["content"].as_array().into_iter().flatten().filter(|_| reply.is_null()) {
        if let Some(text) = block["text"].as_str() {
            content = Some(content.unwrap_or_default() + text);
        }
        if block["type"] == "tool_use" {
            calls.push(
                json!({ "id": block["id"], "name": block["name"], "arguments": block["input"] }),
            );
        }
    }
    if content.is_none() && calls.is_empty() {
        return Err("its response is neither text nor tool calls of a chat");
    }
    let mut response = json!({});
    if let Some(content) = content {
        response["content"] = json!(content);
    }
    if !calls.is_empty() {
        response["toolCalls"] = json!(calls);
    }
    Ok(response)
}
