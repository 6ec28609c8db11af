use super::*;
use crate::provider::Provider;

const TOOLS: &str = r#"[{"name":"a","input_schema":{"type":"object","properties":{"x":{},"y":{}}}},{"name":"b","input_schema":{}}]"#;

fn body(tools: &str, system: &str, messages: &[&str]) -> String {
    let messages = messages.join(",");
    format!(
        r#"{{"model":"claude-x","max_tokens":5,"tools":{tools},"system":"{system}","messages":[{messages}]}}"#
    )
}

const USER: &str = r#"{"role":"user","content":"hi"}"#;
const MODEL: &str = r#"{"role":"assistant","content":[{"type":"text","text":"hello"}]}"#;
const NEXT: &str = r#"{"role":"user","content":"and now?"}"#;

fn looked_at(bodies: &[String]) -> CacheReport {
    let requests: Vec<_> = bodies
        .iter()
        .map(|body| SentRequest::for_tests(Provider::Anthropic, "/v1/messages", body.clone()))
        .collect();
    let usage = TokenUsage { input: 1000, ..TokenUsage::default() };
    let turns: Vec<_> = requests
        .iter()
        .enumerate()
        .map(|(at, request)| Turn { request, usage, number: at + 1 })
        .collect();
    report(&turns)
}

#[test]
fn conversations_that_grow_are_stable() {
    let bodies = [
        body(TOOLS, "s", &[USER]),
        body(TOOLS, "s", &[USER, MODEL, NEXT]),
        body(TOOLS, "s", &[USER, MODEL, NEXT, MODEL, USER]),
    ];
    let report = looked_at(&bodies);
    assert_eq!((report.turns, report.kept, report.is_stable()), (2, 2, true));
}

#[test]
fn markers_and_spellings_of_a_text_change_nothing() {
    let marked = r#"{"role":"user","content":[{"type":"text","text":"hi","cache_control":{"type":"ephemeral"}}]}"#;
    let bodies = [body(TOOLS, "s", &[USER]), body(TOOLS, "s", &[marked, MODEL, NEXT])];
    assert!(looked_at(&bodies).is_stable(), "{}", looked_at(&bodies));
}

#[test]
fn other_conversations_are_no_breaks() {
    let bodies = [
        body(TOOLS, "one", &[USER]),
        body(
            "[]",
            "two",
            &[r#"{"role":"user","content":"x"}"#, MODEL, r#"{"role":"user","content":"y"}"#],
        ),
    ];
    assert_eq!(looked_at(&bodies).turns, 0);
}

#[test]
fn ten_seeded_breaks_are_found_with_place_and_cause() {
    let first = body(TOOLS, "Today is 2026-11-30. Be brief.", &[USER]);
    let later = |tools: &str, system: &str, messages: &[&str]| body(tools, system, messages);
    let system = "Today is 2026-11-30. Be brief.";
    let all = [USER, MODEL, NEXT];
    let reversed = r#"[{"name":"b","input_schema":{}},{"name":"a","input_schema":{"type":"object","properties":{"x":{},"y":{}}}}]"#;
    let members = TOOLS.replace(r#""x":{},"y":{}"#, r#""y":{},"x":{}"#);
    let schema = TOOLS.replace(r#""x":{}"#, r#""x":{"type":"string"}"#);
    let renamed = TOOLS.replace(r#""name":"b""#, r#""name":"b","description":"new""#);
    let added = TOOLS.replace(']', r#",{"name":"c","input_schema":{}}]"#);
    let removed = r#"[{"name":"a","input_schema":{"type":"object","properties":{"x":{},"y":{}}}}]"#;
    let edited = r#"{"role":"user","content":"hi there"}"#;
    for (now, path, cause) in [
        (later(TOOLS, "Today is 2026-12-01. Be brief.", &all), "$.system", "a date or a time"),
        (
            later(TOOLS, "Today is 2026-11-30. Be long.", &all),
            "$.system",
            "the system prompt changed",
        ),
        (later(reversed, system, &all), "$.tools", "the tools are in another order"),
        (
            later(&members, system, &all),
            "$.tools[0].input_schema.properties",
            "members are in another order",
        ),
        (
            later(&schema, system, &all),
            "$.tools[0].input_schema.properties.x.type",
            "a schema changed",
        ),
        (
            later(&renamed, system, &all),
            "$.tools[1].description",
            "the definition of a tool changed",
        ),
        (later(&added, system, &all), "$.tools[2]", "a tool was added"),
        (later(removed, system, &all), "$.tools[1]", "a tool was removed"),
        (
            later(TOOLS, system, &[edited, MODEL, USER]),
            "$.messages[0].content",
            "an earlier turn was edited",
        ),
        (
            later(TOOLS, system, &[MODEL, USER, NEXT]),
            "$.messages[0].role",
            "an earlier turn was edited",
        ),
    ] {
        let report = looked_at(&[first.clone(), now.clone()]);
        assert_eq!(report.breaks.len(), 1, "{now}");
        let found = &report.breaks[0];
        assert_eq!(found.path, path, "{now}");
        assert!(found.cause.contains(cause), "{found}");
        assert!(found.lost > 0 && found.lost <= 1000, "{found}");
        assert_eq!((found.previous, found.request), (1, 2));
    }
}

#[test]
fn a_repeated_request_is_no_turn() {
    let first = body(TOOLS, "s", &[USER]);
    let without = body("[]", "s", &[USER, MODEL, NEXT]);
    let report = looked_at(&[first, without.clone(), without]);
    assert_eq!((report.turns, report.breaks.len()), (1, 1), "{report}");
}

#[test]
fn agents_that_share_a_message_are_two_conversations() {
    let turns =
        |system: &str| [body(TOOLS, system, &[USER]), body(TOOLS, system, &[USER, MODEL, NEXT])];
    let ([one, later], [two, more]) = (turns("You plan."), turns("You write."));
    let report = looked_at(&[one, two, later, more]);
    assert_eq!((report.turns, report.kept), (2, 2), "{report}");
}

#[test]
fn a_conversation_whose_only_message_has_another_time_is_continued() {
    let id = "3f2b8c1a-9d4e-4f6a-8b7c-1d2e3f4a5b6c";
    let user = |text: &str| format!(r#"{{"role":"user","content":"{text}"}}"#);
    for (old, new, cause) in [
        ("It is 10:01. Hi!", "It is 10:02. Hi!", Some("a date or a time")),
        (id, "4f2b8c1a-9d4e-4f6a-8b7c-1d2e3f4a5b6c", Some("an id in it")),
        ("Explain chapter 1.", "Explain chapter 2.", None),
        ("Name a sea.", "Name a river.", None),
    ] {
        let now = body(TOOLS, "s", &[&user(new), MODEL, NEXT]);
        let report = looked_at(&[body(TOOLS, "s", &[&user(old)]), now]);
        let found = report
            .breaks
            .first()
            .map(|one| (one.path.as_str(), one.cause.contains(cause.unwrap_or("no break"))));
        assert_eq!(found, cause.map(|_| ("$.messages[0].content", true)), "{old}: {report}");
    }
}

#[test]
fn a_system_prompt_among_the_messages_is_named_as_one() {
    let system = |day: &str| format!(r#"{{"role":"developer","content":"Today is {day}."}}"#);
    let (monday, tuesday) = (system("2026-11-30"), system("2026-12-01"));
    let now = body(TOOLS, "s", &[&tuesday, USER, MODEL, NEXT]);
    let report = looked_at(&[body(TOOLS, "s", &[&monday, USER]), now]);
    let told =
        "differs at $.messages[0].content: the system prompt changed: a date or a time in it";
    assert!(report.to_string().contains(told), "{report}");
}
