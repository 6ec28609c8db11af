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
            ..Difference::default()
        })
        .collect();
    let closest = Closest {
        interaction: 1,
        resembles: true,
        others: Vec::new(),
        recorded_at: None,
        owner: None,
        used_by: None,
        divergence: None,
    };
    Miss {
        method: "POST".into(),
        path: "/v1/messages".into(),
        provider: "anthropic",
        model: None,
        prompt: None,
        turn: None,
        request: 1,
        body: None,
        reason: MissReason::BodyDiffers { closest, differences },
    }
}

fn texts(misses: &[Miss], surface: Surface) -> Vec<String> {
    hints(misses, surface).rules.into_iter().map(|(rule, _)| rule).collect()
}

const PROMPT: &str = "$.messages[1].content";
const DATE: &str =
    r#"normalize("$.messages[1].content", "[0-9]{4}-[0-9]{2}-[0-9]{2}" => "<date>")"#;

/// What the rules for differences are, and whether they make the request match.
#[test]
fn rules_cover_what_varies_and_nothing_that_a_test_checks() {
    let prompt = |recorded, sent| (PROMPT, Some(recorded), Some(sent));
    let day = || prompt("\"today is 2026-04-23\"", "\"today is 2026-05-02\"");
    let cases: [(&str, &[Place<'_>], &[&str], bool); 16] = [
        ("a newer model", &[("$.model", Some("\"llm-4\""), Some("\"llm-5\""))], &[], false),
        (
            "a newer version of the API",
            &[("query.api-version", Some("\"2026-04-23\""), Some("\"2026-05-02\""))],
            &[],
            false,
        ),
        ("a sampling knob", &[("$.temperature", Some("0.2"), None)], &[], false),
        ("a seed", &[("$.seed", Some("1"), Some("2"))], &[], false),
        ("a format", &[("$.response_format", None, Some("{}"))], &[], false),
        (
            "a marker for the cache",
            &[("$.system[0].cache_control", None, Some("{}"))],
            &[r#"ignore("$.system[0].cache_control")"#],
            true,
        ),
        ("a prompt", &[prompt("\"a\"", "\"b\"")], &[], false),
        (
            "a word beside a number",
            &[prompt(
                r#""{\"place\":\"Lyon\",\"days\":[1]}""#,
                r#""{\"place\":\"Paris\",\"days\":[1]}""#,
            )],
            &[],
            false,
        ),
        ("a date in a prompt", &[day()], &[DATE], true),
        ("a date and a knob", &[day(), ("$.seed", None, Some("1"))], &[DATE], false),
        (
            "a date and a word in a prompt",
            &[prompt("\"now 2026-04-23\"", "\"today 2026-05-02\"")],
            &[],
            false,
        ),
        ("the path", &[("path", Some("\"/a\""), Some("\"/b\""))], &[], false),
        (
            "an id in the path",
            &[("path", Some("\"/v1/jobs/0b1c-1/log\""), Some("\"/v1/jobs/9f9f-2/log\""))],
            &[r#"normalize("path", "/jobs/[^/]+" => "/jobs/<id>")"#],
            true,
        ),
        ("another model", &[("path", Some("\"/m/a:go\""), Some("\"/m/b:go\""))], &[], false),
        ("the form of a stream", &[("query.alt", Some("\"sse\""), None)], &[], false),
        ("the whole body", &[("$", Some("{}"), Some("[]"))], &[], false),
    ];
    for (name, differences, expected, covers) in cases {
        let misses = [miss(differences)];
        assert_eq!(texts(&misses, Surface::Attribute), expected, "{name}");
        assert_eq!(hints(&misses, Surface::Attribute).cover(), covers, "{name}");
    }
}

#[test]
fn several_values_in_one_text_have_a_rule_each() {
    let side = |day: &str, id: &str| format!("\"on {day} for {id} of 2026\"");
    let ids = ["3f2504e0-4f89-11d3-9a0c-0305e82c3301", "7d444840-9dc0-11d1-b245-5ffdce74fad2"];
    let (recorded, sent) = (side("2026-04-23", ids[0]), side("2026-05-02", ids[1]));
    let misses = [miss(&[(PROMPT, Some(&recorded), Some(&sent))])];
    let found = hints(&misses, Surface::Attribute);
    assert_eq!(found.varying(), ["a UUID", "a date"]);
    assert!(found.cover());
    assert_eq!(texts(&misses, Surface::Attribute)[1], DATE);
}

#[test]
fn places_in_many_elements_share_a_rule() {
    let sides = ["\"2026-04-23\"", "\"2026-05-02\""].map(Some);
    let paths: Vec<String> = (0..4).map(|at| format!("$.messages[{at}].content")).collect();
    let places: Vec<_> = paths.iter().map(|path| (path.as_str(), sides[0], sides[1])).collect();
    let wide = DATE.replace("[1]", "[*]");
    assert_eq!(texts(&[miss(&places)], Surface::Attribute), [wide]);
    assert_eq!(texts(&[miss(&places[..2])], Surface::Attribute).len(), 2);
    // Each of several requests with the same place.
    let again = [miss(&places[1..2]), miss(&places[1..2])];
    assert_eq!(texts(&again, Surface::Attribute), [DATE]);
}

#[test]
fn words_with_digits_are_anchored() {
    let cases = [
        (
            "\"ticket T-4711 is late\"",
            "\"ticket T-4812 is late\"",
            Some(r#"normalize("$.input", "ticket\\sT\\-\\S*?(\\s|$)" => "ticket T-<number>$1")"#),
        ),
        (
            "\"17.3 degrees\"",
            "\"18.1 degrees\"",
            Some(r#"normalize("$.input", "^\\S*?(\\s|$)" => "<number>$1")"#),
        ),
        ("\"rate from 1 to five\"", "\"rate from 1 to 5\"", None),
        ("\"one word more 1\"", "\"one word 1\"", None),
    ];
    for (recorded, sent, expected) in cases {
        let misses = [miss(&[("$.input", Some(recorded), Some(sent))])];
        let found = texts(&misses, Surface::Attribute);
        assert_eq!(found.first().map(String::as_str), expected, "{recorded}");
        assert!(hints(&misses, Surface::Attribute).varying().is_empty());
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
        let found = texts(&[miss], Surface::Attribute);
        assert_eq!(found.first().map(String::as_str), rule_of_path);
    }
}

#[test]
fn every_shape_is_known_by_an_example() {
    let examples = [
        ("3f2504e0-4f89-11d3-9a0c-0305e82c3301", "7D444840-9DC0-11D1-B245-5FFDCE74FAD2"),
        ("2026-04-23T10:00:00Z", "2026-05-02 09:30:01.25+02:00"),
        ("/tmp/.tmpAbC12/x.rs", "/tmp/.tmpZz9/x.rs"),
        ("http://127.0.0.1:4000/", "http://127.0.0.1:51234/"),
        ("2026-04-23", "2026-05-02"),
        ("April 23, 2026", "2 May 2026"),
        ("at 9:05:00", "at 10:06:07.5"),
        ("at 9:05", "at 10:06"),
        ("0123456789abcdef0123", "fedcba98765432100123"),
        ("1713866400", "1714636800000"),
    ];
    for (shape, (recorded, sent)) in SHAPES.iter().zip(examples) {
        let found: Vec<_> = shapes(recorded, sent).iter().map(|it| it.pattern).collect();
        assert_eq!(found, [shape.pattern], "{recorded} against {sent}");
    }
}

#[test]
fn a_background_call_may_be_named_as_such() {
    let mut side = miss(&[]);
    side.method = "GET".into();
    side.path = "/v1/models?limit=2".into();
    side.reason = MissReason::EndpointUnknown { recorded: Vec::new() };
    let side = [side];
    assert_eq!(texts(&side, Surface::Attribute), [r#"side("GET /v1/models")"#]);
    assert_eq!(texts(&side, Surface::Builder), [r#".side("GET /v1/models")"#]);
}

#[test]
fn paths_become_rust_literals() {
    let odd = [miss(&[(r#"$['a"b'].cache_control"#, Some("1"), None)])];
    let date = miss(&[(r#"$['a"b']"#, Some("\"2026-04-23\""), Some("\"2026-05-02\""))]);
    assert!(texts(&odd, Surface::Attribute).is_empty());
    let found = texts(&[date], Surface::Builder);
    assert_eq!(found, [r#".normalize("$['a\"b']", "[0-9]{4}-[0-9]{2}-[0-9]{2}", "<date>")"#]);
}
