//! Models, as lists of models show them.

/// A model of a list; a name alone is enough for one.
///
/// ```
/// # use llmock::{Provider, reply::{Model, Reply, RequestShape}};
/// let reply = Reply::new().models([Model::from("gpt-5").owned_by("openai"), "gpt-5-mini".into()]);
/// let rendered = reply.render(Provider::OpenAI, &RequestShape::get("/v1/models"));
/// assert!(rendered.text().contains(r#""owned_by":"openai""#));
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
#[must_use]
pub struct Model {
    pub(crate) id: String,
    pub(crate) created: Option<u64>,
    pub(crate) owned_by: Option<String>,
}

impl<T: Into<String>> From<T> for Model {
    fn from(id: T) -> Self {
        Self { id: id.into(), created: None, owned_by: None }
    }
}

impl Model {
    /// When the model was made, in seconds since 1970.
    pub fn created(mut self, seconds: u64) -> Self {
        self.created = Some(seconds);
        self
    }

    /// The owner of the model, for providers that name it.
    pub fn owned_by(mut self, owner: impl Into<String>) -> Self {
        self.owned_by = Some(owner.into());
        self
    }
}
