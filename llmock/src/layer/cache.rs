//! The cache of fetched layers.
//!
//! ```text
//! CACHE/layers/<digest of the location>/current            the digest of the manifest in force
//! CACHE/layers/<digest of the location>/<digest>/manifest.json
//! CACHE/layers/<digest of the location>/<digest>/files/…   as the manifest names them
//! ```
//!
//! A version is complete once its folder has its name, and never changes.

use std::fs;
use std::path::{Path, PathBuf};

use llmock_rules::RemoteLayer;

use super::manifest::sha256;
use crate::env;

/// The folder of the cache: `LLMOCK_CACHE_DIR`, or `llmock` in the user's folder for caches.
pub fn folder() -> Option<PathBuf> {
    let named = env::path(env::CACHE_DIR);
    let of_user = || {
        let home = || env::path("HOME");
        let folder = if cfg!(windows) {
            env::path("LOCALAPPDATA")
        } else if cfg!(target_os = "macos") {
            home().map(|home| home.join("Library/Caches"))
        } else {
            env::path("XDG_CACHE_HOME").or_else(|| home().map(|home| home.join(".cache")))
        };
        folder.map(|folder| folder.join("llmock"))
    };
    named.or_else(of_user)
}

/// The folder of one layer, for all its versions.
#[derive(Clone, Debug)]
pub struct Place(PathBuf);

impl Place {
    /// The place of a layer that a file in `base` names.
    pub fn of(layer: &RemoteLayer, base: &Path, cache: &Path) -> Self {
        let location = location(layer, base);
        Self(cache.join("layers").join(&sha256(location.as_bytes())[..32]))
    }

    /// The folder.
    pub fn folder(&self) -> &Path {
        &self.0
    }

    /// The folder of a version.
    pub fn version(&self, digest: &str) -> PathBuf {
        self.0.join(digest)
    }

    /// The version in force: the one that was named, or else the one that was fetched last.
    pub fn current(&self, layer: &RemoteLayer) -> Option<PathBuf> {
        let digest = layer.sha256.clone().or_else(|| self.fetched())?;
        Some(self.version(&digest))
    }

    /// The digest of the version that was fetched last.
    pub fn fetched(&self) -> Option<String> {
        let text = fs::read_to_string(self.pointer()).ok()?;
        let digest = text.trim();
        let is_digest = digest.len() == 64 && digest.bytes().all(|byte| byte.is_ascii_hexdigit());
        is_digest.then(|| digest.to_owned())
    }

    /// The file that names the version in force.
    pub fn pointer(&self) -> PathBuf {
        self.0.join("current")
    }
}

/// The files of a version.
pub fn files(version: &Path) -> PathBuf {
    version.join("files")
}

/// The location of a layer, absolute if it is a file.
pub fn location(layer: &RemoteLayer, base: &Path) -> String {
    if layer.location.contains("://") {
        return layer.location.clone();
    }
    crate::site::resolve::normalize(&base.join(&layer.location)).display().to_string()
}
