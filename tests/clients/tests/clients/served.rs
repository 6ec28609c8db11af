//! The clients of Rust, untouched, against a running `llmock serve`. Where it listens is said by
//! `LLMOCK_TEST_SERVE_URL` and the like; `tests/conformance/run rust` starts servers and sets them.
//!
//! A group is a client with one API of the server. Its tests are named for what it must see ([`answers`]): an
//! echo, a call of a tool, and an error, each in one piece and as a stream; an agent's loop; vectors; the models.

mod answers;
mod calls;
mod embeddings;
mod failures;
mod invoke;
mod keys;
mod models;
mod others;
mod responses;
mod server;
mod sockets;

#[cfg(feature = "openssl-clients")]
use crate::apps::anthropic_sdk;
#[cfg(feature = "langchain-client")]
use crate::apps::langchain;
use crate::apps::rig::{anthropic_at, openai_at};
use crate::apps::{
    azure, bedrock, cohere_rust, gemini_rust, genai, key, ollama_rs, openai_api_rs, openai_sdk,
    rig as agents, rig_providers as rig,
};
use ::genai::adapter::AdapterKind;
use ::genai::chat::ChatOptions;
use ::genai::{Client, ModelIden};
use answers::Tokens::{Counted, Unsaid};
use answers::{CALLS, HELLO, WORDS};

/// Where OpenAI's clients look.
fn v1(url: &str) -> String {
    format!("{url}/v1")
}

/// Where an adapter of genai finds its API: below the path that its provider has, and below the provider's name
/// where others have the same path.
fn endpoint(url: &str, kind: AdapterKind) -> String {
    let path = match kind {
        AdapterKind::Gemini => "v1beta/",
        AdapterKind::Ollama | AdapterKind::OllamaCloud | AdapterKind::BedrockApi => "",
        AdapterKind::Vertex => "v1/projects/mine/locations/global/",
        AdapterKind::Groq => "groq/openai/v1/",
        AdapterKind::OpenRouter => "openrouter/api/v1/",
        AdapterKind::Fireworks => "fireworks/inference/v1/",
        AdapterKind::Mistral => "mistral/v1/",
        AdapterKind::DeepSeek => "deepseek/v1/",
        AdapterKind::Together => "together/v1/",
        AdapterKind::Xai => "xai/v1/",
        _ => "v1/",
    };
    format!("{url}/{path}")
}

fn genai_at(url: String) -> Client {
    genai::resolved(key(), move |kind| endpoint(&url, kind))
}

/// From the root of a server to a client, and from there to what it saw, with what that must be.
macro_rules! served {
    ($tests:ident from $server:ident {
        $($(#[$attribute:meta])* $group:ident: |$url:ident| $make:expr => {
            $($check:ident($($expected:expr),*): |$client:ident| $program:expr;)*
        })*
    }) => {
        mod $tests {
            $($(#[$attribute])*
            mod $group {
                use super::super::*;
                $(#[test]
                fn $check() {
                    let Some($url) = server::$server() else { return };
                    let $client = $make;
                    answers::$check(&server::block_on($program), $($expected),*);
                })*
            })*
        }
    };
}

/// Adapters of genai: their models, and how each says that a text has ended, and a call.
macro_rules! adapters {
    ($($group:ident: $kind:ident, $model:literal, $finish:literal, $call:literal;)*) => {
        served! {
            adapters_of_genai from open {
                $($group: |url| (genai_at(url), ModelIden::new(AdapterKind::$kind, $model)) => {
                    echoes($finish, Counted): |at| genai::ask(&at.0, at.1, HELLO);
                    streams($finish, Counted): |at| genai::ask_stream(&at.0, at.1, WORDS, &counting());
                    loops(): |at| genai::tool_loop(&at.0, &at.1, &CALLS);
                    calls_streaming($call, Counted): |at| genai::ask_stream(&at.0, at.1, CALLS[0], &counting());
                    fails(Some(429)): |at| failures::genai(&at.0, at.1, answers::ERROR);
                    fails_streaming(Some(429)): |at| failures::genai_stream(&at.0, at.1);
                })*
            }
        }
    };
}

fn counting() -> ChatOptions {
    ChatOptions::default().with_capture_usage(true).with_capture_tool_calls(true)
}

adapters! {
    openai: OpenAI, "gpt-4o", "Completed(\"stop\")", "ToolCall(\"tool_calls\")";
    openai_responses: OpenAIResp, "gpt-5", "Completed(\"completed\")", "Completed(\"completed\")";
    anthropic: Anthropic, "claude-mock", "Completed(\"end_turn\")", "ToolCall(\"tool_use\")";
    gemini: Gemini, "gemini-mock", "Completed(\"STOP\")", "Completed(\"STOP\")";
    vertex: Vertex, "gemini-mock", "Completed(\"STOP\")", "Completed(\"STOP\")";
    ollama: Ollama, "llama3.2", "Completed(\"stop\")", "Completed(\"stop\")";
    ollama_cloud: OllamaCloud, "llama3.2", "Completed(\"stop\")", "Completed(\"stop\")";
    bedrock: BedrockApi, "anthropic.claude-mock-v1:0", "Completed(\"end_turn\")", "ToolCall(\"tool_use\")";
    groq: Groq, "llama-mock", "Completed(\"stop\")", "ToolCall(\"tool_calls\")";
    openrouter: OpenRouter, "openai/gpt-4o", "Completed(\"stop\")", "ToolCall(\"tool_calls\")";
    fireworks: Fireworks, "fireworks-mock", "Completed(\"stop\")", "ToolCall(\"tool_calls\")";
    mistral: Mistral, "mistral-mock", "Completed(\"stop\")", "ToolCall(\"tool_calls\")";
    deepseek: DeepSeek, "deepseek-chat", "Completed(\"stop\")", "ToolCall(\"tool_calls\")";
    together: Together, "meta/llama-mock", "Completed(\"stop\")", "ToolCall(\"tool_calls\")";
    xai: Xai, "grok-mock", "Completed(\"stop\")", "ToolCall(\"tool_calls\")";
}

/// APIs of rig, each from the server's root to a model.
macro_rules! models_of_rig {
    ($($group:ident: |$url:ident| $make:expr;)*) => {
        served! {
            apis_of_rig from open {
                $($group: |$url| $make => {
                    echoes("Stop", Counted): |model| agents::ask(model, HELLO);
                    streams("Stop", Counted): |model| agents::ask_stream(model, WORDS);
                    loops(): |model| agents::tool_loop(model, &CALLS);
                    loops_streaming(): |model| agents::tool_loop_stream(model, &CALLS);
                    fails(Some(429)): |model| failures::rig(model);
                    fails_streaming(Some(429)): |model| failures::rig_stream(model);
                })*
            }
        }
    };
}

models_of_rig! {
    chat: |url| agents::chat(&openai_at(&v1(&url)));
    responses: |url| agents::responses(&openai_at(&v1(&url)));
    anthropic: |url| agents::messages(&anthropic_at(&url));
    gemini: |url| rig::gemini(&url);
    ollama: |url| rig::ollama(&url);
    ollama_native: |url| rig::ollama_native(&url);
    cohere: |url| rig::cohere(&url);
    cohere_native: |url| rig::cohere_native(&url);
    groq: |url| rig::groq(&format!("{url}/groq/openai/v1"));
    xai: |url| rig::xai(&format!("{url}/xai"));
    mistral: |url| rig::mistral(&format!("{url}/mistral"));
    deepseek: |url| rig::deepseek(&format!("{url}/deepseek"));
    openrouter: |url| rig::openrouter(&format!("{url}/openrouter/api/v1"));
}

served! {
    answers_of from open {
        async_openai: |url| openai_sdk::at(&v1(&url)) => {
            echoes("Stop", Counted): |client| openai_sdk::ask(&client, HELLO);
            streams("Stop", Unsaid): |client| openai_sdk::ask_stream(&client, WORDS);
            loops(): |client| openai_sdk::tool_loop(&client, &CALLS);
            calls_streaming("ToolCalls", Counted): |client| calls::async_openai(&client);
            fails(Some(429)): |client| failures::async_openai(&client);
            fails_streaming(Some(429)): |client| failures::async_openai_stream(&client);
            embeds(): |client| embeddings::async_openai(&client);
        }
        async_openai_responses: |url| openai_sdk::at(&v1(&url)) => {
            echoes("Completed", Counted): |client| responses::ask(&client, HELLO);
            streams("Completed", Counted): |client| responses::ask_stream(&client, WORDS);
        }
        async_openai_azure: |url| azure::at(&url) => {
            echoes("Stop", Counted): |client| openai_sdk::ask(&client, HELLO);
            streams("Stop", Unsaid): |client| openai_sdk::ask_stream(&client, WORDS);
            loops(): |client| openai_sdk::tool_loop(&client, &CALLS);
            calls_streaming("ToolCalls", Counted): |client| calls::async_openai(&client);
            fails(Some(429)): |client| failures::async_openai(&client);
            fails_streaming(Some(429)): |client| failures::async_openai_stream(&client);
        }
        // Of a call that arrives in pieces, it drops all but the first: it wants an id in each.
        openai_api_rs: |url| openai_api_rs::at(&v1(&url)) => {
            echoes("stop", Counted): |client| openai_api_rs::ask(&client, HELLO);
            streams("done", Unsaid): |client| openai_api_rs::ask_stream(&client, WORDS);
            loops(): |client| openai_api_rs::tool_loop(&client, &CALLS);
            fails(Some(429)): |client| failures::openai_api_rs(&client);
            fails_streaming(None): |client| failures::openai_api_rs_stream(&client);
            embeds(): |client| embeddings::openai_api_rs(&client);
        }
        openai_api_rs_responses: |url| openai_api_rs::at(&v1(&url)) => {
            echoes("completed", Counted): |client| responses::openai_api_rs(&client, HELLO);
            streams("completed", Counted): |client| responses::openai_api_rs_stream(&client, WORDS);
        }
        // Its stream has no counts unless it is told to ask for them.
        #[cfg(feature = "langchain-client")]
        langchain_rust: |url| langchain::at(&v1(&url)) => {
            echoes("", Counted): |llm| langchain::ask(&llm, HELLO);
            streams("stop", Unsaid): |llm| langchain::ask_stream(&llm, WORDS);
            loops(): |llm| langchain::tool_loop(&llm, &CALLS);
            calls_streaming("", Unsaid): |llm| calls::langchain(&llm);
            fails(Some(429)): |llm| failures::langchain(&llm);
        }
        #[cfg(feature = "openssl-clients")]
        anthropic_sdk_rust: |url| anthropic_sdk::at(&url) => {
            echoes("EndTurn", Counted): |client| anthropic_sdk::ask(&client, HELLO);
            streams("EndTurn", Counted): |client| anthropic_sdk::ask_stream(&client, WORDS);
            loops(): |client| anthropic_sdk::tool_loop(&client, &CALLS);
            calls_streaming("ToolUse", Counted): |client| calls::anthropic_sdk(&client);
            fails(Some(429)): |client| failures::anthropic_sdk(&client);
            fails_streaming(Some(429)): |client| failures::anthropic_sdk_stream(&client);
        }
        gemini_rust: |url| gemini_rust::at(&url) => {
            echoes("Stop", Counted): |client| gemini_rust::ask(&client, HELLO);
            streams("Stop", Counted): |client| gemini_rust::ask_stream(&client, WORDS);
            loops(): |client| gemini_rust::tool_loop(&client, &CALLS);
            calls_streaming("Stop", Counted): |client| gemini_rust::ask_stream(&client, CALLS[0]);
            fails(Some(429)): |client| failures::gemini_rust(&client);
            fails_streaming(Some(429)): |client| failures::gemini_rust_stream(&client);
            embeds(): |client| embeddings::gemini_rust(&client);
        }
        ollama_rs: |url| ollama_rs::at(&url) => {
            echoes("done", Counted): |client| ollama_rs::ask(&client, HELLO);
            streams("done", Counted): |client| ollama_rs::ask_stream(&client, WORDS);
            loops(): |client| ollama_rs::tool_loop(&client, &CALLS);
            calls_streaming("done", Counted): |client| ollama_rs::ask_stream(&client, CALLS[0]);
            fails(None): |client| failures::ollama_rs(&client);
            fails_streaming(None): |client| failures::ollama_rs_stream(&client);
            embeds(): |client| embeddings::ollama_rs(&client);
        }
        // It streams always, and has neither tools nor counts.
        cohere_rust: |url| cohere_rust::at(&url) => {
            streams("COMPLETE", Unsaid): |client| cohere_rust::ask_stream(&client, WORDS);
            fails(Some(429)): |client| failures::cohere_rust(&client);
            embeds(): |client| embeddings::cohere_rust(&client);
        }
        aws_sdk: |url| bedrock::at(&url) => {
            echoes("EndTurn", Counted): |client| bedrock::ask(&client, bedrock::MODEL, HELLO);
            streams("EndTurn", Counted): |client| bedrock::ask_stream(&client, WORDS);
            loops(): |client| bedrock::tool_loop(&client, &CALLS);
            calls_streaming("ToolUse", Counted): |client| calls::aws_sdk(&client);
            fails(Some(429)): |client| failures::aws_sdk(&client);
            fails_streaming(Some(429)): |client| failures::aws_sdk_stream(&client);
            embeds(): |client| embeddings::aws_sdk(&client);
        }
        // It leaves tools out of what it sends to Cohere, and knows no result of one.
        genai_cohere_chat: |url| (genai_at(url), ModelIden::new(AdapterKind::Cohere, "command-mock")) => {
            echoes("Completed(\"COMPLETE\")", Counted): |at| genai::ask(&at.0, at.1, HELLO);
            streams("Completed(\"COMPLETE\")", Counted): |at| genai::ask_stream(&at.0, at.1, WORDS, &counting());
            fails(Some(429)): |at| failures::genai(&at.0, at.1, answers::ERROR);
            fails_streaming(Some(429)): |at| failures::genai_stream(&at.0, at.1);
        }
        genai_openai: |url| genai_at(url) => {
            embeds(): |client| embeddings::genai(&client, AdapterKind::OpenAI, "text-embedding-3-small");
        }
        genai_gemini: |url| genai_at(url) => {
            embeds(): |client| embeddings::genai(&client, AdapterKind::Gemini, "gemini-embedding-001");
        }
        genai_ollama: |url| genai_at(url) => {
            embeds(): |client| embeddings::genai(&client, AdapterKind::Ollama, "all-minilm");
        }
        genai_cohere: |url| genai_at(url) => {
            embeds(): |client| embeddings::genai(&client, AdapterKind::Cohere, "embed-v4.0");
        }
        rig_openai: |url| openai_at(&v1(&url)).embedding("text-embedding-3-small", None) => {
            embeds(): |model| embeddings::rig(model.erase());
        }
        rig_gemini: |url| rig::gemini_at(&url).embedding("gemini-embedding-001", None) => {
            embeds(): |model| embeddings::rig(model.erase());
        }
        rig_ollama: |url| rig::ollama_at(&url).embedding("all-minilm", None) => {
            embeds(): |model| embeddings::rig(model.erase());
        }
        rig_cohere: |url| rig::cohere_at(&url).embedding("embed-v4.0", None) => {
            embeds(): |model| embeddings::rig(model.erase());
        }
        #[cfg(feature = "langchain-client")]
        langchain_embedder: |url| embeddings::langchain_at(&v1(&url)) => {
            embeds(): |client| embeddings::langchain(&client);
        }
    }
}

served! {
    models_of from listed {
        async_openai: |url| openai_sdk::at(&v1(&url)) => {
            lists(): |client| openai_sdk::models(&client);
        }
        openai_api_rs: |url| openai_api_rs::at(&v1(&url)) => {
            lists(): |client| models::openai_api_rs(&client);
        }
        ollama_rs: |url| ollama_rs::at(&url) => {
            lists(): |client| models::ollama_rs(&client);
        }
        #[cfg(feature = "openssl-clients")]
        anthropic_sdk_rust: |url| anthropic_sdk::at(&format!("{url}/anthropic")) => {
            lists(): |client| models::anthropic_sdk(&client);
        }
        rig_openai: |url| openai_at(&v1(&url)) => {
            lists(): |client| models::rig(client.list_models());
        }
        rig_anthropic: |url| anthropic_at(&url) => {
            lists(): |client| models::rig(client.list_models());
        }
        rig_gemini: |url| rig::gemini_at(&url) => {
            lists(): |client| models::rig(client.list_models());
        }
        rig_ollama: |url| rig::ollama_at(&url) => {
            lists(): |client| models::rig(client.list_models());
        }
        genai_openai: |url| endpoint(&url, AdapterKind::OpenAI) => {
            lists(): |at| models::genai(AdapterKind::OpenAI, at);
        }
        genai_anthropic: |url| endpoint(&url, AdapterKind::Anthropic) => {
            lists(): |at| models::genai(AdapterKind::Anthropic, at);
        }
        genai_gemini: |url| endpoint(&url, AdapterKind::Gemini) => {
            lists(): |at| models::genai(AdapterKind::Gemini, at);
        }
        genai_ollama: |url| endpoint(&url, AdapterKind::Ollama) => {
            lists(): |at| models::genai(AdapterKind::Ollama, at);
        }
    }
}
