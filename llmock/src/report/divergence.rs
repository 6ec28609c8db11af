//! Where a conversation left its recording, in words.

use super::values::{count, excerpt, quote};
use crate::matching::Divergence;
use crate::matching::labels::{Label, LabelKind};

/// Texts of earlier turns are shortened to this many characters.
const TEXT: usize = 60;

/// Which turn differs, of how many, and what it is.
pub(super) fn sentence(divergence: &Divergence) -> String {
    let Divergence { turn, turns, recorded, sent, .. } = divergence;
    match (recorded, sent) {
        (Some(recorded), Some(sent)) if who(recorded) == who(sent) => {
            format!("turn {turn} of {turns}: {} differs", who(sent))
        }
        (Some(recorded), Some(sent)) => {
            format!(
                "turn {turn} of {turns}: {} was sent, and {} was recorded",
                who(sent),
                who(recorded)
            )
        }
        (None, Some(sent)) => {
            format!(
                "turn {turn} of {turns}: {} was sent, and the recorded conversation ends before it",
                who(sent)
            )
        }
        (Some(recorded), None) => {
            let turns = count(*turns, "turn");
            format!("the conversation ends after {turns}, and {} was recorded next", who(recorded))
        }
        (None, None) => String::new(),
    }
}

/// A line for each earlier turn: the last ones, if there are more than `most`.
pub(super) fn earlier(divergence: &Divergence, most: usize) -> Vec<String> {
    let all = &divergence.earlier;
    let left_out = all.len().saturating_sub(most);
    let mut lines = Vec::new();
    if left_out > 0 {
        lines.push(format!("{} before these, as recorded", count(left_out, "turn")));
    }
    let shown = all.iter().enumerate().skip(left_out);
    lines.extend(shown.map(|(at, label)| {
        let text = label.text.as_deref().filter(|text| Some(*text) != label.tool.as_deref());
        let text = text.map(|text| format!(" {}", quote(text, TEXT))).unwrap_or_default();
        format!("turn {}: {}{text}, as recorded", at + 1, who(label))
    }));
    lines
}

/// The turn as a person calls it: the result of a tool, the message of a role.
fn who(label: &Label) -> String {
    let tool = label.tool.as_deref().map(|tool| format!("`{}`", excerpt(tool, TEXT)));
    match (label.kind, tool, label.role.as_deref()) {
        (LabelKind::ToolCall, Some(tool), _) => format!("the call of {tool}"),
        (LabelKind::ToolCall, None, _) => "the call of a tool".to_owned(),
        (LabelKind::ToolResult, Some(tool), _) => format!("the result of {tool}"),
        (LabelKind::ToolResult, None, _) => "the result of a tool".to_owned(),
        (_, _, Some(role)) => format!("the {} message", excerpt(role, 20)),
        _ => "an item".to_owned(),
    }
}
