//! What `llmock.toml` above a file says: the settings of tests that count for the command, too.

use std::fs;
use std::path::Path;

use llmock_rules::MaxAge;
use toml_edit::{DocumentMut, Item};

/// The values of a key in the files above `path`, the nearest first.
fn values(path: &Path, key: &str) -> Vec<Item> {
    let Ok(absolute) = std::path::absolute(path) else { return Vec::new() };
    let value = |folder: &Path| {
        let text = fs::read_to_string(folder.join("llmock.toml")).ok()?;
        let document: DocumentMut = text.parse().ok()?;
        document.get(key).cloned()
    };
    absolute.ancestors().skip(1).filter_map(value).collect()
}

/// `max_age` of the nearest file that has one.
pub(crate) fn max_age(path: &Path) -> Option<MaxAge> {
    values(path, "max_age").first().and_then(|value| MaxAge::parse(value.as_str()?).ok())
}

/// The codes of findings that these files allow; those of several add up.
pub(crate) fn allowed(path: &Path) -> Vec<String> {
    let all = values(path, "allow").into_iter();
    let codes = |value: Item| -> Vec<String> {
        let list = value.as_array().into_iter().flatten();
        list.filter_map(|code| code.as_str().map(str::to_owned)).collect()
    };
    all.flat_map(codes).collect()
}
