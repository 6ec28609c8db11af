//! `llmock layers`: where fixtures come from, in the order in which they are searched.

use std::collections::BTreeMap;
use std::io;

use clap::Args;
use llmock::__command::OpenLayer;
use serde_json::{Value, json};

use crate::layers::configured::{Configured, configured};
use crate::layers::shared::{self, Shared};
use crate::output::Screen;
use crate::output::style::{BOLD, DIM, YELLOW};
use crate::output::text::{count, visible};
use crate::problem::Problem;
use crate::workspace::shown;

/// Show the layers of fixtures in the order in which they are searched
///
/// For each layer of each `llmock.toml`: its number of fixtures and, if it was fetched, its version. Below, the fixtures that
/// several layers have with different content, of which the first is used.
#[derive(Args, Debug)]
#[command(after_help = super::help(&[
    ("llmock layers", "the layers of the workspace"),
    ("llmock layers --verify", "compares every fetched file with its digest"),
]))]
pub(crate) struct Layers {
    /// Compare every file of fetched layers with its digest
    #[arg(long)]
    verify: bool,

    /// Print JSON: an array with an object for each layer
    #[arg(long)]
    json: bool,
}

pub(crate) fn layers(screen: &mut Screen, arguments: &Layers) -> io::Result<()> {
    let all = match configured() {
        Ok(all) => all,
        Err(problem) => return screen.problem(&problem),
    };
    let mut objects = Vec::new();
    for configured in &all {
        let file = shown(&configured.file);
        if !arguments.json {
            screen.gap()?;
            screen.line(&screen.paint(BOLD, &visible(&file)))?;
        }
        let opened = of_file(screen, arguments, configured, &mut objects)?;
        if !arguments.json {
            for Shared { name, layers, requests } in shared::differing(&opened) {
                let what = match requests {
                    0 => "different requests, which are combined".to_owned(),
                    number => format!(
                        "another response to {}, of which the first is used",
                        count(number, "request")
                    ),
                };
                let text = format!("  `{name}` is in {} with {what}", layers.join(" and "));
                screen.line(&screen.paint(YELLOW, &visible(&text)))?;
            }
        }
    }
    if arguments.json {
        return screen.json(&Value::Array(objects));
    }
    if all.is_empty() {
        screen.line("no `llmock.toml` of this workspace has `layers`")?;
    }
    Ok(())
}

fn of_file(
    screen: &mut Screen,
    arguments: &Layers,
    configured: &Configured,
    objects: &mut Vec<Value>,
) -> io::Result<Vec<OpenLayer>> {
    let mut opened = Vec::new();
    for (number, (layer, open)) in (1..).zip(configured.layers.iter().zip(configured.open())) {
        let open = open.and_then(|open| if arguments.verify { verified(open) } else { Ok(open) });
        let name = layer.to_string();
        let mut object =
            json!({ "file": shown(&configured.file), "number": number, "layer": name });
        match open {
            Ok(open) => {
                let fixtures = shared::names(&open).len();
                let version = open
                    .manifest()
                    .map(|manifest| manifest.archive.clone().unwrap_or_else(|| manifest.digest()));
                object["fixtures"] = json!(fixtures);
                object["version"] = json!(version);
                object["folder"] = json!(open.folder().display().to_string());
                if !arguments.json {
                    let version =
                        version.map(|one| format!(", version {}", &one[..12])).unwrap_or_default();
                    let recorded = if number == 1 { ", recordings go here" } else { "" };
                    let about = format!("{}{version}{recorded}", count(fixtures, "fixture"));
                    screen.line(&format!(
                        "  {number}  {}  {}",
                        visible(&name),
                        screen.paint(DIM, &about)
                    ))?;
                }
                opened.push(open);
            }
            // The first one is made by the first recording.
            Err(llmock::__command::LayerError::Missing { .. }) if number == 1 => {
                object["fixtures"] = json!(0);
                if !arguments.json {
                    let about = screen.paint(DIM, "no fixtures yet, recordings go here");
                    screen.line(&format!("  {number}  {}  {about}", visible(&name)))?;
                }
            }
            Err(error) => {
                object["error"] = json!(error.to_string());
                screen.problem(&Problem::Other(error.to_string()))?;
            }
        }
        objects.push(object);
    }
    Ok(opened)
}

/// Compares every file with its digest.
fn verified(open: OpenLayer) -> Result<OpenLayer, llmock::__command::LayerError> {
    let names: BTreeMap<_, _> = open.manifest().map(|one| one.files.clone()).unwrap_or_default();
    names.keys().try_for_each(|name| open.verify(name))?;
    Ok(open)
}
