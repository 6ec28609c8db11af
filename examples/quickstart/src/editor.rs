//! Rewrites drafts through Anthropic's API.

use std::time::Duration;

use anthropic_sdk::{
    Anthropic, ClientConfig, ContentBlock, ContentBlockDelta, LogLevel, MessageCreateBuilder,
    MessageCreateParams, MessageStreamEvent,
};
use futures::StreamExt;
use tokio::time::timeout;

use crate::Error;

/// The SDK's stream does not end when its connection breaks.
const SILENCE: Duration = Duration::from_secs(60);

/// Turns drafts into notes that people can read.
#[derive(Debug)]
pub struct Editor {
    client: Anthropic,
    model: String,
}

impl Editor {
    /// An editor at `ANTHROPIC_BASE_URL`, with the key in `ANTHROPIC_API_KEY`.
    pub fn from_env() -> Result<Self, Error> {
        Self::new(ClientConfig::from_env()?)
    }

    /// An editor at an address of the caller's choice.
    pub fn new(config: ClientConfig) -> Result<Self, Error> {
        // Logging is the application's business; the SDK would install a global subscriber.
        let client = Anthropic::with_config(config.with_log_level(LogLevel::Off))?;
        Ok(Self { client, model: crate::model() })
    }

    /// Rewrites a draft.
    pub async fn rewrite(&self, draft: &str) -> Result<String, Error> {
        let message = self.client.messages().create(self.request(draft)).await?;
        let mut text = String::new();
        for block in message.content {
            if let ContentBlock::Text { text: part } = block {
                text.push_str(&part);
            }
        }
        if text.is_empty() { Err(Error::NoText) } else { Ok(text) }
    }

    /// Rewrites a draft, and shows each piece of the answer as it arrives.
    pub async fn stream_rewrite(
        &self,
        draft: &str,
        mut show: impl FnMut(&str),
    ) -> Result<String, Error> {
        let mut stream = self.client.messages().create_stream(self.request(draft)).await?;
        let mut answer = String::new();
        while let Some(event) = timeout(SILENCE, stream.next()).await.map_err(|_| Error::Silent)? {
            match event? {
                MessageStreamEvent::ContentBlockDelta {
                    delta: ContentBlockDelta::TextDelta { text },
                    ..
                } => {
                    show(&text);
                    answer.push_str(&text);
                }
                MessageStreamEvent::MessageStop => break,
                _ => {}
            }
        }
        if answer.is_empty() { Err(Error::NoText) } else { Ok(answer) }
    }

    fn request(&self, draft: &str) -> MessageCreateParams {
        MessageCreateBuilder::new(self.model.clone(), 96)
            .system("You rewrite drafts of release notes in one friendly sentence.")
            .user(format!("Rewrite this draft:\n\n{draft}"))
            .temperature(0.0)
            .build()
    }
}
