//! A workspace as people have it: three suites, a failed test, a failed attempt, and a broken file.

use serde_json::{Value, json};

use crate::command::Desk;

const INSTRUCTIONS: &str = "You are the support assistant of a bicycle shop. Answer in two sentences. Use the tools for \
     anything about an order.";

struct Chat<'a> {
    test: &'a str,
    model: &'a str,
    at: &'a str,
    messages: Vec<Value>,
    answer: Value,
    tokens: (u64, u64),
}

fn user(text: &str) -> Value {
    json!({ "role": "user", "content": text })
}

impl Chat<'_> {
    fn request(&self) -> Value {
        let mut messages = vec![json!({ "role": "system", "content": INSTRUCTIONS })];
        messages.extend(self.messages.iter().cloned());
        let tool = |name: &str| json!({ "type": "function", "function": { "name": name, "parameters": { "type": "object" } } });
        json!({
            "method": "POST", "path": "/v1/chat/completions",
            "body": { "model": self.model, "messages": messages, "tools": [tool("find_order"), tool("cancel_order")] },
        })
    }

    fn interaction(&self, response: &Value) -> Value {
        json!({
            "provider": "openai", "test": self.test, "recorded_at": self.at, "request": self.request(), "response": response,
        })
    }

    fn json(&self) -> Value {
        let reason = if self.answer["tool_calls"].is_array() { "tool_calls" } else { "stop" };
        self.interaction(&json!({
            "status": 200, "headers": { "content-type": "application/json" }, "ms": 842,
            "body": {
                "id": "chatcmpl-1", "object": "chat.completion", "model": self.model,
                "choices": [{ "index": 0, "message": self.answer, "finish_reason": reason }],
                "usage": { "prompt_tokens": self.tokens.0, "completion_tokens": self.tokens.1 },
            },
        }))
    }

    /// The same word by word.
    fn stream(&self) -> Value {
        let text = self.answer["content"].as_str().unwrap();
        let mut ms = 310;
        let mut events = Vec::new();
        for (at, word) in text.split_inclusive(' ').enumerate() {
            ms += 18 + at * 37 % 95;
            let delta = json!({ "content": word });
            events.push(json!({ "ms": ms, "data": { "choices": [{ "index": 0, "delta": delta, "finish_reason": null }] } }));
        }
        let usage = json!({ "prompt_tokens": self.tokens.0, "completion_tokens": self.tokens.1 });
        events.push(json!({ "ms": ms + 12, "data": { "choices": [{ "index": 0, "delta": {}, "finish_reason": "stop" }], "usage": usage } }));
        events.push(json!({ "ms": ms + 12, "data": "[DONE]" }));
        let mut interaction = self.interaction(&json!({
            "status": 200, "headers": { "content-type": "text/event-stream" },
            "stream": { "framing": "sse", "end": "complete", "events": events },
        }));
        interaction["request"]["body"]["stream"] = json!(true);
        interaction
    }
}

fn said(text: &str) -> Value {
    json!({ "role": "assistant", "content": text })
}

fn file(interactions: &[Value]) -> String {
    format!("{:#}\n", json!({ "llmock": 1, "interactions": interactions }))
}

/// A conversation with a tool, in its two requests.
fn order() -> [Value; 2] {
    let question = user("Where is my order 4711? I ordered a red city bike last week.");
    let call = json!({ "role": "assistant", "content": null, "tool_calls": [
        { "id": "call_0", "type": "function", "function": { "name": "find_order", "arguments": "{\"number\":4711}" } },
    ] });
    let order =
        json!({ "number": 4711, "state": "shipped", "carrier": "DHL", "expected": "2026-11-27" });
    let result = json!({ "role": "tool", "tool_call_id": "call_0", "content": order.to_string() });
    let answer = "Your red city bike is on its way with DHL and should arrive on 27 November. I can send you the tracking link if you like.";
    let chat = |messages, answer, tokens| Chat {
        test: "support::finds_an_order",
        model: "gpt-5-mini",
        at: "2026-11-18T09:12:03Z",
        messages,
        answer,
        tokens,
    };
    [
        chat(vec![question.clone()], call.clone(), (412, 38)).json(),
        chat(vec![question, call, result], said(answer), (498, 44)).json(),
    ]
}

fn simple(
    test: &str,
    model: &str,
    at: &str,
    prompt: &str,
    answer: &str,
    tokens: (u64, u64),
) -> Value {
    let messages = vec![user(prompt)];
    Chat { test, model, at, messages, answer: said(answer), tokens }.json()
}

fn summary(number: u32) -> Value {
    let prompt = format!("Sum up article {number} of the newsletter in one sentence.");
    let answer = format!("Article {number} explains how to keep a bike chain clean in winter.");
    let body =
        json!({ "model": "claude-sonnet-4-5", "max_tokens": 1024, "messages": [user(&prompt)] });
    json!({
        "provider": "anthropic", "test": format!("summaries::articles::case_{number}"),
        "recorded_at": format!("2026-08-{number:02}T08:00:00Z"),
        "request": { "method": "POST", "path": "/v1/messages", "body": body },
        "response": { "status": 200, "headers": { "content-type": "application/json" }, "body": {
            "type": "message", "role": "assistant", "model": "claude-sonnet-4-5", "stop_reason": "end_turn",
            "content": [{ "type": "thinking", "thinking": "One sentence, no more.", "signature": "x" }, { "type": "text", "text": answer }],
            "usage": { "input_tokens": 800 + number * 31, "output_tokens": 20 + number },
        } },
    })
}

fn line(test: &str, fixture: &str, verdict: &str) -> Value {
    json!({
        "run": "1", "test": test, "fixture": format!("tests/fixtures/{fixture}"), "mode": "replay", "verdict": verdict,
        "interactions": { "used": 1, "total": 2 }, "misses": [], "failures": [], "notes": [], "findings": [],
        "usage": { "requests": 1, "input": 412, "cached": 0, "output": 38, "usd": "0.0002" },
    })
}

fn last_run() -> String {
    let mut failed = line("support::finds_an_order", "support/finds_an_order.json", "failed");
    let mut sent = order()[0]["request"]["body"].clone();
    sent["messages"][0]["content"] =
        json!(INSTRUCTIONS.replace("two sentences", "at most two short sentences"));
    failed["misses"] = json!([{
        "request": 1, "provider": "openai", "method": "POST", "path": "/v1/chat/completions", "reason": "body_differs",
        "sentence": "no recorded request matches this body; the closest is #1 in the file (recorded 2026-11-18)",
        "differs_at": ["$.messages[0].content"], "interaction": 1, "sent": sent.to_string(),
    }]);
    failed["record"] =
        json!("LLMOCK_MODE=record cargo test --test support -- finds_an_order --exact");
    let mut repeated =
        line("support::refuses_other_topics", "support/refuses_other_topics.json", "passed");
    repeated["notes"] =
        json!([{ "name": "repeated", "sentence": "the recorded response was repeated" }]);
    let mut lines = vec![
        failed,
        repeated,
        line("support::streams_an_answer", "support/streams_an_answer.json", "passed"),
    ];
    lines.extend((1..24).map(|number| {
        let (test, fixture) = (
            format!("summaries::articles::case_{number}"),
            format!("summaries/article_{number:02}.json"),
        );
        line(&test, &fixture, "passed")
    }));
    lines.iter().map(|line| format!("{line}\n")).collect()
}

/// The recordings of a search, one of them from a model of its own.
fn searches(write: &dyn Fn(&str, &[Value])) {
    let ranked = ["red bike", "light bike", "bike for a child"].map(|query| {
        let prompt = format!("Rank these products for the query \"{query}\".");
        simple(
            "search::ranks_products",
            "gpt-4o-mini",
            "2026-04-11T10:00:00Z",
            &prompt,
            "1. City bike 2. Touring bike",
            (320, 24),
        )
    });
    write("search/ranks_products", &ranked);
    let tall = "Which of our bikes suit a tall person?";
    write(
        "search/own_model",
        &[simple(
            "search::own_model",
            "shop-llama-8b",
            "2026-10-01T10:00:00Z",
            tall,
            "The touring bike in size XL.",
            (61, 11),
        )],
    );
}

/// Writes the workspace.
pub(crate) fn demo() -> Desk {
    let desk = Desk::with(&[]);
    let write = |name: &str, interactions: &[Value]| {
        desk.write(&format!("tests/fixtures/{name}.json"), &file(interactions));
    };
    desk.write("Cargo.toml", "[package]\nname = \"shop\"\nversion = \"0.1.0\"\n");
    write("support/finds_an_order", &order());
    let saddle = "Loosen the clamp below the saddle, stand beside the bike, and set the saddle to the height of your hip. Tighten the \
         clamp again and check that the saddle does not turn.";
    let stream = |prompt| Chat {
        test: "support::streams_an_answer",
        model: "gpt-5-mini",
        at: "2026-11-18T09:13:11Z",
        messages: vec![user(prompt)],
        answer: said(saddle),
        tokens: (96, 41),
    };
    let recorded = stream("How do I adjust the saddle height of a city bike?").stream();
    write("support/streams_an_answer", std::slice::from_ref(&recorded));
    // An edit of its prompt, with the response that the recording has.
    let mut edited = stream("How do I set the saddle height of my city bike?").stream();
    let recorded = llmock::Fixture::parse("x.json", &file(&[recorded])).unwrap();
    edited["hash"] = recorded.interactions()[0].hash().into();
    desk.write("tests/fixtures/support/streams_an_answer.json.pending", &file(&[edited]));
    let refusal = |answer| {
        let test = "support::refuses_other_topics";
        simple(
            test,
            "gpt-5-mini",
            "2026-11-18T09:14:40Z",
            "Write a poem about the sea.",
            answer,
            (91, 17),
        )
    };
    write(
        "support/refuses_other_topics",
        &[refusal("I can only help with questions about our bicycles and your orders.")],
    );
    let poem = "I can only help with bicycles.";
    let other = simple(
        "support::refuses_short_poems",
        "gpt-5-mini",
        "2026-11-30T09:00:00Z",
        "Write a short poem.",
        poem,
        (89, 9),
    );
    let attempt = [
        refusal(
            "I can only help with bicycles and your orders. Is there an order that I can look up?",
        ),
        other,
    ];
    desk.write("tests/fixtures/support/refuses_other_topics.json.failed", &file(&attempt));
    let punctures = |at, answer| {
        simple(
            "support::waits_after_a_rate_limit",
            "gpt-5-mini",
            at,
            "Do you repair punctures?",
            answer,
            (88, 19),
        )
    };
    let mut limited = punctures("2026-09-02T14:00:00Z", "");
    limited["response"]["status"] = json!(429);
    limited["response"]["body"] = json!({ "error": { "message": "Rate limit reached for gpt-5-mini. Please try again in 2s.", "code": "rate_limit" } });
    write(
        "support/waits_after_a_rate_limit",
        &[limited, punctures("2026-09-02T14:00:04Z", "Yes, usually while you wait.")],
    );
    for number in 1..24 {
        write(&format!("summaries/article_{number:02}"), &[summary(number)]);
    }
    searches(&write);
    desk.run(&["fmt"]);
    desk.write("tests/fixtures/search/broken.json", "{\"llmock\": 1, \"interactions\": [\n");
    desk.write("target/llmock/last-run.jsonl", &last_run());
    desk
}
