//! What all endpoints of one API have in common: its errors, its lists of models, the header with the request's id.

use super::content::Model;
use crate::json::write::Object;

/// An API, by what its endpoints have in common.
pub(crate) struct Api {
    pub(crate) request_id: Option<&'static str>,
    /// The header with the kind of an error; the AWS SDK needs it to read the error and its message.
    pub(crate) error_kind: Option<&'static str>,
    pub(crate) error: fn(&ErrorParts<'_>) -> String,
    pub(crate) kind_of_status: fn(u16) -> &'static str,
    /// Whether a stream without `alt=sse` is an array, in which an error is the only element.
    pub(crate) has_array_streams: bool,
    /// Empty responses for background requests, by the last segment of their path.
    pub(crate) empty: &'static [(&'static str, &'static str)],
    /// A list of models: their objects, and the models themselves.
    pub(crate) model_list: fn(&[Object], &[Model]) -> Object,
    /// One model, made at that time if it does not say.
    pub(crate) model: fn(&Model, created: u64) -> Object,
}

pub(crate) struct ErrorParts<'a> {
    pub(crate) status: u16,
    pub(crate) kind: &'a str,
    /// OpenAI's `code`, which other APIs do not have.
    pub(crate) code: Option<&'a str>,
    pub(crate) message: &'a str,
    /// The response's `retry-after`, which Google repeats in the body.
    pub(crate) retry_after: Option<&'a str>,
}

impl Api {
    pub(crate) fn empty_response(&self, path_alone: &str) -> Option<&'static str> {
        let last = path_alone.rsplit('/').next().unwrap_or_default();
        if let Some((_, body)) = self.empty.iter().find(|(endpoint, _)| *endpoint == last) {
            return Some(body);
        }
        match last {
            "count_tokens" => Some(r#"{"input_tokens":0}"#),
            "health" => Some(r#"{"status":"ok"}"#),
            _ => last.ends_with(":countTokens").then_some(r#"{"totalTokens":0}"#),
        }
    }
}
