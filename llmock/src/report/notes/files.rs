//! Notes on files beside the fixture, on recordings of other layers, and on those of similar requests.

use super::{Note, attempt_lost};
use crate::report::sentences::{MESSAGE, PATH};
use crate::report::values::{count, excerpt, quote};

impl Note {
    /// What happened, as a clause.
    pub(super) fn clause_of_files(&self, fixture: &str) -> String {
        match self {
            Self::Removed { count: number, path } => format!(
                "{} of {fixture} that the test no longer uses moved to {}",
                count(*number, "interaction"),
                excerpt(path, PATH)
            ),
            Self::Editing { count: number, path } => format!(
                "{} without a recording got the response at the same place of {fixture}, and wait in {}",
                count(*number, "request"),
                excerpt(path, PATH)
            ),
            Self::Similar { interaction, score, prompt } => {
                similar(*interaction, score, prompt.as_deref(), fixture)
            }
            Self::NotSimilar { why } => {
                format!("no similar request responded: {}", excerpt(why, 3 * MESSAGE))
            }
            Self::LayersDiffer { layer, requests } => format!(
                "layer file {} has another response than an earlier layer to {}, and the earlier one is used",
                excerpt(layer, 3 * PATH),
                count(*requests, "request")
            ),
            Self::AttemptKept { path, count: number } => {
                format!("kept {} in {}", count(*number, "interaction"), excerpt(path, PATH))
            }
            Self::AttemptLost { path, count, why } => attempt_lost(path, *count, why),
            _ => String::new(),
        }
    }
}

fn similar(interaction: usize, score: &str, prompt: Option<&str>, fixture: &str) -> String {
    let sent = prompt.map_or_else(|| "a request".to_owned(), |text| quote(text, 60));
    format!(
        "{sent} is not recorded in {fixture}: #{interaction}, whose request is {score} alike, responded"
    )
}
