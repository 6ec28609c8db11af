//! The clients of every provider, untouched, on the whole road: recorded through llmock, replayed without a
//! server. Two tests a client and feature: `replays` reads the recording that lies in the repository,
//! `records` makes the whole trip, from a server to two replays that are equal byte for byte.
//!
//! Record them again, with the servers that `llmock_testkit::source` names:
//! `LLMOCK_MODE=record cargo test -p llmock-client-tests --features provider-clients providers::replays`.

mod without_variable;

use std::path::PathBuf;

#[cfg(feature = "langchain-client")]
use crate::apps::langchain;
use crate::apps::rig::{ChatModel, agent, agent_stream, call, stream};
use crate::apps::{
    Seen, azure, bedrock, cohere_rust, gemini_rust, genai, ollama_rs, openai_api_rs, openai_sdk,
    rig_providers as rig,
};
use crate::checks::{arrived_in_pieces, asked_the_tool_twice as called, names_paris as text};
use crate::road::trip::{self, At, block_on};
use ::genai::adapter::AdapterKind;
use llmock::{LlmMock, MockSession, Provider};
use llmock_testkit::process;
use llmock_testkit::source::Source;

/// What an answer must be, besides being the recorded one.
type Check = fn(&Seen);

fn streamed(seen: &Seen) {
    text(seen);
    arrived_in_pieces(seen);
}

/// One client with one provider.
#[derive(Clone, Copy)]
struct Group {
    name: &'static str,
    provider: Provider,
    source: Source,
}

impl Group {
    fn session(self, case: &str) -> MockSession {
        let path: PathBuf =
            [env!("CARGO_MANIFEST_DIR"), "tests/clients/fixtures/providers", self.name, case]
                .iter()
                .collect();
        let mut builder = LlmMock::builder()
            .fixture(path)
            .test(format!("{}::{case}", self.name))
            .strict_order()
            .fail_on_unused();
        if std::env::var("LLMOCK_MODE").is_ok_and(|mode| mode != "replay")
            && let Some(url) = self.source.start(self.provider)
        {
            builder = builder.upstream(self.provider, url);
        }
        builder.start().unwrap_or_else(|error| panic!("{error}"))
    }

    fn replay(self, case: &str, program: impl Fn(&At<'_>) -> Seen, check: Check) {
        let session = self.session(case);
        check(&program(&At::handle(&session)));
        session.finish().unwrap_or_else(|error| panic!("{error}"));
    }

    fn travel(self, program: impl Fn(&At<'_>) -> Seen, check: Check) {
        let Some(server) = self.source.start(self.provider) else { return };
        trip::travel(
            &server,
            |url| vec![(self.provider, url.to_owned())],
            |at| {
                let seen = program(at);
                check(&seen);
                seen
            },
        );
    }

    /// The environment of a process that records.
    fn variables(self) -> Option<Vec<(&'static str, String)>> {
        // Says what is missing where the runner sees it.
        self.source.start(self.provider).map(|_| self.source.variables())
    }
}

macro_rules! provider_clients {
    ($($(#[$attribute:meta])*
    $group:ident: $provider:ident from $source:ident, |$at:ident| $make:expr => {
        $($case:ident($check:ident): |$client:ident| $program:expr;)*
    })*) => {
        mod replays {
            use super::*;
            $($(#[$attribute])*
            mod $group {
                use super::*;
                $(#[test]
                fn $case() {
                    let program = |$at: &At<'_>| {
                        let $client = $make;
                        block_on($program)
                    };
                    super::super::$group::GROUP.replay(stringify!($case), program, $check);
                })*
            })*
        }
        $($(#[$attribute])*
        mod $group {
            use super::*;
            pub(super) const GROUP: Group = Group {
                name: stringify!($group),
                provider: Provider::$provider,
                source: Source::$source,
            };
            mod records {
                use super::*;
                $(#[test]
                fn $case() {
                    let Some(variables) = GROUP.variables() else { return };
                    let variables: Vec<_> =
                        variables.iter().map(|(name, value)| (*name, value.as_str())).collect();
                    process::alone(&variables, |_| {
                        let program = |$at: &At<'_>| {
                            let $client = $make;
                            block_on($program)
                        };
                        GROUP.travel(program, $check);
                    });
                })*
            }
        })*
    };
}

provider_clients! {
    genai_openai: OpenAI from Model, |at| genai::client(at.url()) => {
        chat(text): |client| genai::chat(&client, AdapterKind::OpenAI);
        chat_stream(streamed): |client| genai::chat_stream(&client, AdapterKind::OpenAI);
        tools(called): |client| genai::tools(&client, AdapterKind::OpenAI);
    }
    genai_anthropic: Anthropic from Model, |at| genai::client(at.url()) => {
        chat(text): |client| genai::chat(&client, AdapterKind::Anthropic);
        chat_stream(streamed): |client| genai::chat_stream(&client, AdapterKind::Anthropic);
        tools(called): |client| genai::tools(&client, AdapterKind::Anthropic);
    }
    genai_gemini: Gemini from Gemini, |at| genai::client(at.url()) => {
        chat(text): |client| genai::chat(&client, AdapterKind::Gemini);
        chat_stream(streamed): |client| genai::chat_stream(&client, AdapterKind::Gemini);
        tools(called): |client| genai::tools(&client, AdapterKind::Gemini);
    }
    genai_ollama: Ollama from Ollama, |at| genai::client(at.url()) => {
        chat(text): |client| genai::chat(&client, AdapterKind::Ollama);
        chat_stream(streamed): |client| genai::chat_stream(&client, AdapterKind::Ollama);
    }
    // The gateway keeps the model's tool calls to itself.
    genai_ollama_tools: Ollama from Written, |at| genai::client(at.url()) => {
        tools(called): |client| genai::tools(&client, AdapterKind::Ollama);
    }
    rig_gemini: Gemini from Gemini, |at| rig::gemini(&at.base_url(Provider::Gemini)) => {
        chat(text): |model| call(model);
        chat_stream(streamed): |model| stream(model);
        tools(called): |model| agent_with_ids_of_its_own(model);
    }
    rig_ollama: Ollama from Ollama, |at| rig::ollama(&at.base_url(Provider::Ollama)) => {
        chat(text): |model| call(model);
        chat_stream(streamed): |model| stream(model);
    }
    rig_ollama_native: Ollama from Ollama, |at| {
        rig::ollama_native(&at.base_url(Provider::Ollama))
    } => {
        chat(text): |model| call(model);
        chat_stream(streamed): |model| stream(model);
    }
    rig_ollama_native_tools: Ollama from Written, |at| {
        rig::ollama_native(&at.base_url(Provider::Ollama))
    } => {
        tools(called): |model| agent(model);
        tools_stream(called): |model| agent_stream(model);
    }
    rig_mistral: Mistral from Model, |at| rig::mistral(&at.base_url(Provider::Mistral)) => {
        chat(text): |model| call(model);
        chat_stream(streamed): |model| stream(model);
        tools(called): |model| agent(model);
        tools_stream(called): |model| agent_stream(model);
    }
    rig_groq: Groq from Model, |at| rig::groq(&at.base_url(Provider::Groq)) => {
        chat(text): |model| call(model);
        chat_stream(streamed): |model| stream(model);
        tools(called): |model| agent(model);
        tools_stream(called): |model| agent_stream(model);
    }
    rig_deepseek: DeepSeek from Model, |at| rig::deepseek(&at.base_url(Provider::DeepSeek)) => {
        chat(text): |model| call(model);
        chat_stream(streamed): |model| stream(model);
        tools(called): |model| agent(model);
        tools_stream(called): |model| agent_stream(model);
    }
    rig_openrouter: OpenRouter from Model, |at| {
        rig::openrouter(&at.base_url(Provider::OpenRouter))
    } => {
        chat(text): |model| call(model);
        chat_stream(streamed): |model| stream(model);
        tools(called): |model| agent(model);
        tools_stream(called): |model| agent_stream(model);
    }
    rig_xai: XAi from Model, |at| rig::xai(&at.base_url(Provider::XAi)) => {
        responses(text): |model| call(model);
        responses_stream(streamed): |model| stream(model);
        tools(called): |model| agent(model);
    }
    rig_cohere: Cohere from Model, |at| rig::cohere(&at.base_url(Provider::Cohere)) => {
        chat(text): |model| call(model);
        chat_stream(streamed): |model| stream(model);
        tools(called): |model| agent(model);
    }
    rig_cohere_native: Cohere from Written, |at| {
        rig::cohere_native(&at.base_url(Provider::Cohere))
    } => {
        chat(text): |model| call(model);
        chat_stream(streamed): |model| stream(model);
        tools(called): |model| agent(model);
        tools_stream(called): |model| agent_stream(model);
    }
    ollama_rs_chat: Ollama from Ollama, |at| ollama_rs::at(&at.base_url(Provider::Ollama)) => {
        chat(text): |client| ollama_rs::chat(&client);
        chat_stream(streamed): |client| ollama_rs::chat_stream(&client);
    }
    ollama_rs_tools: Ollama from Written, |at| ollama_rs::at(&at.base_url(Provider::Ollama)) => {
        tools(called): |client| ollama_rs::tools(&client);
    }
    gemini_rust_alone: Gemini from Gemini, |at| gemini_rust::at(&at.base_url(Provider::Gemini)) => {
        chat(text): |client| gemini_rust::chat(&client);
        chat_stream(streamed): |client| gemini_rust::chat_stream(&client);
    }
    // It writes `function_declarations`, which the gateway does not know.
    gemini_rust_tools: Gemini from Written, |at| {
        gemini_rust::at(&at.base_url(Provider::Gemini))
    } => {
        tools(called): |client| gemini_rust::tools(&client);
    }
    cohere_rust_alone: Cohere from Written, |at| {
        cohere_rust::at(&at.base_url(Provider::Cohere))
    } => {
        chat_stream(streamed): |client| cohere_rust::chat_stream(&client);
    }
    openai_api_rs_alone: OpenAI from Model, |at| {
        openai_api_rs::at(&at.base_url(Provider::OpenAI))
    } => {
        chat(text): |client| openai_api_rs::chat(&client);
        chat_stream(streamed): |client| openai_api_rs::chat_stream(&client);
        tools(called): |client| openai_api_rs::tools(&client);
    }
    async_openai_azure: Azure from Model, |at| azure::at(&at.base_url(Provider::Azure)) => {
        chat(text): |client| openai_sdk::chat(&client);
        chat_stream(streamed): |client| openai_sdk::chat_stream(&client);
        tools(called): |client| openai_sdk::tools(&client);
    }
    aws_sdk_bedrock: Bedrock from Written, |at| bedrock::at(&at.base_url(Provider::Bedrock)) => {
        converse(text): |client| bedrock::converse(&client);
        converse_with_an_inference_profile(text): |client| bedrock::converse_with_an_inference_profile(&client);
        converse_stream(streamed): |client| bedrock::converse_stream(&client);
        tools(called): |client| bedrock::tools(&client);
    }
    #[cfg(feature = "langchain-client")]
    langchain_rust: OpenAI from Model, |at| langchain::at(&at.base_url(Provider::OpenAI)) => {
        chat(text): |client| langchain::chat(&client);
        chat_stream(streamed): |client| langchain::chat_stream(&client);
        tools(called): |client| langchain::tools(&client);
    }
}

/// Where calls have no ids, rig makes them up, and prints them.
async fn agent_with_ids_of_its_own(model: ChatModel) -> Seen {
    Seen { raw: Vec::new(), ..agent(model).await }
}

/// Runs a client in a process that knows the session by its variables alone: those of `mock.envs()`.
fn by_variable(process: &process::Process, group: Group, case: &str, program: impl Fn() -> Seen) {
    if process.part() == "client" {
        return text(&program());
    }
    let session = group.session(case);
    let output = process.again("client").envs(session.envs()).output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    session.finish().unwrap_or_else(|error| panic!("{error}"));
}

/// Clients that read a variable, in the words of production code that knows of no test.
mod by_variables_of_a_child {
    use super::*;

    #[test]
    fn rig_ollama() {
        process::alone(&[], |process| {
            by_variable(process, super::rig_ollama_native::GROUP, "chat", || {
                block_on(call(rig::ollama_from_env()))
            });
        });
    }

    #[test]
    fn openai_api_rs() {
        process::alone(&[], |process| {
            by_variable(process, openai_api_rs_alone::GROUP, "chat", || {
                block_on(super::openai_api_rs::chat(&super::openai_api_rs::from_env()))
            });
        });
    }

    #[test]
    fn aws_sdk() {
        process::alone(&[], |process| {
            by_variable(process, aws_sdk_bedrock::GROUP, "converse", || {
                block_on(async { bedrock::converse(&bedrock::from_env().await).await })
            });
        });
    }

    #[cfg(feature = "langchain-client")]
    #[test]
    fn langchain() {
        process::alone(&[], |process| {
            by_variable(process, langchain_rust::GROUP, "chat", || {
                block_on(super::langchain::chat(&super::langchain::from_env()))
            });
        });
    }
}

/// Clients with a fixed address, without a handle: their fixtures lie beside this file.
mod with_a_fixed_address {
    use llmock::llm_replay;

    use super::*;

    #[llm_replay(fixture = "providers/ollama_rs_chat/chat", proxy = true)]
    #[tokio::test]
    async fn ollama_rs_by_proxy() {
        text(&ollama_rs::chat(&ollama_rs::of_this_machine()).await);
    }

    #[llm_replay(fixture = "providers/genai_ollama/chat", proxy = true)]
    #[tokio::test]
    async fn genai_ollama_by_proxy() {
        text(&genai::chat(&genai::hosted(), AdapterKind::Ollama).await);
    }

    #[cfg(all(feature = "intercept", target_os = "linux"))]
    #[llm_replay(fixture = "providers/genai_gemini/chat_stream", intercept = true)]
    #[tokio::test]
    async fn genai_gemini_by_interception() {
        streamed(&genai::chat_stream(&genai::hosted(), AdapterKind::Gemini).await);
    }

    #[cfg(all(feature = "intercept", target_os = "linux"))]
    #[llm_replay(fixture = "providers/genai_anthropic/chat_stream", intercept = true)]
    #[tokio::test]
    async fn genai_anthropic_by_interception() {
        streamed(&genai::chat_stream(&genai::hosted(), AdapterKind::Anthropic).await);
    }
}
