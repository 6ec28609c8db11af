//! How two requests differ, as data: one entry for each JSON path, address, or body that differs.

use super::align::{align, members};
use super::body::{ComparedBody, examine};
use super::canonical::{FormatRules, without_names_of_secrets};
use super::long;
use super::order::canonical_text;
use super::rules::MatchRules;
use super::target::{RequestTarget, target};
use super::tree::{NodeKind, TreeNode};
use crate::fixture::interaction::Request;
use crate::json::path::Step;
use crate::json::quote;
use crate::provider::Provider;

/// One difference that the key sees. Both sides are JSON text, in full unless it is long; `None` is absent.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Difference {
    /// `$.messages[1].content` as `ignore` takes it, or `method`, `path`, `query.alt`, `body`.
    /// Indices are those of the sent array, for removed elements those of the recorded one.
    pub(crate) path: String,
    pub(crate) recorded: Option<String>,
    pub(crate) sent: Option<String>,
    /// Both sides are the same but for an order.
    pub(crate) reordered: Option<Reordered>,
}

/// What has a different order in an otherwise equal value.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Reordered {
    /// The elements of an array.
    Elements,
    /// Members and elements of JSON that is a text.
    Json,
}

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
            Comparison { differences: &mut differences, path: "$".to_owned() }.values(old, new);
        }
        [Subject::Opaque(old), Subject::Opaque(new)] if same(old.as_ref(), new.as_ref()) => {}
        [Subject::Opaque(Some(old)), Subject::Opaque(Some(new))] => {
            Comparison { differences: &mut differences, path: "body".to_owned() }.note(
                Some(old),
                Some(new),
                None,
            );
        }
        [old, new] => differences.push(Difference {
            path: "body".to_owned(),
            recorded: old.to_json(),
            sent: new.to_json(),
            reordered: None,
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
        ComparedBody::Bytes(bytes) => Subject::Opaque(Some(TreeNode::scalar(&described(bytes)))),
    })
}

fn described(bytes: &[u8]) -> String {
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
            differences.push(Difference { path: path.to_owned(), recorded, sent, reordered: None });
        }
    };
    let [old, new] = [recorded, sent].map(|it| target(provider, &it.path, rules));
    let [before, after] = [recorded, sent].map(|request| request.method.to_ascii_uppercase());
    note("method", Some(&before), Some(&after));
    note("path", Some(&old.path), Some(&new.path));
    note("range", recorded.range.as_deref(), sent.range.as_deref());
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
}

impl Comparison<'_> {
    fn values(&mut self, old: &TreeNode, new: &TreeNode) {
        if old.hash == new.hash {
            return;
        }
        match (&old.kind, &new.kind) {
            (NodeKind::Array(a), NodeKind::Array(b)) if has_same_elements(a, b) => {
                self.note(Some(old), Some(new), Some(Reordered::Elements));
            }
            (NodeKind::Text(a), NodeKind::Text(b)) if is_same_json(a, b) => {
                self.note(Some(old), Some(new), Some(Reordered::Json));
            }
            (NodeKind::Array(old), NodeKind::Array(new)) => {
                for (i, j) in align(old, new) {
                    let sides = (i.and_then(|i| old.get(i)), j.and_then(|j| new.get(j)));
                    self.step(&Step::Index(j.or(i).unwrap_or_default()), sides);
                }
            }
            // Objects without a common member are easier to read whole.
            (NodeKind::Object(a), NodeKind::Object(b))
                if self.path == "$"
                    || members(a, b).iter().any(|(_, a, b)| a.is_some() && b.is_some()) =>
            {
                for (name, old, new) in members(a, b) {
                    self.step(&Step::Name(name.to_owned()), (old, new));
                }
            }
            _ => self.note(Some(old), Some(new), None),
        }
    }

    fn step(&mut self, step: &Step, sides: (Option<&TreeNode>, Option<&TreeNode>)) {
        use std::fmt::Write as _;
        let length = self.path.len();
        let _ = write!(self.path, "{step}");
        match sides {
            (Some(old), Some(new)) => self.values(old, new),
            (old, new) => self.note(old, new, None),
        }
        self.path.truncate(length);
    }

    fn note(
        &mut self,
        old: Option<&TreeNode>,
        new: Option<&TreeNode>,
        reordered: Option<Reordered>,
    ) {
        let both = old.zip(new).and_then(|(old, new)| around_difference(old, new));
        let [recorded, sent] = both.map_or_else(
            || [old, new].map(|side| side.map(TreeNode::to_json)),
            |(old, new)| [Some(quote(&old)), Some(quote(&new))],
        );
        self.differences.push(Difference { path: self.path.clone(), recorded, sent, reordered });
    }
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
    /// Longer texts are not parsed to find out.
    const LONGEST: usize = 1 << 20;
    old.len() == new.len()
        && old.len() <= LONGEST
        && canonical_text(old).is_some_and(|old| canonical_text(new).is_some_and(|new| old == new))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fixture::interaction::Body;

    fn chat(path: &str, body: &str) -> Request {
        Request {
            method: "POST".into(),
            path: path.into(),
            range: None,
            body: Body::Json(body.into()),
        }
    }

    /// `path: recorded -> sent`, one line a difference.
    fn lines(recorded: &Request, sent: &Request) -> Vec<String> {
        let absent = || "absent".to_owned();
        diff(recorded, sent, Provider::OpenAI, &MatchRules::default())
            .into_iter()
            .map(|Difference { path, recorded, sent, .. }| {
                format!(
                    "{path}: {} -> {}",
                    recorded.unwrap_or_else(absent),
                    sent.unwrap_or_else(absent)
                )
            })
            .collect()
    }

    #[test]
    fn names_each_path_where_two_bodies_differ() {
        for (recorded, sent, expected) in [
            (r#"{"a":1}"#, r#"{"a":1.0,"user":"x","stream":false}"#, vec![]),
            (r#"{"t":0.2}"#, "{}", vec!["$.t: 0.2 -> absent"]),
            (
                r#"{"t":0.20000000298023224}"#,
                r#"{"t":0.25}"#,
                vec!["$.t: 0.20000000298023224 -> 0.25"],
            ),
            (r#"{"a b":{"c":"x"}}"#, r#"{"a b":{"c":"y"}}"#, vec!["$['a b'].c: \"x\" -> \"y\""]),
            (r#"{"a":1}"#, r#"{"a":"1"}"#, vec!["$.a: 1 -> \"1\""]),
            (r#"{"a":{"b":1}}"#, r#"{"a":{"c":1}}"#, vec![r#"$.a: {"b":1} -> {"c":1}"#]),
            (r#"{"a":{"b":1}}"#, r#"{"a":[2]}"#, vec![r#"$.a: {"b":1} -> [2]"#]),
            ("[1]", "{}", vec!["$: [1] -> {}"]),
            (r#"{"a":1,"a":2}"#, r#"{"a":1}"#, vec!["$.a: 2 -> absent"]),
            (
                r#"{"messages":[{"role":"user","content":"The quick fox"}]}"#,
                r#"{"messages":[{"role":"user","content":"The quick foxes"}]}"#,
                vec![r#"$.messages[0].content: "The quick fox" -> "The quick foxes""#],
            ),
        ] {
            let [recorded, sent] = [recorded, sent].map(|body| chat("/v1/chat/completions", body));
            assert_eq!(lines(&recorded, &sent), expected);
        }
    }

    #[test]
    fn an_inserted_message_shifts_no_other() {
        let messages = |texts: &[&str]| {
            let messages: Vec<_> = texts
                .iter()
                .map(|text| format!(r#"{{"content":"{text}","role":"user"}}"#))
                .collect();
            chat("/v1/chat/completions", &format!(r#"{{"messages":[{}]}}"#, messages.join(",")))
        };
        let old = ["be brief", "what is rust", "a language", "and cargo"];
        for (sent, expected) in [
            (
                vec!["be brief", "new", "what is rust", "a language", "and cargo"],
                vec![r#"$.messages[1]: absent -> {"content":"new","role":"user"}"#],
            ),
            (
                vec!["be brief", "a language", "and cargo"],
                vec![r#"$.messages[1]: {"content":"what is rust","role":"user"} -> absent"#],
            ),
            (
                vec!["be brief", "new", "what is dust", "a language", "and cargo"],
                vec![
                    r#"$.messages[1]: absent -> {"content":"new","role":"user"}"#,
                    r#"$.messages[2].content: "what is rust" -> "what is dust""#,
                ],
            ),
            (
                vec!["be long", "what is rust", "a language", "and tools", "more"],
                vec![
                    r#"$.messages[0].content: "be brief" -> "be long""#,
                    r#"$.messages[3].content: "and cargo" -> "and tools""#,
                    r#"$.messages[4]: absent -> {"content":"more","role":"user"}"#,
                ],
            ),
        ] {
            assert_eq!(lines(&messages(&old), &messages(&sent)), expected, "{sent:?}");
        }
    }

    #[test]
    fn names_what_differs_in_the_address() {
        let old = chat("/v1/chat/completions?a=1&b=2", "{}");
        let mut new = chat("/v1/completions?b=3&c=4", "{}");
        new.method = "PUT".into();
        let expected = [
            r#"method: "POST" -> "PUT""#,
            r#"path: "/v1/chat/completions" -> "/v1/completions""#,
            r#"query.a: "1" -> absent"#,
            r#"query.b: "2" -> "3""#,
            r#"query.c: absent -> "4""#,
        ];
        assert_eq!(lines(&old, &new), expected);
    }

    #[test]
    fn shows_bodies_without_members_as_a_whole() {
        let with =
            |body: Body| Request { method: "POST".into(), path: "/v1/x".into(), range: None, body };
        let of_abc = r#"{"bytes":3,"sha256":"ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"}"#;
        assert_eq!(
            lines(&with(Body::Bytes(b"abc".to_vec())), &with(Body::Text("abc".into()))),
            [format!("body: {of_abc} -> \"abc\"")]
        );
        assert_eq!(
            lines(&with(Body::Empty), &with(Body::Json("{}".into()))),
            ["body: absent -> {}"]
        );
    }

    #[test]
    fn results_of_exchanged_tool_calls_show_their_ids() {
        let turn = |first: &str, second: &str| {
            let ids =
                |name: &str, id: &str| format!(r#"{{"role":"{name}","tool_call_id":"{id}"}}"#);
            chat(
                "/v1/chat/completions",
                &format!(r#"{{"messages":[{},{}]}}"#, ids("tool", first), ids("tool", second)),
            )
        };
        assert_eq!(lines(&turn("a", "b"), &turn("x", "y")), Vec::<String>::new());
        assert_eq!(
            lines(&turn("a", "b"), &turn("x", "x")),
            [r#"$.messages[1].tool_call_id: "b" -> "x""#]
        );
    }

    #[test]
    fn ignored_fields_are_no_difference() {
        let rules = MatchRules {
            ignore: vec![llmock_rules::Place::parse("$.messages[*].id").unwrap()],
            ..MatchRules::default()
        };
        let old = chat("/v1/chat/completions", r#"{"messages":[{"id":1,"x":1}],"y":1}"#);
        let new = chat("/v1/chat/completions", r#"{"messages":[{"id":2,"x":1}],"y":2}"#);
        let differences = diff(&old, &new, Provider::OpenAI, &rules);
        assert_eq!(differences.iter().map(|it| it.path.as_str()).collect::<Vec<_>>(), ["$.y"]);
    }
}
