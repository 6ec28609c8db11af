//! The request behind a response that was recorded alone: endpoint and model, from the shape of the response.
//!
//! The prompt is not known. The first run of the test shows it: with `while_editing` the recording stands in for the request
//! that the test sends, which `llmock accept` then puts into the fixture.

use llmock::__server::imported::origin_of;
use llmock::Provider;
use serde_json::{Value, json};

use super::super::request::Request;

/// Events that are looked at; the first ones of a stream may be pings.
const LOOKED_AT: usize = 16;

/// A stand-in for the request that got this body; `None` if the shape tells no API.
pub(super) fn request(body: &str) -> Option<Request> {
    documents(body).iter().find_map(|(document, framing)| of(document, *framing))
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Framing {
    /// Server-sent events.
    Events,
    /// Lines of JSON, or a JSON array.
    Lines,
    Single,
}

/// The first JSON documents of a body.
fn documents(body: &str) -> Vec<(Value, Framing)> {
    let parse = |text: &str| serde_json::from_str::<Value>(text).ok();
    match parse(body) {
        Some(Value::Array(all)) => {
            return all.into_iter().take(LOOKED_AT).map(|one| (one, Framing::Lines)).collect();
        }
        Some(document) => return vec![(document, Framing::Single)],
        None => {}
    }
    let data = body.lines().filter_map(|line| line.strip_prefix("data:")).filter_map(parse);
    let events: Vec<_> = data.take(LOOKED_AT).map(|one| (one, Framing::Events)).collect();
    if !events.is_empty() {
        return events;
    }
    let lines = body.lines().take(LOOKED_AT).filter_map(parse);
    lines.map(|one| (one, Framing::Lines)).collect()
}

/// The shapes are those that `llmock::reply` writes.
fn of(document: &Value, framing: Framing) -> Option<Request> {
    let text = |name: &str| document[name].as_str();
    let model = |of: &Value| of["model"].as_str().map(str::to_owned);
    let kind = text("type").unwrap_or_default();
    let openai = |path: &str| Some((Provider::OpenAI, path.to_owned(), model(document)));
    let (provider, path, model) = match text("object") {
        Some("chat.completion" | "chat.completion.chunk") => openai("/v1/chat/completions"),
        Some("text_completion") => openai("/v1/completions"),
        Some("response") => openai("/v1/responses"),
        Some("list") if document["data"][0]["object"] == "embedding" => openai("/v1/embeddings"),
        _ if kind.starts_with("response.") => {
            Some((Provider::OpenAI, "/v1/responses".to_owned(), model(&document["response"])))
        }
        _ if kind == "message_start" => {
            Some((Provider::Anthropic, "/v1/messages".to_owned(), model(&document["message"])))
        }
        _ if kind == "message" && document["content"].is_array() => {
            Some((Provider::Anthropic, "/v1/messages".to_owned(), model(document)))
        }
        _ if kind == "message-start" => Some((Provider::Cohere, "/v2/chat".to_owned(), None)),
        _ if document["candidates"].is_array() => {
            Some((Provider::Gemini, gemini(document, framing), None))
        }
        _ if text("created_at").is_some() && document["message"].is_object() => {
            Some((Provider::Ollama, "/api/chat".to_owned(), model(document)))
        }
        _ if text("created_at").is_some() && text("response").is_some() => {
            Some((Provider::Ollama, "/api/generate".to_owned(), model(document)))
        }
        _ => None,
    }?;
    let mut body = json!({});
    if let Some(model) = model {
        body["model"] = model.into();
    }
    if framing != Framing::Single && provider != Provider::Gemini {
        body["stream"] = true.into();
    }
    Some(Request {
        method: "POST".to_owned(),
        url: format!("{}{path}", origin_of(provider).unwrap_or_default()),
        headers: vec![("content-type".to_owned(), "application/json".to_owned())],
        body: body.to_string().into_bytes(),
    })
}

/// Gemini names its model in the path.
fn gemini(document: &Value, framing: Framing) -> String {
    let model = document["modelVersion"].as_str().unwrap_or("unknown");
    let method = match framing {
        Framing::Events => "streamGenerateContent?alt=sse",
        Framing::Lines => "streamGenerateContent",
        Framing::Single => "generateContent",
    };
    format!("/v1beta/models/{model}:{method}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_shape_of_a_response_tells_its_endpoint() {
        for (body, url, sent) in [
            (
                "data: {\"object\":\"chat.completion.chunk\",\"model\":\"gpt-5\",\"choices\":[]}\n\ndata: [DONE]\n\n",
                "https://api.openai.com/v1/chat/completions",
                r#"{"model":"gpt-5","stream":true}"#,
            ),
            (
                r#"{"object":"response","model":"gpt-5","output":[]}"#,
                "https://api.openai.com/v1/responses",
                r#"{"model":"gpt-5"}"#,
            ),
            (
                "event: response.created\ndata: {\"type\":\"response.created\",\"response\":{\"model\":\"gpt-5\"}}\n\n",
                "https://api.openai.com/v1/responses",
                r#"{"model":"gpt-5","stream":true}"#,
            ),
            (
                "event: ping\ndata: {\"type\":\"ping\"}\n\nevent: message_start\ndata: {\"type\":\"message_start\",\"message\":{\"model\":\"claude-haiku-4-5\"}}\n\n",
                "https://api.anthropic.com/v1/messages",
                r#"{"model":"claude-haiku-4-5","stream":true}"#,
            ),
            (
                "data: {\"candidates\":[],\"modelVersion\":\"gemini-2.5-flash\"}\n\n",
                "https://generativelanguage.googleapis.com/v1beta/models/gemini-2.5-flash:streamGenerateContent?alt=sse",
                "{}",
            ),
            (
                r#"[{"candidates":[],"modelVersion":"gemini-2.5-flash"}]"#,
                "https://generativelanguage.googleapis.com/v1beta/models/gemini-2.5-flash:streamGenerateContent",
                "{}",
            ),
        ] {
            let request = request(body).expect(body);
            assert_eq!(request.url, url);
            assert_eq!(String::from_utf8_lossy(&request.body), sent, "{body}");
        }
        let lines = "{\"model\":\"qwen3\",\"created_at\":\"x\",\"message\":{}}\n{\"model\":\"qwen3\",\"created_at\":\"x\",\"message\":{}}\n";
        assert!(request(lines).expect("Ollama").url.ends_with("/api/chat"));
        for unknown in
            ["data: {}\n\n", r#"{"error":{"message":"no"}}"#, "data: [DONE]\n\n", "[]", ""]
        {
            assert_eq!(request(unknown), None, "{unknown}");
        }
    }
}
