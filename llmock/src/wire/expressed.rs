//! What of a reply not every format can express.

use super::content::{Reply, ToolCall};
use super::extras::Feature;
use crate::json;

impl Reply {
    /// The kinds of parts that it has and not every format can express.
    pub(crate) fn features(&self) -> Vec<Feature> {
        let extras = &self.extras;
        let has_call = |is: fn(&ToolCall) -> bool| self.calls.iter().any(is);
        let all = [
            (Feature::Items, !extras.items.is_empty()),
            (Feature::Events, !extras.events.is_empty()),
            (Feature::PlacedEvents, !extras.placed.is_empty()),
            (Feature::ItemIds, !extras.item_ids.is_empty()),
            (Feature::Searches, !extras.searches.is_empty()),
            (Feature::Citations, !extras.citations.is_empty()),
            (Feature::RedactedReasoning, !extras.redacted.is_empty()),
            (Feature::Choices, !extras.choices.is_empty()),
            (Feature::LogProbs, !extras.logprobs.is_empty()),
            (Feature::CustomCalls, has_call(|call| call.is_custom)),
            (Feature::Namespaces, has_call(|call| call.namespace.is_some())),
        ];
        all.into_iter().filter(|(_, has)| *has).map(|(feature, _)| feature).collect()
    }

    /// An event or an item that is not a JSON object, which no format has.
    pub(crate) fn invalid_json(&self) -> Option<(Feature, &str)> {
        let items = self.extras.items.iter().map(|item| (Feature::Items, item));
        let events = self.extras.events.iter().map(|event| (Feature::Events, event));
        let placed = self.extras.placed.iter().map(|(_, event)| (Feature::PlacedEvents, event));
        let is_object =
            |text: &str| json::parse(text).is_ok_and(|value| value.as_object().is_some());
        items
            .chain(events)
            .chain(placed)
            .find(|(_, text)| !is_object(text))
            .map(|(feature, text)| (feature, &**text))
    }
}
