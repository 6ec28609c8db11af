//! Instances of generated schemas, checked by a validator that is not llmock's.

use super::super::strategies::{json_of, post};
use super::requests::{demands, forced};
use crate::server::{Server, Workdir};
use proptest::prelude::*;
use proptest::strategy::ValueTree as _;
use proptest::test_runner::TestRunner;
use serde_json::{Value, json};

/// The instance that the server makes, and why it is only close to one. Each number is another API's syntax.
fn made(server: &Server, schema: &Value, number: usize) -> (Value, Option<String>) {
    let all = demands(schema, "one two");
    let (path, body, place) = &all[number % all.len()];
    let response = post(server, path, body);
    assert_eq!(response.status, 200, "{}", response.text());
    let skipped = response.header("x-llmock-skipped").map(str::to_owned);
    let response = json_of(&response);
    let text = response.pointer(place).and_then(Value::as_str);
    let text = text.unwrap_or_else(|| panic!("{path} {schema} {response}"));
    let made = serde_json::from_str(text).unwrap_or_else(|_| panic!("{path} {schema} {text}"));
    // Gemini's own types have no closed objects.
    let sent = if body.pointer("/generationConfig/responseSchema").is_some() {
        opened(schema)
    } else {
        schema.clone()
    };
    assert!(skipped.is_some() || is_valid(&sent, &made), "{path} {sent}\n{made}");
    (made, skipped)
}

/// A schema whose objects may have more members.
fn opened(schema: &Value) -> Value {
    match schema {
        Value::Object(members) => {
            let members = members.iter().filter(|(name, _)| *name != "additionalProperties");
            members
                .map(|(name, one)| (name.clone(), opened(one)))
                .collect::<serde_json::Map<_, _>>()
                .into()
        }
        Value::Array(all) => all.iter().map(opened).collect(),
        other => other.clone(),
    }
}

/// Checks the arguments of the tool that the server must call, in the syntax of each API. Whether they are only close.
fn called(server: &Server, schema: &Value, number: usize) -> bool {
    let all = forced(schema);
    let (path, body, _, place) = &all[number % all.len()];
    let response = post(server, path, body);
    assert_eq!(response.status, 200, "{}", response.text());
    let skipped = response.header("x-llmock-skipped").map(str::to_owned);
    let response = json_of(&response);
    let arguments = response.pointer(place);
    let arguments = arguments.unwrap_or_else(|| panic!("{path} {schema} {response}"));
    let arguments = match arguments.as_str() {
        Some(text) => serde_json::from_str(text).unwrap(),
        None => arguments.clone(),
    };
    let is_open = body.pointer("/tools/0/functionDeclarations/0/parameters").is_some();
    let sent = if is_open { opened(schema) } else { schema.clone() };
    assert!(skipped.is_some() || is_valid(&sent, &arguments), "{path} {sent}\n{arguments}");
    skipped.is_some()
}

fn is_valid(schema: &Value, instance: &Value) -> bool {
    let options = jsonschema::draft202012::options().should_validate_formats(true);
    let validator = options.build(schema).unwrap_or_else(|error| panic!("{error} {schema}"));
    validator.is_valid(instance)
}

#[test]
fn schemas_of_programs_get_valid_instances() {
    let server = Workdir::new().serve(&[], &[]);
    let person = json!({"type": "object", "properties": {"name": {"type": "string", "minLength": 9}}, "required": ["name"]});
    for schema in [
        json!({"$defs": {"P": person}, "type": "object", "properties": {"all": {"type": "array",
            "items": {"$ref": "#/$defs/P"}, "minItems": 2, "uniqueItems": true}}, "required": ["all"]}),
        // a tree, a list, and two types that contain each other
        json!({"$defs": {"T": {"type": "object", "properties": {"n": {"type": "string"}, "c": {"type": "array",
            "items": {"$ref": "#/$defs/T"}}}, "required": ["n", "c"], "additionalProperties": false}}, "$ref": "#/$defs/T"}),
        json!({"type": "object", "properties": {"next": {"anyOf": [{"$ref": "#"}, {"type": "null"}]}}, "required": ["next"]}),
        json!({"$defs": {"A": {"type": "object", "properties": {"b": {"$ref": "#/$defs/B"}}, "required": ["b"]},
            "B": {"type": "object", "properties": {"a": {"oneOf": [{"type": "null"}, {"$ref": "#/$defs/A"}]}},
            "required": ["a"]}}, "$ref": "#/$defs/A"}),
        json!({"type": "object", "properties": {"next": {"$ref": "#"}, "n": {"type": "integer"}}}),
        json!({"$defs": {"E": {"anyOf": [{"type": "number"}, {"type": "object", "properties": {"l": {"$ref": "#/$defs/E"},
            "r": {"$ref": "#/$defs/E"}}, "required": ["l", "r"]}]}}, "$ref": "#/$defs/E"}),
        // a decimal of pydantic's, and a password
        json!({"type": "string", "pattern": r"^(?!^[-+.]*$)[+-]?0*\d*\.?\d*$"}),
        json!({"type": "string", "pattern": r"^(?=.*[A-Z])(?=.*\d).{8,}$"}),
        json!({"type": "string", "pattern": r"^[A-Z]{2}-\d{3,5}$", "minLength": 8}),
        json!({"type": "string", "pattern": r"^\p{Lu}\p{Ll}+$"}),
        json!({"type": ["null", "string"], "format": "uuid"}),
        json!({"const": {"a": [1, null]}}),
        json!({"type": "number", "exclusiveMinimum": 0, "maximum": 0.001}),
        json!({"type": "number", "multipleOf": 0.01, "minimum": 0.07, "exclusiveMaximum": 0.08}),
        json!({"type": "integer", "multipleOf": 7, "minimum": 9_007_199_254_740_993_u64}),
        json!({"type": "integer", "minimum": -20, "maximum": -11, "multipleOf": 5}),
        json!({"type": "array", "prefixItems": [{"type": "string"}, {"type": "integer"}], "items": false}),
        json!({"type": "array", "items": {"enum": ["a", "b", "c"]}, "minItems": 3, "uniqueItems": true}),
        json!({"type": "array", "contains": {"const": 5}, "minContains": 2, "items": {"type": "integer"}}),
        json!({"type": "object", "patternProperties": {"^x_": {"type": "integer"}}, "additionalProperties": false,
            "required": ["x_1"]}),
        json!({"type": "object", "additionalProperties": {"type": "integer"}, "minProperties": 2}),
        json!({"type": "object", "properties": {"a": {"type": "string"}, "b": {"type": "string"}},
            "dependentRequired": {"a": ["b"]}, "required": ["a"]}),
        json!({"allOf": [{"type": "object", "properties": {"a": {"type": "integer"}}, "required": ["a"]},
            {"properties": {"a": {"minimum": 3}, "b": {"type": "string"}}, "required": ["b"]}]}),
        json!({"oneOf": [{"type": "integer", "multipleOf": 3}, {"type": "integer", "multipleOf": 5}]}),
        json!({"type": "integer", "not": {"enum": [0, 1]}}),
        json!({"type": "object", "properties": {"k": {"enum": ["a", "b"]}}, "required": ["k"],
            "if": {"properties": {"k": {"const": "a"}}}, "then": {"required": ["x"], "properties": {"x": {"type": "integer"}}}}),
        json!({"type": "object", "oneOf": [{"properties": {"kind": {"const": "a"}, "a": {"type": "string"}},
            "required": ["kind", "a"], "additionalProperties": false}, {"properties": {"kind": {"const": "b"}},
            "required": ["kind"], "additionalProperties": false}]}),
        json!({"enum": [null, 3]}),
        json!(true),
    ] {
        let (instance, skipped) = made(&server, &schema, 0);
        assert_eq!(skipped, None, "{schema} {instance}");
    }
}

fn leaf() -> BoxedStrategy<Value> {
    let formats = ["date", "date-time", "time", "email", "uri", "uuid", "ipv4", "ipv6", "hostname"];
    let patterns =
        [r"^[a-z]+$", r"^\d{3}$", r"^(x|yz)+-?$", r"^[^@]+@[^@]+$", r"[A-Z]", r"^.{2,4}$"];
    prop_oneof![
        Just(json!({"type": "string"})),
        (0..20_u64, 0..20_u64).prop_map(|(a, more)| json!({"type": "string", "minLength": a, "maxLength": a + more})),
        proptest::sample::select(formats.to_vec()).prop_map(|format| json!({"type": "string", "format": format})),
        proptest::sample::select(patterns.to_vec()).prop_map(|pattern| json!({"type": "string", "pattern": pattern})),
        (-50..50_i64, 0..50_i64).prop_map(|(a, more)| json!({"type": "integer", "minimum": a, "maximum": a + more})),
        (-50..50_i64, 1..9_i64).prop_map(|(a, step)| json!({"type": "integer", "exclusiveMinimum": a, "multipleOf": step})),
        (-50..50_i64, 1..9_i64).prop_map(|(a, step)| {
            json!({"type": "number", "exclusiveMinimum": a, "exclusiveMaximum": a + 1, "multipleOf": 1.0 / [2.0, 4.0, 8.0][usize::try_from(step).unwrap() % 3]})
        }),
        Just(json!({"type": "boolean"})),
        Just(json!({"type": "null"})),
        Just(json!({"type": ["null", "integer"]})),
        Just(json!({"enum": ["b", 2, null]})),
        Just(json!({"const": {"x": 1.5}})),
        Just(json!({"$ref": "#/$defs/Node"})),
        Just(json!({})),
    ]
    .boxed()
}

fn object(inner: BoxedStrategy<Value>) -> BoxedStrategy<Value> {
    let properties = proptest::collection::vec((inner, any::<bool>()), 1..4);
    (properties, any::<bool>())
        .prop_map(|(all, is_closed)| {
            let name = |at: usize| format!("p{at}");
            let properties: serde_json::Map<String, Value> =
                all.iter().enumerate().map(|(at, (one, _))| (name(at), one.clone())).collect();
            let required: Vec<String> =
                all.iter().enumerate().filter(|(_, (_, is))| *is).map(|(at, _)| name(at)).collect();
            let mut schema =
                json!({"type": "object", "properties": properties, "required": required});
            if is_closed {
                schema["additionalProperties"] = json!(false);
            }
            schema
        })
        .boxed()
}

/// Schemas of every keyword, nested; most of them can be met.
fn schemas() -> BoxedStrategy<Value> {
    let node = json!({"type": "object", "properties": {"v": {"type": "integer"}, "next": {"anyOf": [{"$ref": "#/$defs/Node"},
        {"type": "null"}]}}, "required": ["v", "next"], "additionalProperties": false});
    leaf()
        .prop_recursive(4, 24, 4, |inner| {
            prop_oneof![
                4 => object(inner.clone().boxed()),
                2 => (inner.clone(), 0..3_u64, 0..3_u64).prop_map(|(one, least, more)| {
                    json!({"type": "array", "items": one, "minItems": least, "maxItems": least + more})
                }),
                1 => inner.clone().prop_map(|one| json!({"type": "array", "items": one, "minItems": 2, "uniqueItems": true})),
                1 => proptest::collection::vec(inner.clone(), 1..3)
                    .prop_map(|all| json!({"type": "array", "prefixItems": all, "items": false})),
                1 => proptest::collection::vec(inner.clone(), 1..4).prop_map(|all| json!({"anyOf": all})),
                1 => proptest::collection::vec(inner.clone(), 1..4).prop_map(|all| json!({"oneOf": all})),
                1 => (object(inner.clone().boxed()), inner.clone()).prop_map(|(one, more)| {
                    json!({"allOf": [one, {"properties": {"q": more}, "required": []}]})
                }),
                1 => inner.clone().prop_map(|one| json!({"type": "array", "contains": one})),
                1 => inner.prop_map(|one| json!({"allOf": [one], "not": {"const": 0}})),
            ]
        })
        .prop_map(move |mut schema| {
            schema["$defs"] = json!({"Node": node});
            schema
        })
        .boxed()
}

#[test]
fn generated_schemas_get_valid_instances() {
    let server = Workdir::new().serve(&[], &[]);
    let (mut runner, schemas) = (TestRunner::deterministic(), schemas());
    let (count, mut unmet) = (400, 0);
    for number in 0..count {
        let schema = schemas.new_tree(&mut runner).unwrap().current();
        unmet += usize::from(made(&server, &schema, number).1.is_some());
    }
    // Some contradict themselves: two different booleans of a `const`.
    assert!(unmet * 8 < count, "{unmet} of {count} have no instance");
}

#[test]
fn generated_parameters_of_tools_get_valid_arguments() {
    let server = Workdir::new().serve(&[], &[]);
    let (mut runner, schemas) = (TestRunner::deterministic(), object(schemas()));
    let (count, mut unmet) = (150, 0);
    for number in 0..count {
        let mut schema = schemas.new_tree(&mut runner).unwrap().current();
        let nodes = schema["properties"].as_object().unwrap().values();
        let defs = nodes.map(|one| one["$defs"].clone()).next().unwrap();
        schema["$defs"] = defs;
        unmet += usize::from(called(&server, &schema, number));
    }
    assert!(unmet * 4 < count, "{unmet} of {count} have no arguments");
}
