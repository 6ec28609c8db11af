//! The interactions of a playback, in segments that are shared between one playback and the next.
//!
//! A recording server adds interactions one by one. Segments of similar size are merged, so that adding one costs
//! a logarithmic number of copies on average and looking one up visits a logarithmic number of segments.

use std::borrow::Cow;
use std::collections::HashMap;
use std::sync::Arc;

use super::Played;
use crate::exchange::links;
use crate::fixture::interaction::{Interaction, Request};
use crate::matching::{self, Key, MatchRules, placeholders};
use crate::provider::Provider;

/// An interaction and the response that clients receive for it.
#[derive(Clone, Debug)]
pub(super) struct Item {
    /// The index of the file in the order in which files were loaded.
    pub(super) file: usize,
    key: Key,
    /// Lacks the body of the response, which is in `played`; a WebSocket has its messages.
    pub(super) interaction: Arc<Interaction>,
    pub(super) played: Played,
    has_placeholder: bool,
}

impl Item {
    /// `recording` names the file and the number in it.
    pub(super) fn new(
        file: usize,
        recording: String,
        mut interaction: Interaction,
        rules: &MatchRules,
    ) -> Arc<Self> {
        let key = matching::key(interaction.provider, &interaction.request, rules);
        let has_placeholder = placeholders::has_placeholder(&interaction.request);
        let has_links = links::may_be_in(interaction.provider, &interaction.request);
        let method = interaction.request.method.clone();
        let played = Played::take(&mut interaction.response, &method, has_links, recording.into());
        let interaction = Arc::new(interaction);
        let played = played.with_socket(&interaction);
        Arc::new(Self { file, key, interaction, played, has_placeholder })
    }
}

/// Items that were added together.
#[derive(Debug, Default)]
pub(super) struct Segment {
    /// Ordered by file.
    items: Vec<Arc<Item>>,
    by_key: HashMap<Key, Vec<Arc<Item>>>,
    with_placeholders: Vec<Arc<Item>>,
}

impl Segment {
    pub(super) fn new(items: Vec<Arc<Item>>) -> Self {
        let mut by_key: HashMap<Key, Vec<Arc<Item>>> = HashMap::new();
        for item in &items {
            by_key.entry(item.key).or_default().push(Arc::clone(item));
        }
        let with_placeholders = items.iter().filter(|item| item.has_placeholder).cloned().collect();
        Self { items, by_key, with_placeholders }
    }
}

/// All items, older segments first, each at least twice as large as the next one.
#[derive(Clone, Debug)]
pub(super) struct Segments(Vec<Arc<Segment>>);

impl Segments {
    pub(super) fn new(segment: Segment) -> Self {
        Self(vec![Arc::new(segment)])
    }

    pub(super) fn push(&mut self, mut new: Segment) {
        while let Some(last) = self.0.pop_if(|last| last.items.len() < 2 * new.items.len()) {
            let items = last.items.iter().chain(&new.items).cloned();
            new = Segment::new(in_order(items.collect()));
        }
        self.0.push(Arc::new(new));
    }

    /// Returns the same items, indexed under other rules.
    pub(super) fn with_rules(&self, rules: &MatchRules) -> Self {
        let with_key = |item: Arc<Item>| {
            let request = &item.interaction.request;
            let key = matching::key(item.interaction.provider, request, rules);
            Arc::new(Item { key, ..(*item).clone() })
        };
        Self::new(Segment::new(self.in_order().into_iter().map(with_key).collect()))
    }

    #[cfg(test)]
    pub(super) fn count(&self) -> usize {
        self.0.len()
    }

    pub(super) fn len(&self) -> usize {
        self.0.iter().map(|segment| segment.items.len()).sum()
    }

    /// Returns the items with this key, ordered by file and within a file by position.
    pub(super) fn queue(&self, key: Key) -> Cow<'_, [Arc<Item>]> {
        let mut found = self.0.iter().filter_map(|segment| segment.by_key.get(&key));
        let Some(first) = found.next() else { return Cow::Borrowed(&[]) };
        let Some(second) = found.next() else { return Cow::Borrowed(first) };
        let all = first.iter().chain(second).chain(found.flatten());
        Cow::Owned(in_order(all.cloned().collect()))
    }

    /// Returns the key of the recorded request that this one is, but for the values in the place of its placeholders.
    pub(super) fn key_with_placeholders(
        &self,
        provider: Provider,
        sent: &Request,
        rules: &MatchRules,
    ) -> Option<Key> {
        let items = self.0.iter().flat_map(|segment| &segment.with_placeholders);
        let stored = items.map(|item| &*item.interaction);
        let found = placeholders::find(provider, sent, rules, stored)?;
        Some(matching::key(found.provider, &found.request, rules))
    }

    /// Returns all items, ordered by file.
    pub(super) fn in_order(&self) -> Vec<Arc<Item>> {
        in_order(self.0.iter().flat_map(|segment| &segment.items).cloned().collect())
    }

    pub(super) fn interactions(&self) -> impl Iterator<Item = &Interaction> {
        self.0.iter().flat_map(|segment| &segment.items).map(|item| &*item.interaction)
    }
}

/// Sorts by file. The sort is stable, so later additions follow at the end of their file.
fn in_order(mut items: Vec<Arc<Item>>) -> Vec<Arc<Item>> {
    items.sort_by_key(|item| item.file);
    items
}
