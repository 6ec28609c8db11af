//! `llmock plan`: what an edit makes obsolete, and what it costs to record that again.

use std::{fs, io};

use clap::Args;

use crate::output::Screen;
use crate::plan::{self, Plan, shown};
use crate::problem::Problem;
use crate::testing::{Runner, last_run};

/// Show what an edit makes obsolete, and what it costs to record it again
///
/// Runs the tests in replay. A request without a recording gets the response at the same place of its conversation, so that
/// later turns are seen; nothing is recorded, and no provider is contacted. Prints the obsolete recordings by what changed
/// them, the later turns that depend on them, and the requests, tokens and dollars that recording them takes.
#[derive(Args, Debug)]
#[command(after_help = super::help(&[
    ("llmock plan", "all tests of the workspace"),
    ("llmock plan -- cargo test -p api", "the tests of a package"),
    ("llmock plan --prices prices.toml", "with prices of your own"),
    ("llmock record --planned", "records what the last plan names"),
]))]
pub(crate) struct PlanArguments {
    #[command(flatten)]
    runner: Runner,
}

pub(crate) fn plan(screen: &mut Screen, arguments: &PlanArguments) -> io::Result<()> {
    match made(arguments) {
        Ok(plan) if arguments.runner.json => screen.json(&shown::json(&plan)),
        Ok(plan) => shown::print(screen, &plan),
        Err(problem) => screen.problem(&problem),
    }
}

fn made(arguments: &PlanArguments) -> Result<Plan, Problem> {
    let command = arguments.runner.command()?;
    command.build()?;
    let folder = last_run::folder();
    let lines = std::path::absolute(folder.join("plan.jsonl")).unwrap_or(folder.join("plan.jsonl"));
    let failed = |why| Problem::Io { action: "write", path: lines.clone(), why };
    fs::create_dir_all(&folder).map_err(failed)?;
    if lines.exists() {
        fs::remove_file(&lines).map_err(failed)?;
    }
    // Tests fail where their assertions meet the response of an edited prompt; that is no error here.
    command.variable("LLMOCK_MODE", "replay").variable("LLMOCK_PLAN", &lines).run(true)?;
    let plan = Plan::read(&lines)?;
    if plan.tests == 0 {
        return Err(Problem::NoTestUsedLlmock);
    }
    let text = format!("{:#}\n", shown::json(&plan));
    let path = plan::path();
    fs::write(&path, text).map_err(|why| Problem::Io { action: "write", path, why })?;
    Ok(plan)
}
