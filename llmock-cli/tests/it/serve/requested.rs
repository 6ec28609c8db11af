//! `llmock serve`: what a request asks for beyond a text is in the response: log probabilities, reasoning, usage, a tier.

use serde_json::{Value, json};

use super::limits::{ask, server, with};

#[test]
fn log_probabilities_come_in_the_shape_of_each_api() {
    let server = server();
    let messages = json!([{"role": "user", "content": "one two"}]);
    let body = json!({"model": "m", "messages": messages, "logprobs": true, "top_logprobs": 2});
    let chat = ask(&server, "/v1/chat/completions", &body);
    let tokens = &chat["choices"][0]["logprobs"]["content"];
    assert_eq!(tokens[1]["token"], " two");
    assert_eq!(tokens[1]["bytes"], json!([32, 116, 119, 111]));
    assert_eq!(tokens[1]["top_logprobs"].as_array().unwrap().len(), 2);
    assert_eq!(tokens[1]["top_logprobs"][0]["logprob"], tokens[1]["logprob"]);
    let ollama = ask(&server, "/api/chat", &with(&body, &json!({"stream": false})));
    assert_eq!(ollama["logprobs"][0]["token"], "one");
    let cohere = ask(&server, "/v2/chat", &body);
    assert_eq!(cohere["logprobs"][1]["text"], " two");

    let body = json!({"model": "m", "prompt": "one two", "logprobs": 1});
    let completion = ask(&server, "/v1/completions", &body);
    let found = &completion["choices"][0]["logprobs"];
    assert_eq!(found["tokens"], json!(["one", " two"]));
    assert_eq!(found["text_offset"], json!([0, 3]));
    assert_eq!(found["top_logprobs"][0].as_object().unwrap().len(), 1);

    let body = json!({"model": "m", "input": "one two", "include": ["message.output_text.logprobs"], "top_logprobs": 1});
    let response = ask(&server, "/v1/responses", &body);
    assert_eq!(response["output"][0]["content"][0]["logprobs"][1]["token"], " two");

    let body = json!({"contents": [{"parts": [{"text": "one two"}]}],
        "generationConfig": {"responseLogprobs": true, "logprobs": 2}});
    let gemini = ask(&server, "/v1beta/models/m:generateContent", &body);
    let result = &gemini["candidates"][0]["logprobsResult"];
    assert_eq!(result["chosenCandidates"][1]["token"], " two");
    assert_eq!(result["topCandidates"][0]["candidates"].as_array().unwrap().len(), 2);
}

#[test]
fn reasoning_comes_where_a_request_asks_for_it() {
    let server = server();
    let messages = json!([{"role": "user", "content": "one two"}]);
    let chat = json!({"model": "m", "messages": messages, "max_tokens": 4000});
    let body = with(&chat, &json!({"thinking": {"type": "enabled", "budget_tokens": 1024}}));
    let anthropic = ask(&server, "/v1/messages", &body);
    assert_eq!(anthropic["content"][0]["type"], "thinking");
    assert!(anthropic["content"][0]["signature"].as_str().is_some_and(|text| !text.is_empty()));
    assert_eq!(anthropic["content"][1]["text"], "one two");

    let body = json!({"model": "m", "input": "one two", "reasoning": {"effort": "low", "summary": "auto"},
        "include": ["reasoning.encrypted_content"]});
    let response = ask(&server, "/v1/responses", &body);
    assert_eq!(response["output"][0]["type"], "reasoning");
    assert_eq!(response["output"][0]["summary"][0]["type"], "summary_text");
    assert!(response["output"][0]["encrypted_content"].is_string());
    assert_eq!(response["output"][1]["content"][0]["text"], "one two");
    assert!(response["usage"]["output_tokens_details"]["reasoning_tokens"].as_u64().unwrap() > 0);
    let body = json!({"model": "m", "input": "one two", "reasoning": {"effort": "low"}});
    let response = ask(&server, "/v1/responses", &body);
    assert_eq!(response["output"][0]["summary"], json!([]));

    let body = json!({"contents": [{"parts": [{"text": "one two"}]}],
        "generationConfig": {"thinkingConfig": {"includeThoughts": true}}});
    let gemini = ask(&server, "/v1beta/models/m:generateContent", &body);
    assert_eq!(gemini["candidates"][0]["content"]["parts"][0]["thought"], true);
    assert_eq!(gemini["candidates"][0]["content"]["parts"][1]["text"], "one two");

    // Google's client for Python mixes the spellings
    let body = json!({"contents": [{"parts": [{"text": "one two"}]}],
        "generationConfig": {"thinkingConfig": {"include_thoughts": true}}});
    let gemini = ask(&server, "/v1beta/models/m:generateContent", &body);
    assert_eq!(gemini["candidates"][0]["content"]["parts"][0]["thought"], true);

    let body = with(&chat, &json!({"reasoning_effort": "high"}));
    let openai = ask(&server, "/v1/chat/completions", &body);
    let details = &openai["usage"]["completion_tokens_details"];
    assert!(details["reasoning_tokens"].as_u64().unwrap() > 0);
    let deepseek = ask(&server, "/deepseek/v1/chat/completions", &body);
    assert!(deepseek["choices"][0]["message"]["reasoning_content"].is_string());
    let ollama = ask(&server, "/api/chat", &with(&chat, &json!({"think": true, "stream": false})));
    assert!(ollama["message"]["thinking"].is_string());
    let cohere = ask(&server, "/v2/chat", &with(&chat, &json!({"thinking": {"type": "enabled"}})));
    assert_eq!(cohere["message"]["content"][0]["type"], "thinking");
}

#[test]
fn usage_counts_choices_tools_images_and_wide_characters() {
    let server = server();
    let chat = |content: Value, more: Value| {
        let body = json!({"model": "m", "messages": [{"role": "user", "content": content}]});
        ask(&server, "/v1/chat/completions", &with(&body, &more))["usage"].clone()
    };
    let input = |usage: &Value| usage["prompt_tokens"].as_u64().unwrap();
    let plain = chat(json!("12345678"), json!({}));
    assert_eq!((input(&plain), &plain["completion_tokens"]), (2, &json!(2)));
    let five = chat(json!("12345678"), json!({"n": 5}));
    assert_eq!((input(&five), &five["completion_tokens"]), (2, &json!(10)));
    let tool = json!({"type": "function", "function": {"name": "get_weather", "parameters": {"type": "object"}}});
    assert!(input(&chat(json!("12345678"), json!({"tools": [tool]}))) > 8);
    let image = json!([{"type": "text", "text": "12345678"}, {"type": "image_url", "image_url": {"url": "data:image/png;base64,AAAA"}}]);
    assert!(input(&chat(image, json!({}))) > 80);
    assert_eq!(input(&chat(json!("日本語の文章です"), json!({}))), 8);
    // the endpoint that counts tokens has the same estimate
    let body = json!({"model": "m", "max_tokens": 9, "messages": [{"role": "user", "content": "日本語の文章です"}]});
    assert_eq!(ask(&server, "/v1/messages/count_tokens", &body)["input_tokens"], 8);
    assert_eq!(ask(&server, "/v1/messages", &body)["usage"]["input_tokens"], 8);
}

#[test]
fn a_limit_cuts_the_arguments_of_a_call() {
    let server = server();
    let text = "call tool 'save' with '{\"text\":\"one two three four five\"}'";
    let body = json!({"model": "m", "max_tokens": 4, "messages": [{"role": "user", "content": text}],
        "tools": [{"type": "function", "function": {"name": "save"}}]});
    let found = ask(&server, "/v1/chat/completions", &body);
    let choice = &found["choices"][0];
    assert_eq!(choice["finish_reason"], "length");
    let arguments = choice["message"]["tool_calls"][0]["function"]["arguments"].as_str().unwrap();
    assert!(arguments.len() < 20 && arguments.starts_with("{\"text"), "{arguments}");
    let body =
        json!({"model": "m", "max_tokens": 4, "messages": [{"role": "user", "content": text}]});
    let found = ask(&server, "/v1/messages", &body);
    assert_eq!(found["stop_reason"], "max_tokens");
    assert_eq!(found["content"][0]["input"], json!({}));
}

#[test]
fn the_tier_of_the_service_is_named() {
    let server = server();
    let body = json!({"model": "m", "messages": [{"role": "user", "content": "Hi"}]});
    let groq = ask(&server, "/groq/openai/v1/chat/completions", &body);
    assert_eq!(groq["service_tier"], "on_demand");
    let path = "/v1/chat/completions";
    assert_eq!(ask(&server, path, &body)["service_tier"], "default");
    let deepseek = ask(&server, "/deepseek/v1/chat/completions", &body);
    assert_eq!(deepseek.get("service_tier"), None);
    for (wanted, named) in [("auto", "default"), ("flex", "flex"), ("priority", "priority")] {
        let found = ask(&server, path, &with(&body, &json!({"service_tier": wanted})));
        assert_eq!(found["service_tier"], named);
    }
}

#[test]
fn a_seed_makes_no_difference_to_texts_that_are_always_the_same() {
    let server = server();
    let messages = json!([{"role": "user", "content": "one two"}]);
    let contents = json!([{"parts": [{"text": "one two"}]}]);
    let gemini = "/v1beta/models/m:generateContent";
    for (path, body, place) in [
        (
            "/v1/chat/completions",
            json!({"model": "m", "messages": messages, "seed": 7}),
            "/choices/0",
        ),
        (
            "/mistral/v1/chat/completions",
            json!({"model": "m", "messages": messages, "random_seed": 7}),
            "/choices/0",
        ),
        ("/v1/completions", json!({"model": "m", "prompt": "one two", "seed": 7}), "/choices/0"),
        (
            gemini,
            json!({"contents": contents, "generationConfig": {"seed": 7}}),
            "/candidates/0/content",
        ),
        ("/v2/chat", json!({"model": "m", "messages": messages, "seed": 7}), "/message"),
        (
            "/api/chat",
            json!({"model": "m", "stream": false, "messages": messages, "options": {"seed": 7}}),
            "/message",
        ),
    ] {
        let said = || ask(&server, path, &body).pointer(place).cloned();
        let first = said();
        assert!(first.is_some(), "{path}");
        assert_eq!(said(), first, "{path}");
    }
    // what OpenAI compares before it relies on a seed
    let body = json!({"model": "m", "messages": messages, "seed": 7});
    let print = |seed: i64| {
        let body = with(&body, &json!({"seed": seed}));
        ask(&server, "/v1/chat/completions", &body)["system_fingerprint"].clone()
    };
    assert!(print(7).is_string());
    assert_eq!(print(7), print(8));
}
