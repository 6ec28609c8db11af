//! Setting up a package: what is written, and that nothing is overwritten.

mod ci;
mod git;
mod package;
pub(crate) mod schema;
mod template;

use std::collections::BTreeSet;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use serde_json::json;

use crate::output::Screen;
use crate::output::style::{BOLD, DIM, GREEN, YELLOW};
use crate::output::text::visible;
use crate::problem::Problem;
use crate::replace::replace;
use crate::workspace;
use package::Package;
pub(crate) use template::Template;

/// A part that can be left out.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, clap::ValueEnum)]
pub(crate) enum Part {
    /// The sample test
    Test,
    /// `.gitattributes`, `.gitignore`, and the merge driver
    Git,
    /// JSON schemas, and settings that use them
    Editor,
    /// The workflow
    Ci,
}

#[derive(Debug)]
pub(crate) struct Options<'a> {
    pub(crate) path: &'a Path,
    pub(crate) template: Option<Template>,
    pub(crate) parts: BTreeSet<Part>,
    /// Nothing but the scheduled workflow.
    pub(crate) is_scheduled: bool,
    pub(crate) dry_run: bool,
    pub(crate) json: bool,
}

/// Something to write.
#[derive(Debug)]
enum Step {
    /// A file that is written if there is none. Without it, what a person can do by hand instead.
    File { path: PathBuf, text: String, otherwise: Option<String> },
    /// Lines that a file has to have.
    Lines { path: PathBuf, lines: Vec<String> },
    /// Another text of a file that exists.
    Change { path: PathBuf, text: String, what: String },
    /// A setting of git.
    Driver { root: PathBuf },
}

/// What became of a step.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Outcome {
    Created,
    Changed,
    Kept,
}

impl Outcome {
    fn name(self) -> &'static str {
        match self {
            Self::Created => "created",
            Self::Changed => "changed",
            Self::Kept => "kept",
        }
    }
}

pub(crate) fn init(screen: &mut Screen, options: &Options<'_>) -> io::Result<()> {
    let (steps, package, template) = match planned(options) {
        Ok(planned) => planned,
        Err(problem) => return screen.problem(&problem),
    };
    let mut files = Vec::new();
    let mut by_hand = Vec::new();
    for step in &steps {
        let (outcome, what) = match step.run(options.dry_run) {
            Ok(done) => done,
            Err(problem) => return screen.problem(&problem),
        };
        let path = workspace::shown(step.path());
        files.push(json!({ "path": path, "outcome": outcome.name(), "what": what }));
        if !options.json {
            let colour = match outcome {
                Outcome::Created => GREEN,
                Outcome::Changed => YELLOW,
                Outcome::Kept => DIM,
            };
            let word = screen.paint(colour, &format!("{:>8}", outcome.name()));
            let what = what.map(|what| format!("  ({what})")).unwrap_or_default();
            screen.line(&format!(
                "{word}  {}{}",
                visible(&path),
                screen.paint(DIM, &visible(&what))
            ))?;
        }
        if let (Outcome::Kept, Step::File { path, otherwise: Some(hint), .. }) = (outcome, step)
            && fs::read_to_string(path).is_ok_and(|text| !text.contains("fixture.schema.json"))
        {
            by_hand.push(hint);
        }
    }
    if options.json {
        let template = template.name();
        return screen
            .json(&json!({ "template": template, "dry_run": options.dry_run, "files": files }));
    }
    for hint in by_hand {
        screen.gap()?;
        screen.line(hint)?;
    }
    if !options.dry_run && options.parts.contains(&Part::Test) {
        screen.gap()?;
        let flag = package.flag().map(|name| format!(" -p {name}")).unwrap_or_default();
        let run = screen.paint(BOLD, &format!("cargo test{flag} --test llmock"));
        screen
            .line(&format!("Next: {run} runs the sample test, which uses {}.", template.what()))?;
    }
    Ok(())
}

/// The steps, the package, and the client of its sample test.
fn planned(options: &Options<'_>) -> Result<(Vec<Step>, Package, Template), Problem> {
    let package = Package::at(options.path)?;
    let template = options.template.unwrap_or_else(|| package.client());
    if options.is_scheduled {
        let root = git::root(package.folder());
        let root = root.unwrap_or_else(|| package.workspace().to_owned());
        let steps = vec![ci::scheduled(&root, package.workspace())];
        return Ok((steps, package, template));
    }
    Ok((steps(&package, template, &options.parts)?, package, template))
}

/// Sets up the merge driver alone.
pub(crate) fn install_driver(screen: &mut Screen) -> io::Result<u8> {
    let here = std::env::current_dir()?;
    let Some(root) = git::root(&here) else {
        let problem = "this is not a git repository\nhint: `git init` makes it one".to_owned();
        screen.problem(&Problem::Other(problem))?;
        return Ok(1);
    };
    for step in [git::attributes(&root), Step::Driver { root }] {
        match step.run(false) {
            Ok((outcome, _)) => {
                let path = workspace::shown(step.path());
                screen.line(&format!("{:>8}  {}", outcome.name(), visible(&path)))?;
            }
            Err(problem) => {
                screen.problem(&problem)?;
                return Ok(1);
            }
        }
    }
    Ok(0)
}

fn steps(
    package: &Package,
    template: Template,
    parts: &BTreeSet<Part>,
) -> Result<Vec<Step>, Problem> {
    let mut steps = Vec::new();
    let folder = package.folder();
    let root = git::root(folder);
    if parts.contains(&Part::Test) {
        steps.extend(package.with_dependencies(template)?);
        steps.push(Step::File {
            path: folder.join("tests/llmock.rs"),
            text: template.text().to_owned(),
            otherwise: None,
        });
    }
    steps.push(Step::File {
        path: folder.join("tests/fixtures/.gitkeep"),
        text: String::new(),
        otherwise: None,
    });
    if parts.contains(&Part::Git) {
        steps.push(git::attributes(folder));
        steps.push(git::ignored(folder));
        steps.extend(root.clone().map(|root| Step::Driver { root }));
    }
    let top = root.unwrap_or_else(|| package.workspace().to_owned());
    if parts.contains(&Part::Editor) {
        steps.extend(schema::files(&top));
    }
    if parts.contains(&Part::Ci) {
        steps.push(ci::workflow(&top, package.workspace()));
    }
    Ok(steps)
}

impl Step {
    fn path(&self) -> &Path {
        match self {
            Self::File { path, .. } | Self::Lines { path, .. } | Self::Change { path, .. } => path,
            Self::Driver { root } => root,
        }
    }

    /// Does it, unless nothing is to be written, and gives what changed inside of the file.
    fn run(&self, dry_run: bool) -> Result<(Outcome, Option<String>), Problem> {
        let write = |path: &Path, text: &str| {
            if dry_run {
                return Ok(());
            }
            replace(path, text.as_bytes())
                .map_err(|why| Problem::NotWritten { path: path.to_owned(), why })
        };
        match self {
            Self::File { path, .. } if exists(path) => Ok((Outcome::Kept, None)),
            Self::File { path, text, .. } => write(path, text).map(|()| (Outcome::Created, None)),
            Self::Change { path, text, what } => {
                write(path, text).map(|()| (Outcome::Changed, Some(what.clone())))
            }
            Self::Lines { path, lines } => {
                let known = match fs::read_to_string(path) {
                    Ok(text) => Some(text),
                    Err(error) if error.kind() == io::ErrorKind::NotFound => None,
                    Err(why) => {
                        return Err(Problem::Io { action: "read", path: path.clone(), why });
                    }
                };
                let Some((text, added)) = extended(known.as_deref().unwrap_or_default(), lines)
                else {
                    return Ok((Outcome::Kept, None));
                };
                write(path, &text)?;
                let outcome = if known.is_none() { Outcome::Created } else { Outcome::Changed };
                Ok((outcome, Some(added)))
            }
            Self::Driver { root } => git::install(root, dry_run),
        }
    }
}

/// Whether something has this name, even a link that leads nowhere.
fn exists(path: &Path) -> bool {
    path.symlink_metadata().is_ok()
}

/// A text with the lines that it lacks at its end, and those lines; `None` if it has all of them.
fn extended(text: &str, lines: &[String]) -> Option<(String, String)> {
    let end = if text.contains("\r\n") { "\r\n" } else { "\n" };
    let has = |line: &&String| text.lines().any(|known| known.trim() == line.as_str());
    let is_content = |line: &&&String| !line.starts_with('#');
    let missing: Vec<&String> = lines.iter().filter(|line| !has(line)).collect();
    if missing.iter().filter(is_content).count() == 0 {
        return None;
    }
    let mut out = text.to_owned();
    if !out.is_empty() && !out.ends_with('\n') {
        out.push_str(end);
    }
    for line in &missing {
        out.push_str(line);
        out.push_str(end);
    }
    let added = missing.into_iter().filter(|line| !line.starts_with('#')).cloned();
    Some((out, added.collect::<Vec<_>>().join("; ")))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn adds_only_lines_that_are_missing() {
        let lines = ["# why".to_owned(), "a".to_owned(), "b".to_owned()];
        let add = |text: &str| extended(text, &lines);
        let both = |text: &str, added: &str| Some((text.to_owned(), added.to_owned()));
        assert_eq!(add(""), both("# why\na\nb\n", "a; b"));
        assert_eq!(add("x\n  a"), both("x\n  a\n# why\nb\n", "b"));
        assert_eq!(add("x\r\na\r\n"), both("x\r\na\r\n# why\r\nb\r\n", "b"));
        assert_eq!(add("b\na\n"), None);
    }
}
