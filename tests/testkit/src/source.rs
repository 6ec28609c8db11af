//! Where recordings come from: a real model wherever there is one that speaks the API.
//!
//! | source | what answers | set |
//! | --- | --- | --- |
//! | `Model` | llama.cpp, whatever path a provider has before the endpoint | `LLMOCK_TEST_MODEL_URL` |
//! | `Gemini` | a gateway that speaks Gemini's API (`v1beta`), in front of a model | `LLMOCK_TEST_GEMINI_URL` |
//! | `Ollama` | a gateway that speaks Ollama's API, in front of a model | `LLMOCK_TEST_OLLAMA_URL` |
//! | `Written` | `llmock::reply`, in the provider's wire format: no server of ours speaks it | |

use std::env;

use llmock::Provider;
use llmock::reply::{RenderedBody, Reply, RequestShape, Role};

use crate::upstream::{Request, Response, Upstream};
use crate::{client, model, process};

/// What answers while recording.
#[derive(Clone, Copy, Debug)]
pub enum Source {
    /// llama.cpp: the APIs of `OpenAI` and Anthropic.
    Model,
    /// The gateway that speaks Gemini's API.
    Gemini,
    /// The gateway that speaks Ollama's API.
    Ollama,
    /// A person.
    Written,
}

/// The variable with the key that the Gemini gateway wants.
pub const GEMINI_KEY: &str = "LLMOCK_TEST_GEMINI_KEY";

impl Source {
    /// The address to record from; without one, says loudly that nothing was recorded.
    pub fn start(self, provider: Provider) -> Option<String> {
        match self {
            Self::Model => model::url().map(|url| relay(move |target| model_url(&url, target))),
            Self::Gemini => self
                .gateway()
                .map(|url| relay(move |target| url.clone() + &target.replace("/v1/", "/v1beta/"))),
            Self::Ollama => self.gateway(),
            Self::Written => {
                Some(Upstream::scripted(move |_, request| written(provider, request)).url())
            }
        }
    }

    fn gateway(self) -> Option<String> {
        let variable = self.variable().expect("a gateway has one");
        let url = env::var(variable).ok().filter(|url| !url.is_empty());
        if url.is_none() {
            process::skipped(&format!("recording from a gateway: {variable} is not set"));
        }
        url.map(|url| url.trim_end_matches('/').to_owned())
    }

    /// What leads to it.
    fn variable(self) -> Option<&'static str> {
        match self {
            Self::Model => Some(model::VARIABLE),
            Self::Gemini => Some("LLMOCK_TEST_GEMINI_URL"),
            Self::Ollama => Some("LLMOCK_TEST_OLLAMA_URL"),
            Self::Written => None,
        }
    }

    /// What a process needs to find it.
    pub fn variables(self) -> Vec<(&'static str, String)> {
        let names = self.variable().into_iter().chain([GEMINI_KEY]);
        names.filter_map(|name| Some((name, env::var(name).ok()?))).collect()
    }
}

/// The model's own path, whatever the provider's is: `/openai/v1/chat/completions` is Groq's,
/// `/openai/deployments/NAME/chat/completions?api-version=…` Azure's.
fn model_url(model: &str, target: &str) -> String {
    let path = target.split('?').next().unwrap_or_default();
    let endpoint = ["/chat/completions", "/responses", "/messages", "/embeddings"]
        .into_iter()
        .find(|endpoint| path.ends_with(endpoint))
        .unwrap_or(path);
    format!("{model}/v1{endpoint}")
}

/// An address that leads to a server which has other paths than the provider.
fn relay(url: impl Fn(&str) -> String + Send + Sync + 'static) -> String {
    let upstream = Upstream::scripted(move |_, request| {
        let mut headers = client::JSON.to_vec();
        headers.extend(request.header("x-goog-api-key").map(|key| ("x-goog-api-key", key)));
        let url = url(&request.target);
        let mut reply = client::send(&request.method, &url, &headers, &request.body);
        let kind = reply.header("content-type").unwrap_or_default().to_owned();
        let streams = reply.header("transfer-encoding").is_some();
        let answer = Response::status(reply.status).header("content-type", &kind);
        if !streams {
            return answer.body(reply.bytes());
        }
        std::iter::from_fn(|| reply.chunk()).fold(answer, Response::chunk)
    });
    upstream.url()
}

/// What a model with a tool would say, written by hand and rendered as the provider sends it.
fn written(provider: Provider, request: &Request) -> Response {
    let shape = RequestShape::new(&request.method, &request.target, &request.body);
    let rendered = conversation(provider, &shape, &request.text()).render(provider, &shape);
    let mut answer = Response::status(rendered.status);
    for name in rendered.headers.keys() {
        answer = answer.header(name.as_str(), rendered.header(name.as_str()).unwrap_or_default());
    }
    match rendered.body {
        RenderedBody::Whole(body) => answer.body(body),
        RenderedBody::Stream(events) => events.into_iter().fold(answer, Response::chunk),
        other => panic!("{other:?}"),
    }
}

fn conversation(provider: Provider, shape: &RequestShape<'_>, body: &str) -> Reply {
    let turns = shape.messages(provider);
    let asked = turns.iter().rev().find(|turn| turn.role == Role::User);
    let city = asked.map(|turn| if turn.text.contains("Oslo") { "Oslo" } else { "Paris" });
    let city = city.unwrap_or("Paris");
    let has_tool = body.contains("\"weather\"");
    match turns.last().map(|turn| turn.role) {
        Some(Role::Tool) => Reply::text(format!("It is sunny in {city}.")).usage(60, 7),
        _ if has_tool => {
            Reply::new().tool_call("weather", format!(r#"{{"city":"{city}"}}"#)).usage(40, 12)
        }
        _ => Reply::pieces(["The capital", " of France", " is Paris."]).usage(18, 7),
    }
}
