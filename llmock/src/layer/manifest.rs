//! The list of the files of a layer, each with its digest. Its own digest names a version of the layer.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::fs;
use std::path::Path;

use sha2::{Digest as _, Sha256};

use crate::hex;
use crate::json::{self, Json};

/// The name of the list, in a store and in the cache.
pub const NAME: &str = "manifest.json";
const VERSION: u64 = 1;

/// The files of a layer by their names, which have `/` between folders.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Manifest {
    /// Each with its digest and its length.
    pub files: BTreeMap<String, File>,
    /// The digest of the version that this one replaced.
    pub parent: Option<String>,
    /// The digest of the archive that the files come from.
    pub archive: Option<String>,
}

/// A file of a layer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct File {
    /// Lower-case hexadecimal digits.
    pub sha256: String,
    /// Its length.
    pub bytes: u64,
}

/// What is wrong with a manifest.
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
pub struct ManifestError(String);

/// The SHA-256 of bytes, in lower-case hexadecimal digits.
pub fn sha256(bytes: &[u8]) -> String {
    hex::encode(&Sha256::digest(bytes))
}

/// Whether a name stays inside the folder of its layer, on every system.
fn is_inside(name: &str) -> bool {
    let is_plain = |part: &str| {
        !part.is_empty() && part != "." && part != ".." && !part.contains(['\\', ':', '\0'])
    };
    name.split('/').all(is_plain)
}

impl Manifest {
    /// Reads the manifest of a version in the cache.
    pub(super) fn read(version: &Path) -> Result<Self, ManifestError> {
        let path = version.join(NAME);
        let failed =
            |why: &dyn std::fmt::Display| ManifestError(format!("`{}`: {why}", path.display()));
        let text = fs::read_to_string(&path).map_err(|why| failed(&why))?;
        let digest = version.file_name().and_then(|name| name.to_str()).unwrap_or_default();
        let manifest = Self::parse(&text).map_err(|why| failed(&why))?;
        if manifest.archive.as_deref() != Some(digest) && sha256(text.as_bytes()) != digest {
            return Err(failed(&"it does not have the digest that is its name"));
        }
        Ok(manifest)
    }

    /// Reads a manifest.
    ///
    /// # Errors
    ///
    /// If it is not one, or names files outside of its layer.
    pub fn parse(text: &str) -> Result<Self, ManifestError> {
        let wrong = |why: &str| ManifestError(why.to_owned());
        let root = json::parse(text).map_err(|_| wrong("it is not valid JSON"))?;
        if root.get("llmock_layer").and_then(Json::as_u64) != Some(VERSION) {
            return Err(wrong(
                "it has no `\"llmock_layer\": 1`, so it is not the manifest of a layer",
            ));
        }
        let mut files = BTreeMap::new();
        let listed = root
            .get("files")
            .and_then(Json::as_object)
            .ok_or_else(|| wrong("it has no `files`"))?;
        for (name, file) in listed {
            let name = name.decode();
            let sha256 = file.text("sha256").unwrap_or_default().into_owned();
            let bytes = file.get("bytes").and_then(Json::as_u64);
            let is_digest = sha256.len() == 64 && sha256.bytes().all(|b| b.is_ascii_hexdigit());
            let (true, Some(bytes)) = (is_digest, bytes) else {
                return Err(ManifestError(format!("`{name}` has no digest and length")));
            };
            if !is_inside(&name) {
                return Err(ManifestError(format!("`{name}` would be outside of the layer")));
            }
            files.insert(name.into_owned(), File { sha256, bytes });
        }
        let named = |member: &str| root.text(member).map(std::borrow::Cow::into_owned);
        Ok(Self { files, parent: named("parent"), archive: named("archive") })
    }

    /// Adds a file.
    ///
    /// # Errors
    ///
    /// If its name would be outside of the layer.
    pub fn add(&mut self, name: &str, bytes: &[u8]) -> Result<(), ManifestError> {
        if !is_inside(name) {
            return Err(ManifestError(format!("`{name}` would be outside of the layer")));
        }
        let file = File { sha256: sha256(bytes), bytes: bytes.len() as u64 };
        self.files.insert(name.to_owned(), file);
        Ok(())
    }

    /// The text of the manifest; the same files always give the same text.
    pub fn to_json(&self) -> String {
        let mut out = format!("{{\n  \"llmock_layer\": {VERSION},\n");
        for (member, digest) in [("parent", &self.parent), ("archive", &self.archive)] {
            if let Some(digest) = digest {
                let _ = writeln!(out, "  \"{member}\": {},", json::quote(digest));
            }
        }
        out.push_str("  \"files\": {");
        for (at, (name, File { sha256, bytes })) in self.files.iter().enumerate() {
            let comma = if at == 0 { "" } else { "," };
            let name = json::quote(name);
            let _ = write!(
                out,
                "{comma}\n    {name}: {{ \"sha256\": \"{sha256}\", \"bytes\": {bytes} }}"
            );
        }
        out.push_str(if self.files.is_empty() { "}\n}\n" } else { "\n  }\n}\n" });
        out
    }

    /// The digest of the text, which names this version.
    pub fn digest(&self) -> String {
        sha256(self.to_json().as_bytes())
    }

    pub(super) fn digest_of(&self, name: &str) -> Option<&str> {
        self.files.get(name).map(|file| file.sha256.as_str())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_manifest_is_read_as_it_is_written() {
        let mut manifest = Manifest::default();
        assert_eq!(Manifest::parse(&manifest.to_json()).unwrap(), manifest);
        manifest.add("chat/\"a\".json", b"{}").unwrap();
        manifest.add("b.json", b"").unwrap();
        manifest.parent = Some("00".into());
        assert_eq!(Manifest::parse(&manifest.to_json()).unwrap(), manifest);
        assert_eq!(manifest.digest(), sha256(manifest.to_json().as_bytes()));
    }

    #[test]
    fn files_stay_inside_of_their_layer() {
        for name in ["", "/etc/passwd", "../x", "a/../b", "a//b", "C:x", r"a\b", "a/.", "a\0"] {
            assert!(Manifest::default().add(name, b"").is_err(), "{name}");
            let file = format!("{{\"sha256\": \"{}\", \"bytes\": 0}}", sha256(b""));
            let text =
                format!("{{\"llmock_layer\": 1, \"files\": {{{}: {file}}}}}", json::quote(name));
            assert!(Manifest::parse(&text).is_err(), "{name}");
        }
        for text in
            ["", "{}", "[]", r#"{"llmock_layer": 2, "files": {}}"#, r#"{"llmock_layer": 1}"#]
        {
            assert!(Manifest::parse(text).is_err(), "{text}");
        }
    }
}
