//! Recordings that try to become a part of a page.

use serde_json::{Value, json};

use super::Dashboard;
use crate::command::Desk;

/// Would run, or change what a page or a terminal shows, if any of it were taken as it is.
const HOSTILE: &str = "</script></style></textarea></title><script>alert(1)</script><img src=x onerror=alert(1)>\" onmouseover=\"alert(1)\" '\u{1b}]0;x\u{7}\u{1b}[31m\u{202e}{{ 7*7 }}<!--";

/// Puts the text into every string of a value that is free.
fn infect(value: &mut Value, keep: &[&str]) {
    match value {
        Value::String(text) => *text = format!("{text}{HOSTILE}"),
        Value::Array(items) => items.iter_mut().for_each(|item| infect(item, keep)),
        Value::Object(members) => {
            for (name, member) in members.iter_mut() {
                if !keep.contains(&&**name) {
                    infect(member, keep);
                }
            }
        }
        _ => {}
    }
}

fn fixture() -> Value {
    let mut request = json!({
        "method": "POST", "path": "/v1/messages",
        "body": {
            "model": "claude-sonnet-4-6", "system": "s",
            "tools": [{ "name": "tool", "input_schema": { "type": "object" } }],
            "messages": [
                { "role": "user", "content": [{ "type": "text", "text": "t" }, { "type": "image", "source": { "type": "url", "url": "https://x/" } }] },
                { "role": "assistant", "content": [{ "type": "tool_use", "id": "i", "name": "n", "input": { "k": "v" } }] },
                { "role": "user", "content": [{ "type": "tool_result", "tool_use_id": "i", "content": "r" }] },
            ],
        },
    });
    infect(&mut request["body"], &["type", "role"]);
    let mut response = json!({
        "status": 200, "headers": { "content-type": "application/json" },
        "body": { "role": "assistant", "type": "message", "content": [
            { "type": "thinking", "thinking": "t", "signature": "s" },
            { "type": "text", "text": "t" },
            { "type": "tool_use", "id": "i", "name": "n", "input": { "k": "v" } },
        ], "stop_reason": "end", "usage": { "input_tokens": 5, "output_tokens": 5 } },
    });
    infect(&mut response["body"], &["type", "role"]);
    let mut error = json!({ "error": { "message": "m", "type": "t", "code": "c" } });
    infect(&mut error, &[]);
    let stream: Vec<Value> = (0..3)
        .map(|at| {
            let mut data = json!({ "choices": [{ "index": 0, "delta": { "content": "c", "reasoning_content": "r" }, "finish_reason": null }] });
            infect(&mut data, &[]);
            json!({ "ms": at * 10, "event": format!("e{HOSTILE}").replace(['\u{7}', '\u{1b}'], ""), "data": data })
        })
        .collect();
    let test = format!("t::{HOSTILE}");
    let chat = json!({ "method": "POST", "path": "/v1/chat/completions", "body": { "model": HOSTILE, "messages": [{ "role": HOSTILE, "content": HOSTILE }] } });
    json!({ "llmock": 1, "interactions": [
        { "provider": "anthropic", "test": test, "recorded_at": HOSTILE, "request": request, "response": response },
        { "provider": "openai", "test": test, "request": chat, "response": { "status": 400, "headers": { "content-type": "application/json" }, "body": error } },
        { "provider": "openai", "request": chat, "response": { "status": 200, "headers": { "content-type": "text/event-stream" },
            "stream": { "framing": "sse", "end": "complete", "events": stream } } },
        { "provider": "openai", "request": { "method": "POST", "path": format!("/v1/{}", HOSTILE.replace([' ', '\u{1b}', '\u{7}', '\u{202e}'], "")) },
          "response": { "status": 200, "headers": { "content-type": HOSTILE.replace(['\u{1b}', '\u{7}', '\u{202e}'], "") }, "text": HOSTILE } },
    ] })
}

fn last_run() -> String {
    let one = |verdict: &str| {
        json!({
            "run": "1", "test": format!("{verdict}{HOSTILE}"), "fixture": HOSTILE, "mode": HOSTILE, "verdict": verdict,
            "interactions": { "used": 1, "total": 1 },
            "misses": [{ "request": 1, "provider": HOSTILE, "method": HOSTILE, "path": HOSTILE, "reason": HOSTILE,
                "sentence": HOSTILE, "differs_at": [HOSTILE], "fixture": HOSTILE, "interaction": 1, "sent": HOSTILE,
                "differences": [{ "path": HOSTILE, "recorded": HOSTILE, "sent": HOSTILE }] }],
            "failures": [{ "name": "x", "sentence": HOSTILE }], "notes": [{ "name": HOSTILE, "sentence": HOSTILE, "remedy": HOSTILE }],
            "usage": { "requests": 1, "input": 1, "output": 1, "usd": HOSTILE }, "record": HOSTILE,
        })
        .to_string()
    };
    let refused = json!({ "refused": { "provider": HOSTILE, "method": HOSTILE, "path": HOSTILE, "sentence": HOSTILE } });
    format!("{}\n{}\n{refused}\n", one("failed"), one("passed"))
}

/// What hostile text would have become.
fn assert_harmless(page: &str, text: &str) {
    let (script, image) = (text.matches("<script>alert").count(), text.matches("<img src").count());
    assert_eq!((script, image), (0, 0), "{page}: {text}");
    assert!(!text.contains("onerror=alert(1)>") && !text.contains("onmouseover=\"alert"), "{page}");
    assert!(
        !text.contains('\u{1b}') && !text.contains('\u{7}') && !text.contains('\u{202e}'),
        "{page}"
    );
    assert!(!text.contains("49<!--") && !text.contains("<!--"), "{page}");
}

/// A desk with the text in every file.
pub(super) fn desk() -> Desk {
    let desk = Desk::with(&[]);
    let text = fixture().to_string();
    desk.write("a'b&c<b>d.json", &text);
    desk.write("plain.json", &text);
    desk.prints(&["list", "plain.json"]);
    desk.write("plain.json.failed", &text.replace("\"t::", "\"u::"));
    desk.write(
        "bad<script>alert(1)</script>/broken.json",
        "{\"llmock\": <script>alert(1)</script>",
    );
    desk.write("target/llmock/last-run.jsonl", &last_run());
    desk
}

pub(super) fn pages() -> Vec<String> {
    let mut pages: Vec<String> =
        ["", "fixtures", "run", "review", "findings", "cost", "live", "fixture?file=plain.json"]
            .map(str::to_owned)
            .into();
    pages.push("fixture?file=a%27b%26c%3Cb%3Ed.json".to_owned());
    pages.extend((1..=4).map(|number| format!("conversation?file=plain.json&n={number}")));
    pages
}

#[test]
fn hostile_recordings_stay_text_in_every_field() {
    let desk = desk();
    let board = Dashboard::start(&desk, &["--edit"]);
    for page in pages() {
        assert_harmless(&page, &board.page(&page));
    }
    let query = "%22%3E%3Cscript%3Ealert(1)%3C/script%3E%1B%5B31m";
    for page in
        ["fixtures?q=Q&suite=Q", "fixture?file=Q", "conversation?file=Q&n=Q", "Q", "?done=Q"]
    {
        let page = page.replace('Q', query);
        assert_harmless(&page, &board.get(&page).text());
    }
    let refused = board.post("keep", &format!("file={query}&digest=1"));
    assert_harmless("keep", &refused.text());
    // The texts are there, as text.
    let shown = board.page("conversation?file=plain.json&n=1");
    assert!(shown.contains("&#60;script&#62;alert(1)&#60;/script&#62;"), "{shown}");
    assert!(shown.contains("\\u{1b}[31m\\u{202e}{{ 7*7 }}"), "{shown}");

    desk.prints(&["report", "--html", "out.html"]);
    assert_harmless("report", &desk.read("out.html"));
}
