//! `llmock fmt`.

use crate::command::Desk;

#[test]
fn formats_fixtures_and_says_what_would_change() {
    let desk = Desk::with(&["agent.json"]);
    let checked = desk.run(&["fmt", "--check"]);
    assert_eq!(checked.code, 1);
    assert_eq!(checked.out, "agent.json is not in its canonical form\n");
    assert_eq!(checked.err, "error: 1 fixture would be changed by `llmock fmt`\n");
    let before = desk.prints(&["show", "agent"]);
    assert_eq!(desk.prints(&["fmt"]), "formatted agent.json\n");
    assert_eq!(desk.prints(&["fmt"]), "");
    assert_eq!(desk.prints(&["fmt", "--check"]), "");
    assert_eq!(desk.prints(&["show", "agent"]), before);
    assert!(desk.read("agent.json").contains("\"hash\": \""));
}
