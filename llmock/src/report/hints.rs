//! At most one rule that would make a missed request match, ready to be pasted.
//!
//! A hint must work: a rule is offered only if it covers every difference. It never covers the text of a prompt, which
//! is what a test checks, unless only a date, an id, or the like changed.

use std::sync::LazyLock;

use llmock_rules::{JsonPath, Selector};
use regex::Regex;

use super::Surface;
use super::miss::{Miss, MissReason};
use crate::matching::Difference;

/// More differences than this are not a detail that a test should ignore.
const PLACES: usize = 3;

/// Top-level members with the content of a request: a test that ignored them would check nothing.
#[rustfmt::skip]
const CONTENT: [&str; 17] = [
    "stream", "messages", "input", "contents", "prompt", "system", "instructions",
    "systemInstruction", "system_instruction", "tools", "model", "query", "texts", "message",
    "chat_history", "documents", "content",
];

/// Values that change from run to run: pattern and placeholder, the most specific first.
const SHAPES: [(&str, &str); 8] = [
    ("[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}", "<uuid>"),
    (
        "[0-9]{4}-[0-9]{2}-[0-9]{2}[T ][0-9]{2}:[0-9]{2}(:[0-9]{2}([.][0-9]+)?)?(Z|[+-][0-9]{2}:?[0-9]{2})?",
        "<time>",
    ),
    ("[0-9]{4}-[0-9]{2}-[0-9]{2}", "<date>"),
    ("[0-9]{1,2}:[0-9]{2}(:[0-9]{2})?", "<time>"),
    ("(/private)?(/tmp|/var/folders)/[A-Za-z0-9._/+-]+", "<tmp>"),
    ("(127[.]0[.]0[.]1|localhost):[0-9]+", "<address>"),
    ("[0-9a-f]{16,64}", "<hex>"),
    ("[0-9]{10,19}", "<number>"),
];

static PATTERNS: LazyLock<[Regex; SHAPES.len()]> = LazyLock::new(|| {
    SHAPES.map(|(pattern, _)| Regex::new(pattern).expect("a constant pattern, compiled in a test"))
});

/// A rule for a miss, in the syntax of the attribute or of the builder.
pub(crate) fn rule(miss: &Miss, surface: Surface) -> Option<String> {
    match &miss.reason {
        MissReason::BodyDiffers { differences, .. } => for_differences(differences, surface),
        MissReason::EndpointUnknown { .. } if miss.method == "GET" => {
            let path = miss.path.split('?').next().unwrap_or_default();
            Some(call(surface, "side", &[literal(&format!("GET {path}"))]))
        }
        _ => None,
    }
}

/// The attribute lists the arguments; the builder has a call for each.
fn call(surface: Surface, name: &str, arguments: &[String]) -> String {
    match surface {
        Surface::Attribute => format!("{name}({})", arguments.join(", ")),
        Surface::Builder => {
            arguments.iter().map(|argument| format!(".{name}({argument})")).collect()
        }
    }
}

fn for_differences(differences: &[Difference], surface: Surface) -> Option<String> {
    if differences.is_empty() || differences.len() > PLACES {
        return None;
    }
    if differences.iter().all(|difference| difference.reordered.is_some()) {
        return unordered(differences, surface);
    }
    if let [difference] = differences
        && let Some((pattern, placeholder)) = pattern_for(difference)
    {
        let [path, pattern, placeholder] =
            [&*difference.path, &*pattern, &*placeholder].map(literal);
        let arrow = if surface == Surface::Attribute { " =>" } else { "," };
        let argument = format!("{path}, {pattern}{arrow} {placeholder}");
        return Some(call(surface, "normalize", &[argument]));
    }
    let paths =
        || differences.iter().map(|difference| literal(&difference.path)).collect::<Vec<_>>();
    differences.iter().all(is_detail).then(|| call(surface, "ignore", &paths()))
}

/// Arrays in which the order has no meaning of its own; that of messages has.
fn unordered(differences: &[Difference], surface: Surface) -> Option<String> {
    const TURNS: [&str; 4] = ["messages", "input", "contents", "chat_history"];
    let is_turns = |difference: &Difference| {
        difference.path.strip_prefix("$.").is_some_and(|member| TURNS.contains(&member))
    };
    let paths: Vec<_> = differences.iter().map(|difference| literal(&difference.path)).collect();
    (!differences.iter().any(is_turns)).then(|| call(surface, "unordered", &paths))
}

/// A pattern and a placeholder that make both sides of a difference equal.
fn pattern_for(difference: &Difference) -> Option<(String, String)> {
    let is_text = difference.path.starts_with('$')
        || difference.path == "path"
        || difference.path.starts_with("query.");
    let shape = shape_of(difference).filter(|_| is_text);
    let shape = shape.map(|(pattern, placeholder)| (pattern.to_owned(), placeholder.to_owned()));
    shape.or_else(|| segment_of(difference))
}

/// The segment in which two paths differ, if it looks like an id, with the segment in front of it: `/jobs/[^/]+`.
fn segment_of(difference: &Difference) -> Option<(String, String)> {
    if difference.path != "path" {
        return None;
    }
    let (recorded, sent) = texts(difference)?;
    let [old, new]: [Vec<&str>; 2] = [&recorded, &sent].map(|path| path.split('/').collect());
    let differs = |at: &usize| old[*at] != new[*at];
    let mut places = (0..old.len().min(new.len())).filter(differs);
    let (at, None) = (places.next()?, places.next()) else { return None };
    let before = old.get(at.checked_sub(1)?).filter(|before| !before.is_empty())?;
    let is_id = |segment: &str| segment.bytes().any(|byte| byte.is_ascii_digit());
    if old.len() != new.len() || !is_id(old[at]) || !is_id(new[at]) {
        return None;
    }
    // What is neither a letter nor a digit may mean something in a pattern.
    let before: String = before
        .chars()
        .map(|c| if c.is_ascii_alphanumeric() || "-_".contains(c) { c } else { '.' })
        .collect();
    Some((format!("/{before}/[^/]+"), format!("/{before}/<id>")))
}

/// Whether a difference is not in the content of a request.
fn is_detail(difference: &Difference) -> bool {
    /// Parameters that change the form of the response.
    const CONTENT_QUERY: [&str; 4] =
        ["query.alt", "query.stream", "query.model", "query.uploadType"];
    if difference.path.starts_with("query.") {
        return !CONTENT_QUERY.contains(&difference.path.as_str());
    }
    member_of(&difference.path).is_some_and(|member| !CONTENT.contains(&member.as_str()))
}

fn texts(difference: &Difference) -> Option<(String, String)> {
    let text = |json: &Option<String>| serde_json::from_str::<String>(json.as_deref()?).ok();
    Some((text(&difference.recorded)?, text(&difference.sent)?))
}

fn shape_of(difference: &Difference) -> Option<(&'static str, &'static str)> {
    let (recorded, sent) = texts(difference)?;
    let evens =
        |pattern: &Regex| pattern.replace_all(&recorded, "") == pattern.replace_all(&sent, "");
    let at = PATTERNS.iter().position(evens)?;
    Some(SHAPES[at])
}

/// The top-level member that a path leads into; `None` if it leads elsewhere.
fn member_of(path: &str) -> Option<String> {
    let path = JsonPath::parse(path).ok()?;
    match &*path.segments().first()?.selectors {
        [Selector::Name(name)] => Some(name.clone()),
        _ => None,
    }
}

fn literal(text: &str) -> String {
    format!("\"{}\"", text.escape_default().to_string().replace("\\'", "'"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::matching::Reordered;
    use crate::report::miss::Closest;

    /// Path, recorded, sent.
    type Place<'a> = (&'a str, Option<&'a str>, Option<&'a str>);

    fn miss(differences: &[Place<'_>]) -> Miss {
        let own = |text: &str| text.to_owned();
        let differences = differences
            .iter()
            .map(|(path, recorded, sent)| Difference {
                path: own(path),
                recorded: recorded.map(own),
                sent: sent.map(own),
                reordered: None,
            })
            .collect();
        let closest = Closest {
            interaction: 1,
            alike_percent: 90,
            recorded_at: None,
            owner: None,
            used_by: None,
        };
        Miss {
            method: "POST".into(),
            path: "/v1/messages".into(),
            provider: "anthropic",
            model: None,
            prompt: None,
            request: 1,
            reason: MissReason::BodyDiffers { closest, differences },
        }
    }

    #[test]
    fn a_rule_is_offered_only_if_it_would_make_the_request_match() {
        let prompt = "$.messages[1].content";
        let cases: [(&str, &[Place<'_>], Option<&str>); 14] = [
            (
                "a sampling knob",
                &[("$.temperature", Some("0.2"), None)],
                Some(r#"ignore("$.temperature")"#),
            ),
            (
                "two knobs",
                &[("$.seed", Some("1"), Some("2")), ("$['x y'].z", None, Some("1"))],
                Some(r#"ignore("$.seed", "$['x y'].z")"#),
            ),
            ("a prompt", &[(prompt, Some("\"a\""), Some("\"b\""))], None),
            (
                "a prompt and a knob",
                &[(prompt, Some("\"a\""), Some("\"b\"")), ("$.seed", None, Some("1"))],
                None,
            ),
            (
                "a date in a prompt",
                &[(prompt, Some("\"today is 2026-04-23\""), Some("\"today is 2026-05-02\""))],
                Some(
                    r#"normalize("$.messages[1].content", "[0-9]{4}-[0-9]{2}-[0-9]{2}" => "<date>")"#,
                ),
            ),
            (
                "a date and a word in a prompt",
                &[(prompt, Some("\"now 2026-04-23\""), Some("\"today 2026-05-02\""))],
                None,
            ),
            ("the model", &[("$.model", Some("\"a\""), Some("\"b\""))], None),
            ("the path", &[("path", Some("\"/a\""), Some("\"/b\""))], None),
            (
                "an id in the path",
                &[("path", Some("\"/v1/jobs/0b1c-1/log\""), Some("\"/v1/jobs/9f9f-2/log\""))],
                Some(r#"normalize("path", "/jobs/[^/]+" => "/jobs/<id>")"#),
            ),
            ("another model", &[("path", Some("\"/m/a:go\""), Some("\"/m/b:go\""))], None),
            (
                "a parameter",
                &[("query._", Some("\"1\""), Some("\"2\""))],
                Some(r#"ignore("query._")"#),
            ),
            ("the form of a stream", &[("query.alt", Some("\"sse\""), None)], None),
            ("the whole body", &[("$", Some("{}"), Some("[]"))], None),
            (
                "many places",
                &[
                    ("$.a", None, None),
                    ("$.b", None, None),
                    ("$.c", None, None),
                    ("$.d", None, None),
                ],
                None,
            ),
        ];
        for (name, differences, expected) in cases {
            assert_eq!(rule(&miss(differences), Surface::Attribute).as_deref(), expected, "{name}");
        }
    }

    #[test]
    fn values_in_another_order_are_offered_as_unordered() {
        for (path, rule_of_path) in [
            ("$.tools", Some(r#"unordered("$.tools")"#)),
            ("$.messages[2].content", Some(r#"unordered("$.messages[2].content")"#)),
            ("$.messages", None),
        ] {
            let mut miss = miss(&[(path, Some("[1,2]"), Some("[2,1]"))]);
            let MissReason::BodyDiffers { differences, .. } = &mut miss.reason else { panic!() };
            differences[0].reordered = Some(Reordered::Elements);
            assert_eq!(rule(&miss, Surface::Attribute).as_deref(), rule_of_path);
        }
    }

    #[test]
    fn every_shape_is_known_by_an_example() {
        let examples = [
            ("3f2504e0-4f89-11d3-9a0c-0305e82c3301", "7d444840-9dc0-11d1-b245-5ffdce74fad2"),
            ("2026-04-23T10:00:00Z", "2026-05-02 09:30:01.25+02:00"),
            ("2026-04-23", "2026-05-02"),
            ("at 9:05", "at 10:06:07"),
            ("/tmp/.tmpAbC12/x.rs", "/tmp/.tmpZz9/x.rs"),
            ("http://127.0.0.1:4000/", "http://127.0.0.1:51234/"),
            ("0123456789abcdef0123", "fedcba98765432100123"),
            ("1713866400", "1714636800000"),
        ];
        for ((_, placeholder), (recorded, sent)) in SHAPES.iter().zip(examples) {
            let difference = Difference {
                path: "$.input".into(),
                recorded: Some(format!("\"{recorded}\"")),
                sent: Some(format!("\"{sent}\"")),
                reordered: None,
            };
            let shape = shape_of(&difference).map(|(_, placeholder)| placeholder);
            assert_eq!(shape, Some(*placeholder), "{recorded} against {sent}");
        }
    }

    #[test]
    fn a_background_call_may_be_named_as_such() {
        let mut side = miss(&[]);
        side.method = "GET".into();
        side.path = "/v1/models?limit=2".into();
        side.reason = MissReason::EndpointUnknown { recorded: Vec::new() };
        assert_eq!(rule(&side, Surface::Attribute).as_deref(), Some(r#"side("GET /v1/models")"#));
        assert_eq!(rule(&side, Surface::Builder).as_deref(), Some(r#".side("GET /v1/models")"#));
    }

    #[test]
    fn paths_become_rust_literals() {
        let odd = miss(&[(r#"$['a"b']"#, Some("1"), None)]);
        assert_eq!(rule(&odd, Surface::Attribute).as_deref(), Some(r#"ignore("$['a\"b']")"#));
    }
}
