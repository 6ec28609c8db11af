//! Rewrites drafts through Anthropic's API.

use serde_json::{Value, json};

use crate::{Anthropic, Error};

/// Turns drafts into notes that people can read.
#[derive(Debug, Clone)]
pub struct Editor {
    client: Anthropic,
    model: String,
}

impl Editor {
    /// An editor with the key in `ANTHROPIC_API_KEY`, at `ANTHROPIC_BASE_URL` or else at Anthropic.
    pub fn from_env() -> Result<Self, Error> {
        Ok(Self::new(Anthropic::from_env()?))
    }

    /// An editor with a client of the caller's choice.
    pub fn new(client: Anthropic) -> Self {
        Self { client, model: crate::model() }
    }

    /// Rewrites a draft.
    pub async fn rewrite(&self, draft: &str) -> Result<String, Error> {
        self.client.text(&self.request(draft)).await
    }

    /// Rewrites a draft, and shows each piece of the answer as it arrives.
    pub async fn stream_rewrite(
        &self,
        draft: &str,
        show: impl FnMut(&str),
    ) -> Result<String, Error> {
        self.client.stream(self.request(draft), show).await
    }

    fn request(&self, draft: &str) -> Value {
        json!({
            "model": self.model,
            "max_tokens": 96,
            "temperature": 0.0,
            "system": "You rewrite drafts of release notes in one friendly sentence.",
            "messages": [{ "role": "user", "content": format!("Rewrite this draft:\n\n{draft}") }],
        })
    }
}
