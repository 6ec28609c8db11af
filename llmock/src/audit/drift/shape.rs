//! The shape of a response: its places, the types at each, and values that programs decide by.

use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use crate::json::{self, Json};
use crate::stream::{Item, Stream};

/// Members whose values programs decide by: why the model stopped, and what kind of thing this is.
pub(super) const FINISH: [&str; 7] = [
    "finish_reason",
    "finishReason",
    "stop_reason",
    "stopReason",
    "done_reason",
    "completionReason",
    "status",
];
pub(super) const KINDS: [&str; 3] = ["object", "role", "type"];
pub(super) const MODELS: [&str; 2] = ["model", "modelVersion"];
pub(super) const FINGERPRINT: &str = "system_fingerprint";

/// Arguments of tool calls, which the model makes up: their members are no part of the API.
const MADE_UP: [&str; 6] =
    ["input", "args", "arguments", "parameters", "partial_args", "top_logprobs"];

/// Arrays of numbers whose length the program relies on.
const VECTORS: [&str; 7] =
    ["embedding", "embeddings", "values", "float", "int8", "uint8", "vector"];

/// No vector of a model has fewer numbers.
const SHORTEST_VECTOR: usize = 8;

/// Everything that responses have at one place.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct Place {
    /// `a string`, `a number`, …, without null.
    pub(super) types: BTreeSet<&'static str>,
    pub(super) has_null: bool,
    /// Values of the members above.
    pub(super) values: BTreeSet<String>,
    /// The lengths of vectors.
    pub(super) lengths: BTreeSet<usize>,
    /// Numbers that are no integers.
    pub(super) has_fraction: bool,
    /// The place that it is in.
    pub(super) parent: String,
    /// The last member name on the way.
    pub(super) name: String,
    /// The `type` of the object, if its siblings differ in it.
    pub(super) kind: Option<String>,
}

/// The places of a body, or of all events of one kind.
pub(super) type Places = BTreeMap<String, Place>;

/// The events of a stream by their kinds; a stream whose events have no kinds has one, the empty one.
pub(super) type Kinds = BTreeMap<String, Places>;

/// The shape of a JSON body.
pub(super) fn of_body(body: &Json<'_>) -> Places {
    let mut places = Places::new();
    walk(&mut places, body, &At::root());
    places
}

/// The shape of a stream.
pub(super) fn of_stream(stream: &Stream) -> Kinds {
    let mut kinds = Kinds::new();
    for event in &stream.events {
        match &event.item {
            Item::Sse { event, data, .. } => add(&mut kinds, event.as_deref(), data),
            Item::Json(data) => add(&mut kinds, None, data),
            Item::Frame { headers, payload } => {
                let types = [":event-type", ":exception-type"];
                let kind = headers.iter().find(|(name, _)| types.contains(&name.as_str()));
                frame(&mut kinds, kind.map(|(_, value)| value.as_str()), payload);
            }
            Item::Raw(_) | Item::RawBytes(_) => {}
        }
    }
    kinds
}

/// A chunk of Bedrock's `invoke-with-response-stream` wraps what the model's maker would have streamed.
fn frame(kinds: &mut Kinds, kind: Option<&str>, payload: &str) {
    let wrapped = json::parse(payload).ok().filter(|_| kind == Some("chunk"));
    let bytes = wrapped.and_then(|payload| STANDARD.decode(&*payload.text("bytes")?).ok());
    match bytes.and_then(|bytes| String::from_utf8(bytes).ok()) {
        Some(inner) => add(kinds, None, &inner),
        None => add(kinds, kind, payload),
    }
}

fn add(kinds: &mut Kinds, name: Option<&str>, data: &str) {
    let Ok(data) = json::parse(data) else {
        // `[DONE]`, and what is no JSON.
        let word = data.trim();
        let is_mark = word.starts_with('[') && word.len() < 40;
        let kind = if is_mark { word } else { name.unwrap_or("text") };
        kinds.entry(kind.to_owned()).or_default();
        return;
    };
    let own = ["type", "event_type", "event"].iter().find_map(|member| data.text(member));
    let kind = own.as_deref().or(name.filter(|name| *name != "message")).unwrap_or_default();
    walk(kinds.entry(kind.to_owned()).or_default(), &data, &At::root());
}

/// Where a value is.
struct At<'a> {
    path: String,
    parent: &'a str,
    name: &'a str,
    is_root: bool,
    is_item: bool,
}

impl At<'_> {
    fn root() -> Self {
        At { path: "$".to_owned(), parent: "", name: "", is_root: true, is_item: false }
    }
}

fn walk(places: &mut Places, value: &Json<'_>, at: &At<'_>) {
    // What is in an array or may be one of several things is a place of its own for each type.
    let kind = if at.is_root { None } else { value.text("type") };
    let path = match (&kind, at.is_item) {
        (Some(kind), _) => format!("{}[type={kind}]", at.path),
        (None, true) => format!("{}[]", at.path),
        (None, false) => at.path.clone(),
    };
    let place = places.entry(path.clone()).or_default();
    at.parent.clone_into(&mut place.parent);
    at.name.clone_into(&mut place.name);
    place.kind = kind.map(Cow::into_owned);
    if value.is_null() {
        place.has_null = true;
    } else {
        place.types.insert(value.kind());
    }
    match value {
        Json::Null | Json::Bool(_) => {}
        Json::Number(token) => place.has_fraction |= token.contains(['.', 'e', 'E']),
        Json::String(text) => {
            let is_model = MODELS.contains(&at.name) && at.parent.matches('.').count() < 2;
            let is_told = FINISH.contains(&at.name) || KINDS.contains(&at.name);
            if is_model || is_told || at.name == FINGERPRINT {
                place.values.insert(text.decode().into_owned());
            }
        }
        Json::Array(items) => {
            let is_vector = VECTORS.contains(&at.name)
                && items.len() >= SHORTEST_VECTOR
                && matches!(items[0], Json::Number(_));
            if is_vector {
                place.lengths.insert(items.len());
            }
            let shown = if is_vector { &items[..1] } else { items };
            for item in shown {
                let (is_item, parent) = (true, path.as_str());
                walk(
                    places,
                    item,
                    &At { path: path.clone(), parent, is_item, is_root: false, ..*at },
                );
            }
        }
        Json::Object(members) => {
            if MADE_UP.contains(&at.name) {
                return;
            }
            for (name, value) in members {
                let name = name.decode();
                let (parent, at_member) = (path.as_str(), format!("{path}.{name}"));
                let (is_item, is_root) = (false, false);
                walk(places, value, &At { path: at_member, parent, name: &name, is_item, is_root });
            }
        }
    }
}
