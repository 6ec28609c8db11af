//! async-openai.

use async_openai::Client;
use async_openai::config::{Config, OpenAIConfig};
use async_openai::types::chat::{
    ChatCompletionMessageToolCalls, ChatCompletionRequestAssistantMessageArgs,
    ChatCompletionRequestMessage, ChatCompletionRequestToolMessage,
    ChatCompletionRequestUserMessage, ChatCompletionTool, ChatCompletionTools,
    CreateChatCompletionRequest, FunctionObject,
};
use async_openai::types::embeddings::{CreateEmbeddingRequest, EncodingFormat};
use async_openai::types::responses::{CreateResponse, CreateResponseArgs};
use futures::StreamExt as _;
use serde_json::Value;

use super::{MODEL, QUESTION, Seen, TOOL_QUESTIONS, weather};

type OpenAi = Client<OpenAIConfig>;

pub(crate) fn at(base_url: &str) -> OpenAi {
    Client::with_config(OpenAIConfig::new().with_api_base(base_url).with_api_key("not needed"))
}

pub(crate) fn question(messages: Vec<ChatCompletionRequestMessage>) -> CreateChatCompletionRequest {
    CreateChatCompletionRequest {
        model: MODEL.to_owned(),
        messages,
        // No `f32` is 0.3: clients differ in what they send for it.
        temperature: Some(0.3),
        max_completion_tokens: Some(32),
        ..Default::default()
    }
}

pub(crate) fn user(text: &str) -> ChatCompletionRequestMessage {
    ChatCompletionRequestUserMessage::from(text).into()
}

pub(crate) async fn chat(client: &Client<impl Config>) -> Seen {
    ask(client, QUESTION).await
}

pub(crate) async fn ask(client: &Client<impl Config>, text: &str) -> Seen {
    let response = client.chat().create(question(vec![user(text)])).await.unwrap();
    let mut seen = Seen::default();
    seen.saw(&response);
    seen.counted(response.usage.as_ref().map(|usage| usage.completion_tokens));
    let choice = &response.choices[0];
    seen.finished(choice.finish_reason);
    seen.text = choice.message.content.clone().unwrap_or_default();
    seen
}

pub(crate) async fn chat_stream(client: &Client<impl Config>) -> Seen {
    ask_stream(client, QUESTION).await
}

pub(crate) async fn ask_stream(client: &Client<impl Config>, text: &str) -> Seen {
    // With its feature `byot`, the client does not set this by itself.
    let request = CreateChatCompletionRequest { stream: Some(true), ..question(vec![user(text)]) };
    let mut stream = client.chat().create_stream(request).await.unwrap();
    let mut seen = Seen::default();
    while let Some(chunk) = stream.next().await {
        let chunk = chunk.unwrap();
        seen.saw(&chunk);
        for choice in chunk.choices {
            seen.finished(choice.finish_reason);
            seen.piece(&choice.delta.content.unwrap_or_default());
        }
    }
    seen
}

pub(crate) async fn tools(client: &Client<impl Config>) -> Seen {
    tool_loop(client, &TOOL_QUESTIONS).await
}

/// Each question is a turn that calls the tool and a turn that answers.
pub(crate) async fn tool_loop(client: &Client<impl Config>, questions: &[&str]) -> Seen {
    let mut seen = Seen::default();
    let mut messages = Vec::new();
    for text in questions {
        messages.push(user(text));
        loop {
            let mut request = question(messages.clone());
            request.tools = Some(vec![tool()]);
            let response = client.chat().create(request).await.unwrap();
            seen.saw(&response);
            let message = response.choices.into_iter().next().unwrap().message;
            let calls = message.tool_calls.unwrap_or_default();
            let mut said = ChatCompletionRequestAssistantMessageArgs::default();
            if let Some(text) = message.content.filter(|text| !text.is_empty()) {
                seen.text.clone_from(&text);
                said.content(text);
            }
            if !calls.is_empty() {
                said.tool_calls(calls.clone());
            }
            messages.push(said.build().unwrap().into());
            if calls.is_empty() {
                break;
            }
            for call in calls {
                messages.push(answer(&mut seen, call));
            }
        }
    }
    seen
}

fn tool() -> ChatCompletionTools {
    ChatCompletionTools::Function(ChatCompletionTool {
        function: FunctionObject {
            name: weather::NAME.to_owned(),
            description: Some(weather::DESCRIPTION.to_owned()),
            parameters: Some(weather::parameters()),
            strict: None,
        },
    })
}

fn answer(seen: &mut Seen, call: ChatCompletionMessageToolCalls) -> ChatCompletionRequestMessage {
    let ChatCompletionMessageToolCalls::Function(call) = call else { panic!("{call:?}") };
    seen.called(&call.function.name, &call.function.arguments);
    let arguments: Value = serde_json::from_str(&call.function.arguments).unwrap();
    ChatCompletionRequestToolMessage {
        content: weather::call(&arguments).into(),
        tool_call_id: call.id,
    }
    .into()
}

fn texts(encoding_format: EncodingFormat) -> CreateEmbeddingRequest {
    CreateEmbeddingRequest {
        model: MODEL.to_owned(),
        input: vec!["a cat", "a kitten", "an invoice"].into(),
        encoding_format: Some(encoding_format),
        ..Default::default()
    }
}

pub(crate) async fn embeddings(client: &OpenAi) -> Vec<Vec<f32>> {
    let response = client.embeddings().create(texts(EncodingFormat::Float)).await.unwrap();
    response.data.into_iter().map(|one| one.embedding).collect()
}

pub(crate) async fn embeddings_base64(client: &OpenAi) -> Vec<Vec<f32>> {
    let response = client.embeddings().create_base64(texts(EncodingFormat::Base64)).await.unwrap();
    response.data.into_iter().map(|one| one.embedding.into()).collect()
}

fn response_request() -> CreateResponse {
    CreateResponseArgs::default()
        .model(MODEL)
        .input(QUESTION)
        .temperature(0.3)
        .max_output_tokens(32_u32)
        .build()
        .unwrap()
}

// Both with types of one's own: llama.cpp leaves out fields that those of async-openai demand, as
// `sequence_number` and `output_tokens_details`.

pub(crate) async fn responses(client: &OpenAi) -> Seen {
    let request = response_request();
    let response: Value = client.responses().create_byot(request).await.unwrap();
    let text = response["output"][0]["content"][0]["text"].as_str().unwrap();
    let mut seen = Seen { text: text.to_owned(), ..Seen::default() };
    seen.saw(&response);
    seen
}

pub(crate) async fn responses_stream(client: &OpenAi) -> Seen {
    let request = CreateResponse { stream: Some(true), ..response_request() };
    let mut stream = client.responses().create_stream_byot::<_, Value>(request).await.unwrap();
    let mut seen = Seen::default();
    while let Some(event) = stream.next().await {
        let event = event.unwrap();
        seen.saw(&event);
        if event["type"] == "response.output_text.delta" {
            seen.piece(event["delta"].as_str().unwrap());
        }
    }
    seen
}

pub(crate) async fn models(client: &OpenAi) -> Vec<String> {
    let list = client.models().list().await.unwrap();
    list.data.into_iter().map(|model| model.id).collect()
}
