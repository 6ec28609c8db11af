//! How two requests differ, as data: one entry for each JSON path, address, or body that differs.

use std::borrow::Cow;
use std::collections::BTreeSet;

use super::align::{Pair, arrange, members};
use super::binary::{self, BinaryDifference, Blob};
use super::body::{ComparedBody, examine};
use super::canonical::{FormatRules, without_names_of_secrets};
use super::difference::{Difference, ElementChange, Reordered};
use super::elements;
use super::labels::{Calls, Label, LabelKind, Value, calls, label};
use super::long;
use super::order::canonical_text;
use super::rules::MatchRules;
use super::target::{RequestTarget, target};
use super::tree::{NodeKind, TreeNode};
use crate::fixture::interaction::{Body, Request};
use crate::json::path::Step;
use crate::json::{self, quote};
use crate::provider::Provider;

/// Everything by which the keys of two requests differ; empty when they are the same request.
pub(crate) fn diff(
    recorded: &Request,
    sent: &Request,
    provider: Provider,
    rules: &MatchRules,
) -> Vec<Difference> {
    let bodies = [recorded, sent].map(|request| subject(provider, request, rules));
    diff_of(recorded, sent, provider, rules, [&bodies[0], &bodies[1]])
}

/// The same for bodies that have been examined.
pub(super) fn diff_of(
    recorded: &Request,
    sent: &Request,
    provider: Provider,
    rules: &MatchRules,
    bodies: [&Subject; 2],
) -> Vec<Difference> {
    let mut differences = addresses(recorded, sent, provider, rules);
    match bodies {
        [Subject::Json(old), Subject::Json(new)] | [Subject::Form(old), Subject::Form(new)] => {
            Comparison::new(&mut differences, [old, new]).values(old, new);
        }
        [Subject::Opaque(old), Subject::Opaque(new)] if same(old.as_ref(), new.as_ref()) => {}
        [Subject::Opaque(Some(old)), Subject::Opaque(Some(new))] => {
            let mut difference = described(old, new, "body");
            if let (Body::Bytes(old), Body::Bytes(new)) = (&recorded.body, &sent.body) {
                difference.binary = Some(binary::of_bytes(old, new));
            }
            differences.push(difference);
        }
        [old, new] => differences.push(Difference {
            path: "body".to_owned(),
            recorded: old.to_json(),
            sent: new.to_json(),
            ..Difference::default()
        }),
    }
    differences
}

fn same(old: Option<&TreeNode>, new: Option<&TreeNode>) -> bool {
    old.map(|node| node.hash) == new.map(|node| node.hash)
}

pub(crate) enum Subject {
    Json(TreeNode),
    Form(TreeNode),
    /// A body without members: its text, or what describes its bytes; `None` is no body.
    Opaque(Option<TreeNode>),
}

impl Subject {
    fn to_json(&self) -> Option<String> {
        match self {
            Subject::Json(node) | Subject::Form(node) => Some(node.to_json()),
            Subject::Opaque(node) => node.as_ref().map(TreeNode::to_json),
        }
    }
}

/// The body of a request under the rules.
pub(crate) fn subject(provider: Provider, request: &Request, rules: &MatchRules) -> Subject {
    examine(&request.body, rules, |content| match content {
        ComparedBody::Empty => Subject::Opaque(None),
        ComparedBody::Json(tree) => Subject::Json(TreeNode::new(
            tree,
            &FormatRules::new(provider, &request.method, &request.path, rules),
        )),
        ComparedBody::Form(tree) => {
            Subject::Form(TreeNode::new(tree, &FormatRules::of_form(rules)))
        }
        ComparedBody::Text(text) => {
            let text = without_names_of_secrets(text);
            Subject::Opaque(Some(TreeNode::text(&text, &text)))
        }
        ComparedBody::Bytes(bytes) => Subject::Opaque(Some(TreeNode::scalar(&digest(bytes)))),
    })
}

fn digest(bytes: &[u8]) -> String {
    format!("{{\"bytes\":{},\"sha256\":\"{}\"}}", bytes.len(), super::key::digest(bytes))
}

fn addresses(
    recorded: &Request,
    sent: &Request,
    provider: Provider,
    rules: &MatchRules,
) -> Vec<Difference> {
    let mut differences = Vec::new();
    let mut note = |path: &str, recorded: Option<&str>, sent: Option<&str>| {
        if recorded != sent {
            let [recorded, sent] = [recorded, sent].map(|side| side.map(quote));
            let path = path.to_owned();
            differences.push(Difference { path, recorded, sent, ..Difference::default() });
        }
    };
    let [old, new] = [recorded, sent].map(|it| target(provider, &it.path, rules));
    let [before, after] = [recorded, sent].map(|request| request.method.to_ascii_uppercase());
    note("method", Some(&before), Some(&after));
    note("path", Some(&old.path), Some(&new.path));
    note("range", recorded.range.as_deref(), sent.range.as_deref());
    let [before, after] = [recorded, sent].map(|request| rules.compared_headers(request));
    let value = |all: &[(&str, Cow<'_, str>)], name: &str| {
        all.iter().find(|(known, _)| *known == name).map(|(_, value)| value.to_string())
    };
    let headers: BTreeSet<&str> = before.iter().chain(&after).map(|(name, _)| *name).collect();
    for name in headers {
        let [old, new] = [&before, &after].map(|all| value(all, name));
        note(&format!("header {name}"), old.as_deref(), new.as_deref());
    }
    let mut names: Vec<&str> =
        old.query.iter().chain(&new.query).map(|(name, _)| name.as_str()).collect();
    names.sort_unstable();
    names.dedup();
    for name in names {
        let (old, new) = (values(&old, name), values(&new, name));
        for at in 0..old.len().max(new.len()) {
            note(&format!("query.{name}"), old.get(at).copied(), new.get(at).copied());
        }
    }
    differences
}

fn values<'q>(target: &'q RequestTarget, name: &str) -> Vec<&'q str> {
    let pairs = target.query.iter().filter(|(key, _)| key == name);
    pairs.map(|(_, value)| value.as_str()).collect()
}

struct Comparison<'d> {
    differences: &'d mut Vec<Difference>,
    path: String,
    /// What the steps of the path lead to, as far as they have a name.
    labels: Vec<Label>,
    calls: Calls,
}

impl<'d> Comparison<'d> {
    fn new(differences: &'d mut Vec<Difference>, roots: [&TreeNode; 2]) -> Self {
        let mut found = Calls::new();
        for root in roots {
            calls(root, &mut found);
        }
        Self { differences, path: "$".to_owned(), labels: Vec::new(), calls: found }
    }

    fn values(&mut self, old: &TreeNode, new: &TreeNode) {
        if old.hash == new.hash {
            return;
        }
        match (&old.kind, &new.kind) {
            (NodeKind::Text(a), NodeKind::Text(b)) if is_same_json(a, b) => {
                self.push(described(old, new, &self.path), Some(Reordered::Json));
            }
            (NodeKind::Text(a), NodeKind::Text(b)) => {
                let inside = inside(a, b);
                self.push(Difference { inside, ..described(old, new, &self.path) }, None);
            }
            (NodeKind::Array(a), NodeKind::Array(b)) => self.arrays([old, new], a, b),
            (NodeKind::Object(_), NodeKind::Object(_)) if files(old, new).is_some() => {
                let binary = files(old, new);
                self.push(Difference { binary, ..described(old, new, &self.path) }, None);
            }
            // Objects without a common member are easier to read whole.
            (NodeKind::Object(a), NodeKind::Object(b))
                if self.path == "$"
                    || members(a, b).iter().any(|(_, a, b)| a.is_some() && b.is_some()) =>
            {
                for (name, old, new) in members(a, b) {
                    let label = system_prompt(name).filter(|_| self.path == "$");
                    self.step(&Step::Name(name.to_owned()), label, (old, new));
                }
            }
            _ => self.push(described(old, new, &self.path), None),
        }
    }

    fn arrays(&mut self, nodes: [&TreeNode; 2], old: &[TreeNode], new: &[TreeNode]) {
        let arrangement = arrange(old, new);
        let elements = elements::changes(old, new, &arrangement, &self.calls);
        if has_same_elements(old, new) {
            let [a, b] = nodes;
            let difference = Difference { elements, ..described(a, b, &self.path) };
            return self.push(difference, Some(Reordered::Elements));
        }
        // One added or removed element is easier to read with its content.
        let is_lone = elements.as_ref().is_some_and(|found| {
            let only = found.changes.first().filter(|_| found.changes.len() == 1);
            only.is_some_and(|only| {
                matches!(only, ElementChange::Added { .. } | ElementChange::Removed { .. })
            })
        });
        if elements.is_some() && !is_lone {
            let [a, b] = nodes;
            self.push(Difference { elements, ..described(a, b, &self.path) }, None);
        }
        for (i, j) in arrangement.pairs {
            if is_lone || (i.is_some() && j.is_some()) {
                self.element((i, j), old, new);
            }
        }
    }

    fn element(&mut self, (i, j): Pair, old: &[TreeNode], new: &[TreeNode]) {
        let sides = (i.map(|i| &old[i]), j.map(|j| &new[j]));
        if let (Some(a), Some(b)) = sides
            && a.hash == b.hash
        {
            return;
        }
        let Some(node) = sides.1.or(sides.0) else { return };
        let mut label = label(node, &self.calls);
        let is_top = self.path.matches(['.', '[']).count() == 1;
        let is_turn = !matches!(label.kind, LabelKind::Value | LabelKind::Tool);
        let length = if j.is_some() { new.len() } else { old.len() };
        let at = j.or(i).unwrap_or_default();
        label.turn = (is_top && is_turn).then_some((at + 1, length));
        self.step(&Step::Index(at), Some(label), sides);
    }

    fn step(
        &mut self,
        step: &Step,
        label: Option<Label>,
        sides: (Option<&TreeNode>, Option<&TreeNode>),
    ) {
        use std::fmt::Write as _;
        let (length, depth) = (self.path.len(), self.labels.len());
        let _ = write!(self.path, "{step}");
        self.labels.extend(label);
        match sides {
            (Some(old), Some(new)) => self.values(old, new),
            (old, new) => {
                let [recorded, sent] = [old, new].map(|side| side.map(TreeNode::to_json));
                let path = self.path.clone();
                self.push(Difference { path, recorded, sent, ..Difference::default() }, None);
            }
        }
        self.path.truncate(length);
        self.labels.truncate(depth);
    }

    fn push(&mut self, difference: Difference, reordered: Option<Reordered>) {
        self.differences.push(Difference { reordered, label: self.label(), ..difference });
    }

    /// The labels on the way put together: the innermost tool, the outermost turn.
    fn label(&self) -> Option<Label> {
        let joined = self.labels.iter().cloned().reduce(|outer, inner| Label {
            kind: if inner.kind == LabelKind::Value { outer.kind } else { inner.kind },
            role: inner.role.or(outer.role),
            tool: inner.tool.or(outer.tool),
            text: inner.text,
            turn: outer.turn.or(inner.turn),
        });
        joined.filter(|label| label.kind != LabelKind::Value)
    }
}

/// A system prompt outside the conversation.
fn system_prompt(member: &str) -> Option<Label> {
    const MEMBERS: [&str; 5] =
        ["system", "instructions", "systemInstruction", "system_instruction", "preamble"];
    MEMBERS.contains(&member).then(|| Label {
        kind: LabelKind::Message,
        role: Some("system".to_owned()),
        ..Label::default()
    })
}

/// Two values that differ, as JSON text.
fn described(old: &TreeNode, new: &TreeNode, path: &str) -> Difference {
    let [recorded, sent] = around_difference(old, new)
        .map_or_else(|| [old.to_json(), new.to_json()], |(old, new)| [quote(&old), quote(&new)]);
    let binary = match (&old.kind, &new.kind) {
        (NodeKind::Text(old), NodeKind::Text(new)) => binary::of_texts(old, new),
        _ => None,
    };
    let (path, recorded, sent) = (path.to_owned(), Some(recorded), Some(sent));
    Difference { path, recorded, sent, binary, ..Difference::default() }
}

/// How two JSON texts differ in anything; a text that is not JSON is compared as a text.
#[cfg(feature = "server")]
pub(crate) fn diff_of_json(old: &str, new: &str) -> Vec<Difference> {
    let rules = MatchRules::default();
    let format = FormatRules::of_form(&rules);
    let tree = |text: &str| {
        let parsed = json::parse(text).ok();
        parsed.map_or_else(|| TreeNode::text(text, text), |body| TreeNode::new(&body, &format))
    };
    let [old, new] = [old, new].map(tree);
    let mut differences = Vec::new();
    Comparison::new(&mut differences, [&old, &new]).values(&old, &new);
    differences
}

/// Longer texts are not parsed.
const LONGEST_JSON: usize = 1 << 20;

/// Where two texts that are JSON differ: arguments of tools, mostly.
fn inside(old: &str, new: &str) -> Vec<Difference> {
    let is_container = |text: &str| text.trim_start().starts_with(['{', '[']);
    if ![old, new].iter().all(|text| text.len() <= LONGEST_JSON && is_container(text)) {
        return Vec::new();
    }
    let (Ok(old), Ok(new)) = (json::parse(old), json::parse(new)) else { return Vec::new() };
    let rules = MatchRules::default();
    let format = FormatRules::of_form(&rules);
    let [old, new] = [&old, &new].map(|body| TreeNode::new(body, &format));
    let mut differences = Vec::new();
    Comparison::new(&mut differences, [&old, &new]).values(&old, &new);
    differences
}

/// Two files of a form, of which a fixture keeps only digests.
fn files(old: &TreeNode, new: &TreeNode) -> Option<BinaryDifference> {
    let blob = |node: &TreeNode| {
        node.member("sha256")?;
        let NodeKind::Scalar(bytes) = &node.member("bytes")?.kind else { return None };
        let media = node.member("content_type").and_then(Value::as_text);
        let media = media.as_deref().unwrap_or("file");
        let bytes = bytes.parse().ok()?;
        Some(Blob { media: media.chars().take(60).collect(), bytes, is_base64: false })
    };
    let (recorded, sent) = (blob(old)?, blob(new)?);
    let digest = |node: &TreeNode| node.member("sha256").map(|digest| digest.hash);
    (digest(old) != digest(new)).then_some(BinaryDifference {
        recorded: Some(recorded),
        sent: Some(sent),
        first_byte: None,
    })
}

/// Two long texts, where they differ.
fn around_difference(old: &TreeNode, new: &TreeNode) -> Option<(String, String)> {
    match (&old.kind, &new.kind) {
        (NodeKind::Text(old), NodeKind::Text(new)) => long::around_difference(old, new),
        _ => None,
    }
}

/// Whether two different arrays have equal elements.
fn has_same_elements(old: &[TreeNode], new: &[TreeNode]) -> bool {
    let sorted = |nodes: &[TreeNode]| {
        let mut hashes: Vec<_> = nodes.iter().map(|node| node.hash).collect();
        hashes.sort_unstable();
        hashes
    };
    old.len() == new.len() && sorted(old) == sorted(new)
}

/// Whether two texts are the same JSON with members in another order.
fn is_same_json(old: &str, new: &str) -> bool {
    old.len() == new.len()
        && old.len() <= LONGEST_JSON
        && canonical_text(old).is_some_and(|old| canonical_text(new).is_some_and(|new| old == new))
}

#[cfg(test)]
mod tests;
