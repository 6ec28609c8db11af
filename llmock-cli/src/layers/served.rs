//! The fixtures of a layer, for a server.

use std::path::Path;

use llmock::__command::{OpenLayer, cache_folder};
use llmock::Fixture;
use llmock_rules::Layer;

use super::{block_on, pull, shared};
use crate::output::serving;
use crate::problem::Problem;

/// Whether fixtures are in a store instead of a folder.
pub(crate) fn is_remote(path: &Path) -> bool {
    path.to_string_lossy().contains("://")
}

/// Fetches a layer and reads its fixtures. If the store cannot be reached, what was fetched before is read, with a note.
pub(crate) fn read(path: &Path) -> Result<Vec<Fixture>, Problem> {
    let here = Path::new(".");
    let layer = Layer::parse(&path.to_string_lossy());
    let layer = layer.map_err(|problem| Problem::Other(problem.to_string()))?;
    let Layer::Remote(remote) = &layer else { return Err(Problem::NoSuchFile(path.to_owned())) };
    let pulled = block_on(|| pull::pull(remote, here));
    let opened = OpenLayer::open(&layer, here, cache_folder().as_deref());
    let layer = match (pulled, opened) {
        (Ok(_), Ok(layer)) => layer,
        (Err(problem), Ok(layer)) => {
            serving::note(&format!("{problem}; the version that was fetched before is served"));
            layer
        }
        (Err(problem), Err(_)) => return Err(problem),
        (Ok(_), Err(error)) => return Err(Problem::Other(error.to_string())),
    };
    let load = |name: String| layer.load(&name).map_err(|error| Problem::Other(error.to_string()));
    shared::names(&layer).into_iter().map(load).collect()
}
