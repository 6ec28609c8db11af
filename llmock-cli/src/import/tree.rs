//! YAML and JSON documents as one kind of tree, which keeps what serde's data model loses: tags, the spelling of
//! numbers, keys that are no strings, and the order of members.

mod json;

use std::borrow::Cow;
use std::collections::HashMap;

use base64::Engine as _;
use base64::alphabet;
use base64::engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig};
use granit_parser::{Event, Options, Parser, ScalarStyle};

pub(crate) use self::json::json;

/// Deeper documents are refused: no recording is, and dropping a tree takes a stack frame for each level.
const DEPTH: usize = 128;

/// What aliases may add to a document, beside as much as it has itself.
const COPIES: usize = 16 << 20;

#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Node<'a> {
    Null,
    /// A number, `true`, `false`, or in YAML any word without quotes.
    Plain(Cow<'a, str>),
    Text(Cow<'a, str>),
    /// `!!binary` of YAML, decoded.
    Bytes(Vec<u8>),
    List(Vec<Node<'a>>),
    Map(Vec<(Cow<'a, str>, Node<'a>)>),
}

/// Why a text is not a document.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Malformed(pub(crate) String);

impl<'a> Node<'a> {
    /// The member of that name.
    pub(crate) fn get(&self, name: &str) -> Option<&Node<'a>> {
        let Node::Map(members) = self else { return None };
        members.iter().find(|(known, _)| known == name).map(|(_, value)| value)
    }

    /// The member of that name, unless it is null.
    pub(crate) fn some(&self, name: &str) -> Option<&Node<'a>> {
        self.get(name).filter(|value| !matches!(value, Node::Null))
    }

    pub(crate) fn has(&self, name: &str) -> bool {
        self.get(name).is_some()
    }

    pub(crate) fn text(&self) -> Option<&str> {
        match self {
            Node::Plain(text) | Node::Text(text) => Some(text),
            Node::Bytes(bytes) => std::str::from_utf8(bytes).ok(),
            _ => None,
        }
    }

    /// The text of a member.
    pub(crate) fn text_of(&self, name: &str) -> Option<&str> {
        self.get(name)?.text()
    }

    pub(crate) fn bytes(&self) -> Option<Vec<u8>> {
        match self {
            Node::Bytes(bytes) => Some(bytes.clone()),
            other => other.text().map(|text| text.as_bytes().to_vec()),
        }
    }

    pub(crate) fn number(&self) -> Option<f64> {
        self.text()?.trim().parse().ok().filter(|number: &f64| number.is_finite())
    }

    pub(crate) fn is_true(&self) -> bool {
        self.text() == Some("true")
    }

    /// The elements of a list; nothing of anything else.
    pub(crate) fn items(&self) -> &[Node<'a>] {
        if let Node::List(items) = self { items } else { &[] }
    }

    pub(crate) fn members(&self) -> &[(Cow<'a, str>, Node<'a>)] {
        if let Node::Map(members) = self { members } else { &[] }
    }

    pub(crate) fn is_collection(&self) -> bool {
        matches!(self, Node::List(_) | Node::Map(_))
    }

    /// The same as JSON without blanks. A word of YAML that is no token of JSON becomes a string.
    pub(crate) fn to_json(&self) -> String {
        let mut out = String::new();
        self.print(&mut out);
        out
    }

    fn print(&self, out: &mut String) {
        match self {
            Node::Null => out.push_str("null"),
            Node::Plain(word) if is_token(word) => out.push_str(word),
            Node::Plain(text) | Node::Text(text) => quote(text, out),
            Node::Bytes(bytes) => quote(&String::from_utf8_lossy(bytes), out),
            Node::List(items) => {
                for (at, item) in items.iter().enumerate() {
                    out.push(if at == 0 { '[' } else { ',' });
                    item.print(out);
                }
                out.push_str(if items.is_empty() { "[]" } else { "]" });
            }
            Node::Map(members) => {
                for (at, (name, value)) in members.iter().enumerate() {
                    out.push(if at == 0 { '{' } else { ',' });
                    quote(name, out);
                    out.push(':');
                    value.print(out);
                }
                out.push_str(if members.is_empty() { "{}" } else { "}" });
            }
        }
    }

    fn size(&self) -> usize {
        const NODE: usize = 64;
        NODE + match self {
            Node::Null => 0,
            Node::Plain(text) | Node::Text(text) => text.len(),
            Node::Bytes(bytes) => bytes.len(),
            Node::List(items) => items.iter().map(Node::size).sum(),
            Node::Map(members) => members.iter().map(|(key, value)| key.len() + value.size()).sum(),
        }
    }
}

fn quote(text: &str, out: &mut String) {
    out.push_str(&serde_json::Value::from(text).to_string());
}

/// A number or a truth value of JSON.
fn is_token(word: &str) -> bool {
    word == "true"
        || word == "false"
        || (word.starts_with(|first: char| first == '-' || first.is_ascii_digit())
            && serde_json::from_str::<serde_json::Number>(word).is_ok())
}

/// Base64 as recorders write it: in lines, with and without padding.
pub(crate) fn base64(text: &str) -> Option<Vec<u8>> {
    const ANY: GeneralPurpose = GeneralPurpose::new(
        &alphabet::STANDARD,
        GeneralPurposeConfig::new().with_decode_padding_mode(DecodePaddingMode::Indifferent),
    );
    if !text.contains(|letter: char| letter.is_ascii_whitespace()) {
        return ANY.decode(text).ok();
    }
    let dense: Vec<u8> = text.bytes().filter(|byte| !byte.is_ascii_whitespace()).collect();
    ANY.decode(dense).ok()
}

/// Every document of a YAML text.
pub(crate) fn yaml(text: &str) -> Result<Vec<Node<'_>>, Malformed> {
    let mut options = Options::default();
    options.emit_comments = false;
    // What `libyaml` does, which Python, Ruby, and Rust recorders write with.
    options.block_scalar_eof_without_line_feed = true;
    let mut builder = Builder { budget: COPIES + text.len(), ..Builder::default() };
    for next in Parser::new_from_str_with_options(text, options) {
        let (event, _) = next.map_err(|error| Malformed(error.to_string()))?;
        builder.add(event)?;
    }
    Ok(builder.documents)
}

/// What is open while the events of a document arrive.
#[derive(Default)]
struct Builder<'a> {
    documents: Vec<Node<'a>>,
    open: Vec<(Open<'a>, usize)>,
    anchors: HashMap<usize, Node<'a>>,
    budget: usize,
}

enum Open<'a> {
    List(Vec<Node<'a>>),
    Map(Vec<(Cow<'a, str>, Node<'a>)>, Option<Cow<'a, str>>),
}

impl<'a> Builder<'a> {
    fn add(&mut self, event: Event<'a>) -> Result<(), Malformed> {
        match event {
            Event::DocumentStart(..) => self.anchors.clear(),
            Event::SequenceStart(_, anchor, _) => self.begin(Open::List(Vec::new()), anchor)?,
            Event::MappingStart(_, anchor, _) => {
                self.begin(Open::Map(Vec::new(), None), anchor)?;
            }
            Event::SequenceEnd | Event::MappingEnd => {
                let Some((open, anchor)) = self.open.pop() else { return Ok(()) };
                let node = match open {
                    Open::List(items) => Node::List(items),
                    Open::Map(members, _) => Node::Map(members),
                };
                self.put(node, anchor)?;
            }
            Event::Scalar(text, style, anchor, tag) => {
                let is_binary =
                    tag.is_some_and(|tag| tag.suffix().trim_start_matches('!') == "binary");
                self.put(scalar(text, style, is_binary)?, anchor)?;
            }
            Event::Alias(anchor) => {
                let node = self.anchors.get(&anchor).cloned().unwrap_or(Node::Null);
                self.pay(&node)?;
                self.put(node, 0)?;
            }
            _ => {}
        }
        Ok(())
    }

    fn begin(&mut self, open: Open<'a>, anchor: usize) -> Result<(), Malformed> {
        if self.open.len() >= DEPTH {
            return Err(Malformed(format!("it is nested more than {DEPTH} levels deep")));
        }
        self.open.push((open, anchor));
        Ok(())
    }

    fn pay(&mut self, node: &Node<'a>) -> Result<(), Malformed> {
        let left = self.budget.checked_sub(node.size());
        self.budget = left.ok_or_else(|| Malformed("its aliases make it too large".to_owned()))?;
        Ok(())
    }

    fn put(&mut self, node: Node<'a>, anchor: usize) -> Result<(), Malformed> {
        if anchor > 0 {
            self.pay(&node)?;
            self.anchors.insert(anchor, node.clone());
        }
        match self.open.last_mut() {
            None => self.documents.push(node),
            Some((Open::List(items), _)) => items.push(node),
            Some((Open::Map(members, key), _)) => match key.take() {
                Some(name) => members.push((name, node)),
                None => *key = Some(name_of(node)),
            },
        }
        Ok(())
    }
}

/// A key as a string: Python's `istr` of a header is a list with its text.
fn name_of(node: Node<'_>) -> Cow<'_, str> {
    match node {
        Node::Plain(text) | Node::Text(text) => text,
        Node::Bytes(bytes) => String::from_utf8_lossy(&bytes).into_owned().into(),
        Node::List(items) => items.into_iter().next().map(name_of).unwrap_or_default(),
        Node::Map(members) => {
            let first = members.into_iter().find(|(_, value)| value.text().is_some());
            first.map(|(_, value)| name_of(value)).unwrap_or_default()
        }
        Node::Null => Cow::Borrowed("null"),
    }
}

fn scalar(text: Cow<'_, str>, style: ScalarStyle, is_binary: bool) -> Result<Node<'_>, Malformed> {
    if is_binary {
        let bytes = base64(&text);
        return bytes
            .map(Node::Bytes)
            .ok_or_else(|| Malformed("a `!!binary` is not Base64".into()));
    }
    Ok(match style {
        ScalarStyle::Plain if matches!(&*text, "" | "~" | "null" | "Null" | "NULL") => Node::Null,
        ScalarStyle::Plain => Node::Plain(text),
        _ => Node::Text(text),
    })
}
