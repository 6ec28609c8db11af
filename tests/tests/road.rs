//! The whole road, for every client: record from a real model, stop the model, replay. The client must get
//! the same bytes, and nothing on disk may change.
//!
//! Needs a model server in `LLMOCK_TEST_MODEL_URL`; `.ci/run` starts one.

#[path = "clients/mod.rs"]
mod clients;
#[path = "road/exchange.rs"]
mod exchange;

use std::collections::BTreeMap;
use std::net::TcpStream;
use std::path::Path;
use std::time::SystemTime;

#[cfg(feature = "openssl-clients")]
use clients::anthropic_sdk;
use clients::{Seen, openai_sdk, plain, rig};
use exchange::Exchange;
use llmock::{AnsweredBy, LlmMock, Mode, Provider};
use llmock_tests::model::{self, Wire};
use llmock_tests::process;

/// Where the client of a trip finds each API.
struct At {
    openai: String,
    anthropic: String,
}

/// What one run of a client gave: to the application, and on the wire.
struct Trip {
    seen: Seen,
    exchanges: Vec<Exchange>,
}

fn run(builder: llmock::Builder, by: AnsweredBy, program: impl Fn(At) -> Seen) -> Trip {
    let mock = builder.start().unwrap_or_else(|error| panic!("{error}"));
    let (wire, openai) = Wire::through(&mock.base_url(Provider::OpenAI));
    let host = wire.address().to_string();
    let anthropic = mock.base_url(Provider::Anthropic);
    let own = anthropic.split('/').nth(2).unwrap().to_owned();
    let seen = program(At { openai, anthropic: anthropic.replace(&own, &host) });
    let exchanges: Vec<_> = wire.heard().iter().map(|bytes| Exchange::parse(bytes)).collect();
    let requests = mock.requests();
    assert_eq!(requests.len(), exchanges.len());
    assert!(requests.iter().all(|request| request.answered_by() == by), "{requests:?}");
    mock.finish().unwrap_or_else(|error| panic!("{error}"));
    Trip { seen, exchanges }
}

/// Every file of a folder, with its content and when it was written.
fn on_disk(folder: &Path) -> BTreeMap<String, (Vec<u8>, SystemTime)> {
    let entries = std::fs::read_dir(folder).unwrap().map(Result::unwrap);
    entries
        .map(|entry| {
            let name = entry.file_name().into_string().unwrap();
            let written = entry.metadata().unwrap().modified().unwrap();
            (name, (std::fs::read(entry.path()).unwrap(), written))
        })
        .collect()
}

fn travel(program: impl Fn(At) -> Seen) {
    let Some(server) = model::url() else { return };
    let folder = tempfile::tempdir().unwrap();
    let fixture = folder.path().join("trip.json");
    let (model, upstream) = Wire::through(&server);
    let builder = LlmMock::builder().fixture(&fixture).test("road");
    let recording = builder
        .clone()
        .mode(Mode::Record)
        .upstream(Provider::OpenAI, format!("{upstream}/v1"))
        .upstream(Provider::Anthropic, upstream);
    let recorded = run(recording, AnsweredBy::Upstream, &program);

    let address = model.address();
    model.cut();
    assert!(TcpStream::connect(address).is_err(), "the server is still there");
    let before = on_disk(folder.path());
    assert!(before.contains_key("trip.json"), "{:?}", before.keys());
    for _ in 0..2 {
        let replay = builder.clone().mode(Mode::Replay).strict_order().fail_on_unused();
        let replayed = run(replay, AnsweredBy::Fixture, &program);
        assert_eq!(replayed.seen, recorded.seen);
        exchange::assert_same(&recorded.exchanges, &replayed.exchanges);
    }
    let changed = on_disk(folder.path());
    assert!(changed == before, "{:?} became {:?}", before.keys(), changed.keys());
}

/// Runs an asynchronous program as its application would: on a runtime of its own.
fn block_on<T>(future: impl Future<Output = T>) -> T {
    let runtime =
        tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build().unwrap();
    runtime.block_on(future)
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
