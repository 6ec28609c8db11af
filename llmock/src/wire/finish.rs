//! Why a model stopped.

/// Why the model stopped; each provider has its own name for it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Finish {
    /// The response is complete.
    Stop,
    /// The token limit was reached.
    Length,
    /// The model waits for the results of its tool calls.
    ToolCalls,
    /// A content filter of the provider removed the text.
    ContentFilter,
    /// The model declined to respond.
    Refusal,
}
