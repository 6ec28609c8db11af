//! Which files are encrypted, and for whom.

use std::collections::HashMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Mutex;

use toml::de::DeTable;

use crate::sync::lock;

/// The end of the name of an encrypted file.
const SUFFIX: &str = ".age";

/// Recipients that a session has for its fixture, by the folder of the fixture.
static REGISTERED: Mutex<Option<HashMap<PathBuf, Vec<String>>>> = Mutex::new(None);

/// Whether a file is encrypted: `NAME.json.age`, and with another suffix behind it what belongs to it.
pub fn is_encrypted(path: &Path) -> bool {
    let name = path.file_name().and_then(|name| name.to_str()).unwrap_or_default();
    let name = name.to_ascii_lowercase();
    let name = name.trim_end_matches(".failed");
    // `.failed.corrupt`, and the journal of a server.
    name.ends_with(SUFFIX) || name.contains(".json.age.")
}

/// The name of the encrypted file in place of a fixture.
pub(crate) fn encrypted(path: &Path) -> PathBuf {
    if is_encrypted(path) {
        return path.to_owned();
    }
    let mut name = path.as_os_str().to_owned();
    name.push(SUFFIX);
    name.into()
}

/// The name without its suffix for encrypted files.
pub(crate) fn plain(name: &str) -> &str {
    name.strip_suffix(SUFFIX).unwrap_or(name)
}

/// Makes known for whom the files beside this one are encrypted.
pub(crate) fn register(path: &Path, recipients: &[String]) {
    let Some(folder) = path.parent().filter(|_| !recipients.is_empty()) else { return };
    let mut all = lock(&REGISTERED);
    all.get_or_insert_default().insert(folder.to_owned(), recipients.to_vec());
}

/// For whom a file is to be encrypted: what its session says, or else the nearest `llmock.toml` with `recipients`.
pub fn recipients_of(path: &Path) -> Vec<String> {
    let registered = lock(&REGISTERED);
    let known = registered
        .as_ref()
        .and_then(|all| path.ancestors().skip(1).find_map(|folder| all.get(folder)));
    if let Some(known) = known {
        return known.clone();
    }
    drop(registered);
    let whole = std::path::absolute(path).unwrap_or_else(|_| path.to_owned());
    let files = whole.ancestors().skip(1).map(|folder| folder.join("llmock.toml"));
    files
        .filter_map(|file| fs::read_to_string(file).ok())
        .find_map(|text| in_toml(&text))
        .unwrap_or_default()
}

/// The `recipients` of an `llmock.toml`; `config` reads the file with all its keys.
fn in_toml(text: &str) -> Option<Vec<String>> {
    let table = DeTable::parse(text).ok()?;
    let (_, value) =
        table.get_ref().iter().find(|(name, _)| name.get_ref().as_ref() == "recipients")?;
    let texts = value.get_ref().as_array()?.iter().filter_map(|one| one.get_ref().as_str());
    Some(texts.map(str::to_owned).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_tell_what_is_encrypted() {
        for (name, is) in [
            ("a.json", false),
            ("a.json.age", true),
            ("a.JSON.AGE", true),
            ("a.json.age.failed", true),
            ("a.json.age.failed.corrupt", true),
            (".a.json.age.journal-0123456789abcdef", true),
            ("a.json.failed", false),
            ("a.vectors.age", true),
        ] {
            assert_eq!(is_encrypted(Path::new(name)), is, "{name}");
        }
        assert_eq!(encrypted(Path::new("x/a.json")), Path::new("x/a.json.age"));
        assert_eq!(encrypted(Path::new("x/a.json.age")), Path::new("x/a.json.age"));
    }

    #[test]
    fn the_nearest_file_names_the_recipients() {
        let folder = tempfile::tempdir().expect("a folder");
        let inner = folder.path().join("tests/fixtures");
        fs::create_dir_all(&inner).expect("folders");
        fs::write(folder.path().join("llmock.toml"), "mode = \"auto\"\nrecipients = [\"age1x\"]\n")
            .expect("written");
        assert_eq!(recipients_of(&inner.join("a.json.age")), ["age1x"]);
        register(&inner.join("a.json.age"), &["age1y".to_owned()]);
        assert_eq!(recipients_of(&inner.join("a.json.age.failed")), ["age1y"]);
    }
}
