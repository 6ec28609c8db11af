//! Clients as production code makes them, at the addresses that they carry: `proxy = true` leads those of
//! plain `http` to llmock, `intercept = true` those of `https`.
//!
//! Here a test with a handle plays a recording of the same client, which runs in a child process, since many read
//! proxies and certificates once a process, and finds no address of llmock in its environment but the proxy's.

use std::path::PathBuf;

use ::genai::adapter::AdapterKind;
#[cfg(all(feature = "intercept", target_os = "linux"))]
use llmock::FinishError;
use llmock::{LlmMock, LlmMockBuilder, MockSession};
use llmock_testkit::process::Process;

use super::{block_on, called, genai, ollama_rs, process, rig, streamed, text};
use crate::apps::Seen;
use crate::apps::rig::call;

/// A session that plays a recording of these tests.
fn session(fixture: &str, way: fn(LlmMockBuilder) -> LlmMockBuilder) -> MockSession {
    let path: PathBuf =
        [env!("CARGO_MANIFEST_DIR"), "tests/clients/fixtures", fixture].iter().collect();
    let builder = LlmMock::builder().fixture(path).strict_order().fail_on_unused();
    way(builder).start().unwrap_or_else(|error| panic!("{error}"))
}

fn is_proxy(name: &str) -> bool {
    name.to_ascii_lowercase().ends_with("_proxy")
}

/// Plays the client in a child process that knows nothing of the session but its proxy and certificates.
fn played(process: &Process, session: &MockSession) -> Result<(), String> {
    let host = session.url().unwrap().split('/').nth(2).expect("an address of http").to_owned();
    let variables = session.envs().into_iter();
    let variables = variables.filter(|(name, value)| is_proxy(name) || !value.contains(&host));
    let output = process.again("client").envs(variables).output().unwrap();
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    if output.status.success() { Ok(()) } else { Err(said) }
}

/// The part of the client.
fn ask(program: impl Fn() -> Seen, check: fn(&Seen)) {
    let leads_here = |(name, value): &(String, String)| {
        !is_proxy(name) && (value.contains("127.0.0.1") || value.contains("localhost"))
    };
    let stray: Vec<_> = std::env::vars().filter(leads_here).collect();
    assert!(stray.is_empty(), "it could know the way by {stray:?}");
    check(&program());
}

/// A client is answered from a recording.
fn reached(
    process: &Process,
    fixture: &str,
    way: fn(LlmMockBuilder) -> LlmMockBuilder,
    program: impl Fn() -> Seen,
    check: fn(&Seen),
) {
    if process.part() == "client" {
        return ask(program, check);
    }
    let session = session(fixture, way);
    let played = played(process, &session);
    session.finish().unwrap_or_else(|error| panic!("{error}\n{played:?}"));
    played.unwrap_or_else(|said| panic!("{said}"));
}

/// A client with roots of its own asks nothing, and its test fails with the reason.
#[cfg(all(feature = "intercept", target_os = "linux"))]
fn refuses(process: &Process, fixture: &str, host: &str, program: impl Fn() -> Seen) {
    if process.part() == "client" {
        return ask(program, |_| {});
    }
    let session = session(fixture, |builder| builder.intercept(true));
    played(process, &session).expect_err("the client is not answered");
    let error = session.finish().expect_err("nothing was asked");
    assert!(matches!(error, FinishError::NoRequests { .. }), "{error:?}");
    let sentence = format!("the client for `{host}` rejected llmock's certificate");
    assert!(error.to_string().contains(&sentence), "{error}");
}

macro_rules! reached {
    ($way:ident: $($(#[$attribute:meta])*
    $client:ident($fixture:literal, $check:ident): $program:expr;)*) => {
        $($(#[$attribute])*
        #[test]
        fn $client() {
            process::alone(&[], |process| {
                let way = |builder: LlmMockBuilder| builder.$way(true);
                reached(process, $fixture, way, || block_on($program), $check);
            });
        })*
    };
}

mod by_proxy {
    use super::*;

    reached! {
        proxy:
        ollama_rs("providers/ollama_rs_chat/chat", text): async {
            ollama_rs::chat(&ollama_rs::of_this_machine()).await
        };
        ollama_rs_stream("providers/ollama_rs_chat/chat_stream", streamed): async {
            ollama_rs::chat_stream(&ollama_rs::of_this_machine()).await
        };
        ollama_rs_tools("providers/ollama_rs_tools/tools", called): async {
            ollama_rs::tools(&ollama_rs::of_this_machine()).await
        };
        genai_ollama("providers/genai_ollama/chat", text): async {
            genai::chat(&genai::hosted(), AdapterKind::Ollama).await
        };
        genai_ollama_stream("providers/genai_ollama/chat_stream", streamed): async {
            genai::chat_stream(&genai::hosted(), AdapterKind::Ollama).await
        };
        rig_ollama("providers/rig_ollama_native/chat", text): {
            call(rig::ollama_of_this_machine())
        };
    }
}

#[cfg(all(feature = "intercept", target_os = "linux"))]
mod by_interception {
    use ::rig_core::providers::anthropic::AnthropicConfig;
    use ::rig_core::providers::openai::OpenAIConfig;
    use ::rig_core::providers::openai::wire::{DEEPSEEK, GROQ, MISTRAL, OPENROUTER};
    use ::rig_core::providers::xai;

    use super::super::{azure, bedrock};
    use super::*;
    use crate::apps::openai_sdk;
    use crate::apps::rig::{chat, messages, stream};

    reached! {
        intercept:
        async_openai("clients/async_openai/chat", text): async {
            openai_sdk::chat(&::async_openai::Client::new()).await
        };
        async_openai_stream("clients/async_openai/chat_stream", streamed): async {
            openai_sdk::chat_stream(&::async_openai::Client::new()).await
        };
        async_openai_azure("providers/async_openai_azure/chat", text): async {
            openai_sdk::chat(&azure::at("https://my-team.openai.azure.com")).await
        };
        genai_openai("providers/genai_openai/chat", text): async {
            genai::chat(&genai::hosted(), AdapterKind::OpenAI).await
        };
        genai_openai_stream("providers/genai_openai/chat_stream", streamed): async {
            genai::chat_stream(&genai::hosted(), AdapterKind::OpenAI).await
        };
        genai_openai_tools("providers/genai_openai/tools", called): async {
            genai::tools(&genai::hosted(), AdapterKind::OpenAI).await
        };
        genai_anthropic("providers/genai_anthropic/chat", text): async {
            genai::chat(&genai::hosted(), AdapterKind::Anthropic).await
        };
        genai_gemini("providers/genai_gemini/chat", text): async {
            genai::chat(&genai::hosted(), AdapterKind::Gemini).await
        };
        rig_openai("clients/rig/chat", text): {
            call(chat(&OpenAIConfig::new("not needed").client()))
        };
        rig_anthropic("clients/rig/messages", text): {
            call(messages(&AnthropicConfig::new("not needed").client()))
        };
        rig_gemini("providers/rig_gemini/chat", text): call(rig::hosted_gemini());
        rig_mistral("providers/rig_mistral/chat", text): call(rig::hosted(&MISTRAL));
        rig_groq("providers/rig_groq/chat", text): call(rig::hosted(&GROQ));
        rig_groq_stream("providers/rig_groq/chat_stream", streamed): {
            stream(rig::hosted(&GROQ))
        };
        rig_deepseek("providers/rig_deepseek/chat", text): call(rig::hosted(&DEEPSEEK));
        rig_openrouter("providers/rig_openrouter/chat", text): {
            call(rig::hosted(&OPENROUTER))
        };
        rig_xai("providers/rig_xai/responses", text): call(rig::hosted(&xai::DIALECT));
        rig_cohere("providers/rig_cohere/chat", text): call(rig::hosted_cohere());
        aws_sdk("providers/aws_sdk_bedrock/converse", text): async {
            bedrock::converse(&bedrock::from_env().await).await
        };
        aws_sdk_stream("providers/aws_sdk_bedrock/converse_stream", streamed): async {
            bedrock::converse_stream(&bedrock::from_env().await).await
        };
        #[cfg(feature = "openssl-clients")]
        anthropic_sdk("clients/anthropic_sdk/messages", text): async {
            use crate::apps::anthropic_sdk;
            anthropic_sdk::messages(&anthropic_sdk::at("https://api.anthropic.com")).await
        };
        #[cfg(feature = "langchain-client")]
        langchain("providers/langchain_rust/chat", text): async {
            use super::super::langchain;
            langchain::chat(&langchain::from_env()).await
        };
        // `reqwest` takes OpenSSL for the default as soon as one crate of the program asks for it.
        #[cfg(feature = "openssl-clients")]
        gemini_rust_beside_openssl("providers/gemini_rust_alone/chat", text): async {
            use super::super::gemini_rust;
            gemini_rust::chat(&gemini_rust::hosted()).await
        };
    }
}

/// Clients that carry Mozilla's roots with them.
#[cfg(all(feature = "intercept", target_os = "linux"))]
mod refusing {
    use super::super::{cohere_rust as cohere, openai_api_rs as openai};
    use super::*;

    #[cfg(not(feature = "openssl-clients"))]
    #[test]
    fn gemini_rust() {
        use super::super::gemini_rust as gemini;
        process::alone(&[], |process| {
            let fixture = "providers/gemini_rust_alone/chat";
            refuses(process, fixture, "generativelanguage.googleapis.com", || {
                block_on(async { gemini::chat(&gemini::hosted()).await })
            });
        });
    }

    #[test]
    fn cohere_rust() {
        process::alone(&[], |process| {
            let fixture = "providers/cohere_rust_alone/chat_stream";
            refuses(process, fixture, "api.cohere.com", || {
                block_on(async { cohere::chat_stream(&cohere::hosted()).await })
            });
        });
    }

    /// With its feature `rustls`.
    #[test]
    fn openai_api_rs() {
        process::alone(&[], |process| {
            let fixture = "providers/openai_api_rs_alone/chat";
            refuses(process, fixture, "api.openai.com", || {
                block_on(async { openai::chat(&openai::from_env()).await })
            });
        });
    }
}
