//! `llmock list`: fixtures and their interactions, without changing anything.

use std::io;
use std::path::PathBuf;
use std::time::Duration;

use clap::Args;
use llmock::__command::secrets;

use crate::layers::reading;
use crate::output::Screen;
use crate::output::listing;
use crate::output::text::{now, since};
use crate::source::{self, Source};
use crate::workspace::{self, Entry};

/// Show the interactions of fixtures
///
/// For each fixture: its path, its providers, and a line for each interaction with its number, the first twelve digits
/// of its hash, the model, the time of recording and its age, the tokens of request and response, the size of both
/// bodies, `[streaming]` if the response was streamed, and the beginnings of prompt and response.
#[derive(Args, Debug)]
#[command(after_help = super::help(&[
    ("llmock list", "the fixtures of the workspace"),
    ("llmock list tests/fixtures/chat", "one fixture"),
    ("llmock list --stale 90d", "recordings that are older than 90 days"),
    ("llmock list --json | jq '.[].model'", "for programs"),
]))]
pub(crate) struct List {
    /// Fixtures, with or without `.json`, or folders of fixtures; by default the workspace
    ///
    /// A name that is both means the fixture; add a `/` for the folder.
    #[arg(value_name = "PATH")]
    paths: Vec<PathBuf>,

    /// Only interactions that are older, such as `90d`; those without a date are left out
    #[arg(long, value_name = "DURATION", value_parser = humantime::parse_duration)]
    stale: Option<Duration>,

    /// Only interactions that hold what looks like a secret
    #[arg(long)]
    secrets: bool,

    /// Only interactions whose model its provider has turned off
    #[arg(long)]
    retired: bool,

    /// Only interactions of this origin
    #[arg(long, value_name = "SOURCE")]
    source: Option<Source>,

    /// Only interactions of this provider, such as `openai`
    #[arg(long, value_name = "ID")]
    provider: Option<String>,

    /// Only interactions whose model contains this text
    #[arg(long, value_name = "TEXT")]
    model: Option<String>,

    /// Only interactions of tests whose path contains this text
    #[arg(long, value_name = "TEXT")]
    test: Option<String>,

    /// Print JSON: an array with an object for each interaction
    #[arg(long)]
    json: bool,
}

/// Lists every fixture. A fixture that cannot be read is reported as an error, and the others are still listed.
pub(crate) fn list(screen: &mut Screen, arguments: &List) -> io::Result<()> {
    let found = reading::read(&arguments.paths);
    let mut entries = found.entries();
    entries.retain(|entry| arguments.selects(entry));
    if arguments.secrets {
        let are_secret = workspace::parallel(&entries, |entry| {
            let interactions = std::slice::from_ref(entry.interaction);
            secrets(interactions).iter().any(|secrets| !secrets.is_empty())
        });
        let mut are_secret = are_secret.into_iter();
        entries.retain(|_| are_secret.next().unwrap_or_default());
    }
    if arguments.json {
        let all: Vec<_> = entries.iter().map(listing::as_json).collect();
        screen.json(&all.into())?;
        return screen.unread(&found);
    }
    let mut rest = &entries[..];
    for fixture in &found.fixtures {
        let own = rest.iter().take_while(|entry| std::ptr::eq(entry.fixture, fixture)).count();
        let (own, others) = rest.split_at(own);
        rest = others;
        if !own.is_empty() || !arguments.is_filtered() {
            screen.listing(fixture, own)?;
        }
    }
    for folder in &found.empty {
        screen.no_fixtures(folder)?;
    }
    if entries.is_empty() && arguments.is_filtered() && found.problems.is_empty() {
        screen.line("no interaction is like that")?;
    }
    screen.unread(&found)
}

impl List {
    fn is_filtered(&self) -> bool {
        let filters = [&self.provider, &self.model, &self.test];
        self.secrets
            || self.retired
            || self.stale.is_some()
            || self.source.is_some()
            || filters.iter().any(|filter| filter.is_some())
    }

    fn selects(&self, entry: &Entry<'_>) -> bool {
        let interaction = entry.interaction;
        let is_old =
            |least: Duration| since(interaction.recorded_at()).is_some_and(|age| age > least);
        let is_retired = || {
            let today = humantime::format_rfc3339_seconds(now()).to_string();
            let model = entry.summary.model.as_deref();
            let day = model.and_then(|model| llmock::retirement(interaction.provider(), model));
            day.is_some_and(|day| day <= today.as_str())
        };
        let contains =
            |text: Option<&str>, part: &str| text.is_some_and(|text| text.contains(part));
        self.stale.is_none_or(is_old)
            && (!self.retired || is_retired())
            && self.source.is_none_or(|source| source == source::of(interaction))
            && self.provider.as_deref().is_none_or(|id| interaction.provider().id() == id)
            && self
                .model
                .as_deref()
                .is_none_or(|part| contains(entry.summary.model.as_deref(), part))
            && self.test.as_deref().is_none_or(|part| contains(interaction.test(), part))
    }
}
