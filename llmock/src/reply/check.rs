//! Which endpoints there are, and what a request must have for the provider to take it.

use super::limits;
use super::reading::{Endpoint, Reading};
use super::target::Target;
use crate::json::{self, Json};
use crate::provider::{self, Family, Provider};

const POST: &str = "POST";
const GET: &str = "GET";

/// Where a request goes; `path` is without its query.
pub(super) fn endpoint(provider: Provider, family: Family, method: &str, path: &str) -> Endpoint {
    let (only, found) = match found(provider, family, path) {
        Some(found) => found,
        None if is_models(provider, path) => (GET, Endpoint::Other),
        None => return Endpoint::Unknown,
    };
    if method == only || (only == GET && method == "HEAD") {
        found
    } else {
        Endpoint::OnlyFor(only)
    }
}

/// The endpoint at a path, and the method that it has.
fn found(provider: Provider, family: Family, path: &str) -> Option<(&'static str, Endpoint)> {
    let last = path.rsplit('/').next().unwrap_or_default();
    let verb = last.rsplit(':').next().unwrap_or_default();
    let talk = Some((POST, Endpoint::Conversation));
    let other = Some((POST, Endpoint::Other));
    match family {
        Family::OpenAiChat | Family::OpenAiCompletions | Family::Anthropic => talk,
        Family::OpenAiResponses if last == "responses" => talk,
        Family::OpenAiEmbeddings | Family::AnthropicCount => other,
        Family::Gemini => match verb {
            "generateContent" | "streamGenerateContent" => talk,
            "countTokens" | "embedContent" | "batchEmbedContents" | "predict" => other,
            _ => None,
        },
        Family::Ollama => match path {
            "/api/chat" | "/api/generate" => talk,
            "/api/embed" | "/api/embeddings" | "/api/show" => other,
            "/api/ps" | "/api/version" => Some((GET, Endpoint::Other)),
            _ => None,
        },
        Family::Cohere => match last {
            "chat" => talk,
            "embed" | "rerank" => other,
            _ => None,
        },
        Family::Bedrock => match last {
            "invoke" if path.contains("embed") => other,
            "count-tokens" => other,
            "converse" | "converse-stream" | "invoke" | "invoke-with-response-stream" => talk,
            _ => None,
        },
        Family::Plain if last == "moderations" => other,
        Family::Models => Some((GET, Endpoint::Other)),
        Family::OpenAiResponses | Family::Plain => {
            provider::empty_answer(provider, path).map(|_| (GET, Endpoint::Other))
        }
    }
}

/// Lists of models and models, whatever the method; ids of some have slashes, ids of others colons. Google's
/// `M:verb` is no model.
fn is_models(provider: Provider, path: &str) -> bool {
    let of_google = matches!(provider, Provider::Gemini | Provider::Vertex);
    match path.split_once("/models/") {
        Some((_, id)) if of_google && id.contains(':') => false,
        Some((_, id)) => !id.is_empty(),
        None => provider::family(provider, GET, path) == Family::Models,
    }
}

/// Why the provider would refuse the request, in a sentence for its `message`.
pub(super) fn refusal(reading: &Reading<'_>) -> Option<String> {
    if reading.target().method != POST {
        return None;
    }
    let Some(body) = &reading.body else { return Some(unreadable(reading.bytes)) };
    if !matches!(body, Json::Object(_)) {
        return Some("the body is not a JSON object".to_owned());
    }
    let Target { family, rules, .. } = *reading.target();
    if rules.model && reading.model().is_none() && body.get("prompt").is_none_or(Json::is_null) {
        return Some(match body.get("model") {
            Some(Json::Null) | None => "you must provide a model parameter".to_owned(),
            Some(other) => wrong("model", "a string", other),
        });
    }
    required(body, &rules)
        .or_else(|| rules.messages.and_then(|name| conversation(family, body, name)))
        .or_else(|| typed(body))
        .or_else(|| temperature(family, body))
        .or_else(|| limits::of_request(reading))
}

fn unreadable(bytes: &[u8]) -> String {
    let text = match std::str::from_utf8(bytes) {
        Ok(text) => text,
        Err(error) => {
            let at = error.valid_up_to();
            return format!("the body is not UTF-8: byte {at} does not fit");
        }
    };
    if text.trim().is_empty() {
        return "the body is empty; JSON is expected".to_owned();
    }
    match json::parse(text) {
        Err(error) => format!(
            "we could not parse the JSON body of your request: expected {} at line {} column {}",
            error.expected, error.line, error.column
        ),
        Ok(_) => "we could not parse the JSON body of your request".to_owned(),
    }
}

/// What the body of an endpoint must have.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Rules {
    /// Whether the body or the path names a model.
    model: bool,
    /// Members of which one has to be there.
    one_of: &'static [&'static str],
    /// The member that holds the conversation.
    messages: Option<&'static str>,
}

/// What a body has to have at a path, which is without its query.
pub(super) fn rules(family: Family, path: &str) -> Rules {
    let chat = Rules { model: true, one_of: &["messages"], messages: Some("messages") };
    let last = path.rsplit('/').next().unwrap_or_default();
    match family {
        Family::OpenAiChat | Family::Anthropic | Family::AnthropicCount => {
            // in Vertex's and Bedrock's addresses the model is a part of the path
            Rules { model: !last.contains(':'), ..chat }
        }
        Family::OpenAiCompletions => Rules { model: true, ..Rules::default() },
        Family::OpenAiResponses => Rules { model: true, one_of: &[], messages: Some("input") },
        Family::OpenAiEmbeddings => Rules { model: true, one_of: &["input"], messages: None },
        Family::Gemini if last.ends_with("enerateContent") => {
            Rules { model: false, one_of: &["contents"], messages: Some("contents") }
        }
        Family::Ollama => Rules { model: true, one_of: &[], messages: Some("messages") },
        Family::Cohere if path == "/v2/chat" => chat,
        Family::Cohere if path == "/v1/chat" => Rules { one_of: &["message"], ..Rules::default() },
        Family::Bedrock if last.starts_with("converse") => Rules { model: false, ..chat },
        Family::Plain if last == "moderations" => {
            Rules { model: false, one_of: &["input"], messages: None }
        }
        _ => Rules::default(),
    }
}

fn required(body: &Json<'_>, rules: &Rules) -> Option<String> {
    let there = |name: &&str| body.get(name).is_some_and(|value| !value.is_null());
    let missing = rules.one_of.first().filter(|_| !rules.one_of.iter().any(there))?;
    Some(format!("missing required parameter: `{missing}`"))
}

/// The conversation: a list of objects, each with a role and a content that can be read.
fn conversation(family: Family, body: &Json<'_>, name: &str) -> Option<String> {
    let messages = match body.get(name) {
        None | Some(Json::Null) => return None,
        Some(Json::String(_)) if name == "input" => return None,
        Some(Json::Array(messages)) => messages,
        Some(Json::Object(_)) if name == "contents" => return None,
        Some(other) => return Some(wrong(name, "an array", other)),
    };
    messages
        .iter()
        .enumerate()
        .find_map(|(at, message)| message_fault(family, message, || format!("{name}[{at}]")))
}

fn message_fault(family: Family, message: &Json<'_>, place: impl Fn() -> String) -> Option<String> {
    if !matches!(message, Json::Object(_)) {
        return Some(wrong(&place(), "an object", message));
    }
    match message.get("role") {
        None | Some(Json::Null) if family == Family::OpenAiChat => {
            return Some(format!("missing required parameter: `{}.role`", place()));
        }
        None | Some(Json::Null) => {}
        Some(Json::String(role)) => {
            let role = role.decode();
            if family == Family::OpenAiChat && !ROLES.contains(&role.as_ref()) {
                let known = ROLES.join("`, `");
                return Some(format!(
                    "invalid value `{role}` of `{}.role`: supported are `{known}`",
                    place()
                ));
            }
        }
        Some(other) => return Some(wrong(&format!("{}.role", place()), "a string", other)),
    }
    match message.get("content") {
        Some(content @ (Json::Bool(_) | Json::Number(_))) => {
            Some(wrong(&format!("{}.content", place()), "a string or an array", content))
        }
        _ => None,
    }
}

const ROLES: &[&str] = &["system", "developer", "user", "assistant", "tool", "function"];

/// Members that have one type wherever they are known.
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

fn temperature(family: Family, body: &Json<'_>) -> Option<String> {
    let most = match family {
        Family::OpenAiChat | Family::OpenAiCompletions | Family::OpenAiResponses => 2.0,
        Family::Anthropic => 1.0,
        _ => return None,
    };
    let Some(Json::Number(token)) = body.get("temperature") else { return None };
    let value: f64 = token.parse().ok()?;
    (!(0.0..=most).contains(&value))
        .then(|| format!("invalid value {token} of `temperature`: expected 0 to {most}"))
}

fn wrong(place: &str, expected: &str, found: &Json<'_>) -> String {
    format!("invalid type of `{place}`: expected {expected}, but got {}", found.kind())
}

#[cfg(test)]
mod tests {
    use super::super::{Reply, RequestShape};
    use super::*;

    #[test]
    fn every_endpoint_is_known_for_its_method_alone() {
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
            ("ollama", "POST", "/api/pull", Endpoint::Unknown),
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
    fn whatever_is_known_to_exist_is_rendered() {
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
    fn what_only_a_careful_provider_would_refuse_is_taken() {
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
