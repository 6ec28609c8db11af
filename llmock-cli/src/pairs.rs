//! Which interactions of two versions of a fixture belong together.

use crate::workspace::Entry;

#[derive(Clone, Copy, Debug)]
pub(crate) enum Pair<'e, 'f> {
    Both(&'e Entry<'f>, &'e Entry<'f>),
    Removed(&'e Entry<'f>),
    Added(&'e Entry<'f>),
}

/// Whether two interactions belong together.
type Fits<'a> = dyn Fn(&Entry<'_>, &Entry<'_>) -> bool + 'a;

/// Pairs equal requests of one test first, then equal requests, then the next of the same test and address. Order is that
/// of the newer version; what was removed follows.
pub(crate) fn pairs<'e, 'f>(old: &'e [Entry<'f>], new: &'e [Entry<'f>]) -> Vec<Pair<'e, 'f>> {
    let mut partner: Vec<Option<usize>> = vec![None; new.len()];
    let mut is_taken = vec![false; old.len()];
    let same_request = |a: &Entry<'_>, b: &Entry<'_>| a.hash == b.hash;
    let same_test = |a: &Entry<'_>, b: &Entry<'_>| a.interaction.test() == b.interaction.test();
    let same_address = |a: &Entry<'_>, b: &Entry<'_>| {
        a.interaction.provider() == b.interaction.provider()
            && a.interaction.method() == b.interaction.method()
            && a.interaction.path() == b.interaction.path()
    };
    let rounds: [&Fits<'_>; 3] =
        [&|a, b| same_request(a, b) && same_test(a, b), &same_request, &|a, b| {
            same_address(a, b) && same_test(a, b)
        }];
    for fits in rounds {
        for (at, entry) in new.iter().enumerate() {
            if partner[at].is_none() {
                let found = (0..old.len()).find(|&one| !is_taken[one] && fits(&old[one], entry));
                if let Some(one) = found {
                    is_taken[one] = true;
                    partner[at] = Some(one);
                }
            }
        }
    }
    let both = new.iter().zip(partner).map(|(entry, one)| match one {
        Some(one) => Pair::Both(&old[one], entry),
        None => Pair::Added(entry),
    });
    let removed = old.iter().zip(is_taken).filter(|(_, is_taken)| !is_taken);
    both.chain(removed.map(|(entry, _)| Pair::Removed(entry))).collect()
}
