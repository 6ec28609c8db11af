//! `llmock merge`: by hand, and as the merge driver of a repository.

use std::fs;
use std::path::Path;
use std::process::Command;

use crate::command::Desk;

/// A fixture of one interaction for each `test prompt text hour`.
pub(crate) fn fixture(interactions: &[(&str, &str, &str, u32)]) -> String {
    let one = |(test, prompt, text, hour): &(&str, &str, &str, u32)| {
        format!(
            r#"{{"provider": "openai", "test": "{test}", "recorded_at": "2026-11-30T{hour:02}:00:00Z", "request": {{"path":
            "/v1/chat/completions", "body": {{"model": "m", "messages": [{{"role": "user", "content": "{prompt}"}}]}}}}, "response":
            {{"body": {{"id": "chatcmpl-{hour}", "choices": [{{"message": {{"role": "assistant", "content": "{text}"}}}}]}}}}}}"#
        )
    };
    let interactions: Vec<_> = interactions.iter().map(one).collect();
    format!(r#"{{"llmock": 1, "interactions": [{}]}}"#, interactions.join(","))
}

fn desk() -> Desk {
    let desk = Desk::with(&[]);
    desk.write("base.json", &fixture(&[("a", "p", "1", 1), ("b", "q", "2", 1)]));
    desk.write(
        "ours.json",
        &fixture(&[("a", "p", "ours", 2), ("b", "q", "2", 1), ("c", "r", "3", 2)]),
    );
    desk.write(
        "theirs.json",
        &fixture(&[("a", "p", "1", 1), ("b", "q", "2", 1), ("d", "s", "4", 3)]),
    );
    desk.prints(&["fmt"]);
    desk
}

#[test]
fn merges_three_files_by_interaction() {
    let desk = desk();
    let printed = desk.prints(&["merge", "base.json", "ours.json", "theirs.json", "--stdout"]);
    assert_eq!(desk.prints(&["merge", "base.json", "ours.json", "theirs.json"]), "");
    assert_eq!(desk.read("ours.json"), printed);
    let listed = desk.json(&["list", "ours.json", "--json"]);
    let tests: Vec<_> =
        listed.as_array().unwrap().iter().map(|one| one["test"].as_str().unwrap()).collect();
    assert_eq!(tests, ["a", "b", "d", "c"]);
    assert_eq!(listed[0]["response"], "ours");
    assert_eq!(desk.prints(&["fmt", "--check", "ours.json"]), "");
    // Both sides added the file.
    desk.write("empty.json", "");
    let ran = desk.run(&["merge", "empty.json", "ours.json", "theirs.json", "--stdout"]);
    assert_eq!(ran.code, 1, "{ran:?}");
}

#[test]
fn names_conflicts_and_marks_them_in_the_file() {
    let desk = desk();
    let theirs = desk.read("theirs.json").replace("\"content\": \"1\"", "\"content\": \"theirs\"");
    desk.write("theirs.json", &theirs);
    let arguments = ["merge", "base.json", "ours.json", "theirs.json", "tests/fixtures/chat.json"];
    let ran = desk.run(&arguments);
    assert_eq!((ran.code, ran.out.as_str()), (1, ""), "{ran:?}");
    let expected = "conflict in tests/fixtures/chat.json: \"p\" (a): both sides have another response\n  \
                    $.choices[0].message.content: ours \"ours\", theirs \"theirs\"\n1 conflict in tests/fixtures/chat.json: ";
    assert!(ran.err.starts_with(expected), "{}", ran.err);
    let text = desk.read("ours.json");
    for mark in ["<<<<<<< ours\n", "\n=======\n", "\n>>>>>>> theirs\n"] {
        assert!(text.contains(mark), "{text}");
    }
    let error = desk.fails(&["list", "ours.json"]);
    assert!(error.contains("conflict"), "{error}");
    // One side of the conflict is a fixture again.
    let ours: Vec<&str> = text.split("=======\n").collect();
    let rest = ours[1].split(">>>>>>> theirs\n").nth(1).unwrap();
    desk.write("ours.json", &format!("{}{rest}", ours[0].replace("<<<<<<< ours\n", "")));
    assert_eq!(desk.json(&["list", "ours.json", "--json"]).as_array().unwrap().len(), 4);
}

#[test]
fn other_files_are_merged_by_lines_and_failures_write_nothing() {
    let desk = Desk::with(&[]);
    for (name, text) in [("base", "a\nb\nc\n"), ("ours", "A\nb\nc\n"), ("theirs", "a\nb\nC\n")] {
        desk.write(&format!("{name}.json"), text);
    }
    let ran = desk.run(&["merge", "base.json", "ours.json", "theirs.json"]);
    assert_eq!(ran.code, 0, "{ran:?}");
    assert!(ran.err.contains("merging by lines"), "{}", ran.err);
    assert_eq!(desk.read("ours.json"), "A\nb\nC\n");
    let ran = desk.run(&["merge", "base.json", "ours.json", "missing.json"]);
    assert_eq!(ran.code, 129, "{ran:?}");
    assert!(ran.err.contains("failed to read `missing.json`"), "{}", ran.err);
    assert_eq!(desk.run(&["merge", "base.json"]).code, 2);
    let error = desk.fails(&["merge", "--install"]);
    assert!(error.starts_with("error: this is not a git repository"), "{error}");
}

pub(crate) fn git(folder: &Path, arguments: &[&str]) -> (bool, String) {
    let program = Path::new(env!("CARGO_BIN_EXE_llmock"));
    let path = std::env::var_os("PATH").unwrap_or_default();
    let folders =
        std::iter::once(program.parent().unwrap().to_owned()).chain(std::env::split_paths(&path));
    let mut command = Command::new("git");
    command.args([
        "-c",
        "user.name=t",
        "-c",
        "user.email=t@example.org",
        "-c",
        "commit.gpgsign=false",
    ]);
    command.args(arguments).current_dir(folder).env("PATH", std::env::join_paths(folders).unwrap());
    command.env("GIT_CONFIG_GLOBAL", folder.join("no-config")).env("GIT_CONFIG_NOSYSTEM", "1");
    let output = command.output().unwrap();
    let text = [output.stdout, output.stderr].concat();
    (output.status.success(), String::from_utf8_lossy(&text).into_owned())
}

#[test]
fn git_merges_branches_with_the_installed_driver() {
    let desk = Desk::with(&[]);
    let folder = desk.path(".");
    let git = |arguments: &[&str]| {
        let (success, text) = git(&folder, arguments);
        assert!(success, "git {arguments:?}: {text}");
    };
    git(&["init", "-q", "-b", "main"]);
    let installed = desk.prints(&["merge", "--install"]);
    assert!(installed.contains("created  .gitattributes"), "{installed}");
    assert!(desk.prints(&["merge", "--install"]).starts_with("    kept  .gitattributes"));
    let name = "tests/fixtures/chat it's.json";
    let commit = |interactions: &[(&str, &str, &str, u32)]| {
        desk.write(name, &fixture(interactions));
        desk.prints(&["fmt", "tests"]);
        git(&["add", "."]);
        git(&["commit", "-q", "-m", "c"]);
    };
    // Neighbours in the file, which a merge by lines cannot tell apart.
    commit(&[("a", "p", "1", 1)]);
    git(&["checkout", "-q", "-b", "other"]);
    commit(&[("a", "p", "1", 1), ("b", "q", "2", 2)]);
    git(&["checkout", "-q", "main"]);
    commit(&[("a", "p", "1", 1), ("c", "r", "3", 3)]);
    git(&["merge", "-q", "other", "-m", "m"]);
    assert_eq!(desk.json(&["list", name, "--json"]).as_array().unwrap().len(), 3);

    git(&["checkout", "-q", "-b", "third"]);
    commit(&[("a", "p", "third", 4)]);
    git(&["checkout", "-q", "main"]);
    commit(&[("a", "p", "main", 5)]);
    let (success, text) = self::git(&folder, &["merge", "third", "-m", "m"]);
    assert!(
        !success && text.contains("conflict in tests/fixtures/chat it's.json: \"p\" (a)"),
        "{text}"
    );
    assert!(fs::read_to_string(desk.path(name)).unwrap().contains("<<<<<<< ours\n"));
}
