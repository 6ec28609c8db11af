//! The interactions of a test from all its layers.
//!
//! The first layer is the folder of the test's own fixtures. A request that it does not have is looked for in the file of
//! the same name in the next layer, and so on. Interactions keep the order of the layers, so the numbers of those in
//! the first file are those that `llmock list` shows.

use std::collections::HashSet;
use std::path::{Path, PathBuf};

use llmock_rules::Layer;

use crate::config::{Origin, Settings};
use crate::fixture::interaction::Interaction;
use crate::fixture::merge::same_response;
use crate::layer::{LayerError, OpenLayer, cache};
use crate::matching::{self, Key, MatchRules};
use crate::report::Note;
use crate::site;

/// What other layers than the first have added.
#[derive(Clone, Debug, Default)]
pub(crate) struct Inherited {
    /// How many interactions are of the first file; `None` if all are of one file.
    pub(crate) own: Option<usize>,
    /// The first layer has no such file.
    pub(crate) is_elsewhere: bool,
    /// Layers that have another response to a request of an earlier one, each with the number of requests.
    differing: Vec<(String, usize)>,
}

impl Inherited {
    /// A note for each layer with other responses.
    pub(crate) fn notes(&self) -> impl Iterator<Item = Note> {
        let note = |(layer, requests): &(String, usize)| Note::LayersDiffer {
            layer: layer.clone(),
            requests: *requests,
        };
        self.differing.iter().map(note)
    }
}

/// The interactions of all layers, and the file that has the first of them.
#[derive(Debug)]
pub(crate) struct Layered {
    /// `None` if no layer has the file.
    pub(crate) interactions: Option<Vec<Interaction>>,
    pub(crate) inherited: Inherited,
    /// The file as it is shown, if it is not in the first layer.
    pub(crate) shown: Option<PathBuf>,
}

/// The folder that relative layers are relative to, if there are layers.
pub(crate) fn base(in_force: &Settings, own: Option<&Path>) -> Option<PathBuf> {
    if in_force.layers.value.is_empty() {
        return None;
    }
    match &in_force.layers.origin {
        Origin::File(path) => path.parent().map(Path::to_owned),
        _ => own.map(Path::to_owned),
    }
}

/// The folder of the first layer.
pub(crate) fn first(in_force: &Settings, base: &Path) -> Option<PathBuf> {
    match in_force.layers.value.first()? {
        Layer::Folder(folder) => Some(base.join(folder)),
        Layer::Remote(_) => None,
    }
}

/// The name of a fixture in the first layer; none if it is elsewhere.
pub(crate) fn name_in_first(
    in_force: &Settings,
    base: Option<&Path>,
    fixture: &Path,
) -> Vec<String> {
    let folder = base.and_then(|base| first(in_force, base));
    let name = folder.and_then(|folder| {
        let [folder, fixture] = [&folder, fixture].map(site::resolve::normalize);
        site::resolve::name_in(&folder, &fixture)
    });
    name.into_iter().collect()
}

/// Adds the interactions of further layers to those of the first; `names` are the possible names of the file.
pub(crate) fn read(
    first: Option<Vec<Interaction>>,
    names: &[String],
    in_force: &Settings,
    base: Option<&Path>,
) -> Result<Layered, LayerError> {
    let mut layered = Layered { interactions: first, inherited: Inherited::default(), shown: None };
    let Some(base) = base else { return Ok(layered) };
    let (cache, rules) = (cache::folder(), in_force.rules());
    for layer in in_force.layers.value.iter().skip(1) {
        let layer = OpenLayer::open(layer, base, cache.as_deref())?;
        let Some(name) = names.iter().find(|name| layer.has(name)) else { continue };
        let further = layer.load(name)?.into_interactions();
        match &mut layered.interactions {
            None => {
                layered.shown = Some(layer.shown(name).into());
                layered.inherited.is_elsewhere = true;
                layered.interactions = Some(further);
            }
            Some(known) => {
                layered.inherited.own.get_or_insert(known.len());
                let differing = add(known, further, &rules);
                if differing > 0 {
                    layered.inherited.differing.push((layer.shown(name), differing));
                }
            }
        }
    }
    Ok(layered)
}

/// Adds the interactions whose requests are new; returns how many others have responses that are.
fn add(known: &mut Vec<Interaction>, further: Vec<Interaction>, rules: &MatchRules) -> usize {
    let key = |one: &Interaction| matching::key(one.provider, &one.request, rules);
    let keys: Vec<Key> = known.iter().map(key).collect();
    let (mut new, mut differing) = (Vec::new(), HashSet::new());
    for one in further {
        let key = key(&one);
        let mut same = keys.iter().zip(known.iter()).filter(|(known, _)| **known == key).peekable();
        if same.peek().is_none() {
            new.push(one);
        } else if !same.any(|(_, known)| same_response(&known.response, &one.response)) {
            differing.insert(key);
        }
    }
    known.extend(new);
    differing.len()
}
