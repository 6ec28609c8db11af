//! Real clients, untouched, against answers of a real model that lie in the repository.
//!
//! Record them again, with a model from `scripts/local-model`:
//! `LLMOCK_MODE=record cargo test -p llmock-client-tests --features openssl-clients recorded::`.

use std::io::{Read as _, Write as _};
use std::net::{SocketAddr, TcpListener};
use std::sync::{LazyLock, OnceLock};

use crate::apps::{Seen, openai_sdk, rig};
use crate::checks::{arrived_in_pieces, asked_the_tool_twice, names_paris};
use llmock::{FinishError, LlmMock, Mode, Provider, RespondedBy, llm_replay};

#[llm_replay(fixture = "recorded/async_openai")]
mod async_openai {
    use super::{arrived_in_pieces, asked_the_tool_twice, names_paris};
    use crate::apps::openai_sdk as app;
    use ::async_openai::Client;

    #[tokio::test]
    async fn chat() {
        names_paris(&app::chat(&Client::new()).await);
    }

    #[tokio::test]
    async fn chat_stream() {
        let seen = app::chat_stream(&Client::new()).await;
        names_paris(&seen);
        arrived_in_pieces(&seen);
    }

    #[tokio::test]
    async fn tools() {
        asked_the_tool_twice(&app::tools(&Client::new()).await);
    }

    #[tokio::test]
    async fn embeddings() {
        super::cats_are_alike(&app::embeddings(&Client::new()).await);
    }

    #[tokio::test]
    async fn embeddings_base64() {
        super::cats_are_alike(&app::embeddings_base64(&Client::new()).await);
    }

    #[tokio::test]
    async fn responses() {
        names_paris(&app::responses(&Client::new()).await);
    }

    #[tokio::test]
    async fn responses_stream() {
        let seen = app::responses_stream(&Client::new()).await;
        names_paris(&seen);
        arrived_in_pieces(&seen);
    }

    #[tokio::test]
    async fn models() {
        assert_eq!(app::models(&Client::new()).await, [crate::apps::MODEL]);
    }
}

fn cats_are_alike(vectors: &[Vec<f32>]) {
    let [cat, kitten, invoice] = vectors else { panic!("{} vectors", vectors.len()) };
    assert_eq!(cat.len(), 576);
    // The model's vectors have length 1.
    let near = |a: &[f32], b: &[f32]| a.iter().zip(b).map(|(a, b)| a * b).sum::<f32>();
    assert!(near(cat, kitten) > near(cat, invoice));
}

#[llm_replay(fixture = "recorded/rig")]
mod rig_core {
    use super::{arrived_in_pieces, asked_the_tool_twice, names_paris};
    use crate::apps::rig as app;
    use ::rig_core::providers::anthropic::Anthropic;
    use ::rig_core::providers::openai::OpenAI;

    fn responses_model() -> app::ChatModel {
        app::responses(&OpenAI::from_env().unwrap())
    }

    fn chat_model() -> app::ChatModel {
        app::chat(&OpenAI::from_env().unwrap())
    }

    fn messages_model() -> app::ChatModel {
        app::messages(&Anthropic::from_env().unwrap())
    }

    #[tokio::test]
    async fn responses() {
        names_paris(&app::call(responses_model()).await);
    }

    #[tokio::test]
    async fn chat() {
        names_paris(&app::call(chat_model()).await);
    }

    #[tokio::test]
    async fn messages() {
        names_paris(&app::call(messages_model()).await);
    }

    #[tokio::test]
    async fn responses_stream() {
        let seen = app::stream(responses_model()).await;
        names_paris(&seen);
        arrived_in_pieces(&seen);
    }

    #[tokio::test]
    async fn chat_stream() {
        let seen = app::stream(chat_model()).await;
        names_paris(&seen);
        arrived_in_pieces(&seen);
    }

    #[tokio::test]
    async fn messages_stream() {
        let seen = app::stream(messages_model()).await;
        names_paris(&seen);
        arrived_in_pieces(&seen);
    }

    #[tokio::test]
    async fn agent_with_responses() {
        asked_the_tool_twice(&app::agent(responses_model()).await);
    }

    #[tokio::test]
    async fn agent_with_chat() {
        asked_the_tool_twice(&app::agent(chat_model()).await);
    }

    #[tokio::test]
    async fn agent_with_messages() {
        asked_the_tool_twice(&app::agent(messages_model()).await);
    }

    #[tokio::test]
    async fn streaming_agent_with_chat() {
        let seen = app::agent_stream(chat_model()).await;
        asked_the_tool_twice(&seen);
        assert!(seen.pieces.len() > 1, "{seen:?}");
    }

    #[tokio::test]
    async fn streaming_agent_with_messages() {
        let seen = app::agent_stream(messages_model()).await;
        asked_the_tool_twice(&seen);
        assert!(seen.pieces.len() > 1, "{seen:?}");
    }
}

#[cfg(feature = "openssl-clients")]
#[llm_replay(fixture = "recorded/anthropic_sdk")]
mod anthropic_sdk {
    use super::{arrived_in_pieces, asked_the_tool_twice, names_paris};
    use crate::apps::anthropic_sdk as app;
    use ::anthropic_sdk::{Anthropic, ClientConfig};

    fn client() -> Anthropic {
        app::with(ClientConfig::from_env().unwrap())
    }

    #[tokio::test]
    async fn messages() {
        names_paris(&app::messages(&client()).await);
    }

    #[tokio::test]
    async fn messages_stream() {
        let seen = app::messages_stream(&client()).await;
        names_paris(&seen);
        arrived_in_pieces(&seen);
    }

    #[tokio::test]
    async fn tools() {
        asked_the_tool_twice(&app::tools(&client()).await);
    }
}

#[llm_replay(fixture = "recorded/reqwest")]
mod reqwest_alone {
    use super::{env, names_paris};
    use crate::apps::plain as app;
    use reqwest::{Client, blocking};

    #[tokio::test]
    async fn chat() {
        names_paris(&app::chat(&Client::new(), &env("OPENAI_BASE_URL")).await);
    }

    #[tokio::test]
    async fn chat_stream() {
        let seen = app::chat_stream(&Client::new(), &env("OPENAI_BASE_URL")).await;
        names_paris(&seen);
        assert!(seen.text.ends_with("data: [DONE]\n\n"), "{}", seen.text);
    }

    #[tokio::test]
    async fn completion() {
        let seen = app::completion(&Client::new(), &env("OPENAI_BASE_URL")).await;
        assert!(!seen.text.is_empty());
    }

    #[tokio::test]
    async fn count_tokens() {
        let tokens = app::count_tokens(&Client::new(), &env("ANTHROPIC_BASE_URL")).await;
        // Fourteen words and two marks, and what the template of the model adds.
        assert!((12..40).contains(&tokens), "{tokens}");
    }

    #[test]
    fn blocking_chat() {
        let client = blocking::Client::new();
        names_paris(&app::blocking_chat(&client, &env("OPENAI_BASE_URL")));
    }
}

fn env(name: &str) -> String {
    std::env::var(name).unwrap()
}

/// Clients that live as long as the process: what they read from the environment, they read in
/// whichever test comes first.
#[llm_replay(fixture = "recorded/in_a_static")]
mod in_a_static {
    use super::{LazyLock, OnceLock, env, names_paris};
    use crate::apps::{QUESTION, openai_sdk as app, plain};
    use async_openai::Client;
    use async_openai::config::OpenAIConfig;

    static CLIENT: LazyLock<Client<OpenAIConfig>> = LazyLock::new(Client::new);
    static PLAIN: OnceLock<(reqwest::Client, String)> = OnceLock::new();

    async fn plain_chat() -> super::Seen {
        let (client, url) = PLAIN.get_or_init(|| (reqwest::Client::new(), env("OPENAI_BASE_URL")));
        plain::chat(client, url).await
    }

    #[tokio::test]
    async fn first_test() {
        names_paris(&app::ask(&CLIENT, QUESTION).await);
        names_paris(&plain_chat().await);
    }

    #[tokio::test]
    async fn second_test() {
        let seen = app::ask(&CLIENT, "What is the capital of Italy?").await;
        assert!(seen.text.contains("Rome"), "{seen:?}");
        names_paris(&plain_chat().await);
    }

    #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
    async fn third_test_on_many_threads() {
        names_paris(&app::chat_stream(&CLIENT).await);
        names_paris(&plain_chat().await);
    }

    #[test]
    fn fourth_test_with_a_runtime_of_its_own() {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        names_paris(&runtime.block_on(app::chat(&CLIENT)));
        names_paris(&runtime.block_on(plain_chat()));
    }
}

#[cfg(feature = "openssl-clients")]
async fn through_anthropic_sdk(url: &str) -> Option<Seen> {
    Some(crate::apps::anthropic_sdk::messages(&crate::apps::anthropic_sdk::at(url)).await)
}

#[cfg(not(feature = "openssl-clients"))]
#[expect(clippy::unused_async, reason = "stands in for a client that is not built")]
async fn through_anthropic_sdk(_: &str) -> Option<Seen> {
    None
}

#[llm_replay(fixture = "recorded/handle")]
#[tokio::test]
async fn all_clients_share_one_handle(mock: &LlmMock) {
    let (openai, anthropic) = (mock.base_url(Provider::OpenAI), mock.base_url(Provider::Anthropic));
    let sdk = openai_sdk::at(&openai);
    let (one, two, three, four) = tokio::join!(
        openai_sdk::chat(&sdk),
        through_anthropic_sdk(&anthropic),
        rig::call(rig::responses(&rig::openai_at(&openai))),
        rig::stream(rig::messages(&rig::anthropic_at(&anthropic))),
    );
    [&one, &three, &four].into_iter().chain(&two).for_each(names_paris);

    let requests = mock.requests();
    let mut paths: Vec<_> = requests.iter().map(llmock::SentRequest::path).collect();
    paths.sort_unstable();
    let mut asked = vec!["/v1/chat/completions", "/v1/messages", "/v1/messages", "/v1/responses"];
    if two.is_none() {
        asked.remove(1);
    }
    assert_eq!(paths, asked);
    for request in requests {
        assert_ne!(request.responded_by(), RespondedBy::Nothing);
        assert_eq!((request.header("x-api-key"), request.header("authorization")), (None, None));
    }
}

/// Answers one request as a provider that knows nothing of llmock.
fn elsewhere() -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    std::thread::spawn(move || {
        let (mut socket, _) = listener.accept().unwrap();
        let _ = socket.read(&mut [0; 1024]);
        socket.write_all(b"HTTP/1.1 200 OK\r\nconnection: close\r\n\r\n{\"data\":[]}").unwrap();
    });
    address
}

/// Its answer is right and its application content, but it did not come from the fixture.
#[tokio::test]
async fn clients_with_a_fixed_host_miss_the_session() {
    let fixed = format!("http://{}/v1/models", elsewhere());
    let fixture =
        concat!(env!("CARGO_MANIFEST_DIR"), "/tests/clients/fixtures/recorded/async_openai/models");
    let mock = LlmMock::builder().fixture(fixture).mode(Mode::Replay).start().unwrap();
    let client = reqwest::Client::builder().no_proxy().build().unwrap();
    assert_eq!(client.get(fixed).send().await.unwrap().status(), 200);
    assert!(mock.requests().is_empty());

    let error = mock.finish().unwrap_err();
    assert!(matches!(error, FinishError::NoRequests { .. }), "{error}");
    assert!(error.to_string().contains("no request reached llmock"), "{error}");
}
