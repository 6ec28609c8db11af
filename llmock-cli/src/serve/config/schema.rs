//! A JSON schema of the configuration file, for editors: `llmock serve --config-schema`. The table of keys has most of it.

use serde_json::{Map, Value, json};

use super::StrategyName;
use super::keys::{KEYS, Kind, SECTIONS};

/// Values with a structure of their own, by key.
const STRUCTURES: &str = include_str!("schema.json");

/// The schema, as text.
pub(crate) fn schema() -> String {
    let structures: Value = serde_json::from_str(STRUCTURES).expect("the file is JSON");
    let mut properties = Map::new();
    for section in SECTIONS {
        let empty =
            json!({"type": ["object", "null"], "additionalProperties": false, "properties": {}});
        properties.insert(section.to_owned(), empty);
    }
    for key in KEYS {
        let mut value = match structures.get(key.path) {
            Some(known) => known.clone(),
            None => of_kind(key.path, key.kind),
        };
        value["description"] = key.help.into();
        match key.path.split_once('.') {
            Some((section, name)) => properties[section]["properties"][name] = value,
            None => {
                properties.insert(key.path.to_owned(), value);
            }
        }
    }
    properties.insert("debug".to_owned(), json!({"description": "Has no effect"}));
    let schema = json!({
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "Configuration of llmock serve",
        "type": ["object", "null"],
        "additionalProperties": false,
        "properties": properties,
        "$defs": structures["$defs"],
    });
    format!("{schema:#}\n")
}

fn of_kind(path: &str, kind: Kind) -> Value {
    match kind {
        Kind::Text => json!({"type": ["string", "number", "null"]}),
        Kind::Secret => json!({"type": ["string", "null"]}),
        Kind::Number => json!({"type": ["number", "string", "null"]}),
        Kind::Switch => json!({"type": ["boolean", "null"]}),
        Kind::Word(_) => json!({"type": ["string", "boolean", "null"]}),
        Kind::List if path == "strategies" => {
            let names = StrategyName::ALL.map(|(name, _)| name);
            json!({"anyOf": [{"enum": names}, {"type": "array", "items": {"enum": names}, "minItems": 1}, {"type": "null"}]})
        }
        Kind::List => {
            json!({"anyOf": [{"type": "string"}, {"type": "array", "items": {"type": "string"}}, {"type": "null"}]})
        }
        Kind::Json => json!({}),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The names in the message about an unknown key.
    fn known(text: &str) -> Vec<String> {
        let options = serde_saphyr::options! { with_snippet: false };
        let error = serde_saphyr::from_str_with_options::<Vec<super::super::scenarios::Scenario>>(
            text, options,
        );
        let serde_saphyr::Error::SerdeUnknownField { expected, .. } = error.unwrap_err() else {
            panic!("no unknown key in {text}")
        };
        expected.into_iter().map(str::to_owned).collect()
    }

    #[test]
    fn has_every_key_and_every_member_of_scenarios() {
        let schema: Value = serde_json::from_str(&schema()).unwrap();
        for key in KEYS {
            let place = key.path.replace('.', "/properties/");
            let found = schema.pointer(&format!("/properties/{place}"));
            assert_eq!(found.unwrap()["description"], key.help, "{}", key.path);
        }
        for (place, text) in [
            ("/$defs/scenario/properties", "- {zzz: 1}"),
            ("/$defs/when/properties", "- {when: {zzz: 1}, then: a}"),
            ("/$defs/reply/anyOf/1/properties", "- {then: {zzz: 1}}"),
            (
                "/$defs/reply/anyOf/1/properties/error/anyOf/1/properties",
                "- {then: {error: {zzz: 1}}}",
            ),
        ] {
            let properties = schema.pointer(place).unwrap().as_object().unwrap();
            for name in known(text) {
                assert!(properties.contains_key(&name), "{name} in {place}");
            }
        }
    }
}
