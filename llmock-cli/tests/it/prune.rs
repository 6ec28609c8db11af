//! `llmock prune`, after `llmock check` has found what it removes.

use crate::care::desk;

#[test]
fn check_finds_orphans_and_prune_removes_them() {
    let desk = desk();
    let checked = desk.run(&["check", "--tests", "tests.txt"]);
    assert_eq!(checked.code, 1, "{checked:?}");
    assert_eq!(checked.out.matches("error[orphan] ").count(), 2, "{}", checked.out);
    assert!(checked.out.ends_with("checked 2 fixtures: 2 errors, 0 warnings\n"), "{}", checked.out);
    assert_eq!(desk.run(&["check", "--tests", "tests.txt", "--allow", "orphan"]).code, 0);
    assert_eq!(desk.run(&["check", "--no-tests"]).code, 0);

    let before = desk.read("f/a.json");
    desk.prints(&["prune", "--tests", "tests.txt", "--dry-run"]);
    let asked = desk
        .command(&["prune", "--tests", "tests.txt"])
        .stdin(std::process::Stdio::null())
        .output();
    let asked = asked.unwrap();
    assert_eq!(asked.status.code(), Some(1));
    assert!(
        String::from_utf8_lossy(&asked.stderr).contains("is not a terminal: nothing was removed")
    );
    assert_eq!(desk.read("f/a.json"), before);
    let shown = desk.prints(&["prune", "--tests", "tests.txt", "--yes"]);
    assert!(
        shown.ends_with("removed 1 interaction from f/a.json\nremoved f/b.json (1 interaction)\n"),
        "{shown}"
    );
    assert!(!desk.path("f/b.json").exists());
    assert_eq!(desk.run(&["check", "--tests", "tests.txt"]).code, 0);
}
