//! Replies by the schema that a request asks for: structured output, or a tool that the model must call.
//!
//! The instance follows from the schema alone, so equal requests get equal replies.

mod instance;
mod texts;

pub(crate) use instance::{NoInstance, instance};

use crate::exchange::sent::SentRequest;
use crate::json::Json;
use crate::wire::content::Reply;
use crate::wire::tools;

/// Why a request cannot be answered by its schema.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[expect(clippy::enum_variant_names, reason = "each says what is missing")]
pub(crate) enum NoReply {
    #[error(
        "the request has neither a JSON schema for the response nor a tool that the model must call"
    )]
    NoSchema,
    #[error("the request makes the model call the tool `{0}`, which it does not offer")]
    NoTool(String),
    #[error("{0}")]
    NoInstance(#[from] NoInstance),
}

/// What the model must do.
enum Demand<'a, 'b> {
    Tool(String),
    AnyTool,
    Text(&'b Json<'a>),
}

/// The reply to a request that asks for JSON of a schema, or for a call of a tool.
pub(crate) fn reply(request: &SentRequest) -> Result<Reply, NoReply> {
    let body = request.parsed().ok_or(NoReply::NoSchema)?;
    match demand(&body).ok_or(NoReply::NoSchema)? {
        Demand::Text(schema) => Ok(Reply::text(instance(schema)?)),
        Demand::Tool(name) => {
            let tool = tools::tools(&body).into_iter().find(|tool| tool.name == name);
            call(&tool.ok_or(NoReply::NoTool(name))?)
        }
        Demand::AnyTool => {
            call(tools::tools(&body).first().ok_or_else(|| NoReply::NoTool("any".to_owned()))?)
        }
    }
}

fn call(tool: &tools::Tool) -> Result<Reply, NoReply> {
    let schema = tool.schema().unwrap_or(r#"{"type":"object"}"#);
    let schema = tools::parsed(schema.as_bytes()).unwrap_or(Json::Null);
    Ok(Reply::new().tool_call(tool.name.clone(), instance(&schema)?))
}

/// A forced tool, else a schema of the response, in the places of every format.
fn demand<'a, 'b>(body: &'b Json<'a>) -> Option<Demand<'a, 'b>> {
    forced_tool(body).or_else(|| schema(body).map(Demand::Text))
}

fn forced_tool<'a, 'b>(body: &Json<'_>) -> Option<Demand<'a, 'b>> {
    let google = body
        .find("toolConfig/functionCallingConfig")
        .or_else(|| body.find("tool_config/function_calling_config"));
    if let Some(google) = google.filter(|one| one.text("mode").as_deref() == Some("ANY")) {
        let names = google.items("allowedFunctionNames").iter();
        let names = names.chain(google.items("allowed_function_names"));
        let first = names.into_iter().find_map(Json::as_str);
        return Some(first.map_or(Demand::AnyTool, |name| Demand::Tool(name.into_owned())));
    }
    let choice = body.get("tool_choice").or_else(|| body.find("toolConfig/toolChoice"))?;
    if let Some(word) = choice.as_str() {
        return matches!(&*word, "required" | "REQUIRED" | "any").then_some(Demand::AnyTool);
    }
    let paths = ["function/name", "custom/name", "tool/name", "name"];
    if let Some(name) = paths.iter().find_map(|path| choice.text(path)) {
        return Some(Demand::Tool(name.into_owned()));
    }
    let is_any = choice.text("type").as_deref() == Some("any") || choice.get("any").is_some();
    is_any.then_some(Demand::AnyTool)
}

/// The schema of the response, where a request has one.
fn schema<'a, 'b>(body: &'b Json<'a>) -> Option<&'b Json<'a>> {
    let places = [
        // chat completions, Responses
        "response_format/json_schema/schema",
        "text/format/schema",
        // Anthropic
        "output_format/schema",
        "output_config/format/schema",
        // Gemini
        "generationConfig/responseJsonSchema",
        "generationConfig/responseSchema",
        "generation_config/response_json_schema",
        "generation_config/response_schema",
        // Cohere, Ollama
        "response_format/json_schema",
        "response_format/schema",
        "format",
    ];
    let found = places.iter().filter_map(|place| body.find(place));
    found.filter(|schema| schema.as_object().is_some()).find(|schema| {
        // `format` of Responses is elsewhere, and Ollama's may be a word.
        schema.get("type").is_some()
            || schema.get("properties").is_some()
            || schema.get("$ref").is_some()
            || schema.get("anyOf").is_some()
    })
}

#[cfg(test)]
mod tests {
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
            let body = body
                .replace("SCHEMA", r#"{"type":"object","properties":{"n":{"type":"integer"}}}"#);
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
}
