//! Vectors of two texts, by every client that has a call for them.

use async_openai::Client;
use async_openai::config::OpenAIConfig as Config;
use async_openai::types::embeddings::{CreateEmbeddingRequest, EncodingFormat};
use aws_sdk_bedrockruntime::primitives::Blob;
use cohere_rust::Cohere;
use cohere_rust::api::Truncate;
use cohere_rust::api::embed::EmbedRequest;
use gemini_rust::Gemini;
use genai::ModelIden;
use genai::adapter::AdapterKind;
#[cfg(feature = "langchain-client")]
use langchain_rust::embedding::Embedder as _;
#[cfg(feature = "langchain-client")]
use langchain_rust::embedding::openai::OpenAiEmbedder;
#[cfg(feature = "langchain-client")]
use langchain_rust::llm::OpenAIConfig;
use ollama_rs::Ollama;
use ollama_rs::generation::embeddings::request::GenerateEmbeddingsRequest;
use openai_api_rs::v1::api::OpenAIClient;
use openai_api_rs::v1::embedding::EmbeddingRequest;
use rig_core::driver::DynModel;
use rig_core::operation::Embedding;
use serde_json::{Value, json};

type Vectors = Vec<Vec<f64>>;

const TEXTS: [&str; 2] = ["a cat", "an invoice"];

fn texts() -> Vec<String> {
    TEXTS.map(str::to_owned).to_vec()
}

fn wide(vectors: impl IntoIterator<Item = Vec<f32>>) -> Vectors {
    let wide = |vector: Vec<f32>| vector.into_iter().map(f64::from).collect();
    vectors.into_iter().map(wide).collect()
}

/// Both encodings hold the same numbers.
pub(crate) async fn async_openai(client: &Client<Config>) -> Vectors {
    let request = |format| CreateEmbeddingRequest {
        model: "text-embedding-3-small".to_owned(),
        input: texts().into(),
        encoding_format: Some(format),
        ..Default::default()
    };
    let plain = client.embeddings().create(request(EncodingFormat::Float)).await.unwrap();
    let packed = client.embeddings().create_base64(request(EncodingFormat::Base64)).await.unwrap();
    let plain = wide(plain.data.into_iter().map(|one| one.embedding));
    assert_eq!(wide(packed.data.into_iter().map(|one| one.embedding.into())), plain);
    plain
}

pub(crate) async fn openai_api_rs(client: &OpenAIClient) -> Vectors {
    let request = EmbeddingRequest::new("text-embedding-3-small".to_owned(), texts());
    let response = client.embedding(request).await.unwrap();
    wide(response.inner.data.into_iter().map(|one| one.embedding))
}

pub(crate) async fn genai(client: &genai::Client, kind: AdapterKind, model: &str) -> Vectors {
    let model = ModelIden::new(kind, model);
    wide(client.embed_batch(model, texts(), None).await.unwrap().into_vectors())
}

pub(crate) async fn ollama_rs(client: &Ollama) -> Vectors {
    let request = GenerateEmbeddingsRequest::new("all-minilm".to_owned(), TEXTS.to_vec().into());
    wide(client.generate_embeddings(request).await.unwrap().embeddings)
}

/// One call for both, and one for each.
pub(crate) async fn gemini_rust(client: &Gemini) -> Vectors {
    let both = client.embed_content().with_chunks(texts()).execute_batch().await.unwrap();
    let both: Vec<_> = both.embeddings.into_iter().map(|one| one.values).collect();
    let first = client.embed_content().with_text(TEXTS[0]).execute().await.unwrap();
    assert_eq!(both[0], first.embedding.values);
    wide(both)
}

pub(crate) async fn cohere_rust(client: &Cohere) -> Vectors {
    let request = EmbedRequest { model: None, texts: &texts(), truncate: Truncate::End };
    client.embed(&request).await.unwrap()
}

pub(crate) async fn rig(model: DynModel<Embedding>) -> Vectors {
    let response = model.call(texts()).await.unwrap();
    response.embeddings.into_iter().map(|one| one.vec).collect()
}

/// One call for each text: Titan takes no more.
pub(crate) async fn aws_sdk(client: &aws_sdk_bedrockruntime::Client) -> Vectors {
    let mut vectors = Vec::new();
    for text in TEXTS {
        let body = Blob::new(json!({ "inputText": text }).to_string());
        let request = client.invoke_model().model_id("amazon.titan-embed-text-v2:0").body(body);
        let answer = request.send().await.unwrap();
        let answer: Value = serde_json::from_slice(answer.body.as_ref()).unwrap();
        let vector =
            answer["embedding"].as_array().unwrap().iter().map(|one| one.as_f64().unwrap());
        vectors.push(vector.collect());
    }
    vectors
}

#[cfg(feature = "langchain-client")]
pub(crate) fn langchain_at(v1: &str) -> OpenAiEmbedder<OpenAIConfig> {
    OpenAiEmbedder::new(OpenAIConfig::default().with_api_base(v1).with_api_key("any"))
}

#[cfg(feature = "langchain-client")]
pub(crate) async fn langchain(client: &OpenAiEmbedder<OpenAIConfig>) -> Vectors {
    client.embed_documents(&texts()).await.unwrap()
}
