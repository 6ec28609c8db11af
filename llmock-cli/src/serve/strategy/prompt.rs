//! The parts of a conversation that strategies read.

use llmock::reply::{Message, Role};

/// The last message of the user, if only system messages follow it.
///
/// Earlier triggers already had their response. If they triggered again, a loop of tool calls would never end.
pub(super) fn last_of_user(messages: &[Message]) -> Option<&str> {
    let last = messages.iter().rev().find(|message| message.role != Role::System)?;
    (last.role == Role::User).then_some(last.text.as_str())
}

/// The prompts of a completion that has more than one. Each has an answer of its own.
pub(super) fn several_prompts(messages: &[Message]) -> Option<&[Message]> {
    (messages.len() > 1 && messages[0].is_prompt).then_some(messages)
}
