//! What OpenAI's formats share: errors, lists of models, volatile members.

use super::api::Api;
use super::content::Model;
use crate::json::write::{Null, Object, nested, object};

/// What an API has that does not differ from most others.
pub(super) const DEFAULT: Api = Api {
    request_id: None,
    error_kind: None,
    error: |parts| object! { "message": parts.message }.into_text(),
    kind_of_status: kind_of_error,
    has_array_streams: false,
    empty: &[("models", r#"{"models":[]}"#)],
    model_list: |objects, _| object! { "models": *objects },
    model,
};

pub(crate) static API: Api = Api {
    request_id: Some("x-request-id"),
    error: |parts| {
        let (message, kind, code) = (parts.message, parts.kind, parts.code);
        let error = nested! { "message": message, "type": kind, "param": Null, "code": code };
        object! { "error": error }.into_text()
    },
    empty: &[("models", r#"{"object":"list","data":[]}"#)],
    model_list: |objects, _| object! { "object": "list", "data": *objects },
    ..DEFAULT
};

/// The members that are left out of every comparison, with those of one format before the last.
macro_rules! volatile {
    ($($further:literal),*) => {
        &[
            "user",
            "safety_identifier",
            "metadata",
            "store",
            "service_tier",
            "prompt_cache_key",
            "prompt_cache_retention",
            "prompt_cache_options",
            $($further,)*
            "timestamp",
        ]
    };
}
pub(super) use volatile;

pub(super) const VOLATILE: &[&str] = volatile!();

fn kind_of_error(status: u16) -> &'static str {
    match status {
        403 => "permission_error",
        429 => "rate_limit_error",
        500.. => "server_error",
        _ => "invalid_request_error",
    }
}

fn model(model: &Model, created: u64) -> Object {
    object! {
        "id": model.id,
        "object": "model",
        "created": model.created.unwrap_or(created),
        "owned_by": model.owned_by.as_deref().unwrap_or("llmock"),
    }
}
