//! The canonical form of a body as a tree that can be compared and shown.

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
    /// Hashes of words and scalars inside, sorted: the lowest of them, if there are many.
    pub(crate) bag: Vec<u32>,
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
        let bag = long::samples(canonical).flat_map(words).map(word_hash).collect();
        let hash = if long::is_long(canonical) {
            long::hash(canonical)
        } else {
            hash_of(("text", canonical))
        };
        Self::text_like(hash, text, bag)
    }

    fn text_like(hash: u64, text: &str, mut bag: Vec<u32>) -> Self {
        keep_lowest(&mut bag);
        // Long prompts matter more than flags but must not drown them.
        #[expect(clippy::cast_precision_loss, reason = "a weight, not a count")]
        let weight = 1.0 + (1.0 + bag.len() as f32).log2();
        Self { kind: NodeKind::Text(text.to_owned()), hash, weight, bag }
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
            bag: vec![word_hash(canonical)],
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
        let mut bag: Vec<u32> =
            children.iter().flat_map(|child| child.bag.iter().copied()).collect();
        keep_lowest(&mut bag);
        Self { kind, hash, weight, bag }
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

/// Sorts a bag and keeps the same part of equal bags.
fn keep_lowest(bag: &mut Vec<u32>) {
    if bag.len() > LARGEST_BAG {
        bag.select_nth_unstable(LARGEST_BAG);
        bag.truncate(LARGEST_BAG);
    }
    bag.sort_unstable();
}

/// Sequences of letters and digits, of any script.
pub(crate) fn words(text: &str) -> impl Iterator<Item = &str> {
    let edge = |character: char| character.is_ascii() && !character.is_ascii_alphanumeric();
    text.split(edge).filter(|word| !word.is_empty())
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
            Token::ToolId(number, id) => {
                TreeNode::text_like(hash_of(("tool", number)), id, Vec::new())
            }
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
