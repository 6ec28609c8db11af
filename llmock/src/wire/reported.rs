//! Errors that a provider reports inside a response whose status is a success: in a JSON body, or in the middle of a
//! stream, when the status is already sent.

use super::bedrock;
use super::text::{error_text, message};
use crate::json::{self, Json};
use crate::stream::{Item, Stream};

/// An error of a provider.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct ReportedError {
    /// The status that the error has where it is a response of its own; 0 if it names neither a status nor a kind.
    pub(crate) status: u16,
    /// In the provider's words.
    pub(crate) message: Option<String>,
}

/// The error that a JSON body reports.
///
/// A resource that a request only retrieves may describe a failed job; that response is a success.
pub(crate) fn error_in_body(method: &str, body: &Json<'_>) -> Option<ReportedError> {
    const OF_RESOURCES: [&str; 4] = ["id", "name", "object", "status"];
    let is_resource = |body: &Json<'_>| {
        OF_RESOURCES.iter().any(|name| body.get(name).is_some_and(|value| !value.is_null()))
    };
    if method.eq_ignore_ascii_case("GET") && is_resource(body) && !is_envelope(body) {
        return None;
    }
    reported(body)
}

/// The first error that a stream reports.
pub(crate) fn error_in_stream(method: &str, stream: &Stream) -> Option<ReportedError> {
    stream.events.iter().find_map(|event| match &event.item {
        Item::Sse { event, data, .. } if event.as_deref() == Some("error") => {
            Some(named_error(data))
        }
        Item::Sse { data: text, .. } => reported(&json::parse(text).ok()?),
        // Lines of a file of results, which may name failed requests, or of a live stream.
        Item::Json(text) => error_in_body(method, &json::parse(text).ok()?),
        Item::Frame { headers, payload } => bedrock::exception(headers, payload)
            .map(|(kind, message)| ReportedError { status: status_of_words(&kind), message }),
        Item::Raw(text) => error_field(text),
        Item::RawBytes(_) => None,
    })
}

/// The data of `event: error`, JSON or not.
fn named_error(data: &str) -> ReportedError {
    let Ok(body) = json::parse(data) else {
        let message = Some(data.trim().to_owned()).filter(|text| !text.is_empty());
        return ReportedError { status: status_of_words(data), message };
    };
    reported(&body).unwrap_or_else(|| error_from(&body, &body))
}

/// llama.cpp sends `error: {...}` in place of `data: {...}`.
/// <https://github.com/ggml-org/llama.cpp/issues/14566>
fn error_field(text: &str) -> Option<ReportedError> {
    let data = text.lines().find_map(|line| line.strip_prefix("error:"))?;
    Some(named_error(data.trim()))
}

/// Whether nothing but an error is in a body: Anthropic's `"type": "error"`, vLLM's `"object": "error"`.
fn is_envelope(body: &Json<'_>) -> bool {
    ["type", "object"].iter().any(|name| body.text(name).as_deref() == Some("error"))
}

fn reported(body: &Json<'_>) -> Option<ReportedError> {
    if let Json::Array(items) = body {
        return items.first().filter(|first| first.as_object().is_some()).and_then(reported);
    }
    // JSON-RPC has its errors in successful responses: they are results of the call.
    if body.get("jsonrpc").is_some() {
        return None;
    }
    if is_envelope(body) {
        return Some(error_from(body, body.get("error").unwrap_or(body)));
    }
    // OpenRouter also reports an error for a choice alone; Cohere in the last event; a Responses stream in the response.
    let choices = body.items("choices").iter();
    let response =
        body.get("response").filter(|_| body.text("type").as_deref() == Some("response.failed"));
    let holders = std::iter::once(body).chain(choices).chain(response).chain(body.get("delta"));
    holders.into_iter().find_map(|holder| {
        let error = holder.get("error").filter(|error| is_error(error))?;
        Some(error_from(holder, error))
    })
}

/// Some APIs have an empty `error` in every response.
fn is_error(error: &Json<'_>) -> bool {
    match error {
        Json::String(text) => !text.raw().is_empty(),
        Json::Object(members) => members.iter().any(|(_, value)| match value {
            Json::Null | Json::Bool(false) => false,
            Json::String(text) => !text.raw().is_empty(),
            Json::Number(token) => *token != "0",
            Json::Array(items) => !items.is_empty(),
            Json::Object(members) => !members.is_empty(),
            Json::Bool(true) => true,
        }),
        Json::Bool(is_error) => *is_error,
        _ => false,
    }
}

fn error_from(holder: &Json<'_>, error: &Json<'_>) -> ReportedError {
    let message = error_text(holder).or_else(|| message(error)).or_else(|| message(holder));
    let status = [error, holder].into_iter().find_map(status_in);
    let status = status.unwrap_or_else(|| {
        let words: Vec<_> = ["type", "code", "status"]
            .iter()
            .filter_map(|name| error.text(name))
            .chain(error.as_str())
            .collect();
        if words.is_empty() { 0 } else { status_of_words(&words.join(" ")) }
    });
    ReportedError { status, message }
}

/// An error status that a value names, as a number or as its digits.
fn status_in(value: &Json<'_>) -> Option<u16> {
    const NAMES: [&str; 5] = ["code", "status_code", "status", "statusCode", "http_status"];
    let number = |value: &Json<'_>| match value {
        Json::Number(token) => token.parse().ok(),
        Json::String(text) => text.decode().parse().ok(),
        _ => None,
    };
    let numbers = NAMES.iter().filter_map(|name| number(value.get(name)?));
    numbers.into_iter().find(|status| (400..600).contains(status))
}

/// The status of an error that names only its kind: `overloaded_error`, `RESOURCE_EXHAUSTED`, `throttlingException`.
fn status_of_words(words: &str) -> u16 {
    #[rustfmt::skip]
    const KINDS: &[(u16, &[&str])] = &[
        (429, &["ratelimit", "toomanyrequests", "throttl", "quota", "resourceexhausted"]),
        (529, &["overloaded"]),
        (503, &["unavailable"]),
        (504, &["timeout", "deadlineexceeded"]),
        (401, &["authentication", "unauthenticated", "unauthorized", "invalidapikey"]),
        (403, &["permission", "forbidden", "accessdenied"]),
        (402, &["billing", "payment", "insufficient"]),
        (404, &["notfound"]),
        (413, &["toolarge"]),
        (400, &["invalid", "badrequest", "validation", "contextlength", "contentfilter", "toolusefailed"]),
    ];
    let words: String =
        words.chars().filter(char::is_ascii_alphanumeric).collect::<String>().to_ascii_lowercase();
    let kind = KINDS.iter().find(|(_, kinds)| kinds.iter().any(|kind| words.contains(kind)));
    kind.map_or(500, |(status, _)| *status)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::stream::{Chunk, End, Framing};

    fn in_body(method: &str, body: &str) -> Option<(u16, String)> {
        let error = error_in_body(method, &json::parse(body).unwrap())?;
        Some((error.status, error.message.unwrap_or_default()))
    }

    fn in_stream(framing: Framing, body: &str) -> Option<(u16, String)> {
        let chunk = Chunk { ms: 0, bytes: body.as_bytes().to_vec() };
        let stream = Stream::from_chunks(framing, &[chunk], End::Complete);
        let error = error_in_stream("POST", &stream)?;
        Some((error.status, error.message.unwrap_or_default()))
    }

    #[test]
    fn finds_errors_in_bodies_of_successful_responses() {
        for (body, status, message) in [
            (
                r#"{"error":{"message":"No endpoints found","code":404},"user_id":"u"}"#,
                404,
                "No endpoints found",
            ),
            (r#"{"error":{"message":"slow down","code":"429"}}"#, 429, "slow down"),
            (
                r#"{"type":"error","error":{"type":"overloaded_error","message":"Overloaded"}}"#,
                529,
                "Overloaded",
            ),
            (r#"[{"error":{"code":503,"message":"busy","status":"UNAVAILABLE"}}]"#, 503, "busy"),
            (r#"{"error":{"message":"quota","status":"RESOURCE_EXHAUSTED"}}"#, 429, "quota"),
            (
                r#"{"error":"model runner has unexpectedly stopped"}"#,
                500,
                "model runner has unexpectedly stopped",
            ),
            (
                r#"{"object":"error","message":"too long","type":"BadRequestError","code":400}"#,
                400,
                "too long",
            ),
            (
                r#"{"id":"r","object":"response","status":"failed","error":{"code":"rate_limit_exceeded","message":"x"}}"#,
                429,
                "x",
            ),
            (
                r#"{"choices":[{"index":0,"error":{"code":502,"message":"gone"},"finish_reason":"error"}]}"#,
                502,
                "gone",
            ),
            (r#"{"error":{"type":"authentication_error","message":"no"}}"#, 401, "no"),
        ] {
            assert_eq!(in_body("POST", body), Some((status, message.to_owned())), "{body}");
        }
    }

    #[test]
    fn takes_no_good_body_for_an_error() {
        for body in [
            "{}",
            "[]",
            r#"{"id":"r","object":"response","error":null,"output":[]}"#,
            r#"{"id":"job","error":{"code":null,"message":null,"param":null}}"#,
            r#"{"id":"job","error":{}}"#,
            r#"{"error":""}"#,
            r#"{"error":false}"#,
            r#"{"message":"hello","model":"m"}"#,
            r#"{"choices":[{"message":{"content":"{\"error\":{\"code\":500}}"}}]}"#,
            r#"{"content":[{"type":"tool_result","is_error":true}],"type":"message"}"#,
            r#"{"jsonrpc":"2.0","id":1,"error":{"code":-32601,"message":"Method not found"}}"#,
            r#"[[{"error":"x"}]]"#,
        ] {
            assert_eq!(in_body("POST", body), None, "{body}");
        }
        let failed_job =
            r#"{"id":"b","status":"failed","error":{"code":"server_error","message":"x"}}"#;
        assert_eq!(in_body("GET", failed_job), None);
        assert!(in_body("GET", r#"{"error":{"code":500,"message":"x"}}"#).is_some());
        assert!(in_body("GET", r#"{"type":"error","error":{"message":"x"}}"#).is_some());
    }

    #[test]
    fn finds_errors_in_streams() {
        let good = "data: {\"choices\":[{\"delta\":{\"content\":\"a\"}}]}\n\n";
        for (event, status, message) in [
            (
                "data: {\"error\":{\"code\":502,\"message\":\"gone\"},\"choices\":[]}\n\n",
                502,
                "gone",
            ),
            (
                "event: error\ndata: {\"type\":\"error\",\"error\":{\"type\":\"overloaded_error\",\"message\":\"O\"}}\n\n",
                529,
                "O",
            ),
            ("event: error\ndata: {\"message\":\"plain\"}\n\n", 0, "plain"),
            ("event: error\ndata: rate limit reached\n\n", 429, "rate limit reached"),
            (
                "error: {\"code\":500,\"message\":\"slot\",\"type\":\"server_error\"}\n\n",
                500,
                "slot",
            ),
            (
                "data: {\"type\":\"error\",\"code\":\"server_error\",\"message\":\"r\"}\n\n",
                500,
                "r",
            ),
            (
                "data: {\"type\":\"response.failed\",\"response\":{\"error\":{\"code\":\"server_error\",\"message\":\"f\"}}}\n\n",
                500,
                "f",
            ),
            (
                "data: {\"type\":\"message-end\",\"delta\":{\"error\":\"stopped\"}}\n\n",
                500,
                "stopped",
            ),
        ] {
            let found = in_stream(Framing::Sse, &format!("{good}{event}"));
            assert_eq!(found, Some((status, message.to_owned())), "{event}");
        }
        let lines = "{\"response\":\"a\"}\n{\"error\":\"out of memory\"}\n";
        assert_eq!(in_stream(Framing::Ndjson, lines), Some((500, "out of memory".to_owned())));
        assert_eq!(in_stream(Framing::Sse, good), None);
        let mcp =
            "data: {\"type\":\"response.mcp_call.failed\",\"item_id\":\"m\"}\n\n: error: no\n\n";
        assert_eq!(in_stream(Framing::Sse, mcp), None);
    }
}
