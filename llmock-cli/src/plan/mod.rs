//! What an edit costs: the requests that a suite would record, from what each test wrote in a run that records nothing.
//!
//! `cause` says what changed in a request, and `shown` prints the plan.

pub(crate) mod cause;
pub(crate) mod shown;

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::{fs, io};

use llmock::__command::{
    conversation, decrypted, estimated_tokens, is_encrypted_path, known_provider, sha256, summary,
};
use llmock::{Fixture, Interaction, TokenUsage, price_of};
use serde_json::Value;

use crate::problem::Problem;
use crate::testing::last_run;
use crate::workspace;
use cause::Cause;

/// A request that recording would send.
#[derive(Clone, Debug)]
pub(crate) struct Planned {
    pub(crate) test: String,
    pub(crate) fixture: String,
    /// The recording that it makes obsolete, counted from one; `None` for a request that is new.
    pub(crate) number: Option<usize>,
    pub(crate) prompt: Option<String>,
    /// The obsolete recording whose conversation it continues.
    pub(crate) later_turn_of: Option<usize>,
    pub(crate) causes: BTreeSet<Cause>,
    pub(crate) model: String,
    pub(crate) usage: TokenUsage,
    /// `None` if the model has no price.
    pub(crate) usd: Option<f64>,
}

/// The plan of a suite.
#[derive(Debug, Default)]
pub(crate) struct Plan {
    pub(crate) requests: Vec<Planned>,
    /// Recordings that no request used, by their fixtures.
    pub(crate) unused: BTreeMap<String, usize>,
    /// How many tests sent requests.
    pub(crate) tests: usize,
    /// Tests that failed by themselves, whose later requests are not known.
    pub(crate) failed: Vec<String>,
    /// Tests that ended at a new request; what they send after its response is not known.
    pub(crate) open: Vec<String>,
}

/// The file in which a plan waits for `llmock record --planned`.
pub(crate) fn path() -> PathBuf {
    last_run::folder().join("plan.json")
}

/// The tests of the last plan.
pub(crate) fn tests() -> Result<Vec<String>, Problem> {
    let path = path();
    let text = fs::read_to_string(&path).map_err(|_| Problem::NoPlan)?;
    let plan: Value = serde_json::from_str(&text).map_err(|_| Problem::NoPlan)?;
    let requests = plan["requests"].as_array().into_iter().flatten();
    let mut tests: Vec<String> =
        requests.filter_map(|one| one["test"].as_str().map(str::to_owned)).collect();
    tests.sort();
    tests.dedup();
    Ok(tests)
}

impl Plan {
    /// Reads the lines that tests have written; the last one of each test counts.
    pub(crate) fn read(path: &Path) -> Result<Self, Problem> {
        let text = match fs::read_to_string(path) {
            Ok(text) => text,
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => String::new(),
            Err(why) => return Err(Problem::Io { action: "read", path: path.to_owned(), why }),
        };
        let lines = text.lines().filter_map(|line| serde_json::from_str::<Value>(line).ok());
        let by_test: BTreeMap<String, Value> =
            lines.filter_map(|line| Some((line["test"].as_str()?.to_owned(), line))).collect();
        let mut plan = Self::default();
        for (test, line) in by_test {
            plan.add(&test, &line)?;
        }
        Ok(plan)
    }

    fn add(&mut self, test: &str, line: &Value) -> Result<(), Problem> {
        let numbers = |name: &str| -> Vec<usize> {
            let list = line[name].as_array().into_iter().flatten();
            list.filter_map(|one| usize::try_from(one.as_u64()?).ok()).collect()
        };
        let (used, own, stand_ins) = (numbers("used"), numbers("own"), numbers("stand_ins"));
        let path = PathBuf::from(line["fixture"].as_str().unwrap_or_default());
        let shown = workspace::shown(&path);
        self.tests += usize::from(line["requests"].as_u64().is_some_and(|requests| requests > 0));
        let is_new = line["new"].as_array().is_some_and(|new| !new.is_empty());
        match (line["passed"] == true, is_new) {
            (false, true) => self.open.push(test.to_owned()),
            (false, false) => self.failed.push(test.to_owned()),
            (true, _) => {}
        }
        let pending = pending(&path, line)?;
        let pending = Fixture::parse(&path, &pending).map_err(Problem::Unreadable)?;
        let first = self.requests.len();
        let recorded = if stand_ins.is_empty() {
            Vec::new()
        } else {
            Fixture::load(&path).map_err(Problem::Unreadable)?.interactions().to_vec()
        };
        let mut spare: Vec<usize> = own
            .iter()
            .copied()
            .filter(|at| !used.contains(at) && !stand_ins.contains(at))
            .collect();
        self.add_stand_ins(
            (test, &shown),
            (&recorded, pending.interactions()),
            (&used, &stand_ins),
            &mut spare,
        );
        for one in line["new"].as_array().into_iter().flatten() {
            self.requests.push(unknown(test, &shown, one));
        }
        if is_encrypted_path(&path) {
            self.requests[first..].iter_mut().for_each(Planned::hide);
        }
        if !spare.is_empty() && line["passed"] == true {
            *self.unused.entry(shown).or_default() += spare.len();
        }
        Ok(())
    }

    /// The requests that recordings stood in for.
    fn add_stand_ins(
        &mut self,
        (test, shown): (&str, &str),
        (recorded, pending): (&[Interaction], &[Interaction]),
        (used, stand_ins): (&[usize], &[usize]),
        spare: &mut Vec<usize>,
    ) {
        let mut earlier: Vec<(usize, Vec<String>)> = Vec::new();
        for (new, stood_in) in pending.iter().zip(stand_ins) {
            // What was requested itself is not obsolete because it stood in: another one of its length is.
            let other =
                used.contains(stood_in).then(|| instead(recorded, *stood_in, spare)).flatten();
            let number = other.or_else(|| (!used.contains(stood_in)).then_some(*stood_in));
            let at = number.unwrap_or(*stood_in);
            let Some(old) = recorded.get(at - 1) else { continue };
            let turns = turns(old);
            let later_turn_of = earlier
                .iter()
                .rev()
                .find(|(_, before)| turns.len() > before.len() && turns.starts_with(before))
                .map(|(number, _)| *number);
            earlier.push((at, turns));
            self.requests.push(planned(test, shown, number, later_turn_of, old, new));
        }
    }

    /// The tests that would record something.
    pub(crate) fn affected(&self) -> BTreeSet<&str> {
        self.requests.iter().map(|one| one.test.as_str()).collect()
    }

    /// What the responses are likely to report.
    pub(crate) fn usage(&self) -> crate::testing::last_run::Usage {
        let each = self.requests.iter().map(|one| {
            let has_price = one.usd.is_some();
            crate::testing::last_run::Usage {
                requests: 1,
                input: one.usage.input,
                cached: one.usage.cached,
                output: one.usage.output,
                usd: one.usd,
                unpriced: if has_price { Vec::new() } else { vec![one.model.clone()] },
            }
        });
        let each: Vec<_> = each.collect();
        crate::testing::last_run::Usage::total(&each)
    }
}

impl Planned {
    /// The plan is a file, and an encrypted fixture has no text in one.
    fn hide(&mut self) {
        let digest = |text: &str| match text {
            "" => String::new(),
            text => format!("sha256:{}", &sha256(text.as_bytes())[..12]),
        };
        let is_hidden = |text: &str| text.starts_with("sha256:");
        self.prompt =
            self.prompt.take().map(|text| if is_hidden(&text) { text } else { digest(&text) });
        let causes = std::mem::take(&mut self.causes).into_iter();
        self.causes = causes
            .map(|cause| Cause { old: digest(&cause.old), new: digest(&cause.new), ..cause })
            .collect();
    }
}

/// The requests that stood in, as the text of a fixture. Those of an encrypted one are encrypted in the line.
fn pending(path: &Path, line: &Value) -> Result<String, Problem> {
    if let Some(why) = line["unsealed"].as_str() {
        return Err(Problem::Io {
            action: "plan",
            path: path.to_owned(),
            why: io::Error::other(why),
        });
    }
    let Some(sealed) = line["sealed"].as_str() else {
        return Ok(line["pending"].as_str().unwrap_or_default().to_owned());
    };
    let digits = sealed.as_bytes().chunks_exact(2).filter_map(|two| str::from_utf8(two).ok());
    let bytes: Vec<u8> = digits.filter_map(|two| u8::from_str_radix(two, 16).ok()).collect();
    let text = decrypted(path, bytes).and_then(|bytes| {
        String::from_utf8(bytes).map_err(|why| io::Error::new(io::ErrorKind::InvalidData, why))
    });
    text.map_err(|why| Problem::Io { action: "read", path: path.to_owned(), why })
}

/// Takes a recording that nothing used, with as many messages as the one that stood in.
fn instead(recorded: &[Interaction], stood_in: usize, spare: &mut Vec<usize>) -> Option<usize> {
    let length = |number: usize| recorded.get(number - 1).map(|one| turns(one).len());
    let wanted = length(stood_in);
    let place = spare.iter().position(|other| length(*other) == wanted)?;
    Some(spare.remove(place))
}

/// The messages of a request.
fn turns(interaction: &Interaction) -> Vec<String> {
    let conversation = conversation(interaction);
    let sent = conversation.turns.iter().take(conversation.sent);
    sent.map(|turn| {
        let parts: Vec<String> = turn.parts.iter().map(ToString::to_string).collect();
        format!("{} {}", turn.speaker.name(), parts.join("\n"))
    })
    .collect()
}

/// The tokens of the recording, changed by what the request is longer or shorter.
fn planned(
    test: &str,
    fixture: &str,
    number: Option<usize>,
    later_turn_of: Option<usize>,
    old: &Interaction,
    new: &Interaction,
) -> Planned {
    let mut usage = summary(old).usage;
    let (before, after) = (estimated_tokens(old), estimated_tokens(new));
    usage.input =
        if usage.input == 0 { after } else { (usage.input + after).saturating_sub(before).max(1) };
    usage.cached = usage.cached.min(usage.input);
    let model = new.model().unwrap_or_default();
    Planned {
        test: test.to_owned(),
        fixture: fixture.to_owned(),
        number,
        prompt: new.prompt(),
        later_turn_of,
        causes: cause::causes(old, new),
        usd: price_of(new.provider(), &model, usage),
        model,
        usage,
    }
}

/// A request for which no recording could stand in; nothing tells what its response will be.
fn unknown(owner: &str, fixture: &str, one: &Value) -> Planned {
    let text = |name: &str| one[name].as_str().map(str::to_owned);
    let mut usage = TokenUsage::default();
    usage.input = one["tokens"].as_u64().unwrap_or_default();
    let model = text("model").unwrap_or_default();
    let provider = known_provider(one["provider"].as_str().unwrap_or_default());
    Planned {
        test: owner.to_owned(),
        fixture: fixture.to_owned(),
        number: None,
        prompt: text("prompt"),
        later_turn_of: None,
        causes: BTreeSet::from([Cause::new_request()]),
        usd: provider.ok().and_then(|provider| price_of(provider, &model, usage)),
        model,
        usage,
    }
}
