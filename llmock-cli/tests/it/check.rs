//! `llmock check`: what it finds and repairs, the formats of other programs, and the hooks and workflows that run it.

use serde_json::{Value, json};

use crate::care;
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

#[test]
fn check_fixes_owners_of_renamed_tests_and_the_form() {
    let desk = care::desk();
    desk.write("tests.txt", "api::greets\nmoved::gone\napi::also_gone\n");
    let checked = desk.run(&["check", "--tests", "tests.txt"]);
    assert!(
        checked.out.contains("error[renamed_owner] f/a.json#2: test `api::gone` does not exist"),
        "{}",
        checked.out
    );
    assert_eq!(desk.run(&["check", "--tests", "tests.txt", "--fix"]).code, 0);
    assert!(desk.read("f/a.json").contains("\"test\": \"moved::gone\""));

    desk.write("f/b.json", &desk.read("f/b.json").replace("  ", " "));
    let checked = desk.run(&["check", "--no-tests"]);
    assert!(checked.out.contains("error[not_canonical] f/b.json"), "{}", checked.out);
    assert_eq!(desk.run(&["check", "--no-tests", "--fix"]).code, 0);
}

#[test]
fn check_finds_secrets_and_broken_files_in_every_format() {
    let desk = care::desk();
    desk.write(
        "f/b.json",
        &desk.read("f/b.json").replace("Once more.", "sk-proj-Zk3vR8qLw2NnT6yBdF1hJ9cXs5mPa7gQ"),
    );
    desk.write("f/c.json", "{\"llmock\": 1, \"interactions\": [");
    let codes = |format: &str| desk.run(&["check", "--no-tests", "--format", format]);
    let text = codes("text");
    assert_eq!(text.code, 1);
    assert!(
        text.out.contains("error[secret] f/b.json#1: ")
            && text.out.contains("error[unreadable] f/c.json: "),
        "{}",
        text.out
    );
    assert!(!text.out.contains("sk-proj-Zk3v"), "{}", text.out);
    assert!(codes("json").out.contains("\"code\": \"secret\""));
    assert!(codes("sarif").out.contains("\"ruleId\": \"unreadable\""));
    let junit = codes("junit").out;
    assert!(
        junit.contains("tests=\"3\" failures=\"2\"") && junit.contains("name=\"f/a.json\"/>"),
        "{junit}"
    );
}

/// A recording of a day, with this model.
fn recording(test: &str, day: &str, model: &str) -> String {
    format!(
        r#"{{"provider":"anthropic","test":"{test}","recorded_at":"{day}T10:00:00Z","request":{{"path":"/v1/messages","body":{{"model":"{model}","max_tokens":5,"messages":[{{"role":"user","content":"hi"}}]}}}},"response":{{"body":{{"type":"message"}}}}}}"#
    )
}

#[test]
fn check_finds_old_recordings_and_what_the_provider_would_reject() {
    let desk = Desk::with(&[]);
    let file = |interactions: &[String]| {
        format!("{{\"llmock\":1,\"interactions\":[{}]}}", interactions.join(","))
    };
    let fresh = recording("api::new", "2026-11-20", "claude-opus-4-7");
    let gone = recording("api::gone", "2026-11-21", "claude-3-haiku-20240307");
    let old = recording("api::old", "2026-01-02", "claude-opus-4-7");
    desk.write("fixtures/a.json", &file(&[fresh.clone(), old, gone]));
    desk.write("fixtures/b.json", &file(&[fresh]));
    let check = |arguments: &[&str]| {
        let words: Vec<&str> = ["check", "fixtures"].iter().chain(arguments).copied().collect();
        desk.run(&words)
    };
    let quiet = ["--no-tests", "--allow", "not_canonical"];
    let ran = check(&quiet);
    assert_eq!(ran.code, 0, "warnings alone: {}", ran.out);
    assert!(!ran.out.contains("[stale]"), "nothing sets an age: {}", ran.out);
    let told = [
        "1 of 4 requests would be rejected by their provider, 1 of them because model or endpoint was turned off",
        "warning[retired_model] fixtures/a.json#3: the provider would reject $.model: \"model: claude-3-haiku-20240307. Requests to retired models will fail.\" (since 2026-04-20, https://",
    ];
    for told in told {
        assert!(ran.out.contains(told), "{told}: {}", ran.out);
    }

    let stale = check(&["--stale"]);
    assert_eq!(stale.code, 1, "{}", stale.out);
    let told = "warning[stale] fixtures/a.json#2: recorded on 2026-01-02, which is longer ago than 90 days\n  record again: LLMOCK_MODE=record cargo test -- old --exact\n";
    assert!(stale.out.starts_with(told), "{}", stale.out);
    assert_eq!(check(&["--stale", "--format", "names"]).out, "old\n");
    assert_eq!(check(&["--stale", "--max-age", "52w"]).code, 0);
    let retired = check(&["--retired", "--json"]);
    let raw = desk.command(&["check", "fixtures", "--retired", "--json"]).output().unwrap().stdout;
    let found: serde_json::Value = serde_json::from_slice(&raw).unwrap();
    assert_eq!((retired.code, found.as_array().unwrap().len()), (1, 1), "{found}");
    assert_eq!(check(&["--retired", "--allow", "retired_model"]).code, 0);

    desk.write("llmock.toml", "max_age = \"fail after 100d\"\n");
    let ran = check(&quiet);
    assert_eq!(ran.code, 1, "{}", ran.out);
    assert!(ran.out.contains("longer ago than 100 days"), "{}", ran.out);
    let wrong = check(&["--max-age", "a while"]);
    assert_eq!(wrong.code, 2);
    assert!(wrong.err.contains("expected a value such as `90d`"), "{}", wrong.err);
}
