//! Where a conversation leaves the recorded one: the first turn that differs, and what came before it.

use super::labels::{Calls, Label, LabelKind, Value as _, calls, label};
use super::tree::TreeNode;

/// The first turn in which two conversations differ.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Divergence {
    /// Its place among the turns, from one.
    pub(crate) turn: usize,
    /// How many turns were sent.
    pub(crate) turns: usize,
    pub(crate) recorded: Option<Label>,
    pub(crate) sent: Option<Label>,
    /// The turns before it, which are the same.
    pub(crate) earlier: Vec<Label>,
}

/// Compares the turns of two bodies. `None` if they are the same, or if the model has not had a turn yet: then it is no
/// conversation.
pub(super) fn divergence(old: &TreeNode, new: &TreeNode) -> Option<Divergence> {
    let members = ["messages", "input", "contents", "chat_history"];
    let of = |name: &&str| Some((old.member(name)?.elements(), new.member(name)?.elements()));
    let (old_turns, new_turns) = members.iter().find_map(of)?;
    let same = old_turns.iter().zip(new_turns).take_while(|(old, new)| old.hash == new.hash);
    let same = same.count();
    let (recorded, sent) = (old_turns.get(same), new_turns.get(same));
    if recorded.is_none() && sent.is_none() {
        return None;
    }
    let mut known = Calls::new();
    calls(old, &mut known);
    calls(new, &mut known);
    let labelled = |node: &TreeNode| label(node, &known);
    let earlier: Vec<Label> = new_turns[..same].iter().map(labelled).collect();
    earlier.iter().any(is_by_model).then(|| Divergence {
        turn: same + 1,
        turns: new_turns.len(),
        recorded: recorded.map(labelled),
        sent: sent.map(labelled),
        earlier,
    })
}

fn is_by_model(label: &Label) -> bool {
    label.kind == LabelKind::ToolCall
        || matches!(label.role.as_deref(), Some("assistant" | "model" | "CHATBOT"))
}
