//! The variables of one test: written when it begins, restored when it ends.

use std::ffi::{OsStr, OsString};

use super::spare::SPARES;
use super::{originals, write};

/// What the variables of a test held before it.
///
/// They are restored by [`restore`](Self::restore) and not by dropping this: a test ends in one place, in order.
#[derive(Debug)]
#[must_use = "a test's variables are restored with `restore`"]
pub(crate) struct TestVars {
    before: Vec<(String, Option<OsString>)>,
    /// What the test was given.
    written: Vec<(String, String)>,
}

impl TestVars {
    /// Writes variables; the caller holds the environment guard. The last of two with one name counts.
    pub(crate) fn apply(variables: &[(String, String)]) -> Self {
        let given = variables.iter().map(|(name, value)| (name.clone(), Some(value.into())));
        Self { written: variables.to_vec(), ..Self::write(given.collect()) }
    }

    /// Restores what the setup overwrote, for a test in mode `off`.
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
        Self { before, written: Vec::new() }
    }

    /// The variables of llmock whose values the program has changed since, each with its present value.
    pub(crate) fn changed(&self) -> Vec<(String, Option<String>)> {
        let given = self.written.iter().rev();
        let is_given = |name: &str| self.written.iter().any(|(known, _)| known == name);
        let setup = originals().written().iter().filter(|(name, _)| !is_given(name));
        // The last of two values with one name counts.
        let mut seen: Vec<&str> = Vec::new();
        let mut changed: Vec<(String, Option<String>)> = Vec::new();
        for (name, value) in given.chain(setup) {
            if seen.contains(&name.as_str()) {
                continue;
            }
            seen.push(name);
            let now = std::env::var_os(name).map(|now| now.to_string_lossy().into_owned());
            if now.as_ref() != Some(value) {
                changed.push((name.clone(), now));
            }
        }
        changed
    }

    /// Gives variables of the setup their values again, so that what one test did with them does not fail the next.
    pub(crate) fn put_back(changed: &[(String, Option<String>)]) {
        for (name, value) in originals().written() {
            if changed.iter().any(|(known, _)| known == name) {
                change(name, Some(OsStr::new(value)));
            }
        }
    }

    pub(crate) fn restore(self) {
        // Backwards, so that a name that was written twice ends with its first value.
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

/// The variables that are absent or empty now: a placeholder never replaces a value.
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
    fn restores_every_variable() {
        let name = |name: &str| format!("LLMOCK_TEST_VARS_{name}");
        write(&name("THERE"), Some(OsStr::new("before")));
        let variables = [
            (name("THERE"), "during".to_owned()),
            (name("NEW"), "one".to_owned()),
            (name("NEW"), "two".to_owned()),
        ];
        let during = TestVars::apply(&variables);
        assert_eq!(read(&name("THERE")).as_deref(), Some("during"));
        assert_eq!(read(&name("NEW")).as_deref(), Some("two"));
        // A test may change a variable itself.
        write(&name("THERE"), None);
        during.restore();
        assert_eq!(read(&name("THERE")).as_deref(), Some("before"));
        assert_eq!(read(&name("NEW")), None);
    }

    #[test]
    fn knows_which_variables_were_changed() {
        let name = |name: &str| format!("LLMOCK_TEST_CHANGED_{name}");
        let variables = [
            (name("TWICE"), "one".to_owned()),
            (name("TWICE"), "two".to_owned()),
            (name("KEPT"), "same".to_owned()),
            (name("GONE"), "there".to_owned()),
        ];
        let during = TestVars::apply(&variables);
        let ours = |vars: &TestVars| {
            let mut changed = vars.changed();
            changed.retain(|(changed, _)| changed.starts_with("LLMOCK_TEST_CHANGED_"));
            changed
        };
        assert_eq!(ours(&during), []);
        write(&name("TWICE"), Some(OsStr::new("three")));
        write(&name("GONE"), None);
        assert_eq!(
            ours(&during),
            [(name("GONE"), None), (name("TWICE"), Some("three".to_owned()))]
        );
        during.restore();
    }

    #[test]
    fn placeholders_fill_absent_and_empty_variables_only() {
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
