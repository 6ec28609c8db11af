//! The ids of the models that a client is told of.

use genai::adapter::AdapterKind;
use genai::resolver::{AuthData, Endpoint};
use ollama_rs::Ollama;
use openai_api_rs::v1::api::OpenAIClient;
use rig_core::error::ProviderError;
use rig_core::model::ModelList;

type Ids = Vec<String>;

/// Also each of them by itself.
pub(crate) async fn openai_api_rs(client: &OpenAIClient) -> Ids {
    let list = client.list_models().await.unwrap().inner;
    let ids: Ids = list.data.into_iter().map(|model| model.id.unwrap()).collect();
    for id in &ids {
        let model = client.retrieve_model(id.clone()).await.unwrap().inner;
        assert_eq!(model.id.as_ref(), Some(id));
    }
    ids
}

/// The same.
pub(crate) async fn ollama_rs(client: &Ollama) -> Ids {
    let models = client.list_local_models().await.unwrap();
    let ids: Ids = models.into_iter().map(|model| model.name).collect();
    for id in &ids {
        client.show_model_info(id.clone()).await.unwrap();
    }
    ids
}

pub(crate) async fn genai(kind: AdapterKind, endpoint: String) -> Ids {
    let client = genai::Client::new().unwrap();
    let place = (Endpoint::from_owned(endpoint), AuthData::from_single("any"));
    client.all_model_names(kind, place).await.unwrap()
}

pub(crate) async fn rig(list: impl Future<Output = Result<ModelList, ProviderError>>) -> Ids {
    list.await.unwrap().data.into_iter().map(|model| model.id).collect()
}

/// It sends no header that tells it from OpenAI's clients, so the provider has to stand in its address.
#[cfg(feature = "openssl-clients")]
pub(crate) async fn anthropic_sdk(client: &anthropic_sdk::Anthropic) -> Ids {
    let list = client.models().list(None).await.unwrap();
    let ids: Ids = list.data.into_iter().map(|model| model.id).collect();
    for id in &ids {
        assert_eq!(client.models().get(id).await.unwrap().id, *id);
    }
    ids
}
