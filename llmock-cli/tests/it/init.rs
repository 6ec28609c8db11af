//! `llmock init`: from an empty package to a test that passes.

use std::fs;
use std::process::Command;

use llmock_testkit::scratch::Scratch;
use serde_json::Value;

use crate::command::Desk;

const MANIFEST: &str = "[package]\nname = \"initiated\"\nversion = \"0.0.0\"\nedition = \"2024\"\n\n[workspace]\n\n\
     [dev-dependencies]\nllmock = { path = \"$LLMOCK\" }\n";

const PACKAGE: &str = "[package]\nname = \"app\" # mine\nversion = \"0.1.0\"\nedition = \"2024\"\n";

#[test]
fn an_empty_package_gets_a_test_that_passes_offline() {
    let scratch = Scratch::open("initiated", &[("Cargo.toml", MANIFEST), ("src/lib.rs", "")]);
    // The repository around the workspace is that of llmock.
    let init = ["init", "--skip", "git", "--skip", "editor", "--skip", "ci"];
    let mut command = Command::new(env!("CARGO_BIN_EXE_llmock"));
    let output = command.args(init).current_dir(scratch.root()).output().unwrap();
    let printed = String::from_utf8_lossy(&output.stdout);
    assert!(output.status.success(), "{printed}{}", String::from_utf8_lossy(&output.stderr));
    assert!(printed.contains("Next: cargo test --test llmock runs the sample test"), "{printed}");
    // `scripted = true` records nothing, so CI does not matter.
    let ran = scratch.cargo(".", ["test", "--offline", "--test", "llmock"]).output();
    assert!(ran.success, "{}", ran.everything());
    assert_eq!(ran.passed(), ["the_reply_comes_from_the_test"], "{}", ran.everything());
    // Nothing is done twice.
    let again = Command::new(env!("CARGO_BIN_EXE_llmock"))
        .args(init)
        .arg("--json")
        .current_dir(scratch.root())
        .output();
    let again: Value = serde_json::from_slice(&again.unwrap().stdout).unwrap();
    for file in again["files"].as_array().unwrap() {
        assert_eq!(file["outcome"], "kept", "{again:#}");
    }
}

#[test]
fn writes_every_part_and_overwrites_nothing() {
    let desk = Desk::with(&[]);
    desk.write("Cargo.toml", PACKAGE);
    desk.write(".gitignore", "/target\n*.json.failed*");
    desk.write("tests/llmock.rs", "// mine\n");
    desk.write(".vscode/settings.json", "{}\n");
    let before = desk.prints(&["init", "--dry-run"]);
    assert!(before.contains(" created  .gitattributes"), "{before}");
    assert!(!desk.path(".gitattributes").exists() && desk.read("Cargo.toml") == PACKAGE);
    insta::assert_snapshot!("init", desk.prints(&["init"]));
    assert_eq!(
        (desk.read("tests/llmock.rs").as_str(), desk.read(".vscode/settings.json").as_str()),
        ("// mine\n", "{}\n")
    );
    assert_eq!(
        desk.read("Cargo.toml"),
        format!(
            "{PACKAGE}\n[dev-dependencies]\nllmock = \"0.1\"\ntokio = {{ version = \"1\", features = [\"macros\", \"rt\"] }}\nreqwest = {{ \
             version = \"0.13\", default-features = false }}\n"
        )
    );
    let ignored = desk.read(".gitignore");
    assert!(
        ignored.starts_with("/target\n*.json.failed*\n#")
            && ignored.ends_with("\n*.json.pending*\n*.json.removed*\n"),
        "{ignored}"
    );
    for name in ["fixture", "settings"] {
        let written: Value =
            serde_json::from_str(&desk.read(&format!(".llmock/{name}.schema.json"))).unwrap();
        assert_eq!(written, desk.json(&["schema", name]));
    }
    assert!(desk.read(".github/workflows/llmock.yml").contains("- run: llmock check\n"));
}

#[test]
fn leaves_out_parts_and_detects_clients_and_hosts() {
    let desk = Desk::with(&[]);
    desk.write("Cargo.toml", "[workspace]\nmembers = [\"app\"]\n");
    desk.write("app/Cargo.toml", &format!("{PACKAGE}[dependencies]\nrig-core = \"0.44\"\n"));
    desk.write(".gitlab-ci.yml", "");
    let wrong = desk.fails(&["init"]);
    assert!(
        wrong.contains("workspace without a package") && wrong.contains("`llmock init app`"),
        "{wrong}"
    );
    let shown = desk.json(&["init", "app", "--dry-run", "--json"]);
    assert_eq!(shown["template"], "rig");
    let files = shown["files"].as_array().unwrap();
    assert!(files.iter().any(|file| file["path"] == ".gitlab/llmock.yml"), "{shown:#}");
    assert_eq!(
        desk.json(&["init", "app", "--dry-run", "--json", "--template", "genai"])["template"],
        "genai"
    );
    let less = desk.prints(&[
        "init", "app", "--skip", "ci", "--skip", "git", "--skip", "editor", "--skip", "test",
    ]);
    assert_eq!(less, " created  app/tests/fixtures/.gitkeep\n");
    assert_eq!(desk.run(&["init", "app", "--template", "langchain"]).code, 2);
    assert!(desk.fails(&["init", "nowhere"]).contains("there is no folder `nowhere`"));
    desk.write("broken/Cargo.toml", "[package\n");
    assert!(desk.fails(&["init", "broken"]).contains("failed to parse `"));
}

/// Fixtures that a schema must accept, and others that it must refuse.
#[test]
fn the_schema_of_fixtures_agrees_with_the_reader() {
    let desk = Desk::with(&["shop.json", "texts.json", "llm-mock-1.json"]);
    let schema = desk.json(&["schema", "fixture"]);
    let schema = jsonschema::validator_for(&schema).unwrap();
    let repository = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap();
    let mut number = 0;
    for folder in
        ["fixtures", "examples", "llmock-cli/tests/fixtures", "tests/tests", "tests/clients"]
    {
        for file in json_files(&repository.join(folder)) {
            let text = fs::read_to_string(&file).unwrap();
            if let (Ok(_), Ok(value)) =
                (llmock::Fixture::parse(&file, &text), serde_json::from_str::<Value>(&text))
            {
                number += 1;
                let errors: Vec<_> =
                    schema.iter_errors(&value).map(|error| error.to_string()).collect();
                assert!(errors.is_empty(), "{}: {errors:?}", file.display());
            }
        }
    }
    assert!(number > 20, "{number} fixtures");
    let one = |interaction: &str| format!(r#"{{"llmock": 1, "interactions": [{interaction}]}}"#);
    let bad = [
        r#"{"interactions": []}"#.to_owned(),
        r#"{"llmock": 3, "interactions": []}"#.to_owned(),
        r#"{"llmock": 1, "interactions": [], "more": 1}"#.to_owned(),
        one(r#"{"request": {"path": "/"}, "response": {}}"#),
        one(r#"{"provider": "a b", "request": {"path": "/"}, "response": {}}"#),
        one(r#"{"provider": "openai", "request": {"path": "/"}}"#),
        one(r#"{"provider": "openai", "request": {"path": "/"}, "response": {"status": 99}}"#),
        one(r#"{"provider": "openai", "request": {"path": "/", "body": "text"}, "response": {}}"#),
        one(
            r#"{"provider": "openai", "request": {"path": "/"}, "response": {"stream": {"framing": "sse", "events": [{"ms": 1}]}}}"#,
        ),
        one(r#"{"provider": "openai", "request": {"path": "/"}, "response": {}, "tset": "x"}"#),
    ];
    for text in bad {
        assert!(llmock::Fixture::parse("f.json", &text).is_err(), "{text}");
        assert!(!schema.is_valid(&serde_json::from_str(&text).unwrap()), "{text}");
    }
    // Files of other kinds beside fixtures.
    assert!(schema.is_valid(&serde_json::json!({ "name": "other" })));
}

fn json_files(folder: &std::path::Path) -> Vec<std::path::PathBuf> {
    let mut files = Vec::new();
    for entry in fs::read_dir(folder).unwrap().map(Result::unwrap) {
        let path = entry.path();
        if path.is_dir() {
            files.extend(json_files(&path));
        } else if path.extension().is_some_and(|extension| extension == "json") {
            files.push(path);
        }
    }
    files
}

#[test]
fn the_schema_of_settings_accepts_the_examples_of_all_keys() {
    let desk = Desk::with(&[]);
    let schema = desk.json(&["schema", "settings"]);
    let schema = jsonschema::validator_for(&schema).unwrap();
    let read = |text: &str| -> Value {
        let table: toml_edit::DocumentMut = text.parse().unwrap();
        as_json(table.as_item())
    };
    for key in llmock_rules::KEYS {
        let Some(example) = key.toml else { continue };
        let errors: Vec<_> =
            schema.iter_errors(&read(example)).map(|error| error.to_string()).collect();
        assert!(errors.is_empty(), "{example}: {errors:?}");
    }
    for wrong in [
        "ignor = []",
        "mode = 'recrod'",
        "ignore = '$.a'",
        "proxy = 'yes'",
        "normalize = [{ path = '$.a' }]",
        "fixture = 'x'",
    ] {
        assert!(!schema.is_valid(&read(wrong)), "{wrong}");
    }
}

fn as_json(item: &toml_edit::Item) -> Value {
    use toml_edit::Value as Toml;
    let value = |value: &Toml| as_json(&toml_edit::Item::Value(value.clone()));
    match item {
        toml_edit::Item::Value(Toml::String(text)) => text.value().as_str().into(),
        toml_edit::Item::Value(Toml::Integer(number)) => (*number.value()).into(),
        toml_edit::Item::Value(Toml::Float(number)) => (*number.value()).into(),
        toml_edit::Item::Value(Toml::Boolean(switch)) => (*switch.value()).into(),
        toml_edit::Item::Value(Toml::Array(array)) => array.iter().map(value).collect(),
        other => {
            let table = other.as_table_like().expect("a table");
            Value::Object(
                table.iter().map(|(name, item)| (name.to_owned(), as_json(item))).collect(),
            )
        }
    }
}

#[test]
fn the_scheduled_workflow_is_written_alone() {
    let desk = Desk::with(&[]);
    desk.write("Cargo.toml", "[package]\nname = \"app\"\nversion = \"0.1.0\"\n");
    desk.write("src/lib.rs", "");
    let file = ".github/workflows/llmock-scheduled.yml";
    let shown = desk.prints(&["init", "--workflow"]);
    assert_eq!(shown, format!(" created  {file}\n"));
    let text = desk.read(file);
    assert!(
        text.contains("cron: ") && text.contains("gh pr create") && !text.contains("@FOLDER"),
        "{text}"
    );
    assert!(!desk.path("tests").exists(), "nothing else is written");
    desk.write(file, "# mine\n");
    assert_eq!(desk.prints(&["init", "--workflow"]), format!("    kept  {file}\n"));
    assert_eq!(desk.read(file), "# mine\n");
    assert_eq!(desk.run(&["init", "--workflow", "--skip", "ci"]).code, 2);
}
