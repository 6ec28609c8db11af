//! Error responses, in the shape of the API.

use super::api::ErrorParts;
use super::content::Failure;
use super::context::RenderContext;
use super::rendered::Rendered;

/// An error as the whole response.
pub(crate) fn error(context: &RenderContext<'_>, failure: &Failure) -> Rendered {
    let (api, body) = (context.api, body(context, failure));
    let in_array = api.has_array_streams && context.streams && !context.path.contains("alt=sse");
    let mut rendered = Rendered::json(if in_array { format!("[{body}]") } else { body });
    if let Some(header) = api.error_kind {
        rendered.set_header(header, kind(context, failure));
    }
    rendered.status = failure.status;
    rendered
}

/// The body of an error, for a stream that ends in it too.
pub(super) fn body(context: &RenderContext<'_>, failure: &Failure) -> String {
    let kind = kind(context, failure);
    let code = failure.code.or(context.reply.code.as_deref()).or(usual_code(failure.status));
    let (status, message) = (failure.status, &failure.message);
    let headers = &context.reply.headers;
    let wait = headers.iter().find(|(name, _)| name == "retry-after");
    let retry_after = wait.map(|(_, value)| value.as_str());
    (context.api.error)(&ErrorParts { status, kind: &kind, code, message, retry_after })
}

/// The code that `OpenAI` has for a status.
pub(super) fn usual_code(status: u16) -> Option<&'static str> {
    match status {
        401 => Some("invalid_api_key"),
        429 => Some("rate_limit_exceeded"),
        _ => None,
    }
}

pub(crate) fn unknown_endpoint(context: &RenderContext<'_>) -> Rendered {
    let message = format!("no reply is known to `{} {}`", context.method, context.path_alone);
    error(context, &Failure::new(404, message))
}

pub(crate) fn unknown_model(context: &RenderContext<'_>, id: &str) -> Rendered {
    let failure = Failure::new(404, format!("the model `{id}` does not exist"));
    error(context, &Failure { code: Some("model_not_found"), ..failure })
}

/// The kind that the reply names, or the usual one of the status.
pub(crate) fn kind(context: &RenderContext<'_>, failure: &Failure) -> String {
    let usual = || (context.api.kind_of_status)(failure.status).to_owned();
    context.reply.kind.clone().unwrap_or_else(usual)
}
