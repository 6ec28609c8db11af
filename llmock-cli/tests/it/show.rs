//! `llmock show`, `grep`, `stats`, and the filters of `list`: recordings as people read them.

use serde_json::Value;

use crate::command::Desk;

const PICTURE: &str = "\
agent.json #1  HASH
anthropic  claude-sonnet-4-6  POST /v1/messages  200  120+12 tokens  2026-11-20T10:00:00Z
recorded by agent::looks_at_a_picture
tools: get_weather

1 system
  You are brief.

2 user
  Where is this?
  And how is the weather?
  <image/png 24 B>

3 assistant
  → get_weather({\"city\":\"Paris\"})

4 tool
  ← 12° /u{1b}[31mred

5 assistant  (response)
  [thinking]
  Paris.
  It is Paris, and 12°.
  (end_turn)
";

/// Without the hash in the first line, which tests of matching cover.
fn without_hash(shown: &str) -> String {
    let (first, rest) = shown.split_once('\n').unwrap();
    let (place, _) = first.rsplit_once("  ").unwrap();
    format!("{place}  HASH\n{rest}")
}

#[test]
fn shows_a_conversation_with_tools_and_images() {
    let desk = Desk::with(&["agent.json"]);
    for arguments in [&["show", "agent#1"][..], &["show", "agent.json", "-n", "1"]] {
        assert_eq!(without_hash(&desk.prints(arguments)), PICTURE);
    }
    let all = desk.prints(&["show", "agent"]);
    assert_eq!(all.matches("agent.json #").count(), 4, "{all}");
    assert!(all.contains("2 assistant  (response)\n  One, two.\n  (stop)\n"), "{all}");
    assert!(all.contains("  order 66\n  order 67\n"), "{all}");
    assert!(all.contains("<2 embeddings>") && all.contains("A written reply."), "{all}");
}

#[test]
fn finds_an_interaction_of_the_workspace_by_its_hash() {
    let desk = Desk::with(&["agent.json", "shop.json"]);
    let listed = desk.json(&["list", "agent", "--json"]);
    let hash = listed[1]["hash"].as_str().unwrap();
    let shown = desk.prints(&["show", &hash[..10]]);
    assert!(shown.starts_with("agent.json #2  "), "{shown}");
    assert_eq!(desk.prints(&["show", "agent", "--hash", &hash[..10]]), shown);

    desk.write("copy.json", &desk.read("agent.json"));
    let refused = desk.fails(&["show", &hash[..10]]);
    assert!(refused.contains("is ambiguous, 2 hashes begin with it:"), "{refused}");
    assert!(refused.ends_with("hint: name one: `llmock show agent.json#2`\n"), "{refused}");
    let refused = desk.fails(&["show", "deadbeef"]);
    assert!(refused.starts_with("error: there is no fixture `deadbeef`, and no interaction below"));
}

#[test]
fn shows_one_turn_events_or_the_exact_body() {
    let desk = Desk::with(&["agent.json"]);
    assert_eq!(
        desk.prints(&["show", "agent#1", "--turn", "3"]),
        "3 assistant\n  → get_weather({\"city\":\"Paris\"})\n"
    );
    assert_eq!(
        desk.fails(&["show", "agent#1", "--turn", "6"]),
        "error: interaction 1 of `agent.json` has no turn 6, only 5\n"
    );
    let events = desk.prints(&["show", "agent#2", "--events"]);
    assert!(events.contains("\n12 ms  { \"choices\": [{ \"index\": 0"), "{events}");
    assert!(events.ends_with("36 ms  [DONE]\n"), "{events}");
    let raw = desk.prints(&["show", "agent#2", "--raw"]);
    assert!(raw.starts_with("data: {") && raw.ends_with("data: [DONE]\n\n"), "{raw}");
    let sent = desk.json(&["show", "agent#1", "--raw", "--request"]);
    assert_eq!(sent["model"], "claude-sonnet-4-6");
}

#[test]
fn shows_every_part_to_programs() {
    let desk = Desk::with(&["agent.json"]);
    let shown = desk.json(&["show", "agent", "--json", "--events"]);
    assert_eq!(shown[0]["request"][1]["parts"][1]["media_type"], "image/png");
    assert_eq!(shown[0]["response"][0]["parts"][0]["type"], "reasoning");
    assert_eq!(shown[0]["finish"], "end_turn");
    assert_eq!(shown[1]["events"][0]["ms"], 12);
    assert_eq!(shown[3]["source"], "written");
}

#[test]
fn names_what_it_cannot_show() {
    let desk = Desk::with(&["agent.json"]);
    for (arguments, expected) in [
        (
            &["show", "agnet"][..],
            "error: fixture `agnet.json` does not exist; did you mean `agent.json`?\n",
        ),
        (&["show", "agent#9"], "error: `agent.json` has no interaction 9, only 4\n"),
        (&["show", "agent#0"], "error: `agent.json` has no interaction 0, only 4\n"),
        (
            &["show", "agent", "--hash", "00000000"],
            "error: no interaction in `agent.json` has a hash that starts with `00000000`\n\
             hint: `llmock list agent.json` shows them\n",
        ),
    ] {
        assert_eq!(desk.fails(arguments), expected);
    }
    desk.write("broken.json", "{\"llmock\": 1, \"interactions\": [");
    assert!(
        desk.fails(&["show", "broken"]).starts_with("error: failed to load fixture `broken.json`")
    );
}

#[test]
fn filters_by_age_origin_model_test_and_secrets() {
    let desk = Desk::with(&["agent.json", "shop.json"]);
    desk.write(
        "leak.json",
        r#"{"llmock": 1, "interactions": [{"provider": "openai", "request": {"path": "/v1/chat/completions", "body": {
           "model": "m", "messages": [{"role": "user", "content": "key sk-proj-Zk3vR8qLw2NnT6yBdF1hJ9cXs5mPa7gQ"}]}}, "response": {"body": {}}}]}"#,
    );
    let numbers = |arguments: &[&str]| -> Vec<String> {
        let listed = desk.json(&[&["list", "--json"], arguments].concat());
        let place = |one: &Value| format!("{}#{}", one["file"].as_str().unwrap(), one["number"]);
        listed.as_array().unwrap().iter().map(place).collect()
    };
    assert_eq!(numbers(&["agent"]).len(), 4);
    assert_eq!(numbers(&[]).len(), 9);
    assert_eq!(numbers(&["--stale", "300d"]), ["agent.json#2"]);
    assert_eq!(numbers(&["--source", "written"]), ["agent.json#4"]);
    assert_eq!(numbers(&["--model", "sonnet"]), ["agent.json#1"]);
    assert_eq!(numbers(&["--test", "agent::counts"]), ["agent.json#2"]);
    assert_eq!(numbers(&["--provider", "anthropic"]), ["agent.json#1", "shop.json#3"]);
    assert_eq!(numbers(&["--secrets"]), ["leak.json#1"]);
    assert!(numbers(&["--retired"]).is_empty());
    desk.write(
        "old.json",
        &desk.read("shop.json").replace("\"claude\"", "\"claude-3-haiku-20240307\""),
    );
    assert_eq!(numbers(&["--retired"]), ["old.json#3"]);
    std::fs::remove_file(desk.path("old.json")).unwrap();
    assert_eq!(desk.prints(&["list", "--model", "nothing"]), "no interaction is like that\n");
}

#[test]
fn greps_what_was_sent_and_received() {
    let desk = Desk::with(&["agent.json"]);
    assert_eq!(
        desk.prints(&["grep", r"order \d+"]),
        "agent.json#3:1:user: order 66\nagent.json#3:1:user: order 67\n"
    );
    assert_eq!(
        desk.prints(&["grep", "-i", "ONE, TWO", "agent"]),
        "agent.json#2:2:assistant: One, two.\n"
    );
    assert_eq!(desk.prints(&["grep", "-F", "-l", "(", "agent"]), "agent.json\n");
    let found = desk.json(&["grep", "Paris", "--json"]);
    assert_eq!(found[0]["role"], "assistant");
    assert_eq!(
        desk.fails(&["grep", "nothing at all"]),
        "error: nothing matches `nothing at all`\n"
    );
    let wrong = desk.fails(&["grep", "("]);
    assert!(wrong.starts_with("error: invalid pattern: "), "{wrong}");
}

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

#[test]
fn colours_only_where_they_are_wanted() {
    let desk = Desk::with(&["agent.json"]);
    assert!(!desk.prints(&["show", "agent"]).contains('\u{1b}'));
    let coloured = desk.prints(&["--color", "always", "show", "agent#1"]);
    assert!(coloured.contains("\u{1b}[1m\u{1b}[32massistant\u{1b}[0m"), "{coloured}");
    // What a fixture holds stays harmless in colour too.
    assert!(!coloured.contains("\u{1b}[31mred"), "{coloured}");
    let forced = desk.command(&["list", "agent"]).env("CLICOLOR_FORCE", "1").output().unwrap();
    assert!(String::from_utf8_lossy(&forced.stdout).contains("\u{1b}["));
}
