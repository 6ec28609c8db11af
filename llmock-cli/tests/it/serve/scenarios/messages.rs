//! What the server tells of its scenarios: in the history, at reloads, at its end, and about mistakes.

use super::{says, serve};
use crate::server::{Workdir, chat};

#[test]
fn history_and_log_name_the_scenario() {
    let folder = Workdir::new();
    folder.write("llmock.yaml", "replies:\n- name: greeting\n  then: hi\n");
    let server = folder.serve(&["--config", "llmock.yaml", "--log"], &[]);
    server.send(&chat("a"));
    server.wait_for_stderr("200 ScenarioStrategy (greeting (llmock.yaml:2)) ");
}

#[cfg(unix)]
#[test]
fn a_reload_changes_replies_and_keeps_positions_of_the_same() {
    let folder = Workdir::new();
    let text = "replies:\n- {when: {contains: a}, then: [one, two, three]}\n";
    let server = serve(&folder, text);
    assert_eq!(says(&server, "a"), "one");
    folder.write("llmock.yaml", &format!("# moved\n{text}"));
    server.signal("-HUP");
    server.wait_for_stderr("reloaded");
    assert_eq!(says(&server, "a"), "two");
    folder.write("llmock.yaml", "replies:\n- {when: {contains: a}, then: changed}\n");
    server.signal("-HUP");
    crate::server::soon("the new reply", || (says(&server, "a") == "changed").then_some(()));
    folder.write("llmock.yaml", "replies:\n- {wen: {contains: a}, then: changed}\n");
    server.signal("-HUP");
    server.wait_for_stderr("llmock.yaml:2:4: unknown key `wen`; did you mean `when`?");
    assert_eq!(says(&server, "a"), "changed");
}

#[cfg(unix)]
#[test]
fn reports_scenarios_that_match_nothing_or_the_same() {
    let text = "replies:
- {when: {contains: a}, then: one}
- {when: {contains: ab}, then: two}
- {when: {contains: zzz}, then: three, name: sleepy}
";
    let server = serve(&Workdir::new(), text);
    for _ in 0..2 {
        assert_eq!(says(&server, "ab"), "one");
    }
    server.wait_for_stderr("match the same request");
    server.signal("-TERM");
    let log = server.wait_for_exit();
    let both = "replies[0] (llmock.yaml:2) and replies[1] (llmock.yaml:3) match the same request";
    assert_eq!(log.matches(both).count(), 1, "{log}");
    assert!(log.contains("replies[1] (llmock.yaml:3) matched and never replied"), "{log}");
    assert!(log.contains("sleepy (llmock.yaml:4) matched no request"), "{log}");
}

#[test]
fn mistakes_have_their_place_and_a_suggestion() {
    for (text, expected) in [
        (
            "replies:\n- when: {contain: a}\n  then: b\n",
            "2:10: unknown key `contain`; did you mean `contains`?",
        ),
        ("replies:\n- when: {contains: a}\n", "missing field `then`"),
        ("replies:\n- then:\n  - txt: a\n", "3:5: unknown key `txt`; did you mean `text`?"),
        ("replies:\n- then: []\n", "`then` is empty"),
        ("replies:\n- then: [{}]\n", "empty reply"),
        (
            "replies:\n- when: {pattern: '('}\n  then: b\n",
            "2:19: invalid regular expression `(`: unclosed group",
        ),
        (
            "replies:\n- then: {error: {status: 429, retry_afer: 1}}\n",
            "unknown key `retry_afer`; did you mean `retry-after`?",
        ),
        ("replies:\n- then: {error: 200}\n", "invalid status `200`: expected 400 to 599"),
        ("replies:\n- then: {fault: explode}\n", "invalid fault `explode`"),
        ("replies: {}\n", "1:10: expected a list"),
        ("replies:\n- when: {provider: 'a b'}\n  then: b\n", "2:"),
    ] {
        let folder = Workdir::new();
        folder.write("llmock.yaml", text);
        let message = folder.fails_to_start(&["--config", "llmock.yaml"], &[]);
        assert!(
            message.contains("llmock.yaml:") && message.contains(expected),
            "{text}: {message}"
        );
    }
    let message = Workdir::new().fails_to_start(&["--replies", r#"[{"then":7,"wen":1}]"#], &[]);
    assert!(
        message.contains("flag `--replies`: unknown key `wen`; did you mean `when`?"),
        "{message}"
    );
}
