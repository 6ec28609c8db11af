//! The error that each client makes of what the server refuses, as its own type says it.

#[cfg(feature = "openssl-clients")]
use anthropic_sdk::{Anthropic, AnthropicError};
use async_openai::config::Config;
use async_openai::error::OpenAIError;
use async_openai::types::chat::CreateChatCompletionRequest;
use aws_sdk_bedrockruntime::Client as Bedrock;
use aws_sdk_bedrockruntime::operation::converse::ConverseError;
use aws_sdk_bedrockruntime::operation::converse_stream::ConverseStreamError;
use cohere_rust::{Cohere, CohereApiError};
use futures::StreamExt as _;
use gemini_rust::{ClientError, Gemini};
use genai::ModelIden;
use genai::chat::ChatStreamEvent;
#[cfg(feature = "langchain-client")]
use langchain_rust::language_models::{LLMError, llm::LLM as _};
use ollama_rs::Ollama;
use ollama_rs::error::OllamaError;
use ollama_rs::generation::chat::ChatMessage;
use openai_api_rs::v1::api::OpenAIClient;
use openai_api_rs::v1::chat_completion::MessageRole;
use openai_api_rs::v1::chat_completion::chat_completion_stream::ChatCompletionStreamRequest;
use openai_api_rs::v1::error::APIError;
use rig_core::error::ProviderError;

use super::answers::{ERROR, Failure};
#[cfg(feature = "langchain-client")]
use super::langchain;
use super::{bedrock, cohere_rust as cohere, gemini_rust as gemini, openai_api_rs as openai};
#[cfg(feature = "openssl-clients")]
use crate::apps::anthropic_sdk as anthropic;
use crate::apps::rig::ChatModel;
use crate::apps::{MODEL, openai_sdk, rig};

pub(crate) async fn async_openai(client: &async_openai::Client<impl Config>) -> Failure {
    let request = openai_sdk::question(vec![openai_sdk::user(ERROR)]);
    of_async_openai(client.chat().create(request).await.unwrap_err())
}

pub(crate) async fn async_openai_stream(client: &async_openai::Client<impl Config>) -> Failure {
    let request = openai_sdk::question(vec![openai_sdk::user(ERROR)]);
    let request = CreateChatCompletionRequest { stream: Some(true), ..request };
    match client.chat().create_stream(request).await {
        Ok(mut stream) => of_async_openai(stream.next().await.unwrap().unwrap_err()),
        Err(error) => of_async_openai(error),
    }
}

fn of_async_openai(error: OpenAIError) -> Failure {
    let OpenAIError::ApiError(error) = error else { panic!("{error:?}") };
    Failure { status: Some(error.status_code.as_u16()), message: error.api_error.message }
}

pub(crate) async fn genai(client: &genai::Client, model: ModelIden, text: &str) -> Failure {
    let error = client.exec_chat(model, super::genai::question(text), None).await.unwrap_err();
    of_genai(&error)
}

/// A stream's error has the server's inside.
fn of_genai(error: &genai::Error) -> Failure {
    if let genai::Error::WebStream { error: inner, .. } = error {
        return of_genai(inner.downcast_ref().unwrap_or_else(|| panic!("{error:?}")));
    }
    let status = error.status().map(|status| status.as_u16());
    Failure { status, message: error.to_string() }
}

pub(crate) async fn genai_stream(client: &genai::Client, model: ModelIden) -> Failure {
    let answer = client.exec_chat_stream(model, super::genai::question(ERROR), None).await;
    let mut stream = match answer {
        Ok(answer) => answer.stream,
        Err(error) => return of_genai(&error),
    };
    loop {
        match stream.next().await {
            Some(Ok(ChatStreamEvent::Start)) => {}
            Some(Err(error)) => return of_genai(&error),
            other => panic!("{other:?}"),
        }
    }
}

pub(crate) async fn rig(model: ChatModel) -> Failure {
    of_rig(&model.call(rig::question(ERROR)).await.unwrap_err())
}

pub(crate) async fn rig_stream(model: ChatModel) -> Failure {
    let mut stream = model.stream(rig::question(ERROR)).unwrap();
    of_rig(&stream.next().await.unwrap().unwrap_err())
}

fn of_rig(error: &ProviderError) -> Failure {
    let reply = error.provider_response().unwrap_or_else(|| panic!("{error:?}"));
    Failure { status: reply.status.map(|status| status.as_u16()), message: reply.body.clone() }
}

pub(crate) async fn ollama_rs(client: &Ollama) -> Failure {
    let request = super::ollama_rs::question(vec![ChatMessage::user(ERROR.to_owned())]);
    of_ollama_rs(client.send_chat_messages(request).await.unwrap_err())
}

pub(crate) async fn ollama_rs_stream(client: &Ollama) -> Failure {
    let request = super::ollama_rs::question(vec![ChatMessage::user(ERROR.to_owned())]);
    of_ollama_rs(client.send_chat_messages_stream(request).await.err().unwrap())
}

/// Its type has no status.
fn of_ollama_rs(error: OllamaError) -> Failure {
    let OllamaError::Other(message) = error else { panic!("{error:?}") };
    Failure { status: None, message }
}

pub(crate) async fn gemini_rust(client: &Gemini) -> Failure {
    of_gemini_rust(gemini::question(client, ERROR).execute().await.unwrap_err())
}

pub(crate) async fn gemini_rust_stream(client: &Gemini) -> Failure {
    of_gemini_rust(gemini::question(client, ERROR).execute_stream().await.err().unwrap())
}

fn of_gemini_rust(error: ClientError) -> Failure {
    let ClientError::BadResponse { code, description } = error else { panic!("{error:?}") };
    Failure { status: Some(code), message: description.unwrap() }
}

pub(crate) async fn cohere_rust(client: &Cohere) -> Failure {
    let error = client.chat(&cohere::question(ERROR)).await.unwrap_err();
    let CohereApiError::ApiError(status, message) = error else { panic!("{error:?}") };
    // what it puts before a body that it does not know
    assert!(!message.contains("Unknown API Error"), "{message}");
    Failure { status: Some(status.as_u16()), message }
}

/// Its type has no status, but its text begins with it.
pub(crate) async fn openai_api_rs(client: &OpenAIClient) -> Failure {
    let error = client.chat_completion(openai::question(ERROR)).await.unwrap_err();
    let APIError::CustomError { message } = error else { panic!("{error:?}") };
    Failure { status: message.split(' ').next().and_then(|first| first.parse().ok()), message }
}

/// Nor does its text begin with it here.
pub(crate) async fn openai_api_rs_stream(client: &OpenAIClient) -> Failure {
    let messages = vec![openai::message(MessageRole::user, ERROR)];
    let request = ChatCompletionStreamRequest::new(MODEL.to_owned(), messages);
    let error = client.chat_completion_stream(request).await.err().unwrap();
    let APIError::CustomError { message } = error else { panic!("{error:?}") };
    Failure { status: None, message }
}

pub(crate) async fn aws_sdk_stream(client: &Bedrock) -> Failure {
    let request = client.converse_stream().model_id(bedrock::MODEL).messages(bedrock::user(ERROR));
    let error = request.send().await.err().unwrap();
    let status = error.raw_response().map(|response| response.status().as_u16());
    let error = error.into_service_error();
    let ConverseStreamError::ThrottlingException(error) = error else { panic!("{error:?}") };
    Failure { status, message: error.message.unwrap() }
}

pub(crate) async fn aws_sdk(client: &Bedrock) -> Failure {
    let request = bedrock::question(client, bedrock::MODEL).messages(bedrock::user(ERROR));
    let error = request.send().await.unwrap_err();
    let status = error.raw_response().map(|response| response.status().as_u16());
    let error = error.into_service_error();
    let ConverseError::ThrottlingException(error) = error else { panic!("{error:?}") };
    Failure { status, message: error.message.unwrap() }
}

#[cfg(feature = "openssl-clients")]
pub(crate) async fn anthropic_sdk(client: &Anthropic) -> Failure {
    let request = anthropic::question().user(ERROR).build();
    of_anthropic_sdk(client.messages().create(request).await.unwrap_err())
}

#[cfg(feature = "openssl-clients")]
pub(crate) async fn anthropic_sdk_stream(client: &Anthropic) -> Failure {
    let request = anthropic::question().user(ERROR).build();
    of_anthropic_sdk(client.messages().create_stream(request).await.err().unwrap())
}

#[cfg(feature = "openssl-clients")]
fn of_anthropic_sdk(error: AnthropicError) -> Failure {
    let AnthropicError::RateLimit { message, status } = error else { panic!("{error:?}") };
    Failure { status: Some(status), message }
}

/// It has a type of async-openai's inside, of another version than ours.
#[cfg(feature = "langchain-client")]
pub(crate) async fn langchain(llm: &langchain::Llm) -> Failure {
    let error = llm.invoke(ERROR).await.unwrap_err();
    let LLMError::OpenAIError(error) = error else { panic!("{error:?}") };
    let message = error.to_string();
    Failure { status: message.split(' ').next().and_then(|first| first.parse().ok()), message }
}
