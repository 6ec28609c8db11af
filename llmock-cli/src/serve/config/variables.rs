//! The variables: those of keys, of sections, and of upstreams by provider.

use llmock_rules::nearest;

use super::error::ConfigError;
use super::flags::Flags;
use super::keys::{KEYS, SECTIONS, variable};
use super::layers::Layers;

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
    "LLMOCK_SWEEP",
    "LLMOCK_SWEEP_MAX",
    "LLMOCK_SWEEP_FAULT",
    "LLMOCK_SWEEP_RESULT",
    "LLMOCK_CACHE_DIR",
    "LLMOCK_BASE_URL",
    "LLMOCK_CONFIG",
];

/// Prefixes of names with another meaning: what the library keeps free in the environment, what tests use, and what
/// Kubernetes sets for a service named `llmock`.
const RESERVED_PREFIXES: [&str; 4] =
    ["LLMOCK_SPARE_", "LLMOCK_TEST_", "LLMOCK_SERVICE_", "LLMOCK_PORT_"];

/// Applies the variables in the order of their names, so that `LLMOCK_PACE_JITTER` overrides `LLMOCK_PACE`, and notes
/// names without a meaning.
pub(super) fn apply(
    variables: impl IntoIterator<Item = (String, String)>,
    flags: &Flags,
    layers: &mut Layers,
) -> Result<(), ConfigError> {
    let is_ours = |name: &str| name.starts_with("LLMOCK_") && !is_reserved(name);
    let mut ours: Vec<_> = variables.into_iter().filter(|(name, _)| is_ours(name)).collect();
    ours.sort();
    for (name, text) in ours {
        let applied = if let Some(key) = KEYS.iter().find(|key| variable(key.path) == name) {
            if flags.has(key) {
                continue;
            }
            if name == "LLMOCK_PORT" && text.starts_with("tcp://") {
                layers.notes.push(format!(
                    "variable `{name}` is ignored: Kubernetes sets it for a service named `llmock` \
                     unless the pod has `enableServiceLinks: false`"
                ));
                continue;
            }
            layers.key(key, &text)
        } else if let Some(section) = SECTIONS.iter().find(|section| variable(section) == name) {
            layers.section(section, &text)
        } else if let Some(provider) = name.strip_prefix("LLMOCK_UPSTREAMS_") {
            layers.upstream(&provider.to_lowercase(), &text)
        } else {
            layers.notes.push(unknown(&name));
            continue;
        };
        applied.map_err(|reason| ConfigError::Variable { name, reason })?;
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
