//! Clients that speak over WebSockets: each is recorded while it talks with the replies of a test, and sees the same when
//! that is replayed.

use llmock::reply::{Reply, request};
use llmock::{LlmMock, LlmMockBuilder, MockSession, Mode, Provider};
use llmock_testkit::process::alone;
use llmock_testkit::recorded::place;
use rig_core::completion::CompletionRequest;
use tokio::runtime::{Builder, Runtime};

use crate::apps::MODEL;
use crate::apps::rig::openai_at;

const TEST: &str = "sockets::clients";

fn runtime() -> Runtime {
    Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap()
}

/// What responds while the clients are recorded.
fn provider() -> MockSession {
    let mock = LlmMock::builder().scripted(true).test(TEST).start().unwrap();
    mock.when(request().last_user("one")).reply(Reply::text("the first answer"));
    mock.when(request().last_user("two")).reply(Reply::text("the second answer"));
    mock
}

fn builder(fixture: &std::path::Path) -> LlmMockBuilder {
    LlmMock::builder().fixture(fixture).test(TEST)
}

/// Records what a client does with the provider's base URL, and lets it do the same once more.
fn replays<T: PartialEq + std::fmt::Debug>(client: impl Fn(String) -> T) -> T {
    let (_folder, fixture) = place();
    let upstream = provider();
    let mock = builder(&fixture)
        .mode(Mode::Record)
        .upstream(Provider::OpenAI, upstream.base_url(Provider::OpenAI))
        .start()
        .unwrap();
    let live = client(mock.base_url(Provider::OpenAI));
    mock.finish().unwrap();
    upstream.finish().unwrap();
    let mock = builder(&fixture).mode(Mode::Replay).fail_on_unused().start().unwrap();
    assert_eq!(client(mock.base_url(Provider::OpenAI)), live);
    mock.finish().unwrap();
    live
}

/// The texts of responses on one socket of rig, each behind the one before.
pub(crate) async fn responses(base_url: &str, turns: &[&str]) -> Vec<String> {
    let model = openai_at(base_url).responses(MODEL);
    let mut session = Box::pin(model.responses_websocket().connect()).await.unwrap();
    let mut texts = Vec::new();
    for turn in turns {
        let response = session.completion(CompletionRequest::new(*turn)).await.unwrap();
        texts.push(response.text());
    }
    session.close().await.unwrap();
    texts
}

#[test]
fn rig_sees_the_same_responses_in_replay() {
    alone(&[], |_| {
        let runtime = runtime();
        let texts = replays(|url| runtime.block_on(responses(&url, &["one", "two"])));
        assert_eq!(texts, ["the first answer", "the second answer"]);
    });
}

#[cfg(feature = "provider-clients")]
pub(crate) mod realtime {
    use futures::{SinkExt as _, StreamExt as _};
    use openai_api_rs::realtime::api::RealtimeClient;
    use openai_api_rs::realtime::client_event::{
        ClientEvent, ConversationItemCreate, ResponseCreate, SessionUpdate,
    };
    use openai_api_rs::realtime::server_event::ServerEvent;
    use openai_api_rs::realtime::types::Session;
    use serde_json::json;

    /// The texts that a session of openai-api-rs says to these messages.
    pub(crate) async fn talk(base_url: &str, turns: &[&str]) -> Vec<String> {
        let url = format!("{}/realtime", base_url.replacen("http", "ws", 1));
        let client = RealtimeClient::new_with_endpoint(url, "any".into(), "gpt-realtime".into());
        let (mut write, mut read) = client.connect().await.unwrap();
        let session = Session { modalities: Some(vec!["text".into()]), ..Session::default() };
        let update = ClientEvent::SessionUpdate(SessionUpdate { event_id: None, session });
        write.send(update.into()).await.unwrap();
        let mut texts = Vec::new();
        for turn in turns {
            let content = json!([{"type": "input_text", "text": turn}]);
            let item = json!({"type": "message", "role": "user", "content": content});
            let item = serde_json::from_value(item).unwrap();
            let create = ConversationItemCreate { item, ..ConversationItemCreate::default() };
            write.send(create.into()).await.unwrap();
            write.send(ResponseCreate::default().into()).await.unwrap();
            let mut text = String::new();
            loop {
                let message = read.next().await.unwrap().unwrap().into_text().unwrap();
                // Its types read every message that it receives.
                match serde_json::from_str(&message)
                    .unwrap_or_else(|why| panic!("{why}: {message}"))
                {
                    ServerEvent::ResponseTextDelta(event) => text.push_str(&event.delta),
                    ServerEvent::ResponseDone(_) => break,
                    ServerEvent::Error(error) => panic!("{error:?}"),
                    _ => {}
                }
            }
            texts.push(text);
        }
        write.close().await.unwrap();
        texts
    }

    #[test]
    fn openai_api_rs_hears_the_same_in_replay() {
        use super::{alone, replays, runtime};
        alone(&[], |_| {
            let runtime = runtime();
            let texts = replays(|url| runtime.block_on(talk(&url, &["one", "two"])));
            assert_eq!(texts, ["the first answer", "the second answer"]);
        });
    }
}
