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

/// The turns of two bodies, and how many of the first ones are the same.
fn turns<'t>(
    old: &'t TreeNode,
    new: &'t TreeNode,
) -> Option<(&'t [TreeNode], &'t [TreeNode], usize)> {
    let members = ["messages", "input", "contents", "chat_history"];
    let of = |name: &&str| Some((old.member(name)?.elements(), new.member(name)?.elements()));
    let (old, new) = members.iter().find_map(of)?;
    let same = old.iter().zip(new).take_while(|(old, new)| old.hash == new.hash).count();
    Some((old, new, same))
}

/// How many turns a conversation shares with a recorded one before they part; 0 if the model has not had one of them.
pub(super) fn common_turns(old: &TreeNode, new: &TreeNode) -> usize {
    let Some((_, new, same)) = turns(old, new) else { return 0 };
    let known = Calls::new();
    if new[..same].iter().any(|turn| is_by_model(&label(turn, &known))) { same } else { 0 }
}

/// Compares the turns of two bodies. `None` if they are the same, or if the model has not had a turn yet: then it is no
/// conversation.
pub(super) fn divergence(old: &TreeNode, new: &TreeNode) -> Option<Divergence> {
    let (old_turns, new_turns, same) = turns(old, new)?;
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
