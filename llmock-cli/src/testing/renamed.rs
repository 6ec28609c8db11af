//! Tests that were renamed: an owner without a test, and a test that sends an equal request and had no recordings before.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;

use llmock::{Fixture, Interaction};

use crate::problem::Problem;
use crate::suite::Suite;
use crate::testing::LastRun;

/// A test under its old and its new name.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Rename {
    pub(crate) old: String,
    pub(crate) new: String,
}

/// Pairs that may be renames, before the list of tests confirms that the old name is gone.
///
/// `before` are the fixtures before the run, `after` those behind it.
pub(crate) fn candidates<'f>(
    before: impl Iterator<Item = &'f Fixture>,
    after: &[Fixture],
    run: &LastRun,
) -> Vec<Rename> {
    let ran: BTreeSet<&str> =
        run.tests.iter().filter(|one| one.has_passed()).map(|one| one.test.as_str()).collect();
    let mut recorded: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    for interaction in before.flat_map(Fixture::interactions) {
        let Some(test) = interaction.test() else { continue };
        recorded.entry(test.to_owned()).or_default().insert(interaction.hash());
    }
    let mut found: BTreeSet<Rename> = BTreeSet::new();
    let is_new = |test: &str| ran.contains(test) && !recorded.contains_key(test);
    for interaction in after.iter().flat_map(Fixture::interactions) {
        let Some(new) = interaction.test().filter(|test| is_new(test)) else { continue };
        let hash = interaction.hash();
        let gone = recorded.iter().filter(|(old, _)| !ran.contains(old.as_str()));
        let equal = gone.filter(|(_, hashes)| hashes.contains(&hash));
        found.extend(equal.map(|(old, _)| Rename { old: old.clone(), new: new.to_owned() }));
    }
    for tested in run.tests.iter().filter(|one| one.has_passed()) {
        let borrowed = tested.borrowed.iter().filter(|_| !recorded.contains_key(&tested.test));
        let borrowed = borrowed.filter(|old| !ran.contains(old.as_str()));
        found.extend(borrowed.map(|old| Rename { old: old.clone(), new: tested.test.clone() }));
    }
    found.into_iter().collect()
}

/// Those whose old name no test has; a name that fits several tests is not decided here.
pub(crate) fn confirmed(candidates: Vec<Rename>, suite: &Suite) -> Vec<Rename> {
    let all = candidates.clone();
    let is_only = |one: &Rename| all.iter().filter(|other| other.old == one.old).count() == 1;
    candidates.into_iter().filter(|one| !suite.has(&one.old) && is_only(one)).collect()
}

/// Gives the interactions of the old name to the new one; those that the new one has recorded itself are removed, and
/// with the last one the file. Returns how many interactions changed hands and how many went.
pub(crate) fn apply(rename: &Rename, fixtures: &[Fixture]) -> Result<(usize, usize), Problem> {
    let of = |one: &Interaction, test: &str| one.test() == Some(test);
    let new: BTreeSet<String> = fixtures
        .iter()
        .flat_map(Fixture::interactions)
        .filter(|one| of(one, &rename.new))
        .map(Interaction::hash)
        .collect();
    let (mut moved, mut gone) = (0, 0);
    for fixture in
        fixtures.iter().filter(|one| one.interactions().iter().any(|one| of(one, &rename.old)))
    {
        let edited = Fixture::edit(fixture.path(), |interactions| {
            let before = interactions.len();
            // A test that was recorded under its new name has all that it needs.
            interactions.retain(|one| new.is_empty() || !of(one, &rename.old));
            gone += before - interactions.len();
            for one in interactions.iter_mut().filter(|one| of(one, &rename.old)) {
                one.set_test(Some(&rename.new));
                moved += 1;
            }
            interactions.is_empty()
        });
        if edited.map_err(Problem::NotEdited)? {
            let path = fixture.path().to_owned();
            fs::remove_file(&path).map_err(|why| Problem::NotDeleted { path, why })?;
        }
    }
    Ok((moved, gone))
}
