//! Mistakes that the compiler finds. Each is a test program of its own.

use std::collections::BTreeMap;

use llmock_testkit::scratch::Scratch;
use serde_json::Value;

/// A program that does not compile, or that compiles with a warning.
pub(super) struct Program {
    /// The target.
    pub(super) name: &'static str,
    /// What somebody did.
    pub(super) done: &'static str,
    /// Words without which the output does not name the cause.
    pub(super) cause: &'static [&'static str],
    source: &'static str,
}

const fn program(
    name: &'static str,
    done: &'static str,
    cause: &'static [&'static str],
    source: &'static str,
) -> Program {
    Program { name, done, cause, source }
}

pub(super) const PROGRAMS: &[Program] = &[
    program(
        "hangs_the_poster",
        "a key of the attribute is misspelt",
        &["fixtrue", "did you mean `fixture`?"],
        "#[llmock::llm_replay(fixtrue = \"poster\")]\n#[tokio::test]\nasync fn hangs_the_poster() {}\n",
    ),
    program(
        "prints_the_poster",
        "an async function without a test attribute",
        &["async fn", "#[tokio::test]"],
        "#[llmock::llm_replay]\nasync fn prints_the_poster() {}\n",
    ),
    program(
        "folds_the_poster",
        "a function without `#[test]` never runs",
        &["folds_the_poster", "never used"],
        "#[llmock::llm_replay]\nfn folds_the_poster() {}\n",
    ),
    program(
        "pauses_the_poster",
        "the clock is paused from the start",
        &["paused clock", "tokio::time::pause()"],
        "#[llmock::llm_replay]\n#[tokio::test(start_paused = true)]\nasync fn pauses_the_poster() {}\n",
    ),
    program(
        "sorts_the_posters",
        "a colon, and two values that do not exist",
        &["fixture = \"", "sequential", "strict", "warn", "note"],
        "#[llmock::llm_replay(fixture: \"poster\", order = \"sequential\", unused = \"warn\")]\n\
         #[test]\nfn sorts_the_posters() {}\n",
    ),
    program(
        "measures_the_poster",
        "a path without its root",
        &["messages.content", "JSONPath", "$"],
        "#[llmock::llm_replay(ignore(\"messages.content\"))]\n#[test]\nfn measures_the_poster() {}\n",
    ),
    program(
        "borrows_the_poster",
        "the handle is taken as `&mut`",
        &["mut", "&LlmMock"],
        "#[llmock::llm_replay]\n#[tokio::test]\nasync fn borrows_the_poster(mock: &mut llmock::LlmMock) { _ = mock; }\n",
    ),
    program(
        "moves_the_poster",
        "the fixture is outside the folder of fixtures",
        &["../elsewhere/poster", "`..`"],
        "#[llmock::llm_replay(fixture = \"../elsewhere/poster\")]\n#[test]\nfn moves_the_poster() {}\n",
    ),
    program(
        "copies_the_poster",
        "keys of another tool",
        &["vcr_path", "fixture", "record_mode", "mode"],
        "#[llmock::llm_replay(vcr_path = \"poster\", record_mode = \"none\")]\n#[test]\nfn copies_the_poster() {}\n",
    ),
    program(
        "holds_the_poster",
        "the type of the handle is not imported",
        &["LlmMock", "not found in this scope"],
        "#[llmock::llm_replay]\n#[tokio::test]\nasync fn holds_the_poster(mock: LlmMock) { _ = mock; }\n",
    ),
    program(
        "names_the_poster",
        "one key twice",
        &["fixture", "twice"],
        "#[llmock::llm_replay(fixture = \"poster\", fixture = \"placard\")]\n#[test]\nfn names_the_poster() {}\n",
    ),
];

/// The files of the package with these programs.
pub(super) fn files() -> Vec<(String, String)> {
    let manifest = "[package]\nname = \"posters\"\nversion = \"0.0.0\"\nedition = \"2024\"\n\n[dev-dependencies]\n\
        llmock = { path = \"$LLMOCK\" }\ntokio = { version = \"1\", features = [\"macros\", \"rt\", \"test-util\"] }\n";
    let mut files = vec![
        ("posters/Cargo.toml".to_owned(), manifest.to_owned()),
        ("posters/src/lib.rs".to_owned(), String::new()),
    ];
    for program in PROGRAMS {
        files.push((format!("posters/tests/{}.rs", program.name), program.source.to_owned()));
    }
    files
}

/// What the compiler prints for each program.
pub(super) fn messages(scratch: &Scratch) -> BTreeMap<String, String> {
    // As `cargo test` builds them, but it stops at the first that does not compile.
    let words =
        ["build", "--offline", "--tests", "--keep-going", "-p", "posters", "--message-format=json"];
    let ran = scratch.cargo(".", words).output();
    let mut messages: BTreeMap<String, String> = BTreeMap::new();
    for line in ran.stdout().lines() {
        let Ok(message) = serde_json::from_str::<Value>(line) else { continue };
        let target = message["target"]["name"].as_str();
        let rendered = message["message"]["rendered"].as_str();
        if let (Some(target), Some(rendered)) = (target, rendered) {
            messages.entry(target.to_owned()).or_default().push_str(rendered);
        }
    }
    assert!(messages.len() >= PROGRAMS.len(), "{}", ran.everything());
    messages
}

/// The messages of llmock, or else the first of rustc, without what rustc adds, which is another text in each version.
pub(super) fn messages_of_llmock(rendered: &str) -> String {
    let blocks: Vec<&str> = rendered.split("\n\n").map(str::trim_end).collect();
    let own: Vec<&str> =
        blocks.iter().copied().filter(|block| block.starts_with("error: ")).collect();
    let shown = if own.is_empty() { blocks[..1].to_vec() } else { own };
    let lines = |block: &str| {
        block.lines().take_while(|line| !line.starts_with("  = ")).collect::<Vec<_>>().join("\n")
    };
    shown.into_iter().map(lines).collect::<Vec<_>>().join("\n\n")
}
