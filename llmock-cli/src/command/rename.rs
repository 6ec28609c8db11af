//! `llmock rename`: a test or a fixture has another name.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use clap::Args;
use llmock::__command::is_encrypted_path;
use llmock::Fixture;
use serde_json::json;

use crate::output::Screen;
use crate::output::text::{count, visible};
use crate::problem::Problem;
use crate::review::{Kind, with_suffix};
use crate::target;
use crate::workspace;

/// Rename an owner in all fixtures, or a fixture file
///
/// With names that contain `::`, every interaction of test OLD becomes one of test NEW; a module stands for the tests in
/// it. With paths, the file is moved, and what belongs to it. Nothing is overwritten.
#[derive(Args, Debug)]
#[command(after_help = super::help(&[
    ("llmock rename api::old api::new", "a test"),
    ("llmock rename api::chat api::conversation", "a module, with the tests in it"),
    ("llmock rename tests/fixtures/old tests/fixtures/new", "a file"),
]))]
pub(crate) struct Rename {
    /// The test, the module, or the fixture
    old: String,
    /// Its new name
    new: String,
    /// Fixtures, or folders of fixtures, in which to rename an owner; by default the workspace
    #[arg(value_name = "PATH")]
    paths: Vec<PathBuf>,
    /// Change nothing
    #[arg(long)]
    dry_run: bool,

    /// Print JSON: an array with an object for each change
    #[arg(long)]
    json: bool,
}

pub(crate) fn rename(screen: &mut Screen, arguments: &Rename) -> io::Result<()> {
    let Rename { old, new, .. } = arguments;
    screen.collect_changes(arguments.json);
    let is_owner = |name: &str| name.contains("::");
    match (is_owner(old), is_owner(new)) {
        (true, true) => owner(screen, arguments),
        (false, false) => file(screen, Path::new(old), Path::new(new), arguments.dry_run),
        _ => screen.problem(&Problem::Other(format!(
            "`{old}` and `{new}` are not of one kind: name two tests (`crate::module::test`), or two files"
        ))),
    }
}

fn owner(screen: &mut Screen, arguments: &Rename) -> io::Result<()> {
    let Rename { old, new, .. } = arguments;
    let renamed = |test: &str| {
        let rest = test.strip_prefix(old.as_str())?;
        (rest.is_empty() || rest.starts_with("::")).then(|| format!("{new}{rest}"))
    };
    let found = workspace::read(&arguments.paths);
    let mut total = 0;
    for fixture in &found.fixtures {
        let owners = || fixture.interactions().iter().filter_map(llmock::Interaction::test);
        let number = owners().filter_map(renamed).count();
        if number == 0 {
            continue;
        }
        total += number;
        if !arguments.dry_run {
            let edited = Fixture::edit(fixture.path(), |interactions| {
                for interaction in interactions {
                    if let Some(now) = interaction.test().and_then(renamed) {
                        interaction.set_test(Some(&now));
                    }
                }
            });
            if let Err(error) = edited {
                screen.problem(&Problem::NotEdited(error))?;
                continue;
            }
        }
        let verb = if arguments.dry_run { "would rename" } else { "renamed" };
        let path = visible(&workspace::shown(fixture.path()));
        let change = json!({
            "action": "renamed_owner",
            "file": workspace::shown(fixture.path()),
            "interactions": number,
            "dry_run": arguments.dry_run,
        });
        let interactions = count(number, "interaction");
        screen.changed(&format!("{verb} the owner of {interactions} in {path}"), change)?;
    }
    screen.unread(&found)?;
    if total == 0 {
        return screen
            .problem(&Problem::Other(format!("no interaction belongs to `{}`", visible(old))));
    }
    Ok(())
}

/// A fixture, and what belongs to it, with their new names.
fn with_it(old: &Path, new: &Path) -> Vec<(PathBuf, PathBuf)> {
    let both =
        |(old, new): (&Path, &Path), suffix| (with_suffix(old, suffix), with_suffix(new, suffix));
    let mut moves = vec![(old.to_owned(), new.to_owned())];
    moves.extend(Kind::ALL.map(|kind| both((old, new), kind.suffix())));
    let stems = (target::without_json(old), target::without_json(new));
    let further = [".vectors", ".vectors.age", ".assets"];
    moves.extend(further.map(|suffix| both((stems.0.as_path(), stems.1.as_path()), suffix)));
    moves
}

fn file(screen: &mut Screen, old: &Path, new: &Path, dry_run: bool) -> io::Result<()> {
    let fixture = match target::of(old) {
        Ok(target::Target::Fixture(fixture)) => fixture,
        Ok(target::Target::Folder(folder)) => return screen.problem(&Problem::Folder(folder)),
        Err(problem) => return screen.problem(&problem),
    };
    let new = if target::is_json(new) { new.to_owned() } else { target::with_json(new) };
    let new = match (is_encrypted_path(fixture.path()), is_encrypted_path(&new)) {
        (true, false) => with_suffix(&new, ".age"),
        (false, true) => {
            return screen.problem(&Problem::Other(format!(
                "`{}` is not encrypted\nhint: `llmock encrypt` writes the encrypted file",
                fixture.path().display()
            )));
        }
        _ => new,
    };
    if new.exists() {
        return screen.problem(&Problem::Exists(new));
    }
    let moves = with_it(fixture.path(), &new);
    for (from, to) in moves.iter().filter(|(from, _)| from.exists()) {
        if !dry_run {
            let parent = to.parent().filter(|folder| !folder.as_os_str().is_empty());
            let renamed =
                parent.map_or(Ok(()), fs::create_dir_all).and_then(|()| fs::rename(from, to));
            if let Err(why) = renamed {
                return screen.problem(&Problem::Io { action: "rename", path: from.clone(), why });
            }
        }
        let verb = if dry_run { "would move" } else { "moved" };
        let (from, to) = (workspace::shown(from), workspace::shown(to));
        let change = json!({ "action": "moved", "file": from, "to": to, "dry_run": dry_run });
        screen.changed(&format!("{verb} {} to {}", visible(&from), visible(&to)), change)?;
    }
    Ok(())
}
