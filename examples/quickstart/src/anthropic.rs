//! The part of Anthropic's Messages API that the editor needs.

use std::{env, fmt};

use eventsource_stream::Eventsource;
use futures::StreamExt;
use reqwest::Response;
use serde_json::{Value, json};

use crate::Error;

/// A client of Anthropic's Messages API.
#[derive(Clone)]
pub struct Anthropic {
    http: reqwest::Client,
    base_url: String,
    key: String,
}

impl Anthropic {
    /// A client with the key in `ANTHROPIC_API_KEY`, at `ANTHROPIC_BASE_URL` or else at Anthropic.
    pub fn from_env() -> Result<Self, Error> {
        let key = env::var("ANTHROPIC_API_KEY").map_err(Error::NoKey)?;
        let url = env::var("ANTHROPIC_BASE_URL");
        Ok(Self::new(url.as_deref().unwrap_or("https://api.anthropic.com"), key))
    }

    /// A client at an address of the caller's choice.
    pub fn new(base_url: &str, key: impl Into<String>) -> Self {
        let base_url = base_url.trim_end_matches('/').to_owned();
        Self { http: reqwest::Client::new(), base_url, key: key.into() }
    }

    /// The text of a whole answer.
    pub(crate) async fn text(&self, request: &Value) -> Result<String, Error> {
        let message: Value = self.send(request).await?.json().await?;
        let blocks = message["content"].as_array().into_iter().flatten();
        let text: String = blocks.filter_map(|block| block["text"].as_str()).collect();
        if text.is_empty() { Err(Error::NoText) } else { Ok(text) }
    }

    /// The text of an answer; shows each piece of it as it arrives.
    pub(crate) async fn stream(
        &self,
        mut request: Value,
        mut show: impl FnMut(&str),
    ) -> Result<String, Error> {
        request["stream"] = json!(true);
        let mut events = self.send(&request).await?.bytes_stream().eventsource();
        let mut answer = String::new();
        while let Some(event) = events.next().await {
            let event = event?.data;
            let data: Value = serde_json::from_str(&event)?;
            match data["type"].as_str() {
                Some("content_block_delta") => {
                    // Deltas of other kinds have no text.
                    if let Some(piece) = data["delta"]["text"].as_str() {
                        show(piece);
                        answer.push_str(piece);
                    }
                }
                Some("message_stop") if answer.is_empty() => return Err(Error::NoText),
                Some("message_stop") => return Ok(answer),
                Some("error") => return Err(Error::Broken(event)),
                _ => {}
            }
        }
        Err(Error::CutShort)
    }

    async fn send(&self, request: &Value) -> Result<Response, Error> {
        let response = self
            .http
            .post(format!("{}/v1/messages", self.base_url))
            .header("anthropic-version", "2023-06-01")
            .header("x-api-key", &self.key)
            .json(request)
            .send()
            .await?;
        if response.status().is_success() {
            return Ok(response);
        }
        Err(Error::Refused { status: response.status(), body: response.text().await? })
    }
}

impl fmt::Debug for Anthropic {
    /// Without the key.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Anthropic").field("base_url", &self.base_url).finish_non_exhaustive()
    }
}
