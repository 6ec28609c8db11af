//! Removes old versions of a layer, and files that no version has.

use std::collections::HashSet;
use std::time::Duration;

use llmock::__command::sha256;

use super::pull::parse;
use super::store::{MANIFEST, Store, blob, kept};
use crate::problem::Problem;

/// Another push writes files before their manifest. A file that is younger may be one of them.
const GRACE: Duration = Duration::from_secs(60 * 60);

/// Keeps the newest versions, and returns how many objects were removed.
pub(super) async fn prune(store: &Store, location: &str, keep: usize) -> Result<usize, Problem> {
    let Some(current) = store.get(MANIFEST).await? else { return Ok(0) };
    let (mut versions, mut files) = (HashSet::new(), HashSet::new());
    let mut next = Some((sha256(&current.bytes), parse(&current.bytes, location)?));
    while let Some((digest, manifest)) = next.take() {
        versions.insert(digest);
        files.extend(manifest.files.into_values().map(|file| file.sha256));
        if let Some(parent) = manifest.parent.filter(|_| versions.len() < keep.max(1))
            && !versions.contains(&parent)
            && let Some(object) = store.get(&kept(&parent)).await?
        {
            next = Some((parent, parse(&object.bytes, location)?));
        }
    }
    let mut removed = 0;
    for (name, _) in store.list("manifests").await? {
        let digest = name.trim_end_matches(".json");
        // The version of another push that has not replaced the manifest yet is written again by it.
        if !versions.contains(digest) {
            store.remove(&kept(digest)).await?;
            removed += 1;
        }
    }
    for (digest, age) in store.list("blobs").await? {
        if !files.contains(&digest) && age >= grace() {
            store.remove(&blob(&digest)).await?;
            removed += 1;
        }
    }
    Ok(removed)
}

/// Tests cannot wait.
fn grace() -> Duration {
    let named = std::env::var("LLMOCK_TEST_GRACE").ok().and_then(|text| text.parse().ok());
    named.map_or(GRACE, Duration::from_secs)
}
