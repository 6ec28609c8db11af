//! What can go wrong between a question and its answer.

/// A failed request, or an answer that cannot be used.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// The OpenAI-compatible API failed.
    #[error("the assistant's model failed: {0}")]
    OpenAi(#[from] async_openai::error::OpenAIError),
    /// Anthropic's API failed.
    #[error("the editor's model failed: {0}")]
    Anthropic(#[from] anthropic_sdk::AnthropicError),
    /// The model answered without any text.
    #[error("the model answered without text")]
    NoText,
    /// The model went on calling tools and never answered.
    #[error("no answer after {0} turns")]
    TooManyTurns(usize),
    /// A stream sent nothing for too long.
    #[error("the stream fell silent")]
    Silent,
}
