//! Layers of fixtures: folders, object stores, and archives, which are searched in order.

use std::fmt;

use crate::problem::{Problem, hint};

/// Where further fixtures are. The first layer of a list is a folder, which recordings go to; all others are only read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Layer {
    /// A folder, relative to the file that names it.
    Folder(String),
    /// What `llmock pull` fetches.
    Remote(RemoteLayer),
}

/// A layer that is fetched before it is read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RemoteLayer {
    /// The address or the path, without the digest.
    pub location: String,
    /// The SHA-256 that was named, in lower-case hexadecimal digits: of an archive, or of the manifest of a store.
    pub sha256: Option<String>,
    /// One file with all fixtures, instead of a store with a manifest.
    pub archive: Option<Archive>,
}

/// How an archive is compressed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Archive {
    Tar,
    Gzip,
    Zstd,
}

const SCHEMES: [&str; 6] = ["s3", "gs", "az", "https", "http", "file"];
const DIGEST: &str = "sha256=";

impl Layer {
    /// Reads a folder, the address of a store, or an archive, each with `#sha256=…` behind it if it is remote.
    pub fn parse(text: &str) -> Result<Self, Problem> {
        let invalid = |reason: &str| Problem::invalid("layer", text, reason);
        if text.trim().is_empty() {
            return Err(invalid("expected a folder, or an address such as `s3://bucket/folder`"));
        }
        if text.contains('\0') {
            return Err(invalid("it contains a NUL character"));
        }
        let (location, fragment) = match text.split_once('#') {
            Some((location, fragment)) => (location, Some(fragment)),
            None => (text, None),
        };
        let archive = Archive::of(location);
        let Some((scheme, rest)) = location.split_once("://") else {
            // A folder may have a `#` in its name.
            if archive.is_none() {
                return match fragment {
                    Some(fragment) if fragment.starts_with(DIGEST) => {
                        Err(invalid("a folder has no digest; remove `#sha256=…`"))
                    }
                    _ => Ok(Self::Folder(text.to_owned())),
                };
            }
            let sha256 = fragment.map(|one| digest(text, one)).transpose()?;
            return Ok(Self::Remote(RemoteLayer {
                location: location.to_owned(),
                sha256,
                archive,
            }));
        };
        if !SCHEMES.contains(&scheme) {
            let lower = scheme.to_ascii_lowercase();
            let known: Vec<_> = SCHEMES.iter().map(|one| format!("{one}://")).collect();
            let known: Vec<_> = known.iter().map(String::as_str).collect();
            let hint = hint(&format!("{lower}://"), &known);
            return Err(Problem::new(format!(
                "invalid layer `{text}`: unknown scheme `{scheme}`{hint}"
            )));
        }
        let host = rest.split('/').next().unwrap_or_default();
        if host.is_empty() && scheme != "file" {
            return Err(invalid("the address names no bucket and no host"));
        }
        if host.contains('@') {
            return Err(invalid(
                "it holds credentials, which belong into environment variables such as `AWS_ACCESS_KEY_ID`",
            ));
        }
        let sha256 = fragment.map(|one| digest(text, one)).transpose()?;
        if archive.is_some() && sha256.is_none() && scheme != "file" {
            return Err(invalid(
                "an archive needs its checksum: add `#sha256=` and the 64 digits that `sha256sum` prints",
            ));
        }
        let location = location.trim_end_matches('/').to_owned();
        Ok(Self::Remote(RemoteLayer { location, sha256, archive }))
    }
}

/// The digits behind `sha256=`.
fn digest(layer: &str, fragment: &str) -> Result<String, Problem> {
    let digits = fragment.strip_prefix(DIGEST).unwrap_or_default().to_ascii_lowercase();
    if digits.len() == 64 && digits.bytes().all(|byte| byte.is_ascii_hexdigit()) {
        return Ok(digits);
    }
    let reason = "expected `#sha256=` and 64 hexadecimal digits behind the address";
    Err(Problem::invalid("layer", layer, reason))
}

impl Archive {
    fn of(location: &str) -> Option<Self> {
        let name = location.split('?').next().unwrap_or_default().to_ascii_lowercase();
        let ends = |suffixes: &[&str]| suffixes.iter().any(|suffix| name.ends_with(suffix));
        match () {
            () if ends(&[".tar"]) => Some(Self::Tar),
            () if ends(&[".tar.gz", ".tgz"]) => Some(Self::Gzip),
            () if ends(&[".tar.zst", ".tzst"]) => Some(Self::Zstd),
            () => None,
        }
    }
}

impl fmt::Display for Layer {
    /// As it is written.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Folder(path) => f.write_str(path),
            Self::Remote(RemoteLayer { location, sha256: None, .. }) => f.write_str(location),
            Self::Remote(RemoteLayer { location, sha256: Some(digest), .. }) => {
                write!(f, "{location}#{DIGEST}{digest}")
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const DIGITS: &str = "E3B0C44298FC1C149AFBF4C8996FB92427AE41E4649B934CA495991B7852B855";

    #[test]
    fn layers_are_folders_stores_and_archives() {
        for folder in ["tests/fixtures", "../contracts", "/srv/x", "a#b", r"C:\fixtures"] {
            assert_eq!(Layer::parse(folder), Ok(Layer::Folder(folder.to_owned())));
        }
        for (text, archive, is_pinned) in [
            ("s3://team-fixtures/main", None, false),
            ("gs://team/main/", None, false),
            ("az://container/x", None, false),
            ("file:///srv/fixtures", None, false),
            ("https://host/fixtures", None, false),
            (&*format!("s3://team/main#sha256={DIGITS}"), None, true),
            (&*format!("https://host/f.tar.zst#sha256={DIGITS}"), Some(Archive::Zstd), true),
            (&*format!("https://host/f.tgz?x=1#sha256={DIGITS}"), Some(Archive::Gzip), true),
            ("../fixtures.tar", Some(Archive::Tar), false),
        ] {
            let Ok(Layer::Remote(layer)) = Layer::parse(text) else { panic!("{text}") };
            assert_eq!(layer.archive, archive, "{text}");
            assert_eq!(layer.sha256.is_some(), is_pinned, "{text}");
            assert!(layer.sha256.is_none_or(|one| one == DIGITS.to_ascii_lowercase()));
        }
    }

    #[test]
    fn other_layers_are_invalid() {
        for (text, reason) in [
            ("", "expected a folder"),
            ("tests/fixtures#sha256=00", "a folder has no digest"),
            ("s4://bucket/x", "unknown scheme `s4`; did you mean `s3://`?"),
            ("ftp://host/x", "unknown scheme `ftp`; did you mean `http://`?"),
            ("s3://", "names no bucket"),
            ("s3:///main", "names no bucket"),
            ("https://me:secret@host/x", "holds credentials"),
            ("https://host/f.tar.gz", "an archive needs its checksum"),
            ("https://host/f.tar.gz#sha256=12", "64 hexadecimal digits"),
            ("s3://bucket/x#md5=12", "64 hexadecimal digits"),
        ] {
            let error = Layer::parse(text).unwrap_err().to_string();
            assert!(error.contains(reason), "{text}: {error}");
        }
    }
}
