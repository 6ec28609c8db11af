//! The fixtures of layers, for commands that read all fixtures of a workspace.

use std::path::{Path, PathBuf};

use llmock::__command::LayerError;
use llmock::Fixture;

use super::configured::{Configured, configured};
use super::shared;
use crate::finding::Finding;
use crate::output::text::count;
use crate::problem::Problem;
use crate::workspace::{self, Found};

/// Reads the fixtures of these paths, or of the workspace and its layers if there are none.
pub(crate) fn read(paths: &[PathBuf]) -> Found {
    let mut found = workspace::read(paths);
    if paths.is_empty() {
        add(&mut found);
    }
    found
}

/// Adds the fixtures of layers that are not below the folder of the workspace.
fn add(found: &mut Found) {
    for (_, fixtures) in beyond(found) {
        found.fixtures.extend(fixtures.into_iter().map(|(_, fixture)| fixture));
    }
    if !found.fixtures.is_empty() {
        found.empty.clear();
    }
}

/// A layer, and its fixtures under the names that they have in it.
pub(crate) type Layered = (String, Vec<(String, Fixture)>);

/// The layers that are not below the folder of the workspace; `found` gets the problems.
pub(crate) fn beyond(found: &mut Found) -> Vec<Layered> {
    let all = match configured() {
        Ok(all) => all,
        Err(problem) => {
            found.problems.push(problem);
            return Vec::new();
        }
    };
    let root = workspace::root().canonicalize().unwrap_or_default();
    let is_read =
        |folder: &Path| folder.canonicalize().is_ok_and(|folder| folder.starts_with(&root));
    let mut seen = Vec::new();
    let mut layers = Vec::new();
    for (configured, at, opened) in all.iter().flat_map(of_each) {
        let layer = match opened {
            Ok(layer) => layer,
            // The first recording makes the first layer.
            Err(LayerError::Missing { .. }) if at == 0 => continue,
            Err(error) => {
                found.problems.push(Problem::Other(error.to_string()));
                continue;
            }
        };
        let is_known = layer.manifest().is_none() && is_read(layer.folder());
        let place = (layer.name().to_owned(), configured.base.clone());
        if is_known || seen.contains(&place) {
            continue;
        }
        seen.push(place);
        let mut fixtures = Vec::new();
        for name in shared::names(&layer) {
            match layer.load(&name) {
                Ok(fixture) => fixtures.push((name, fixture)),
                Err(error) => found.problems.push(Problem::Other(error.to_string())),
            }
        }
        layers.push((layer.name().to_owned(), fixtures));
    }
    layers
}

type Opened = Result<llmock::__command::OpenLayer, LayerError>;

fn of_each(configured: &Configured) -> impl Iterator<Item = (&Configured, usize, Opened)> {
    configured.open().enumerate().map(move |(at, opened)| (configured, at, opened))
}

/// What is wrong with the layers of the workspace.
pub(crate) fn findings() -> Result<Vec<Finding>, Problem> {
    let mut findings = Vec::new();
    for configured in configured()? {
        let file = workspace::shown(&configured.file).trim_start_matches("./").to_owned();
        let finding = |code, message, remedy: &str| Finding {
            code,
            file: file.clone(),
            line: None,
            number: None,
            message,
            remedy: Some(remedy.to_owned()),
        };
        let mut opened = Vec::new();
        for (at, layer) in configured.open().enumerate() {
            match layer {
                Ok(layer) => opened.push(layer),
                Err(LayerError::Missing { .. }) if at == 0 => {}
                Err(error) => {
                    let text = error.to_string();
                    let (message, hint) =
                        text.split_once("\nhint: ").unwrap_or((&text, "correct `layers`"));
                    findings.push(finding("layer", message.to_owned(), hint));
                }
            }
        }
        for one in shared::differing(&opened).into_iter().filter(|one| one.requests > 0) {
            let (layers, requests) = (one.layers.join(" and "), count(one.requests, "request"));
            let message =
                format!("`{}` is in {layers} with different responses to {requests}", one.name);
            findings.push(finding(
                "layers_differ",
                message,
                "the first is used; delete one of them",
            ));
        }
    }
    Ok(findings)
}
