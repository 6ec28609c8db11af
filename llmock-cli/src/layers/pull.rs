//! Puts a version of a layer into the cache. A version appears there as a whole, or not at all.

use std::fs::{self, File};
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};

use bytes::Bytes;
use llmock::__command::{LayerFile, Manifest, Place, cache_folder, files, location, sha256};
use llmock_rules::RemoteLayer;

use super::store::{MANIFEST, Store, blob, kept};
use super::{archive, transfer};
use crate::problem::Problem;
use crate::target;

/// What a pull has done.
#[derive(Debug)]
pub(crate) struct Pulled {
    pub(crate) digest: String,
    pub(crate) files: usize,
    /// How many of them were transferred.
    pub(crate) fetched: usize,
    pub(crate) is_new: bool,
}

/// Fetches the version in force of a layer that a file in `base` names.
pub(crate) async fn pull(layer: &RemoteLayer, base: &Path) -> Result<Pulled, Problem> {
    let cache = Cache::of(layer, base)?;
    let _lock = cache.lock()?;
    if let Some(digest) = &layer.sha256
        && let Some(files) = cache.complete(digest)
    {
        return Ok(Pulled { digest: digest.clone(), files, fetched: 0, is_new: false });
    }
    if layer.archive.is_some() {
        return of_archive(layer, &cache).await;
    }
    let store = Store::open(&cache.location)?;
    let manifest = manifest(&store, &cache.location, layer.sha256.as_deref()).await?;
    cache.install(&store, &manifest, None).await
}

/// The manifest of a store: the one in force, or the one with this digest.
async fn manifest(
    store: &Store,
    location: &str,
    pinned: Option<&str>,
) -> Result<Manifest, Problem> {
    let mut found = store.get(MANIFEST).await?;
    if let Some(digest) = pinned
        && found.as_ref().is_none_or(|object| sha256(&object.bytes) != digest)
    {
        found = store.get(&kept(digest)).await?;
        let Some(object) = &found else {
            let why = "it was never pushed, or `--keep` has removed it";
            return Err(Problem::Other(format!(
                "`{location}` has no version {}: {why}",
                &digest[..12]
            )));
        };
        if sha256(&object.bytes) != digest {
            return Err(wrong_digest(&kept(digest), location, digest, &object.bytes));
        }
    }
    let Some(object) = found else {
        let why = "nothing was pushed there, or the address is wrong";
        return Err(Problem::Other(format!("layer `{location}` has no `{MANIFEST}`: {why}")));
    };
    parse(&object.bytes, location)
}

pub(super) fn parse(bytes: &[u8], location: &str) -> Result<Manifest, Problem> {
    let text = String::from_utf8_lossy(bytes);
    Manifest::parse(&text).map_err(|why| {
        Problem::Other(format!(
            "the `{MANIFEST}` of `{location}` is invalid: {why}; nothing was changed"
        ))
    })
}

fn wrong_digest(name: &str, location: &str, expected: &str, bytes: &[u8]) -> Problem {
    let received = sha256(bytes);
    Problem::Other(format!(
        "`{name}` of `{location}` does not have its digest: expected {}, received {}; the store returned wrong data, and \
         nothing was changed",
        &expected[..12],
        &received[..12]
    ))
}

async fn of_archive(layer: &RemoteLayer, cache: &Cache) -> Result<Pulled, Problem> {
    let location = &cache.location;
    let bytes = if location.contains("://") {
        let (folder, name) = location.rsplit_once('/').unwrap_or((location, ""));
        let found = Store::open(folder)?.get(name).await?;
        found.map(|object| object.bytes).ok_or_else(|| Problem::NoSuchFile(location.into()))?
    } else {
        match fs::read(location) {
            Ok(bytes) => Bytes::from(bytes),
            Err(why) if why.kind() == io::ErrorKind::NotFound => {
                return Err(Problem::Other(format!("layer `{location}` does not exist")));
            }
            Err(why) => return Err(Problem::Io { action: "read", path: location.into(), why }),
        }
    };
    let digest = sha256(&bytes);
    if let Some(expected) = &layer.sha256
        && *expected != digest
    {
        let (name, folder) = location.rsplit_once('/').map_or((&**location, ""), |(a, b)| (b, a));
        return Err(wrong_digest(name, folder, expected, &bytes));
    }
    if let Some(files) = cache.complete(&digest) {
        cache.point_to(&digest)?;
        return Ok(Pulled { digest, files, fetched: 0, is_new: false });
    }
    let unpacked = archive::unpack(&bytes, layer.archive, location)?;
    let mut manifest = Manifest { archive: Some(digest.clone()), ..Manifest::default() };
    let partial = cache.partial(&digest)?;
    for (name, bytes) in &unpacked {
        manifest.add(name, bytes).map_err(|why| Problem::Other(format!("`{location}`: {why}")))?;
        Cache::write(&files(&partial).join(name), bytes)?;
    }
    cache.finish(&partial, &manifest, &digest)?;
    Ok(Pulled { digest, files: unpacked.len(), fetched: unpacked.len(), is_new: true })
}

fn unwritable(path: &Path, why: io::Error) -> Problem {
    Problem::Io { action: "write", path: path.to_owned(), why }
}

/// The copies of one layer.
#[derive(Debug)]
pub(super) struct Cache {
    pub(super) location: String,
    pub(super) place: Place,
}

impl Cache {
    pub(super) fn of(layer: &RemoteLayer, base: &Path) -> Result<Self, Problem> {
        let why = "neither `LLMOCK_CACHE_DIR` nor `HOME` is set";
        let none = || Problem::Other(format!("there is no folder for the cache: {why}"));
        let place = Place::of(layer, base, &cache_folder().ok_or_else(none)?);
        Ok(Self { location: location(layer, base), place })
    }

    /// Excludes other processes that fetch the same layer.
    pub(super) fn lock(&self) -> Result<File, Problem> {
        let path = self.place.folder().join(".lock");
        let failed = |why| unwritable(&path, why);
        fs::create_dir_all(self.place.folder()).map_err(failed)?;
        let options = File::options().create(true).truncate(false).write(true).open(&path);
        let file = options.map_err(failed)?;
        file.lock().map_err(failed)?;
        Ok(file)
    }

    /// The version that was fetched last.
    pub(super) fn current(&self) -> Option<Manifest> {
        let text =
            fs::read_to_string(self.place.version(&self.place.fetched()?).join(MANIFEST)).ok()?;
        Manifest::parse(&text).ok()
    }

    /// How many files a version has, if every one of them is as it was fetched.
    fn complete(&self, digest: &str) -> Option<usize> {
        let version = self.place.version(digest);
        let manifest = Manifest::parse(&fs::read_to_string(version.join(MANIFEST)).ok()?).ok()?;
        let is_whole = manifest.files.iter().all(|(name, file)| {
            fs::read(files(&version).join(name)).is_ok_and(|bytes| sha256(&bytes) == file.sha256)
        });
        is_whole.then_some(manifest.files.len())
    }

    /// Where a version is put together. What an interrupted pull has fetched is there already.
    fn partial(&self, digest: &str) -> Result<PathBuf, Problem> {
        let folder = self.place.folder().join(format!(".{digest}"));
        fs::create_dir_all(files(&folder)).map_err(|why| unwritable(&folder, why))?;
        Ok(folder)
    }

    /// What interrupted pulls have left, of this version and of earlier ones.
    fn interrupted(&self) -> Vec<PathBuf> {
        let entries = fs::read_dir(self.place.folder()).into_iter().flatten().flatten();
        let is_partial = |path: &PathBuf| path.is_dir() && target::is_hidden(path);
        entries.map(|entry| entry.path()).filter(is_partial).collect()
    }

    fn write(path: &Path, bytes: &[u8]) -> Result<(), Problem> {
        let written = || {
            if let Some(folder) = path.parent() {
                fs::create_dir_all(folder)?;
            }
            File::create(path)?.write_all(bytes)
        };
        written().map_err(|why| unwritable(path, why))
    }

    /// Puts a version into the cache: files that are there already are copied, the others are transferred.
    pub(super) async fn install(
        &self,
        store: &Store,
        manifest: &Manifest,
        own: Option<&Path>,
    ) -> Result<Pulled, Problem> {
        let digest = manifest.digest();
        let total = manifest.files.len();
        if self.complete(&digest).is_some() {
            self.point_to(&digest)?;
            return Ok(Pulled { digest, files: total, fetched: 0, is_new: false });
        }
        let partial = self.partial(&digest)?;
        let before = self.place.fetched().map(|digest| files(&self.place.version(&digest)));
        let interrupted = self.interrupted().into_iter().map(|folder| files(&folder));
        let sources: Vec<PathBuf> =
            own.map(Path::to_owned).into_iter().chain(before).chain(interrupted).collect();
        let missing: Vec<_> = manifest
            .files
            .iter()
            .filter(|(name, file)| {
                let into = files(&partial).join(name);
                let has =
                    |path: &Path| fs::read(path).is_ok_and(|bytes| sha256(&bytes) == file.sha256);
                let copy = |from: &PathBuf| {
                    has(&from.join(name))
                        && fs::read(from.join(name))
                            .is_ok_and(|bytes| Self::write(&into, &bytes).is_ok())
                };
                let is_there = has(&into) || (sources.iter().any(copy) && has(&into));
                !is_there
            })
            .collect();
        let fetched = missing.len();
        self.transfer(store, missing, &partial).await?;
        self.finish(&partial, manifest, &digest)?;
        Ok(Pulled { digest, files: total, fetched, is_new: true })
    }

    /// Fetches files, several at the same time, and compares each with its digest.
    async fn transfer(
        &self,
        store: &Store,
        missing: Vec<(&String, &LayerFile)>,
        partial: &Path,
    ) -> Result<(), Problem> {
        let transfers = missing.into_iter().map(|(name, file)| {
            let into = files(partial).join(name);
            async move {
                let found = store.get(&blob(&file.sha256)).await?;
                let Some(object) = found else {
                    let location = &self.location;
                    return Err(Problem::Other(format!(
                        "`{name}` of `{location}` is missing in the store: there is no `{}`; nothing was changed",
                        blob(&file.sha256)
                    )));
                };
                if sha256(&object.bytes) != file.sha256 {
                    return Err(wrong_digest(name, &self.location, &file.sha256, &object.bytes));
                }
                Self::write(&into, &object.bytes)
            }
        });
        transfer::all("fetched", transfers).await
    }

    /// Gives a version its name, and makes it the one in force.
    fn finish(&self, partial: &Path, manifest: &Manifest, digest: &str) -> Result<(), Problem> {
        // An interrupted pull of the same version may have left what this one does not have.
        Self::write(&partial.join(MANIFEST), manifest.to_json().as_bytes())?;
        let version = self.place.version(digest);
        // A version that was changed makes room for the good one.
        if version.exists() {
            fs::remove_dir_all(&version).map_err(|why| unwritable(&version, why))?;
        }
        fs::rename(partial, &version).map_err(|why| unwritable(&version, why))?;
        self.point_to(digest)?;
        self.interrupted().iter().try_for_each(|folder| {
            fs::remove_dir_all(folder).map_err(|why| unwritable(folder, why))
        })
    }

    fn point_to(&self, digest: &str) -> Result<(), Problem> {
        let pointer = self.place.pointer();
        let new = pointer.with_extension("new");
        Self::write(&new, format!("{digest}\n").as_bytes())?;
        fs::rename(&new, &pointer).map_err(|why| unwritable(&pointer, why))
    }
}
