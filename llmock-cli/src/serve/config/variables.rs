//! The variables: `LLMOCK_` and a key's path in capitals, dots and dashes as `_`.

use super::error::ConfigError;
use super::keys::{self, KEYS, SECTIONS};
use super::merge::Layers;
use super::suggest;
use super::value::{Node, Place};

const PREFIX: &str = "LLMOCK_";
const UPSTREAM: &str = "LLMOCK_UPSTREAMS_";

/// Variables that mean something else: the library's own, and this command's.
pub(super) const RESERVED: &[&str] = &[
    "LLMOCK_MODE",
    "LLMOCK_DISABLED",
    "LLMOCK_ALLOW_CI_RECORD",
    "LLMOCK_WORKSPACE_ROOT",
    "LLMOCK_RECORD_DIR",
    "LLMOCK_DRAIN_TIMEOUT",
    "LLMOCK_TURN_TIMEOUT",
    "LLMOCK_MAX_BODY",
    "LLMOCK_BASE_URL",
    super::FILE_VARIABLE,
];

/// Beginnings of names that mean something else: what the library keeps free in the environment, and what tests use.
const RESERVED_PREFIXES: [&str; 2] = ["LLMOCK_SPARE_", "LLMOCK_TEST_"];

/// Reads the variables; returns a note for each whose name means nothing.
pub(super) fn read(
    variables: impl IntoIterator<Item = (String, String)>,
    layers: &mut Layers,
) -> Result<Vec<String>, ConfigError> {
    let mut ours: Vec<(String, String)> =
        variables.into_iter().filter(|(name, _)| name.starts_with(PREFIX)).collect();
    // Not in the order of the environment, which is none; and a section before what is in it.
    ours.sort();
    let mut notes = Vec::new();
    for (name, text) in ours {
        if is_reserved(&name) {
            continue;
        }
        let place = Place::Variable(name.as_str().into());
        if !set(&name, &text, &place, layers)? {
            notes.push(unknown(&name));
        }
    }
    Ok(notes)
}

pub(super) fn is_reserved(name: &str) -> bool {
    RESERVED.contains(&name) || RESERVED_PREFIXES.iter().any(|prefix| name.starts_with(prefix))
}

/// Whether the name meant something.
fn set(name: &str, text: &str, place: &Place, layers: &mut Layers) -> Result<bool, ConfigError> {
    let wrong = |reason: String| ConfigError::wrong(place, reason + from_kubernetes(name, text));
    let node = |value| Node { value, place: place.clone() };
    if let Some(key) = KEYS.iter().find(|key| keys::variable(key.path) == name) {
        let value = key.kind.value(text, place).map_err(wrong)?;
        layers.set(key, node(value))?;
    } else if let Some(section) = SECTIONS.iter().find(|section| keys::variable(section) == name) {
        let value = keys::json(text, place).map_err(wrong)?;
        layers.section(section, node(value))?;
    } else if let Some(provider) = name.strip_prefix(UPSTREAM) {
        let value = keys::Kind::Text.value(text, place).map_err(wrong)?;
        layers.upstream(provider.to_lowercase(), place, node(value))?;
    } else {
        return Ok(false);
    }
    Ok(true)
}

/// A service named `llmock` gives every pod around it an address in `LLMOCK_PORT`.
fn from_kubernetes(name: &str, text: &str) -> &'static str {
    if name == "LLMOCK_PORT" && text.starts_with("tcp://") {
        "; Kubernetes sets it for a service named `llmock` unless the pod says `enableServiceLinks: false`"
    } else {
        ""
    }
}

fn unknown(name: &str) -> String {
    let known: Vec<String> = KEYS
        .iter()
        .map(|key| key.path)
        .chain(SECTIONS)
        .map(keys::variable)
        .chain(RESERVED.iter().map(|name| (*name).to_owned()))
        .collect();
    let known: Vec<&str> = known.iter().map(String::as_str).collect();
    match suggest::nearest(name, &known) {
        Some(candidate) => {
            format!("variable `{name}` means nothing; did you mean `{candidate}`?")
        }
        None => format!("variable `{name}` means nothing"),
    }
}
