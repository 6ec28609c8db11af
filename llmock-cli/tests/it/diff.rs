//! `llmock diff`, of two files, and of a file and a commit.

use crate::care::desk;
use crate::merge::git;

#[test]
fn diff_pairs_interactions_and_names_paths() {
    let desk = desk();
    desk.write("new.json", &desk.read("f/a.json").replace("\"Hi.\"", "\"Hello.\""));
    assert_eq!(desk.prints(&["diff", "f/a", "f/a"]), "no differences\n");
    let shown = desk.prints(&["diff", "f/a", "new"]);
    assert!(shown.starts_with("changed #1 \"Say hi.\" (api::greets)\n  response\n"), "{shown}");
    assert!(shown.contains("$.choices[0].message.content"), "{shown}");
    assert!(shown.ends_with("\n1 interaction differs\n"), "{shown}");
    assert_eq!(desk.run(&["diff", "f/a", "new", "--exit-code"]).code, 1);
    let all = desk.json(&["diff", "f/a", "f/b", "--json"]);
    assert_eq!(all.as_array().unwrap().len(), 3);
}

#[test]
fn diff_compares_with_a_commit() {
    let desk = desk();
    let git = |arguments: &[&str]| {
        let (success, text) = git(&desk.path("."), arguments);
        assert!(success, "git {arguments:?}: {text}");
    };
    let alone = desk.fails(&["diff", "f/a"]);
    assert!(alone.starts_with("error: failed to read `f/a.json` from git: "), "{alone}");
    git(&["init", "-q", "-b", "main"]);
    git(&["add", "."]);
    git(&["commit", "-q", "-m", "recorded"]);
    assert_eq!(desk.prints(&["diff", "f/a"]), "no differences\n");
    desk.write("f/a.json", &desk.read("f/a.json").replace("Say hi.", "Say hi there."));
    let shown = desk.prints(&["diff", "f/a", "--rev", "main"]);
    assert!(shown.contains("  request\n") && shown.contains("$.messages[0].content"), "{shown}");
    let unknown = desk.fails(&["diff", "f/a", "--rev", "nothing"]);
    assert!(unknown.contains("there is no commit `nothing` here"), "{unknown}");
    // A file that the commit does not have is new as a whole.
    desk.write("f/new.json", &desk.read("f/b.json"));
    assert_eq!(desk.json(&["diff", "f/new", "--json"])[0]["kind"], "added");
}
