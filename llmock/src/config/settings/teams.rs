//! Values of keys that a struct of its own has, and what the layers of a session must be.

use llmock_rules::{Layer, Problem, Value};

use super::{Settings, Wrong};
use crate::config::origin::Origin;
use crate::config::reading::of_field;

impl Settings {
    /// Adds the value of a key that a struct of its own has.
    pub(super) fn add_rules(
        &mut self,
        origin: &Origin,
        key: &'static str,
        value: Value<'_>,
    ) -> Result<(), Wrong> {
        if let Some(added) = self.audit.add(origin, key, value) {
            return added.map_err(|problem| Wrong { key, index: 0, problem });
        }
        match self.semantic.add(origin, key, value) {
            Some(added) => added.map_err(|wrong| of_field(key, wrong)),
            None => self.add_control(origin, key, value),
        }
    }
}

/// Recordings go to the first layer.
pub(super) fn first_is_folder(layers: Vec<Layer>) -> Result<Vec<Layer>, Wrong> {
    if let Some(Layer::Folder(_)) = layers.first() {
        return Ok(layers);
    }
    let problem = "the first layer is the folder that recordings go to, such as `tests/fixtures`";
    Err(Wrong { key: "layers", index: 0, problem: Problem::new(problem) })
}
