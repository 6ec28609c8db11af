//! Test functions in Rust sources, with the name that an interaction has for each and the place for an attribute.

use std::fs;
use std::path::{Path, PathBuf};

use syn::spanned::Spanned as _;
use syn::{Attribute, Item, ItemFn, Meta};

use crate::problem::Problem;

/// A test function.
#[derive(Clone, Debug)]
#[expect(clippy::struct_excessive_bools, reason = "what an attribute says")]
pub(crate) struct TestFunction {
    /// `crate::module::function`.
    pub(crate) owner: String,
    pub(crate) file: PathBuf,
    /// Of the attribute that makes it a test, counted from one.
    pub(crate) line: usize,
    /// The columns before it.
    pub(crate) indent: usize,
    /// Whether it or a module around it has `#[llm_replay]`.
    pub(crate) is_replayed: bool,
    /// `fixture = "..."`.
    pub(crate) fixture: Option<String>,
    /// Whether it needs no fixture.
    pub(crate) is_scripted: bool,
    /// `similar = 0.95`.
    pub(crate) is_similar: bool,
    /// Whether `llm_replay` is in scope.
    pub(crate) has_import: bool,
}

/// The test functions of a file. Code that macros make is not seen.
pub(crate) fn read(file: &Path) -> Result<Vec<TestFunction>, Problem> {
    let unreadable = |why| Problem::Io { action: "read", path: file.to_owned(), why };
    let text = fs::read_to_string(file).map_err(unreadable)?;
    let parsed = syn::parse_file(&text).map_err(|error| {
        let start = error.span().start();
        Problem::NotRust { path: file.to_owned(), line: start.line, why: error.to_string() }
    })?;
    let mut found = Vec::new();
    let outer = Outer { path: module_of(file), ..Outer::default() };
    collect(&parsed.items, file, &outer, &mut found);
    Ok(found)
}

/// The test functions of all sources below a folder; files that cannot be parsed have none.
pub(crate) fn below(folder: &Path) -> Vec<TestFunction> {
    let mut files = Vec::new();
    sources(folder, &mut files);
    files.iter().filter_map(|file| read(file).ok()).flatten().collect()
}

fn sources(folder: &Path, files: &mut Vec<PathBuf>) {
    let Ok(entries) = fs::read_dir(folder) else { return };
    let mut entries: Vec<PathBuf> = entries.flatten().map(|entry| entry.path()).collect();
    entries.sort();
    for path in entries {
        let name = path.file_name().unwrap_or_default();
        if path.is_symlink() {
            continue;
        }
        if path.is_dir() {
            if !crate::target::is_hidden(&path) && name != "target" && name != "node_modules" {
                sources(&path, files);
            }
        } else if path.extension().is_some_and(|extension| extension == "rs")
            && fs::read_to_string(&path).is_ok_and(|text| text.contains("llm_replay"))
        {
            files.push(path);
        }
    }
}

/// The path of the module that a file is, as Cargo and rustc find files: `tests/api/sub.rs` is `api::sub`.
fn module_of(file: &Path) -> String {
    let absolute = fs::canonicalize(file).unwrap_or_else(|_| file.to_owned());
    let package = absolute.ancestors().skip(1).find(|folder| folder.join("Cargo.toml").is_file());
    let inside = package.and_then(|package| absolute.strip_prefix(package).ok());
    let Some((package, inside)) = package.zip(inside) else { return stem(&absolute) };
    let mut names: Vec<String> = inside
        .with_extension("")
        .iter()
        .map(|name| name.to_string_lossy().replace('-', "_"))
        .collect();
    let folder = if names.is_empty() { String::new() } else { names.remove(0) };
    if names.last().is_some_and(|last| last == "mod" || last == "main" || last == "lib") {
        names.pop();
    }
    if folder == "src" {
        names.insert(0, package_name(package));
    }
    names.join("::")
}

fn stem(file: &Path) -> String {
    file.file_stem().unwrap_or_default().to_string_lossy().replace('-', "_")
}

/// The name of the package's library; `[lib] name` is rare.
fn package_name(package: &Path) -> String {
    let text = fs::read_to_string(package.join("Cargo.toml")).unwrap_or_default();
    let (_, section) = text.split_once("[package]").unwrap_or_default();
    let section = section.split("\n[").next().unwrap_or_default();
    let name = section.lines().find_map(|line| {
        let (key, value) = line.split_once('=')?;
        (key.trim() == "name").then(|| value.trim().trim_matches('"').replace('-', "_"))
    });
    name.unwrap_or_else(|| stem(package))
}

/// What the modules around items say about them.
#[derive(Clone, Default)]
struct Outer {
    path: String,
    is_replayed: bool,
    has_import: bool,
}

fn collect(items: &[Item], file: &Path, outer: &Outer, found: &mut Vec<TestFunction>) {
    let imports = items.iter().filter(|item| matches!(item, Item::Use(_)));
    let mut imports = imports.map(|item| quote::ToTokens::to_token_stream(item).to_string());
    let glob = |text: &String| text.contains("super :: *") && outer.has_import;
    let has_import = imports.any(|text| text.contains("llm_replay") || glob(&text));
    let outer = Outer { has_import, ..outer.clone() };
    for item in items {
        match item {
            Item::Fn(function) => found.extend(test(function, file, &outer)),
            Item::Mod(module) => {
                let Some((_, items)) = &module.content else { continue };
                let path = joined(&outer.path, &module.ident.to_string());
                let is_replayed = outer.is_replayed || replay(&module.attrs).is_some();
                collect(items, file, &Outer { path, is_replayed, ..outer.clone() }, found);
            }
            _ => {}
        }
    }
}

fn joined(path: &str, name: &str) -> String {
    let name = name.trim_start_matches("r#");
    if path.is_empty() { name.to_owned() } else { format!("{path}::{name}") }
}

fn test(function: &ItemFn, file: &Path, outer: &Outer) -> Option<TestFunction> {
    let attribute = function.attrs.iter().find(|attribute| is_test(attribute))?;
    let own = replay(&function.attrs);
    let start = attribute.span().start();
    let arguments = own.map(arguments).unwrap_or_default();
    let fixture = arguments.split_once("fixture = \"").map(|(_, rest)| rest);
    let fixture = fixture.and_then(|rest| Some(rest.split_once('"')?.0.to_owned()));
    Some(TestFunction {
        owner: joined(&outer.path, &function.sig.ident.to_string()),
        file: file.to_owned(),
        line: start.line,
        indent: start.column,
        is_replayed: own.is_some() || outer.is_replayed,
        fixture,
        is_scripted: arguments.contains("scripted = true"),
        is_similar: arguments.starts_with("similar = ") || arguments.contains(", similar = "),
        has_import: outer.has_import,
    })
}

/// `#[test]`, `#[tokio::test]`, `#[rstest]`, and others like them.
fn is_test(attribute: &Attribute) -> bool {
    let name = attribute.path().segments.last().map(|last| last.ident.to_string());
    matches!(name.as_deref(), Some("test" | "rstest" | "test_case" | "test_log"))
}

fn replay(attributes: &[Attribute]) -> Option<&Attribute> {
    attributes.iter().find(|attribute| {
        attribute.path().segments.last().is_some_and(|last| last.ident == "llm_replay")
    })
}

fn arguments(attribute: &Attribute) -> String {
    match &attribute.meta {
        Meta::List(list) => list.tokens.to_string(),
        _ => String::new(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn finds_tests_with_their_owners() {
        let folder = tempfile::tempdir().unwrap();
        let write = |name: &str, text: &str| {
            let path = folder.path().join(name);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(&path, text).unwrap();
            path
        };
        write("Cargo.toml", "[package]\nname = \"my-app\"\n");
        let text = "use llmock::llm_replay;\n#[llm_replay(fixture = \"x/y\")]\n#[tokio::test]\nasync fn a() {}\n\
                    mod inner {\n    #[test]\n    fn b() {}\n}\nfn no_test() {}\n";
        let found = read(&write("tests/api/sub.rs", text)).unwrap();
        let owners: Vec<_> = found.iter().map(|test| test.owner.as_str()).collect();
        assert_eq!(owners, ["api::sub::a", "api::sub::inner::b"]);
        assert!(
            found[0].is_replayed
                && found[0].has_import
                && !found[1].is_replayed
                && !found[1].has_import
        );
        assert_eq!(found[0].fixture.as_deref(), Some("x/y"));
        assert_eq!((found[1].line, found[1].indent), (6, 4));
        let found = read(&write("src/chat/mod.rs", "#[cfg(test)] mod tests { #[test] fn c() {} }"))
            .unwrap();
        assert_eq!(found[0].owner, "my_app::chat::tests::c");
        assert!(read(&write("src/lib.rs", "fn (")).is_err());
    }
}
