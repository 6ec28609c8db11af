//! What can go wrong between a question and its answer.

/// A failed request, or an answer that cannot be used.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// The OpenAI-compatible API failed.
    #[error("the assistant's model failed: {0}")]
    OpenAi(#[from] async_openai::error::OpenAIError),
    /// There is no key for Anthropic's API.
    #[error("no key in ANTHROPIC_API_KEY: {0}")]
    NoKey(#[source] std::env::VarError),
    /// Anthropic's API could not be reached, or its answer could not be read.
    #[error("the editor's model failed: {0}")]
    Http(#[from] reqwest::Error),
    /// Anthropic's API answered with an error.
    #[error("the editor's model answered {status}: {body}")]
    Refused {
        /// The status of the answer.
        status: reqwest::StatusCode,
        /// What the API says about it.
        body: String,
    },
    /// A stream from Anthropic's API could not be read.
    #[error("the editor's stream failed: {0}")]
    Stream(#[from] eventsource_stream::EventStreamError<reqwest::Error>),
    /// An event of a stream is no JSON.
    #[error("the editor's stream has an event that is no JSON: {0}")]
    Event(#[from] serde_json::Error),
    /// Anthropic's API failed in the middle of a stream.
    #[error("the editor's model failed in the middle of its answer: {0}")]
    Broken(String),
    /// The model answered without any text.
    #[error("the model answered without text")]
    NoText,
    /// The model went on calling tools and never answered.
    #[error("no answer after {0} turns")]
    TooManyTurns(usize),
    /// A stream ended before its answer did.
    #[error("the stream ended in the middle of the answer")]
    CutShort,
}
