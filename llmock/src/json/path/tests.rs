//! The examples of RFC 9535.

use super::*;
use crate::json::parse;

fn found(path: &str, body: &str) -> Vec<String> {
    let located = locate(&JsonPath::parse(path).unwrap(), &parse(body).unwrap());
    located.iter().map(ToString::to_string).collect()
}

/// RFC 9535, figure 1.
const STORE: &str = r#"{"store":{"book":[
    {"category":"reference","author":"Nigel Rees","title":"Sayings of the Century","price":8.95},
    {"category":"fiction","author":"Evelyn Waugh","title":"Sword of Honour","price":12.99},
    {"category":"fiction","author":"Herman Melville","title":"Moby Dick","isbn":"0-553-21311-3","price":8.99},
    {"category":"fiction","author":"J. R. R. Tolkien","title":"The Lord of the Rings","isbn":"0-395-19395-8","price":22.99}],
    "bicycle":{"color":"red","price":399}}}"#;

#[test]
fn answers_the_examples_of_the_standard_about_the_book_store() {
    let book = |indices: &[usize], rest: &str| -> Vec<String> {
        indices.iter().map(|at| format!("$.store.book[{at}]{rest}")).collect()
    };
    for (path, expected) in [
        ("$.store.book[*].author", book(&[0, 1, 2, 3], ".author")),
        ("$..author", book(&[0, 1, 2, 3], ".author")),
        ("$.store.*", vec!["$.store.book".into(), "$.store.bicycle".into()]),
        ("$..book[2]", book(&[2], "")),
        ("$..book[2].publisher", vec![]),
        ("$..book[-1]", book(&[3], "")),
        ("$..book[0,1]", book(&[0, 1], "")),
        ("$..book[:2]", book(&[0, 1], "")),
        ("$..book[?@.isbn]", book(&[2, 3], "")),
        ("$..book[?@.price<10]", book(&[0, 2], "")),
        ("$.store.book[?@.price < 10].title", book(&[0, 2], ".title")),
        ("$.store.book[?@.price > $.store.bicycle.price]", vec![]),
    ] {
        assert_eq!(found(path, STORE), expected, "{path}");
    }
    assert_eq!(found("$..*", STORE).len(), 27);
}

#[test]
fn selects_by_name_index_and_slice_as_the_standard_shows() {
    let names = r#"{"o":{"j j":{"k.k":3}},"'":{"@":2}}"#;
    let letters = r#"["a","b","c","d","e","f","g"]"#;
    for (path, body, expected) in [
        ("$.o['j j']['k.k']", names, vec!["$.o['j j']['k.k']"]),
        ("$[\"'\"][\"@\"]", names, vec!["$['\\'']['@']"]),
        ("$", names, vec!["$"]),
        ("$[1]", letters, vec!["$[1]"]),
        ("$[-2]", letters, vec!["$[5]"]),
        ("$[7]", letters, vec![]),
        ("$[-8]", letters, vec![]),
        ("$[1:3]", letters, vec!["$[1]", "$[2]"]),
        ("$[5:]", letters, vec!["$[5]", "$[6]"]),
        ("$[1:5:2]", letters, vec!["$[1]", "$[3]"]),
        ("$[5:1:-2]", letters, vec!["$[5]", "$[3]"]),
        ("$[::-1]", "[0,1,2]", vec!["$[2]", "$[1]", "$[0]"]),
        ("$[-2:]", "[0,1,2]", vec!["$[1]", "$[2]"]),
        ("$[:-1]", "[0,1,2]", vec!["$[0]", "$[1]"]),
        ("$[-9:9]", "[0,1]", vec!["$[0]", "$[1]"]),
        ("$[9:-9:-1]", "[0,1]", vec!["$[1]", "$[0]"]),
        ("$[1:9:0]", "[0,1,2]", vec![]),
        ("$[::-1]", "[]", vec![]),
        ("$[0, 0]", "[5]", vec!["$[0]", "$[0]"]),
        ("$.a", "[1]", vec![]),
        ("$[0]", r#"{"0":1}"#, vec![]),
        ("$.\u{e9}", r#"{"\u00e9":1}"#, vec!["$.\u{e9}"]),
    ] {
        assert_eq!(found(path, body), expected, "{path}");
    }
}

#[test]
fn filters_as_the_standard_shows() {
    let body = r#"{"a":[3,5,1,2,4,6,{"b":"j"},{"b":"k"},{"b":{}},{"b":"kilo"}],
        "o":{"p":1,"q":2,"r":3,"s":5,"t":{"u":6}},"e":"f"}"#;
    for (path, expected) in [
        ("$.a[?@.b == 'kilo']", vec!["$.a[9]"]),
        ("$.a[?(@.b == 'kilo')]", vec!["$.a[9]"]),
        ("$.a[?@>3.5]", vec!["$.a[1]", "$.a[4]", "$.a[5]"]),
        ("$.a[?@.b]", vec!["$.a[6]", "$.a[7]", "$.a[8]", "$.a[9]"]),
        ("$[?@.*]", vec!["$.a", "$.o"]),
        ("$[?@[?@.b]]", vec!["$.a"]),
        ("$.o[?@<3, ?@<3]", vec!["$.o.p", "$.o.q", "$.o.p", "$.o.q"]),
        ("$.a[?@<2 || @.b == \"k\"]", vec!["$.a[2]", "$.a[7]"]),
        ("$.o[?@>1 && @<4]", vec!["$.o.q", "$.o.r"]),
        ("$.o[?@.u || @.x]", vec!["$.o.t"]),
        ("$.o[?!@.u && !(@ == 1)]", vec!["$.o.q", "$.o.r", "$.o.s"]),
        ("$.a[?@.b == $.x]", vec!["$.a[0]", "$.a[1]", "$.a[2]", "$.a[3]", "$.a[4]", "$.a[5]"]),
        ("$.a[?@ == @].b", vec!["$.a[6].b", "$.a[7].b", "$.a[8].b", "$.a[9].b"]),
    ] {
        assert_eq!(found(path, body), expected, "{path}");
    }
}

#[test]
fn compares_as_the_standard_tabulates() {
    let body = r#"{"obj":{"x":"y"},"arr":[2,3],"one":1.0,"nul":null}"#;
    for (comparison, holds) in [
        ("$.absent1 == $.absent2", true),
        ("$.absent1 <= $.absent2", true),
        ("$.absent == 'g'", false),
        ("$.absent1 != $.absent2", false),
        ("$.absent != 'g'", true),
        ("1 <= 2", true),
        ("1 > 2", false),
        ("13 == '13'", false),
        ("'a' <= 'b'", true),
        ("'a' > 'b'", false),
        ("$.obj == $.arr", false),
        ("$.obj != $.arr", true),
        ("$.obj == $.obj", true),
        ("$.arr == $.arr", true),
        ("$.arr != $.arr", false),
        ("$.obj == 17", false),
        ("$.obj != 17", true),
        ("$.obj <= $.arr", false),
        ("$.obj < $.arr", false),
        ("$.obj <= $.obj", true),
        ("1 <= $.arr", false),
        ("1 >= $.arr", false),
        ("true <= true", true),
        ("true > true", false),
        ("$.one == 1", true),
        ("$.nul == null", true),
        ("$.absent == null", false),
    ] {
        let path = format!("$[?{comparison}]");
        assert_eq!(!found(&path, body).is_empty(), holds, "{comparison}");
    }
}

#[test]
fn descends_in_document_order_from_the_node_itself() {
    let body = r#"{"o":{"j":1,"k":2},"a":[5,3,[{"j":4},{"k":6}]]}"#;
    for (path, expected) in [
        ("$..j", vec!["$.o.j", "$.a[2][0].j"]),
        ("$..[0]", vec!["$.a[0]", "$.a[2][0]"]),
        ("$..o", vec!["$.o"]),
        ("$.a..[0, 1]", vec!["$.a[0]", "$.a[1]", "$.a[2][0]", "$.a[2][1]"]),
    ] {
        assert_eq!(found(path, body), expected, "{path}");
    }
}
