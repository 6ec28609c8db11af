//! The curator: Anthropic's messages through `reqwest`, without an SDK.

use std::fmt;

use serde_json::{Value, json};

/// Writes labels and describes pictures.
pub struct Curator {
    base_url: String,
    key: String,
}

/// Why the curator has no label.
#[derive(Debug)]
pub enum Error {
    KeyMissing(std::env::VarError),
    Http(reqwest::Error),
    Refused { status: u16, body: String },
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{self:?}")
    }
}

impl std::error::Error for Error {}

impl From<reqwest::Error> for Error {
    fn from(error: reqwest::Error) -> Self {
        Self::Http(error)
    }
}

impl Curator {
    /// Does not start without a key.
    pub fn from_env() -> Result<Self, Error> {
        let key = std::env::var("ANTHROPIC_API_KEY").map_err(Error::KeyMissing)?;
        let base_url = std::env::var("ANTHROPIC_BASE_URL")
            .unwrap_or_else(|_| "https://api.anthropic.com".to_owned());
        Ok(Self { base_url, key })
    }

    /// The label of a work.
    pub async fn label(&self, about: &str) -> Result<String, Error> {
        self.send(json!([{ "type": "text", "text": about }])).await
    }

    /// What a picture shows.
    pub async fn describe(&self, media_type: &str, base64: &str) -> Result<String, Error> {
        let source = json!({ "type": "base64", "media_type": media_type, "data": base64 });
        let image = json!({ "type": "image", "source": source });
        self.send(json!([image, { "type": "text", "text": "What does this picture show?" }])).await
    }

    async fn send(&self, content: Value) -> Result<String, Error> {
        let body = json!({
            "model": "curator-1",
            "max_tokens": 80,
            "messages": [{ "role": "user", "content": content }],
        });
        let request = reqwest::Client::new()
            .post(format!("{}/v1/messages", self.base_url))
            .header("x-api-key", &self.key)
            .header("anthropic-version", "2023-06-01")
            .header("content-type", "application/json")
            .body(body.to_string());
        let response = request.send().await?;
        let status = response.status().as_u16();
        let body = response.text().await?;
        if status != 200 {
            return Err(Error::Refused { status, body });
        }
        let body: Value = serde_json::from_str(&body).expect("an answer is JSON");
        Ok(body["content"][0]["text"].as_str().unwrap_or_default().to_owned())
    }
}
