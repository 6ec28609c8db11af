//! `llmock adopt`: gives the tests of a file the attribute, and imported interactions an owner.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use clap::Args;
use llmock::Fixture;
use serde_json::json;

use crate::output::Screen;
use crate::output::text::{count, visible};
use crate::problem::Problem;
use crate::replace::replace;
use crate::target;
use crate::tests_in::{self, TestFunction};
use crate::workspace;

/// Add the attribute to the tests of a file, and owners to imported fixtures
///
/// In a Rust file, every test without `#[llm_replay]` gets it, as `#[llmock::llm_replay]` where the name is not imported.
/// In fixtures, interactions without an owner get the one that `--owner` names; without it, that of the test whose
/// fixture has the name of the file.
#[derive(Args, Debug)]
#[command(after_help = super::help(&[
    ("llmock adopt tests/chat.rs", "the tests of a file"),
    ("llmock adopt tests/chat.rs --only stream", "those whose names contain `stream`"),
    ("llmock adopt tests/fixtures --owner 'api::{dir}::{name}'", "owners of imported fixtures"),
]))]
pub(crate) struct Adopt {
    /// Rust files, fixtures, or folders of fixtures
    #[arg(required = true, value_name = "PATH")]
    paths: Vec<PathBuf>,

    /// The owner of interactions without one
    ///
    /// `{dir}` is the folder of the fixture below PATH, with `::` between its parts, and `{name}` the name of the file.
    #[arg(long, value_name = "PATTERN")]
    owner: Option<String>,

    /// Only tests whose path contains this text
    #[arg(long, value_name = "TEXT")]
    only: Option<String>,

    /// Change nothing
    #[arg(long)]
    dry_run: bool,

    /// Print JSON: an array with an object for each change
    #[arg(long)]
    json: bool,
}

pub(crate) fn adopt(screen: &mut Screen, arguments: &Adopt) -> io::Result<()> {
    screen.collect_changes(arguments.json);
    if let Some(pattern) = &arguments.owner
        && let Err(problem) = checked(pattern)
    {
        return screen.problem(&problem);
    }
    for path in &arguments.paths {
        if path.extension().is_some_and(|extension| extension == "rs") {
            tests(screen, path, arguments)?;
        } else {
            fixtures(screen, path, arguments)?;
        }
    }
    Ok(())
}

/// A pattern names a test, and its placeholders are known.
fn checked(pattern: &str) -> Result<(), Problem> {
    let rest = pattern.replace("{dir}", "d").replace("{name}", "n");
    let is_name = |part: &str| {
        !part.is_empty() && part.chars().all(|char| char.is_alphanumeric() || char == '_')
    };
    if rest.split("::").count() > 1 && rest.split("::").all(is_name) {
        return Ok(());
    }
    Err(Problem::Other(format!(
        "invalid owner `{pattern}`: expected a path such as `api::{{dir}}::{{name}}`"
    )))
}

fn tests(screen: &mut Screen, file: &Path, arguments: &Adopt) -> io::Result<()> {
    let found = match tests_in::read(file) {
        Ok(found) => found,
        Err(problem) => return screen.problem(&problem),
    };
    let is_meant = |test: &&TestFunction| {
        arguments.only.as_ref().is_none_or(|text| test.owner.contains(text.as_str()))
    };
    let new: Vec<&TestFunction> =
        found.iter().filter(is_meant).filter(|test| !test.is_replayed).collect();
    let path = visible(&workspace::shown(file));
    if new.is_empty() {
        return screen.remark(&format!("{path}: no test lacks the attribute"));
    }
    if !arguments.dry_run
        && let Err(why) = insert(file, &new)
    {
        return screen.problem(&Problem::Io { action: "write", path: file.to_owned(), why });
    }
    let verb = if arguments.dry_run { "would add" } else { "added" };
    let tests: Vec<&str> = new.iter().map(|test| test.owner.as_str()).collect();
    let change = json!({
        "action": "added_attribute",
        "file": workspace::shown(file),
        "tests": tests,
        "dry_run": arguments.dry_run,
    });
    screen
        .changed(&format!("{verb} the attribute to {} of {path}", count(new.len(), "test")), change)
}

/// Writes the attribute above each test, from the last one to the first, so that lines keep their numbers.
fn insert(file: &Path, tests: &[&TestFunction]) -> io::Result<()> {
    let text = fs::read_to_string(file)?;
    let end = if text.contains("\r\n") { "\r\n" } else { "\n" };
    let mut lines: Vec<String> = text.split_inclusive('\n').map(str::to_owned).collect();
    for test in tests.iter().rev() {
        let name = if test.has_import { "llm_replay" } else { "llmock::llm_replay" };
        let at = test.line - 1;
        let Some(line) = lines.get_mut(at) else { continue };
        // Code before the attribute stays in front of it.
        let column = line.char_indices().nth(test.indent).map_or(line.len(), |(at, _)| at);
        let (before, after) = line.split_at(column);
        let separator =
            if before.trim().is_empty() { format!("{end}{before}") } else { " ".to_owned() };
        *line = format!("{before}#[{name}]{separator}{after}");
    }
    replace(file, lines.concat().as_bytes())
}

fn fixtures(screen: &mut Screen, path: &Path, arguments: &Adopt) -> io::Result<()> {
    let found = workspace::read(&[path.to_owned()]);
    let sources = match &arguments.owner {
        Some(_) => Vec::new(),
        None => tests_in::below(&workspace::root()),
    };
    for fixture in &found.fixtures {
        let shown = visible(&workspace::shown(fixture.path()));
        let number = fixture.interactions().iter().filter(|one| one.test().is_none()).count();
        if number == 0 {
            continue;
        }
        let owner = match &arguments.owner {
            Some(pattern) => Some(filled(pattern, path, fixture.path())),
            None => of_sources(fixture.path(), &sources),
        };
        let Some(owner) = owner else {
            screen.problem(&Problem::Other(format!(
                "{shown}: no single test has a fixture of this name\nhint: name its owner with `--owner crate::module::test`"
            )))?;
            continue;
        };
        if !arguments.dry_run {
            let edited = Fixture::edit(fixture.path(), |interactions| {
                for interaction in interactions.iter_mut().filter(|one| one.test().is_none()) {
                    interaction.set_test(Some(&owner));
                }
            });
            if let Err(error) = edited {
                screen.problem(&Problem::NotEdited(error))?;
                continue;
            }
        }
        let verb = match (arguments.dry_run, number) {
            (true, _) => "would belong",
            (false, 1) => "belongs",
            (false, _) => "belong",
        };
        let interactions = count(number, "interaction");
        let change = json!({
            "action": "set_owner",
            "file": workspace::shown(fixture.path()),
            "test": owner,
            "interactions": number,
            "dry_run": arguments.dry_run,
        });
        screen
            .changed(&format!("{shown}: {interactions} {verb} to {}", visible(&owner)), change)?;
    }
    for folder in &found.empty {
        screen.remark(&format!("no fixtures in `{}`", folder.display()))?;
    }
    screen.unread(&found)
}

/// A pattern with the folder and the name of a fixture below `path`.
fn filled(pattern: &str, path: &Path, fixture: &Path) -> String {
    let plain = |text: &str| {
        let char = |char: char| if char.is_alphanumeric() { char } else { '_' };
        text.chars().map(char).collect::<String>()
    };
    let below = fixture.strip_prefix(path).unwrap_or(fixture);
    let folder = if below == fixture { None } else { below.parent() };
    let parts = folder.into_iter().flat_map(Path::iter);
    let folder: Vec<String> = parts.map(|part| plain(&part.to_string_lossy())).collect();
    let name = target::without_json(fixture);
    let name = plain(&name.file_name().unwrap_or_default().to_string_lossy());
    let owner = pattern.replace("{dir}", &folder.join("::")).replace("{name}", &name);
    // A fixture at the top has no folder.
    owner.replace("::::", "::").trim_matches(':').to_owned()
}

/// The one test with the attribute whose fixture this is.
fn of_sources(fixture: &Path, tests: &[TestFunction]) -> Option<String> {
    let path = target::without_json(fixture);
    let is_its = |test: &&TestFunction| {
        let name = match &test.fixture {
            Some(name) => name.trim_start_matches('/').trim_end_matches(".json").to_owned(),
            None => test.owner.rsplit("::").next().unwrap_or_default().to_owned(),
        };
        test.is_replayed && path.ends_with(name)
    };
    let found: Vec<&TestFunction> = tests.iter().filter(is_its).collect();
    if let [only] = found.as_slice() { Some(only.owner.clone()) } else { None }
}
