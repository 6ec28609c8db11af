//! The fixtures that are shown, read again only when their files change.
//!
//! A page of a suite with thousands of files must not read all of them: between two pages only their times and lengths are
//! compared.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::{Arc, OnceLock};
use std::time::{Duration, Instant, SystemTime};
use std::{fs, io};

use llmock::__command::{Summary, is_encrypted_path, sha256, summary};
use llmock::{Fixture, Interaction, price_of};
use llmock_rules::FindingCode;

use crate::command::check;
use crate::finding::Finding;
use crate::layers::reading;
use crate::problem::Problem;
use crate::target;
use crate::workspace::{self, Found, Listed};

/// Above this size `llmock check` warns by default.
const MAX_SIZE: u64 = 1_000_000;
/// How long layers are shown as they were read.
const FRESH: Duration = Duration::from_secs(10);
/// Digits of the digest that stands for a text.
const DIGEST: usize = 12;

/// A fixture with what every list shows of it.
#[derive(Debug)]
pub(crate) struct File {
    /// As it is shown, and as addresses name it.
    pub(crate) name: String,
    pub(crate) fixture: Fixture,
    /// One for each interaction.
    pub(crate) rows: Vec<Row>,
    pub(crate) bytes: u64,
    /// The layer that it comes from, if that is not a folder of the workspace.
    pub(crate) layer: Option<String>,
    /// Whether only digests of its texts are shown.
    pub(crate) is_hidden: bool,
    findings: OnceLock<Vec<Finding>>,
}

/// What a list shows of an interaction.
#[derive(Debug)]
pub(crate) struct Row {
    /// The digits of its hash.
    pub(crate) hash: String,
    pub(crate) summary: Summary,
    /// In dollars; `None` for a model without a price.
    pub(crate) cost: Option<f64>,
}

impl File {
    fn new(fixture: Fixture, bytes: u64, layer: Option<String>) -> Self {
        let rows = fixture.interactions().iter().map(row).collect();
        let name = workspace::shown(fixture.path()).trim_start_matches("./").to_owned();
        Self { name, fixture, rows, bytes, layer, is_hidden: false, findings: OnceLock::new() }
    }

    /// The interactions with their rows, counted from one.
    pub(crate) fn numbered(&self) -> impl Iterator<Item = (usize, &Interaction, &Row)> {
        let both = self.fixture.interactions().iter().zip(&self.rows);
        both.zip(1..).map(|((interaction, row), number)| (number, interaction, row))
    }

    /// The folder that the file is in.
    pub(crate) fn suite(&self) -> &str {
        self.name.rsplit_once(['/', '\\']).map_or(".", |(folder, _)| folder)
    }

    /// The name without the folder and `.json`.
    pub(crate) fn title(&self) -> &str {
        let name = self.name.rsplit_once(['/', '\\']).map_or(&*self.name, |(_, name)| name);
        let name = name.strip_suffix(".age").unwrap_or(name);
        name.strip_suffix(".json").unwrap_or(name)
    }

    pub(crate) fn is_encrypted(&self) -> bool {
        is_encrypted_path(self.fixture.path())
    }

    /// The same with digests in place of texts.
    fn hidden(&self) -> Self {
        let digest = |text: &mut Option<String>| {
            *text =
                text.take().map(|text| format!("sha256:{}", &sha256(text.as_bytes())[..DIGEST]));
        };
        let rows = self.rows.iter().map(|row| {
            let mut summary = row.summary.clone();
            digest(&mut summary.prompt);
            digest(&mut summary.response);
            Row { hash: row.hash.clone(), summary, cost: row.cost }
        });
        // A message may quote what it is about.
        let findings = self.findings().iter().map(|finding| Finding {
            message: FindingCode::named(finding.code).map_or("", |code| code.meaning).to_owned(),
            remedy: Some("`llmock check` has the details".to_owned()),
            ..finding.clone()
        });
        Self {
            name: self.name.clone(),
            fixture: self.fixture.clone(),
            rows: rows.collect(),
            bytes: self.bytes,
            layer: self.layer.clone(),
            is_hidden: true,
            findings: OnceLock::from(findings.collect::<Vec<_>>()),
        }
    }

    /// What `llmock check` finds in the file alone.
    pub(crate) fn findings(&self) -> &[Finding] {
        self.findings.get_or_init(|| check::of_file(&self.fixture, MAX_SIZE))
    }
}

pub(crate) fn row(interaction: &Interaction) -> Row {
    let summary = summary(interaction);
    let model = summary.model.as_deref().unwrap_or_default();
    let cost = price_of(interaction.provider(), model, summary.usage);
    Row { hash: workspace::digits(&interaction.hash()), summary, cost }
}

/// All files at one moment.
#[derive(Clone, Debug, Default)]
pub(crate) struct Snapshot {
    /// In the order of their names.
    pub(crate) files: Vec<Arc<File>>,
    /// Files that are no valid fixtures, and folders that cannot be read, with the reason.
    pub(crate) problems: Vec<(String, String)>,
}

impl Snapshot {
    pub(crate) fn file(&self, name: &str) -> Option<&Arc<File>> {
        self.files.iter().find(|file| file.name == name)
    }

    /// Leaves out the texts of encrypted fixtures, for a file that everyone can read.
    pub(crate) fn hide_encrypted(&mut self) {
        for file in self.files.iter_mut().filter(|file| file.is_encrypted()) {
            *file = Arc::new(file.hidden());
        }
    }
}

/// A file has not changed if its time and length have not.
type Stamp = (Option<SystemTime>, u64);

#[derive(Debug)]
enum Content {
    Fixture(Arc<File>),
    /// JSON that is something else.
    Other,
    Broken(String),
}

#[derive(Debug)]
pub(crate) struct Library {
    paths: Vec<PathBuf>,
    known: BTreeMap<PathBuf, (Stamp, Content)>,
    /// How many files were read since the start.
    reads: usize,
    /// The fixtures of layers, and when they were read.
    layers: Option<(Instant, Snapshot)>,
}

impl Library {
    pub(crate) fn new(paths: Vec<PathBuf>) -> Self {
        Self { paths, known: BTreeMap::new(), reads: 0, layers: None }
    }

    /// Whether the whole workspace is shown.
    pub(crate) fn is_workspace(&self) -> bool {
        self.paths.is_empty()
    }

    /// The folders that are shown.
    pub(crate) fn roots(&self) -> Vec<PathBuf> {
        if self.paths.is_empty() { vec![workspace::root()] } else { self.paths.clone() }
    }

    pub(crate) fn reads(&self) -> usize {
        self.reads
    }

    /// The files as they are now.
    pub(crate) fn snapshot(&mut self) -> Snapshot {
        let Listed { items, .. } = workspace::listed(&self.paths);
        let mut snapshot = Snapshot::default();
        let mut paths = Vec::new();
        for item in items {
            match item {
                Ok(path) => paths.push(path),
                Err(problem) => snapshot.problems.push((String::new(), problem.to_string())),
            }
        }
        paths.sort();
        paths.dedup();
        self.read_changed(&paths);
        for path in paths {
            match self.known.get(&path) {
                Some((_, Content::Fixture(file))) => snapshot.files.push(Arc::clone(file)),
                Some((_, Content::Broken(why))) => {
                    let name = workspace::shown(&path).trim_start_matches("./").to_owned();
                    snapshot.problems.push((name, why.clone()));
                }
                Some((_, Content::Other)) | None => {}
            }
        }
        if self.is_workspace() {
            let layers = self.layers();
            snapshot.files.extend(layers.files);
            snapshot.problems.extend(layers.problems);
        }
        snapshot
    }

    /// The fixtures of layers outside of the workspace. Reading verifies them, which a page need not do again at once.
    fn layers(&mut self) -> Snapshot {
        let fresh = self.layers.take().filter(|(at, _)| at.elapsed() < FRESH);
        let (at, layers) = fresh.unwrap_or_else(|| (Instant::now(), read_layers()));
        let snapshot = layers.clone();
        self.layers = Some((at, layers));
        snapshot
    }

    fn read_changed(&mut self, paths: &[PathBuf]) {
        let stamps: Vec<(PathBuf, Stamp)> = paths
            .iter()
            .filter_map(|path| {
                let stamp = stamp(path).ok()?;
                let is_known = self.known.get(path).is_some_and(|(known, _)| *known == stamp);
                (!is_known).then(|| (path.clone(), stamp))
            })
            .collect();
        self.reads += stamps.len();
        let is_named = |path: &PathBuf| self.paths.contains(path);
        let read = workspace::parallel(&stamps, |(path, (_, bytes))| {
            match target::load(path, is_named(path)) {
                Ok(Some(fixture)) => Content::Fixture(Arc::new(File::new(fixture, *bytes, None))),
                Ok(None) => Content::Other,
                Err(problem) => Content::Broken(problem.to_string()),
            }
        });
        for ((path, stamp), content) in stamps.into_iter().zip(read) {
            self.known.insert(path, (stamp, content));
        }
        self.known.retain(|path, _| paths.binary_search(path).is_ok());
    }
}

fn read_layers() -> Snapshot {
    let mut found = Found::default();
    let mut snapshot = Snapshot::default();
    for (layer, fixtures) in reading::beyond(&mut found) {
        snapshot.files.extend(fixtures.into_iter().map(|(name, fixture)| {
            let bytes = fs::metadata(fixture.path()).map_or(0, |file| file.len());
            let name = format!("{layer}/{name}");
            Arc::new(File { name, ..File::new(fixture, bytes, Some(layer.clone())) })
        }));
    }
    let problem = |problem: &Problem| (String::new(), problem.to_string());
    snapshot.problems.extend(found.problems.iter().map(problem));
    snapshot
}

fn stamp(path: &Path) -> io::Result<Stamp> {
    let file = fs::metadata(path)?;
    Ok((file.modified().ok(), file.len()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn text(prompt: &str) -> String {
        format!(
            r#"{{"llmock": 1, "interactions": [{{"provider": "openai", "request": {{"path": "/v1/chat/completions", "body":
            {{"model": "m", "messages": [{{"role": "user", "content": "{prompt}"}}]}}}}, "response": {{"body": {{}}}}}}]}}"#
        )
    }

    #[test]
    fn reads_only_files_that_changed() {
        let folder = tempfile::tempdir().unwrap();
        for number in 0..20 {
            fs::write(folder.path().join(format!("{number:02}.json")), text("Hello.")).unwrap();
        }
        fs::write(folder.path().join("other.json"), "{\"name\": 1}").unwrap();
        fs::write(folder.path().join("broken.json"), "{\"llmock\": 1,").unwrap();
        let mut library = Library::new(vec![folder.path().to_owned()]);
        let first = library.snapshot();
        assert_eq!((first.files.len(), first.problems.len(), library.reads()), (20, 1, 22));
        for _ in 0..5 {
            library.snapshot();
        }
        assert_eq!(library.reads(), 22);

        fs::write(folder.path().join("03.json"), text("Hello, hello.")).unwrap();
        fs::remove_file(folder.path().join("04.json")).unwrap();
        let second = library.snapshot();
        assert_eq!((second.files.len(), library.reads()), (19, 23));
        let prompt = second.files[3].rows[0].summary.prompt.as_deref();
        assert_eq!(prompt, Some("Hello, hello."));
    }
}
