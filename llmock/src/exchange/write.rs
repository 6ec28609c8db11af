//! Recorded interactions on their way into a file: merged, read back, and written under the fixture's lock.

use std::path::Path;

use crate::exchange::verify::Mismatch;
use crate::fixture::interaction::Interaction;
use crate::fixture::merge::{
    Merge, MergeCounts, Merged, merge, same_response, truncated_replacements, with_kept_responses,
};
use crate::fixture::store::{self, UpdateError};
use crate::fixture::{Position, format, ids};
use crate::matching::{self, Key, MatchRules};
use crate::stream::End;

/// What a file would not replay, by its place among what was recorded.
pub(crate) type Mismatches = Vec<(Position, Mismatch)>;

/// Interactions that were recorded together.
pub(crate) struct Batch<'a> {
    /// In order of arrival, each with its key under `rules`.
    pub(crate) recorded: Vec<(Key, Interaction)>,
    pub(crate) owner: Option<&'a str>,
    pub(crate) merge: Merge,
    pub(crate) rules: &'a MatchRules,
    /// Replays what was recorded on the interactions of the new file; returns what differs, by its place in `recorded`.
    pub(crate) verify: &'a dyn Fn(&[Interaction]) -> Mismatches,
}

/// What a batch changed, or why nothing was written.
#[derive(Debug)]
pub(crate) struct Written {
    pub(crate) counts: MergeCounts,
    /// Complete responses that truncated ones would replace; if there are any, nothing was written.
    pub(crate) truncated_replacements: Vec<Position>,
    /// Recorded interactions that the new file would not replay; if there are any, nothing was written.
    pub(crate) unfaithful: Mismatches,
    /// Streams of this owner that the provider cut off.
    pub(crate) cut: Vec<Position>,
    /// Streams of this owner whose client left before their end.
    pub(crate) client_left: Vec<Position>,
    /// How many interactions of other owners the file holds.
    pub(crate) others: usize,
    /// What mode `refresh` took out; it is kept beside the file.
    pub(crate) removed: Vec<Interaction>,
}

impl Written {
    fn is_written(&self) -> bool {
        self.truncated_replacements.is_empty() && self.unfaithful.is_empty()
    }
}

/// Writes a batch into `path`, which begins as a copy of `seed` if it does not exist yet.
pub(crate) fn write(path: &Path, seed: &Path, batch: &Batch<'_>) -> Result<Written, UpdateError> {
    #[cfg(feature = "websocket")]
    store::keep_assets(path, batch.recorded.iter().map(|(_, interaction)| interaction))?;
    store::update_keeping(
        path,
        seed,
        |existing| {
            let (text, written) = batch.merged(existing);
            (written.is_written().then_some(text), written)
        },
        |written| &written.removed,
    )
}

impl Batch<'_> {
    /// The new text of a file with these interactions. Responses that are the recorded ones but for ids and times stay,
    /// unless the file would not replay the conversation then.
    fn merged(&self, existing: Vec<Interaction>) -> (String, Written) {
        let existing: Vec<_> =
            existing.into_iter().map(|interaction| (self.key(&interaction), interaction)).collect();
        let recorded = self.scrubbed();
        if matches!(self.merge, Merge::Replace | Merge::ReplaceInOrder) {
            let key_of = |interaction: &Interaction| self.key(interaction);
            let kept = with_kept_responses(&existing, &recorded, self.owner, key_of);
            if kept != recorded {
                let (text, written) = self.merged_with(existing.clone(), &kept);
                if written.is_written() {
                    return (text, written);
                }
            }
        }
        self.merged_with(existing, &recorded)
    }

    /// What was recorded, with numbers in place of ids and times if a rule says so.
    fn scrubbed(&self) -> Vec<(Key, Interaction)> {
        let mut recorded = self.recorded.clone();
        if self.rules.scrub_ids {
            ids::scrub(recorded.iter_mut().map(|(_, interaction)| interaction));
            for (key, interaction) in &mut recorded {
                *key = self.key(interaction);
            }
        }
        recorded
    }

    fn merged_with(
        &self,
        existing: Vec<(Key, Interaction)>,
        recorded: &[(Key, Interaction)],
    ) -> (String, Written) {
        let truncated_replacements =
            truncated_replacements(&existing, recorded, self.owner, &self.merge);
        let Merged { interactions: mut merged, counts, removed } =
            merge(existing, recorded.to_vec(), self.owner, &self.merge);
        for interaction in &mut merged {
            let (provider, request) = (interaction.provider, &interaction.request);
            interaction.hash = matching::key(provider, request, &MatchRules::default()).to_string();
        }
        let text = format::write(&merged);
        let is_own = |interaction: &Interaction| interaction.test.as_deref() == self.owner;
        let own_ends = |end: End| {
            let all = merged.iter().enumerate();
            let ends = all.filter(|(_, one)| is_own(one) && one.ends(end));
            ends.map(|(index, _)| Position::from_index(index)).collect()
        };
        let written = Written {
            counts,
            truncated_replacements,
            unfaithful: self.unfaithful(&text, recorded),
            cut: own_ends(End::Cut),
            client_left: own_ends(End::ClientLeft),
            others: merged.iter().filter(|interaction| !is_own(interaction)).count(),
            removed,
        };
        (text, written)
    }

    /// Reads the text back: it must hold every recorded interaction, and replay it.
    fn unfaithful(&self, text: &str, recorded: &[(Key, Interaction)]) -> Mismatches {
        let stored = format::read(text).unwrap_or_default();
        let is_lost = |(key, interaction): &(Key, Interaction)| {
            let is_same = |stored: &&Interaction| {
                same_response(&stored.response, &interaction.response) && self.key(stored) == *key
            };
            // New interactions are at the end more often than not.
            stored.iter().rev().find(is_same).is_none()
        };
        let recorded = recorded.iter().enumerate();
        let lost = recorded.filter(|(_, recorded)| is_lost(recorded));
        let lost: Vec<_> =
            lost.map(|(at, _)| (Position::from_index(at), Mismatch::Response)).collect();
        if lost.is_empty() { (self.verify)(&stored) } else { lost }
    }

    fn key(&self, interaction: &Interaction) -> Key {
        matching::key(interaction.provider, &interaction.request, self.rules)
    }
}
