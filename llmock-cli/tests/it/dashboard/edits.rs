//! What `--edit` lets a page do, and what it does not.

use std::fs;

use super::demo::demo;
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
    for action in ["keep", "discard", "accept"] {
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

#[test]
fn accepts_a_changed_request_for_its_recorded_response() {
    let desk = demo();
    let fixture = "tests/fixtures/support/finds_an_order.json";
    let recorded = desk.json(&["show", &format!("{fixture}#1"), "--json"])[0]["response"].clone();
    let reading = Dashboard::start(&desk, &[]);
    let run = reading.page("run");
    assert!(run.contains("at most ") && run.contains("Open the closest recording, #1"), "{run}");
    assert!(run.contains("llmock dashboard --edit") && !run.contains("<form"), "{run}");

    let board = Dashboard::start(&desk, &["--edit"]);
    let run = board.page("run");
    assert!(run.contains("The request replaces the recorded one."), "{run}");
    let form = |request: u64, digest: &str| {
        format!("test=support%3A%3Afinds_an_order&request={request}&digest={digest}")
    };
    let before = desk.read(fixture);
    assert_eq!(board.post("accept", &form(1, "0123456789abcdef")).status, 409);
    assert_eq!(board.post("accept", &form(2, &digest(&run))).status, 404);
    assert_eq!(board.post("accept", "test=other&request=1&digest=0").status, 404);
    assert_eq!(desk.read(fixture), before);
    let accepted = board.post("accept", &form(1, &digest(&run)));
    assert_eq!(accepted.status, 303, "{}", accepted.text());
    assert!(board.page("run?done=accepted").contains("The fixture has this request by now."));
    let shown = desk.json(&["show", fixture, "--json"]);
    assert_eq!(shown.as_array().unwrap().len(), 2);
    assert_eq!(shown[0]["response"], recorded);
    assert!(desk.read(fixture).contains("Answer in at most two short sentences."));
    desk.prints(&["fmt", "--check", fixture]);

    // A recording that another request uses stays beside the accepted one.
    let run = desk.read("target/llmock/last-run.jsonl");
    let used = run.replace("\"interaction\":1", "\"interaction\":1,\"used_by\":2");
    desk.write("target/llmock/last-run.jsonl", &used.replace("two short", "three short"));
    let run = board.page("run");
    assert!(run.contains("The request is added with a copy of the response"), "{run}");
    assert_eq!(board.post("accept", &form(1, &digest(&run))).status, 303);
    assert_eq!(desk.json(&["show", fixture, "--json"]).as_array().unwrap().len(), 3);
}

/// The form of one button of a file: of an interaction, or of all.
fn form(page: &str, file: &str, number: Option<usize>) -> String {
    let (_, of_file) = page.split_once(&format!("</span> {file}</h2>")).expect("the file");
    let number = number.map(|number| format!("&n={number}")).unwrap_or_default();
    format!("file={file}&digest={}{number}", digest(of_file))
}

#[test]
fn accepts_and_rejects_pending_edits_and_removals() {
    let desk = Desk::with(&[]);
    let file = |prompts: &[&str]| {
        let pairs: Vec<(&str, &str)> = prompts.iter().map(|prompt| (*prompt, "answer")).collect();
        llmock_testkit::scratch::fixture(&pairs)
    };
    desk.write("chat.json", &file(&["one", "two", "three"]));
    let fixture = llmock::Fixture::load(desk.path("chat.json")).unwrap();
    let mut edited: serde_json::Value =
        serde_json::from_str(&file(&["the first", "the second", "the third"])).unwrap();
    for (one, recorded) in
        edited["interactions"].as_array_mut().unwrap().iter_mut().zip(fixture.interactions())
    {
        one["hash"] = recorded.hash().into();
    }
    desk.write("chat.json.pending", &edited.to_string());
    desk.write("chat.json.removed", &file(&["an old one"]));
    let prompts = |file: &str| -> Vec<String> {
        let shown = desk.json(&["list", file, "--json"]);
        let all = shown.as_array().unwrap().iter();
        all.map(|one| one["prompt"].as_str().unwrap().to_owned()).collect()
    };

    let reading = Dashboard::start(&desk, &[]).page("review");
    assert!(
        reading.contains("pending edit") && reading.contains("llmock review chat.json.pending")
    );
    let board = Dashboard::start(&desk, &["--edit"]);
    let review = board.page("review");
    assert!(
        review.contains("the second") && review.contains(">Accept<") && review.contains("(all)")
    );
    assert!(review.contains("an old one") && review.contains(">Put back<"), "{review}");
    let pending = |number| form(&board.page("review"), "chat.json.pending", number);
    // Numbers that the file does not have decide nothing.
    for number in ["0", "4", "x"] {
        let refused = board.post("keep", &format!("{}&n={number}", pending(None)));
        assert_eq!(refused.status, 404, "{number}: {}", refused.text());
    }
    let before = pending(Some(2));
    let kept = board.post("keep", &before);
    assert_eq!(kept.header("location"), Some(&*format!("{}/review?done=approved", board.base)));
    assert_eq!(prompts("chat"), ["one", "the second", "three"]);
    // The numbers have moved: the form of the older page does nothing.
    assert_eq!(board.post("keep", &before).status, 409);
    assert_eq!(board.post("discard", &pending(Some(1))).status, 303);
    assert_eq!(prompts("chat"), ["one", "the second", "three"]);
    assert_eq!(board.post("keep", &pending(None)).status, 303);
    assert_eq!(prompts("chat"), ["one", "the second", "the third"]);
    assert!(!desk.path("chat.json.pending").exists());

    let restored = board.post("discard", &form(&board.page("review"), "chat.json.removed", None));
    assert_eq!(restored.header("location"), Some(&*format!("{}/review?done=restored", board.base)));
    assert_eq!(prompts("chat"), ["one", "the second", "the third", "an old one"]);
    assert!(board.page("review?done=restored").contains("is part of its fixture again"));
    // An edit whose recording is gone changes nothing.
    desk.write("chat.json.pending", &edited.to_string());
    let failed = board.post("keep", &pending(Some(2)));
    assert_eq!(failed.status, 500, "{}", failed.text());
    assert_eq!(prompts("chat"), ["one", "the second", "the third", "an old one"]);
}
