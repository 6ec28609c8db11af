//! Reads the message out of a provider's error.

use crate::json::{self, Json};

/// The provider's message in the body of an error.
pub(crate) fn error_message(body: &Json<'_>) -> Option<String> {
    error_text(body).or_else(|| message(body))
}

/// The same for APIs whose errors are `{"message": ...}`.
pub(super) fn message_first(body: &Json<'_>) -> Option<String> {
    message(body).or_else(|| error_text(body))
}

/// The message in `error`, in the shapes of all wire formats: an object, a text, or an array with one of them.
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

/// OpenRouter's message is `Provider returned error`; the provider's own error is in `metadata.raw`.
fn raw_of_gateway(error: &Json<'_>) -> Option<String> {
    let raw = error.get("metadata")?.get("raw")?.as_str()?;
    let inner = json::parse(&raw).ok().and_then(|raw| error_text(&raw).or_else(|| message(&raw)));
    Some(match (message(error), inner.unwrap_or_else(|| raw.into_owned())) {
        (Some(outer), inner) => format!("{outer}: {inner}"),
        (None, inner) => inner,
    })
}

/// A Responses stream has `message` next to `"type": "error"`.
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

    #[test]
    fn finds_the_message_in_every_shape_of_error() {
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
            let found = error_message(&json::parse(body).unwrap());
            assert_eq!(found.as_deref(), Some(words), "{body}");
        }
        assert_eq!(error_message(&json::parse(r#"{"error":null}"#).unwrap()), None);
    }
}
