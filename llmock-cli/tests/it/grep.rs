//! `llmock grep`, by patterns.

use crate::command::Desk;

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
