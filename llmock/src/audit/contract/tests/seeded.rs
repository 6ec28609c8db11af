//! More seeded violations: contents, definitions of tools, thinking, members that moved, orders of turns.

use super::*;

const CHATS: &str = "/v1/chat/completions";
const USER: &str = r#"{"role":"user","content":"hi"}"#;

fn message(messages: &str) -> String {
    format!(r#"{{"model":"claude-haiku-4-5","max_tokens":9,"messages":[{messages}]}}"#)
}

fn thinking(more: &str) -> String {
    format!(
        r#"{{"model":"claude-haiku-4-5","max_tokens":4000,"thinking":{{"type":"enabled","budget_tokens":2000}},{more}}}"#
    )
}

#[test]
fn contents_and_tools_of_anthropic_are_checked() {
    let with = |more: &str| format!(r#"{{"model":"claude-haiku-4-5",{CLAUDE},{more}}}"#);
    let call = r#"{"type":"tool_use","id":"t1","name":"f","input":{}}"#;
    let result = r#"{"role":"user","content":[{"type":"tool_result","tool_use_id":"t1"}]}"#;
    let calls = |blocks: &str| format!(r#"{{"role":"assistant","content":[{blocks}]}}"#);
    let sonnet =
        format!(r#"{{"model":"claude-sonnet-4-5",{CLAUDE},"temperature":0.5,"top_p":0.9}}"#);
    check(
        Provider::Anthropic,
        "/v1/messages",
        &[
            (
                message(&format!(r#"{USER},{{"role":"assistant","content":[]}},{USER}"#)),
                "anthropic/empty_message $.messages[1].content",
            ),
            (
                message(r#"{"role":"user","content":""}"#),
                "anthropic/empty_message $.messages[0].content",
            ),
            (
                message(r#"{"role":"user","content":" \n"}"#),
                "anthropic/blank_text $.messages[0].content",
            ),
            (
                message(&format!(r#"{USER},{{"role":"assistant","content":"Say: "}}"#)),
                "anthropic/trailing_whitespace $.messages[1].content",
            ),
            (
                message(&format!("{USER},{},{result}", calls(&format!("{call},{call}")))),
                "anthropic/unique_calls $.messages[1].content[1].id",
            ),
            (
                with(r#""tools":[{"name":"f","input_schema":{}},{"name":"f","input_schema":{}}]"#),
                "anthropic/unique_tools $.tools[1].name",
            ),
            (
                with(r#""tools":[{"name":"a.b","input_schema":{}}]"#),
                "anthropic/tool_names $.tools[0].name",
            ),
            (
                thinking(&format!(
                    r#""messages":[{USER}],"tools":[{{"name":"f","input_schema":{{}}}}],"tool_choice":{{"type":"any"}}"#
                )),
                "anthropic/forced_tool $.tool_choice",
            ),
            (
                thinking(&format!(r#""messages":[{USER},{},{result}]"#, calls(call))),
                "anthropic/missing_thought $.messages[1].content[0].type",
            ),
            (sonnet, "anthropic/sampling_pair $.top_p"),
        ],
    );
}

#[test]
fn members_and_tools_of_openai_are_checked() {
    let more = |more: &str| format!("{{{CHAT},{more}}}");
    let many = vec![r#"{"type":"function","function":{"name":"f"}}"#; 129].join(",");
    check(
        Provider::OpenAI,
        CHATS,
        &[
            (format!(r#"{{"messages":[{USER}]}}"#), "openai/model $.model"),
            (
                r#"{"model":"m","messages":[{"role":"user","content":null}]}"#.to_owned(),
                "openai/content $.messages[0].content",
            ),
            (
                more(r#""max_tokens":5,"max_completion_tokens":5"#),
                "openai/both_limits $.max_tokens",
            ),
            (
                more(r#""stream_options":{"include_usage":true}"#),
                "openai/stream_options $.stream_options",
            ),
            (
                format!(
                    r#"{{"model":"m","messages":[{USER},{CALL},{{"role":"tool","content":"x"}},{{"role":"tool","tool_call_id":"c1","content":"x"}}]}}"#
                ),
                "openai/tool_call_id $.messages[2].tool_call_id",
            ),
            (more(r#""tools":[{"name":"f"}]"#), "openai/tools $.tools[0].type"),
            (
                more(r#""tools":[{"type":"function","name":"f"}]"#),
                "openai/tools $.tools[0].function",
            ),
            (more(&format!(r#""tools":[{many}]"#)), "openai/most_tools $.tools"),
            (
                more(r#""parallel_tool_calls":false"#),
                "openai/parallel_tool_calls $.parallel_tool_calls",
            ),
        ],
    );
    let input = |items: &str| format!(r#"{{"model":"m","input":[{items}]}}"#);
    check(
        Provider::OpenAI,
        "/v1/responses",
        &[
            (format!(r#"{{"model":"m","messages":[{USER}]}}"#), "responses/moved $.messages"),
            (
                r#"{"model":"m","input":"hi","response_format":{"type":"json_object"}}"#.to_owned(),
                "responses/moved $.response_format",
            ),
            (
                input(&format!(r#"{USER},{{"role":"tool","content":"x"}}"#)),
                "responses/roles $.input[1].role",
            ),
            (
                input(r#"{"role":"assistant","content":[{"type":"input_text","text":"a"}]}"#),
                "responses/output_text $.input[0].content[0].type",
            ),
            (
                input(&format!(r#"{USER},{{"type":"reasoning","id":"rs_1","summary":[]}},{USER}"#)),
                "responses/lonely_reasoning $.input[1]",
            ),
            (
                r#"{"model":"m","input":"hi","tools":[{"type":"function","function":{"name":"f"}}]}"#
                    .to_owned(),
                "responses/tool_name $.tools[0].name",
            ),
        ],
    );
}

#[test]
fn orders_of_google_are_checked() {
    let user = r#"{"role":"user","parts":[{"text":"hi"}]}"#;
    let call = r#"{"role":"model","parts":[{"functionCall":{"name":"a"}}]}"#;
    let result = r#"{"role":"user","parts":[{"functionResponse":{"name":"a"}}]}"#;
    let contents = |contents: &str| format!(r#"{{"contents":[{contents}]}}"#);
    check(
        Provider::Gemini,
        "/v1beta/models/g:generateContent",
        &[
            (contents(r#"{"role":"user","parts":[]}"#), "gemini/parts $.contents[0].parts"),
            (contents(&format!("{call},{result}")), "gemini/call_order $.contents[0]"),
            (contents(&format!("{user},{result}")), "gemini/response_order $.contents[0].parts"),
        ],
    );
    check(
        Provider::Gemini,
        "/v1beta/models/gemini-3.5-flash:generateContent",
        &[(
            contents(&format!("{user},{call},{result}")),
            "gemini/thought_signature $.contents[1].parts[0]",
        )],
    );
}

#[test]
fn models_and_endpoints_are_retired_from_their_day_on() {
    let models = [
        (Provider::OpenAI, "text-davinci-003", "2024-01-04"),
        (Provider::OpenAI, "o1-preview", "2025-07-28"),
        (Provider::OpenAI, "gpt-4-turbo-preview", "2026-03-26"),
        (Provider::OpenAI, "dall-e-3", "2026-05-12"),
        (Provider::OpenAI, "o3-deep-research", "2026-07-23"),
        (Provider::Gemini, "gemini-1.5-flash", "2025-09-29"),
        (Provider::Gemini, "gemini-2.0-flash", "2026-06-01"),
        (Provider::Gemini, "text-embedding-004", "2026-01-14"),
        (Provider::Mistral, "open-mistral-7b", "2025-03-30"),
        (Provider::Groq, "llama-3.3-70b-versatile", "2026-08-16"),
    ];
    for (provider, model, day) in models {
        assert_eq!(retirement(provider, model), Some(day), "{model}");
        let (path, body) = match provider {
            Provider::Gemini => (
                format!("/v1beta/models/{model}:generateContent"),
                r#"{"contents":[{"parts":[{"text":"a"}]}]}"#.to_owned(),
            ),
            _ => ("/v1/images/generations".to_owned(), format!(r#"{{"model":"{model}"}}"#)),
        };
        let sent = request(provider, &path, None, &body);
        let before = format!("{}{}", &day[..8], "00");
        let found = |day: &str| rejections(&sent, day).len();
        assert_eq!((found(&before), found(day)), (0, 1), "{model}");
    }
    for (path, day) in [
        ("/v1/threads/thread_1/messages", "2026-08-26"),
        ("/v1/assistants", "2026-08-26"),
        ("/v1/fine-tunes", "2024-01-04"),
    ] {
        let sent = request(Provider::OpenAI, path, None, "{}");
        let found = rejections(&sent, TABLE_DATE);
        assert_eq!((found.len(), found[0].since, found[0].status), (1, Some(day), 404), "{path}");
    }
    assert_eq!(rules(Provider::OpenAI, "/v1/fine_tuning/jobs", None, "{}"), [""; 0]);
}

#[test]
fn likenesses_of_violations_are_accepted() {
    let call = r#"{"type":"tool_use","id":"t1","name":"f","input":{}}"#;
    let thought = r#"{"type":"thinking","thinking":"x","signature":"s"}"#;
    let result = r#"{"role":"user","content":[{"type":"tool_result","tool_use_id":"t1"}]}"#;
    let blocks = r#"[{"type":"text","text":" "},{"type":"text","text":"a"}]"#;
    let model = |content: &str| format!(r#"{{"role":"assistant","content":{content}}}"#);
    for body in [
        message(&format!("{USER},{}", model("\"\""))),
        message(&format!(r#"{{"role":"user","content":{blocks}}}"#)),
        message(&format!("{USER},{},{USER}", model("\"ends in a blank \""))),
        // Recorded conversations have the same id in several turns.
        message(&format!("{USER},{0},{result},{0},{result}", model(&format!("[{call}]")))),
        thinking(&format!(
            r#""messages":[{USER},{},{result}]"#,
            model(&format!("[{thought},{call}]"))
        )),
        thinking(&format!(
            r#""messages":[{USER},{},{result},{USER}]"#,
            model(&format!("[{call}]"))
        )),
        format!(r#"{{"model":"claude-opus-4-5",{CLAUDE},"temperature":0.5,"top_p":0.9}}"#),
        format!(
            r#"{{"model":"claude-haiku-4-5",{CLAUDE},"tools":[{{"type":"web_search_20250305","name":"web_search"}}]}}"#
        ),
    ] {
        assert_eq!(rules(Provider::Anthropic, "/v1/messages", None, &body), [""; 0], "{body}");
    }
    let items = r#"{"role":"user","content":"hi"},{"type":"reasoning","id":"rs_1","summary":[]},{"type":"message","role":"assistant","content":[{"type":"output_text","text":"a"}]}"#;
    let old = r#"{"role":"user","parts":[{"text":"hi"}]},{"role":"model","parts":[{"functionCall":{"name":"a"}}]},{"role":"user","parts":[{"functionResponse":{"name":"a"}}]},{"role":"model","parts":[{"text":"done"}]},{"role":"user","parts":[{"text":"and?"}]}"#;
    for (provider, path, body) in [
        (
            Provider::OpenAI,
            CHATS,
            format!(r#"{{{CHAT},"stream":true,"stream_options":{{"include_usage":true}}}}"#),
        ),
        (
            Provider::OpenAI,
            CHATS,
            format!(r#"{{{CHAT},"stream_options":null,"parallel_tool_calls":null}}"#),
        ),
        (Provider::OpenAI, "/v1/responses", format!(r#"{{"model":"m","input":[{items}]}}"#)),
        (
            Provider::OpenAI,
            "/v1/responses",
            r#"{"prompt":{"id":"p"},"tools":[{"type":"web_search"}]}"#.to_owned(),
        ),
        // Calls of earlier turns need no signature.
        (
            Provider::Gemini,
            "/v1beta/models/gemini-3.5-flash:generateContent",
            format!(r#"{{"contents":[{old}]}}"#),
        ),
        (
            Provider::Gemini,
            "/v1beta/models/gemini-3-pro-preview:generateContent",
            format!(r#"{{"contents":[{old}]}}"#),
        ),
    ] {
        assert_eq!(rules(provider, path, None, &body), [""; 0], "{path} {body}");
    }
}
