//! What an output suggests, and what becomes of a test that follows it.

use std::collections::BTreeMap;
use std::sync::LazyLock;

use regex::Regex;

use super::table::Mistake;

/// What an output offers to be pasted.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Suggestions {
    /// Lines for a shell.
    pub(super) commands: Vec<String>,
    /// Rules for the attribute.
    pub(super) rules: Vec<String>,
}

impl Suggestions {
    pub(super) fn of(shown: &str) -> Self {
        static RULE: LazyLock<Regex> = LazyLock::new(|| {
            let text = r#""(?:[^"\\]|\\.)*""#;
            let rules = format!(
                r"(?:ignore|normalize|unordered|side)\({text}(?:\s*(?:,|=>)\s*{text})*\)|fixture = {text}|providers\([a-z, ]+\)"
            );
            Regex::new(&rules).expect("a valid expression")
        });
        let mut found = Self::default();
        for line in shown.lines().map(str::trim) {
            // A recording that failed becomes no fixture that the test passes with.
            let moves = line.starts_with("mv ") && !line.contains(".failed");
            let removes = line.starts_with("rm ") && line.contains(" && LLMOCK_MODE=");
            if line.starts_with("LLMOCK_MODE=") || moves || removes {
                found.commands.push(line.to_owned());
            } else if !line.contains("rules in force") {
                found.rules.extend(RULE.find_iter(line).map(|rule| rule.as_str().to_owned()));
            }
        }
        found.rules.dedup();
        found
    }
}

/// A command for one test, taken apart: the mode, the test program, and the words for it.
pub(super) fn one_test<'c>(command: &'c str, mistake: &Mistake) -> (&'c str, Vec<&'c str>) {
    let mode = command.strip_prefix("LLMOCK_MODE=").expect("a mode");
    let (mode, command) = mode.split_once(' ').expect("a command");
    let member = if mistake.program == "annex" { "-p annex " } else { "" };
    let cargo = format!("cargo test {member}--test {} -- ", mistake.program);
    let words =
        command.strip_prefix(&cargo).unwrap_or_else(|| panic!("`{command}` is not of {cargo}"));
    let words: Vec<&str> = words.split(' ').collect();
    assert_eq!(words, [mistake.test, "--exact"]);
    (mode, words)
}

/// The sources with rules in the attributes of tests.
pub(super) fn with_rules(
    sources: &[(&'static str, &'static str)],
    rules: &BTreeMap<&str, Vec<String>>,
) -> Vec<(&'static str, String)> {
    let mut sources: Vec<(&str, String)> =
        sources.iter().map(|(path, text)| (*path, (*text).to_owned())).collect();
    for (test, rules) in rules {
        let (module, function) = test.split_once("::").unwrap_or(("annex", test));
        let file = format!("/{module}.rs");
        let source = sources.iter_mut().find(|(path, _)| path.ends_with(&file)).expect("a file");
        source.1 = insert(&source.1, function, rules);
    }
    sources
}

/// Inserts rules into the attribute of a function.
fn insert(source: &str, function: &str, rules: &[String]) -> String {
    const ATTRIBUTE: &str = "#[llm_replay";
    let end = source.find(&format!("fn {function}(")).expect("a test");
    let start = source[..end].rfind(ATTRIBUTE).expect("an attribute") + ATTRIBUTE.len();
    let (before, rest) = source.split_at(start);
    let (fixture, others): (Vec<_>, Vec<_>) =
        rules.iter().cloned().partition(|rule| rule.starts_with("fixture = "));
    let (inside, after) = match rest.strip_prefix('(') {
        Some(rest) => rest.split_once(")]").expect("the end of the attribute"),
        None => ("", rest.strip_prefix(']').expect("the end of the attribute")),
    };
    let own = Regex::new(r#"fixture = "[^"]*""#).expect("a valid expression");
    let mut keys = match fixture.first() {
        Some(_) => vec![own.replace(inside, "").trim().trim_start_matches([',', ' ']).to_owned()],
        None => vec![inside.trim().to_owned()],
    };
    keys.extend(fixture.into_iter().take(1).chain(others));
    keys.retain(|key| !key.is_empty());
    let keys: Vec<&str> = keys.iter().map(|key| key.trim_end_matches(',')).collect();
    format!("{before}({})]{after}", keys.join(", "))
}

#[test]
fn suggestions_are_found_and_inserted() {
    let shown = "  or:\n    LLMOCK_MODE=record cargo test -- a --exact\n  add to it: normalize(\"$.a\", \"x)\" => \"<y>\")\n\
        did you mean fixture = \"welcome\"?\n  rules in force: ignore(\"$.b\")";
    let found = Suggestions::of(shown);
    assert_eq!(found.commands, ["LLMOCK_MODE=record cargo test -- a --exact"]);
    assert_eq!(found.rules, ["normalize(\"$.a\", \"x)\" => \"<y>\")", "fixture = \"welcome\""]);
    let source = "#[llm_replay(fixture = \"w\", calls = 1)]\nfn a() {}\n#[llm_replay]\nfn b() {}\n";
    let with = insert(source, "a", &found.rules);
    let with = insert(&with, "b", &["ignore(\"$.c\")".to_owned()]);
    let expected = "#[llm_replay(calls = 1, fixture = \"welcome\", normalize(\"$.a\", \"x)\" => \"<y>\"))]\nfn a() {}\n\
        #[llm_replay(ignore(\"$.c\"))]\nfn b() {}\n";
    assert_eq!(with, expected);
}
