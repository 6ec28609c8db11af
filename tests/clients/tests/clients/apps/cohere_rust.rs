//! cohere-rust: version 1 of the API, and always streamed.

use cohere_rust::Cohere;
use cohere_rust::api::chat::{ChatRequest, ChatStreamResponse};

use super::{QUESTION, Seen};

/// The version is in its base URL.
pub(crate) fn at(base_url: &str) -> Cohere {
    Cohere::new(format!("{base_url}/v1"), "not needed")
}

/// At Cohere's own address, with the key of the environment.
#[cfg(feature = "intercept")]
pub(crate) fn hosted() -> Cohere {
    Cohere::default()
}

pub(crate) async fn chat_stream(client: &Cohere) -> Seen {
    ask_stream(client, QUESTION).await
}

pub(crate) fn question(text: &str) -> ChatRequest<'_> {
    ChatRequest { message: text, max_tokens: Some(32), ..ChatRequest::default() }
}

pub(crate) async fn ask_stream(client: &Cohere, text: &str) -> Seen {
    let mut events = client.chat(&question(text)).await.unwrap();
    let mut seen = Seen::default();
    while let Some(event) = events.recv().await {
        let event = event.unwrap();
        seen.saw(&event);
        match event {
            ChatStreamResponse::ChatTextGeneration { text, .. } => seen.piece(&text),
            ChatStreamResponse::ChatStreamEnd { finish_reason, .. } => {
                seen.finished(Some(finish_reason));
            }
            ChatStreamResponse::ChatStreamStart { .. } => {}
        }
    }
    seen
}
