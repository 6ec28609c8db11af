//! Plain and streamed answers of an OpenAI-compatible chat model.

use async_openai::{
    Client,
    config::OpenAIConfig,
    types::chat::{
        ChatCompletionRequestMessage, ChatCompletionRequestSystemMessage,
        ChatCompletionRequestUserMessage, CreateChatCompletionRequest,
    },
};
use futures::StreamExt;

use crate::Error;

const STYLE: &str = "You write release notes. Answer in one or two short sentences.";

/// Answers questions about releases.
#[derive(Debug, Clone)]
pub struct Assistant {
    pub(crate) client: Client<OpenAIConfig>,
    pub(crate) model: String,
}

impl Assistant {
    /// An assistant at `OPENAI_BASE_URL`, with the key in `OPENAI_API_KEY`.
    pub fn from_env() -> Self {
        Self::new(OpenAIConfig::new())
    }

    /// An assistant at an address of the caller's choice.
    pub fn new(config: OpenAIConfig) -> Self {
        Self { client: Client::with_config(config), model: crate::model() }
    }

    /// Sums a report up.
    pub async fn summarize(&self, report: &str) -> Result<String, Error> {
        let request = self.request(summary_messages(report));
        let response = self.client.chat().create(request).await?;
        let answer = response.choices.into_iter().next().and_then(|choice| choice.message.content);
        answer.filter(|text| !text.is_empty()).ok_or(Error::NoText)
    }

    /// Sums a report up, and shows each piece of the answer as it arrives.
    pub async fn stream_summary(
        &self,
        report: &str,
        mut show: impl FnMut(&str),
    ) -> Result<String, Error> {
        let request = CreateChatCompletionRequest {
            stream: Some(true),
            ..self.request(summary_messages(report))
        };
        let mut stream = self.client.chat().create_stream(request).await?;
        let mut answer = String::new();
        while let Some(chunk) = stream.next().await {
            for choice in chunk?.choices {
                let piece = choice.delta.content.unwrap_or_default();
                if !piece.is_empty() {
                    show(&piece);
                    answer.push_str(&piece);
                }
            }
        }
        if answer.is_empty() { Err(Error::NoText) } else { Ok(answer) }
    }

    /// A request that asks for the likeliest answer, so that the same question gives the same text.
    pub(crate) fn request(
        &self,
        messages: Vec<ChatCompletionRequestMessage>,
    ) -> CreateChatCompletionRequest {
        CreateChatCompletionRequest {
            model: self.model.clone(),
            messages,
            temperature: Some(0.0),
            max_completion_tokens: Some(96),
            ..Default::default()
        }
    }
}

/// The assistant's style, then what the user says.
pub(crate) fn opening(question: String) -> Vec<ChatCompletionRequestMessage> {
    vec![
        ChatCompletionRequestSystemMessage::from(STYLE).into(),
        ChatCompletionRequestUserMessage::from(question).into(),
    ]
}

fn summary_messages(report: &str) -> Vec<ChatCompletionRequestMessage> {
    opening(format!("Sum up the key points of this report:\n\n{report}"))
}
