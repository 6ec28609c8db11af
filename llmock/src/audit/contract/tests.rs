mod seeded;

use super::*;
use crate::provider::Provider;

const CLAUDE: &str = r#""max_tokens":2000,"messages":[{"role":"user","content":"hi"}]"#;
const OPUS: &str =
    r#""model":"claude-opus-4-7","max_tokens":2000,"messages":[{"role":"user","content":"hi"}]"#;
const CHAT: &str = r#""model":"gpt-4.1-mini","messages":[{"role":"user","content":"hi"}]"#;
const CALL: &str = r#"{"role":"assistant","tool_calls":[{"id":"c1","type":"function","function":{"name":"f","arguments":"{}"}}]}"#;
const OPEN: &str = r#"{"type":"object","properties":{"a":{"type":"string"}},"required":["a"]}"#;
const PARTIAL: &str = r#"{"type":"object","properties":{"a":{"type":"string"}},"required":[],"additionalProperties":false}"#;

fn request(provider: Provider, path: &str, version: Option<&str>, body: &str) -> SentRequest {
    let mut request = SentRequest::for_tests(provider, path, body.to_owned());
    let version = version.map(|version| ("anthropic-version".to_owned(), version.to_owned()));
    request.headers = version.into_iter().collect();
    request
}

fn rules(provider: Provider, path: &str, version: Option<&str>, body: &str) -> Vec<String> {
    assert!(crate::json::parse(body).is_ok(), "{body}");
    let found = rejections(&request(provider, path, version, body), TABLE_DATE);
    found.into_iter().map(|one| format!("{} {}", one.rule, one.place)).collect()
}

#[track_caller]
fn check(provider: Provider, path: &str, cases: &[(String, &str)]) {
    for (body, expected) in cases {
        let found = rules(provider, path, None, body);
        assert_eq!(found, [*expected], "{body}");
    }
}

#[test]
fn seeded_violations_of_anthropic_are_found() {
    let user = r#"{"role":"user","content":"hi"}"#;
    let call =
        r#"{"role":"assistant","content":[{"type":"tool_use","id":"t1","name":"f","input":{}}]}"#;
    let result =
        r#"{"role":"user","content":[{"type":"tool_result","tool_use_id":"t2","content":"x"}]}"#;
    let with = |messages: &str| {
        format!(r#"{{"model":"claude-haiku-4-5","max_tokens":9,"messages":[{messages}]}}"#)
    };
    let more = |more: &str| format!(r#"{{"model":"claude-haiku-4-5",{CLAUDE},{more}}}"#);
    let opus = |more: &str| format!("{{{OPUS},{more}}}");
    let marked = r#"{"type":"text","text":"a","cache_control":{"type":"ephemeral"}}"#;
    check(
        Provider::Anthropic,
        "/v1/messages",
        &[
            (
                format!(r#"{{"model":"claude-haiku-4-5","messages":[{user}]}}"#),
                "anthropic/max_tokens $.max_tokens",
            ),
            (with(""), "anthropic/messages $.messages"),
            (with(r#"{"role":"tool","content":"x"}"#), "anthropic/roles $.messages[0].role"),
            (
                with(r#"{"role":"user","content":[{"type":"text","text":""}]}"#),
                "anthropic/empty_text $.messages[0].content[0].text",
            ),
            (more(r#""temperature":1.5"#), "anthropic/temperature_range $.temperature"),
            (with(&format!("{user},{call},{user}")), "anthropic/unanswered_call $.messages[1]"),
            (
                with(&format!("{user},{{\"role\":\"assistant\",\"content\":\"a\"}},{result}")),
                "anthropic/orphan_result $.messages[2].content[0].tool_use_id",
            ),
            (
                more(&format!(r#""system":[{marked},{marked},{marked},{marked},{marked}]"#)),
                "anthropic/cache_breakpoints $",
            ),
            (
                more(&format!(r#""tools":[{{"name":"f","strict":true,"input_schema":{OPEN}}}]"#)),
                "anthropic/strict_schema $.tools[0].input_schema",
            ),
            (
                more(&format!(
                    r#""output_config":{{"format":{{"type":"json_schema","schema":{OPEN}}}}}"#
                )),
                "anthropic/strict_schema $.output_config.format.schema",
            ),
            (
                more(r#""thinking":{"type":"enabled","budget_tokens":100}"#),
                "anthropic/budget_minimum $.thinking.budget_tokens",
            ),
            (
                more(r#""thinking":{"type":"enabled","budget_tokens":2000}"#),
                "anthropic/budget_maximum $.max_tokens",
            ),
            (
                more(r#""thinking":{"type":"enabled","budget_tokens":1500},"temperature":0.5"#),
                "anthropic/thinking_temperature $.temperature",
            ),
            (
                format!(
                    r#"{{"model":"claude-opus-4-6","max_tokens":9,"messages":[{user},{{"role":"assistant","content":"{{"}}]}}"#
                ),
                "anthropic/prefill $.messages[1]",
            ),
            (
                opus(r#""thinking":{"type":"enabled","budget_tokens":1500}"#),
                "anthropic/budget_tokens $.thinking.type",
            ),
            (opus(r#""temperature":0.5"#), "anthropic/sampling $.temperature"),
            (opus(r#""top_k":5"#), "anthropic/sampling $.top_k"),
            (
                format!(r#"{{"model":"claude-haiku-4-5","max_tokens":70000,"messages":[{user}]}}"#),
                "limits $.max_tokens",
            ),
            (
                format!(
                    r#"{{"model":"claude-3-haiku-20240307","max_tokens":9,"messages":[{user}]}}"#
                ),
                "retired/model $.model",
            ),
        ],
    );
}

#[test]
fn rules_of_a_new_version_hold_for_that_version_alone() {
    let document = r#"{"role":"assistant","content":[{"type":"document","source":{}}]}"#;
    let cited =
        r#"{"role":"user","content":[{"type":"text","text":"a","citations":[{"type":"x"}]}]}"#;
    let user = r#"{"role":"user","content":"hi"}"#;
    let with = |more: &str| {
        format!(r#"{{"model":"claude-haiku-4-5","max_tokens":9,"messages":[{more}]}}"#)
    };
    for (body, expected) in [
        (
            format!(r#"{{"model":"claude-haiku-4-5",{CLAUDE},"temperature":1.0}}"#),
            "anthropic/no_sampling $.temperature",
        ),
        (
            format!(r#"{{"model":"claude-haiku-4-5",{CLAUDE},"top_p":0.5}}"#),
            "anthropic/no_sampling $.top_p",
        ),
        (
            with(&format!("{user},{document},{user}")),
            "anthropic/assistant_document $.messages[1].content[0]",
        ),
        (with(cited), "anthropic/user_citations $.messages[0].content[0].citations"),
    ] {
        let at = |version| rules(Provider::Anthropic, "/v1/messages", Some(version), &body);
        assert_eq!(at("2026-10-21"), [expected], "{body}");
        assert_eq!(at("2023-06-01"), [""; 0], "{body}");
    }
    let body = format!(r#"{{"model":"claude-haiku-4-5",{CLAUDE},"temperature":1.0}}"#);
    let early = request(Provider::Anthropic, "/v1/messages", Some("2026-10-21"), &body);
    assert_eq!(rejections(&early, "2026-10-20"), []);
}

#[test]
fn seeded_violations_of_openai_are_found() {
    let more = |more: &str| format!("{{{CHAT},{more}}}");
    let with = |messages: &str| format!(r#"{{"model":"gpt-4.1-mini","messages":[{messages}]}}"#);
    let user = r#"{"role":"user","content":"hi"}"#;
    let strict = |schema: &str| {
        format!(
            r#""response_format":{{"type":"json_schema","json_schema":{{"name":"n","strict":true,"schema":{schema}}}}}"#
        )
    };
    check(
        Provider::OpenAI,
        "/v1/chat/completions",
        &[
            (r#"{"model":"gpt-4.1-mini"}"#.to_owned(), "openai/messages $.messages"),
            (with(""), "openai/messages $.messages"),
            (with(r#"{"role":"model","content":"x"}"#), "openai/roles $.messages[0].role"),
            (
                with(&format!(r#"{user},{{"role":"tool","tool_call_id":"c1","content":"x"}}"#)),
                "openai/orphan_result $.messages[1].role",
            ),
            (
                with(&format!("{user},{CALL},{user}")),
                "openai/unanswered_call $.messages[1].tool_calls",
            ),
            (more(r#""tool_choice":"auto""#), "openai/tool_choice $.tool_choice"),
            (
                more(r#""tools":[{"type":"function","function":{"name":"a b"}}]"#),
                "openai/function_names $.tools[0].function.name",
            ),
            (r#"{"model":"gpt-4.1-mini","messages":"hi"}"#.to_owned(), "openai/types $.messages"),
            (more(r#""temperature":"hot""#), "openai/types $.temperature"),
            (
                more(
                    r#""tools":[{"type":"function","function":{"name":"f"}}],"tool_choice":"banana""#,
                ),
                "openai/tool_choice_word $.tool_choice",
            ),
            (
                more(r#""response_format":{"type":"object"}"#),
                "openai/response_format $.response_format.type",
            ),
            (more(r#""top_logprobs":3"#), "openai/top_logprobs $.top_logprobs"),
            (more(r#""temperature":3"#), "openai/temperature_range $.temperature"),
            (more(r#""stop":["a","b","c","d","e"]"#), "openai/stop $.stop"),
            (more(r#""response_format":{"type":"json_object"}"#), "openai/json_word $.messages"),
            (more(&strict(OPEN)), "openai/strict_response $.response_format.json_schema.schema"),
            (more(&strict(PARTIAL)), "openai/strict_response $.response_format.json_schema.schema"),
            (
                more(&format!(
                    r#""tools":[{{"type":"function","function":{{"name":"f","strict":true,"parameters":{OPEN}}}}}]"#
                )),
                "openai/strict_function $.tools[0].function.parameters",
            ),
            (
                format!(r#"{{"model":"gpt-5-mini","max_tokens":5,"messages":[{user}]}}"#),
                "openai/max_tokens $.max_tokens",
            ),
            (
                format!(r#"{{"model":"o3","temperature":0.2,"messages":[{user}]}}"#),
                "openai/sampling $.temperature",
            ),
            (
                format!(r#"{{"model":"gpt-4o","max_tokens":20000,"messages":[{user}]}}"#),
                "limits $.max_tokens",
            ),
            (
                format!(r#"{{"model":"gpt-3.5-turbo","messages":[{user}]}}"#),
                "retired/model $.model",
            ),
        ],
    );
    check(Provider::OpenAI, "/v1/responses", &[
        (r#"{"model":"m","input":[{"type":"function_call_output","call_id":"c","output":"x"}]}"#.to_owned(),
            "responses/orphan_result $.input[0].call_id"),
        (r#"{"model":"m","input":[{"type":"function_call","call_id":"c","name":"f","arguments":"{}"}]}"#.to_owned(),
            "responses/unanswered_call $.input[0].call_id"),
        (r#"{"model":"m","input":"hi","max_completion_tokens":50}"#.to_owned(), "responses/moved $.max_completion_tokens"),
        (r#"{"model":"m","input":"hi","temperature":-1}"#.to_owned(), "responses/temperature_range $.temperature"),
        (r#"{"model":"m","input":"hi","max_output_tokens":5}"#.to_owned(), "responses/minimum $.max_output_tokens"),
        (r#"{"model":"gpt-5-nano","input":"hi","top_p":0.5}"#.to_owned(), "responses/sampling $.top_p"),
        (format!(r#"{{"model":"m","input":"hi","tools":[{{"type":"function","name":"f","strict":true,"parameters":{OPEN}}}]}}"#),
            "responses/strict_function $.tools[0].parameters"),
    ]);
    check(Provider::OpenAI, "/v1/videos", &[("{}".to_owned(), "retired/endpoint path")]);
}

#[test]
fn seeded_violations_of_google_and_aws_are_found() {
    let user = r#"{"role":"user","parts":[{"text":"hi"}]}"#;
    let calls =
        r#"{"role":"model","parts":[{"functionCall":{"name":"a"}},{"functionCall":{"name":"b"}}]}"#;
    let result = r#"{"role":"user","parts":[{"functionResponse":{"name":"a"}}]}"#;
    check(
        Provider::Gemini,
        "/v1beta/models/g:generateContent",
        &[
            ("{}".to_owned(), "gemini/contents $.contents"),
            (
                r#"{"contents":[{"role":"assistant","parts":[{"text":"hi"}]}]}"#.to_owned(),
                "gemini/roles $.contents[0].role",
            ),
            (
                format!(r#"{{"contents":[{user}],"generationConfig":{{"temperature":3}}}}"#),
                "gemini/temperature_range $.generationConfig.temperature",
            ),
            (
                format!(r#"{{"contents":[{user},{calls},{result}]}}"#),
                "gemini/pairing $.contents[2].parts",
            ),
        ],
    );
    check(
        Provider::Gemini,
        "/v1beta/models/gemini-2.0-flash:generateContent",
        &[(format!(r#"{{"contents":[{user}]}}"#), "retired/model path")],
    );
    let user = r#"{"role":"user","content":[{"text":"hi"}]}"#;
    let call =
        r#"{"role":"assistant","content":[{"toolUse":{"toolUseId":"t1","name":"f","input":{}}}]}"#;
    let result = r#"{"role":"user","content":[{"toolResult":{"toolUseId":"t2","content":[]}}]}"#;
    let config = r#""toolConfig":{"tools":[]}"#;
    check(
        Provider::Bedrock,
        "/model/anthropic.claude-opus-4-7-v1:0/converse",
        &[
            (
                r#"{"messages":[{"role":"user","content":[{"text":""}]}]}"#.to_owned(),
                "bedrock/blank_text $.messages[0].content[0].text",
            ),
            (format!(r#"{{"messages":[{user},{call}]}}"#), "bedrock/tool_config $.toolConfig"),
            (
                format!(r#"{{"messages":[{user},{call},{user}],{config}}}"#),
                "bedrock/unanswered_call $.messages[2].content",
            ),
            (
                format!(
                    r#"{{"messages":[{user},{{"role":"assistant","content":[{{"text":"a"}}]}},{result}],{config}}}"#
                ),
                "bedrock/orphan_result $.messages[2].content",
            ),
            (
                format!(
                    r#"{{"messages":[{user},{{"role":"assistant","content":[{{"text":"a"}}]}}]}}"#
                ),
                "bedrock/prefill $.messages[1]",
            ),
            (
                format!(r#"{{"messages":[{user}],"inferenceConfig":{{"temperature":0.2}}}}"#),
                "bedrock/sampling $.inferenceConfig.temperature",
            ),
        ],
    );
}

#[test]
fn what_providers_accept_is_not_rejected() {
    let chat = "/v1/chat/completions";
    let user = r#"{"role":"user","content":"hi"}"#;
    for (provider, path, body) in [
        (Provider::OpenAI, chat, format!("{{{CHAT}}}")),
        (Provider::OpenAI, chat, format!(r#"{{"model":"gpt-5.1","temperature":0.2,"messages":[{user}]}}"#)),
        (Provider::OpenAI, chat, format!(r#"{{"model":"gpt-5-mini","temperature":1,"messages":[{user}]}}"#)),
        (Provider::OpenAI, chat, format!(r#"{{"model":"m","messages":[{user},{CALL},{{"role":"tool","tool_call_id":"c1","content":""}}]}}"#)),
        // Another server with this API has rules of its own.
        (Provider::Groq, chat, format!(r#"{{"model":"m","temperature":3,"messages":[{user}]}}"#)),
        (Provider::Anthropic, "/v1/messages", format!(r#"{{{OPUS},"temperature":1,"thinking":{{"type":"adaptive"}}}}"#)),
        (Provider::Anthropic, "/v1/messages/count_tokens", format!(r#"{{"model":"claude-x","messages":[{user}]}}"#)),
        // A turn that the provider has paused.
        (Provider::Anthropic, "/v1/messages", format!(r#"{{"model":"claude-opus-4-6","max_tokens":9,"messages":[{user},
            {{"role":"assistant","content":[{{"type":"server_tool_use","id":"s","name":"web_search","input":{{}}}}]}}]}}"#)),
        (Provider::OpenAI, "/v1/responses", r#"{"model":"m","previous_response_id":"r","input":[{"type":"function_call_output","call_id":"c","output":"x"}]}"#.to_owned()),
        (Provider::OpenAI, "/v1/embeddings", r#"{"model":"m"}"#.to_owned()),
        // Whatever was not found on a page.
        (Provider::OpenAI, chat, format!(r#"{{{CHAT},"tools":[]}}"#)),
    ] {
        assert_eq!(rules(provider, path, None, &body), [""; 0], "{path} {body}");
    }
}

#[test]
fn models_that_are_routed_to_others_are_not_rejected() {
    let body = r#"{"contents":[{"role":"user","parts":[{"text":"hi"}]}]}"#;
    let path = "/v1beta/models/gemini-2.5-flash:generateContent";
    assert_eq!(super::retirement(Provider::Gemini, "gemini-2.5-flash"), Some("2026-12-01"));
    assert_eq!(rejections(&request(Provider::Gemini, path, None, body), "2027-01-01"), []);
}

#[test]
fn the_page_lists_every_rule() {
    let page = include_str!("../../../../docs/contract.md");
    assert!(page.contains(TABLE_DATE));
    for rule in RULES {
        let row = page.lines().find(|line| line.starts_with(&format!("| `{}` |", rule.name)));
        let row = row.unwrap_or_else(|| panic!("docs/contract.md has no row for {}", rule.name));
        assert!(row.contains(rule.source) && row.contains(rule.since.unwrap_or_default()), "{row}");
    }
}

#[test]
fn every_rule_names_a_page_and_a_day() {
    let mut names = std::collections::HashSet::new();
    for rule in RULES {
        assert!(names.insert(rule.name), "{} is there twice", rule.name);
        assert!(rule.source.starts_with("https://"), "{}", rule.name);
        assert!(rule.since.is_none_or(|day| day.len() == 10 && day <= TABLE_DATE), "{}", rule.name);
    }
    let found = rejections(
        &request(Provider::Anthropic, "/v1/messages", None, "{\"model\":\"m\",\"messages\":[1]}"),
        TABLE_DATE,
    );
    let told = conclusion("contract", &[(1, found[0].clone()), (2, found[0].clone())], 3).unwrap();
    assert_eq!(
        told.message,
        "the provider would reject request 1 at $.max_tokens: \"max_tokens: Field required\" \
         (https://github.com/tickernelz/opencode-mem/issues/50)"
    );
}
