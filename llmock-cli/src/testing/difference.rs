//! What a run changed in the fixtures of the workspace.

use std::collections::BTreeMap;

use llmock::__command::changes;
use llmock::Fixture;
use serde_json::{Value, json};

use crate::output::text::count;
use crate::pairs::{Pair, pairs};
use crate::workspace;

/// The fixtures before a run.
#[derive(Debug)]
pub(crate) struct Before(BTreeMap<String, Fixture>);

/// What became of one fixture.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct Difference {
    pub(crate) file: String,
    pub(crate) is_new: bool,
    pub(crate) added: usize,
    pub(crate) changed: usize,
    pub(crate) removed: usize,
}

impl Before {
    pub(crate) fn read() -> Self {
        Self(by_path(workspace::read(&[]).fixtures))
    }

    /// The owners of all interactions.
    pub(crate) fn fixtures(&self) -> impl Iterator<Item = &Fixture> {
        self.0.values()
    }

    /// What differs now, in the order of the files.
    pub(crate) fn differences(&self) -> Vec<Difference> {
        let after = by_path(workspace::read(&[]).fixtures);
        let mut all: Vec<Difference> = Vec::new();
        for (path, new) in &after {
            let old = self.0.get(path);
            all.extend(of(path, old, Some(new)));
        }
        let gone = self.0.iter().filter(|(path, _)| !after.contains_key(*path));
        all.extend(gone.filter_map(|(path, old)| of(path, Some(old), None)));
        all
    }
}

fn by_path(fixtures: Vec<Fixture>) -> BTreeMap<String, Fixture> {
    fixtures.into_iter().map(|one| (workspace::shown(one.path()), one)).collect()
}

fn of(path: &str, old: Option<&Fixture>, new: Option<&Fixture>) -> Option<Difference> {
    let text = |fixture: Option<&Fixture>| fixture.map(Fixture::to_json);
    if text(old) == text(new) {
        return None;
    }
    let one = |fixture: Option<&Fixture>| fixture.cloned().into_iter().collect::<Vec<_>>();
    let (before, after) = (one(old), one(new));
    let (before, after) = (workspace::entries(&before), workspace::entries(&after));
    let file = path.to_owned();
    let mut found = Difference { file, is_new: old.is_none(), ..Difference::default() };
    for pair in pairs(&before, &after) {
        match pair {
            Pair::Added(_) => found.added += 1,
            Pair::Removed(_) => found.removed += 1,
            Pair::Both(old, new) => {
                found.changed += usize::from(!changes(old.interaction, new.interaction).is_empty());
            }
        }
    }
    Some(found)
}

impl Difference {
    /// `2 added, 1 changed`; times alone may differ.
    pub(crate) fn shown(&self) -> String {
        let parts = [(self.added, "added"), (self.changed, "changed"), (self.removed, "removed")];
        let parts = parts.iter().filter(|(number, _)| *number > 0);
        let parts: Vec<String> = parts
            .map(|(number, what)| format!("{} {what}", count(*number, "interaction")))
            .collect();
        if parts.is_empty() {
            "recorded again without a difference".to_owned()
        } else {
            parts.join(", ")
        }
    }

    pub(crate) fn json(&self) -> Value {
        json!({
            "file": self.file,
            "new": self.is_new,
            "added": self.added,
            "changed": self.changed,
            "removed": self.removed,
        })
    }
}
