//! The canonical form of a body as a tree that can be compared and shown.

use std::cell::OnceCell;
use std::collections::hash_map::DefaultHasher;
use std::hash::{Hash, Hasher};

use super::canonical::{FormatRules, Token, walk};
use super::long;
use crate::json::{self, Json};

/// A value, with what comparisons need repeatedly.
#[derive(Clone, Debug)]
pub(crate) struct TreeNode {
    pub(crate) kind: NodeKind,
    /// Equal for equal values under the rules in force.
    pub(crate) hash: u64,
    /// How much this value matters: a leaf 1, a text more the longer it is.
    pub(crate) weight: f32,
    /// See [`bag`](Self::bag): few values of a long conversation are compared by their words.
    bag: OnceCell<Vec<u32>>,
}

/// More hashes say no more about the likeness of two values.
const LARGEST_BAG: usize = 4096;

#[derive(Clone, Debug)]
pub(crate) enum NodeKind {
    /// A string as sent, escapes resolved.
    Text(String),
    /// Any other leaf, as JSON text.
    Scalar(String),
    Array(Vec<TreeNode>),
    /// Sorted by name.
    Object(Vec<(String, TreeNode)>),
}

impl TreeNode {
    /// The parts of `body` that count.
    pub(crate) fn new(body: &Json<'_>, format: &FormatRules<'_>) -> Self {
        let mut builder = Builder { open: vec![Frame::default()] };
        walk(body, format, &mut |token| builder.token(token));
        let root = builder.open.pop().and_then(|mut frame| frame.nodes.pop());
        root.map_or_else(|| Self::scalar("null"), |(_, node)| node)
    }

    pub(crate) fn text(canonical: &str, text: &str) -> Self {
        let words = long::samples(canonical).map(word_count).sum::<usize>().min(LARGEST_BAG);
        // Long prompts matter more than flags but must not drown them.
        #[expect(clippy::cast_precision_loss, reason = "a weight, not a count")]
        let weight = 1.0 + (1.0 + words as f32).log2();
        // The same text, not only an equal one: to compare long texts takes time.
        let is_as_sent = std::ptr::eq(canonical, text);
        let bag = if is_as_sent { OnceCell::new() } else { OnceCell::from(text_bag(canonical)) };
        Self { kind: NodeKind::Text(text.to_owned()), hash: long::hash(canonical), weight, bag }
    }

    fn tool_id(number: usize, id: &str) -> Self {
        let bag = OnceCell::from(Vec::new());
        let hash = hash_of(("tool", number));
        Self { kind: NodeKind::Text(id.to_owned()), hash, weight: 1.0, bag }
    }

    /// A leaf that is JSON text.
    pub(crate) fn scalar(token: &str) -> Self {
        Self::number(token, token)
    }

    fn number(canonical: &str, token: &str) -> Self {
        Self {
            kind: NodeKind::Scalar(token.to_owned()),
            hash: hash_of(("scalar", canonical)),
            weight: 1.0,
            bag: OnceCell::from(vec![word_hash(canonical)]),
        }
    }

    fn container(kind: NodeKind) -> Self {
        let (hash, children): (u64, Vec<&TreeNode>) = match &kind {
            NodeKind::Array(items) => {
                let hashes: Vec<_> = items.iter().map(|item| item.hash).collect();
                (hash_of(("array", hashes)), items.iter().collect())
            }
            NodeKind::Object(members) => {
                let hashes: Vec<_> =
                    members.iter().map(|(name, value)| (name, value.hash)).collect();
                (hash_of(("object", hashes)), members.iter().map(|(_, value)| value).collect())
            }
            NodeKind::Text(_) | NodeKind::Scalar(_) => (0, Vec::new()),
        };
        let weight = children.iter().map(|child| child.weight).sum::<f32>().max(1.0);
        Self { kind, hash, weight, bag: OnceCell::new() }
    }

    /// Hashes of words and scalars inside, sorted: the lowest of them, if there are many.
    pub(crate) fn bag(&self) -> &[u32] {
        self.bag.get_or_init(|| match &self.kind {
            NodeKind::Text(text) => text_bag(text),
            NodeKind::Scalar(token) => vec![word_hash(token)],
            NodeKind::Array(items) => bag_of(items.iter()),
            NodeKind::Object(members) => bag_of(members.iter().map(|(_, value)| value)),
        })
    }

    /// The value as compact JSON: members sorted, without those that do not count and the middle of long texts.
    pub(crate) fn to_json(&self) -> String {
        let joined = |parts: Vec<String>| parts.join(",");
        match &self.kind {
            NodeKind::Text(text) => json::quote(&long::shortened(text)),
            NodeKind::Scalar(token) => token.clone(),
            NodeKind::Array(items) => {
                format!("[{}]", joined(items.iter().map(TreeNode::to_json).collect()))
            }
            NodeKind::Object(members) => {
                let members = members.iter();
                let members = members
                    .map(|(name, value)| format!("{}:{}", json::quote(name), value.to_json()));
                format!("{{{}}}", joined(members.collect()))
            }
        }
    }
}

fn text_bag(text: &str) -> Vec<u32> {
    lowest(long::samples(text).flat_map(words).map(word_hash).collect())
}

fn bag_of<'n>(children: impl Iterator<Item = &'n TreeNode>) -> Vec<u32> {
    lowest(children.flat_map(|child| child.bag().iter().copied()).collect())
}

/// Sorts a bag and keeps the same part of equal bags.
fn lowest(mut bag: Vec<u32>) -> Vec<u32> {
    if bag.len() > LARGEST_BAG {
        bag.select_nth_unstable(LARGEST_BAG);
        bag.truncate(LARGEST_BAG);
    }
    bag.sort_unstable();
    bag
}

/// Sequences of letters and digits, of any script.
pub(crate) fn words(text: &str) -> impl Iterator<Item = &str> {
    let edge = |character: char| character.is_ascii() && !character.is_ascii_alphanumeric();
    text.split(edge).filter(|word| !word.is_empty())
}

/// How many [`words`] a text has; without a branch for each byte, many times faster than to take them apart.
fn word_count(text: &str) -> usize {
    let is_inside = |byte: u8| !byte.is_ascii() | byte.is_ascii_alphanumeric();
    let bytes = text.as_bytes();
    let first = bytes.first().is_some_and(|byte| is_inside(*byte));
    // Blocks whose count fits into a byte.
    let pairs = bytes.chunks(128).zip(bytes.get(1..).unwrap_or_default().chunks(128));
    let starts = pairs.map(|(before, after)| {
        let both = before.iter().zip(after);
        both.map(|(before, after)| u8::from(!is_inside(*before) & is_inside(*after))).sum::<u8>()
    });
    usize::from(first) + starts.map(usize::from).sum::<usize>()
}

/// FNV-1a: short words, no adversary.
pub(crate) fn word_hash(word: &str) -> u32 {
    word.bytes().fold(0x811c_9dc5, |hash, byte| (hash ^ u32::from(byte)).wrapping_mul(0x0100_0193))
}

fn hash_of(value: impl Hash) -> u64 {
    let mut hasher = DefaultHasher::new();
    value.hash(&mut hasher);
    hasher.finish()
}

#[derive(Default)]
struct Frame {
    /// Nodes of an array have no names.
    nodes: Vec<(String, TreeNode)>,
    name: String,
}

struct Builder {
    /// The root's frame first; never empty while the walk runs.
    open: Vec<Frame>,
}

impl Builder {
    fn push(&mut self, node: TreeNode) {
        if let Some(frame) = self.open.last_mut() {
            let name = std::mem::take(&mut frame.name);
            frame.nodes.push((name, node));
        }
    }

    fn token(&mut self, token: Token<'_>) {
        let node = match token {
            Token::Null => TreeNode::scalar("null"),
            Token::Bool(true) => TreeNode::scalar("true"),
            Token::Bool(false) => TreeNode::scalar("false"),
            Token::Number { canonical, token } => TreeNode::number(canonical, token),
            Token::String { canonical, text } => TreeNode::text(canonical, text),
            Token::ToolId(number, id) => TreeNode::tool_id(number, id),
            Token::OpenArray | Token::OpenObject => return self.open.push(Frame::default()),
            Token::Name(name) => {
                if let Some(frame) = self.open.last_mut() {
                    name.clone_into(&mut frame.name);
                }
                return;
            }
            Token::CloseArray => {
                let nodes = self.open.pop().unwrap_or_default().nodes;
                let items = nodes.into_iter().map(|(_, item)| item).collect();
                TreeNode::container(NodeKind::Array(items))
            }
            Token::CloseObject => {
                let members = self.open.pop().unwrap_or_default().nodes;
                TreeNode::container(NodeKind::Object(members))
            }
        };
        self.push(node);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_are_counted_as_they_are_taken_apart() {
        let long = "a bc, d\u{e9}f\u{2014}g. ".repeat(100);
        for text in [
            "",
            " ",
            "a",
            " a",
            "a ",
            "one two",
            "one, two;three",
            "h\u{e9}llo wörld",
            "日本 語",
            &long,
        ] {
            assert_eq!(word_count(text), words(text).count(), "{text:?}");
        }
    }
}
