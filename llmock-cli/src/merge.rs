//! Three versions of a fixture become one, interaction by interaction.
//!
//! Interactions of two versions belong together if they have the same request, of the same test where there is a choice. What one side changed, added, or
//! removed is taken over. Only an interaction that both sides changed differently is a conflict, unless what differs are ids
//! and times: then that of the newer recording is taken, for all interactions of one test from the same side.

mod text;

use std::collections::{BTreeMap, BTreeSet};

use llmock::__command::changes;
use llmock::{Fixture, Interaction};

pub(crate) use text::{conflicted, of as text_of};

/// What becomes of an interaction.
#[derive(Clone, Debug, PartialEq)]
#[expect(
    clippy::large_enum_variant,
    reason = "there are as many as interactions, and most are whole"
)]
pub(crate) enum Piece {
    Clean(Interaction),
    /// `None` is an interaction that this side removed.
    Conflict {
        ours: Option<Interaction>,
        theirs: Option<Interaction>,
    },
}

/// The merged interactions in their order.
#[derive(Debug, Default)]
pub(crate) struct Merged {
    pub(crate) pieces: Vec<Piece>,
    /// Tests for which both sides recorded other new requests.
    pub(crate) both_recorded: Vec<String>,
}

/// One interaction of one version.
struct Item<'f> {
    interaction: &'f Interaction,
    request: String,
    /// Everything but the owner, as canonical text.
    content: String,
}

/// The same interaction in up to three versions, by position.
#[derive(Clone, Copy, Debug, Default)]
struct Slot {
    base: Option<usize>,
    ours: Option<usize>,
    theirs: Option<usize>,
}

/// The side whose recordings of a test are newer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Side {
    Ours,
    Theirs,
}

pub(crate) fn merge(base: &Fixture, ours: &Fixture, theirs: &Fixture) -> Merged {
    let [base, ours, theirs] = [base, ours, theirs].map(items);
    let slots = slots(&base, &ours, &theirs);
    let newer = newer(&ours, &theirs);
    let mut merged = Merged::default();
    let [mut by_us, mut by_them] = [BTreeSet::new(), BTreeSet::new()];
    for slot in &slots {
        let at =
            |items: &'_ [Item<'_>], at: Option<usize>| at.map(|at| items[at].interaction.clone());
        match (slot.base, slot.ours, slot.theirs) {
            (None, Some(one), None) => _ = by_us.insert(ours[one].interaction.test()),
            (None, None, Some(one)) => _ = by_them.insert(theirs[one].interaction.test()),
            _ => {}
        }
        let versions = [
            slot.base.map(|at| &base[at]),
            slot.ours.map(|at| &ours[at]),
            slot.theirs.map(|at| &theirs[at]),
        ];
        match resolve(versions, &newer) {
            Some(Some(interaction)) => merged.pieces.push(Piece::Clean(interaction)),
            Some(None) => {}
            None => merged.pieces.push(Piece::Conflict {
                ours: at(&ours, slot.ours),
                theirs: at(&theirs, slot.theirs),
            }),
        }
    }
    let both = by_us.intersection(&by_them).flatten();
    merged.both_recorded = both.map(|test| (*test).to_owned()).collect();
    merged
}

impl Merged {
    /// The interactions, if there is no conflict.
    pub(crate) fn clean(&self) -> Option<Vec<Interaction>> {
        let clean = self.pieces.iter().map(|piece| match piece {
            Piece::Clean(interaction) => Some(interaction.clone()),
            Piece::Conflict { .. } => None,
        });
        clean.collect()
    }
}

fn items(fixture: &Fixture) -> Vec<Item<'_>> {
    let item = |interaction| {
        let mut content: Interaction = Clone::clone(interaction);
        content.set_test(None);
        Item { interaction, request: interaction.hash(), content: text::of(&[content]) }
    };
    fixture.interactions().iter().map(item).collect()
}

/// Pairs two versions: `partner[at]` is the position in `old` of `new[at]`.
fn partners(old: &[Item<'_>], new: &[Item<'_>]) -> Vec<Option<usize>> {
    type Fits = fn(&Item<'_>, &Item<'_>) -> bool;
    let rounds: [Fits; 4] = [
        |a, b| a.interaction.test() == b.interaction.test() && a.content == b.content,
        |a, b| a.interaction.test() == b.interaction.test(),
        |a, b| a.content == b.content,
        |_, _| true,
    ];
    let mut by_request: BTreeMap<&str, Vec<usize>> = BTreeMap::new();
    for (at, item) in old.iter().enumerate() {
        by_request.entry(&item.request).or_default().push(at);
    }
    let mut partner = vec![None; new.len()];
    for fits in rounds {
        for (item, partner) in new.iter().zip(&mut partner).filter(|(_, known)| known.is_none()) {
            let Some(free) = by_request.get_mut(item.request.as_str()) else { continue };
            let found = free.iter().position(|&at| fits(&old[at], item));
            *partner = found.map(|found| free.remove(found));
        }
    }
    partner
}

/// All interactions in the order of the result: that of our version, unless only the other one moved something. What the
/// other version has besides follows what it follows there.
fn slots(base: &[Item<'_>], ours: &[Item<'_>], theirs: &[Item<'_>]) -> Vec<Slot> {
    let (from_ours, from_theirs) = (partners(base, ours), partners(base, theirs));
    let in_order = |partners: &[Option<usize>]| partners.iter().flatten().is_sorted();
    let is_swapped = in_order(&from_ours) && !in_order(&from_theirs);
    // What both sides added is one interaction, if it has the same request.
    let added_to = |partners: &[Option<usize>]| -> Vec<usize> {
        (0..partners.len()).filter(|&at| partners[at].is_none()).collect()
    };
    let (own, other) = (added_to(&from_ours), added_to(&from_theirs));
    let twins = twins(ours, &own, theirs, &other);

    let of_ours = |at: usize| Slot {
        base: from_ours[at],
        ours: Some(at),
        theirs: match from_ours[at] {
            Some(base) => from_theirs.iter().position(|one| *one == Some(base)),
            None => twins.iter().find(|(one, _)| *one == at).map(|(_, twin)| *twin),
        },
    };
    let of_theirs = |at: usize| Slot {
        base: from_theirs[at],
        ours: match from_theirs[at] {
            Some(base) => from_ours.iter().position(|one| *one == Some(base)),
            None => twins.iter().find(|(_, twin)| *twin == at).map(|(one, _)| *one),
        },
        theirs: Some(at),
    };
    let ours: Vec<Slot> = (0..ours.len()).map(of_ours).collect();
    let theirs: Vec<Slot> = (0..theirs.len()).map(of_theirs).collect();
    let (mut order, others) = if is_swapped { (theirs, ours) } else { (ours, theirs) };
    let mut after = 0;
    for slot in others {
        let same = |one: &Slot| {
            (slot.ours.is_some() && one.ours == slot.ours)
                || (slot.theirs.is_some() && one.theirs == slot.theirs)
        };
        if let Some(at) = order.iter().position(same) {
            after = at + 1;
        } else {
            order.insert(after, slot);
            after += 1;
        }
    }
    order
}

/// Pairs of equal requests that both sides added.
fn twins(
    ours: &[Item<'_>],
    own: &[usize],
    theirs: &[Item<'_>],
    other: &[usize],
) -> Vec<(usize, usize)> {
    let pick = |items: &[Item<'_>], chosen: &[usize]| -> Vec<(usize, String, Option<String>)> {
        let owner = |at: usize| items[at].interaction.test().map(str::to_owned);
        chosen.iter().map(|&at| (at, items[at].request.clone(), owner(at))).collect()
    };
    let mut free = pick(theirs, other);
    let pair = |(at, request, test): (usize, String, Option<String>)| {
        let found = free.iter().position(|(_, one, owner)| *one == request && *owner == test)?;
        Some((at, free.remove(found).0))
    };
    pick(ours, own).into_iter().filter_map(pair).collect()
}

/// For each test the side that recorded it last.
fn newer<'f>(ours: &[Item<'f>], theirs: &[Item<'f>]) -> BTreeMap<Option<&'f str>, Side> {
    let mut last: BTreeMap<Option<&str>, (&str, Side)> = BTreeMap::new();
    let all = ours.iter().map(|item| (item, Side::Ours));
    for (item, side) in all.chain(theirs.iter().map(|item| (item, Side::Theirs))) {
        let recorded_at = item.interaction.recorded_at().unwrap_or_default();
        let known = last.entry(item.interaction.test()).or_insert((recorded_at, side));
        if recorded_at > known.0 {
            *known = (recorded_at, side);
        }
    }
    last.into_iter().map(|(test, (_, side))| (test, side)).collect()
}

/// One interaction in three versions: what it becomes, `Some(None)` if it is removed, `None` if they conflict.
#[expect(clippy::option_option, reason = "removed is another outcome than undecided")]
fn resolve(
    [base, ours, theirs]: [Option<&Item<'_>>; 3],
    newer: &BTreeMap<Option<&str>, Side>,
) -> Option<Option<Interaction>> {
    let content = |item: Option<&Item<'_>>| item.map(|item| item.content.clone());
    let (before, own, other) = (content(base), content(ours), content(theirs));
    let is_removed = ours.is_none() || theirs.is_none();
    let chosen = if own == other || other == before {
        ours
    } else if own == before {
        theirs
    } else {
        let (one, two) = (ours?, theirs?);
        if !changes(one.interaction, two.interaction).is_empty() {
            return None;
        }
        let side = newer.get(&one.interaction.test()).copied().unwrap_or(Side::Ours);
        if side == Side::Ours { ours } else { theirs }
    };
    let Some(chosen) = chosen else { return Some(None) };
    let mut merged = chosen.interaction.clone();
    if !is_removed {
        let test = |item: Option<&Item<'_>>| {
            item.and_then(|item| item.interaction.test()).map(str::to_owned)
        };
        let [before, own, other] = [base, ours, theirs].map(test);
        // A renamed owner is no conflict with a new recording.
        let owner = if own == before && base.is_some() { other } else { own };
        merged.set_test(owner.as_deref());
    }
    Some(Some(merged))
}

#[cfg(test)]
mod tests;
