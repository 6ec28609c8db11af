//! `target/llmock/last-run.jsonl`: what llmock wrote about each test of the last run.

use std::path::PathBuf;
use std::{env, fs};

use serde_json::Value;

use crate::problem::Problem;

/// Below the build directory.
const LAST_RUN: &str = "llmock/last-run.jsonl";

/// The tests of a run, the last result of each, in the order of their names.
#[derive(Debug, Default)]
pub(crate) struct LastRun {
    pub(crate) tests: Vec<Tested>,
}

/// A test that used llmock.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Tested {
    pub(crate) test: String,
    pub(crate) fixture: String,
    pub(crate) verdict: String,
    pub(crate) misses: usize,
    /// Names of notes and failures.
    pub(crate) findings: Vec<String>,
    pub(crate) failures: Vec<String>,
    /// Owners whose interactions it used.
    pub(crate) borrowed: Vec<String>,
    pub(crate) usage: Usage,
    pub(crate) milliseconds: u64,
}

/// What the responses of providers add up to.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Usage {
    pub(crate) requests: u64,
    pub(crate) input: u64,
    pub(crate) cached: u64,
    pub(crate) output: u64,
    /// `None` if a model has no price.
    pub(crate) usd: Option<f64>,
    /// Models without a price.
    pub(crate) unpriced: Vec<String>,
}

impl Usage {
    /// The sum of several.
    pub(crate) fn total<'u>(all: impl IntoIterator<Item = &'u Self>) -> Self {
        let mut sum = Self { usd: Some(0.0), ..Self::default() };
        for one in all.into_iter().filter(|one| one.requests > 0) {
            sum.requests += one.requests;
            sum.input += one.input;
            sum.cached += one.cached;
            sum.output += one.output;
            sum.usd = sum.usd.zip(one.usd).map(|(sum, one)| sum + one);
            sum.unpriced.extend(one.unpriced.iter().cloned());
        }
        sum.unpriced.sort();
        sum.unpriced.dedup();
        sum
    }
}

impl LastRun {
    /// The last run, if one was made.
    pub(crate) fn read() -> Result<Self, Problem> {
        let path = path()?;
        let text = fs::read_to_string(&path);
        let text = text.map_err(|why| Problem::LastRunUnreadable { path, why })?;
        Ok(Self::parse(&text))
    }

    /// The run that wrote these lines; without tests if none of it used llmock.
    pub(crate) fn parse(text: &str) -> Self {
        let mut tests: Vec<Tested> = Vec::new();
        for line in text.lines() {
            // The line of a request without a test has another form, and a process may have been killed while it wrote one.
            let Some(tested) = serde_json::from_str(line).ok().and_then(|line| one(&line)) else {
                continue;
            };
            tests.retain(|known| known.test != tested.test || known.fixture != tested.fixture);
            tests.push(tested);
        }
        tests.sort_by(|left, right| left.test.cmp(&right.test));
        Self { tests }
    }

    pub(crate) fn failed(&self) -> impl Iterator<Item = &Tested> {
        self.tests.iter().filter(|one| !one.has_passed())
    }

    pub(crate) fn usage(&self) -> Usage {
        Usage::total(self.tests.iter().map(|one| &one.usage))
    }
}

impl Tested {
    pub(crate) fn has_passed(&self) -> bool {
        self.verdict == "passed"
    }
}

/// The file of the working directory's package or workspace.
pub(crate) fn path() -> Result<PathBuf, Problem> {
    let mut files = build_folders().into_iter().map(|target| target.join(LAST_RUN));
    files.find(|file| file.is_file()).ok_or(Problem::NoLastRun)
}

/// Folders that may be the build directory, the likeliest first.
fn build_folders() -> Vec<PathBuf> {
    let named = ["CARGO_TARGET_DIR", "CARGO_BUILD_TARGET_DIR"];
    let named = named.iter().filter_map(env::var_os).filter(|folder| !folder.is_empty());
    let here = env::current_dir().unwrap_or_default();
    let above = here.ancestors().map(|folder| folder.join("target"));
    named.map(PathBuf::from).chain(above).collect()
}

/// `target/llmock` of the workspace, which need not exist.
pub(crate) fn folder() -> PathBuf {
    let folders = build_folders();
    let named = env::var_os("CARGO_TARGET_DIR").filter(|folder| !folder.is_empty());
    let known = folders.iter().find(|folder| named.is_some() || folder.is_dir());
    known.cloned().unwrap_or_else(|| crate::workspace::root().join("target")).join("llmock")
}

fn one(line: &Value) -> Option<Tested> {
    let text = |value: &Value| value.as_str().map(str::to_owned);
    let names = |list: &Value| -> Vec<String> {
        list.as_array().into_iter().flatten().filter_map(|one| text(&one["name"])).collect()
    };
    let sentences = |list: &Value| -> Vec<String> {
        list.as_array().into_iter().flatten().filter_map(|one| text(&one["sentence"])).collect()
    };
    let texts = |list: &Value| -> Vec<String> {
        list.as_array().into_iter().flatten().filter_map(text).collect()
    };
    let usage = &line["usage"];
    let number = |value: &Value| value.as_u64().unwrap_or_default();
    Some(Tested {
        test: text(&line["test"])?,
        fixture: text(&line["fixture"])?,
        verdict: text(&line["verdict"])?,
        misses: line["misses"].as_array().map_or(0, Vec::len),
        findings: [names(&line["failures"]), names(&line["notes"])].concat(),
        failures: [sentences(&line["failures"]), sentences(&line["misses"])].concat(),
        borrowed: texts(&line["borrowed"]),
        usage: Usage {
            requests: number(&usage["requests"]),
            input: number(&usage["input"]),
            cached: number(&usage["cached"]),
            output: number(&usage["output"]),
            // Responses that report no tokens, such as errors, cost nothing.
            usd: match usage["usd"].as_str() {
                Some(usd) => usd.parse().ok(),
                None => texts(&usage["unpriced"]).is_empty().then_some(0.0),
            },
            unpriced: texts(&usage["unpriced"]),
        },
        milliseconds: number(&line["ms"]),
    })
}
