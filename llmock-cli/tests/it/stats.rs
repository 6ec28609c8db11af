//! `llmock stats`.

use crate::command::Desk;

#[test]
fn counts_what_fixtures_hold() {
    let desk = Desk::with(&["agent.json", "shop.json"]);
    let shown = desk.prints(&["stats"]);
    let expected = "2 fixtures, 8 interactions (2 streamed, 1 error) of 2 tests\n";
    assert!(shown.starts_with(expected), "{shown}");
    let counted = desk.json(&["stats", "agent", "--json"]);
    assert_eq!(counted["models"][0]["model"], "claude-sonnet-4-6");
    assert_eq!(counted["models"][0]["tokens"]["input"], 120);
}

#[test]
fn counts_turns_that_lose_the_prompt_cache() {
    const TURN: &str = r#"{"provider":"anthropic","request":{"path":"/v1/messages","body":{"model":"m","max_tokens":5,"system":"Today is DAY.","messages":[{"role":"user","content":"hi"}MORE]}},"response":{"body":{"type":"message","usage":{"input_tokens":4000,"output_tokens":20}}}}"#;
    let turn = |day: &str, more: &str| TURN.replace("DAY", day).replace("MORE", more);
    let more = r#",{"role":"assistant","content":"hello"},{"role":"user","content":"and now?"}"#;
    let file =
        |turns: [String; 2]| format!(r#"{{"llmock":1,"interactions":[{}]}}"#, turns.join(","));
    let desk = Desk::with(&[]);
    desk.write("stable.json", &file([turn("Monday", ""), turn("Monday", more)]));
    assert!(desk.prints(&["stats"]).contains("prompt cache: 1 of 1 turn keep their prefix\n"));
    desk.write("broken.json", &file([turn("2026-11-30", ""), turn("2026-12-01", more)]));
    let shown = desk.prints(&["stats"]);
    assert!(
        shown.contains("prompt cache: 1 of 2 turns keep their prefix; the others lose about "),
        "{shown}"
    );
    assert!(
        shown.contains("  broken.json: request 2 continues request 1, but differs at $.system: "),
        "{shown}"
    );
    let counted = desk.json(&["stats", "--json"]);
    assert_eq!((&counted["cache"]["turns"], &counted["cache"]["kept"]), (&2.into(), &1.into()));
    assert_eq!(counted["cache"]["breaks"][0]["path"], "$.system");
}
