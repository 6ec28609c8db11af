//! Sockets reach a test on every way that requests have: variables, a handle, a proxy, and interception.

use futures::{SinkExt as _, StreamExt as _};
use llmock::{LlmMock, Provider, llm_replay};
use reqwest::{Client, StatusCode};
use tokio_tungstenite::WebSocketStream;
use tokio_tungstenite::tungstenite::Message;
use tokio_tungstenite::tungstenite::protocol::Role;

/// Below the base URL of `OpenAI`.
const TARGET: &str = "/realtime?model=gpt-realtime";

/// Opens the recorded socket, and takes its first message.
async fn talk(client: Client, url: String) {
    let handshake = client
        .get(url)
        .header("connection", "Upgrade")
        .header("upgrade", "websocket")
        .header("sec-websocket-version", "13")
        .header("sec-websocket-key", "dGhlIHNhbXBsZSBub25jZQ==");
    let response = handshake.send().await.expect("a response");
    assert_eq!(response.status(), StatusCode::SWITCHING_PROTOCOLS);
    let io = response.upgrade().await.expect("a connection");
    let mut socket = WebSocketStream::from_raw_socket(io, Role::Client, None).await;
    socket.send(Message::text(r#"{"type":"go"}"#)).await.expect("sent");
    let message = socket.next().await.expect("a message").expect("a message");
    assert_eq!(message.into_text().expect("text").as_str(), r#"{"type":"delta","delta":"Good "}"#);
}

#[llm_replay(fixture = "swept")]
#[tokio::test]
async fn by_the_variable_of_a_provider() {
    let base = std::env::var("OPENAI_BASE_URL").expect("llmock sets it");
    talk(Client::new(), base + TARGET).await;
}

#[llm_replay(fixture = "swept")]
#[tokio::test]
async fn by_a_handle(mock: &LlmMock) {
    let url = mock.ws_url(Provider::OpenAI);
    assert!(url.starts_with("ws://"), "{url}");
    talk(Client::new(), url.replacen("ws", "http", 1) + TARGET).await;
}

#[llm_replay(fixture = "swept", providers(openai = "http://localhost:4999/v1"), proxy = true)]
#[tokio::test]
async fn by_a_proxy() {
    talk(Client::new(), format!("http://127.0.0.1:4999/v1{TARGET}")).await;
}

#[cfg(all(feature = "intercept", target_os = "linux"))]
#[llm_replay(fixture = "swept", intercept = true)]
#[tokio::test]
async fn by_interception() {
    let client = Client::builder().http1_only().build().expect("a client");
    talk(client, format!("https://api.openai.com/v1{TARGET}")).await;
}
