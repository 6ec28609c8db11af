//! `llmock pull`: fetches layers into the cache, from where tests read them without a network.

use std::io;
use std::path::PathBuf;

use clap::Args;
use llmock_rules::{Layer, RemoteLayer};
use serde_json::{Value, json};

use crate::layers::block_on;
use crate::layers::configured::configured;
use crate::layers::pull::{self, Pulled};
use crate::output::Screen;
use crate::output::text::count;
use crate::problem::Problem;

/// Fetch layers of fixtures into the cache
///
/// Without an argument: every store and archive that `layers` in an `llmock.toml` of the workspace names. Files are compared
/// with their digests, and a layer appears in the cache as a whole or not at all. An interrupted pull goes on where it
/// stopped. Credentials come from variables, such as `AWS_ACCESS_KEY_ID`.
#[derive(Args, Debug)]
#[command(after_help = super::help(&[
    ("llmock pull", "all layers of the workspace"),
    ("llmock pull s3://team-fixtures/main", "one layer"),
]))]
pub(crate) struct Pull {
    /// Addresses of stores and archives, as `layers` has them
    #[arg(value_name = "LAYER", value_parser = remote)]
    layers: Vec<RemoteLayer>,

    /// Print JSON: an array with an object for each layer
    #[arg(long)]
    json: bool,
}

/// A layer that is fetched.
pub(super) fn remote(text: &str) -> Result<RemoteLayer, String> {
    match Layer::parse(text) {
        Ok(Layer::Remote(remote)) => Ok(remote),
        Ok(Layer::Folder(_)) => {
            Err("it is a folder, which is read where it is; expected an address such as `s3://bucket/folder`".to_owned())
        }
        Err(problem) => Err(problem.to_string()),
    }
}

pub(crate) fn pull(screen: &mut Screen, arguments: &Pull) -> io::Result<()> {
    screen.collect_changes(arguments.json);
    let wanted = match wanted(&arguments.layers) {
        Ok(wanted) => wanted,
        Err(problem) => return screen.problem(&problem),
    };
    for (layer, base) in wanted {
        let name = Layer::Remote(layer.clone());
        match block_on(|| pull::pull(&layer, &base)) {
            Ok(pulled) => screen.changed(&line(&name, &pulled), as_json(&name, &pulled))?,
            Err(problem) => screen.problem(&problem)?,
        }
    }
    Ok(())
}

/// The named layers, or those of the workspace, each once.
fn wanted(named: &[RemoteLayer]) -> Result<Vec<(RemoteLayer, PathBuf)>, Problem> {
    let here = PathBuf::from(".");
    if !named.is_empty() {
        return Ok(named.iter().map(|layer| (layer.clone(), here.clone())).collect());
    }
    let mut wanted: Vec<(RemoteLayer, PathBuf)> = Vec::new();
    for configured in configured()? {
        for layer in configured.remote() {
            let base = std::path::absolute(&configured.base).unwrap_or(configured.base.clone());
            if !wanted.iter().any(|(known, folder)| known == layer && *folder == base) {
                wanted.push((layer.clone(), base));
            }
        }
    }
    if wanted.is_empty() {
        let hint =
            "add one to `llmock.toml`: `layers = [\"tests/fixtures\", \"s3://bucket/folder\"]`";
        return Err(Problem::Other(format!("no layer of this workspace is fetched\nhint: {hint}")));
    }
    Ok(wanted)
}

fn as_json(layer: &Layer, pulled: &Pulled) -> Value {
    let Pulled { digest, files, fetched, is_new } = pulled;
    json!({
        "action": if *is_new { "pulled" } else { "kept" },
        "layer": layer.to_string(),
        "digest": digest,
        "files": files,
        "fetched": fetched,
    })
}

fn line(layer: &Layer, pulled: &Pulled) -> String {
    let Pulled { digest, files, fetched, is_new } = pulled;
    let (files, version) = (count(*files, "file"), &digest[..12]);
    if *is_new {
        format!("{layer}: {files}, {fetched} fetched, version {version}")
    } else {
        format!("{layer}: up to date, {files}, version {version}")
    }
}
