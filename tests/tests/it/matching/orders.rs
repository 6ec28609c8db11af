//! Arrays and texts whose order changes with every process.

use llmock::{LlmMockBuilder, Provider};
use llmock_testkit::client::JSON;
use llmock_testkit::process::alone;
use llmock_testkit::recorded::place;
use llmock_testkit::upstream::{Response, Upstream};

use super::{records_and_replays, request};

fn tools(names: [&str; 3]) -> String {
    let tool = |name: &str| {
        format!(
            r#"{{"type":"function","function":{{"name":"{name}","parameters":{{"type":"object","properties":{{}}}}}}}}"#
        )
    };
    let tools = names.map(tool).join(",");
    format!(r#"{{"model":"m","messages":[{{"role":"user","content":"hi"}}],"tools":[{tools}]}}"#)
}

fn result_of_tool(text: &str) -> String {
    let text = text.replace('"', "\\\"");
    format!(
        r#"{{"model":"m","messages":[{{"role":"tool","tool_call_id":"a","content":"{text}"}}]}}"#
    )
}

fn play(
    bodies: &[String; 2],
    rules: impl Fn(LlmMockBuilder) -> LlmMockBuilder,
) -> Result<(), llmock::FinishError> {
    let (_folder, fixture) = place();
    let upstream = Upstream::start([Response::json(r#"{"choices":[]}"#)]);
    records_and_replays(&upstream, &fixture, rules, |mock, replays| {
        let body = &bodies[usize::from(replays)];
        let post = (Provider::OpenAI, "POST", "/v1/chat/completions");
        request(mock, post, &JSON, body.as_bytes()).bytes();
    })
}

#[test]
fn tools_in_another_order_are_named_and_offered_as_a_rule() {
    alone(&[], |_| {
        let bodies = || [tools(["read", "write", "run"]), tools(["run", "read", "write"])];
        let report = play(&bodies(), |builder| builder).unwrap_err().to_string();
        for part in ["the same tools in a different order", "HashMap", r#".unordered("$.tools")"#] {
            assert!(report.contains(part), "`{part}` is not in:\n{report}");
        }
        assert!(!report.contains("absent"), "{report}");
        play(&bodies(), |builder| builder.unordered("$.tools")).unwrap();
        let other = [tools(["read", "write", "run"]), tools(["run", "read", "sleep"])];
        play(&other, |builder| builder.unordered("$.tools")).unwrap_err();
    });
}

#[test]
fn results_of_tools_match_whatever_order_their_members_have() {
    alone(&[], |_| {
        let bodies = || {
            [r#"{"b":[1,{"d":1,"c":2}],"a":"x"}"#, r#"{"a":"x","b":[1,{"c":2,"d":1}]}"#]
                .map(result_of_tool)
        };
        let report = play(&bodies(), |builder| builder).unwrap_err().to_string();
        let rule = r#".unordered("$.messages[0].content")"#;
        for part in ["the same JSON in a different order", rule] {
            assert!(report.contains(part), "`{part}` is not in:\n{report}");
        }
        play(&bodies(), |builder| builder.unordered("$.messages[*].content")).unwrap();
    });
}

#[test]
fn messages_in_another_order_are_no_detail() {
    alone(&[], |_| {
        let messages = |a: &str, b: &str| {
            let message = |text: &str| format!(r#"{{"role":"user","content":"{text}"}}"#);
            format!(r#"{{"model":"m","messages":[{},{}]}}"#, message(a), message(b))
        };
        let bodies = [messages("one", "two"), messages("two", "one")];
        let report = play(&bodies, |builder| builder).unwrap_err().to_string();
        assert!(report.contains("the same messages in a different order"), "{report}");
        assert!(!report.contains("unordered("), "{report}");
    });
}
