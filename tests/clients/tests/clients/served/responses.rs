//! OpenAI's Responses, in the types of async-openai, and as openai-api-rs has them.

use async_openai::Client;
use async_openai::config::OpenAIConfig as Config;
use async_openai::types::responses::{
    CreateResponse, CreateResponseArgs, Response, ResponseStreamEvent,
};
use futures::StreamExt as _;
use openai_api_rs::v1::api::OpenAIClient;
use openai_api_rs::v1::responses::responses::CreateResponseRequest;
use openai_api_rs::v1::responses::responses_stream::ResponseStreamResponse;

use crate::apps::{MODEL, Seen};

fn request(text: &str) -> CreateResponse {
    CreateResponseArgs::default().model(MODEL).input(text).build().unwrap()
}

fn ended(seen: &mut Seen, response: &Response) {
    seen.finished(Some(&response.status));
    seen.counted(response.usage.as_ref().map(|usage| usage.output_tokens));
}

pub(crate) async fn ask(client: &Client<Config>, text: &str) -> Seen {
    let response = client.responses().create(request(text)).await.unwrap();
    let mut seen = Seen { text: response.output_text().unwrap(), ..Seen::default() };
    ended(&mut seen, &response);
    seen
}

pub(crate) async fn ask_stream(client: &Client<Config>, text: &str) -> Seen {
    // With its feature `byot`, the client does not set this by itself.
    let request = CreateResponse { stream: Some(true), ..request(text) };
    let mut stream = client.responses().create_stream(request).await.unwrap();
    let mut seen = Seen::default();
    while let Some(event) = stream.next().await {
        match event.unwrap() {
            ResponseStreamEvent::ResponseOutputTextDelta(event) => seen.piece(&event.delta),
            ResponseStreamEvent::ResponseCompleted(event) => ended(&mut seen, &event.response),
            _ => {}
        }
    }
    seen
}

fn untyped(text: &str) -> CreateResponseRequest {
    let mut request = CreateResponseRequest::new();
    request.model = Some(MODEL.to_owned());
    request.input = Some(text.into());
    request
}

pub(crate) async fn openai_api_rs(client: &OpenAIClient, text: &str) -> Seen {
    let response = client.create_response(untyped(text)).await.unwrap().inner;
    let output = response.output.unwrap();
    let text = output[0]["content"][0]["text"].as_str().unwrap().to_owned();
    let mut seen = Seen { text, ..Seen::default() };
    seen.finished(response.status);
    seen.counted(response.usage.and_then(|usage| usage["output_tokens"].as_u64()));
    seen
}

pub(crate) async fn openai_api_rs_stream(client: &OpenAIClient, text: &str) -> Seen {
    let mut stream = client.create_response_stream(untyped(text)).await.unwrap();
    let mut seen = Seen::default();
    while let Some(event) = stream.next().await {
        let ResponseStreamResponse::Event(event) = event else { continue };
        match event.event.as_deref() {
            Some("response.output_text.delta") => seen.piece(event.data["delta"].as_str().unwrap()),
            Some("response.completed") => {
                let response = &event.data["response"];
                seen.finished(response["status"].as_str());
                seen.counted(response["usage"]["output_tokens"].as_u64());
            }
            _ => {}
        }
    }
    seen
}
