//! `MirrorStrategy`: returns the last user message.

use llmock::reply::{Message, Reply, Role};

use super::prompt::several_prompts;

/// The last user message with text; of several prompts, each. `responses` selects the answer when there is none.
pub(crate) fn answer(messages: &[Message], responses: bool) -> Reply {
    if let Some(prompts) = several_prompts(messages) {
        return prompts.iter().fold(Reply::new(), |all, prompt| all.completion(&prompt.text));
    }
    let mut of_user = messages.iter().rev().filter(|message| message.role == Role::User);
    // An empty text counts if it is the only one, as in `"input": ""`.
    let text =
        match of_user.clone().find(|message| !message.text.is_empty()).or_else(|| of_user.next()) {
            Some(message) if (responses && message.has_text) || !message.text.is_empty() => {
                message.text.as_str()
            }
            _ if responses => "No user input provided.",
            _ => "No user message provided.",
        };
    Reply::text(text)
}
