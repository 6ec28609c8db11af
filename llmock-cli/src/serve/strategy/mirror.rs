//! Says back what the user said last.

use llmock::reply::{Message, Reply, Role};

use super::several_prompts;

/// The text of the user's last message that has any; of several prompts, each. `responses` chooses the words when
/// there is none.
pub(crate) fn answer(turns: &[Message], responses: bool) -> Reply {
    if let Some(prompts) = several_prompts(turns) {
        return prompts.iter().fold(Reply::new(), |all, prompt| all.completion(&prompt.text));
    }
    let mut said = turns.iter().rev().filter(|turn| turn.role == Role::User);
    // an empty text is a text where it stands alone, as in `"input": ""`
    let text = match said.clone().find(|turn| !turn.text.is_empty()).or_else(|| said.next()) {
        Some(turn) if (responses && turn.has_text) || !turn.text.is_empty() => turn.text.as_str(),
        _ if responses => "No user input provided.",
        _ => "No user message provided.",
    };
    Reply::text(text)
}
