//! A release and its changes: what the assistant's tools look into.

use serde_json::{Value, json};

/// One change of a release.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Change {
    /// The number that people call it by.
    pub id: String,
    /// What it does.
    pub text: String,
}

/// The changes of one release.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Release {
    changes: Vec<Change>,
}

impl Release {
    /// A release with these changes, as pairs of number and text.
    pub fn new<'a>(changes: impl IntoIterator<Item = (&'a str, &'a str)>) -> Self {
        let changes = changes
            .into_iter()
            .map(|(id, text)| Change { id: id.to_owned(), text: text.to_owned() })
            .collect();
        Self { changes }
    }

    /// All changes, in the order given.
    pub fn changes(&self) -> &[Change] {
        &self.changes
    }

    /// Runs a tool that the model called. What the model got wrong comes back as text, for it to read.
    pub fn call(&self, tool: &str, arguments: &Value) -> String {
        match tool {
            "list_changes" => self.ids().join(", "),
            "read_change" => {
                let id = arguments["id"].as_str().unwrap_or_default();
                match self.changes.iter().find(|change| change.id == id) {
                    Some(change) => change.text.clone(),
                    None => format!("there is no change {id:?}"),
                }
            }
            other => format!("there is no tool {other:?}"),
        }
    }

    /// The tools as JSON schemas: name, description, parameters.
    pub(crate) fn tools(&self) -> [(&'static str, &'static str, Value); 2] {
        let none = json!({ "type": "object", "properties": {}, "additionalProperties": false });
        let id = json!({
            "type": "object",
            "properties": { "id": { "type": "string", "enum": self.ids() } },
            "required": ["id"],
            "additionalProperties": false,
        });
        [
            ("list_changes", "List the numbers of the changes of this release", none),
            ("read_change", "Read what one change does", id),
        ]
    }

    fn ids(&self) -> Vec<&str> {
        self.changes.iter().map(|change| change.id.as_str()).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tools_answer_right_and_wrong_calls() {
        let release = Release::new([("101", "faster exports"), ("102", "a dark theme")]);
        let cases = [
            ("list_changes", json!({}), "101, 102"),
            ("read_change", json!({ "id": "102" }), "a dark theme"),
            ("read_change", json!({ "id": "7" }), "there is no change \"7\""),
            ("read_change", json!({}), "there is no change \"\""),
            ("publish", json!({}), "there is no tool \"publish\""),
        ];
        for (tool, arguments, expected) in cases {
            assert_eq!(release.call(tool, &arguments), expected, "{tool} {arguments}");
        }
    }
}
