//! What requests demand, in every format.

use super::*;
use crate::provider::Provider;

fn replied(id: &str, path: &str, body: &str) -> Result<Reply, NoReply> {
    reply(&SentRequest::for_tests(Provider::from_id(id), path, body.to_owned()))
}

#[test]
fn finds_the_schema_of_every_format() {
    const SCHEMA: &str =
        r#"{"type":"object","properties":{"city":{"type":"string"}},"required":["city"]}"#;
    for (id, path, body) in [
        (
            "openai",
            "/v1/chat/completions",
            r#"{"response_format":{"type":"json_schema","json_schema":{"name":"x","schema":SCHEMA}}}"#,
        ),
        (
            "openai",
            "/v1/responses",
            r#"{"text":{"format":{"type":"json_schema","name":"x","schema":SCHEMA}}}"#,
        ),
        (
            "anthropic",
            "/v1/messages",
            r#"{"output_format":{"type":"json_schema","schema":SCHEMA}}"#,
        ),
        (
            "gemini",
            "/v1beta/models/m:generateContent",
            r#"{"generationConfig":{"responseSchema":SCHEMA}}"#,
        ),
        ("ollama", "/api/chat", r#"{"format":SCHEMA}"#),
        (
            "cohere",
            "/v2/chat",
            r#"{"response_format":{"type":"json_object","json_schema":SCHEMA}}"#,
        ),
    ] {
        let body = body.replace("SCHEMA", SCHEMA);
        assert_eq!(replied(id, path, &body), Ok(Reply::text(r#"{"city":"text"}"#)), "{body}");
    }
}

#[test]
fn calls_the_tool_that_must_be_called() {
    let expected = Reply::new().tool_call("b", r#"{"n":1}"#);
    for (id, path, body) in [
        (
            "openai",
            "/v1/chat/completions",
            r#"{"tools":[{"function":{"name":"a"}},{"function":{"name":"b","parameters":SCHEMA}}],
                "tool_choice":{"type":"function","function":{"name":"b"}}}"#,
        ),
        (
            "openai",
            "/v1/responses",
            r#"{"tools":[{"type":"function","name":"b","parameters":SCHEMA}],"tool_choice":"required"}"#,
        ),
        (
            "anthropic",
            "/v1/messages",
            r#"{"tools":[{"name":"b","input_schema":SCHEMA}],"tool_choice":{"type":"tool","name":"b"}}"#,
        ),
        (
            "anthropic",
            "/v1/messages",
            r#"{"tools":[{"name":"b","input_schema":SCHEMA}],"tool_choice":{"type":"any"}}"#,
        ),
        (
            "gemini",
            "/v1beta/models/m:generateContent",
            r#"{"tools":[{"functionDeclarations":[{"name":"b","parameters":SCHEMA}]}],
                "toolConfig":{"functionCallingConfig":{"mode":"ANY","allowedFunctionNames":["b"]}}}"#,
        ),
        (
            "bedrock",
            "/model/m/converse",
            r#"{"toolConfig":{"tools":[{"toolSpec":{"name":"b","inputSchema":{"json":SCHEMA}}}],
                "toolChoice":{"tool":{"name":"b"}}}}"#,
        ),
    ] {
        let body =
            body.replace("SCHEMA", r#"{"type":"object","properties":{"n":{"type":"integer"}}}"#);
        assert_eq!(replied(id, path, &body), Ok(expected.clone()), "{body}");
    }
}

#[test]
fn says_why_there_is_no_reply() {
    for (body, error) in [
        ("{}", NoReply::NoSchema),
        ("not json", NoReply::NoSchema),
        (r#"{"tool_choice":"auto","tools":[{"function":{"name":"a"}}]}"#, NoReply::NoSchema),
        (r#"{"tool_choice":{"function":{"name":"a"}}}"#, NoReply::NoTool("a".into())),
    ] {
        assert_eq!(replied("openai", "/v1/chat/completions", body), Err(error), "{body}");
    }
}
