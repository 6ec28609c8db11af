//! What is said about secrets that were redacted while recording.

use super::sentences::{ITEMS, PATH, code};
use super::values::{count, excerpt, limited, list};

/// A secret that was redacted, and where.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct RedactedSecret {
    /// The name in the placeholder: that of the variable, if one has the value.
    pub(crate) name: String,
    /// The first place, and how many more there are.
    pub(crate) first: RedactedPlace,
    pub(crate) more: usize,
}

/// A place in a recorded interaction.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct RedactedPlace {
    /// In order of recording, counted from one.
    pub(crate) interaction: usize,
    pub(crate) in_response: bool,
    /// `$.messages[0].content`, `header location`, `stream`.
    pub(crate) place: String,
}

/// A recorded response in which secrets were redacted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct ChangedResponse {
    /// In order of recording, counted from one.
    pub(crate) interaction: usize,
    pub(crate) method: String,
    pub(crate) path: String,
    /// Names of secrets, each with a place.
    pub(crate) secrets: Vec<(String, String)>,
}

/// The secrets as a clause of a note.
pub(super) fn clause(secrets: &[RedactedSecret]) -> String {
    let mut items: Vec<String> = secrets.iter().take(ITEMS).map(RedactedSecret::phrase).collect();
    if secrets.len() > ITEMS {
        items.push(count(secrets.len() - ITEMS, "more secret"));
    }
    format!("redacted {}", list(&items))
}

impl RedactedSecret {
    fn phrase(&self) -> String {
        let Self { name, first, more } = self;
        let more = match more {
            0 => String::new(),
            more => format!(" and {}", count(*more, "more place")),
        };
        format!("{} in {first}{more}", excerpt(name, 60))
    }
}

impl std::fmt::Display for RedactedPlace {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Self { interaction, in_response, place } = self;
        let side = if *in_response { "response" } else { "request" };
        write!(f, "the {side} of #{interaction} ({})", excerpt(place, 60))
    }
}

/// A line for each response, and how to allow it.
pub(super) fn changed(responses: &[ChangedResponse]) -> Vec<String> {
    let more = |rest| format!("and {}", count(rest, "more response"));
    let mut lines = limited(responses, ITEMS, more, |response| {
        let ChangedResponse { interaction, method, path, secrets } = response;
        let secrets = secrets.iter().take(ITEMS);
        let secrets: Vec<String> = secrets
            .map(|(name, place)| format!("{} at {}", code(name), excerpt(place, 60)))
            .collect();
        format!("#{interaction} {method} {}: {}", excerpt(path, PATH), list(&secrets))
    });
    let mut names: Vec<&str> = responses
        .iter()
        .flat_map(|response| response.secrets.iter().map(|(name, _)| name.as_str()))
        .collect();
    names.sort_unstable();
    names.dedup();
    lines.push("in replay the test would receive placeholders in their place".to_owned());
    let rules: Vec<String> =
        names.iter().take(ITEMS).map(|name| format!("allow_redacted(\"{name}\")")).collect();
    lines.push(format!("if it may: {}", rules.join(", ")));
    lines
}
