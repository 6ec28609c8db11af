//! The parts of a prompt in the order in which they are cached, and where two prompts part.

use std::borrow::Cow;

use crate::json::Json;

/// Members that mark where a prompt is cached, and are not part of it.
const MARKERS: [&str; 3] = ["cache_control", "cachePoint", "prompt_cache_breakpoint"];

/// Members whose values are rendered in the order of their members: schemas, and arguments of calls.
const ORDERED: [&str; 9] = [
    "input_schema",
    "inputSchema",
    "parameters",
    "parametersJsonSchema",
    "schema",
    "input",
    "args",
    "arguments",
    "properties",
];

/// One part: its place in the body, and its value.
type Part<'j> = (&'static str, Option<&'j Json<'j>>);

#[derive(Clone, Copy, Debug)]
pub(super) struct Parts<'j> {
    tools: Part<'j>,
    system: Part<'j>,
    place: &'static str,
    messages: &'j [Json<'j>],
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    Text {
        before: String,
        now: String,
    },
    /// The same members or elements in another order.
    Order,
    Added,
    Removed,
    Other,
}

/// The first place at which two prompts differ.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Difference {
    pub(super) path: String,
    pub(super) kind: Kind,
    /// How much of the earlier prompt stands before it.
    pub(super) before: usize,
    /// In the system prompt, where that is one of the messages.
    pub(super) is_system: bool,
}

impl<'j> Parts<'j> {
    /// The prompt of a conversation; `None` for requests that are none.
    pub(super) fn of(body: &'j Json<'j>) -> Option<Self> {
        let first = |places: &[&'static str]| -> Part<'j> {
            let found = places
                .iter()
                .find_map(|place| Some((*place, body.find(place).filter(|one| !one.is_null())?)));
            found.map_or((places[0], None), |(place, value)| (place, Some(value)))
        };
        let lists = ["messages", "input", "contents", "chat_history"];
        let (place, messages) =
            lists.iter().find_map(|place| Some((*place, body.get(place)?.as_array()?)))?;
        (!messages.is_empty()).then(|| Self {
            tools: first(&["tools", "toolConfig/tools"]),
            system: first(&[
                "system",
                "systemInstruction",
                "system_instruction",
                "instructions",
                "preamble",
            ]),
            place,
            messages,
        })
    }

    /// Whether this is a later turn of the same conversation: it is longer, and has a message of the earlier one, or its
    /// first one with another time or id in it.
    pub(super) fn continues(&self, before: &Self) -> bool {
        self.messages.len() > before.messages.len()
            && (self.shared(before) > 0
                || before.messages.iter().any(|one| self.has(one))
                || self.begins_alike(before))
    }

    fn begins_alike(&self, before: &Self) -> bool {
        let [old, ..] = before.messages else { return false };
        let [new, ..] = self.messages else { return false };
        difference(old, new, String::new(), false)
            .is_some_and(|(_, kind, _)| super::cause::is_time_or_id(&kind))
    }

    /// Whether this is an earlier prompt once more.
    pub(super) fn repeats(&self, before: &Self) -> bool {
        self.messages.len() == before.messages.len() && first_difference(before, self).is_none()
    }

    fn has(&self, message: &Json<'_>) -> bool {
        self.messages.iter().any(|known| difference(message, known, String::new(), false).is_none())
    }

    /// How many messages at the beginning are the same.
    pub(super) fn shared(&self, before: &Self) -> usize {
        let pairs = before.messages.iter().zip(self.messages);
        pairs
            .take_while(|(before, now)| difference(before, now, String::new(), false).is_none())
            .count()
    }

    pub(super) fn size(&self) -> usize {
        let tools = self.tools.1.map_or(0, size);
        let system = self.system.1.map_or(0, size);
        tools + system + self.messages.iter().map(size).sum::<usize>()
    }
}

pub(super) fn first_difference(before: &Parts<'_>, now: &Parts<'_>) -> Option<Difference> {
    let mut passed = 0;
    for ((place, old), (_, new)) in [(before.tools, now.tools), (before.system, now.system)] {
        let path = format!("$.{}", place.replace('/', "."));
        let found = match (old, new) {
            (None, None) => None,
            (Some(old), Some(new)) => difference(old, new, path, false),
            (None, Some(_)) => Some((path, Kind::Added, 0)),
            (Some(_), None) => Some((path, Kind::Removed, 0)),
        };
        if let Some((path, kind, inside)) = found {
            return Some(Difference { path, kind, before: passed + inside, is_system: false });
        }
        passed += old.map_or(0, size);
    }
    for (at, old) in before.messages.iter().enumerate() {
        let path = format!("$.{}[{at}]", before.place);
        let found = match now.messages.get(at) {
            Some(new) => difference(old, new, path, false),
            None => Some((path, Kind::Removed, 0)),
        };
        if let Some((path, kind, inside)) = found {
            let is_system = matches!(old.text("role").as_deref(), Some("system" | "developer"));
            return Some(Difference { path, kind, before: passed + inside, is_system });
        }
        passed += size(old);
    }
    None
}

/// The characters of a value, about as a provider renders it.
fn size(value: &Json<'_>) -> usize {
    match value {
        Json::Null => 4,
        Json::Bool(_) => 5,
        Json::Number(token) => token.len(),
        Json::String(text) => text.raw().len(),
        Json::Array(items) => items.iter().map(size).sum(),
        Json::Object(members) => {
            members.iter().map(|(name, value)| name.raw().len() + size(value)).sum()
        }
    }
}

/// The members that are part of the prompt. An absent one and `null` are the same.
fn members<'j>(value: &'j Json<'j>) -> Vec<(Cow<'j, str>, &'j Json<'j>)> {
    let all = value.as_object().unwrap_or_default().iter();
    let all = all.map(|(name, value)| (name.decode(), value));
    all.filter(|(name, value)| !value.is_null() && !MARKERS.contains(&&**name)).collect()
}

/// The elements without those that are markers and nothing else.
fn elements<'j>(items: &'j [Json<'j>]) -> Vec<&'j Json<'j>> {
    let is_marker = |item: &&Json<'_>| item.as_object().is_some() && members(item).is_empty();
    items.iter().filter(|item| !is_marker(item)).collect()
}

/// Where two values part, how, and how much of the first stands before it.
fn difference(
    old: &Json<'_>,
    new: &Json<'_>,
    path: String,
    is_ordered: bool,
) -> Option<(String, Kind, usize)> {
    match (old, new) {
        (Json::Object(_), Json::Object(_)) => of_objects(old, new, &path, is_ordered),
        (Json::Array(old), Json::Array(new)) => {
            of_arrays(&elements(old), &elements(new), &path, is_ordered)
        }
        (Json::String(old), Json::String(new)) => {
            let (before, now) = (old.decode(), new.decode());
            if before == now {
                return None;
            }
            let same = before.bytes().zip(now.bytes()).take_while(|(a, b)| a == b).count();
            let kind = Kind::Text { before: before.into_owned(), now: now.into_owned() };
            Some((path, kind, same))
        }
        // A text and a list of one text are the same prompt.
        (Json::String(text), Json::Array(blocks)) | (Json::Array(blocks), Json::String(text)) => {
            let only = match elements(blocks).as_slice() {
                [only] => only.get("text").and_then(Json::as_str),
                _ => None,
            };
            (only.as_deref() != Some(&*text.decode())).then_some((path, Kind::Other, 0))
        }
        (Json::Number(old), Json::Number(new)) if old == new => None,
        (Json::Bool(old), Json::Bool(new)) if old == new => None,
        (Json::Null, Json::Null) => None,
        _ => Some((path, Kind::Other, 0)),
    }
}

fn of_objects(
    old: &Json<'_>,
    new: &Json<'_>,
    path: &str,
    is_ordered: bool,
) -> Option<(String, Kind, usize)> {
    let (old, new) = (members(old), members(new));
    let mut passed = 0;
    for (name, before) in &old {
        let path = format!("{path}.{name}");
        let Some((_, now)) = new.iter().find(|(known, _)| known == name) else {
            return Some((path, Kind::Removed, passed));
        };
        let is_ordered = is_ordered || ORDERED.contains(&&**name);
        if let Some((path, kind, inside)) = difference(before, now, path, is_ordered) {
            return Some((path, kind, passed + inside));
        }
        passed += name.len() + size(before);
    }
    if let Some((name, _)) =
        new.iter().find(|(name, _)| !old.iter().any(|(known, _)| known == name))
    {
        return Some((format!("{path}.{name}"), Kind::Added, passed));
    }
    let is_same_order = old.iter().map(|(name, _)| name).eq(new.iter().map(|(name, _)| name));
    (is_ordered && !is_same_order).then(|| (path.to_owned(), Kind::Order, 0))
}

fn of_arrays(
    old: &[&Json<'_>],
    new: &[&Json<'_>],
    path: &str,
    is_ordered: bool,
) -> Option<(String, Kind, usize)> {
    let mut passed = 0;
    for (at, before) in old.iter().enumerate() {
        let Some(now) = new.get(at) else {
            return Some((format!("{path}[{at}]"), Kind::Removed, passed));
        };
        if let Some((found, kind, inside)) =
            difference(before, now, format!("{path}[{at}]"), is_ordered)
        {
            return Some(match reordered(old, new) {
                true => (path.to_owned(), Kind::Order, passed),
                false if is_inserted(old, new, at) => {
                    (format!("{path}[{at}]"), Kind::Added, passed)
                }
                false => (found, kind, passed + inside),
            });
        }
        passed += size(before);
    }
    (new.len() > old.len()).then(|| (format!("{path}[{}]", old.len()), Kind::Added, passed))
}

fn is_same(old: &Json<'_>, new: &Json<'_>) -> bool {
    difference(old, new, String::new(), false).is_none()
}

/// Whether both have the same elements.
fn reordered(old: &[&Json<'_>], new: &[&Json<'_>]) -> bool {
    old.len() == new.len()
        && old.len() > 1
        && old.iter().all(|one| new.iter().any(|other| is_same(one, other)))
}

/// Whether the rest of the first follows later in the second.
fn is_inserted(old: &[&Json<'_>], new: &[&Json<'_>], at: usize) -> bool {
    new.len() > old.len()
        && old[at..].iter().all(|one| new[at..].iter().any(|other| is_same(one, other)))
}
