//! What is printed, as snapshots: a change of a sentence is a change to review.

mod advising;
mod differing;
mod failing;
mod limits;
mod missing;
mod passing;
mod places;
mod unreached;

use super::command::{Command, Filter, Invocation};
use super::miss::{Closest, Endpoint, Miss, MissReason};
use super::render::block;
use super::{Report, Style, Tally};
use crate::matching::Difference;

/// A replay test that has used two of three interactions.
fn report() -> Report {
    let filter = Some(Filter { name: "summarize".into(), exact: true });
    let command = Command::Test(Invocation { run: "cargo test --test api".into(), filter });
    let mut report =
        Report::new("api::summarize", "tests/fixtures/summarize.json", "replay", command);
    report.tally = Tally { used: 2, total: 3 };
    report.answered.fixture = 2;
    report
}

fn with_misses(misses: impl IntoIterator<Item = Miss>) -> Report {
    let mut report = report();
    report.misses = misses.into_iter().collect();
    report.answered.nothing = report.misses.len();
    report
}

fn miss(reason: MissReason) -> Miss {
    Miss {
        method: "POST".into(),
        path: "/v1/chat/completions".into(),
        provider: "openai",
        model: Some("gpt-4o".into()),
        prompt: Some("Summarise: The quick brown foxes".into()),
        turn: None,
        request: 3,
        body: None,
        reason,
    }
}

fn body_differs(differences: Vec<Difference>) -> MissReason {
    MissReason::BodyDiffers { closest: closest(), differences }
}

fn prompt_and_knob() -> Vec<Difference> {
    vec![
        difference(
            "$.messages[1].content",
            Some(r#""Summarise: The quick brown fox""#),
            Some(r#""Summarise: The quick brown foxes""#),
        ),
        difference("$.temperature", Some("0.2"), None),
    ]
}

fn closest() -> Closest {
    Closest {
        interaction: 3,
        resembles: true,
        others: Vec::new(),
        recorded_at: Some("2026-05-02T10:00:00Z".into()),
        owner: Some("api::summarize".into()),
        used_by: None,
        divergence: None,
    }
}

fn difference(path: &str, recorded: Option<&str>, sent: Option<&str>) -> Difference {
    Difference {
        path: path.into(),
        recorded: recorded.map(Into::into),
        sent: sent.map(Into::into),
        ..Difference::default()
    }
}

fn endpoint(method: &str, path: &str, times: usize) -> Endpoint {
    Endpoint { provider: "openai", method: method.into(), path: path.into(), times }
}

fn plain(report: &Report) -> String {
    block(report, Style::default()).expect("the report has a reason to fail")
}
