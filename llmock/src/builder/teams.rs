//! What teams set: layers of fixtures, encryption, and similar requests.

use llmock_rules::{Field, Value};

use super::LlmMockBuilder;

impl LlmMockBuilder {
    /// Searches these layers of fixtures in order: folders, and stores and archives that `llmock pull` has fetched. The
    /// fixture is a file of the first, which is a folder and the only one that is recorded into.
    pub fn layers<T: Into<String>>(self, layers: impl IntoIterator<Item = T>) -> Self {
        let layers: Vec<String> = layers.into_iter().map(Into::into).collect();
        let layers: Vec<&str> = layers.iter().map(String::as_str).collect();
        self.set("layers", Value::Texts(&layers))
    }

    /// Encrypts the fixture for these recipients, in the file `NAME.json.age`: keys of age or public keys of SSH. Needs the
    /// feature `encryption`.
    pub fn recipients<T: Into<String>>(self, keys: impl IntoIterator<Item = T>) -> Self {
        let keys: Vec<String> = keys.into_iter().map(Into::into).collect();
        let keys: Vec<&str> = keys.iter().map(String::as_str).collect();
        self.set("recipients", Value::Texts(&keys))
    }

    /// Responds to an unknown request with the recording of a similar one: the last text of the user must be at least that
    /// alike, from 0 to 1, and everything else equal. Each use is a note; in CI it is refused.
    pub fn similar(self, least: f64) -> Self {
        self.set("similar", Value::Text(&least.to_string()))
    }

    /// Compares similar texts by the vectors of this endpoint, as the OpenAI API has it, instead of by their words. Vectors
    /// are stored next to the fixture.
    pub fn embeddings(self, base_url: impl Into<String>, model: impl Into<String>) -> Self {
        let (base_url, model) = (base_url.into(), model.into());
        let fields = [("base_url", Field::Text(&base_url)), ("model", Field::Text(&model))];
        self.set("embeddings", Value::Fields(&fields))
    }
}
