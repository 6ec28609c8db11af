//! The last test run, from `target/llmock/last-run.jsonl`.

use std::fs;
use std::path::PathBuf;
use std::time::{Duration, SystemTime};

use serde_json::Value;

use crate::output::text::{age, now};

#[derive(Clone, Debug, Default)]
pub(crate) struct LastRun {
    /// The last result of each test: failed ones first, then in the order of their names.
    pub(crate) tests: Vec<TestRun>,
    /// Requests that reached no test.
    pub(crate) refused: Vec<Refused>,
    /// When the file was written last.
    pub(crate) at: Option<SystemTime>,
}

#[derive(Clone, Debug, Default)]
pub(crate) struct TestRun {
    pub(crate) test: String,
    /// As the report names it, relative to the package.
    pub(crate) fixture: String,
    pub(crate) mode: String,
    /// `passed`, `failed`, or `failed_itself`.
    pub(crate) verdict: String,
    pub(crate) used: u64,
    pub(crate) total: u64,
    pub(crate) misses: Vec<Miss>,
    pub(crate) failures: Vec<String>,
    pub(crate) notes: Vec<String>,
    pub(crate) usd: Option<String>,
    pub(crate) input: u64,
    pub(crate) output: u64,
    /// The command that records it again, if that helps.
    pub(crate) record: Option<String>,
}

/// A request without a response.
#[derive(Clone, Debug, Default)]
pub(crate) struct Miss {
    pub(crate) request: u64,
    pub(crate) provider: String,
    pub(crate) method: String,
    pub(crate) path: String,
    pub(crate) sentence: String,
    pub(crate) differs_at: Vec<String>,
    /// The closest recording, counted from one.
    pub(crate) interaction: Option<usize>,
    /// Whether another request of the test got the response of that recording.
    pub(crate) is_used: bool,
    /// The body of the request.
    pub(crate) sent: Option<String>,
}

/// A request that was refused because no test was running.
#[derive(Clone, Debug, Default)]
pub(crate) struct Refused {
    pub(crate) method: String,
    pub(crate) path: String,
    pub(crate) sentence: String,
}

impl TestRun {
    pub(crate) fn has_passed(&self) -> bool {
        self.verdict == "passed"
    }
}

impl LastRun {
    /// The run of the working directory, or the given file; `None` if no test has run.
    pub(crate) fn read(file: Option<&PathBuf>) -> Option<Self> {
        let path = file.cloned().or_else(|| crate::testing::last_run::path().ok())?;
        let bytes = fs::read(&path).ok()?;
        let at = fs::metadata(&path).and_then(|file| file.modified()).ok();
        Some(Self { at, ..Self::parse(&String::from_utf8_lossy(&bytes)) })
    }

    pub(crate) fn parse(text: &str) -> Self {
        let mut run = Self::default();
        for line in text.lines() {
            // A process may have been killed while it wrote its line.
            let Ok(line) = serde_json::from_str::<Value>(line) else { continue };
            if line["refused"].is_object() {
                run.refused.push(refused(&line["refused"]));
            } else if let Some(test) = test(&line) {
                let is_same =
                    |known: &TestRun| known.test == test.test && known.fixture == test.fixture;
                run.tests.retain(|known| !is_same(known));
                run.tests.push(test);
            }
        }
        run.tests.sort_by(|left, right| {
            (left.has_passed(), &left.test).cmp(&(right.has_passed(), &right.test))
        });
        run
    }

    pub(crate) fn failed(&self) -> usize {
        self.tests.iter().filter(|test| !test.has_passed()).count()
    }

    pub(crate) fn misses(&self) -> usize {
        self.tests.iter().map(|test| test.misses.len()).sum()
    }

    /// `, 3h ago`; nothing if the time is unknown.
    pub(crate) fn when(&self) -> String {
        match self.at.map(|at| now().duration_since(at).unwrap_or_default()) {
            None => String::new(),
            Some(time) if time < Duration::from_secs(60) => ", just now".to_owned(),
            Some(time) => format!(", {} ago", age(time)),
        }
    }
}

fn text(value: &Value) -> String {
    value.as_str().unwrap_or_default().to_owned()
}

fn texts(value: &Value, each: impl Fn(&Value) -> String) -> Vec<String> {
    value.as_array().map(|items| items.iter().map(each).collect()).unwrap_or_default()
}

fn test(line: &Value) -> Option<TestRun> {
    let name = line["test"].as_str()?.to_owned();
    let usage = &line["usage"];
    let note = |note: &Value| {
        let remedy = note["remedy"].as_str().map(|remedy| format!("; {remedy}"));
        format!("{}{}", text(&note["sentence"]), remedy.unwrap_or_default())
    };
    let usd = match &usage["usd"] {
        Value::String(usd) => Some(usd.clone()),
        Value::Number(usd) => Some(usd.to_string()),
        _ => None,
    };
    Some(TestRun {
        test: name,
        fixture: text(&line["fixture"]),
        mode: text(&line["mode"]),
        verdict: text(&line["verdict"]),
        used: line["interactions"]["used"].as_u64().unwrap_or_default(),
        total: line["interactions"]["total"].as_u64().unwrap_or_default(),
        misses: line["misses"]
            .as_array()
            .map(|misses| misses.iter().map(miss).collect())
            .unwrap_or_default(),
        failures: texts(&line["failures"], |failure| text(&failure["sentence"])),
        notes: texts(&line["notes"], note),
        usd,
        input: usage["input"].as_u64().unwrap_or_default(),
        output: usage["output"].as_u64().unwrap_or_default(),
        record: line["record"].as_str().map(str::to_owned),
    })
}

fn miss(miss: &Value) -> Miss {
    Miss {
        request: miss["request"].as_u64().unwrap_or_default(),
        provider: text(&miss["provider"]),
        method: text(&miss["method"]),
        path: text(&miss["path"]),
        sentence: text(&miss["sentence"]),
        differs_at: texts(&miss["differs_at"], text),
        interaction: miss["interaction"].as_u64().and_then(|number| usize::try_from(number).ok()),
        is_used: !miss["used_by"].is_null(),
        sent: miss["sent"].as_str().map(str::to_owned),
    }
}

fn refused(line: &Value) -> Refused {
    Refused {
        method: text(&line["method"]),
        path: text(&line["path"]),
        sentence: text(&line["sentence"]),
    }
}
