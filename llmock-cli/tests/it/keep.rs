//! `llmock keep`, as a shell runs it.

use crate::command::Desk;

fn interaction(test: &str, prompt: &str, answer: &str) -> String {
    format!(
        r#"{{"provider": "openai", "test": "{test}",
          "request": {{"method": "POST", "path": "/v1/chat/completions",
            "body": {{"model": "m", "messages": [{{"role": "user", "content": "{prompt}"}}]}}}},
          "response": {{"status": 200, "body": {{"answer": "{answer}"}}}}}}"#
    )
}

fn file(interactions: &[String]) -> String {
    format!(r#"{{"llmock": 1, "interactions": [{}]}}"#, interactions.join(", "))
}

#[test]
fn attempts_replace_what_their_test_recorded_and_nothing_else() {
    for name in ["shared.json.failed", "shared.json", "shared"] {
        let desk = Desk::with(&[]);
        let old = [
            interaction("a", "first", "old"),
            interaction("b", "first", "of another"),
            interaction("a", "second", "stays"),
        ];
        desk.write("shared.json", &file(&old));
        desk.write("shared.json.failed", &file(&[interaction("a", "first", "new")]));
        let shown = desk.prints(&["keep", name]);
        assert!(shown.contains("Interactions: 3"), "{shown}");
        let kept = desk.read("shared.json");
        let places = ["of another", "stays", "new"].map(|answer| kept.find(answer));
        assert!(places.iter().all(Option::is_some) && places.is_sorted(), "{kept}");
        assert!(!kept.contains("old"), "{kept}");
        assert!(!desk.path("shared.json.failed").exists());
    }
}

#[test]
fn attempts_become_a_fixture_that_does_not_exist() {
    let desk = Desk::with(&[]);
    desk.write("new.json.failed", &file(&[interaction("a", "first", "new")]));
    assert!(desk.prints(&["keep", "new.json.failed"]).contains("Interactions: 1"));
    assert!(desk.read("new.json").contains("\"hash\""));
}

#[test]
fn nothing_to_keep_is_an_error() {
    let desk = Desk::with(&[]);
    let ran = desk.run(&["keep", "none.json.failed"]);
    assert_eq!(ran.code, 1);
    assert_eq!(ran.err, "error: there is no fixture `none.json.failed`\n");
    desk.write("bad.json.failed", "no JSON");
    assert_eq!(desk.run(&["keep", "bad.json.failed"]).code, 1);
    assert!(!desk.path("bad.json").exists() && desk.path("bad.json.failed").exists());
}
