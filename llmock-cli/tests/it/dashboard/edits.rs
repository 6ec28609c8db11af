//! What `--edit` lets a page do, and what it does not.

use std::fs;

use super::{Dashboard, desk};
use crate::command::Desk;

/// A failed attempt beside its fixture: one request is new, one has another response.
fn waiting() -> Desk {
    let desk = desk();
    let attempt = desk.read("agent.json").replace("It is Paris, and 12°.", "It is Rome.");
    desk.write("agent.json.failed", &attempt);
    desk
}

/// The digest in the form for a file.
fn digest(page: &str) -> String {
    let (_, rest) = page.split_once("name=\"digest\" value=\"").expect("a form");
    rest.split('"').next().unwrap().to_owned()
}

#[test]
fn is_read_only_unless_edit_is_given() {
    let desk = waiting();
    let before = desk.read("agent.json");
    let board = Dashboard::start(&desk, &[]);
    let review = board.page("review");
    assert!(review.contains("agent.json.failed") && review.contains("Rome"), "{review}");
    assert!(
        review.contains("llmock keep agent.json.failed") && !review.contains("<form"),
        "{review}"
    );
    assert!(review.contains("This dashboard is read-only."), "{review}");
    for action in ["keep", "discard"] {
        let refused = board.post(action, "file=agent.json.failed&digest=0");
        assert_eq!(refused.status, 403, "{action}: {}", refused.text());
        assert!(refused.text().contains("llmock dashboard --edit"), "{}", refused.text());
    }
    assert_eq!(desk.read("agent.json"), before);
    assert!(desk.path("agent.json.failed").exists());
}

#[test]
fn keeps_and_discards_what_a_failed_recording_left() {
    let desk = waiting();
    let board = Dashboard::start(&desk, &["--edit"]);
    let review = board.page("review");
    assert!(review.contains("class=\"marked new\"") || review.contains("new\">"), "{review}");
    let digest_now = digest(&review);

    // Another version than the one on the page.
    let stale = board.post("keep", "file=agent.json.failed&digest=0123456789abcdef");
    assert_eq!(stale.status, 409, "{}", stale.text());
    assert!(stale.text().contains("has changed since the page was shown"), "{}", stale.text());
    for file in ["agent.json", "../agent.json.failed", "/etc/passwd", ""] {
        let gone = board.post("discard", &format!("file={file}&digest={digest_now}"));
        assert_eq!(gone.status, 404, "{file}: {}", gone.text());
    }

    let kept = board.post("keep", &format!("file=agent.json.failed&digest={digest_now}"));
    assert_eq!(kept.status, 303, "{}", kept.text());
    assert_eq!(kept.header("location"), Some(&*format!("{}/review?done=kept", board.base)));
    assert!(desk.read("agent.json").contains("It is Rome."));
    assert!(!desk.path("agent.json.failed").exists());
    assert!(board.page("review?done=kept").contains("is part of its fixture now"));
    assert!(board.page("conversation?file=agent.json&n=1").contains("It is Rome."));

    fs::write(desk.path("agent.json.failed"), desk.read("agent.json")).unwrap();
    let form = format!("file=agent.json.failed&digest={}", digest(&board.page("review")));
    assert_eq!(board.post("discard", &form).status, 303);
    assert!(!desk.path("agent.json.failed").exists());
    assert_eq!(board.post("discard", &form).status, 404);
}
