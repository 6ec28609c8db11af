//! Adds the fixtures of a folder to a store.
//!
//! Files are written first, under their digests, so that they disturb no one. Then the manifest is replaced, if it is
//! still the one that was read; otherwise everything is compared again. A file that someone else has changed since the
//! last pull is never overwritten.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;
use std::time::Duration;

use bytes::Bytes;
use llmock::__command::{LayerFile, Manifest, sha256};
use llmock_rules::RemoteLayer;

use super::pull::{Cache, parse};
use super::store::{MANIFEST, Object, Replaced, Store, blob, kept};
use super::{names, retention, transfer};
use crate::problem::Problem;

/// How often the manifest may change under a push.
const ATTEMPTS: u32 = 50;

/// How a push decides.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Rules {
    /// Overwrites files that someone else has changed.
    pub(crate) force: bool,
    /// Removes files that the folder does not have.
    pub(crate) delete: bool,
    /// How many versions to keep.
    pub(crate) keep: Option<usize>,
}

/// What a push has done.
#[derive(Debug)]
pub(crate) struct Pushed {
    pub(crate) digest: String,
    pub(crate) added: usize,
    pub(crate) changed: usize,
    pub(crate) removed: usize,
    pub(crate) files: usize,
    /// How many old versions and files were removed from the store.
    pub(crate) pruned: usize,
}

/// Adds the fixtures of a folder to a layer.
pub(crate) async fn push(
    layer: &RemoteLayer,
    base: &Path,
    folder: &Path,
    rules: Rules,
) -> Result<Pushed, Problem> {
    let cache = Cache::of(layer, base)?;
    let _lock = cache.lock()?;
    let store = Store::open(&cache.location)?.prepare()?;
    let own = read(folder)?;
    let known = cache.current().unwrap_or_default();
    for attempt in 0..ATTEMPTS {
        let before = store.get(MANIFEST).await?;
        let mut merge = Merge { store: &store, cache: &cache, own: &own, known: &known, rules };
        if let Some(mut pushed) = merge.attempt(before.as_ref(), folder).await? {
            if let Some(keep) = rules.keep {
                pushed.pruned = retention::prune(&store, &cache.location, keep).await?;
            }
            return Ok(pushed);
        }
        tokio::time::sleep(Duration::from_millis(u64::from(fastrand::u32(
            10..50 * (attempt + 2).min(20),
        ))))
        .await;
    }
    let why = "other pushes have replaced the manifest again and again; try again later";
    Err(Problem::Other(format!("cannot push to `{}`: {why}", cache.location)))
}

/// The files of a folder.
fn read(folder: &Path) -> Result<BTreeMap<String, Bytes>, Problem> {
    if !folder.is_dir() {
        return Err(Problem::Other(format!(
            "there is no folder `{}`; nothing was pushed",
            folder.display()
        )));
    }
    let mut files = BTreeMap::new();
    for name in names::of(folder)? {
        let path = folder.join(&name);
        let bytes = fs::read(&path).map_err(|why| Problem::Io { action: "read", path, why })?;
        files.insert(name, Bytes::from(bytes));
    }
    if files.is_empty() {
        let folder = folder.display();
        return Err(Problem::Other(format!(
            "there are no fixtures in `{folder}`; nothing was pushed"
        )));
    }
    Ok(files)
}

/// One attempt to add the files to what the store has now.
struct Merge<'a> {
    store: &'a Store,
    cache: &'a Cache,
    own: &'a BTreeMap<String, Bytes>,
    /// What the store had at the last pull or push.
    known: &'a Manifest,
    rules: Rules,
}

impl Merge<'_> {
    /// `None` if the manifest was replaced meanwhile.
    async fn attempt(
        &mut self,
        before: Option<&Object>,
        folder: &Path,
    ) -> Result<Option<Pushed>, Problem> {
        let location = &self.cache.location;
        let theirs = match before {
            Some(object) => parse(&object.bytes, location)?,
            None => Manifest::default(),
        };
        let mut new =
            Manifest { parent: before.map(|object| sha256(&object.bytes)), ..theirs.clone() };
        let mut pushed = self.merged(&theirs, &mut new)?;
        if new.files == theirs.files {
            let installed = self.cache.install(self.store, &theirs, Some(folder)).await?;
            return Ok(Some(Pushed { digest: installed.digest, ..pushed }));
        }
        self.upload(&theirs, &new).await?;
        let text = Bytes::from(new.to_json());
        self.store.put(&kept(&new.digest()), text.clone()).await?;
        if self.store.replace(MANIFEST, before, text).await? == Replaced::No {
            return Ok(None);
        }
        // Another push with `--keep` may have removed a file that was there when this one looked.
        self.upload(&theirs, &new).await?;
        self.store.put(&kept(&new.digest()), Bytes::from(new.to_json())).await?;
        pushed.digest = self.cache.install(self.store, &new, Some(folder)).await?.digest;
        Ok(Some(pushed))
    }

    /// Adds the files to a manifest.
    fn merged(&self, theirs: &Manifest, new: &mut Manifest) -> Result<Pushed, Problem> {
        let (mut added, mut changed, mut removed) = (0, 0, 0);
        let mut conflicts = Vec::new();
        for (name, bytes) in self.own {
            let digest = sha256(bytes);
            let remote = theirs.files.get(name).map(|file| file.sha256.as_str());
            let known = self.known.files.get(name).map(|file| file.sha256.as_str());
            match remote {
                Some(remote) if remote == digest => continue,
                // It was not changed here, but there.
                Some(_) if known == Some(digest.as_str()) && !self.rules.force => continue,
                Some(remote) if known == Some(remote) || self.rules.force => changed += 1,
                Some(_) => conflicts.push(name.as_str()),
                None => added += 1,
            }
            let file = LayerFile { sha256: digest, bytes: bytes.len() as u64 };
            new.files.insert(name.clone(), file);
        }
        if !conflicts.is_empty() {
            return Err(conflict(&self.cache.location, &conflicts));
        }
        if self.rules.delete {
            new.files.retain(|name, file| {
                let is_known = self.known.files.get(name) == Some(file);
                let stays = self.own.contains_key(name) || !is_known;
                removed += usize::from(!stays);
                stays
            });
        }
        let files = new.files.len();
        Ok(Pushed { digest: String::new(), added, changed, removed, files, pruned: 0 })
    }

    /// Writes the files that a store may not have.
    async fn upload(&self, theirs: &Manifest, new: &Manifest) -> Result<(), Problem> {
        let known: Vec<&str> = theirs.files.values().map(|file| file.sha256.as_str()).collect();
        let mut wanted = BTreeMap::new();
        for bytes in self.own.values() {
            let digest = sha256(bytes);
            let is_named = new.files.values().any(|file| file.sha256 == digest);
            if is_named && !known.contains(&digest.as_str()) {
                wanted.insert(digest, bytes.clone());
            }
        }
        let transfers = wanted.into_iter().map(|(digest, bytes)| async move {
            let name = blob(&digest);
            if self.store.has(&name).await? { Ok(()) } else { self.store.put(&name, bytes).await }
        });
        transfer::all("pushed", transfers).await
    }
}

fn conflict(location: &str, names: &[&str]) -> Problem {
    const MOST: usize = 5;
    let mut shown: Vec<String> = names.iter().take(MOST).map(|name| format!("`{name}`")).collect();
    if names.len() > MOST {
        shown.push(format!("{} more", names.len() - MOST));
    }
    let shown = shown.join(", ");
    Problem::Other(format!(
        "someone else has changed {shown} in `{location}` since the last pull; nothing was pushed\nhint: run `llmock pull` \
         and compare, or overwrite with `--force`"
    ))
}
