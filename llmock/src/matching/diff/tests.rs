//! Differences as data, one line each.

use super::*;

fn chat(path: &str, body: &str) -> Request {
    Request {
        method: "POST".into(),
        path: path.into(),
        range: None,
        headers: Vec::new(),
        body: Body::Json(body.into()),
    }
}

/// `path: recorded -> sent`, one line a difference.
fn lines(recorded: &Request, sent: &Request) -> Vec<String> {
    let absent = || "absent".to_owned();
    diff(recorded, sent, Provider::OpenAI, &MatchRules::default())
        .into_iter()
        .map(|Difference { path, recorded, sent, .. }| {
            format!(
                "{path}: {} -> {}",
                recorded.unwrap_or_else(absent),
                sent.unwrap_or_else(absent)
            )
        })
        .collect()
}

#[test]
fn names_each_path_where_two_bodies_differ() {
    for (recorded, sent, expected) in [
        (r#"{"a":1}"#, r#"{"a":1.0,"user":"x","stream":false}"#, vec![]),
        (r#"{"t":0.2}"#, "{}", vec!["$.t: 0.2 -> absent"]),
        (r#"{"t":0.20000000298023224}"#, r#"{"t":0.25}"#, vec!["$.t: 0.20000000298023224 -> 0.25"]),
        (r#"{"a b":{"c":"x"}}"#, r#"{"a b":{"c":"y"}}"#, vec!["$['a b'].c: \"x\" -> \"y\""]),
        (r#"{"a":1}"#, r#"{"a":"1"}"#, vec!["$.a: 1 -> \"1\""]),
        (r#"{"a":{"b":1}}"#, r#"{"a":{"c":1}}"#, vec![r#"$.a: {"b":1} -> {"c":1}"#]),
        (r#"{"a":{"b":1}}"#, r#"{"a":[2]}"#, vec![r#"$.a: {"b":1} -> [2]"#]),
        ("[1]", "{}", vec!["$: [1] -> {}"]),
        (r#"{"a":1,"a":2}"#, r#"{"a":1}"#, vec!["$.a: 2 -> absent"]),
        (
            r#"{"messages":[{"role":"user","content":"The quick fox"}]}"#,
            r#"{"messages":[{"role":"user","content":"The quick foxes"}]}"#,
            vec![r#"$.messages[0].content: "The quick fox" -> "The quick foxes""#],
        ),
    ] {
        let [recorded, sent] = [recorded, sent].map(|body| chat("/v1/chat/completions", body));
        assert_eq!(lines(&recorded, &sent), expected);
    }
}

#[test]
fn an_inserted_message_shifts_no_other() {
    let messages = |texts: &[&str]| {
        let messages: Vec<_> =
            texts.iter().map(|text| format!(r#"{{"content":"{text}","role":"user"}}"#)).collect();
        chat("/v1/chat/completions", &format!(r#"{{"messages":[{}]}}"#, messages.join(",")))
    };
    let old = ["be brief", "what is rust", "a language", "and cargo"];
    for (sent, expected) in [
        (
            vec!["be brief", "new", "what is rust", "a language", "and cargo"],
            vec![r#"$.messages[1]: absent -> {"content":"new","role":"user"}"#],
        ),
        (
            vec!["be brief", "a language", "and cargo"],
            vec![r#"$.messages[1]: {"content":"what is rust","role":"user"} -> absent"#],
        ),
        (
            vec!["be brief", "new", "what is dust", "a language", "and cargo"],
            vec![
                r#"$.messages[1]: absent -> {"content":"new","role":"user"}"#,
                r#"$.messages[2].content: "what is rust" -> "what is dust""#,
            ],
        ),
        (
            vec!["be long", "what is rust", "a language", "and tools", "more"],
            vec![
                r#"$.messages[0].content: "be brief" -> "be long""#,
                r#"$.messages[3].content: "and cargo" -> "and tools""#,
                r#"$.messages[4]: absent -> {"content":"more","role":"user"}"#,
            ],
        ),
    ] {
        assert_eq!(lines(&messages(&old), &messages(&sent)), expected, "{sent:?}");
    }
}

#[test]
fn names_what_differs_in_the_address() {
    let old = chat("/v1/chat/completions?a=1&b=2", "{}");
    let mut new = chat("/v1/completions?b=3&c=4", "{}");
    new.method = "PUT".into();
    let expected = [
        r#"method: "POST" -> "PUT""#,
        r#"path: "/v1/chat/completions" -> "/v1/completions""#,
        r#"query.a: "1" -> absent"#,
        r#"query.b: "2" -> "3""#,
        r#"query.c: absent -> "4""#,
    ];
    assert_eq!(lines(&old, &new), expected);
}

#[test]
fn shows_bodies_without_members_as_a_whole() {
    let with = |body: Body| Request {
        method: "POST".into(),
        path: "/v1/x".into(),
        range: None,
        headers: Vec::new(),
        body,
    };
    let of_abc = r#"{"bytes":3,"sha256":"ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"}"#;
    assert_eq!(
        lines(&with(Body::Bytes(b"abc".to_vec())), &with(Body::Text("abc".into()))),
        [format!("body: {of_abc} -> \"abc\"")]
    );
    assert_eq!(lines(&with(Body::Empty), &with(Body::Json("{}".into()))), ["body: absent -> {}"]);
}

#[test]
fn results_of_exchanged_tool_calls_show_their_ids() {
    let turn = |first: &str, second: &str| {
        let ids = |name: &str, id: &str| format!(r#"{{"role":"{name}","tool_call_id":"{id}"}}"#);
        chat(
            "/v1/chat/completions",
            &format!(r#"{{"messages":[{},{}]}}"#, ids("tool", first), ids("tool", second)),
        )
    };
    assert_eq!(lines(&turn("a", "b"), &turn("x", "y")), Vec::<String>::new());
    assert_eq!(
        lines(&turn("a", "b"), &turn("x", "x")),
        [r#"$.messages[1].tool_call_id: "b" -> "x""#]
    );
}

#[test]
fn ignored_fields_are_no_difference() {
    let rules = MatchRules {
        ignore: vec![llmock_rules::Place::parse("$.messages[*].id").unwrap()],
        ..MatchRules::default()
    };
    let old = chat("/v1/chat/completions", r#"{"messages":[{"id":1,"x":1}],"y":1}"#);
    let new = chat("/v1/chat/completions", r#"{"messages":[{"id":2,"x":1}],"y":2}"#);
    let differences = diff(&old, &new, Provider::OpenAI, &rules);
    assert_eq!(differences.iter().map(|it| it.path.as_str()).collect::<Vec<_>>(), ["$.y"]);
}

fn tools(names: &[&str]) -> Request {
    let tools: Vec<_> = names
        .iter()
        .map(|name| {
            format!(r#"{{"type":"function","function":{{"name":"{name}","parameters":{{}}}}}}"#)
        })
        .collect();
    chat("/v1/chat/completions", &format!(r#"{{"tools":[{}]}}"#, tools.join(",")))
}

/// The changes of the only difference, an array's, in words.
fn changes(recorded: &Request, sent: &Request) -> Vec<String> {
    let found = diff(recorded, sent, Provider::OpenAI, &MatchRules::default());
    let [Difference { elements: Some(elements), .. }] = found.as_slice() else {
        panic!("{found:?}")
    };
    let name = |label: &Label| label.tool.clone().or(label.text.clone()).unwrap_or_default();
    let words = |change: &ElementChange| match change {
        ElementChange::Added { element, at } => format!("+ {} at {at}", name(element)),
        ElementChange::Removed { element, at } => format!("- {} at {at}", name(element)),
        ElementChange::Moved { element, from, to, past } => {
            let past = past.as_ref().map(|past| format!(" past {}", name(past)));
            format!("{} {from} to {to}{}", name(element), past.unwrap_or_default())
        }
        ElementChange::Swapped { elements: [a, b], positions } => {
            format!("{} and {} at {positions:?}", name(a), name(b))
        }
    };
    elements.changes.iter().map(words).collect()
}

#[test]
fn moved_elements_are_one_difference_with_names() {
    for (recorded, sent, expected) in [
        (&["stock", "track"][..], &["track", "stock"][..], &["track 2 to 1 past stock"][..]),
        (&["a", "b", "c", "d"], &["d", "a", "b", "c"], &["d 4 to 1"]),
        (&["a", "b", "c", "d"], &["d", "b", "c", "a"], &["a and d at [1, 4]"]),
        (&["s", "a", "b", "c"], &["s", "c", "b", "a"], &["a and c at [2, 4]"]),
        (&["a", "b", "c"], &["c", "a", "b", "x"], &["c 3 to 1", "+ x at 4"]),
        (&["a", "b", "c"], &["x", "a", "y", "b", "c"], &["+ x at 1", "+ y at 3"]),
        (&["a", "b", "c", "d"], &["b", "d"], &["- a at 1", "- c at 3"]),
    ] {
        assert_eq!(changes(&tools(recorded), &tools(sent)), expected, "{recorded:?} {sent:?}");
    }
    let reversed = diff(
        &tools(&["a", "b", "c"]),
        &tools(&["c", "b", "a"]),
        Provider::OpenAI,
        &MatchRules::default(),
    );
    let elements = reversed[0].elements.as_ref().unwrap();
    let names: Vec<_> =
        elements.reversed.iter().flatten().filter_map(|label| label.tool.as_deref()).collect();
    assert_eq!(names, ["c", "b", "a"]);
}

#[test]
fn a_tool_that_moved_and_changed_is_compared_with_itself() {
    let with = |tools: &[(&str, &str)]| {
        let tools: Vec<_> = tools
            .iter()
            .map(|(name, text)| format!(r#"{{"name":"{name}","description":"{text}"}}"#))
            .collect();
        chat("/v1/chat/completions", &format!(r#"{{"tools":[{}]}}"#, tools.join(",")))
    };
    let found = diff(
        &with(&[("a", "one"), ("b", "two"), ("c", "three")]),
        &with(&[("c", "three"), ("a", "one"), ("b", "second")]),
        Provider::OpenAI,
        &MatchRules::default(),
    );
    let paths: Vec<_> = found.iter().map(|difference| difference.path.as_str()).collect();
    assert_eq!(paths, ["$.tools", "$.tools[2].description"]);
    assert_eq!(found[1].label.as_ref().unwrap().tool.as_deref(), Some("b"));
}

#[test]
fn paths_have_roles_tools_and_turns_beside_them() {
    let conversation = |place: &str, result: &str| {
        chat(
            "/v1/chat/completions",
            &format!(
                r#"{{"messages":[{{"role":"user","content":"Track it"}},
                {{"role":"assistant","tool_calls":[{{"id":"c1","type":"function","function":{{"name":"track","arguments":"{{\"place\":\"{place}\"}}"}}}}]}},
                {{"role":"tool","tool_call_id":"c1","content":"{result}"}}]}}"#
            ),
        )
    };
    let found = diff(
        &conversation("Lyon", "in transit"),
        &conversation("Paris", "delivered"),
        Provider::OpenAI,
        &MatchRules::default(),
    );
    let [call, result] = found.as_slice() else { panic!("{found:?}") };
    assert_eq!(call.path, "$.messages[1].tool_calls[0].function.arguments");
    let label = call.label.as_ref().unwrap();
    assert_eq!((label.kind, label.turn), (LabelKind::ToolCall, Some((2, 3))));
    assert_eq!(label.tool.as_deref(), Some("track"));
    let inside: Vec<_> = call.inside.iter().map(|inner| inner.path.as_str()).collect();
    assert_eq!(inside, ["$.place"]);
    assert_eq!(call.inside[0].sent.as_deref(), Some(r#""Paris""#));
    let label = result.label.as_ref().unwrap();
    assert_eq!((label.kind, label.turn), (LabelKind::ToolResult, Some((3, 3))));
    assert_eq!(label.tool.as_deref(), Some("track"));
}
