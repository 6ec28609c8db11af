//! Variables that clap does not read: sections, upstreams by provider, and names that mean nothing.

use llmock_rules::nearest;

use super::draft::Draft;
use super::error::{ConfigError, Place};
use super::keys::{KEYS, Key, SECTIONS, variable};

const PREFIX: &str = "LLMOCK_";
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

/// The variables that begin with `LLMOCK_` and are not those of a key, by name.
pub(super) struct Others(Vec<(String, String)>);

impl Others {
    pub(super) fn of(variables: impl IntoIterator<Item = (String, String)>) -> Self {
        let is_other = |name: &str| {
            name.starts_with(PREFIX) && Key::of_variable(name).is_none() && !is_reserved(name)
        };
        let mut others: Vec<_> = variables.into_iter().filter(|(name, _)| is_other(name)).collect();
        others.sort();
        Self(others)
    }

    /// Applies sections such as `LLMOCK_PACE`, and notes unknown names.
    pub(super) fn sections(&self, draft: &mut Draft) -> Result<(), ConfigError> {
        for (name, text) in &self.0 {
            let place = Place::Variable(name.clone());
            match SECTIONS.iter().find(|section| variable(section) == *name) {
                Some(section) => draft.set_section_text(section, &place, text)?,
                None if !name.starts_with(UPSTREAM) => draft.notes.push(unknown(name)),
                None => {}
            }
        }
        Ok(())
    }

    /// Applies `LLMOCK_UPSTREAMS_OPENAI` and the like.
    pub(super) fn upstreams(&self, draft: &mut Draft) -> Result<(), ConfigError> {
        for (name, text) in &self.0 {
            if let Some(provider) = name.strip_prefix(UPSTREAM) {
                let place = Place::Variable(name.clone());
                draft.set_upstream(&provider.to_lowercase(), &place, text)?;
            }
        }
        Ok(())
    }
}

pub(super) fn is_reserved(name: &str) -> bool {
    RESERVED.contains(&name) || RESERVED_PREFIXES.iter().any(|prefix| name.starts_with(prefix))
}

fn unknown(name: &str) -> String {
    let known: Vec<String> =
        KEYS.iter().map(|key| key.path).chain(SECTIONS).map(variable).collect();
    let known = known.iter().map(String::as_str).chain(RESERVED.iter().copied());
    match nearest(name, known) {
        Some(candidate) => {
            format!("unknown environment variable `{name}`; did you mean `{candidate}`?")
        }
        None => format!("unknown environment variable `{name}`"),
    }
}
