//! Values as they are shown.

use super::*;

fn text(spans: &[Span]) -> String {
    spans.iter().map(|span| span.text.as_str()).collect()
}

fn both(recorded: &str, sent: &str) -> (String, String) {
    let pair = pair(Some(recorded), Some(sent));
    (text(&pair.recorded), text(&pair.sent))
}

fn json(text: &str) -> String {
    serde_json::to_string(text).expect("a string is JSON")
}

#[test]
fn short_values_are_shown_whole() {
    let cases = [
        ("0.2", "0.7", "0.2", "0.7"),
        ("\"a\"", "\"b\"", "\"a\"", "\"b\""),
        ("\"5\"", "5", "\"5\"", "5"),
        ("null", "[]", "null", "[]"),
        (r#""a\nb""#, r#""a\n\"b\"""#, r#""a\nb""#, r#""a\n\"b\"""#),
    ];
    for (recorded, sent, left, right) in cases {
        assert_eq!(both(recorded, sent), (left.to_owned(), right.to_owned()));
    }
}

#[test]
fn what_a_terminal_hides_or_obeys_is_escaped() {
    let cases = [
        ("a\u{a0}b", "\"a\\u{00a0}b\""),
        ("a\u{200b}b", "\"a\\u{200b}b\""),
        ("a\u{202e}b", "\"a\\u{202e}b\""),
        ("a\u{1b}[31mb", "\"a\\u{001b}[31mb\""),
        ("a\u{9b}31mb", "\"a\\u{009b}31mb\""),
        ("é, 日本, 👍", "\"é, 日本, 👍\""),
    ];
    for (value, expected) in cases {
        assert_eq!(both(&json(value), "\"other\"").0, expected);
    }
    assert_eq!(excerpt("/v1/a\u{1b}]0;b", 80), "/v1/a\\u{001b}]0;b");
}

#[test]
fn letters_that_look_alike_are_told_apart() {
    for (recorded, sent, left, right) in [
        ("caf\u{e9}", "cafe\u{301}", r#""caf\u{00e9}""#, r#""cafe\u{0301}""#),
        ("paypal", "p\u{430}ypal", r#""paypal""#, r#""p\u{0430}ypal""#),
        ("it's", "it\u{2019}s", r#""it's""#, r#""it\u{2019}s""#),
        ("naïve", "naïves", r#""naïve""#, r#""naïves""#),
    ] {
        assert_eq!(both(&json(recorded), &json(sent)), (left.to_owned(), right.to_owned()));
    }
}

#[test]
fn long_strings_keep_what_stands_beside_a_change() {
    // Twenty-four characters on each side; `the ` and the blank after the change count among them.
    let filler = "lorem ipsum dolor sit amet ".repeat(20);
    let side = |word: &str| json(&format!("{filler}the {word} {filler}"));
    let (left, right) = both(&side("fox"), &side("dog"));
    assert_eq!(left, "\"…psum dolor sit amet the fox lorem ipsum dolor sit a…\"");
    assert_eq!(right, left.replace("fox", "dog"));
}

#[test]
fn many_changes_are_counted() {
    let side = |word: &str| json(&format!("{word} and quite a few words between ").repeat(9));
    let (left, _) = both(&side("a1"), &side("b2"));
    assert!(left.ends_with("(and 6 more changes)"), "{left}");
}

#[test]
fn a_value_without_its_like_is_shortened_and_measured() {
    let long = format!("[{}]", "1,".repeat(5_000));
    let shown = text(&pair(Some(&long), None).recorded);
    assert!(shown.ends_with("1,1,1,] (10,002 characters)"), "{shown}");
    assert!(shown.chars().count() < 160, "{shown}");
    assert_eq!(text(&pair(Some(&long), None).sent), "(absent)");
}

#[test]
fn the_words_that_differ_are_marked() {
    let pair = pair(Some("\"a quick fox\""), Some("\"a quick dog\""));
    let changed: Vec<_> =
        pair.sent.iter().filter(|span| span.changed).map(|span| span.text.as_str()).collect();
    assert_eq!(changed, ["dog"]);
}

#[test]
fn numbers_are_spoken() {
    let cases = [
        (1, "1st"),
        (2, "2nd"),
        (3, "3rd"),
        (4, "4th"),
        (11, "11th"),
        (12, "12th"),
        (13, "13th"),
        (21, "21st"),
        (102, "102nd"),
        (111, "111th"),
    ];
    for (number, expected) in cases {
        assert_eq!(ordinal(number), expected);
    }
    assert_eq!(count(1, "request"), "1 request");
    assert_eq!(count(0, "request"), "0 requests");
    assert_eq!(thousands(1_234_567), "1,234,567");
    assert_eq!(list(&["a".into(), "b".into(), "c".into()]), "a, b, and c");
}

#[test]
fn excerpts_keep_both_ends() {
    assert_eq!(excerpt("abcdefghijkl", 12), "abcdefghijkl");
    assert_eq!(excerpt("abcdefghijklm", 12), "abcdefghi…klm");
    assert_eq!(quote("say \"hi\"", 80), "\"say \\\"hi\\\"\"");
}
