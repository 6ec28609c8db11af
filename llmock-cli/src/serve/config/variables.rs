//! The variables: those of keys, of sections, and of upstreams by provider.

use llmock::__server::of_the_library;
use llmock_rules::nearest;

use super::error::ConfigError;
use super::flags::Flags;
use super::keys::{KEYS, SECTIONS, variable};
use super::layers::Layers;

/// The variable of the command that is no key: it names the file with the keys.
const CONFIG: &str = "LLMOCK_CONFIG";

/// Prefixes of names with another meaning: what tests use, and what Kubernetes sets for a service named `llmock`.
const RESERVED_PREFIXES: [&str; 3] = ["LLMOCK_TEST_", "LLMOCK_SERVICE_", "LLMOCK_PORT_"];

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
    let is_library = |own: &str| own == name || own.ends_with('_') && name.starts_with(own);
    name == CONFIG
        || of_the_library().any(is_library)
        || RESERVED_PREFIXES.iter().any(|prefix| name.starts_with(prefix))
}

fn unknown(name: &str) -> String {
    let known: Vec<String> =
        KEYS.iter().map(|key| key.path).chain(SECTIONS).map(variable).collect();
    let reserved: Vec<&str> = of_the_library().chain([CONFIG]).collect();
    let known = known.iter().map(String::as_str).chain(reserved);
    let hint = nearest(name, known).map(|known| format!("; did you mean `{known}`?"));
    format!("unknown environment variable `{name}`{}", hint.unwrap_or_default())
}
