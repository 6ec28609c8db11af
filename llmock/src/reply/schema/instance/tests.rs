//! Instances of schemas.

use super::*;

fn made(schema: &str) -> String {
    match instance(&json::parse(schema).unwrap(), Style::Everything) {
        Ok(made) => made,
        Err(error) => format!("error: {error}"),
    }
}

#[test]
fn fulfils_what_a_schema_demands() {
    for (schema, expected) in [
        (
            r#"{"type":"object","properties":{"a":{"type":"string"},"b":{"type":"integer"},"c":{"type":"boolean"}},
            "required":["a"]}"#,
            r#"{"a":"text","b":1,"c":true}"#,
        ),
        (
            r#"{"type":"OBJECT","properties":{"a":{"type":"STRING","nullable":true}}}"#,
            r#"{"a":"text"}"#,
        ),
        (r#"{"type":["null","integer"]}"#, "1"),
        (r#"{"enum":["b","a"]}"#, r#""b""#),
        (r#"{"const":{"x":1.0}}"#, r#"{"x":1.0}"#),
        (r#"{"type":"string","default":"d"}"#, r#""d""#),
        (r#"{"anyOf":[{"type":"null"},{"type":"number"}]}"#, "1"),
        (r#"{"type":"array","items":{"type":"string"}}"#, r#"["text"]"#),
        (
            r#"{"type":"array","items":{"type":"integer"},"minItems":3,"uniqueItems":true}"#,
            "[1,2,3]",
        ),
        (
            r#"{"type":"array","items":{"enum":["a","b"]},"minItems":2,"uniqueItems":true}"#,
            r#"["a","b"]"#,
        ),
        (r#"{"type":"array","maxItems":0}"#, "[]"),
        (r#"{"prefixItems":[{"type":"string"},{"type":"integer"}]}"#, r#"["text",1]"#),
        (r#"{"type":"integer","minimum":5}"#, "5"),
        (r#"{"type":"integer","exclusiveMinimum":5}"#, "6"),
        (r#"{"type":"integer","maximum":-3}"#, "-3"),
        (r#"{"type":"integer","minimum":8,"multipleOf":5}"#, "10"),
        (r#"{"type":"number","exclusiveMinimum":0.1,"exclusiveMaximum":0.2}"#, "0.11"),
        (
            r##"{"$defs":{"P":{"type":"object","properties":{"n":{"type":"integer"}}}},"$ref":"#/$defs/P"}"##,
            r#"{"n":1}"#,
        ),
        (
            r#"{"allOf":[{"properties":{"a":{"type":"integer"}}},{"properties":{"b":{"type":"integer"}}}]}"#,
            r#"{"a":1,"b":1}"#,
        ),
        (r#"{"type":"object","required":["x"]}"#, r#"{"x":{}}"#),
        ("{}", r#""text""#),
    ] {
        assert_eq!(made(schema), expected, "{schema}");
    }
}

#[test]
fn schemas_that_contain_themselves_end() {
    let tree = r##"{"$defs":{"T":{"type":"object","properties":{"name":{"type":"string"},
        "children":{"type":"array","items":{"$ref":"#/$defs/T"}}},"required":["name"]}},"$ref":"#/$defs/T"}"##;
    assert!(
        made(tree).starts_with(r#"{"name":"text","children":[{"name":"text","#),
        "{}",
        made(tree)
    );
    let list = r##"{"type":"object","properties":{"next":{"anyOf":[{"$ref":"#"},{"type":"null"}]}},
        "required":["next"]}"##;
    assert!(made(list).contains(r#""next":null"#), "{}", made(list));
    let endless = r##"{"type":"object","properties":{"next":{"$ref":"#"}},"required":["next"]}"##;
    assert!(
        made(endless).ends_with("contains another one at `$.next.next.next`"),
        "{}",
        made(endless)
    );
}

#[test]
fn names_the_place_that_has_no_instance() {
    for (schema, error) in [
        (r#"{"properties":{"a":false},"required":["a"]}"#, "nothing is allowed at `$.a`"),
        (r#"{"type":"integer","minimum":5,"maximum":4}"#, "no number is between its bounds at `$`"),
        (r##"{"properties":{"a":{"$ref":"#/x"}}}"##, "`#/x` is not defined at `$.a`"),
        (r#"{"type":"strange"}"#, "`strange` is not a type at `$`"),
    ] {
        let made = made(schema);
        assert!(made.ends_with(error), "{made}");
    }
}
