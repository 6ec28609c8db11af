//! async-openai's configuration for Azure; what it asks is asked by [`openai_sdk`](super::openai_sdk).

use async_openai::Client;
use async_openai::config::AzureConfig;

/// The deployment stands in the path.
pub(crate) fn at(base_url: &str) -> Client<AzureConfig> {
    let config = AzureConfig::new()
        .with_api_base(base_url)
        .with_api_version("2024-10-21")
        .with_deployment_id("smollm2")
        .with_api_key("not needed");
    Client::with_config(config)
}
