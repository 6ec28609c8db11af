//! Every path is read as `rsonpath-syntax`, an independent parser, reads it.

use proptest::prelude::*;
use rsonpath_syntax as reference;

use super::*;

#[test]
fn says_where_a_path_is_wrong() {
    for (path, expected) in [
        ("", "it is empty; the whole body is `$`"),
        ("messages[0]", "expected `$`; did you mean `$.messages[0]`?"),
        ("-", "expected `$` at `-`"),
        (" $.a", "expected `$` at ` $.a`"),
        ("$.a ", "expected `.` or `[` at ` `"),
        ("$.a-b", "expected `.` or `[` at `-b`"),
        ("$.1", "expected a name or `*` at `1`"),
        ("$...a", "expected a name or `*` at `.a`"),
        ("$.a[", "expected a name in quotes, an index, a slice, `*`, or `?` at the end"),
        ("$.a[0", "expected `,` or `]` at the end"),
        ("$.a['b]", "expected a closing quote for the string at `'b]`"),
        ("$['\\x']", "invalid escape sequence at `\\x']`"),
        ("$['\\ud83d']", "invalid escape sequence at `\\ud83d']`"),
        ("$[01]", "expected an integer without leading zeros at `01]`"),
        ("$[-]", "expected an integer at `-]`"),
        ("$[9007199254740992]", "expected an integer of at most 2^53 - 1 at `9007199254740992]`"),
        ("$[?@..a == 1]", "expected a path to a single value at `@..a == 1]`"),
        ("$[?!@.a == 1]", "expected parentheses around a comparison behind `!` at `!@.a == 1]`"),
        ("$[?(@.a]", "expected `)` at `]`"),
        ("$[?1]", "expected a comparison operator at `]`"),
        ("$[?a]", "expected a path that starts with `@` or `$`, or a literal at `a]`"),
        ("$[?length(@) > 1]", "functions are not supported at `length(@) > 1]`"),
    ] {
        let message = JsonPath::parse(path).unwrap_err().to_string();
        assert_eq!(message, format!("invalid JSONPath `{path}`: {expected}"));
    }
}

#[test]
fn nesting_has_a_limit() {
    let nested = |depth: usize| format!("$[?{}@.a{}]", "(".repeat(depth), ")".repeat(depth));
    assert!(JsonPath::parse(&nested(100)).is_ok());
    assert!(JsonPath::parse(&nested(100_000)).is_err());
    let long = format!("$[?@.a{}]", " || @.a".repeat(100_000));
    assert!(JsonPath::parse(&long).is_ok());
}

/// The tree of the reference in our form.
fn translated(text: &str) -> Option<Vec<Segment>> {
    let query = reference::parse(text).ok()?;
    Some(segments(query.segments()))
}

fn segments(segments: &[reference::Segment]) -> Vec<Segment> {
    let translate = |segment: &reference::Segment| Segment {
        is_descendant: segment.is_descendant(),
        selectors: segment.selectors().iter().map(selector).collect(),
    };
    segments.iter().map(translate).collect()
}

fn index(index: reference::Index) -> i64 {
    match index {
        reference::Index::FromStart(at) => i64::try_from(at.as_u64()).unwrap(),
        reference::Index::FromEnd(back) => -i64::try_from(back.as_u64()).unwrap(),
    }
}

fn selector(selector: &reference::Selector) -> Selector {
    match selector {
        reference::Selector::Name(name) => Selector::Name(name.unquoted().to_owned()),
        reference::Selector::Wildcard => Selector::Wildcard,
        reference::Selector::Index(at) => Selector::Index(index(*at)),
        reference::Selector::Slice(slice) => {
            let step = match slice.step() {
                reference::Step::Forward(step) => i64::try_from(step.as_u64()).unwrap(),
                reference::Step::Backward(step) => -i64::try_from(step.as_u64()).unwrap(),
            };
            Selector::Slice(Slice {
                start: Some(index(slice.start())),
                end: slice.end().map(index),
                step,
            })
        }
        reference::Selector::Filter(filter) => Selector::Filter(condition(filter)),
    }
}

fn condition(filter: &reference::LogicalExpr) -> Filter {
    use reference::{ComparisonOp as Op, LogicalExpr, TestExpr};
    let query = |is_absolute, query: &reference::JsonPathQuery| {
        Filter::Exists(Query { is_absolute, segments: segments(query.segments()) })
    };
    match filter {
        LogicalExpr::Or(left, right) => Filter::Or(vec![condition(left), condition(right)]),
        LogicalExpr::And(left, right) => Filter::And(vec![condition(left), condition(right)]),
        LogicalExpr::Not(inner) => Filter::Not(Box::new(condition(inner))),
        LogicalExpr::Test(TestExpr::Relative(inner)) => query(false, inner),
        LogicalExpr::Test(TestExpr::Absolute(inner)) => query(true, inner),
        LogicalExpr::Comparison(comparison) => {
            let operator = match comparison.op() {
                Op::EqualTo => Operator::Equal,
                Op::NotEqualTo => Operator::NotEqual,
                Op::LessThan => Operator::Less,
                Op::LesserOrEqualTo => Operator::LessOrEqual,
                Op::GreaterThan => Operator::Greater,
                Op::GreaterOrEqualTo => Operator::GreaterOrEqual,
            };
            Filter::Compare(comparable(comparison.lhs()), operator, comparable(comparison.rhs()))
        }
    }
}

fn comparable(side: &reference::Comparable) -> Comparable {
    use reference::{Comparable as Side, Literal, SingularSegment};
    let query = |is_absolute, query: &reference::SingularJsonPathQuery| {
        let one = |segment: &SingularSegment| Segment {
            is_descendant: false,
            selectors: vec![match segment {
                SingularSegment::Name(name) => Selector::Name(name.unquoted().to_owned()),
                SingularSegment::Index(at) => Selector::Index(index(*at)),
            }],
        };
        Comparable::Query(Query { is_absolute, segments: query.segments().map(one).collect() })
    };
    match side {
        Side::Literal(Literal::Null) => Comparable::Null,
        Side::Literal(Literal::Bool(value)) => Comparable::Bool(*value),
        Side::Literal(Literal::Number(number)) => Comparable::Number(number.to_string()),
        Side::Literal(Literal::String(text)) => Comparable::Text(text.unquoted().to_owned()),
        Side::RelativeSingularQuery(inner) => query(false, inner),
        Side::AbsoluteSingularQuery(inner) => query(true, inner),
    }
}

/// What the reference does not keep: missing bounds, the spelling of numbers, and flat lists of conditions.
fn evened(mut segments: Vec<Segment>) -> Vec<Segment> {
    for selector in segments.iter_mut().flat_map(|segment| &mut segment.selectors) {
        match selector {
            Selector::Slice(slice) => {
                slice.start.get_or_insert(if slice.step < 0 { -1 } else { 0 });
            }
            Selector::Filter(filter) => *filter = evened_filter(filter.clone()),
            _ => {}
        }
    }
    segments
}

fn evened_filter(filter: Filter) -> Filter {
    let query = |query: Query| Query { segments: evened(query.segments), ..query };
    let side = |side| match side {
        Comparable::Number(text) => Comparable::Number(
            text.parse::<f64>().map_or(text, |number| (number + 0.0).to_string()),
        ),
        Comparable::Query(inner) => Comparable::Query(query(inner)),
        other => other,
    };
    match filter {
        Filter::Or(all) => {
            let flat = all.into_iter().map(evened_filter).flat_map(|one| match one {
                Filter::Or(inner) => inner,
                other => vec![other],
            });
            Filter::Or(flat.collect())
        }
        Filter::And(all) => {
            let flat = all.into_iter().map(evened_filter).flat_map(|one| match one {
                Filter::And(inner) => inner,
                other => vec![other],
            });
            Filter::And(flat.collect())
        }
        Filter::Not(inner) => Filter::Not(Box::new(evened_filter(*inner))),
        Filter::Exists(inner) => Filter::Exists(query(inner)),
        Filter::Compare(left, operator, right) => {
            Filter::Compare(side(left), operator, side(right))
        }
    }
}

fn agrees(text: &str) -> Result<(), TestCaseError> {
    let ours = JsonPath::parse(text).ok().map(|path| evened(path.segments));
    prop_assert_eq!(ours, translated(text).map(evened), "{}", text);
    Ok(())
}

/// Parts of paths: any sequence of them is nearly a path.
fn token() -> impl Strategy<Value = &'static str> {
    prop::sample::select(vec![
        "$",
        "@",
        ".",
        "..",
        "[",
        "]",
        "*",
        "?",
        ",",
        ":",
        "(",
        ")",
        "!",
        "&&",
        "||",
        "==",
        "!=",
        "<",
        "<=",
        ">",
        ">=",
        "'a'",
        "\"b\"",
        "'\\u00e9'",
        "'\\ud83d\\ude00'",
        "'\\''",
        "a",
        "é",
        "_1",
        "0",
        "-1",
        "12",
        "1.5",
        "-2e3",
        "1E+2",
        "null",
        "true",
        "false",
        " ",
        "\n",
        "01",
        "-0",
    ])
}

/// Valid paths, whose parts a random sequence would hardly find.
fn path() -> impl Strategy<Value = String> {
    let name = prop::sample::select(vec!["a", "_b1", "é", "messages"]);
    let number = || prop::sample::select(vec!["0", "1", "-1", "12", "-9007199254740991"]);
    let bound = || prop::option::of(number()).prop_map(Option::unwrap_or_default);
    let blank = || prop::sample::select(vec!["", " ", "\t\n"]);
    let leaf = prop_oneof![
        Just("*".to_owned()),
        "'[a-z\u{e9} ]{0,3}'",
        "\"[a-z'/]{0,3}\"",
        number().prop_map(str::to_owned),
        (bound(), blank(), bound()).prop_map(|(a, s, b)| format!("{a}{s}:{s}{b}")),
        (bound(), bound(), blank(), bound()).prop_map(|(a, b, s, c)| format!("{a}:{b}{s}:{s}{c}")),
    ];
    let segments = move |selector: BoxedStrategy<String>| {
        let segment = prop_oneof![
            name.clone().prop_map(|name| format!(".{name}")),
            name.clone().prop_map(|name| format!("..{name}")),
            Just("..*".to_owned()),
            (prop::option::of(Just("..")), blank(), prop::collection::vec(selector, 1..3))
                .prop_map(|(dots, s, all)| format!(
                    "{}[{s}{}{s}]",
                    dots.unwrap_or(""),
                    all.join(&format!("{s},{s}"))
                )),
        ];
        prop::collection::vec(segment, 0..4).prop_map(|all| all.concat()).boxed()
    };
    let with_filters = leaf.prop_recursive(3, 12, 3, move |inner| {
        let singular = prop::sample::select(vec!["@", "@.a", "$['b'][0]", "@ .a", "$.x[-1]"]);
        let literal = prop::sample::select(vec!["1", "-1.50e2", "'x'", "null", "true", "0.0"]);
        let side = || prop_oneof![singular.clone(), literal.clone()];
        let operator = prop::sample::select(vec!["==", "!=", "<", "<=", ">", ">="]);
        let comparison = (side(), blank(), operator, side())
            .prop_map(|(a, s, op, b)| format!("{a}{s}{op}{s}{b}"));
        let exists = (prop::sample::select(vec!["@", "!@", "$", "! $"]), segments(inner.boxed()))
            .prop_map(|(root, rest)| format!("{root}{rest}"));
        let one = prop_oneof![comparison, exists].prop_flat_map(|one| {
            prop_oneof![Just(one.clone()), Just(format!("({one})")), Just(format!("!( {one} )"))]
        });
        let joint = prop::sample::select(vec!["&&", " && ", "||", " || "]);
        prop::collection::vec((one, joint), 1..4).prop_map(|all| {
            let mut filter = "?".to_owned();
            for (at, (one, joint)) in all.iter().enumerate() {
                filter.push_str(if at == 0 { "" } else { joint });
                filter.push_str(one);
            }
            filter
        })
    });
    segments_of(with_filters)
}

fn segments_of(selector: impl Strategy<Value = String> + 'static) -> impl Strategy<Value = String> {
    let segment = (prop::sample::select(vec!["[", "..[", " ["]), selector)
        .prop_map(|(open, selector)| format!("{open}{selector}]"));
    prop::collection::vec(segment, 0..3).prop_map(|all| format!("${}", all.concat()))
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 2_000, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn reads_valid_paths_like_the_reference(path in path()) {
        prop_assert!(JsonPath::parse(&path).is_ok(), "{}", path);
        agrees(&path)?;
    }

    #[test]
    fn reads_any_tokens_like_the_reference(tokens in prop::collection::vec(token(), 0..12)) {
        agrees(&format!("${}", tokens.concat()))?;
        agrees(&format!("$[?{}]", tokens.concat()))?;
        agrees(&format!("$[{}]", tokens.concat()))?;
    }

    #[test]
    fn any_text_is_read_without_a_panic(text in "\\PC*") {
        let _ = JsonPath::parse(&text).map_err(|error| error.to_string());
        let _ = JsonPath::parse(&format!("${text}")).map_err(|error| error.to_string());
    }
}
