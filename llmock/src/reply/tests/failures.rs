//! Errors, as whole responses and in the middle of a stream.

use super::super::{Rendered, RenderedBody, Reply, RequestShape};
use super::rendering::{CONVERSATIONS, data};
use crate::json;
use crate::provider::Provider;

#[test]
fn writes_errors_with_the_usual_kind_of_each_api() {
    for (provider, path, status, body) in [
        (
            Provider::OpenAI,
            "/v1/chat/completions",
            429,
            r#"{"error":{"message":"m","type":"rate_limit_error","param":null,"code":"rate_limit_exceeded"}}"#,
        ),
        (
            Provider::OpenAI,
            "/v1/responses",
            500,
            r#"{"error":{"message":"m","type":"server_error","param":null,"code":null}}"#,
        ),
        (
            Provider::OpenAI,
            "/v1/models",
            401,
            r#"{"error":{"message":"m","type":"invalid_request_error","param":null,"code":"invalid_api_key"}}"#,
        ),
        (
            Provider::Anthropic,
            "/v1/messages",
            529,
            r#"{"type":"error","error":{"type":"overloaded_error","message":"m"}}"#,
        ),
        (
            Provider::Gemini,
            "/v1beta/models/x:generateContent",
            429,
            r#"{"error":{"code":429,"message":"m","status":"RESOURCE_EXHAUSTED"}}"#,
        ),
        (
            Provider::Gemini,
            "/v1beta/models/x:streamGenerateContent",
            503,
            r#"[{"error":{"code":503,"message":"m","status":"UNAVAILABLE"}}]"#,
        ),
        (Provider::Ollama, "/api/chat", 404, r#"{"error":"m"}"#),
        (Provider::Cohere, "/v2/chat", 400, r#"{"message":"m"}"#),
        (Provider::Bedrock, "/model/x/converse", 429, r#"{"message":"m"}"#),
    ] {
        let reply = Reply::error(status, "m");
        // a stream that never began fails like any other answer
        for asked in ["{}", r#"{"stream":true}"#] {
            let rendered = reply.render(provider, &RequestShape::post(path, asked));
            assert_eq!((rendered.status, rendered.text().as_str()), (status, body), "{path}");
            assert_eq!(rendered.header("content-type"), Some("application/json"));
            assert!(matches!(rendered.body, RenderedBody::Whole(_)));
            let kind = rendered.header("x-amzn-errortype");
            assert_eq!(kind, (provider == Provider::Bedrock).then_some("ThrottlingException"));
        }
    }
}

#[test]
fn kind_and_code_of_the_reply_replace_the_usual_ones() {
    let reply = Reply::error(429, "m").kind("insufficient_quota").code("quota");
    for (provider, path, words) in [
        (
            Provider::OpenAI,
            "/v1/chat/completions",
            r#""type":"insufficient_quota","param":null,"code":"quota""#,
        ),
        (Provider::Anthropic, "/v1/messages", r#""type":"insufficient_quota","message":"m""#),
        (Provider::Gemini, "/v1beta/models/x:generateContent", r#""status":"INSUFFICIENT_QUOTA""#),
    ] {
        let text = reply.render(provider, &RequestShape::post(path, "{}")).text();
        assert!(text.contains(words), "{text}");
    }
}

#[test]
fn headers_of_the_reply_replace_those_of_the_provider() {
    let ask = |reply: &Reply| -> Rendered {
        reply.render(Provider::OpenAI, &RequestShape::post("/v1/chat/completions", "{}"))
    };
    let plain = ask(&Reply::text("x"));
    assert!(plain.header("x-request-id").is_some_and(|id| id.starts_with("req_")));
    let given = ask(&Reply::text("x").header("Retry-After", "2").header("X-Request-Id", "mine"));
    assert_eq!(given.header("retry-after"), Some("2"));
    assert_eq!(given.header("x-request-id"), Some("mine"));
    assert_eq!(given.headers.len(), plain.headers.len() + 1);
}

#[test]
fn streams_can_fail_midway() {
    let reply = Reply::text("Half an").failing("the model broke");
    for endpoint in CONVERSATIONS {
        let name = format!("{} {}", endpoint.provider, endpoint.path);
        let streamed = endpoint.streamed(&reply);
        assert_eq!(streamed.status, 200, "{name}");
        let preview = endpoint.preview(&streamed);
        if endpoint.provider == "cohere" {
            // Cohere's streams end with a reason and without words
            assert!(
                preview == "Half an" && data(&streamed).concat().contains("\"ERROR\""),
                "{name}"
            );
        } else {
            assert_eq!(preview, "Half an error: the model broke", "{name}");
        }
        assert!(!data(&streamed).concat().contains("\"stop\""), "{name} does not end well");
        let whole = endpoint.whole(&reply);
        assert_eq!(whole.status, 500, "{name}");
        let format = crate::wire::format(endpoint.provider(), "POST", endpoint.path);
        let error = (format.error_message)(&json::parse(&whole.text()).unwrap());
        assert_eq!(error.as_deref(), Some("the model broke"), "{name}");
    }
}

#[test]
fn unknown_endpoints_are_not_found() {
    for (provider, path) in [
        (Provider::OpenAI, "/v1/audio/speech"),
        (Provider::Anthropic, "/v1/files"),
        (Provider::Gemini, "/v1beta/models/m:generateAnswer"),
        (Provider::Ollama, "/api/push"),
        (Provider::Cohere, "/v1/classify"),
        (Provider::Bedrock, "/model/meta.llama3/invoke"),
    ] {
        let rendered = Reply::text("x").render(provider, &RequestShape::post(path, "{}"));
        assert_eq!(rendered.status, 404, "{path}: {}", rendered.text());
        assert!(rendered.text().contains("no reply is known to `POST "), "{}", rendered.text());
    }
}

#[test]
fn ignores_stream_where_endpoints_do_not_stream() {
    let reply = Reply::text("x").failing("broken");
    for (provider, path) in [
        (Provider::OpenAI, "/v1/embeddings"),
        (Provider::OpenAI, "/v1/responses/input_tokens"),
        (Provider::Gemini, "/v1beta/models/m:generateContent"),
        (Provider::Ollama, "/api/embed"),
        (Provider::Cohere, "/v2/embed"),
        (Provider::Bedrock, "/model/m/converse"),
    ] {
        let request = RequestShape::post(path, r#"{"stream":true,"input":"a","texts":["a"]}"#);
        assert_eq!(reply.render(provider, &request).status, 500, "{path}");
        let rendered = Reply::text("x").render(provider, &request);
        assert!(matches!(rendered.body, RenderedBody::Whole(_)), "{path}");
    }
}
