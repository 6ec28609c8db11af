//! Reading the texts of messages, whose content is a string in one API and a list of parts in another, and of errors.

use crate::json::{self, Json};

/// Where the body of a request may have a prompt.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Prompt {
    /// The first of these members that has a text or texts.
    Texts(&'static [&'static str]),
    /// A member with messages, of which the last one with a text counts that the model did not write; or with a text.
    Messages(&'static str),
    /// A member that holds a request, or several.
    Requests(&'static str),
}

/// The text of the last message that the model did not write, from the first of these places that has one.
pub(super) fn prompt(places: &[Prompt], body: &Json<'_>) -> Option<String> {
    places.iter().find_map(|place| match *place {
        Prompt::Texts(names) => names.iter().find_map(|name| content(body.get(name)?)),
        Prompt::Messages(name) => match body.get(name)? {
            Json::String(text) => Some(text.decode().into_owned()),
            messages => {
                let by_others = one_or_more(messages).iter().filter(|one| !is_by_model(one));
                by_others.rev().find_map(message_text)
            }
        },
        Prompt::Requests(name) => {
            let requests = one_or_more(body.get(name)?).iter();
            joined(requests.filter_map(|request| prompt(places, request)))
        }
    })
}

fn one_or_more<'a, 'b>(value: &'b Json<'a>) -> &'b [Json<'a>] {
    value.as_array().unwrap_or(std::slice::from_ref(value))
}

fn is_by_model(message: &Json<'_>) -> bool {
    matches!(message.text("role").as_deref(), Some("assistant" | "model"))
}

/// The text of a message, or of the output of a tool.
fn message_text(message: &Json<'_>) -> Option<String> {
    let text =
        ["content", "output", "parts"].iter().find_map(|name| content(message.get(name)?))?;
    (!text.is_empty()).then_some(text)
}

/// The text of a message's content: a string, the text of a part, or the texts of parts, a line each.
pub(super) fn content(value: &Json<'_>) -> Option<String> {
    match value {
        Json::String(text) => Some(text.decode().into_owned()),
        Json::Array(parts) => joined(parts.iter().filter_map(content)),
        Json::Object(_) => ["text", "content", "guardContent", "toolResult"]
            .iter()
            .find_map(|name| value.get(name).and_then(content)),
        _ => None,
    }
}

/// Texts one below the other; `None` if there are none.
fn joined(texts: impl Iterator<Item = String>) -> Option<String> {
    texts.filter(|text| !text.is_empty()).reduce(|all, next| all + "\n" + &next)
}

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
    let raw = error.text("metadata/raw")?;
    let inner = json::parse(&raw).ok().and_then(|raw| error_text(&raw).or_else(|| message(&raw)));
    Some(match (message(error), inner.unwrap_or_else(|| raw.into_owned())) {
        (Some(outer), inner) => format!("{outer}: {inner}"),
        (None, inner) => inner,
    })
}

/// A Responses stream has `message` next to `"type": "error"`.
fn is_error(body: &Json<'_>) -> bool {
    body.text("type").as_deref() == Some("error")
}

/// The text of a message, where an error is no more than that.
pub(super) fn message(body: &Json<'_>) -> Option<String> {
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
