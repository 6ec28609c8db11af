//! A small release-notes assistant, as an application would write it.
//!
//! [`Assistant`] summarizes reports, finds similar changes, and answers questions about a release with
//! tools, through an OpenAI-compatible API; [`Editor`] rewrites drafts through Anthropic's. Addresses,
//! keys, and the model come from the environment.

mod anthropic;
mod assistant;
mod conversation;
mod editor;
mod error;
mod release;
mod similar;

pub use anthropic::Anthropic;
pub use assistant::Assistant;
pub use conversation::{Conversation, ToolUse};
pub use editor::Editor;
pub use error::Error;
pub use release::{Change, Release};
pub use similar::Ranked;

/// Summarizes a report with the assistant that the environment configures.
pub async fn summarize(report: &str) -> Result<String, Error> {
    Assistant::from_env().summarize(report).await
}

/// The model to ask: `QUICKSTART_MODEL`, or a small local one.
fn model() -> String {
    std::env::var("QUICKSTART_MODEL").unwrap_or_else(|_| "smollm2-135m".to_owned())
}
