//! The settings of similar requests.

use llmock_rules::{Embeddings, FieldProblem, Similarity, Value};

use super::origin::{Origin, Sourced};

/// Whether a request may be responded to by the recording of a similar one; the nearest layer wins for each.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct SemanticRules {
    pub(crate) similar: Sourced<Option<f64>>,
    pub(crate) embeddings: Sourced<Option<Embeddings>>,
}

impl SemanticRules {
    /// Adds the value of one key; `None` if it is not one of them.
    pub(super) fn add(
        &mut self,
        origin: &Origin,
        key: &'static str,
        value: Value<'_>,
    ) -> Option<Result<(), FieldProblem>> {
        let added = match (key, value) {
            ("similar", Value::Text(text)) => {
                let parsed = Similarity::parse(text);
                let parsed = parsed.map_err(|problem| FieldProblem { index: 0, problem });
                parsed.map(|Similarity(least)| self.similar = origin.of(Some(least)))
            }
            ("embeddings", Value::Fields(fields)) => {
                Embeddings::parse(fields).map(|found| self.embeddings = origin.of(Some(found)))
            }
            _ => return None,
        };
        Some(added)
    }

    pub(super) fn or(self, outer: Self) -> Self {
        Self {
            similar: self.similar.or(outer.similar),
            embeddings: self.embeddings.or(outer.embeddings),
        }
    }

    /// The rules as arguments of the attribute.
    pub(super) fn arguments<'a>(&'a self, all: &mut Vec<(String, &'a Origin)>) {
        if let Some(least) = self.similar.value {
            all.push((format!("similar = {least}"), &self.similar.origin));
        }
    }
}
