//! Fixtures that several layers have under one name.

use std::collections::BTreeMap;
use std::path::Path;

use llmock::__command::{OpenLayer, changes};
use llmock::Interaction;

use super::names as files;
use crate::target;

/// A fixture that layers have with different content.
#[derive(Debug)]
pub(crate) struct Shared {
    pub(crate) name: String,
    /// The layers, in the order in which they are searched.
    pub(crate) layers: Vec<String>,
    /// How many requests have another response in a later layer.
    pub(crate) requests: usize,
}

/// The names of the fixtures of a layer.
pub(crate) fn names(layer: &OpenLayer) -> Vec<String> {
    let all = match layer.manifest() {
        Some(manifest) => manifest.files.keys().cloned().collect(),
        None => files::of(layer.folder()).unwrap_or_default(),
    };
    let is_fixture = |name: &String| target::is_json(Path::new(name));
    all.into_iter().filter(is_fixture).collect()
}

/// The fixtures that several layers have with different content.
pub(crate) fn differing(layers: &[OpenLayer]) -> Vec<Shared> {
    let mut by_name: BTreeMap<String, Vec<&OpenLayer>> = BTreeMap::new();
    for layer in layers {
        for name in names(layer) {
            by_name.entry(name).or_default().push(layer);
        }
    }
    let several = by_name.into_iter().filter(|(_, layers)| layers.len() > 1);
    several.filter_map(|(name, layers)| shared(name, &layers)).collect()
}

fn shared(name: String, layers: &[&OpenLayer]) -> Option<Shared> {
    let loaded: Vec<_> =
        layers.iter().filter_map(|layer| Some((layer.name(), layer.load(&name).ok()?))).collect();
    let (_, first) = loaded.first()?;
    let texts: Vec<String> = loaded.iter().map(|(_, fixture)| fixture.to_json()).collect();
    if texts.iter().all(|text| *text == texts[0]) {
        return None;
    }
    let mut known: BTreeMap<String, Vec<&Interaction>> = BTreeMap::new();
    for one in first.interactions() {
        known.entry(one.hash()).or_default().push(one);
    }
    let mut requests = 0;
    for (_, fixture) in &loaded[1..] {
        for one in fixture.interactions() {
            let of_request = known.entry(one.hash()).or_default();
            let is_same = |other: &&Interaction| changes(other, one).is_empty();
            requests += usize::from(!of_request.is_empty() && !of_request.iter().any(is_same));
            if of_request.is_empty() {
                of_request.push(one);
            }
        }
    }
    let layers = loaded.iter().map(|(layer, _)| format!("`{layer}`")).collect();
    Some(Shared { name, layers, requests })
}
