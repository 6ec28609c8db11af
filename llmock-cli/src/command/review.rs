//! `llmock review`, `accept` and `reject`: decides about what waits beside fixtures.

use std::io;
use std::path::PathBuf;

use clap::Args;
use llmock::__command::{changes, summary};
use llmock::Interaction;
use serde_json::{Value, json};

use crate::output::Screen;
use crate::output::changes::json as changes_as_json;
use crate::output::style::{BOLD, DIM, GREEN, RED, YELLOW};
use crate::output::text::{count, shortened, visible};
use crate::problem::Problem;
use crate::review::apply::{Decision, apply};
use crate::review::decide::{Answer, Input};
use crate::review::{Waiting, waiting};
use crate::workspace;

/// Decide about failed attempts, pending requests, and removed interactions, one by one
///
/// On a terminal single keys answer, as in `cargo insta review`: `a` accepts, `r` rejects, `s` skips, `i` shows where it
/// comes from, `d` switches between the difference and the whole; `A`, `R` and `S` answer for all that follow. Without a
/// terminal the same letters are read line by line from standard input, whose end skips the rest, as `q`, Ctrl-C and
/// Ctrl-D do on a terminal. What was decided before is written.
#[derive(Args, Debug)]
#[command(after_help = super::help(&[
    ("llmock review", "everything that waits in the workspace"),
    ("llmock review tests/fixtures/chat", "beside one fixture"),
    ("yes a | llmock review", "in a script; so does `llmock accept`"),
]))]
pub(crate) struct Review {
    /// Fixtures, files beside them such as `chat.json.failed`, or folders; by default the workspace
    #[arg(value_name = "PATH")]
    paths: Vec<PathBuf>,

    /// Print what waits as JSON, and decide nothing
    #[arg(long)]
    json: bool,
}

/// Which interactions are decided without a question, and how that is printed.
#[derive(Args, Debug)]
pub(crate) struct Chosen {
    /// Fixtures, files beside them such as `chat.json.failed`, or folders; by default the workspace
    #[arg(value_name = "PATH")]
    paths: Vec<PathBuf>,

    /// Only the interaction whose hash starts with these digits, as `llmock review --json` shows it
    #[arg(long, value_name = "PREFIX", value_parser = crate::selection::prefix)]
    hash: Option<String>,

    /// Print JSON: an array with an object for each change
    #[arg(long)]
    json: bool,
}

/// Accept what waits beside fixtures: failed attempts, pending requests, removals
#[derive(Args, Debug)]
#[command(after_help = super::help(&[
    ("llmock accept", "everything that waits in the workspace"),
    ("llmock accept tests/fixtures/chat.json.failed", "the attempts of one fixture"),
]))]
pub(crate) struct Accept {
    #[command(flatten)]
    chosen: Chosen,
}

/// Reject what waits beside fixtures: deletes attempts and pending requests, and puts back what was removed
#[derive(Args, Debug)]
#[command(after_help = super::help(&[
    ("llmock reject", "everything that waits in the workspace"),
    ("llmock reject tests/fixtures/chat", "beside one fixture"),
]))]
pub(crate) struct Reject {
    #[command(flatten)]
    chosen: Chosen,
}

pub(crate) fn accept(screen: &mut Screen, Accept { chosen }: &Accept) -> io::Result<()> {
    decide_all(screen, chosen, Decision::Accept)
}

pub(crate) fn reject(screen: &mut Screen, Reject { chosen }: &Reject) -> io::Result<()> {
    decide_all(screen, chosen, Decision::Reject)
}

fn decide_all(screen: &mut Screen, chosen: &Chosen, decision: Decision) -> io::Result<()> {
    screen.collect_changes(chosen.json);
    let files = match waiting(&chosen.paths).and_then(|files| select(files, chosen)) {
        Ok(files) => files,
        Err(problem) => return screen.problem(&problem),
    };
    if files.is_empty() {
        return screen.remark("nothing waits for a decision");
    }
    for (file, is_chosen) in files {
        let decisions: Vec<Decision> = is_chosen
            .iter()
            .map(|chosen| if *chosen { decision } else { Decision::Skip })
            .collect();
        finish(screen, &file, &decisions)?;
    }
    Ok(())
}

/// The files with what is chosen of each.
fn select(files: Vec<Waiting>, chosen: &Chosen) -> Result<Vec<(Waiting, Vec<bool>)>, Problem> {
    let Some(prefix) = &chosen.hash else {
        return Ok(files
            .into_iter()
            .map(|file| (all(&file), file))
            .map(|(all, file)| (file, all))
            .collect());
    };
    let is_it = |one: &Interaction| workspace::digits(&one.hash()).starts_with(prefix.as_str());
    let all = files.iter().flat_map(|file| &file.interactions);
    let found: Vec<String> = all.filter(|one| is_it(one)).map(Interaction::hash).collect();
    match found.as_slice() {
        [_] => {}
        [] => {
            return Err(Problem::Other(format!(
                "nothing that waits has a hash that starts with `{prefix}`"
            )));
        }
        [first, rest @ ..] => {
            let hint = if rest.iter().all(|one| one == first) {
                "their requests are equal; `llmock review` asks for each"
            } else {
                "name its file, or add digits"
            };
            return Err(Problem::Other(format!(
                "`{prefix}` is ambiguous, {} hashes begin with it\nhint: {hint}",
                found.len()
            )));
        }
    }
    let marked = files.into_iter().map(|file| {
        let is_chosen: Vec<bool> = file.interactions.iter().map(is_it).collect();
        (file, is_chosen)
    });
    Ok(marked.filter(|(_, is_chosen)| is_chosen.contains(&true)).collect())
}

fn all(file: &Waiting) -> Vec<bool> {
    vec![true; file.interactions.len()]
}

pub(crate) fn review(screen: &mut Screen, Review { paths, json }: &Review) -> io::Result<()> {
    let files = match waiting(paths) {
        Ok(files) => files,
        Err(problem) => return screen.problem(&problem),
    };
    if *json {
        let items = files
            .iter()
            .flat_map(|file| (0..file.interactions.len()).map(move |at| item(file, at)));
        return screen.json(&items.collect::<Value>());
    }
    let total: usize = files.iter().map(|file| file.interactions.len()).sum();
    if total == 0 {
        return screen.line("nothing waits for a decision");
    }
    let mut input = Input::new();
    let (mut number, mut for_all) = (0, None);
    for file in &files {
        let mut decisions = Vec::new();
        for at in 0..file.interactions.len() {
            number += 1;
            let decision = if let Some(decision) = for_all {
                decision
            } else {
                let place = format!("{number}/{total}");
                match ask(screen, &mut input, file, at, &place)? {
                    Answer::All(decision) => {
                        for_all = Some(decision);
                        decision
                    }
                    Answer::One(decision) => decision,
                    Answer::Info | Answer::Diff => Decision::Skip,
                }
            };
            decisions.push(decision);
        }
        finish(screen, file, &decisions)?;
    }
    Ok(())
}

/// Shows an interaction until it is decided.
fn ask(
    screen: &mut Screen,
    input: &mut Input,
    file: &Waiting,
    at: usize,
    place: &str,
) -> io::Result<Answer> {
    let (mut has_info, mut has_diff) = (true, true);
    loop {
        show(screen, file, at, place, (has_info, has_diff))?;
        let keys = "[a]ccept  [r]eject  [s]kip  [i]nfo  [d]iff  [A]ll  [R]eject all  [S]kip all";
        screen.line(&screen.paint(DIM, keys))?;
        if input.is_terminal() {
            screen.line(&screen.paint(DIM, file.kind.effect()))?;
        }
        screen.flush()?;
        match input.answer()? {
            Answer::Info => has_info = !has_info,
            Answer::Diff => has_diff = !has_diff,
            answer => return Ok(answer),
        }
    }
}

fn show(
    screen: &mut Screen,
    file: &Waiting,
    at: usize,
    place: &str,
    (has_info, has_diff): (bool, bool),
) -> io::Result<()> {
    let new = &file.interactions[at];
    screen.gap()?;
    let head =
        format!("{place}  {}  {}#{}", file.kind.title(), workspace::shown(&file.path), at + 1);
    screen.line(&screen.paint(BOLD, &visible(&head)))?;
    if has_info {
        let test = new.test().unwrap_or("no test");
        let model = new.model().unwrap_or_default();
        let recorded = new.recorded_at().unwrap_or("no date");
        let line = format!("{test}  {} {model}  {recorded}", new.provider().id());
        screen.line(&screen.paint(DIM, &visible(&line)))?;
    }
    let old = file.recorded(at).filter(|_| has_diff);
    match old {
        Some(old) => differences(screen, old, new),
        None => whole(screen, new),
    }
}

fn differences(screen: &mut Screen, old: &Interaction, new: &Interaction) -> io::Result<()> {
    let found = changes(old, new);
    if found.is_empty() {
        return screen.line("  the same request and the same response as in the fixture");
    }
    screen.changes(&found)
}

fn whole(screen: &mut Screen, one: &Interaction) -> io::Result<()> {
    let summary = summary(one);
    let request = summary.prompt.unwrap_or_else(|| format!("{} {}", one.method(), one.path()));
    screen.line(&format!("  → {}", shortened(&request, 300)))?;
    let response = summary.response.unwrap_or_else(|| format!("status {}", one.status()));
    screen.line(&format!("  ← {}", shortened(&response, 300)))
}

/// Writes the decisions about a file, and says what became of it.
fn finish(screen: &mut Screen, file: &Waiting, decisions: &[Decision]) -> io::Result<()> {
    if let Err(problem) = apply(file, decisions) {
        return screen.problem(&problem);
    }
    let number = |decision: Decision| decisions.iter().filter(|one| **one == decision).count();
    let parts = [
        (Decision::Accept, "accepted", GREEN),
        (Decision::Reject, "rejected", RED),
        (Decision::Skip, "skipped", YELLOW),
    ];
    let parts = parts.into_iter().filter(|(decision, ..)| number(*decision) > 0);
    let parts: Vec<_> = parts.collect();
    let name = workspace::shown(&file.path);
    for (decision, word, _) in &parts {
        screen.collect(&json!({
            "action": word,
            "kind": file.kind.name(),
            "file": name,
            "fixture": workspace::shown(&file.fixture_path),
            "interactions": number(*decision),
        }));
    }
    let parts: Vec<String> = parts
        .into_iter()
        .map(|(decision, word, colour)| {
            format!("{} {}", screen.paint(colour, word), count(number(decision), file.kind.title()))
        })
        .collect();
    screen.remark(&format!("{}: {}", visible(&name), parts.join(", ")))
}

fn item(file: &Waiting, at: usize) -> Value {
    let one = &file.interactions[at];
    let changes = file.recorded(at).map(|old| changes(old, one)).unwrap_or_default();
    json!({
        "kind": file.kind.name(),
        "file": workspace::shown(&file.path),
        "number": at + 1,
        "fixture": workspace::shown(&file.fixture_path),
        "test": one.test(),
        "hash": workspace::digits(&one.hash()),
        "prompt": one.prompt(),
        "response": summary(one).response,
        "changes": changes_as_json(&changes),
    })
}
