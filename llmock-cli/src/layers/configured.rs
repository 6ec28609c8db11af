//! The layers that the `llmock.toml` files of a workspace name.

use std::fs;
use std::path::{Path, PathBuf};

use llmock::__command::{LayerError, OpenLayer, cache_folder, layers_in};
use llmock_rules::{Layer, RemoteLayer};

use crate::problem::Problem;
use crate::workspace;

/// The layers of one `llmock.toml`.
#[derive(Debug)]
pub(crate) struct Configured {
    /// The file that names them.
    pub(crate) file: PathBuf,
    /// The folder that they are relative to.
    pub(crate) base: PathBuf,
    pub(crate) layers: Vec<Layer>,
}

impl Configured {
    /// The folder that recordings go to.
    pub(crate) fn first(&self) -> Option<PathBuf> {
        match self.layers.first()? {
            Layer::Folder(folder) => Some(self.base.join(folder)),
            Layer::Remote(_) => None,
        }
    }

    /// The layers that are fetched.
    pub(crate) fn remote(&self) -> impl Iterator<Item = &RemoteLayer> {
        self.layers.iter().filter_map(|layer| match layer {
            Layer::Remote(remote) => Some(remote),
            Layer::Folder(_) => None,
        })
    }

    /// Every layer, or why it cannot be read.
    pub(crate) fn open(&self) -> impl Iterator<Item = Result<OpenLayer, LayerError>> {
        let cache = cache_folder();
        let layers = self.layers.iter();
        layers.map(move |layer| OpenLayer::open(layer, &self.base, cache.as_deref()))
    }
}

/// The layers that files in the workspace and in its packages name.
pub(crate) fn configured() -> Result<Vec<Configured>, Problem> {
    let root = workspace::root();
    let mut all = Vec::new();
    for folder in folders(&root) {
        let layers = layers_in(&folder).map_err(Problem::Other)?;
        if !layers.is_empty() {
            all.push(Configured { file: folder.join("llmock.toml"), base: folder, layers });
        }
    }
    Ok(all)
}

/// Folders with an `llmock.toml`, not below hidden ones and those of builds.
pub(crate) fn folders(root: &Path) -> Vec<PathBuf> {
    const DEPTH: usize = 4;
    let mut found = Vec::new();
    let mut open = vec![(root.to_owned(), 0)];
    while let Some((folder, depth)) = open.pop() {
        if folder.join("llmock.toml").is_file() {
            found.push(folder.clone());
        }
        if depth == DEPTH {
            continue;
        }
        for entry in fs::read_dir(&folder).into_iter().flatten().flatten() {
            let path = entry.path();
            let is_folder = entry.file_type().is_ok_and(|kind| kind.is_dir());
            if is_folder && !crate::target::is_skipped(&path) {
                open.push((path, depth + 1));
            }
        }
    }
    found.sort();
    found
}
