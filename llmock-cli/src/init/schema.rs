//! JSON schemas of llmock's files, and the settings with which an editor uses them.

use std::path::Path;

use llmock_rules::{
    ApiVersion, CacheGuard, Contract, Form, KEYS, Mode, Network, Order, Sweep, Unused,
};
use serde_json::{Map, Value, json};

use super::Step;

/// Of fixtures, as `docs/fixture-format.md` describes them.
pub(crate) const FIXTURE: &str = include_str!("fixture.schema.json");

const FOLDER: &str = ".llmock";

/// <https://code.visualstudio.com/docs/languages/json#_mapping-to-a-schema-in-the-workspace>
const VS_CODE: &str = r#"{
  "json.schemas": [
    { "fileMatch": ["**/fixtures/**/*.json"], "url": "./.llmock/fixture.schema.json" }
  ],
  "evenBetterToml.schema.associations": {
    ".*llmock\\.toml": "./.llmock/settings.schema.json"
  }
}
"#;

/// Of `llmock.toml`, from the table of its keys.
pub(crate) fn settings() -> String {
    let mut properties = Map::new();
    for key in KEYS {
        let Some(example) = key.toml else { continue };
        let mut value = words(key.name).unwrap_or_else(|| of_form(key.form));
        value["description"] = format!("For example: {example}").into();
        properties.insert(key.name.to_owned(), value);
    }
    let schema = json!({
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "Settings of llmock",
        "type": "object",
        "additionalProperties": false,
        "properties": properties,
    });
    format!("{schema:#}\n")
}

/// The values of a key that takes one of some words.
fn words(key: &str) -> Option<Value> {
    macro_rules! names {
        ($kind:ty) => {
            <$kind>::ALL.iter().map(|word| word.as_str()).collect::<Vec<_>>()
        };
    }
    let names = match key {
        "mode" => names!(Mode),
        "network" => names!(Network),
        "order" => names!(Order),
        "unused" => names!(Unused),
        "sweep" => names!(Sweep),
        "api_version" => names!(ApiVersion),
        "contract" => names!(Contract),
        "cache" => names!(CacheGuard),
        _ => return None,
    };
    Some(json!({ "enum": names }))
}

fn of_form(form: Form) -> Value {
    let text = || json!({ "type": "string" });
    let table = |fields: &[&str]| {
        let properties: Map<_, _> =
            fields.iter().map(|name| ((*name).to_owned(), text())).collect();
        json!({ "type": "array", "items": {
            "type": "object",
            "properties": properties,
            "required": fields,
            "additionalProperties": false,
        } })
    };
    let texts = || json!({ "type": "object", "additionalProperties": text() });
    match form {
        Form::Text(_) | Form::RustPath => text(),
        Form::Texts(_) => json!({ "type": "array", "items": text() }),
        Form::Count => json!({ "type": "integer", "minimum": 0 }),
        Form::Share(_) => json!({ "type": "number", "exclusiveMinimum": 0, "maximum": 1 }),
        Form::Switch => json!({ "type": "boolean" }),
        Form::Statuses => json!({ "anyOf": [
            { "type": "boolean" },
            { "type": "array", "items": { "type": "integer", "minimum": 400, "maximum": 599 } },
        ] }),
        Form::Variables => texts(),
        Form::Providers => json!({ "anyOf": [
            texts(),
            { "type": "array", "items": { "anyOf": [text(), texts()] } },
        ] }),
        Form::Replacements => table(&["path", "pattern", "replacement"]),
        Form::Pairs(pair) => table(&pair.fields),
        Form::Fields(_) => {
            json!({ "anyOf": [{ "type": "object" }, { "type": "array", "items": { "type": "object" } }] })
        }
    }
}

/// The schemas, and the settings of VS Code where there are none.
pub(super) fn files(root: &Path) -> Vec<Step> {
    let file = |name: &str, text: String, otherwise: Option<String>| Step::File {
        path: root.join(name),
        text,
        otherwise,
    };
    let hint = format!(
        "For schemas in VS Code, add this to `.vscode/settings.json`:\n{}",
        VS_CODE.trim_end()
    );
    vec![
        file(&format!("{FOLDER}/fixture.schema.json"), FIXTURE.to_owned(), None),
        file(&format!("{FOLDER}/settings.schema.json"), settings(), None),
        file(".vscode/settings.json", VS_CODE.to_owned(), Some(hint)),
    ]
}
