//! The whole road, for every client: record from a real model, stop the model, replay. The client must get
//! the same bytes, and nothing on disk may change.
//!
//! Needs a model server in `LLMOCK_TEST_MODEL_URL`; `.ci/run` starts one.

mod exchange;
pub(crate) mod trip;

#[cfg(feature = "openssl-clients")]
use crate::apps::anthropic_sdk;
use crate::apps::{Seen, openai_sdk, plain, rig};
use llmock::Provider;
use llmock_testkit::model;
use llmock_testkit::process;
use trip::block_on;

/// Where the client of a trip finds each API.
struct At {
    openai: String,
    anthropic: String,
}

fn travel(program: impl Fn(At) -> Seen) {
    let Some(server) = model::url() else { return };
    let upstreams = |url: &str| {
        vec![(Provider::OpenAI, format!("{url}/v1")), (Provider::Anthropic, url.to_owned())]
    };
    trip::travel(&server, upstreams, |at| {
        let openai = at.base_url(Provider::OpenAI);
        program(At { openai, anthropic: at.base_url(Provider::Anthropic) })
    });
}

/// What is not text is seen by its print.
fn printed(what: impl std::fmt::Debug) -> Seen {
    let mut seen = Seen::default();
    seen.saw(&what);
    seen
}

/// One test a client and feature, each in a process that may record whatever `CI` says.
macro_rules! road {
    ($($(#[$attribute:meta])* $module:ident { $($name:ident: |$at:ident| $program:expr;)* })*) => {$(
        $(#[$attribute])*
        mod $module {
            use super::*;
            $(#[test]
            fn $name() {
                let Some(server) = model::url() else { return };
                process::alone(&[(model::VARIABLE, &server)], |_| travel(|$at| $program));
            })*
        }
    )*};
}

road! {
    through_async_openai {
        chat: |at| block_on(openai_sdk::chat(&openai_sdk::at(&at.openai)));
        chat_stream: |at| block_on(openai_sdk::chat_stream(&openai_sdk::at(&at.openai)));
        tools: |at| block_on(openai_sdk::tools(&openai_sdk::at(&at.openai)));
        embeddings: |at| printed(block_on(openai_sdk::embeddings(&openai_sdk::at(&at.openai))));
        embeddings_base64: |at| {
            printed(block_on(openai_sdk::embeddings_base64(&openai_sdk::at(&at.openai))))
        };
        responses: |at| block_on(openai_sdk::responses(&openai_sdk::at(&at.openai)));
        responses_stream: |at| block_on(openai_sdk::responses_stream(&openai_sdk::at(&at.openai)));
        models: |at| printed(block_on(openai_sdk::models(&openai_sdk::at(&at.openai))));
    }
    through_rig {
        responses: |at| block_on(rig::call(rig::responses(&rig::openai_at(&at.openai))));
        chat: |at| block_on(rig::call(rig::chat(&rig::openai_at(&at.openai))));
        messages: |at| block_on(rig::call(rig::messages(&rig::anthropic_at(&at.anthropic))));
        responses_stream: |at| block_on(rig::stream(rig::responses(&rig::openai_at(&at.openai))));
        chat_stream: |at| block_on(rig::stream(rig::chat(&rig::openai_at(&at.openai))));
        messages_stream: |at| {
            block_on(rig::stream(rig::messages(&rig::anthropic_at(&at.anthropic))))
        };
        agent_with_responses: |at| {
            block_on(rig::agent(rig::responses(&rig::openai_at(&at.openai))))
        };
        agent_with_chat: |at| block_on(rig::agent(rig::chat(&rig::openai_at(&at.openai))));
        agent_with_messages: |at| {
            block_on(rig::agent(rig::messages(&rig::anthropic_at(&at.anthropic))))
        };
        streaming_agent_with_chat: |at| {
            block_on(rig::agent_stream(rig::chat(&rig::openai_at(&at.openai))))
        };
        streaming_agent_with_messages: |at| {
            block_on(rig::agent_stream(rig::messages(&rig::anthropic_at(&at.anthropic))))
        };
    }
    #[cfg(feature = "openssl-clients")]
    through_anthropic_sdk {
        messages: |at| block_on(anthropic_sdk::messages(&anthropic_sdk::at(&at.anthropic)));
        messages_stream: |at| {
            block_on(anthropic_sdk::messages_stream(&anthropic_sdk::at(&at.anthropic)))
        };
        tools: |at| block_on(anthropic_sdk::tools(&anthropic_sdk::at(&at.anthropic)));
    }
    through_reqwest {
        chat: |at| block_on(plain::chat(&reqwest::Client::new(), &at.openai));
        chat_stream: |at| block_on(plain::chat_stream(&reqwest::Client::new(), &at.openai));
        completion: |at| block_on(plain::completion(&reqwest::Client::new(), &at.openai));
        count_tokens: |at| {
            printed(block_on(plain::count_tokens(&reqwest::Client::new(), &at.anthropic)))
        };
        blocking_chat: |at| plain::blocking_chat(&reqwest::blocking::Client::new(), &at.openai);
    }
    through_a_static {
        chat_three_times: |at| {
            static CLIENT: std::sync::LazyLock<reqwest::Client> =
                std::sync::LazyLock::new(reqwest::Client::new);
            let mut seen = Seen::default();
            for _ in 0..3 {
                seen.saw(&block_on(plain::chat(&CLIENT, &at.openai)));
            }
            seen
        };
    }
}
