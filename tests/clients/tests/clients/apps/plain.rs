//! reqwest without any SDK, and what no SDK here has a call for.

use futures::StreamExt as _;
use reqwest::{Client, blocking};
use serde_json::{Value, json};

use super::{MODEL, QUESTION, Seen};

fn question() -> Value {
    json!({
        "model": MODEL,
        "messages": [{ "role": "user", "content": QUESTION }],
        "temperature": 0,
        "max_tokens": 32
    })
}

fn answer(body: &str) -> Seen {
    let parsed: Value = serde_json::from_str(body).unwrap();
    let text = parsed["choices"][0]["message"]["content"].as_str().unwrap_or_default();
    Seen { text: text.to_owned(), raw: vec![body.to_owned()], ..Seen::default() }
}

pub(crate) async fn chat(client: &Client, openai: &str) -> Seen {
    let url = format!("{openai}/chat/completions");
    let response = client.post(url).json(&question()).send().await.unwrap();
    assert_eq!(response.status(), 200);
    answer(&response.text().await.unwrap())
}

/// The text of the answer is the raw stream here.
pub(crate) async fn chat_stream(client: &Client, openai: &str) -> Seen {
    let mut body = question();
    body["stream"] = json!(true);
    body["stream_options"] = json!({ "include_usage": true });
    let url = format!("{openai}/chat/completions");
    let response = client.post(url).json(&body).send().await.unwrap();
    assert_eq!(response.status(), 200);
    let mut seen = Seen::default();
    seen.saw(&response.headers().get("content-type"));
    let mut bytes = Vec::new();
    let mut stream = response.bytes_stream();
    while let Some(chunk) = stream.next().await {
        bytes.extend_from_slice(&chunk.unwrap());
    }
    seen.text = String::from_utf8(bytes).unwrap();
    seen
}

pub(crate) async fn completion(client: &Client, openai: &str) -> Seen {
    let url = format!("{openai}/completions");
    let body =
        json!({ "model": MODEL, "prompt": "One, two, three,", "max_tokens": 8, "temperature": 0 });
    let body = client.post(url).json(&body).send().await.unwrap().text().await.unwrap();
    let parsed: Value = serde_json::from_str(&body).unwrap();
    let text = parsed["choices"][0]["text"].as_str().unwrap().to_owned();
    Seen { text, raw: vec![body], ..Seen::default() }
}

pub(crate) async fn count_tokens(client: &Client, anthropic: &str) -> u64 {
    let url = format!("{anthropic}/v1/messages/count_tokens");
    let body = json!({ "model": MODEL, "messages": [{ "role": "user", "content": QUESTION }] });
    let request = client
        .post(url)
        .header("x-api-key", "not needed")
        .header("anthropic-version", "2023-06-01")
        .json(&body);
    let answer: Value = request.send().await.unwrap().json().await.unwrap();
    answer["input_tokens"].as_u64().unwrap()
}

pub(crate) fn blocking_chat(client: &blocking::Client, openai: &str) -> Seen {
    let url = format!("{openai}/chat/completions");
    let response = client.post(url).json(&question()).send().unwrap();
    assert_eq!(response.status(), 200);
    answer(&response.text().unwrap())
}
