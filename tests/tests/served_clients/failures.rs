//! The error that each client makes of what the server refuses, as its own type says it.

#[cfg(feature = "openssl-clients")]
use anthropic_sdk::{Anthropic, AnthropicError};
use async_openai::config::Config;
use async_openai::error::OpenAIError;
use aws_sdk_bedrockruntime::Client as Bedrock;
use aws_sdk_bedrockruntime::operation::converse::ConverseError;
use cohere_rust::{Cohere, CohereApiError};
use gemini_rust::{ClientError, Gemini};
use genai::ModelIden;
use genai::chat::ChatStreamEvent;
#[cfg(feature = "langchain-client")]
use langchain_rust::language_models::{LLMError, llm::LLM as _};
use ollama_rs::Ollama;
use ollama_rs::error::OllamaError;
use ollama_rs::generation::chat::ChatMessage;
use openai_api_rs::v1::api::OpenAIClient;
use openai_api_rs::v1::error::APIError;

use super::answers::{ERROR, Failure};
#[cfg(feature = "openssl-clients")]
use super::clients::anthropic_sdk as anthropic;
use super::clients::rig::ChatModel;
use super::clients::{openai_sdk, rig};
#[cfg(feature = "langchain-client")]
use super::langchain;
use super::{bedrock, cohere_rust as cohere, gemini_rust as gemini, openai_api_rs as openai};

pub(crate) async fn async_openai(client: &async_openai::Client<impl Config>) -> Failure {
    let error = client.chat().create(openai_sdk::question(vec![openai_sdk::user(ERROR)])).await;
    let error = error.unwrap_err();
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

/// Where a stream was asked for, it is the stream that fails.
pub(crate) async fn genai_stream(client: &genai::Client, model: ModelIden) -> Failure {
    use futures::StreamExt as _;
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
    let error = model.call(rig::question(ERROR)).await.unwrap_err();
    let reply = error.provider_response().unwrap_or_else(|| panic!("{error:?}"));
    Failure { status: reply.status.map(|status| status.as_u16()), message: reply.body.clone() }
}

/// Its type has no status.
pub(crate) async fn ollama_rs(client: &Ollama) -> Failure {
    let request = super::ollama_rs::question(vec![ChatMessage::user(ERROR.to_owned())]);
    let error = client.send_chat_messages(request).await.unwrap_err();
    let OllamaError::Other(message) = error else { panic!("{error:?}") };
    Failure { status: None, message }
}

pub(crate) async fn gemini_rust(client: &Gemini) -> Failure {
    let error = gemini::question(client, ERROR).execute().await.unwrap_err();
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
    let error = client.messages().create(request).await.unwrap_err();
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
