//! What all endpoints of one API have in common: its errors, its lists of models, the header with the request's id.

use http::HeaderName;

use super::content::Failure;
use super::content::Model;
use super::context::RenderContext;
use super::rendered::Rendered;
use crate::json::write::Object;

/// An API, by what its endpoints have in common.
pub(crate) struct Api {
    /// The header with the id of a request.
    pub(crate) request_id: Option<HeaderName>,
    /// The header with the kind of an error; the AWS SDK needs it to read the error and its message.
    pub(crate) error_kind: Option<HeaderName>,
    /// The body of an error.
    pub(crate) error: fn(&ErrorParts<'_>) -> String,
    /// The usual kind of an error with that status.
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

/// What the body of an error says.
pub(crate) struct ErrorParts<'a> {
    pub(crate) status: u16,
    pub(crate) kind: &'a str,
    /// OpenAI's `code`, which other APIs do not have.
    pub(crate) code: Option<&'a str>,
    pub(crate) message: &'a str,
}

impl Api {
    /// An empty response to a background request that the fixture does not have.
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

/// An error as the whole response.
pub(crate) fn error(context: &RenderContext<'_>, failure: &Failure) -> Rendered {
    error_with_code(context, failure, code(context, failure))
}

fn error_with_code(context: &RenderContext<'_>, failure: &Failure, code: Option<&str>) -> Rendered {
    let kind = kind(context, failure);
    let api = context.api;
    let body = (api.error)(&ErrorParts {
        status: failure.status,
        kind: &kind,
        code,
        message: &failure.message,
    });
    let in_array = api.has_array_streams && context.streams && !context.path.contains("alt=sse");
    let mut rendered = Rendered::json(if in_array { format!("[{body}]") } else { body });
    if let Some(header) = &api.error_kind {
        rendered.set_header(header.clone(), kind);
    }
    rendered.status = failure.status;
    rendered
}

/// The body of an error, for a stream that ends in it.
pub(crate) fn error_body(context: &RenderContext<'_>, failure: &Failure) -> String {
    (context.api.error)(&ErrorParts {
        status: failure.status,
        kind: &kind(context, failure),
        code: code(context, failure),
        message: &failure.message,
    })
}

/// The error of a path that the format does not know.
pub(crate) fn unknown_endpoint(context: &RenderContext<'_>) -> Rendered {
    let message = format!("no reply is known to `{} {}`", context.method, context.path_alone);
    error(context, &Failure { status: 404, message, midway: false })
}

/// The error of a model that does not exist.
pub(crate) fn unknown_model(context: &RenderContext<'_>, id: &str) -> Rendered {
    let message = format!("the model `{id}` does not exist");
    let failure = Failure { status: 404, message, midway: false };
    error_with_code(context, &failure, Some("model_not_found"))
}

/// The kind that the reply names, or the usual one of the status.
pub(crate) fn kind(context: &RenderContext<'_>, failure: &Failure) -> String {
    let usual = || (context.api.kind_of_status)(failure.status).to_owned();
    context.reply.kind.clone().unwrap_or_else(usual)
}

fn code<'a>(context: &RenderContext<'a>, failure: &Failure) -> Option<&'a str> {
    context.reply.code.as_deref().or(match failure.status {
        401 => Some("invalid_api_key"),
        429 => Some("rate_limit_exceeded"),
        _ => None,
    })
}
