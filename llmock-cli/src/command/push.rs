//! `llmock push`: adds fixtures to a store that a team shares.

use std::io;
use std::path::PathBuf;

use clap::Args;
use llmock_rules::{Layer, RemoteLayer};
use serde_json::{Value, json};

use super::pull::remote;
use crate::layers::block_on;
use crate::layers::configured::{Configured, configured};
use crate::layers::push::{self, Pushed, Rules};
use crate::output::Screen;
use crate::output::text::count;
use crate::problem::Problem;

/// Add fixtures to a layer in a store
///
/// Without arguments: the fixtures of the first layer in `llmock.toml`, to the only store that it names. Files are written
/// under their digests, then the manifest is replaced, if no other push has done so meanwhile; otherwise both are
/// combined. A file that someone else has changed since the last pull is not overwritten.
#[derive(Args, Debug)]
#[command(after_help = super::help(&[
    ("llmock push", "the first layer, to the store of `llmock.toml`"),
    ("llmock push s3://team-fixtures/main --from tests/fixtures", "any folder, to any store"),
    ("llmock push --keep 10", "and remove all but the newest ten versions"),
]))]
pub(crate) struct Push {
    /// The address of a store, as `layers` has it
    #[arg(value_name = "LAYER", value_parser = remote)]
    layer: Option<RemoteLayer>,

    /// The folder with the fixtures; by default the first layer
    #[arg(long, value_name = "FOLDER")]
    from: Option<PathBuf>,

    /// Remove files from the layer that the folder no longer has; files that others have added since the last pull stay
    #[arg(long)]
    delete: bool,

    /// Overwrite files that others have changed since the last pull
    #[arg(long)]
    force: bool,

    /// Keep this many versions of the layer, and remove older ones and the files that only they have
    #[arg(long, value_name = "VERSIONS", value_parser = clap::value_parser!(u32).range(1..))]
    keep: Option<u32>,

    /// Print JSON: an array with an object for the layer
    #[arg(long)]
    json: bool,
}

pub(crate) fn push(screen: &mut Screen, arguments: &Push) -> io::Result<()> {
    screen.collect_changes(arguments.json);
    let rules = Rules {
        force: arguments.force,
        delete: arguments.delete,
        keep: arguments.keep.map(|keep| keep as usize),
    };
    let pushed = target(arguments).and_then(|(layer, base, folder)| {
        let pushed = block_on(|| push::push(&layer, &base, &folder, rules))?;
        Ok((layer, pushed))
    });
    match pushed {
        Ok((layer, pushed)) => screen.changed(&line(&layer, &pushed), as_json(&layer, &pushed)),
        Err(problem) => screen.problem(&problem),
    }
}

/// The store, the folder that its address is relative to, and the folder with the fixtures.
fn target(arguments: &Push) -> Result<(RemoteLayer, PathBuf, PathBuf), Problem> {
    let all = if arguments.layer.is_some() && arguments.from.is_some() {
        Vec::new()
    } else {
        configured()?
    };
    let here = || PathBuf::from(".");
    let (layer, base) = match &arguments.layer {
        Some(layer) => (layer.clone(), here()),
        None => only_store(&all)?,
    };
    if layer.archive.is_some() {
        let why = "it is an archive; push to a folder of a store, such as `s3://bucket/folder`";
        return Err(Problem::Other(format!("cannot push to `{}`: {why}", layer.location)));
    }
    let names = |one: &&Configured| one.remote().any(|known| known.location == layer.location);
    let first = || all.iter().find(names).or(all.first()).and_then(Configured::first);
    let hint = "name it: `llmock push LAYER --from FOLDER`";
    let folder = arguments.from.clone().or_else(first).ok_or_else(|| {
        Problem::Other(format!(
            "no `llmock.toml` has `layers`, so there is no folder to push\nhint: {hint}"
        ))
    })?;
    Ok((RemoteLayer { sha256: None, ..layer }, base, folder))
}

/// The store of the workspace, if there is one.
fn only_store(all: &[Configured]) -> Result<(RemoteLayer, PathBuf), Problem> {
    let stores =
        all.iter().flat_map(|one| one.remote().map(|layer| (layer.clone(), one.base.clone())));
    let mut stores: Vec<_> = stores
        .filter(|(layer, _)| layer.archive.is_none() && !layer.location.starts_with("http"))
        .collect();
    stores.dedup_by(|(a, _), (b, _)| a.location == b.location);
    match stores.as_slice() {
        [(layer, base)] => Ok((layer.clone(), base.clone())),
        [] => Err(Problem::Other(
            "no `llmock.toml` of this workspace names a store\nhint: name it: `llmock push s3://bucket/folder`".to_owned(),
        )),
        several => {
            let names: Vec<_> = several.iter().map(|(layer, _)| format!("`{}`", layer.location)).collect();
            let names = names.join(", ");
            Err(Problem::Other(format!("there are several stores: {names}\nhint: name one: `llmock push LAYER`")))
        }
    }
}

fn as_json(layer: &RemoteLayer, pushed: &Pushed) -> Value {
    let Pushed { digest, added, changed, removed, files, pruned } = pushed;
    json!({
        "action": "pushed",
        "layer": Layer::Remote(layer.clone()).to_string(),
        "digest": digest,
        "files": files,
        "added": added,
        "changed": changed,
        "removed": removed,
        "pruned": pruned,
    })
}

fn line(layer: &RemoteLayer, pushed: &Pushed) -> String {
    let Pushed { digest, added, changed, removed, files, pruned } = pushed;
    let name = Layer::Remote(layer.clone());
    let (files, version) = (count(*files, "file"), &digest[..12]);
    let parts = [(added, "added"), (changed, "changed"), (removed, "removed")];
    let parts = parts.iter().filter(|(number, _)| **number > 0);
    let parts: Vec<_> = parts.map(|(number, what)| format!("{number} {what}")).collect();
    let what = if parts.is_empty() { "nothing to push".to_owned() } else { parts.join(", ") };
    let pruned = if *pruned > 0 {
        format!("; {} removed", count(*pruned, "old object"))
    } else {
        String::new()
    };
    format!("{name}: {what}; {files}, version {version}{pruned}")
}
