//! `llmock compare`: the suite on another model, beside the committed fixtures.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::{fs, io};

use clap::Args;
use llmock::__command::{known_provider, summary};
use llmock::{Fixture, Interaction, Provider, price_of};
use serde_json::{Value, json};

use crate::output::Screen;
use crate::output::style::{BOLD, GREEN, RED, YELLOW};
use crate::output::text::{count, padded, thousands, visible};
use crate::problem::Problem;
use crate::testing::cost;
use crate::testing::last_run::{self, Usage};
use crate::testing::{LastRun, RunLog, Runner, Tested};
use crate::{target, workspace};

/// Run the tests on another model, and compare what they take
///
/// Records the suite into `target/llmock/compare/` with the model of every request to that provider replaced, and prints
/// for each test whether it passes, its tokens and its cost beside those of its committed recordings, and its time.
/// Committed fixtures do not change.
#[derive(Args, Debug)]
#[command(after_help = super::help_with(&[
    ("llmock compare --model openai:gpt-5-mini", "all tests of the workspace"),
    ("llmock compare --model ollama:qwen3 -- cargo test -p api", "the tests of a package, on a local model"),
], super::record::EXIT_CODES))]
pub(crate) struct Compare {
    /// The provider and the model that takes the place of its models
    #[arg(long, value_name = "PROVIDER:MODEL", value_parser = model)]
    model: Model,

    #[command(flatten)]
    runner: Runner,
}

#[derive(Clone, Debug)]
struct Model {
    provider: Provider,
    name: String,
}

fn model(text: &str) -> Result<Model, String> {
    let parts = text.split_once(':').filter(|(_, name)| !name.trim().is_empty());
    let (provider, name) = parts.ok_or("expected a value such as `openai:gpt-5-mini`")?;
    match known_provider(provider) {
        Ok(provider) => Ok(Model { provider, name: name.trim().to_owned() }),
        Err(known) => Err(llmock_rules::Problem::unknown("provider", provider, &known).to_string()),
    }
}

/// A test on both models.
#[derive(Debug)]
struct Row {
    tested: Tested,
    before: Usage,
}

#[derive(Debug)]
struct Comparison {
    rows: Vec<Row>,
    /// Errors of the provider, each once with how many requests got it.
    errors: BTreeMap<String, usize>,
    /// Providers whose models stayed.
    others: BTreeMap<String, usize>,
    folder: PathBuf,
    code: i32,
}

pub(crate) fn compare(screen: &mut Screen, arguments: &Compare) -> io::Result<i32> {
    match made(arguments) {
        Ok(comparison) => {
            if arguments.runner.json {
                screen.json(&comparison.json(arguments))?;
            } else {
                comparison.print(screen, arguments)?;
            }
            Ok(comparison.code)
        }
        Err(problem) => {
            screen.problem(&problem)?;
            Ok(1)
        }
    }
}

fn made(arguments: &Compare) -> Result<Comparison, Problem> {
    let Model { provider, name } = &arguments.model;
    let command = arguments.runner.command()?;
    command.build()?;
    let safe =
        |char: char| if char.is_ascii_alphanumeric() || "-_.".contains(char) { char } else { '-' };
    let folder = last_run::folder().join("compare");
    let folder =
        folder.join(format!("{}-{}", provider.id(), name.chars().map(safe).collect::<String>()));
    let folder = std::path::absolute(&folder).unwrap_or(folder);
    let failed = |why| Problem::Io { action: "write", path: folder.clone(), why };
    if folder.exists() {
        fs::remove_dir_all(&folder).map_err(failed)?;
    }
    fs::create_dir_all(&folder).map_err(failed)?;
    let log = RunLog::new("compare")?;
    let command = log
        .of(command)
        .variable("LLMOCK_MODE", "record")
        .variable("LLMOCK_RECORD_DIR", &folder)
        .variable("LLMOCK_MODEL", format!("{}:{name}", provider.id()));
    let before = committed();
    let status = command.run(arguments.runner.json)?;
    let run = LastRun::parse(&log.text()?);
    if run.tests.is_empty() {
        return Err(Problem::NoTestUsedLlmock);
    }
    let row = |tested: Tested| Row {
        before: before.get(&tested.test).cloned().unwrap_or_default(),
        tested,
    };
    let (errors, others) = looked_at(&folder, *provider)?;
    Ok(Comparison {
        rows: run.tests.into_iter().map(row).collect(),
        errors,
        others,
        folder,
        code: status.code().unwrap_or(1),
    })
}

/// What the committed recordings of each test report.
fn committed() -> BTreeMap<String, Usage> {
    let fixtures = workspace::read(&[]).fixtures;
    let mut all: BTreeMap<String, Vec<Usage>> = BTreeMap::new();
    for interaction in fixtures.iter().flat_map(Fixture::interactions) {
        let Some(test) = interaction.test() else { continue };
        all.entry(test.to_owned()).or_default().push(usage(interaction));
    }
    all.into_iter().map(|(test, each)| (test, Usage::total(&each))).collect()
}

fn usage(interaction: &Interaction) -> Usage {
    let usage = summary(interaction).usage;
    let model = interaction.model().unwrap_or_default();
    let usd = price_of(interaction.provider(), &model, usage);
    let unpriced = if usd.is_none() { vec![model] } else { Vec::new() };
    Usage {
        requests: 1,
        input: usage.input,
        cached: usage.cached,
        output: usage.output,
        usd,
        unpriced,
    }
}

type Counts = BTreeMap<String, usize>;

/// Errors of the provider in what was recorded, and requests to other providers.
fn looked_at(folder: &Path, provider: Provider) -> Result<(Counts, Counts), Problem> {
    let is_recorded = |path: &Path| {
        target::is_json(path) || path.extension().is_some_and(|extension| extension == "failed")
    };
    let (mut errors, mut others) = (Counts::new(), Counts::new());
    for path in target::collected(folder, is_recorded).into_iter().collect::<Result<Vec<_>, _>>()? {
        let Ok(fixture) = Fixture::load(&path) else { continue };
        for one in fixture.interactions() {
            if one.provider() != provider {
                *others.entry(one.provider().id().to_owned()).or_default() += 1;
            } else if one.status() >= 400 {
                let why = summary(one).response.unwrap_or_default();
                *errors.entry(format!("{} {why}", one.status())).or_default() += 1;
            }
        }
    }
    Ok((errors, others))
}

impl Comparison {
    fn print(&self, screen: &mut Screen, arguments: &Compare) -> io::Result<()> {
        let Model { provider, name } = &arguments.model;
        self.print_rows(screen)?;
        for (error, times) in &self.errors {
            let line = format!(
                "{} responded to {}: {}",
                provider.id(),
                count(*times, "request"),
                visible(error)
            );
            screen.line(&screen.paint(YELLOW, &line))?;
            if error.starts_with("404") || error.to_ascii_lowercase().contains("model") {
                screen.line(&format!(
                    "hint: is `{}` a model of {}?",
                    visible(name),
                    provider.id()
                ))?;
            }
        }
        for (other, times) in &self.others {
            let requests = count(*times, "request");
            screen.line(&format!("{requests} went to {other}, whose model was not replaced"))?;
        }
        let (before, after) = self.totals();
        let passed = self.rows.iter().filter(|row| row.tested.has_passed()).count();
        let line = format!(
            "{}:{name}: {passed} of {} passed",
            provider.id(),
            count(self.rows.len(), "test")
        );
        screen.line(&screen.paint(BOLD, &visible(&line)))?;
        screen.line(&format!("as committed: {}", cost::shown(&before)))?;
        screen.line(&format!("with {}: {}", visible(name), cost::shown(&after)))?;
        if before.usd.is_none() || after.usd.is_none() {
            screen.line(cost::NO_PRICE)?;
        }
        screen.line(&format!("recorded in {}", workspace::shown(&self.folder)))
    }

    fn print_rows(&self, screen: &mut Screen) -> io::Result<()> {
        screen.line("")?;
        let width = self.rows.iter().map(|row| row.tested.test.len()).max().unwrap_or_default();
        for row in &self.rows {
            let passed = row.tested.has_passed();
            let verdict = screen
                .paint(if passed { GREEN } else { RED }, if passed { "passed" } else { "failed" });
            let (old, new) = (&row.before, &row.tested.usage);
            let tokens = |usage: &Usage| {
                thousands(usize::try_from(usage.input + usage.output).unwrap_or(usize::MAX))
            };
            let usd = |usage: &Usage| {
                usage.usd.map_or_else(|| "?".to_owned(), |usd| format!("${usd:.4}"))
            };
            screen.line(&format!(
                "{}  {verdict}  {} → {} tokens  {} → {}  {} ms",
                padded(&visible(&row.tested.test), width),
                tokens(old),
                tokens(new),
                usd(old),
                usd(new),
                thousands(usize::try_from(row.tested.milliseconds).unwrap_or(usize::MAX)),
            ))?;
            if let Some(why) = row.tested.failures.first().filter(|_| !passed) {
                screen.line(&format!("  {}", visible(why.lines().next().unwrap_or_default())))?;
            }
        }
        Ok(())
    }

    fn totals(&self) -> (Usage, Usage) {
        let before = Usage::total(self.rows.iter().map(|row| &row.before));
        (before, Usage::total(self.rows.iter().map(|row| &row.tested.usage)))
    }

    fn json(&self, arguments: &Compare) -> Value {
        let row = |row: &Row| {
            json!({
                "test": row.tested.test,
                "verdict": row.tested.verdict,
                "failures": row.tested.failures,
                "before": cost::json(&row.before),
                "after": cost::json(&row.tested.usage),
                "ms": row.tested.milliseconds,
            })
        };
        let (before, after) = self.totals();
        json!({
            "provider": arguments.model.provider.id(),
            "model": arguments.model.name,
            "folder": workspace::shown(&self.folder),
            "exit_code": self.code,
            "tests": self.rows.iter().map(row).collect::<Vec<_>>(),
            "errors": self.errors,
            "other_providers": self.others,
            "before": cost::json(&before),
            "after": cost::json(&after),
        })
    }
}
