//! The variables of one test: written when its turn begins, taken back when it ends.

use std::ffi::{OsStr, OsString};

use super::spare::SPARES;
use super::{originals, write};

/// What the variables of a turn held before it.
///
/// Taken back by [`restore`](Self::restore) and not by dropping it: a turn ends in one place, in order.
#[derive(Debug)]
#[must_use = "a turn's variables are taken back with `restore`"]
pub(crate) struct TurnVars {
    before: Vec<(String, Option<OsString>)>,
}

impl TurnVars {
    /// Writes variables; the caller holds the turn. Of two with one name the last counts.
    pub(crate) fn apply(variables: &[(String, String)]) -> Self {
        Self::write(
            variables.iter().map(|(name, value)| (name.clone(), Some(value.into()))).collect(),
        )
    }

    /// Gives back what the burst overwrote, for a test that llmock keeps its hands off.
    pub(crate) fn originals() -> Self {
        Self::write(originals().before())
    }

    fn write(variables: Vec<(String, Option<OsString>)>) -> Self {
        let before = variables
            .into_iter()
            .map(|(name, value)| {
                let before = std::env::var_os(&name);
                change(&name, value.as_deref());
                (name, before)
            })
            .collect();
        Self { before }
    }

    /// Puts everything back as it was.
    pub(crate) fn restore(self) {
        // Backwards, so that a name written twice ends with what it held first.
        for (name, value) in self.before.iter().rev() {
            change(name, value.as_deref());
        }
    }
}

/// Writes or removes a variable and leaves the number of variables as it was.
fn change(name: &str, value: Option<&OsStr>) {
    match (std::env::var_os(name).is_some(), value) {
        (false, Some(_)) => {
            SPARES.take();
            write(name, value);
        }
        (true, None) => {
            write(name, None);
            SPARES.give();
        }
        (true, Some(_)) => write(name, value),
        (false, None) => {}
    }
}

/// Those of the variables that are absent or empty now: placeholders never stand in for what is there.
pub(crate) fn absent(mut variables: Vec<(String, String)>) -> Vec<(String, String)> {
    let is_absent = |name: &str| std::env::var_os(name).is_none_or(|value| value == OsStr::new(""));
    variables.retain(|(name, _)| is_absent(name));
    variables
}

#[cfg(test)]
mod tests {
    use super::super::read;
    use super::*;

    #[test]
    fn a_turn_leaves_no_trace() {
        let name = |name: &str| format!("LLMOCK_TEST_TURN_{name}");
        write(&name("THERE"), Some(OsStr::new("before")));
        let variables = [
            (name("THERE"), "during".to_owned()),
            (name("NEW"), "one".to_owned()),
            (name("NEW"), "two".to_owned()),
        ];
        let turn = TurnVars::apply(&variables);
        assert_eq!(read(&name("THERE")).as_deref(), Some("during"));
        assert_eq!(read(&name("NEW")).as_deref(), Some("two"));
        // A test may well change a variable itself.
        write(&name("THERE"), None);
        turn.restore();
        assert_eq!(read(&name("THERE")).as_deref(), Some("before"));
        assert_eq!(read(&name("NEW")), None);
    }

    #[test]
    fn only_what_is_absent_or_empty_gets_a_placeholder() {
        write("LLMOCK_TEST_ABSENT_SET", Some(OsStr::new("mine")));
        write("LLMOCK_TEST_ABSENT_EMPTY", Some(OsStr::new("")));
        let pair = |(name, value): (&str, &str)| (name.to_owned(), value.to_owned());
        let table = [
            ("LLMOCK_TEST_ABSENT_SET", "a"),
            ("LLMOCK_TEST_ABSENT_EMPTY", "b"),
            ("LLMOCK_TEST_ABSENT_NOT", "c"),
        ];
        let expected = [("LLMOCK_TEST_ABSENT_EMPTY", "b"), ("LLMOCK_TEST_ABSENT_NOT", "c")];
        assert_eq!(absent(table.map(pair).into()), expected.map(pair));
    }
}
