//! The names of the schemas and tools that a request demands.

use super::{Demand, Mode, Output, allowed};
#[cfg(feature = "server")]
use super::{called, forced};
#[cfg(feature = "server")]
use crate::exchange::sent::SentRequest;
use crate::json::Json;
use crate::reply::pattern::fits;
use crate::wire::tools;

/// Whether the request demands a schema of this name, or a call of a tool of this name. Formats without a name for schemas
/// have the `title` of the schema.
pub(crate) fn demands(body: &Json<'_>, pattern: &str) -> bool {
    let demand = Demand::of(body);
    let is_tool = || allowed(body, &demand).iter().any(|one| fits(pattern, &one.tool.name));
    if demand.choice.mode == Mode::Required && is_tool() {
        return true;
    }
    let named = [
        "response_format/json_schema/name",
        "text/format/name",
        "outputConfig/textFormat/structure/jsonSchema/name",
    ];
    if named.iter().any(|path| body.text(path).is_some_and(|name| fits(pattern, &name))) {
        return true;
    }
    let Some(Output::Schema(schema) | Output::Word(schema)) = &demand.output else { return false };
    let schema = tools::parsed(schema.as_bytes());
    let title = schema.as_ref().and_then(|schema| schema.text("title"));
    title.is_some_and(|title| fits(pattern, &title))
}

/// The tool that the model must call; of several, the first that fits.
#[cfg(feature = "server")]
pub(crate) fn tool_for(sent: &SentRequest, pattern: Option<&str>) -> Option<String> {
    let body = sent.parsed()?;
    let demand = Demand::of(&body);
    if demand.choice.mode != Mode::Required {
        return None;
    }
    let fitting = allowed(&body, &demand);
    let fitting = fitting.iter().find(|one| pattern.is_some_and(|name| fits(name, &one.tool.name)));
    if let Some(fitting) = fitting {
        return Some(fitting.tool.name.clone());
    }
    let called = called(&body, &sent.messages());
    Some(forced(&body, &demand, &called).ok()?.tool.name)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::exchange::sent::SentRequest;
    use crate::provider::Provider;

    #[test]
    fn finds_the_name_in_every_format() {
        for (id, path, body) in [
            (
                "openai",
                "/v1/chat/completions",
                r#"{"response_format":{"type":"json_schema","json_schema":{"name":"Invoice","schema":{}}}}"#,
            ),
            ("openai", "/v1/responses", r#"{"text":{"format":{"name":"Invoice","schema":{}}}}"#),
            (
                "gemini",
                "/v1beta/models/m:generateContent",
                r#"{"generationConfig":{"responseJsonSchema":{"title":"Invoice","type":"object"}}}"#,
            ),
            (
                "anthropic",
                "/v1/messages",
                r#"{"tools":[{"name":"Invoice"}],"tool_choice":{"type":"tool","name":"Invoice"}}"#,
            ),
            (
                "anthropic",
                "/v1/messages",
                r#"{"tools":[{"name":"x"},{"name":"Invoice"}],"tool_choice":{"type":"any"}}"#,
            ),
            ("ollama", "/api/chat", r#"{"format":{"title":"Invoice","type":"object"}}"#),
        ] {
            let sent = SentRequest::for_tests(Provider::from_id(id), path, body.to_owned());
            let read = sent.parsed().unwrap();
            assert!(demands(&read, "Invoice") && demands(&read, "Inv*"), "{body}");
            assert!(!demands(&read, "Order"), "{body}");
        }
    }
}
