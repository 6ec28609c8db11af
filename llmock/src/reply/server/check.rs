//! Request checks: what the provider would refuse.

use crate::json::{self, Json, JsonError};
use crate::wire::content::Reply;
use crate::wire::format::POST;
use crate::wire::reading::Reading;
use crate::wire::requirements::{
    CHOICES, COORDINATES, DIMENSIONS, INPUTS, Limit, Requirements, Vectors, is_tokens,
};

impl Reading<'_> {
    /// The error with which the provider would refuse the request: its body is not JSON, or members are missing, of a
    /// wrong type, or ask for more than llmock returns at once. `None` does not mean that the provider accepts it.
    ///
    /// ```
    /// # use llmock::{Provider, reply::RequestShape};
    /// let reading = RequestShape::post("/v1/chat/completions", r#"{"model":"gpt-5"}"#).read(Provider::OpenAI);
    /// let refusal = reading.refusal().expect("`messages` is missing");
    /// assert_eq!(reading.render(&refusal).status, 400);
    /// ```
    pub fn refusal(&self) -> Option<Reply> {
        refusal(self).map(|reason| Reply::error(400, reason))
    }
}

/// The reason, in a sentence for the error's `message`.
fn refusal(reading: &Reading<'_>) -> Option<String> {
    if reading.target().method != POST {
        return None;
    }
    let Some(body) = &reading.body else { return Some(unreadable(reading.bytes)) };
    if !matches!(body, Json::Object(_)) {
        return Some("the body is not a JSON object".to_owned());
    }
    let operation = reading.target().operation;
    let Requirements { model, member, messages, .. } = operation.requirements;
    if model && reading.model().is_none() && body.get("prompt").is_none_or(Json::is_null) {
        return Some(match body.get("model") {
            Some(Json::Null) | None => "you must provide a model parameter".to_owned(),
            Some(other) => wrong("model", "a string", other),
        });
    }
    member
        .filter(|name| body.get(name).is_none_or(Json::is_null))
        .map(|name| format!("missing required parameter: `{name}`"))
        .or_else(|| conversation(body, messages?, operation.requirements.has_strict_roles))
        .or_else(|| typed(body))
        .or_else(|| temperature(body, operation.requirements.max_temperature?))
        .or_else(|| excess(reading, body))
}

fn unreadable(bytes: &[u8]) -> String {
    match std::str::from_utf8(bytes) {
        Err(error) => format!("the body is not UTF-8: byte {} does not fit", error.valid_up_to()),
        Ok(text) if text.trim().is_empty() => "the body is empty; JSON is expected".to_owned(),
        Ok(text) => {
            let place = json::parse(text).err().map_or_else(String::new, |error| {
                let JsonError { expected, line, column, .. } = error;
                format!(": expected {expected} at line {line} column {column}")
            });
            format!("we could not parse the JSON body of your request{place}")
        }
    }
}

/// A fault in the conversation: a list of objects, each with a role and a content of the right type.
fn conversation(body: &Json<'_>, name: &str, strict_roles: bool) -> Option<String> {
    let messages = match body.get(name) {
        None | Some(Json::Null) => return None,
        Some(Json::String(_)) if name == "input" => return None,
        Some(Json::Array(messages)) => messages,
        Some(Json::Object(_)) if name == "contents" => return None,
        Some(other) => return Some(wrong(name, "an array", other)),
    };
    let place = |at: usize, member: &str| format!("{name}[{at}]{member}");
    messages
        .iter()
        .enumerate()
        .find_map(|(at, message)| message_fault(message, strict_roles, |member| place(at, member)))
}

fn message_fault(
    message: &Json<'_>,
    strict_roles: bool,
    place: impl Fn(&str) -> String,
) -> Option<String> {
    if !matches!(message, Json::Object(_)) {
        return Some(wrong(&place(""), "an object", message));
    }
    let fault = match message.get("role").unwrap_or(&Json::Null) {
        Json::Null if strict_roles => {
            Some(format!("missing required parameter: `{}`", place(".role")))
        }
        Json::String(role) if strict_roles && !ROLES.contains(&&*role.decode()) => {
            let (role, known) = (role.decode(), ROLES.join("`, `"));
            let place = place(".role");
            Some(format!("invalid value `{role}` of `{place}`: supported are `{known}`"))
        }
        Json::Null | Json::String(_) => None,
        other => Some(wrong(&place(".role"), "a string", other)),
    };
    fault.or_else(|| match message.get("content")? {
        content @ (Json::Bool(_) | Json::Number(_)) => {
            Some(wrong(&place(".content"), "a string or an array", content))
        }
        _ => None,
    })
}

const ROLES: &[&str] = &["system", "developer", "user", "assistant", "tool", "function"];

/// A fault in members that have the same type in every format.
fn typed(body: &Json<'_>) -> Option<String> {
    body.as_object()?.iter().find_map(|(name, value)| {
        let name = name.decode();
        let (kind, fits) = match &*name {
            "stream" => ("a boolean", matches!(value, Json::Bool(_))),
            "model" => ("a string", matches!(value, Json::String(_))),
            "temperature" | "top_p" => ("a number", matches!(value, Json::Number(_))),
            "max_tokens" => ("an integer", value.as_u64().is_some()),
            "tools" => ("an array", matches!(value, Json::Array(_))),
            _ => return None,
        };
        (!fits && !value.is_null()).then(|| wrong(&name, kind, value))
    })
}

fn temperature(body: &Json<'_>, most: f64) -> Option<String> {
    let Some(Json::Number(token)) = body.get("temperature") else { return None };
    let value: f64 = token.parse().ok()?;
    (!(0.0..=most).contains(&value))
        .then(|| format!("invalid value {token} of `temperature`: expected 0 to {most}"))
}

fn excess(reading: &Reading<'_>, body: &Json<'_>) -> Option<String> {
    match &reading.target().operation.limit {
        Limit::None => None,
        Limit::Choices => choices(body),
        Limit::ChoicesOfPrompts => choices(body).or_else(|| elements(body, "prompt", INPUTS)),
        Limit::Elements { member, most } => elements(body, member, *most),
        Limit::Vectors(vectors) => {
            excess_of_vectors(vectors, body, &reading.model().unwrap_or_default())
        }
    }
}

fn choices(body: &Json<'_>) -> Option<String> {
    not_up_to(CHOICES, "n", body.get("n").filter(|wanted| !wanted.is_null())?)
}

fn not_up_to(most: u64, name: &str, value: &Json<'_>) -> Option<String> {
    let fits = value.as_u64().is_some_and(|value| (1..=most).contains(&value));
    (!fits).then(|| format!("invalid value of `{name}`: expected an integer from 1 to {most}"))
}

fn elements(body: &Json<'_>, name: &str, most: usize) -> Option<String> {
    let count = body.get(name).and_then(Json::as_array).filter(|items| !is_tokens(items))?.len();
    (count > most).then(|| format!("`{name}` has {count} elements: at most {most} are taken"))
}

/// Vectors that are too many, too long, or both.
fn excess_of_vectors(vectors: &Vectors, body: &Json<'_>, model: &str) -> Option<String> {
    let name = vectors.dimensions.rsplit('/').next().unwrap_or_default();
    let not_up_to = |wanted| not_up_to(DIMENSIONS as u64, name, wanted);
    let fault =
        elements(body, vectors.inputs, INPUTS).or_else(|| vectors.wanted(body).and_then(not_up_to));
    if fault.is_some() {
        return fault;
    }
    let items = body.get(vectors.inputs).and_then(Json::as_array);
    let count = items.filter(|items| !is_tokens(items)).map_or(1, <[_]>::len);
    let each = vectors.count(body, model);
    (count * each > COORDINATES).then(|| {
        format!(
            "{count} vectors of {each} dimensions are {} numbers: at most {COORDINATES} are made at once",
            count * each
        )
    })
}

fn wrong(place: &str, expected: &str, found: &Json<'_>) -> String {
    format!("invalid type of `{place}`: expected {expected}, but got {}", found.kind())
}

#[cfg(test)]
mod tests {
    use super::super::super::{Endpoint, Reply, RequestShape};
    use super::*;
    use crate::provider::Provider;
    use crate::wire::format::GET;

    #[test]
    fn knows_each_endpoint_for_its_method() {
        const TALK: Endpoint = Endpoint::Conversation;
        for (id, method, path, leads_to) in [
            ("openai", "POST", "/chat/completions", TALK),
            ("openai", "GET", "/v1/chat/completions", Endpoint::OnlyFor(POST)),
            ("openai", "POST", "/v1/responses", TALK),
            ("openai", "GET", "/v1/responses/resp_1", Endpoint::Unknown),
            ("openai", "POST", "/v1/completions", TALK),
            ("openai", "POST", "/v1/embeddings", Endpoint::Other),
            ("openai", "POST", "/v1/moderations", Endpoint::Other),
            ("openai", "GET", "/v1/models", Endpoint::Other),
            ("openai", "HEAD", "/v1/models", Endpoint::Other),
            ("openai", "POST", "/v1/models", Endpoint::OnlyFor(GET)),
            ("openai", "DELETE", "/v1/models/a/b", Endpoint::OnlyFor(GET)),
            ("openai", "GET", "/v1/models/a/b:8b", Endpoint::Other),
            ("openai", "POST", "/v1/models/ft:a::b", Endpoint::OnlyFor(GET)),
            ("openai", "POST", "/v1/audio/speech", Endpoint::Unknown),
            ("anthropic", "POST", "/v1/messages", TALK),
            ("anthropic", "PUT", "/v1/messages/count_tokens", Endpoint::OnlyFor(POST)),
            ("gemini", "POST", "/v1beta/models/m:generateContent", TALK),
            ("gemini", "POST", "/v1beta/models/m:countTokens", Endpoint::Other),
            ("gemini", "POST", "/v1beta/models/m:predictLongRunning", Endpoint::Unknown),
            ("ollama", "POST", "/api/generate", TALK),
            ("ollama", "GET", "/api/ps", Endpoint::Other),
            ("ollama", "POST", "/api/pull", Endpoint::Other),
            ("ollama", "POST", "/api/push", Endpoint::Unknown),
            ("cohere", "POST", "/v2/rerank", Endpoint::Other),
            ("bedrock", "POST", "/model/m/converse-stream", TALK),
            ("bedrock", "POST", "/model/amazon.titan-embed-text-v2/invoke", Endpoint::Other),
            ("bedrock", "POST", "/model/meta.llama3-8b-instruct-v1:0/invoke", TALK),
            ("bedrock", "POST", "/model/m/other", Endpoint::Unknown),
        ] {
            let provider = Provider::from_id(id);
            let reading = RequestShape::new(method, path, "").read(provider);
            assert_eq!(reading.target().endpoint(), leads_to, "{id} {method} {path}");
        }
    }

    #[test]
    fn renders_every_known_endpoint() {
        let body = r#"{"model":"m","input":"a","query":"q","documents":["d"],"texts":["t"],
            "contents":[],"content":{"parts":[{"text":"a"}]},"messages":[],"requests":[],"instances":[]}"#;
        for (id, path) in [
            ("openai", "/v1/chat/completions"),
            ("openai", "/v1/moderations"),
            ("anthropic", "/v1/messages/count_tokens"),
            ("gemini", "/v1beta/models/m:predict"),
            ("gemini", "/v1beta/models/m:batchEmbedContents"),
            ("ollama", "/api/show"),
            ("ollama", "/api/embeddings"),
            ("cohere", "/v1/chat"),
            ("cohere", "/v1/embed"),
            ("bedrock", "/model/m/count-tokens"),
            ("bedrock", "/model/amazon.titan-embed-text-v2/invoke"),
        ] {
            let reading = RequestShape::post(path, body).read(Provider::from_id(id));
            assert!(
                matches!(reading.target().endpoint(), Endpoint::Conversation | Endpoint::Other),
                "{path}"
            );
            let rendered = reading.render(&Reply::text("Hi"));
            assert_eq!(rendered.status, 200, "{id} {path} {}", rendered.text());
        }
    }

    #[test]
    fn accepts_requests_that_only_strict_providers_reject() {
        for (id, path, body) in [
            (
                "openai",
                "/v1/chat/completions",
                r#"{"model":"m","messages":[{"role":"user"}],"x":1}"#,
            ),
            (
                "openai",
                "/v1/chat/completions",
                r#"{"model":"m","messages":[{"role":"assistant","content":null}]}"#,
            ),
            ("openai", "/v1/responses", r#"{"prompt":{"id":"p"}}"#),
            (
                "openai",
                "/v1/responses",
                r#"{"model":"m","input":[{"type":"item_reference","id":"i"}]}"#,
            ),
            (
                "anthropic",
                "/v1/messages",
                r#"{"model":"m","messages":[{"role":"user","content":"a"}]}"#,
            ),
            ("azure", "/openai/deployments/d/embeddings", r#"{"input":"a"}"#),
            (
                "vertex",
                "/v1/projects/p/locations/l/publishers/anthropic/models/m:rawPredict",
                r#"{"messages":[]}"#,
            ),
            ("ollama", "/api/generate", r#"{"model":"m"}"#),
            ("bedrock", "/model/m/invoke", r#"{"prompt":"a"}"#),
        ] {
            let reading = RequestShape::post(path, body).read(Provider::from_id(id));
            assert_eq!(reading.refusal(), None, "{id} {path} {body}");
        }
    }
}
