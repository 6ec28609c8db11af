//! `docs/matching.md` is the norm: its tables are read and checked here, row by row.

use proptest::prelude::*;

use super::key::preimage;
use super::{Contains, MatchRules, Normalize, diff, key};
use crate::fixture::interaction::{Body, Part, PartValue, Request};
use crate::json::Json;
use crate::provider::{Provider, canonical_path};
use crate::wire::FORMATS;

const NORM: &str = include_str!("../../../docs/matching.md");

/// The rows of the table that begins with these headings.
fn rows(headings: &str, columns: usize) -> Vec<Vec<&'static str>> {
    let mut rows = Vec::new();
    let mut inside = false;
    for line in NORM.lines() {
        let Some(row) = line.strip_prefix("| ").and_then(|line| line.strip_suffix(" |")) else {
            inside = false;
            continue;
        };
        let cells: Vec<&str> = row.split(" | ").map(str::trim).collect();
        if inside && !cells[0].starts_with("---") {
            assert_eq!(cells.len(), columns, "{line}");
            rows.push(cells);
        }
        inside |= row.starts_with(headings);
    }
    rows
}

fn code(cell: &str) -> &str {
    cell.strip_prefix('`')
        .and_then(|cell| cell.strip_suffix('`'))
        .unwrap_or_else(|| panic!("{cell}"))
}

/// `openai GET /v1/models`, with `POST` as the default.
fn address(text: &str) -> (Provider, &str, &str) {
    let (provider, rest) = text.split_once(' ').expect("a provider and a path");
    let (method, path) = rest.split_once(' ').unwrap_or(("POST", rest));
    (Provider::from_id(provider), method, path)
}

fn request(provider: Provider, method: &str, path: &str, side: &str) -> Request {
    let (mut method, mut path, mut body) = (method, path, side);
    if let Some((first, rest)) = side.split_once(' ')
        && rest.starts_with('/')
    {
        (method, body) = (first, rest);
    }
    if body.starts_with('/') {
        (path, body) = body.split_once(' ').unwrap_or((body, "empty"));
    }
    Request {
        method: method.to_owned(),
        path: canonical_path(provider, path),
        range: None,
        headers: Vec::new(),
        body: parsed_body(body),
    }
}

fn parsed_body(text: &str) -> Body {
    let (kind, rest) = text.split_once(' ').unwrap_or((text, ""));
    match kind {
        "empty" => Body::Empty,
        "text" => Body::Text(rest.to_owned()),
        "bytes" => Body::Bytes(rest.as_bytes().to_vec()),
        "form" => Body::Form(rest.split("; ").map(part).collect()),
        _ => Body::Json(text.to_owned()),
    }
}

fn part(text: &str) -> Part {
    let (name, value) = text.split_once('=').expect("NAME=TEXT");
    let file: Option<Vec<&str>> = value.strip_prefix('@').map(|file| file.split(':').collect());
    Part {
        name: name.to_owned(),
        filename: file.as_ref().map(|file| file[0].to_owned()),
        content_type: file.as_ref().map(|file| file[1].to_owned()),
        value: match file {
            None => PartValue::Text(value.to_owned()),
            Some(file) => PartValue::File {
                sha256: super::key::digest(file[2].as_bytes()),
                bytes: file[2].len() as u64,
            },
        },
    }
}

/// `match_on("a", "b")`, `ignore("$.a")` or `normalize("$.a", "regex" => "text")`.
fn rules(text: &str) -> MatchRules {
    let strings: Vec<String> = text.split('"').skip(1).step_by(2).map(str::to_owned).collect();
    let place = || llmock_rules::Place::parse(&strings[0]).unwrap();
    match text.split('(').next() {
        Some("match_on") => MatchRules { match_on: Some(strings), ..MatchRules::default() },
        Some("ignore") => MatchRules { ignore: vec![place()], ..MatchRules::default() },
        Some("normalize") => {
            let pattern = regex::Regex::new(&strings[1]).unwrap();
            let rule = Normalize { place: place(), pattern, replacement: strings[2].clone() };
            MatchRules { normalize: vec![rule], ..MatchRules::default() }
        }
        Some("contains") => {
            let path = llmock_rules::JsonPath::parse(&strings[0]).unwrap();
            let rule = |text: &String| Contains { path: path.clone(), text: text.clone() };
            let contains = strings[1..].iter().map(rule).collect();
            MatchRules { contains, ..MatchRules::default() }
        }
        Some("count") => {
            let field = strings[0].trim_start_matches("$.").to_owned();
            MatchRules { count: vec![field], ..MatchRules::default() }
        }
        Some("unordered") => {
            let path = |text: &String| llmock_rules::JsonPath::parse(text).unwrap();
            let unordered = strings.iter().map(path).collect();
            MatchRules { unordered, ..MatchRules::default() }
        }
        _ => panic!("unknown rule {text}"),
    }
}

#[track_caller]
fn check(row: &[&str], provider: Provider, sides: &[Request; 2], rules: &MatchRules) {
    let [a, b] = sides;
    let same = key(provider, a, rules) == key(provider, b, rules);
    let expected = match row[4] {
        "same" => true,
        "different" => false,
        other => panic!("no verdict: {other}"),
    };
    let shown = |request| String::from_utf8_lossy(&preimage(provider, request, rules)).into_owned();
    assert_eq!(same, expected, "row {row:?}\n{}\n{}", shown(a), shown(b));
    let differences = diff(a, b, provider, rules);
    assert_eq!(
        differences.is_empty(),
        expected,
        "row {row:?}: the diff disagrees: {differences:?}"
    );
}

#[test]
fn every_pair_of_the_norm_gets_its_verdict() {
    let rows = rows("# | request | a |", 6);
    assert!(rows.len() >= 60, "{}", rows.len());
    for (at, row) in rows.iter().enumerate() {
        assert_eq!(row[0], (at + 1).to_string(), "rows are numbered");
        let (provider, method, path) = address(code(row[1]));
        let sides = [row[2], row[3]].map(|side| request(provider, method, path, code(side)));
        check(row, provider, &sides, &MatchRules::default());
    }
}

#[test]
fn every_pair_under_a_rule_gets_its_verdict() {
    let rows = rows("# | rule | a |", 6);
    assert!(rows.len() >= 20, "{}", rows.len());
    for row in &rows {
        let side = |side| request(Provider::OpenAI, "POST", "/v1/chat/completions", code(side));
        check(row, Provider::OpenAI, &[row[2], row[3]].map(side), &rules(code(row[1])));
    }
}

#[test]
fn preimages_and_keys_are_those_of_the_vectors() {
    let rows: Vec<_> = rows("# | request | body |", 5);
    assert!(rows.len() >= 8, "{}", rows.len());
    for row in rows {
        let (provider, method, path) = address(code(row[1]));
        let request = request(provider, method, path, code(row[2]));
        let preimage = preimage(provider, &request, &MatchRules::default());
        assert_eq!(String::from_utf8_lossy(&preimage), code(row[3]));
        assert_eq!(key(provider, &request, &MatchRules::default()).to_string(), code(row[4]));
    }
}

/// Whether a row names this wire format, alone or with others, and has exactly this in its second cell.
fn has_row(format: &str, cell: &str) -> bool {
    let cells = NORM
        .lines()
        .filter_map(|line| line.strip_prefix("| ")?.strip_suffix(" |")?.split_once(" | "));
    cells
        .into_iter()
        .any(|(names, other)| other == cell && names.split(", ").any(|name| name == format))
}

#[test]
fn the_norm_lists_what_each_wire_format_leaves_out() {
    for format in FORMATS {
        let fields: Vec<_> = format.volatile.iter().map(|field| format!("`{field}`")).collect();
        let fields = fields.join(", ");
        assert!(
            has_row(format.name, &fields),
            "missing in docs/matching.md: {format:?} | {fields}"
        );
        for places in [format.annotations, format.tool_ids] {
            let places = places.iter().map(|path| path.join(".").replace(".[]", "[]"));
            let places: Vec<_> = places.map(|path| format!("`{path}`")).collect();
            let cell = if places.is_empty() { "none".into() } else { places.join(", ") };
            assert!(
                has_row(format.name, &cell),
                "missing in docs/matching.md: {format:?} | {cell}"
            );
        }
    }
}

#[test]
fn the_norm_lists_where_ids_of_messages_are() {
    for format in FORMATS {
        let places = format.message_ids.iter().map(|path| path.join(".").replace(".[]", "[]"));
        let places: Vec<_> = places.map(|path| format!("`{path}`")).collect();
        let is_listed = has_row(format.name, &places.join(", "));
        assert!(
            places.is_empty() || is_listed,
            "missing in docs/matching.md: {format:?} {places:?}"
        );
    }
}

/// Small bodies of values that are often equal under another spelling.
fn json_text() -> impl Strategy<Value = String> {
    let leaf = prop_oneof![
        prop::sample::select(vec![
            "null",
            "true",
            "false",
            "0",
            "-0",
            "1",
            "1.0",
            "1e0",
            "0.2",
            "0.20000000298023224",
            "\"\"",
            "\"a\"",
            "\"\\u0061\"",
            "\"call_1\"",
            "\"call_2\"",
            "\"[REDACTED:A]\"",
            "\"[REDACTED:B]\"",
            "[]",
            "{}",
        ])
        .prop_map(str::to_owned),
    ];
    leaf.prop_recursive(4, 24, 4, |inner| {
        let name = prop::sample::select(vec![
            "messages",
            "tool_calls",
            "id",
            "tool_call_id",
            "stream",
            "user",
            "parameters",
            "input",
            "name",
            "a",
        ]);
        let member = (name, inner.clone()).prop_map(|(name, value)| format!("\"{name}\":{value}"));
        prop_oneof![
            prop::collection::vec(inner, 0..4).prop_map(|items| format!("[{}]", items.join(","))),
            prop::collection::vec(member, 0..4)
                .prop_map(|members| format!("{{{}}}", members.join(", "))),
        ]
    })
}

proptest! {
    #[test]
    fn two_bodies_differ_somewhere_exactly_if_their_keys_do(a in json_text(), b in json_text()) {
        let rules = MatchRules::default();
        let [a, b] = [a, b].map(|body| request(Provider::OpenAI, "POST", "/v1/chat/completions", &body));
        let same = key(Provider::OpenAI, &a, &rules) == key(Provider::OpenAI, &b, &rules);
        prop_assert_eq!(diff(&a, &b, Provider::OpenAI, &rules).is_empty(), same);
        prop_assert!(diff(&a, &a, Provider::OpenAI, &rules).is_empty());
    }

    #[test]
    fn a_body_equals_itself_with_members_reversed_and_spaces_between(body in json_text()) {
        fn reversed(value: &Json<'_>) -> String {
            match value {
                Json::Object(members) => {
                    // Stable for equal names, whose order counts.
                    let mut members: Vec<_> = members.iter().collect();
                    members.sort_by(|(a, _), (b, _)| b.raw().cmp(a.raw()));
                    let members: Vec<_> =
                        members.iter().map(|(name, value)| format!("\"{}\" : {}", name.raw(), reversed(value))).collect();
                    format!("{{ {} }}", members.join(" , "))
                }
                Json::Array(items) => format!("[{}\n]", items.iter().map(reversed).collect::<Vec<_>>().join(",\t")),
                Json::String(text) => format!("\"{}\"", text.raw()),
                Json::Number(token) => (*token).to_owned(),
                Json::Bool(value) => value.to_string(),
                Json::Null => "null".to_owned(),
            }
        }
        let other = reversed(&crate::json::parse(&body).unwrap());
        let at = |body: &str| request(Provider::OpenAI, "POST", "/v1/chat/completions", body);
        let rules = MatchRules::default();
        prop_assert_eq!(key(Provider::OpenAI, &at(&body), &rules), key(Provider::OpenAI, &at(&other), &rules));
    }
}
