//! Variables that clap does not read: sections, upstreams by provider, and names that mean nothing.

use llmock_rules::nearest;

use super::error::{ConfigError, Place};
use super::keys::{KEYS, Key, SECTIONS, variable};
use super::layers::Layers;

const UPSTREAM: &str = "LLMOCK_UPSTREAMS_";

/// Variables with another meaning: those of the library and of this command.
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
    "LLMOCK_CONFIG",
];

/// Prefixes of names with another meaning: what the library keeps free in the environment, what tests use, and what
/// Kubernetes sets for a service named `llmock`.
const RESERVED_PREFIXES: [&str; 4] =
    ["LLMOCK_SPARE_", "LLMOCK_TEST_", "LLMOCK_SERVICE_", "LLMOCK_PORT_"];

/// The variables with a meaning here that are not those of a key, in order of their names.
pub(super) fn others(
    variables: impl IntoIterator<Item = (String, String)>,
) -> Vec<(String, String)> {
    let is_other = |name: &str| {
        name.starts_with("LLMOCK_") && Key::of_variable(name).is_none() && !is_reserved(name)
    };
    let mut others: Vec<_> = variables.into_iter().filter(|(name, _)| is_other(name)).collect();
    others.sort();
    others
}

/// Applies sections such as `LLMOCK_PACE`, and notes unknown names.
pub(super) fn sections(
    others: &[(String, String)],
    layers: &mut Layers,
) -> Result<(), ConfigError> {
    for (name, text) in others {
        match SECTIONS.iter().find(|section| variable(section) == *name) {
            Some(section) => layers.section(section, Place::Variable(name.clone()), text)?,
            None if !name.starts_with(UPSTREAM) => layers.notes.push(unknown(name)),
            None => {}
        }
    }
    Ok(())
}

/// Applies `LLMOCK_UPSTREAMS_OPENAI` and the like.
pub(super) fn upstreams(
    others: &[(String, String)],
    layers: &mut Layers,
) -> Result<(), ConfigError> {
    for (name, text) in others {
        if let Some(provider) = name.strip_prefix(UPSTREAM) {
            layers.upstream(&provider.to_lowercase(), Place::Variable(name.clone()), text)?;
        }
    }
    Ok(())
}

pub(super) fn is_reserved(name: &str) -> bool {
    RESERVED.contains(&name) || RESERVED_PREFIXES.iter().any(|prefix| name.starts_with(prefix))
}

fn unknown(name: &str) -> String {
    let known: Vec<String> =
        KEYS.iter().map(|key| key.path).chain(SECTIONS).map(variable).collect();
    let known = known.iter().map(String::as_str).chain(RESERVED.iter().copied());
    let hint = nearest(name, known).map(|known| format!("; did you mean `{known}`?"));
    format!("unknown environment variable `{name}`{}", hint.unwrap_or_default())
}
