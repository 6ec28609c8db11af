//! The files that an import reads, the fixtures it writes, and the tests that own them.

use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::{fs, io};

use llmock::__command::recipients_of;

/// Endings of the files that recorders write. In a folder, other files are not looked at.
const ENDINGS: [&str; 10] =
    ["yaml", "yml", "json", "har", "gz", "mitm", "flow", "flows", "dump", "sse"];

/// A file to read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Input {
    pub(crate) path: PathBuf,
    /// Its folder below the one that the command line names.
    pub(crate) below: PathBuf,
    /// Whether the command line names the file itself.
    pub(crate) is_named: bool,
    /// The fixture to write.
    pub(crate) fixture: PathBuf,
}

/// The files at these paths, each with its fixture below `out`, in the order of their names.
pub(crate) fn inputs(paths: &[PathBuf], out: &Path, any_ending: bool) -> io::Result<Vec<Input>> {
    let mut all = Vec::new();
    for path in paths {
        if path.is_dir() {
            collect(path, Path::new(""), any_ending, &mut all)?;
        } else {
            all.push(input(path.clone(), PathBuf::new(), true));
        }
    }
    let mut counts: HashMap<PathBuf, usize> = HashMap::new();
    for one in &all {
        *counts.entry(one.below.join(stem(&one.path))).or_default() += 1;
    }
    // Where there are recipients, a recording of another tool becomes an encrypted fixture too.
    let ending = if recipients_of(&out.join("any.json")).is_empty() { "json" } else { "json.age" };
    for one in &mut all {
        let plain = one.below.join(stem(&one.path));
        // Two files that differ in their endings: both keep them.
        let name = if counts[&plain] > 1 { whole_name(&one.path) } else { stem(&one.path) };
        one.fixture = out.join(clean(&one.below)).join(format!("{}.{ending}", portable(&name)));
    }
    Ok(all)
}

fn input(path: PathBuf, below: PathBuf, is_named: bool) -> Input {
    Input { path, below, is_named, fixture: PathBuf::new() }
}

fn collect(folder: &Path, below: &Path, any_ending: bool, all: &mut Vec<Input>) -> io::Result<()> {
    let named =
        |why: io::Error| io::Error::new(why.kind(), format!("`{}`: {why}", folder.display()));
    let mut entries: Vec<_> = fs::read_dir(folder).and_then(Iterator::collect).map_err(named)?;
    entries.sort_by_key(fs::DirEntry::file_name);
    for entry in entries {
        let (path, name) = (entry.path(), entry.file_name());
        let is_skipped = name.to_string_lossy().starts_with('.')
            || ["node_modules", "target", "__files", "__pycache__"].iter().any(|it| name == *it);
        if is_skipped {
            continue;
        }
        if entry.file_type().map_err(named)?.is_dir() {
            collect(&path, &below.join(&name), any_ending, all)?;
        } else if path.is_file() && (any_ending || has_known_ending(&path)) {
            all.push(input(path, below.to_owned(), false));
        }
    }
    Ok(())
}

fn has_known_ending(path: &Path) -> bool {
    let ending = path.extension().unwrap_or_default().to_string_lossy().to_ascii_lowercase();
    ENDINGS.contains(&ending.as_str())
}

/// The name without the endings of its format: `a` of `a.yaml.gz`; `v1.2` of `v1.2.json`.
fn stem(path: &Path) -> String {
    let name = whole_name(path);
    let mut stem = name.as_str();
    while let Some((before, ending)) = stem.rsplit_once('.') {
        let is_known = ENDINGS.contains(&ending.to_ascii_lowercase().as_str())
            || ["txt", "ndjson", "jsonl", "http", "bin"].contains(&ending);
        if before.is_empty() || !is_known {
            break;
        }
        stem = before;
    }
    stem.to_owned()
}

fn whole_name(path: &Path) -> String {
    path.file_name().unwrap_or_default().to_string_lossy().into_owned()
}

/// A name that is one on Windows too.
fn portable(name: &str) -> String {
    let letter = |letter: char| {
        if letter.is_control() || "<>:\"/\\|?*".contains(letter) { '_' } else { letter }
    };
    let name: String = name.chars().map(letter).collect();
    name.trim_end_matches(['.', ' ']).to_owned()
}

fn clean(folder: &Path) -> PathBuf {
    folder.iter().map(|part| portable(&part.to_string_lossy())).collect()
}

/// `api::{dir}::{name}`: the test that owns the interactions of a file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Owner(String);

impl Owner {
    /// Checks the placeholders.
    pub(crate) fn parse(text: &str) -> Result<Self, String> {
        let mut rest = text;
        while let Some((_, after)) = rest.split_once('{') {
            let (name, after) = after.split_once('}').ok_or("a `{` is not closed")?;
            if !matches!(name, "dir" | "name") {
                return Err(format!(
                    "unknown placeholder `{{{name}}}`: expected `{{dir}}` or `{{name}}`"
                ));
            }
            rest = after;
        }
        if text.is_empty() || rest.contains('}') {
            return Err("expected the path of a test, such as `api::{dir}::{name}`".to_owned());
        }
        Ok(Self(text.to_owned()))
    }

    /// The test of a file. An empty `{dir}` disappears with the colons behind it.
    pub(crate) fn of(&self, input: &Input) -> String {
        let folders: Vec<String> =
            input.below.iter().map(|part| identifier(&part.to_string_lossy())).collect();
        let text = if folders.is_empty() {
            self.0.replace("{dir}::", "").replace("{dir}", "")
        } else {
            self.0.replace("{dir}", &folders.join("::"))
        };
        text.replace("{name}", &identifier(&stem(&input.path)))
    }
}

/// A name in the spelling of Rust: `test_chat[gpt-4]` becomes `test_chat_gpt_4`.
fn identifier(name: &str) -> String {
    let letter = |letter: char| if letter.is_alphanumeric() { letter } else { '_' };
    let mut out: String = name.chars().map(letter).collect();
    while out.contains("__") {
        out = out.replace("__", "_");
    }
    let out = out.trim_matches('_');
    let starts_with_digit = out.starts_with(|first: char| first.is_numeric());
    if starts_with_digit || out.is_empty() { format!("_{out}") } else { out.to_owned() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fixtures_have_the_names_of_their_files() {
        for (name, expected) in [
            ("a.yaml", "a"),
            ("a.yaml.gz", "a"),
            ("v1.2.json", "v1.2"),
            ("test[xai].xai.yaml", "test[xai].xai"),
            ("recording.har", "recording"),
            (".json", ".json"),
        ] {
            assert_eq!(stem(Path::new(name)), expected);
        }
        assert_eq!(portable("a:b?<c>. "), "a_b__c_");
    }

    #[test]
    fn owners_are_paths_of_tests() {
        let owner = Owner::parse("api::{dir}::{name}").expect("valid");
        let of = |below: &str| owner.of(&input("x/test_a[gpt-4].yaml".into(), below.into(), false));
        assert_eq!(of("chat/2-streams"), "api::chat::_2_streams::test_a_gpt_4");
        assert_eq!(of(""), "api::test_a_gpt_4");
        for wrong in ["", "{file}", "{name", "name}"] {
            assert!(Owner::parse(wrong).is_err(), "{wrong}");
        }
    }
}
