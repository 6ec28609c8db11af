//! `llmock check` in the formats of other programs, and the hooks and workflows that run it.

use serde_json::{Value, json};

use crate::command::Desk;
use crate::merge::fixture;

/// Files with every kind of finding that needs no tests.
fn desk() -> Desk {
    let desk = Desk::with(&[]);
    desk.write("f/clean.json", &fixture(&[("api::a", "p", "1", 1)]));
    desk.prints(&["fmt"]);
    let key = "sk-proj-Zk3vR8qLw2NnT6yBdF1hJ9cXs5mPa7gQ";
    desk.write(
        "f/secret <&\"1\">.json",
        &desk.read("f/clean.json").replace("\"p\"", &format!("\"{key}\"")),
    );
    desk.write("f/loose.json", "{\"llmock\": 1, \"interactions\": []}");
    desk.write("f/broken.json", "{\"llmock\": 1, \"interactions\": [");
    desk
}

/// The members that SARIF 2.1.0 requires of a log with results, and the values it allows for them.
/// <https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json>
fn sarif_schema() -> Value {
    json!({
        "type": "object",
        "required": ["version", "runs"],
        "properties": {
            "version": { "const": "2.1.0" },
            "$schema": { "type": "string", "format": "uri" },
            "runs": { "type": "array", "items": {
                "type": "object",
                "required": ["tool"],
                "properties": {
                    "tool": { "type": "object", "required": ["driver"], "properties": { "driver": {
                        "type": "object",
                        "required": ["name"],
                        "properties": { "rules": { "type": "array", "uniqueItems": true, "items": {
                            "type": "object",
                            "required": ["id"],
                            "properties": { "shortDescription": { "type": "object", "required": ["text"] } },
                        } } },
                    } } },
                    "results": { "type": "array", "items": {
                        "type": "object",
                        "required": ["message"],
                        "properties": {
                            "message": { "type": "object", "required": ["text"], "properties": { "text": { "type": "string", "minLength": 1 } } },
                            "level": { "enum": ["none", "note", "warning", "error"] },
                            "ruleId": { "type": "string" },
                            "locations": { "type": "array", "items": { "properties": { "physicalLocation": {
                                "required": ["artifactLocation"],
                                "properties": {
                                    "artifactLocation": { "properties": { "uri": { "type": "string", "pattern": "^[^ <>\"\\\\]*$" } } },
                                    "region": { "properties": { "startLine": { "type": "integer", "minimum": 1 } } },
                                },
                            } } } },
                        },
                    } },
                },
            } },
        },
    })
}

#[test]
fn sarif_has_what_its_schema_requires() {
    let desk = desk();
    for (arguments, code, results) in [
        (&["check", "--no-tests", "--format", "sarif"][..], 1, 4),
        (&["check", "f/clean.json", "--no-tests", "--format", "sarif"][..], 0, 0),
    ] {
        let ran = desk.run(arguments);
        assert_eq!((ran.code, ran.err.as_str()), (code, ""), "{ran:?}");
        let sarif: Value = serde_json::from_str(&ran.out).unwrap();
        let schema = jsonschema::validator_for(&sarif_schema()).unwrap();
        let errors: Vec<_> = schema.iter_errors(&sarif).map(|error| error.to_string()).collect();
        assert!(errors.is_empty(), "{errors:?}\n{sarif:#}");
        let run = &sarif["runs"][0];
        let found = run["results"].as_array().unwrap();
        assert_eq!(found.len(), results, "{run:#}");
        let rules: Vec<&Value> = run["tool"]["driver"]["rules"]
            .as_array()
            .unwrap()
            .iter()
            .map(|rule| &rule["id"])
            .collect();
        assert!(found.iter().all(|result| rules.contains(&&result["ruleId"])), "{run:#}");
    }
}

/// The elements of an XML document with their attributes, in order; nesting and escapes are checked.
fn elements(xml: &str) -> Vec<(String, Vec<(String, String)>)> {
    let (mut open, mut all) = (Vec::new(), Vec::new());
    let rest =
        xml.strip_prefix("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n").expect("a declaration");
    for piece in rest.split('<').skip(1) {
        let (tag, text) = piece.split_once('>').expect("a tag ends");
        assert!(
            !text
                .replace("&lt;", "")
                .replace("&gt;", "")
                .replace("&amp;", "")
                .replace("&quot;", "")
                .contains('&'),
            "{text}"
        );
        if let Some(name) = tag.strip_prefix('/') {
            assert_eq!(open.pop().as_deref(), Some(name), "{xml}");
            continue;
        }
        let (tag, is_empty) = tag.strip_suffix('/').map_or((tag, false), |tag| (tag, true));
        let (name, mut rest) = tag.split_once(' ').unwrap_or((tag, ""));
        let mut attributes = Vec::new();
        while let Some((key, more)) = rest.split_once("=\"") {
            let (value, more) = more.split_once('"').expect("a value ends");
            attributes.push((key.trim().to_owned(), value.to_owned()));
            rest = more;
        }
        assert_eq!(rest.trim(), "", "{tag}");
        all.push((name.to_owned(), attributes));
        if !is_empty {
            open.push(name.to_owned());
        }
    }
    assert!(open.is_empty(), "{open:?}");
    all
}

/// <https://github.com/windyroad/JUnit-Schema/blob/master/JUnit.xsd>
#[test]
fn junit_is_well_formed_and_has_the_required_attributes() {
    let desk = desk();
    let ran = desk.run(&["check", "--no-tests", "--format", "junit"]);
    assert_eq!(ran.code, 1, "{ran:?}");
    let elements = elements(ran.out.trim_end());
    let required = |name: &str| match name {
        "testsuites" => &[][..],
        "testsuite" => &["name", "tests", "failures"][..],
        "testcase" => &["name", "classname"][..],
        "failure" => &["type", "message"][..],
        other => panic!("an element `{other}`"),
    };
    for (name, attributes) in &elements {
        for wanted in required(name) {
            assert!(attributes.iter().any(|(key, _)| key == wanted), "{name} lacks {wanted}");
        }
    }
    let count = |name: &str| elements.iter().filter(|(element, _)| element == name).count();
    assert_eq!((count("testcase"), count("failure")), (4, 3), "{}", ran.out);
    assert!(ran.out.contains("name=\"f/secret &lt;&amp;&quot;1&quot;&gt;.json\""), "{}", ran.out);
}

#[test]
fn hooks_and_workflows_run_commands_that_exist() {
    let repository = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap();
    let desk = Desk::with(&[]);
    desk.write("f/clean.json", &fixture(&[("api::a", "p", "1", 1)]));
    desk.prints(&["fmt"]);
    let hooks = std::fs::read_to_string(repository.join(".pre-commit-hooks.yaml")).unwrap();
    let entries: Vec<&str> =
        hooks.lines().filter_map(|line| line.trim().strip_prefix("entry: llmock ")).collect();
    assert_eq!(entries, ["check --no-tests", "fmt"]);
    let ran = |line: &str| desk.run(&line.split(' ').collect::<Vec<_>>());
    assert!(entries.iter().all(|entry| ran(entry).code == 0));
    // What pre-commit shows is a code, or a file that changed.
    desk.write("f/loose.json", "{\"llmock\": 1, \"interactions\": []}");
    assert_eq!(ran(entries[0]).code, 1);
    let before = desk.read("f/loose.json");
    assert_eq!(ran(entries[1]).code, 0);
    assert_ne!(desk.read("f/loose.json"), before);
    for file in ["github.yml", "gitlab.yml"] {
        let text =
            std::fs::read_to_string(repository.join("llmock-cli/templates").join(file)).unwrap();
        let text = text.replace("@FOLDER", "");
        let commands = text
            .lines()
            .filter_map(|line| line.split("- run: ").nth(1).or(line.strip_prefix("    - ")));
        let ours: Vec<&str> = commands.filter_map(|line| line.strip_prefix("llmock ")).collect();
        assert_eq!(ours.len(), 1, "{text}");
        let arguments = ours[0].split(" > ").next().unwrap();
        // Without a `Cargo.toml` there are no tests to list.
        assert_eq!(ran(arguments).code, 0, "{arguments}");
    }
}
