//! Errors in the words of each provider.

use http::HeaderName;

use super::asked::Asked;
use super::content::Failure;
use super::object::{Null, Object, nested, object};
use super::rendered::Rendered;
use crate::provider::{self, Shape};

/// The error as an answer of its own.
pub(super) fn render(asked: &Asked<'_>, failure: &Failure) -> Rendered {
    let shape = provider::error_shape(asked.provider, asked.family);
    let kind = kind(asked, failure);
    let mut rendered = if shape == Shape::OpenAi {
        Rendered::from(openai(asked, failure))
    } else {
        let error = provider::error_body(
            asked.provider,
            asked.family,
            failure.status,
            &kind,
            &failure.message,
        );
        // where an array of answers is awaited, the error is its only element
        let in_array = asked.streams && shape == Shape::Gemini && !asked.path.contains("alt=sse");
        Rendered::json(if in_array { format!("[{}]", error.body) } else { error.body })
    };
    if shape == Shape::Bedrock {
        rendered.set_header(HeaderName::from_static("x-amzn-errortype"), kind);
    }
    rendered.status = failure.status;
    rendered
}

/// A path that none of the formats knows.
pub(super) fn unknown_endpoint(asked: &Asked<'_>) -> Rendered {
    let message = format!("no reply is known to `{} {}`", asked.method, asked.path_alone());
    render(asked, &Failure { status: 404, message, midway: false })
}

/// A model that is not among those that there are.
pub(super) fn no_model(asked: &Asked<'_>, id: &str) -> Rendered {
    let message = format!("the model `{id}` does not exist");
    let failure = Failure { status: 404, message, midway: false };
    if provider::error_shape(asked.provider, asked.family) != Shape::OpenAi {
        return render(asked, &failure);
    }
    let mut rendered = Rendered::from(in_openai(asked, &failure, Some("model_not_found")));
    rendered.status = failure.status;
    rendered
}

/// OpenAI's shape, which has a code beside the kind.
pub(super) fn openai(asked: &Asked<'_>, failure: &Failure) -> Object {
    let code = asked.reply.code.as_deref().or(match failure.status {
        401 => Some("invalid_api_key"),
        429 => Some("rate_limit_exceeded"),
        _ => None,
    });
    in_openai(asked, failure, code)
}

fn in_openai(asked: &Asked<'_>, failure: &Failure, code: Option<&str>) -> Object {
    object! {
        "error": nested! {
            "message": failure.message,
            "type": kind(asked, failure),
            "param": Null,
            "code": code,
        },
    }
}

/// The kind that the author gave, or the usual one of the status.
pub(super) fn kind(asked: &Asked<'_>, failure: &Failure) -> String {
    let usual = || match provider::error_shape(asked.provider, asked.family) {
        Shape::Anthropic => anthropic(failure.status),
        Shape::Gemini => google(failure.status),
        Shape::Bedrock => amazon(failure.status),
        Shape::OpenAi | Shape::Ollama | Shape::Cohere => match failure.status {
            403 => "permission_error",
            429 => "rate_limit_error",
            500.. => "server_error",
            _ => "invalid_request_error",
        },
    };
    asked.reply.kind.clone().unwrap_or_else(|| usual().to_owned())
}

fn anthropic(status: u16) -> &'static str {
    match status {
        401 => "authentication_error",
        402 => "billing_error",
        403 => "permission_error",
        404 => "not_found_error",
        413 => "request_too_large",
        429 => "rate_limit_error",
        504 => "timeout_error",
        529 => "overloaded_error",
        500.. => "api_error",
        _ => "invalid_request_error",
    }
}

fn google(status: u16) -> &'static str {
    match status {
        401 => "UNAUTHENTICATED",
        403 => "PERMISSION_DENIED",
        404 => "NOT_FOUND",
        409 => "ABORTED",
        429 => "RESOURCE_EXHAUSTED",
        499 => "CANCELLED",
        501 => "UNIMPLEMENTED",
        503 => "UNAVAILABLE",
        504 => "DEADLINE_EXCEEDED",
        500.. => "INTERNAL",
        _ => "INVALID_ARGUMENT",
    }
}

fn amazon(status: u16) -> &'static str {
    match status {
        401 | 403 => "AccessDeniedException",
        404 => "ResourceNotFoundException",
        408 => "ModelTimeoutException",
        424 => "ModelErrorException",
        429 => "ThrottlingException",
        503 => "ServiceUnavailableException",
        500.. => "InternalServerException",
        _ => "ValidationException",
    }
}
