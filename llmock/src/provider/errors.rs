//! Errors as providers word them: reading theirs, and writing answers of our own in their shape.

use super::{Family, Provider, Shape};
use crate::json::{self, Json};

/// An error answer that the provider's clients can read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct ErrorBody {
    pub(crate) content_type: &'static str,
    pub(crate) body: String,
    /// Headers beside `content-type`.
    pub(crate) headers: Vec<(&'static str, String)>,
}

/// An error of `kind` (`llmock_unmatched`) with `message`, as this provider would word it.
pub(crate) fn error_body(
    provider: Provider,
    family: Family,
    status: u16,
    kind: &str,
    message: &str,
) -> ErrorBody {
    let shape = error_shape(provider, family);
    let (kind, text) = (json::quote(kind), json::quote(message));
    let body = match shape {
        Shape::OpenAi => {
            format!(r#"{{"error":{{"message":{text},"type":{kind},"param":null,"code":{kind}}}}}"#)
        }
        Shape::Anthropic => {
            format!(r#"{{"type":"error","error":{{"type":{kind},"message":{text}}}}}"#)
        }
        Shape::Gemini => {
            let kind = kind.to_uppercase();
            format!(r#"{{"error":{{"code":{status},"message":{text},"status":{kind}}}}}"#)
        }
        Shape::Ollama => format!(r#"{{"error":{text}}}"#),
        Shape::Cohere | Shape::Bedrock => format!(r#"{{"message":{text}}}"#),
    };
    let headers = match shape {
        // without it the AWS SDK knows neither the error nor its message
        Shape::Bedrock => vec![("x-amzn-errortype", "ValidationException".to_owned())],
        _ => Vec::new(),
    };
    ErrorBody { content_type: "application/json", body, headers }
}

/// How errors of an endpoint look. It decides before the provider does: Ollama's `v1/...` has OpenAI's
/// errors.
pub(crate) fn error_shape(provider: Provider, family: Family) -> Shape {
    match family {
        Family::OpenAiChat
        | Family::OpenAiResponses
        | Family::OpenAiCompletions
        | Family::OpenAiEmbeddings => Shape::OpenAi,
        Family::Anthropic | Family::AnthropicCount => Shape::Anthropic,
        Family::Gemini => Shape::Gemini,
        Family::Ollama => Shape::Ollama,
        Family::Cohere => Shape::Cohere,
        Family::Bedrock => Shape::Bedrock,
        Family::Models | Family::Plain => provider.entry().shape,
    }
}

/// The harmless answer to a background call that nobody recorded; `None` where there is none.
pub(crate) fn empty_answer(provider: Provider, path: &str) -> Option<String> {
    let path = path.split('?').next().unwrap_or("");
    let last = path.rsplit('/').next().unwrap_or("");
    let answer = match (last, provider.entry().shape) {
        ("models", Shape::Gemini | Shape::Cohere) | ("tags" | "ps", Shape::Ollama) => {
            r#"{"models":[]}"#
        }
        ("models", Shape::Anthropic) => {
            r#"{"data":[],"has_more":false,"first_id":null,"last_id":null}"#
        }
        ("models", _) => r#"{"object":"list","data":[]}"#,
        ("count_tokens", _) => r#"{"input_tokens":0}"#,
        (counted, _) if counted.ends_with(":countTokens") => r#"{"totalTokens":0}"#,
        ("version", Shape::Ollama) => r#"{"version":"0.0.0"}"#,
        ("health", _) => r#"{"status":"ok"}"#,
        _ => return None,
    };
    Some(answer.to_owned())
}

/// The provider's own words in the body of an error.
pub(crate) fn error_message(family: Family, body: &Json<'_>) -> Option<String> {
    match family {
        // FastAPI servers, and Cohere's `{"message": ...}`, differ from the rest in the order only
        Family::Cohere | Family::Bedrock => message(body).or_else(|| error_text(body)),
        _ => error_text(body).or_else(|| message(body)),
    }
}

/// What `error` says, as every wire format has it: an object, a text, or an array with one in it.
pub(super) fn error_text(body: &Json<'_>) -> Option<String> {
    if let Json::Array(items) = body {
        return items.first().and_then(error_text);
    }
    let error = match body.get("error") {
        None | Some(Json::Null) if is_error(body) => return message(body),
        None | Some(Json::Null) => return None,
        Some(error) => error,
    };
    match error {
        Json::String(text) => Some(text.decode().into_owned()),
        Json::Object(_) => {
            raw_of_gateway(error).or_else(|| message(error)).or_else(|| error_text(error))
        }
        _ => None,
    }
}

/// OpenRouter says `Provider returned error`; what the provider said lies beside it.
fn raw_of_gateway(error: &Json<'_>) -> Option<String> {
    let raw = error.get("metadata")?.get("raw")?.as_str()?;
    let inner = json::parse(&raw).ok().and_then(|raw| error_text(&raw).or_else(|| message(&raw)));
    Some(match (message(error), inner.unwrap_or_else(|| raw.into_owned())) {
        (Some(outer), inner) => format!("{outer}: {inner}"),
        (None, inner) => inner,
    })
}

/// A Responses stream puts `message` beside `"type": "error"`.
fn is_error(body: &Json<'_>) -> bool {
    body.get("type").and_then(Json::as_str).as_deref() == Some("error")
}

fn message(body: &Json<'_>) -> Option<String> {
    let found = ["message", "Message", "detail", "error_description", "msg"]
        .iter()
        .find_map(|name| body.get(name))?;
    match found {
        Json::String(text) => Some(text.decode().into_owned()),
        Json::Array(items) => items.first().and_then(message),
        Json::Object(_) => message(found),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::provider::family;

    #[test]
    fn an_error_has_the_shape_that_the_endpoint_s_clients_read() {
        for (id, path, body) in [
            (
                "openai",
                "/v1/chat/completions",
                r#"{"error":{"message":"say \"no\"","type":"llmock_unmatched","param":null,"code":"llmock_unmatched"}}"#,
            ),
            (
                "anthropic",
                "/v1/messages",
                r#"{"type":"error","error":{"type":"llmock_unmatched","message":"say \"no\""}}"#,
            ),
            (
                "anthropic",
                "/v1/files",
                r#"{"type":"error","error":{"type":"llmock_unmatched","message":"say \"no\""}}"#,
            ),
            (
                "minimax",
                "/anthropic/v1/messages",
                r#"{"type":"error","error":{"type":"llmock_unmatched","message":"say \"no\""}}"#,
            ),
            (
                "gemini",
                "/v1beta/models/m:generateContent",
                r#"{"error":{"code":418,"message":"say \"no\"","status":"LLMOCK_UNMATCHED"}}"#,
            ),
            ("ollama", "/api/chat", r#"{"error":"say \"no\""}"#),
            ("cohere", "/v2/chat", r#"{"message":"say \"no\""}"#),
            ("bedrock", "/model/m/converse", r#"{"message":"say \"no\""}"#),
        ] {
            let provider = Provider::from_id(id);
            let family = family(provider, "POST", path);
            let error = error_body(provider, family, 418, "llmock_unmatched", "say \"no\"");
            assert_eq!(error.body, body, "{id} {path}");
            let read = error_message(family, &json::parse(&error.body).unwrap());
            assert_eq!(read.as_deref(), Some("say \"no\""), "{id} {path}");
            assert_eq!(error.headers.is_empty(), id != "bedrock");
        }
    }

    #[test]
    fn the_provider_s_words_are_found_in_every_shape_of_error() {
        for (body, words) in [
            (r#"{"error":{"message":"bad key","type":"x"}}"#, "bad key"),
            (r#"{"type":"error","error":{"type":"x","message":"Overloaded"}}"#, "Overloaded"),
            (r#"{"type":"error","message":"failed"}"#, "failed"),
            (r#"[{"error":{"code":400,"message":"bad","status":"X"}}]"#, "bad"),
            (r#"{"error":"model not found"}"#, "model not found"),
            (r#"{"message":"invalid token"}"#, "invalid token"),
            (r#"{"Message":"denied"}"#, "denied"),
            (r#"{"detail":"not found"}"#, "not found"),
            (r#"{"detail":[{"loc":["body"],"msg":"field required"}]}"#, "field required"),
            (
                r#"{"error":{"message":"Provider returned error","metadata":{"raw":"{\"error\":{\"message\":\"slow down\"}}"}}}"#,
                "Provider returned error: slow down",
            ),
        ] {
            let found = error_message(Family::OpenAiChat, &json::parse(body).unwrap());
            assert_eq!(found.as_deref(), Some(words), "{body}");
        }
        assert_eq!(
            error_message(Family::OpenAiChat, &json::parse(r#"{"error":null}"#).unwrap()),
            None
        );
    }

    #[test]
    fn a_side_call_gets_an_answer_its_client_can_read() {
        for (id, path, answer) in [
            ("openai", "/v1/models", Some(r#"{"object":"list","data":[]}"#)),
            ("openai", "/v1/models?limit=1", Some(r#"{"object":"list","data":[]}"#)),
            ("gemini", "/v1beta/models", Some(r#"{"models":[]}"#)),
            ("ollama", "/api/tags", Some(r#"{"models":[]}"#)),
            ("anthropic", "/v1/messages/count_tokens", Some(r#"{"input_tokens":0}"#)),
            ("openai", "/v1/chat/completions", None),
        ] {
            let provider = Provider::from_id(id);
            assert_eq!(empty_answer(provider, path).as_deref(), answer, "{id} {path}");
        }
    }
}
