//! Layers of fixtures beside the folder of a test: other folders, and what `llmock pull` has fetched.
//!
//! [`cache`] is where fetched layers are, [`manifest`] which files they have. A layer is only read here: `llmock pull`
//! and `llmock push` of the command move files. Every file of a fetched layer is compared with its digest each time.

#![cfg_attr(
    not(feature = "server"),
    allow(dead_code, unreachable_pub, reason = "only the command writes layers")
)]

pub(crate) mod cache;
pub(crate) mod manifest;

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use llmock_rules::{Layer, RemoteLayer};

use self::manifest::{Manifest, ManifestError};
use crate::fixture::Fixture;
use crate::fixture::store::LoadError;
use crate::site;

/// A layer that can be read.
#[derive(Clone, Debug)]
pub struct OpenLayer {
    name: String,
    folder: PathBuf,
    /// What a fetched layer consists of; none for a folder.
    manifest: Option<Manifest>,
}

/// Why a layer cannot be used.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum LayerError {
    /// A folder that is not there.
    #[error("layer `{layer}` does not exist: there is no folder `{}`", folder.display())]
    Missing {
        /// As it is written.
        layer: String,
        /// The folder that was looked for.
        folder: PathBuf,
    },
    /// A remote layer that is not in the cache.
    #[error("layer `{layer}` was not fetched yet\nhint: run `llmock pull`")]
    NotFetched {
        /// As it is written.
        layer: String,
    },
    /// No variable tells where the cache is.
    #[error("layer `{layer}` has no cache: neither `LLMOCK_CACHE_DIR` nor `HOME` is set")]
    NoCache {
        /// As it is written.
        layer: String,
    },
    /// The cache was changed.
    #[error(
        "`{file}` of layer `{layer}` does not have the digest of its manifest: `{}` was changed\nhint: run `llmock pull`, which \
         fetches it again", path.display()
    )]
    WrongDigest {
        /// As it is written.
        layer: String,
        /// The name of the file in the layer.
        file: String,
        /// The copy in the cache.
        path: PathBuf,
    },
    /// A file of the cache cannot be read.
    #[error(
        "`{file}` of layer `{layer}` cannot be read: {why}\nhint: run `llmock pull`, which fetches it again"
    )]
    Unreadable {
        /// As it is written.
        layer: String,
        /// The name of the file in the layer.
        file: String,
        /// The error of the operating system.
        why: io::Error,
    },
    /// The list of files is damaged.
    #[error(
        "the manifest of layer `{layer}` is invalid: {why}\nhint: run `llmock pull`, which fetches it again"
    )]
    Manifest {
        /// As it is written.
        layer: String,
        /// What is wrong.
        why: ManifestError,
    },
    /// A file is no fixture.
    #[error("layer `{layer}`: {}", crate::report::values::chain(source))]
    Load {
        /// As it is written.
        layer: String,
        /// Why.
        source: LoadError,
    },
}

impl OpenLayer {
    /// Finds a layer that a file in `base` names. A folder must exist, and a remote layer have been fetched.
    ///
    /// # Errors
    ///
    /// If there is no such folder, or no complete copy in the cache.
    pub fn open(layer: &Layer, base: &Path, cache: Option<&Path>) -> Result<Self, LayerError> {
        let name = layer.to_string();
        match layer {
            Layer::Folder(path) => {
                let folder = site::resolve::normalize(&base.join(path));
                if !folder.is_dir() {
                    return Err(LayerError::Missing { layer: name, folder });
                }
                Ok(Self { name, folder, manifest: None })
            }
            Layer::Remote(remote) => Self::fetched(name, remote, base, cache),
        }
    }

    fn fetched(
        name: String,
        remote: &RemoteLayer,
        base: &Path,
        cache: Option<&Path>,
    ) -> Result<Self, LayerError> {
        let Some(cache) = cache else { return Err(LayerError::NoCache { layer: name }) };
        let place = cache::Place::of(remote, base, cache);
        let current = place.current(remote).filter(|one| one.is_dir());
        let Some(folder) = current else { return Err(LayerError::NotFetched { layer: name }) };
        let read = Manifest::read(&folder);
        let manifest = match read {
            Ok(manifest) => manifest,
            Err(why) => return Err(LayerError::Manifest { layer: name, why }),
        };
        Ok(Self { name, folder: cache::files(&folder), manifest: Some(manifest) })
    }

    /// The layer as it is written.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The folder of its files.
    pub fn folder(&self) -> &Path {
        &self.folder
    }

    /// The list of its files, if it was fetched.
    pub fn manifest(&self) -> Option<&Manifest> {
        self.manifest.as_ref()
    }

    /// A file as it is shown.
    pub fn shown(&self, name: &str) -> String {
        match &self.manifest {
            None => self.folder.join(name).display().to_string(),
            Some(_) => format!("{}/{name}", self.name.split('#').next().unwrap_or_default()),
        }
    }

    /// Whether it has a file of this name.
    pub(crate) fn has(&self, name: &str) -> bool {
        match &self.manifest {
            None => self.folder.join(name).is_file(),
            Some(manifest) => manifest.digest_of(name).is_some(),
        }
    }

    /// Compares a file of a fetched layer with its digest.
    ///
    /// # Errors
    ///
    /// If it cannot be read or was changed.
    pub fn verify(&self, name: &str) -> Result<(), LayerError> {
        let Some(expected) = self.manifest.as_ref().and_then(|all| all.digest_of(name)) else {
            return Ok(());
        };
        let path = self.folder.join(name);
        let (layer, file) = (self.name.clone(), name.to_owned());
        let bytes = match fs::read(&path) {
            Ok(bytes) => bytes,
            Err(why) => return Err(LayerError::Unreadable { layer, file, why }),
        };
        if manifest::sha256(&bytes) == expected {
            return Ok(());
        }
        Err(LayerError::WrongDigest { layer, file, path })
    }

    /// Reads a fixture after comparing it, and what belongs to it, with their digests.
    ///
    /// # Errors
    ///
    /// If it was changed, or is no fixture.
    pub fn load(&self, name: &str) -> Result<Fixture, LayerError> {
        self.verify(name)?;
        let loaded = Fixture::load(self.folder.join(name));
        let loaded =
            loaded.map_err(|source| LayerError::Load { layer: self.name.clone(), source })?;
        // The place of a copy tells no one where it comes from.
        Ok(if self.manifest.is_some() { loaded.shown_as(self.shown(name)) } else { loaded })
    }
}
