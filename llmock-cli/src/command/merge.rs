//! `llmock merge`: the merge driver of git for fixtures.

use std::io::{self, Write as _};
use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode, Stdio};

use clap::Args;
use llmock::__command::{changes, decrypted, is_encrypted_path, sealed};
use llmock::{Fixture, Interaction};
use serde_json::{Value, json};

use crate::init;
use crate::merge::{self, Merged, Piece};
use crate::output::Screen;
use crate::output::changes::json as changes_as_json;
use crate::output::text::{count, shortened, visible};
use crate::problem::Problem;
use crate::replace::replace;

/// There were conflicts.
const CONFLICTS: u8 = 1;
/// Git takes codes above 128 for a driver that failed, and gives the merge up.
/// <https://git-scm.com/docs/gitattributes#_defining_a_custom_merge_driver>
const CRASHED: u8 = 129;
/// Differences of a conflict that are printed.
const SHOWN: usize = 5;

const EXIT_CODES: &str = "\
Exit codes, as git expects them:
  0    merged
  1    there are conflicts, which are marked in the file
  2    invalid arguments
  129  the merge failed; nothing was written";

/// Merge fixtures by interaction, as a merge driver of git
///
/// Takes over the interactions that one side added, changed, or removed, however their lines are mixed. A conflict is an interaction for
/// whose request both sides have different responses, or that one side changed and the other one removed; ids and times
/// are none. The result replaces OURS, with git's marks around conflicts: keep one side of each. Files that are no fixtures
/// are merged by lines.
#[derive(Args, Debug)]
#[command(after_help = super::help_with(&[
    ("llmock merge --install", "sets up git, in each clone once"),
    ("llmock merge %O %A %B %P --marker-size %L", "the driver in git's configuration"),
    ("llmock merge base.json ours.json theirs.json", "by hand: writes ours.json"),
], EXIT_CODES))]
pub(crate) struct Merge {
    /// The version that both sides come from; may be empty
    #[arg(required_unless_present = "install")]
    base: Option<PathBuf>,

    /// Our version, which the result replaces
    #[arg(required_unless_present = "install")]
    ours: Option<PathBuf>,

    /// The other version
    #[arg(required_unless_present = "install")]
    theirs: Option<PathBuf>,

    /// The name of the fixture in messages
    path: Option<String>,

    /// Print the result instead of writing it
    #[arg(long)]
    stdout: bool,

    /// How many characters the marks of conflicts have
    #[arg(long, value_name = "N", default_value_t = 7, value_parser = clap::value_parser!(u8).range(1..))]
    marker_size: u8,

    /// Print the conflicts as JSON
    #[arg(long, conflicts_with_all = ["stdout", "install"])]
    json: bool,

    /// Set up this repository: the driver in git's configuration, and `.gitattributes`
    #[arg(long, conflicts_with_all = ["base", "stdout"])]
    install: bool,
}

/// The three versions, as files.
struct Versions<'a> {
    base: &'a Path,
    ours: &'a Path,
    theirs: &'a Path,
}

pub(crate) fn merge(screen: &mut Screen, arguments: &Merge) -> ExitCode {
    let done = match (&arguments.base, &arguments.ours, &arguments.theirs) {
        (Some(base), Some(ours), Some(theirs)) => {
            files(screen, arguments, &Versions { base, ours, theirs })
        }
        _ => init::install_driver(screen),
    };
    match done.and_then(|code| screen.flush().map(|()| code)) {
        Ok(0) if screen.has_failed() => ExitCode::FAILURE,
        Ok(code) => ExitCode::from(code),
        // The reader of `--stdout` has closed the pipe, as `head` does.
        Err(error) if error.kind() == io::ErrorKind::BrokenPipe => ExitCode::SUCCESS,
        Err(error) => {
            screen.unwritable(&error);
            ExitCode::from(CRASHED)
        }
    }
}

fn files(screen: &mut Screen, arguments: &Merge, versions: &Versions<'_>) -> io::Result<u8> {
    let name = arguments.path.clone().unwrap_or_else(|| versions.ours.display().to_string());
    let texts = [versions.base, versions.ours, versions.theirs].map(|path| read(path, &name));
    let [base, ours, theirs] = match texts {
        [Ok(base), Ok(ours), Ok(theirs)] => [base, ours, theirs],
        texts => {
            for problem in texts.into_iter().filter_map(Result::err) {
                screen.problem(&problem)?;
            }
            return Ok(CRASHED);
        }
    };
    let parsed = [("base", &base), ("ours", &ours), ("theirs", &theirs)].map(|(side, text)| {
        // Both sides may have added the file.
        match text.trim() {
            "" => Ok(Fixture::new(&name)),
            _ => Fixture::parse(format!("{name} ({side})"), text),
        }
    });
    let [base, ours, theirs] = match parsed {
        [Ok(base), Ok(ours), Ok(theirs)] => [base, ours, theirs],
        parsed => {
            let is_encrypted = is_encrypted_path(name.as_ref());
            let then = if is_encrypted { "nothing was merged" } else { "merging by lines" };
            for problem in parsed.into_iter().filter_map(Result::err) {
                let note = format!("note: {}; {then}", crate::problem::chain(&problem));
                screen.note(&visible(&note))?;
            }
            // Lines of encrypted files mean nothing.
            return if is_encrypted { Ok(CRASHED) } else { by_lines(screen, arguments, versions) };
        }
    };
    let merged = merge::merge(&base, &ours, &theirs);
    if !arguments.json {
        report(screen, &visible(&name), &merged)?;
    }
    let code = write(screen, arguments, versions.ours, &name, &merged)?;
    if arguments.json && !arguments.stdout && code != CRASHED {
        screen.json(&as_json(&name, &merged))?;
    }
    Ok(code)
}

/// Writes the result over our version, or prints it.
fn write(
    screen: &mut Screen,
    arguments: &Merge,
    ours: &Path,
    name: &str,
    merged: &Merged,
) -> io::Result<u8> {
    let (text, code) = match merged.clean() {
        Some(interactions) => (merge::text_of(&interactions), 0),
        None => (merge::conflicted(&merged.pieces, arguments.marker_size.into()), CONFLICTS),
    };
    if arguments.stdout {
        screen.bytes(text.as_bytes())?;
        return Ok(code);
    }
    if code == CONFLICTS && is_encrypted_path(name.as_ref()) {
        // Marks are for an editor, and no editor reads the file.
        screen.note(&visible(&format!(
            "{name} is encrypted, so it keeps our version without marks; `git checkout --theirs` takes the other one"
        )))?;
        return Ok(code);
    }
    let written = sealed(name.as_ref(), text.as_bytes());
    if let Err(why) = written.and_then(|bytes| replace(ours, &bytes)) {
        screen.problem(&Problem::NotWritten { path: ours.to_owned(), why })?;
        return Ok(CRASHED);
    }
    Ok(code)
}

/// The text of a version, which git has in a file of another name; that of an encrypted fixture is decrypted.
fn read(path: &Path, name: &str) -> Result<String, Problem> {
    let text = std::fs::read(path).and_then(|bytes| {
        let bytes = if bytes.is_empty() { bytes } else { decrypted(name.as_ref(), bytes)? };
        String::from_utf8(bytes).map_err(|why| io::Error::new(io::ErrorKind::InvalidData, why))
    });
    text.map_err(|why| Problem::Io { action: "read", path: path.to_owned(), why })
}

/// As git merges files without a driver.
fn by_lines(screen: &mut Screen, arguments: &Merge, versions: &Versions<'_>) -> io::Result<u8> {
    let mut git = Command::new("git");
    git.arg("merge-file").arg(format!("--marker-size={}", arguments.marker_size));
    git.args(["-L", "ours", "-L", "base", "-L", "theirs"]);
    if arguments.stdout {
        git.arg("--stdout");
    }
    git.arg("--").args([versions.ours, versions.base, versions.theirs]);
    screen.flush()?;
    match git.stdin(Stdio::null()).status().map(|status| status.code()) {
        // The number of conflicts; 255 is an error.
        Ok(Some(code @ 0..128)) => Ok(u8::from(code > 0)),
        Ok(_) => Ok(CRASHED),
        Err(why) => {
            screen.problem(&Problem::Other(format!("`git merge-file` cannot be run: {why}")))?;
            Ok(CRASHED)
        }
    }
}

/// What there is to decide, for programs.
fn as_json(name: &str, merged: &Merged) -> Value {
    let conflicts = merged.pieces.iter().filter_map(|piece| {
        let Piece::Conflict { ours, theirs } = piece else { return None };
        let one = ours.as_ref().or(theirs.as_ref())?;
        let changes = match (ours, theirs) {
            (Some(ours), Some(theirs)) => changes(ours, theirs),
            _ => Vec::new(),
        };
        Some(json!({
            "test": one.test(),
            "prompt": one.prompt(),
            "ours": ours.is_some(),
            "theirs": theirs.is_some(),
            "changes": changes_as_json(&changes),
        }))
    });
    json!({
        "file": name,
        "conflicts": conflicts.collect::<Value>(),
        "both_recorded": merged.both_recorded,
    })
}

/// What there is to decide, on standard error: git shows it between its own lines.
fn report(screen: &mut Screen, name: &str, merged: &Merged) -> io::Result<()> {
    for test in &merged.both_recorded {
        let test = visible(test);
        screen.note(&format!(
            "note: {name}: both sides recorded other requests for `{test}`; all of them are kept, and `llmock` names the unused ones"
        ))?;
    }
    let mut conflicts = 0;
    for piece in &merged.pieces {
        let Piece::Conflict { ours, theirs } = piece else { continue };
        conflicts += 1;
        let what = title(ours.as_ref().or(theirs.as_ref()));
        let how = match (ours, theirs) {
            (Some(_), None) => "we changed it, they removed it",
            (None, Some(_)) => "we removed it, they changed it",
            _ => "both sides have another response",
        };
        screen.note(&format!("conflict in {name}: {what}: {how}"))?;
        let (Some(ours), Some(theirs)) = (ours, theirs) else { continue };
        let changes = changes(ours, theirs);
        for change in changes.iter().take(SHOWN) {
            let side = |value: Option<&str>| shortened(value.unwrap_or("nothing"), 60);
            let (own, other) = (side(change.old()), side(change.new_value()));
            screen.note(&format!("  {}: ours {own}, theirs {other}", visible(change.path())))?;
        }
        if changes.len() > SHOWN {
            screen.note(&format!("  and {} more", changes.len() - SHOWN))?;
        }
    }
    if conflicts > 0 {
        let conflicts = count(conflicts, "conflict");
        screen.note(&format!(
            "{conflicts} in {name}: keep one side of each, or record these tests again; then `git add` it"
        ))?;
    }
    io::stderr().flush()
}

fn title(interaction: Option<&Interaction>) -> String {
    let Some(one) = interaction else { return String::new() };
    let what = match one.prompt() {
        Some(prompt) => format!("\"{}\"", shortened(&prompt, 60)),
        None => shortened(&format!("{} {}", one.method(), one.path()), 60),
    };
    let test = one.test().map(|test| format!(" ({})", visible(test))).unwrap_or_default();
    format!("{what}{test}")
}
