//! `llmock show`: recordings as people read them.

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
