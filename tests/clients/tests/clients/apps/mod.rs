//! What applications do with their clients: one function for each client and feature, which knows nothing of
//! llmock. `recorded` runs them on the fixtures in the repository, `road` and `providers` from a server to a
//! replay, `served` on a running `llmock serve`.

#[cfg(feature = "openssl-clients")]
pub(crate) mod anthropic_sdk;
pub(crate) mod openai_sdk;
pub(crate) mod plain;
pub(crate) mod rig;

#[cfg(feature = "provider-clients")]
pub(crate) mod azure;
#[cfg(feature = "provider-clients")]
pub(crate) mod bedrock;
#[cfg(feature = "provider-clients")]
pub(crate) mod cohere_rust;
#[cfg(feature = "provider-clients")]
#[allow(deprecated, reason = "its newer calls are of an API that no server of ours speaks")]
pub(crate) mod gemini_rust;
#[cfg(feature = "provider-clients")]
pub(crate) mod genai;
#[cfg(feature = "langchain-client")]
pub(crate) mod langchain;
#[cfg(feature = "provider-clients")]
pub(crate) mod ollama_rs;
#[cfg(feature = "provider-clients")]
pub(crate) mod openai_api_rs;
#[cfg(feature = "provider-clients")]
pub(crate) mod rig_providers;

/// The only model there is; llama.cpp names it in its answers.
pub(crate) const MODEL: &str = "smollm2-135m";

/// How the gateway for Ollama names it.
#[cfg(feature = "provider-clients")]
pub(crate) const OLLAMA_MODEL: &str = "local/smollm2-135m";

/// A placeholder for a key; a gateway may want its own.
#[cfg(feature = "provider-clients")]
pub(crate) fn key() -> String {
    std::env::var(llmock_testkit::source::GEMINI_KEY).unwrap_or_else(|_| "not-needed".to_owned())
}

/// A question that the smallest model answers right.
pub(crate) const QUESTION: &str = "What is the capital of France? Answer in one short sentence.";

/// Two questions of one conversation, each of which needs a tool.
pub(crate) const TOOL_QUESTIONS: [&str; 2] =
    ["What is the weather in Paris?", "What is the weather in Oslo?"];

/// What an application saw through its client.
#[derive(Debug, Default, PartialEq)]
pub(crate) struct Seen {
    /// The text of the (last) answer.
    pub(crate) text: String,
    /// The text as it arrived, piece by piece, if it was streamed.
    pub(crate) pieces: Vec<String>,
    /// Calls of tools: name and arguments.
    pub(crate) calls: Vec<(String, String)>,
    /// Why the (last) answer ended, as the client's own type prints it; empty where it does not say.
    pub(crate) finish: String,
    /// How many tokens the (last) answer had, where the client says so.
    pub(crate) tokens: Option<u64>,
    /// Everything that the client handed out, as its own types print it.
    pub(crate) raw: Vec<String>,
}

impl Seen {
    pub(crate) fn saw(&mut self, what: &impl std::fmt::Debug) {
        self.raw.push(format!("{what:?}"));
    }

    pub(crate) fn piece(&mut self, text: &str) {
        if !text.is_empty() {
            self.pieces.push(text.to_owned());
            self.text.push_str(text);
        }
    }

    pub(crate) fn called(&mut self, tool: &str, arguments: &str) {
        self.calls.push((tool.to_owned(), arguments.to_owned()));
    }

    /// Nothing said takes nothing back: streams say it once.
    pub(crate) fn finished(&mut self, why: Option<impl std::fmt::Debug>) {
        if let Some(why) = why {
            format!("{why:?}").trim_matches('"').clone_into(&mut self.finish);
        }
    }

    /// The same.
    pub(crate) fn counted(&mut self, tokens: Option<impl TryInto<u64>>) {
        self.tokens = tokens.and_then(|tokens| tokens.try_into().ok()).or(self.tokens);
    }
}

/// The tool of the tool loops.
pub(crate) mod weather {
    use serde_json::{Value, json};

    pub(crate) const NAME: &str = "weather";
    pub(crate) const DESCRIPTION: &str = "Tells the weather in a city";

    pub(crate) fn parameters() -> Value {
        json!({
            "type": "object",
            "properties": { "city": { "type": "string", "description": "Name of the city" } },
            "required": ["city"]
        })
    }

    pub(crate) fn call(arguments: &Value) -> String {
        let city = arguments["city"].as_str().unwrap_or("that place");
        format!("It is sunny in {city} today, at 21 degrees.")
    }
}
