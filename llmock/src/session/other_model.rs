//! `LLMOCK_MODEL`: another model takes the place of every model of its provider, for `llmock compare`.

use std::borrow::Cow;

use http::HeaderValue;
use http::header::{CONTENT_ENCODING, CONTENT_LENGTH};
use percent_encoding::{NON_ALPHANUMERIC, percent_decode_str, utf8_percent_encode};

use crate::config::limits::OtherModel;
use crate::front::handler::Incoming;
use crate::json;
use crate::wire;

/// Replaces the model where the request names it: in its body, or in its path.
pub(super) fn replace(other: &OtherModel, incoming: &mut Incoming) {
    if incoming.provider != other.provider {
        return;
    }
    // A compressed body is sent on as it is.
    let is_plain = !incoming.headers.contains_key(CONTENT_ENCODING);
    let text = incoming.body.as_deref().ok().filter(|_| is_plain);
    let text = text.and_then(|body| std::str::from_utf8(body).ok());
    if let Some(changed) = text.and_then(|text| in_body(text, &other.model)) {
        if incoming.headers.contains_key(CONTENT_LENGTH) {
            incoming.headers.insert(CONTENT_LENGTH, HeaderValue::from(changed.len()));
        }
        incoming.body = Ok(changed.into());
        return;
    }
    let format = wire::format(incoming.provider, incoming.method.as_str(), &incoming.rest);
    let named = (format.model)(incoming.provider, &incoming.rest, None).map(Cow::into_owned);
    if let Some(changed) = named.and_then(|named| in_path(&incoming.rest, &named, &other.model)) {
        incoming.rest = changed;
    }
}

/// The body with another value of its member `model`.
fn in_body(text: &str, model: &str) -> Option<String> {
    let body = json::parse(text).ok()?;
    let (name, old) = body.as_object()?.iter().find(|(name, _)| name.is("model"))?;
    old.as_str()?;
    let value = json::source_after(text, *name)?;
    let start = json::offset_in(text, value)?;
    let end = start + value.len();
    Some(format!("{}{}{}", &text[..start], json::quote(model), &text[end..]))
}

/// The path with another model in the segment that names it: `models/gemini-2.5-pro:generateContent`.
fn in_path(path: &str, named: &str, model: &str) -> Option<String> {
    let (path, query) =
        path.split_once('?').map_or((path, None), |(path, query)| (path, Some(query)));
    let encoded = utf8_percent_encode(model, NON_ALPHANUMERIC).to_string();
    let encoded = encoded.replace("%2D", "-").replace("%2E", ".").replace("%5F", "_");
    let mut is_replaced = false;
    let segment = |segment: &str| {
        let decoded = percent_decode_str(segment).decode_utf8_lossy();
        match decoded.strip_prefix(named) {
            Some(rest) if rest.is_empty() || rest.starts_with(':') => {
                is_replaced = true;
                format!("{encoded}{rest}")
            }
            _ => segment.to_owned(),
        }
    };
    let segments: Vec<String> = path.split('/').map(segment).collect();
    let query = query.map(|query| format!("?{query}")).unwrap_or_default();
    is_replaced.then(|| format!("{}{query}", segments.join("/")))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn replaces_the_model_and_nothing_else() {
        let body = r#"{"messages":[{"model":"x"}], "model" : "gpt-5" ,"n":1.0}"#;
        let changed = r#"{"messages":[{"model":"x"}], "model" : "a\"b" ,"n":1.0}"#;
        assert_eq!(in_body(body, "a\"b").as_deref(), Some(changed));
        assert_eq!(in_body(r#"{"n":1}"#, "m"), None);
        let path = "v1beta/models/gemini-2.5-pro:streamGenerateContent?alt=sse";
        let changed = "v1beta/models/gemini-3:streamGenerateContent?alt=sse";
        assert_eq!(in_path(path, "gemini-2.5-pro", "gemini-3").as_deref(), Some(changed));
        let bedrock = "model/anthropic.claude-v2%3A0/converse";
        let changed = "model/a.b-v1%3A0/converse";
        assert_eq!(in_path(bedrock, "anthropic.claude-v2:0", "a.b-v1:0").as_deref(), Some(changed));
        assert_eq!(in_path("v1/chat", "m", "n"), None);
    }
}
