//! `NAME.vectors`: the vectors of texts, next to their fixture, so that a replay needs no endpoint.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::io;
use std::path::{Path, PathBuf};

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use sha2::{Digest as _, Sha256};

use crate::encryption;
use crate::fixture::store;
use crate::hex;
use crate::json::{self, Json};

/// The vectors of one model, by the digest of their text.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Vectors {
    pub(crate) model: String,
    all: BTreeMap<String, Vec<f32>>,
}

/// The file beside a fixture, which is encrypted if the fixture is.
pub(crate) fn path_of(fixture: &Path) -> PathBuf {
    let is_encrypted = encryption::is_encrypted(fixture);
    let name = fixture.file_name().and_then(|name| name.to_str()).unwrap_or_default();
    let name = encryption::plain(name);
    let name = name.strip_suffix(".json").unwrap_or(name);
    let path = fixture.with_file_name(format!("{name}.vectors"));
    if is_encrypted { encryption::encrypted(&path) } else { path }
}

fn digest(text: &str) -> String {
    hex::encode(&Sha256::digest(text.as_bytes()))
}

impl Vectors {
    /// Reads the file of a fixture; a missing one has no vectors.
    pub(crate) fn load(path: &Path, model: &str) -> Result<Self, String> {
        let shown = path.display();
        let text = match store::read_text(path) {
            Ok(text) => text,
            Err(error) if error.kind() == io::ErrorKind::NotFound => {
                return Ok(Self { model: model.to_owned(), all: BTreeMap::new() });
            }
            Err(error) => return Err(format!("failed to read `{shown}`: {error}")),
        };
        let vectors = Self::parse(&text)
            .ok_or_else(|| format!("`{shown}` is no file of vectors; delete it"))?;
        if vectors.model != model {
            return Err(format!(
                "`{shown}` has vectors of model `{}`, and `embeddings` names `{model}`; delete the file to compute them again",
                vectors.model
            ));
        }
        Ok(vectors)
    }

    fn parse(text: &str) -> Option<Self> {
        let root = json::parse(text).ok()?;
        let model = root.text("model")?.into_owned();
        let mut all = BTreeMap::new();
        for (digest, vector) in root.get("vectors").and_then(Json::as_object)? {
            let bytes = BASE64_STANDARD.decode(vector.as_str()?.as_bytes()).ok()?;
            let (numbers, rest) = bytes.as_chunks::<4>();
            if !rest.is_empty() {
                return None;
            }
            let numbers = numbers.iter().map(|bytes| f32::from_le_bytes(*bytes)).collect();
            all.insert(digest.decode().into_owned(), numbers);
        }
        Some(Self { model, all })
    }

    fn to_json(&self) -> String {
        let mut out = format!(
            "{{\n  \"llmock_vectors\": 1,\n  \"model\": {},\n  \"vectors\": {{",
            json::quote(&self.model)
        );
        for (at, (digest, vector)) in self.all.iter().enumerate() {
            let comma = if at == 0 { "" } else { "," };
            let bytes: Vec<u8> = vector.iter().flat_map(|number| number.to_le_bytes()).collect();
            let _ = write!(out, "{comma}\n    \"{digest}\": \"{}\"", BASE64_STANDARD.encode(bytes));
        }
        out.push_str(if self.all.is_empty() { "}\n}\n" } else { "\n  }\n}\n" });
        out
    }

    pub(crate) fn of(&self, text: &str) -> Option<&[f32]> {
        self.all.get(&digest(text)).map(Vec::as_slice)
    }

    /// Adds a vector, which must have as many dimensions as the others.
    pub(crate) fn add(&mut self, text: &str, vector: Vec<f32>, path: &Path) -> Result<(), String> {
        let known = self.all.values().next().map(Vec::len);
        if let Some(known) = known.filter(|known| *known != vector.len()) {
            return Err(format!(
                "the endpoint returned a vector with {} dimensions, and those in `{}` have {known}: it is another model; delete \
                 the file to compute them again",
                vector.len(),
                path.display()
            ));
        }
        self.all.insert(digest(text), vector);
        Ok(())
    }

    /// Adds these vectors to the file, under its lock.
    pub(crate) fn save(&self, path: &Path) -> Result<(), String> {
        let failed =
            |why: &dyn std::fmt::Display| format!("failed to write `{}`: {why}", path.display());
        let file = store::lock(path).map_err(|error| failed(&error.source))?;
        let mut all = Self::load(path, &self.model)?;
        all.all.extend(self.all.clone());
        file.write(&all.to_json()).map_err(|error| failed(&error.source))
    }
}

/// The cosine of two vectors; nothing if they have different dimensions.
pub(crate) fn cosine(left: &[f32], right: &[f32]) -> Option<f64> {
    if left.len() != right.len() {
        return None;
    }
    let product = |a: &[f32], b: &[f32]| {
        a.iter().zip(b).map(|(a, b)| f64::from(*a) * f64::from(*b)).sum::<f64>()
    };
    let lengths = (product(left, left) * product(right, right)).sqrt();
    Some(if lengths > 0.0 { product(left, right) / lengths } else { 0.0 })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn vectors_are_read_as_they_were_written() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = path_of(&folder.path().join("chat.json"));
        assert_eq!(path, folder.path().join("chat.vectors"));
        let mut vectors = Vectors::load(&path, "m").expect("none yet");
        vectors.add("one", vec![1.0, 0.5, -0.25], &path).expect("the first");
        vectors.save(&path).expect("saved");
        let mut other = Vectors { model: "m".into(), ..Vectors::default() };
        other.add("two", vec![0.0, 1.0, 0.0], &path).expect("the first");
        other.save(&path).expect("saved");
        let read = Vectors::load(&path, "m").expect("read");
        assert_eq!(read.of("one"), Some(&[1.0, 0.5, -0.25][..]));
        assert_eq!(read.of("two").map(<[f32]>::len), Some(3));
        assert_eq!(read.of("three"), None);
        let error = vectors.add("three", vec![1.0], &path).expect_err("other dimensions");
        assert!(
            error.starts_with("the endpoint returned a vector with 1 dimensions, and those in `"),
            "{error}"
        );
        let error = Vectors::load(&path, "n").expect_err("another model");
        assert!(error.contains("has vectors of model `m`, and `embeddings` names `n`"), "{error}");
        let encrypted = path_of(&folder.path().join("chat.json.age"));
        assert_eq!(encrypted, folder.path().join("chat.vectors.age"));
    }

    #[test]
    fn the_cosine_is_that_of_the_directions() {
        assert_eq!(cosine(&[1.0, 0.0], &[2.0, 0.0]), Some(1.0));
        assert_eq!(cosine(&[1.0, 0.0], &[0.0, 2.0]), Some(0.0));
        assert_eq!(cosine(&[1.0], &[1.0, 0.0]), None);
    }
}
