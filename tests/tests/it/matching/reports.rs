//! How a report shows a difference to a person, through the formats of several providers.

use llmock::{LlmMockBuilder, Provider};
use llmock_testkit::client::JSON;
use llmock_testkit::process::alone;
use llmock_testkit::recorded::place;
use llmock_testkit::upstream::{Response, Upstream};
use serde_json::{Value, json};

use super::{records_and_replays, request};

type Post = (Provider, &'static str, &'static str);

/// Makes a body that has this text or name.
type MakesBody<'a> = &'a dyn Fn(&str) -> Value;

const CHAT: Post = (Provider::OpenAI, "POST", "/v1/chat/completions");
const RESPONSES: Post = (Provider::OpenAI, "POST", "/v1/responses");
const MESSAGES: Post = (Provider::Anthropic, "POST", "/v1/messages");
const GEMINI: Post = (Provider::Gemini, "POST", "/v1beta/models/m:generateContent");

/// The report of a replay that sends other bodies than were recorded.
fn report_of(
    post: Post,
    recorded: &[Vec<u8>],
    sent: &[Vec<u8>],
    headers: &[(&str, &str)],
    rules: impl Fn(LlmMockBuilder) -> LlmMockBuilder,
) -> String {
    let (_folder, fixture) = place();
    let answers = recorded.iter().map(|_| Response::json(r#"{"choices":[]}"#));
    let upstream = Upstream::start(answers.collect::<Vec<_>>());
    let result = records_and_replays(&upstream, &fixture, rules, |mock, replays| {
        for body in if replays { sent } else { recorded } {
            request(mock, post, headers, body).bytes();
        }
    });
    result.unwrap_err().to_string()
}

fn report(post: Post, recorded: &Value, sent: &Value) -> String {
    let body = |value: &Value| vec![value.to_string().into_bytes()];
    report_of(post, &body(recorded), &body(sent), &JSON, |builder| builder)
}

fn assert_parts(report: &str, parts: &[&str]) {
    for part in parts {
        assert!(report.contains(part), "`{part}` is not in:\n{report}");
    }
    assert!(!report.contains('%'), "{report}");
}

fn prompt(text: &str) -> Value {
    json!({"model": "m", "messages": [{"role": "user", "content": text}]})
}

#[test]
fn moved_tools_of_every_format_are_one_entry_with_names() {
    alone(&[], |_| {
        let openai =
            |name: &str| json!({"type": "function", "function": {"name": name, "parameters": {}}});
        let anthropic = |name: &str| json!({"name": name, "input_schema": {}});
        let flat = |name: &str| json!({"type": "function", "name": name, "parameters": {}});
        let formats: [(Post, MakesBody<'_>); 3] =
            [(CHAT, &openai), (MESSAGES, &anthropic), (RESPONSES, &flat)];
        for (post, tool) in formats {
            let body = |names: &[&str]| {
                let tools: Vec<Value> = names.iter().map(|name| tool(name)).collect();
                json!({"model": "m", "messages": [], "tools": tools})
            };
            let moved = report(post, &body(&["stock", "track"]), &body(&["track", "stock"]));
            assert_parts(
                &moved,
                &[
                    "the same tools in a different order: track moved from position 2 to 1, before stock",
                ],
            );
            assert!(!moved.contains("(absent)"), "{moved}");
            let swapped = report(post, &body(&["a", "b", "c", "d"]), &body(&["d", "b", "c", "a"]));
            assert_parts(&swapped, &["a and d swapped places (positions 1 and 4)"]);
            let reversed = report(post, &body(&["a", "b", "c"]), &body(&["c", "b", "a"]));
            assert_parts(&reversed, &["reversed, now c, b, a"]);
            let inserted = report(post, &body(&["a", "b"]), &body(&["x", "a", "y", "b"]));
            assert_parts(&inserted, &["x was added at position 1", "y was added at position 3"]);
            let one = report(post, &body(&["a", "b"]), &body(&["a", "refund", "b"]));
            assert_parts(&one, &["$.tools[1]   tool `refund`, added"]);
        }
        let declared = |names: [&str; 2]| {
            let tools = names.map(|name| json!({"name": name, "parameters": {}}));
            json!({"contents": [], "tools": [{"functionDeclarations": tools}]})
        };
        let moved = report(GEMINI, &declared(["stock", "track"]), &declared(["track", "stock"]));
        assert_parts(&moved, &["track moved from position 2 to 1"]);
    });
}

#[test]
fn results_of_tools_name_the_tool_and_the_turn() {
    alone(&[], |_| {
        let openai = |result: &str| {
            let call = json!({"id": "c1", "type": "function", "function": {"name": "track", "arguments": "{\"id\":\"A-1\"}"}});
            json!({"model": "m", "messages": [
                {"role": "user", "content": "Where is it?"},
                {"role": "assistant", "content": null, "tool_calls": [call]},
                {"role": "tool", "tool_call_id": "c1", "content": result}]})
        };
        let anthropic = |result: &str| {
            json!({"model": "m", "max_tokens": 9, "messages": [
                {"role": "user", "content": "Where is it?"},
                {"role": "assistant", "content": [{"type": "tool_use", "id": "c1", "name": "track", "input": {}}]},
                {"role": "user", "content": [{"type": "tool_result", "tool_use_id": "c1", "content": result}]}]})
        };
        let responses = |result: &str| {
            json!({"model": "m", "input": [
                {"role": "user", "content": "Where is it?"},
                {"type": "function_call", "call_id": "c1", "name": "track", "arguments": "{}"},
                {"type": "function_call_output", "call_id": "c1", "output": result}]})
        };
        let gemini = |result: &str| {
            json!({"contents": [
                {"role": "user", "parts": [{"text": "Where is it?"}]},
                {"role": "model", "parts": [{"functionCall": {"name": "track", "args": {}}}]},
                {"role": "user", "parts": [{"functionResponse": {"name": "track", "response": {"at": result}}}]}]})
        };
        let formats: [(Post, MakesBody<'_>); 4] =
            [(CHAT, &openai), (MESSAGES, &anthropic), (RESPONSES, &responses), (GEMINI, &gemini)];
        for (post, body) in formats {
            let report = report(post, &body("in transit"), &body("delivered"));
            assert_parts(
                &report,
                &["result of tool `track`, turn 3 of 3", "in transit", "delivered"],
            );
        }
        let arguments = |place: &str| {
            let call = json!({"id": "c1", "type": "function", "function": {"name": "track",
                "arguments": json!({"place": place, "days": [1, 2]}).to_string()}});
            json!({"model": "m", "messages": [{"role": "user", "content": "Where?"},
                {"role": "assistant", "content": null, "tool_calls": [call]}]})
        };
        let report = report(CHAT, &arguments("Lyon"), &arguments("Paris"));
        let parts = [
            "call of tool `track`, turn 2 of 2, JSON in a string",
            "in it, $.place",
            "-   \"Lyon\"",
            "+   \"Paris\"",
        ];
        assert_parts(&report, &parts);
        assert!(!report.contains(r#"\""#), "{report}");
    });
}

#[test]
fn invisible_and_similar_characters_are_named() {
    alone(&[], |_| {
        for (recorded, sent, expected) in [
            ("one line", "one\u{a0}line", "NO-BREAK SPACE (U+00A0)"),
            ("one line", "one\u{2009}line", "THIN SPACE (U+2009)"),
            ("one line", "one line\n", "a trailing newline"),
            ("one\nline", "one \nline", "a trailing space at the end of a line"),
            ("one\nline", "one\r\nline", "CARRIAGE RETURN"),
            ("paypal", "pay\u{200b}pal", "ZERO WIDTH SPACE (U+200B)"),
            ("paypal", "pay\u{ad}pal", "SOFT HYPHEN (U+00AD)"),
            ("paypal", "\u{202e}paypal", "RIGHT-TO-LEFT OVERRIDE (U+202E)"),
            ("paypal", "p\u{430}ypal", "CYRILLIC LETTER (U+0430), which looks like `a`"),
            ("caf\u{e9}", "cafe\u{301}", "COMBINING ACUTE ACCENT (U+0301)"),
            ("it's", "it\u{2019}s", "RIGHT SINGLE QUOTATION MARK (U+2019)"),
            ("a - b", "a \u{2013} b", "EN DASH (U+2013)"),
            ("\u{feff}hello", "hello", "ZERO WIDTH NO-BREAK SPACE (U+FEFF)"),
        ] {
            let report = report(CHAT, &prompt(recorded), &prompt(sent));
            assert_parts(&report, &[expected]);
            let raw = report
                .chars()
                .find(|c| c.is_control() && *c != '\n' || ('\u{202a}'..='\u{202e}').contains(c));
            assert_eq!(raw, None, "{report}");
        }
    });
}

#[test]
fn files_are_described_by_type_size_and_first_difference() {
    alone(&[], |_| {
        let png = |at: usize| {
            let mut bytes = b"\x89PNG\r\n\x1a\n".to_vec();
            bytes.extend((0_u32..600).map(|n| n.wrapping_mul(2_654_435_761).to_be_bytes()[0]));
            bytes[at] ^= 1;
            bytes
        };
        let encoded = |at: usize| {
            use base64::Engine as _;
            base64::prelude::BASE64_STANDARD.encode(png(at))
        };
        let openai = |at: usize| {
            let url = format!("data:image/png;base64,{}", encoded(at));
            json!({"model": "m", "messages": [{"role": "user", "content": [
                {"type": "text", "text": "What is it?"}, {"type": "image_url", "image_url": {"url": url}}]}]})
        };
        let anthropic = |at: usize| {
            json!({"model": "m", "max_tokens": 9, "messages": [{"role": "user", "content": [
                {"type": "image", "source": {"type": "base64", "media_type": "image/png", "data": encoded(at)}}]}]})
        };
        let parts = [
            "another file of the same type and size, image/png, 608 bytes (base64)",
            "the first byte that differs is byte 301",
            "user message, turn 1 of 1",
        ];
        assert_parts(&report(CHAT, &openai(400), &openai(300)), &parts);
        assert_parts(&report(MESSAGES, &anthropic(400), &anthropic(300)), &parts);
        let headers = [("content-type", "application/octet-stream")];
        let upload = (Provider::OpenAI, "POST", "/v1/uploads/x/parts");
        let raw = report_of(upload, &[png(400)], &[png(300)], &headers, |builder| builder);
        assert_parts(
            &raw,
            &[
                "of the same type and size, image/png, 608 bytes",
                "the first byte that differs is byte 301",
            ],
        );
    });
}

#[test]
fn requests_in_another_order_are_one_entry() {
    alone(&[], |_| {
        let bodies = |order: [u8; 4]| {
            order.map(|n| prompt(&format!("question {n}")).to_string().into_bytes()).to_vec()
        };
        let strict = |builder: LlmMockBuilder| builder.strict_order();
        let report = report_of(CHAT, &bodies([1, 2, 3, 4]), &bodies([4, 3, 2, 1]), &JSON, strict);
        assert_parts(
            &report,
            &[
                "4 requests arrived in a different order than in",
                "the same 4 requests arrived in the order 4, 3, 2, 1",
            ],
        );
        assert_eq!(report.matches('×').count(), 1, "{report}");
    });
}

#[test]
fn another_prompt_is_set_beside_the_recorded_ones() {
    alone(&[], |_| {
        let bodies = |texts: &[&str]| {
            texts.iter().map(|text| prompt(text).to_string().into_bytes()).collect::<Vec<_>>()
        };
        let recorded = bodies(&["What do you sell?", "Where is the shop?", "When does it open?"]);
        let sent =
            bodies(&["What do you sell?", "Who wrote the Odyssey, and when was it first printed?"]);
        let report = report_of(CHAT, &recorded, &sent, &JSON, |builder| builder);
        assert_parts(
            &report,
            &[
                "1 request is not in",
                "last user message: \"Who wrote the Odyssey",
                "no recorded request resembles this prompt",
                "#2 \"Where is the shop?\"",
                "#3 \"When does it open?\"",
            ],
        );
        assert!(!report.contains("What do you sell?"), "{report}");
    });
}
