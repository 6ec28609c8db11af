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
    if let [difference] = differences
        && let Some((pattern, placeholder)) = shape_of(difference)
        && difference.path.starts_with('$')
    {
        let [path, pattern, placeholder] = [&difference.path, pattern, placeholder].map(literal);
        let arrow = if surface == Surface::Attribute { " =>" } else { "," };
        let argument = format!("{path}, {pattern}{arrow} {placeholder}");
        return Some(call(surface, "normalize", &[argument]));
    }
    let is_detail = |difference: &Difference| {
        member_of(&difference.path).is_some_and(|member| !CONTENT.contains(&member.as_str()))
    };
    let paths =
        || differences.iter().map(|difference| literal(&difference.path)).collect::<Vec<_>>();
    differences.iter().all(is_detail).then(|| call(surface, "ignore", &paths()))
}

fn shape_of(difference: &Difference) -> Option<(&'static str, &'static str)> {
    let text = |json: &Option<String>| serde_json::from_str::<String>(json.as_deref()?).ok();
    let (recorded, sent) = (text(&difference.recorded)?, text(&difference.sent)?);
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
        let cases: [(&str, &[Place<'_>], Option<&str>); 10] = [
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
