//! Stub mappings of `WireMock`: equal requests become the states of a scenario.

use std::collections::HashMap;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Map, Value, json};

use super::Exchange;

pub(super) fn text(exchanges: &[Exchange<'_>]) -> String {
    let mut totals: HashMap<String, usize> = HashMap::new();
    for exchange in exchanges {
        *totals.entry(exchange.interaction.hash()).or_default() += 1;
    }
    let mut seen: HashMap<String, usize> = HashMap::new();
    let stub = |exchange: &Exchange<'_>| {
        let hash = exchange.interaction.hash();
        let at = seen.entry(hash.clone()).or_default();
        *at += 1;
        let mut stub = stub(exchange);
        let total = totals[&hash];
        if total > 1 {
            let state = |number: usize| match number {
                1 => "Started".to_owned(),
                number => format!("request {number}"),
            };
            stub["scenarioName"] = json!(hash);
            stub["requiredScenarioState"] = json!(state(*at));
            if *at < total {
                stub["newScenarioState"] = json!(state(*at + 1));
            }
        }
        stub
    };
    let mappings: Vec<Value> = exchanges.iter().map(stub).collect();
    format!("{:#}\n", json!({ "mappings": mappings }))
}

fn stub(exchange: &Exchange<'_>) -> Value {
    let mut request = json!({ "method": exchange.method, "url": exchange.path });
    let body = exchange.request_body.as_deref().unwrap_or_default();
    if !body.is_empty() {
        let rule = match std::str::from_utf8(body) {
            Ok(text) if text.starts_with(['{', '[']) => json!({ "equalToJson": text }),
            Ok(text) => json!({ "equalTo": text }),
            Err(_) => json!({ "binaryEqualTo": STANDARD.encode(body) }),
        };
        request["bodyPatterns"] = json!([rule]);
    }
    let mut headers: Map<String, Value> = Map::new();
    for (name, value) in &exchange.response_headers {
        match headers.get_mut(name) {
            None => {
                headers.insert(name.clone(), json!(value));
            }
            Some(Value::Array(values)) => values.push(json!(value)),
            Some(first) => *first = json!([first.clone(), value]),
        }
    }
    let mut response = json!({ "status": exchange.status, "headers": headers });
    match std::str::from_utf8(&exchange.response_body) {
        Ok(text) => response["body"] = json!(text),
        Err(_) => response["base64Body"] = json!(STANDARD.encode(&exchange.response_body)),
    }
    // A stub names no host: an import finds the provider by this one.
    let host = exchange.origin.split_once("://").map_or("", |(_, host)| host);
    json!({ "request": request, "response": response, "metadata": { "llmock": { "host": host } } })
}
