//! Writes what was decided about a file: the fixture first, then the file without what is decided.

use std::collections::{HashSet, VecDeque};
use std::fs;

use llmock::__command::stands_in_for;
use llmock::{Fixture, Interaction};

use super::{Kind, Waiting};
use crate::problem::Problem;

/// What happens to one interaction.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum Decision {
    Accept,
    Reject,
    /// It stays where it is.
    #[default]
    Skip,
}

/// Writes the decisions, one for each interaction. Nothing is written if a file has changed since it was read.
pub(crate) fn apply(waiting: &Waiting, decisions: &[Decision]) -> Result<(), Problem> {
    if decisions.iter().all(|one| *one == Decision::Skip) {
        return Ok(());
    }
    let changed = || Problem::ChangedMeanwhile(waiting.path.clone());
    if fs::read(&waiting.path).ok().as_deref() != Some(&waiting.bytes) {
        return Err(changed());
    }
    let chosen = |decision: Decision| -> Vec<Interaction> {
        let all = waiting.interactions.iter().zip(decisions);
        all.filter(|(_, one)| **one == decision).map(|(one, _)| one.clone()).collect()
    };
    let for_fixture =
        chosen(if waiting.kind == Kind::Removed { Decision::Reject } else { Decision::Accept });
    if !for_fixture.is_empty() {
        write(waiting, for_fixture)?;
    }
    let left = chosen(Decision::Skip);
    if left.is_empty() {
        let unremoved = |why| Problem::NotDeleted { path: waiting.path.clone(), why };
        return fs::remove_file(&waiting.path).map_err(unremoved);
    }
    let mut file = Fixture::load(&waiting.path).map_err(Problem::Unreadable)?;
    if waiting.kind == Kind::Pending {
        // Saving computes hashes again, and here they name recordings.
        file.interactions_mut().retain(|one| left.contains(one));
        return file.save_keeping_hashes().map_err(Problem::NotSaved);
    }
    *file.interactions_mut() = left;
    file.save().map_err(Problem::NotSaved)
}

fn write(waiting: &Waiting, chosen: Vec<Interaction>) -> Result<(), Problem> {
    let Some(fixture) = &waiting.fixture else {
        let mut fixture = Fixture::new(&waiting.fixture_path);
        *fixture.interactions_mut() = chosen;
        return fixture.save().map_err(Problem::NotSaved);
    };
    let now = Fixture::load(fixture.path()).map_err(Problem::Unreadable)?;
    if now.interactions() != fixture.interactions() {
        return Err(Problem::ChangedMeanwhile(fixture.path().to_owned()));
    }
    let new = match waiting.kind {
        Kind::Failed => replaced(fixture.interactions(), chosen),
        Kind::Removed => [fixture.interactions(), &chosen].concat(),
        Kind::Pending => stood_in(waiting, fixture.interactions(), chosen)?,
    };
    let written = Fixture::edit(fixture.path(), |interactions| {
        let is_same = interactions == fixture.interactions();
        if is_same {
            *interactions = new;
        }
        is_same
    });
    if written.map_err(Problem::NotEdited)? {
        Ok(())
    } else {
        Err(Problem::ChangedMeanwhile(fixture.path().to_owned()))
    }
}

/// What was recorded again takes the place of what the same test had recorded for the same request.
fn replaced(old: &[Interaction], chosen: Vec<Interaction>) -> Vec<Interaction> {
    let key = |one: &Interaction| (one.test().map(str::to_owned), one.hash());
    let keys: HashSet<_> = chosen.iter().map(key).collect();
    let mut chosen: VecDeque<Option<Interaction>> = chosen.into_iter().map(Some).collect();
    let mut all = Vec::new();
    for one in old {
        let own = key(one);
        if !keys.contains(&own) {
            all.push(one.clone());
            continue;
        }
        let is_it =
            |new: &&mut Option<Interaction>| new.as_ref().is_some_and(|new| key(new) == own);
        all.extend(chosen.iter_mut().find(is_it).and_then(Option::take));
    }
    all.extend(chosen.into_iter().flatten());
    all
}

/// The new request takes the place of the recording whose response it got.
fn stood_in(
    waiting: &Waiting,
    old: &[Interaction],
    chosen: Vec<Interaction>,
) -> Result<Vec<Interaction>, Problem> {
    let mut all = old.to_vec();
    let mut is_taken = vec![false; all.len()];
    for new in chosen {
        let hash = stands_in_for(&new).to_owned();
        let fits = |at: &usize| !is_taken[*at] && all[*at].hash() == hash;
        let own = (0..all.len()).filter(fits).find(|at| all[*at].test() == new.test());
        let found = own.or_else(|| (0..all.len()).find(fits));
        let at = found.ok_or_else(|| Problem::RecordingGone(waiting.path.clone()))?;
        is_taken[at] = true;
        all[at] = new;
    }
    Ok(all)
}
